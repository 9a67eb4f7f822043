"""Which audio backend to take: the one that is asked for, or the first that this machine has."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from oscvae.audio.backend import Backend, Connections
from oscvae.errors import AudioError

BackendName = Literal["auto", "jack", "portaudio", "silent"]

log = logging.getLogger(__name__)


def choose(
    backend: BackendName = "auto",
    *,
    client_name: str = "oscvae",
    server_name: str | None = None,
    connect: Connections = "auto",
    midi: Connections | None = None,
    live: Connections | None = None,
    device: int | str | None = None,
    sample_rate: int = 48_000,
    block_size: int = 128,
    outputs: int = 2,
) -> Backend:
    """Open the backend that the configuration asks for.

    `auto`: JACK if a server answers (none is ever started), else PortAudio if a device exists, else silent, with one
    warning. `sample_rate` (Hz) and `block_size` (frames) hold where no server dictates them. `midi` and
    `live`: as JackBackend's; only JACK has any. `outputs`: how many.

    Raises AudioError if what was asked for by name cannot be had.
    """

    def jack() -> Backend:
        from oscvae.audio.jack import JackBackend

        return JackBackend(
            client_name=client_name,
            server_name=server_name,
            connect=connect,
            midi=midi,
            live=live,
            outputs=outputs,
        )

    def portaudio() -> Backend:
        from oscvae.audio.portaudio import PortAudioBackend

        return PortAudioBackend(device=device, sample_rate=sample_rate, block_size=block_size, outputs=outputs)

    def silent() -> Backend:
        from oscvae.audio.silent import SilentBackend

        return SilentBackend(sample_rate=sample_rate, block_size=block_size)

    openers: dict[str, Callable[[], Backend]] = {"jack": jack, "portaudio": portaudio, "silent": silent}
    if backend != "auto":
        if backend not in openers:
            raise AudioError(f"audio backend {backend!r} does not exist: use auto, jack, portaudio or silent")
        return openers[backend]()
    reasons = []
    for name in ("jack", "portaudio"):
        try:
            return openers[name]()
        except AudioError as error:
            reasons.append(str(error))
    log.warning("no sound will be heard: %s; %s", *reasons)
    return silent()
