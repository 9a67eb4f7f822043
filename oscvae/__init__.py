"""A headless latent-space synthesiser.

The path of a note. Each folder is a clock, with its own rules of what it may do:

    UDP or TCP packet                                    MIDI port
      |                                                    |
      |  control/   event clock: one asyncio thread        |  audio/   the callback stamps it with its frame
      v                                                    v
    server, tcp -> packets (validate)                    midi_input -> midi (notes, controllers)
      -> dispatch (open bundles)                           |
      -> addresses, commands (types, ranges)               |
      -> scheduler (wait until shortly before the time) <--+
      -> performer (what it means) -> voices (a slot, stealing; wall clock to frame)
      |
      |  decode/    decode clock: a process for each model
      v
    worker (TorchScript, on a CPU or CUDA): a latent point and a note become the magnitudes of all frames
      |
      |  spectral/  hop clock: one compiled loop in a thread of its own
      v
    renderer -> hop (read a frame) -> expand (bands to bins) -> rtisi (phase, overlap-add) -> resample
      |
      |  a ring of samples for each voice
      |
      |  audio/     block clock: the audio server's own thread
      v
    mixer -> voice (attack, release, pan) -> master (gain, limit, meter) -> jack (portaudio, silent): out_1, out_2

`oscvae.app.serve` builds it in this order and takes it down in reverse. `realtime/` is what the hop and the block clock
are made of. `training/` makes the models, has no clock, and neither imports the folders above nor is imported by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oscvae.spectral.offline import reconstruct

__all__ = ["reconstruct"]


def __getattr__(name: str) -> Any:
    # the kernels behind it take a second to load, which `import oscvae` alone should not
    if name == "reconstruct":
        from oscvae.spectral.offline import reconstruct

        return reconstruct
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
