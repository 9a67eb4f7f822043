"""A headless latent-space synthesiser.

The path of a note. Each folder is about one thing, and names its clock in its first line; a folder inside another has
the same clock unless it names its own:

    UDP or TCP packet                                MIDI port
      |                                                |  the callback stamps each message with its frame
      |  osc/      event clock, one asyncio thread     |  midi/     event clock
      v                                                v
    hub -> packets (validate) -> dispatch (open     input -> translate (notes, controllers)
      bundles) -> parse (types and ranges, by the      |
      vocabulary) -> scheduler (wait until shortly  <--+
      before the time)
      |
      |  daemon/   event clock
      v
    router: what is heard goes on, the rest to services (models, files, questions)
      |
      |  play/     event clock
      v
    one of eight parts: performer (what it means, where the cursor is) -> voices (a slot, stealing; wall clock to frame)
      |
      |  decode/   decode clock: a process for each model
      v
    worker (TorchScript, on a CPU or CUDA): a latent point and a note become the magnitudes of all frames
      |
      |  spectral/ hop clock: one compiled loop in a thread of its own
      v
    renderer -> hop (read a frame) -> expand (bands to bins) -> rtisi (phase, overlap-add) -> resample
      |
      |  a ring of samples for each voice
      |
      |  audio/    block clock: the audio server's own thread
      v
    mixer -> voice (attack, release, pan) -> master (bus of a part: gain; outputs: limit, meter) -> jack (portaudio,
    silent): out_1, out_2 ..; in_1 goes into memory that decoders read (realtime.live)

`play.instrument` builds what lies between a command and the engine, for the daemon (`daemon.conductor`) and for
`oscvae render` (`play.offline`) alike. `realtime/` is what the hop and the block clock are made of. `model/`, `sound/`
and `settings/` are read by all. `training/` makes the models, has no clock, and of what plays takes `reconstruct`
alone, so that it hears a model as it will sound. `app/` is the command line.
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
