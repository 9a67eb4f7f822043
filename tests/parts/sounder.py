"""A JACK client that plays a sound from memory, as somebody's microphone would: its callback is compiled."""

from __future__ import annotations

import time
from typing import Any

import jack
import numpy as np
from numpy.typing import NDArray

from oscvae.audio.jack import jack_port_get_buffer
from oscvae.realtime.kernel import callback
from oscvae.realtime.memory import floats_at, load, load_word, store, store_word, words_at

_PORT, _SOUND, _LENGTH, _DONE, _RUN = 0, 1, 2, 8, 16
_WORDS = 24


@callback("int32(uint32, int64)")
def _play(count, address):  # type: ignore[no-untyped-def]
    own = words_at(address, _WORDS)
    buffer = jack_port_get_buffer(own[_PORT], count)
    if buffer == 0:
        return 0
    n = int(count)
    out = floats_at(buffer, n)
    done, length = own[_DONE], own[_LENGTH]
    sound = floats_at(own[_SOUND], length)
    running = load(own, _RUN) == 1
    for i in range(n):
        out[i] = sound[done + i] if running and done + i < length else np.float32(0.0)
    if running:
        store(own, _DONE, min(length, done + n))
    return 0


class Sounder:
    """Plays `sound` [samples] from its port, once, from `start` on."""

    def __init__(self, server: str, sound: NDArray[np.float32], name: str = "sounder") -> None:
        self._client = jack.Client(name, no_start_server=True, servername=server)
        self.rate = int(self._client.samplerate)
        self._sound = np.ascontiguousarray(sound, np.float32)
        self._words = np.zeros(_WORDS, np.int64)
        port = self._client.outports.register("out_1")
        self.port_name = str(port.name)
        ffi = jack._ffi
        self._words[_PORT] = int(ffi.cast("intptr_t", port._ptr))
        self._words[_SOUND] = self._sound.ctypes.data
        self._words[_LENGTH] = self._sound.size
        jack._lib.jack_set_process_callback(
            self._client._ptr,
            ffi.cast("int(*)(jack_nframes_t, void*)", _play.address),
            ffi.cast("void*", self._words.ctypes.data),
        )
        self._client.activate()

    def connect(self, target: str) -> None:
        self._client.connect(self.port_name, target)

    def start(self) -> None:
        store_word(self._words, _RUN, 1)

    def wait(self, timeout_s: float) -> None:
        """Return once all of it was played; raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while load_word(self._words, _DONE) < self._sound.size:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{load_word(self._words, _DONE)} samples were played in {timeout_s} s")
            time.sleep(0.005)

    def close(self) -> None:
        """Leave the server, alive or dead. May be called again."""
        pointer: Any = self._client._ptr
        self._client._ptr = jack._ffi.NULL
        if pointer:
            jack._lib.jack_client_close(pointer)
