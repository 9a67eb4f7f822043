"""A JACK client that sends MIDI at chosen frames of the server, to the sample.

Its callback is compiled, as the daemon's is, because one in Python loses periods under load.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import jack
import numpy as np
from numba import types

from oscvae.audio.jack import jack_last_frame_time, jack_port_get_buffer
from oscvae.realtime.kernel import callback
from oscvae.realtime.libc import require
from oscvae.realtime.memory import bytes_at, load, load_word, store, store_word, words_at

require(("jack_midi_clear_buffer", "jack_midi_event_write"), jack._libname)
_clear = types.ExternalFunction("jack_midi_clear_buffer", types.void(types.int64))
_write = types.ExternalFunction(
    "jack_midi_event_write", types.int32(types.int64, types.uint32, types.int64, types.int64)
)

_CLIENT, _PORT, _EVENTS, _SCRATCH, _COUNT, _SENT, _SKIPPED, _FRAME = 0, 1, 2, 3, 8, 16, 17, 24
_WORDS = 32
_MOST = 1 << 14
Event = tuple[int, bytes]  # frame, message


@callback("int32(uint32, int64)")
def _send(count, address):  # type: ignore[no-untyped-def]
    own = words_at(address, _WORDS)
    port = jack_port_get_buffer(own[_PORT], count)
    frame = int(jack_last_frame_time(own[_CLIENT]))
    store(own, _FRAME, frame)
    if port == 0:
        return 0
    _clear(port)
    sent = own[_SENT]
    while sent < load(own, _COUNT):
        event = words_at(own[_EVENTS] + sent * 24, 3)
        ahead = (event[0] - frame) & 0xFFFFFFFF
        if ahead >= 1 << 31:  # its period was never served: now, and the test is told
            ahead = 0
            store(own, _SKIPPED, own[_SKIPPED] + 1)
        if ahead >= int(count):
            break
        data = bytes_at(own[_SCRATCH], 3)
        for i in range(3):
            data[i] = (event[1] >> (8 * i)) & 0xFF
        _write(port, np.uint32(ahead), own[_SCRATCH], event[2])
        sent += 1
    store(own, _SENT, sent)
    return 0


class MidiSender:
    """Sends what `send` is given from the port `NAME:midi_out`."""

    def __init__(self, server: str, name: str = "sender") -> None:
        self._client = jack.Client(name, no_start_server=True, servername=server)
        self.rate = int(self._client.samplerate)
        self._events = np.zeros((_MOST, 3), np.int64)
        self._scratch = np.zeros(8, np.int64)
        self._words = np.zeros(_WORDS, np.int64)
        port = self._client.midi_outports.register("midi_out")
        self.port_name = str(port.name)
        ffi = jack._ffi
        for index, value in (
            (_CLIENT, int(ffi.cast("intptr_t", self._client._ptr))),
            (_PORT, int(ffi.cast("intptr_t", port._ptr))),
            (_EVENTS, self._events.ctypes.data),
            (_SCRATCH, self._scratch.ctypes.data),
        ):
            self._words[index] = value
        jack._lib.jack_set_process_callback(
            self._client._ptr,
            ffi.cast("int(*)(jack_nframes_t, void*)", _send.address),
            ffi.cast("void*", self._words.ctypes.data),
        )
        self._client.activate()
        self.wait()

    def connect(self, target: str) -> None:
        self._client.connect(self.port_name, target)

    @property
    def frame(self) -> int:
        """The frame of the newest period, as the server counts (32 bits)."""
        return int(load_word(self._words, _FRAME))

    def send(self, events: Sequence[Event]) -> None:
        """Messages at frames to come, in order of time, after all that were sent before."""
        count = int(load_word(self._words, _COUNT))
        assert count + len(events) <= _MOST
        for k, (frame, message) in enumerate(events):
            self._events[count + k] = frame & 0xFFFFFFFF, int.from_bytes(message, "little"), len(message)
        store_word(self._words, _COUNT, count + len(events))

    def say(self, *messages: bytes) -> None:
        """Messages now, and wait until they are on their way."""
        self.send([(self.frame + 256, message) for message in messages])
        self.wait()

    def wait(self, timeout_s: float = 30.0) -> None:
        """Return once all is sent, and a period has been served."""
        deadline = time.monotonic() + timeout_s
        while not self.frame or load_word(self._words, _SENT) < load_word(self._words, _COUNT):
            if time.monotonic() > deadline:
                raise TimeoutError("the server does not serve the sender")
            time.sleep(0.002)

    @property
    def skipped(self) -> int:
        """Messages whose period the server skipped."""
        return int(load_word(self._words, _SKIPPED))

    def close(self) -> None:
        """Leave the server, alive or dead. May be called again."""
        pointer = self._client._ptr
        self._client._ptr = jack._ffi.NULL
        if pointer:
            jack._lib.jack_client_close(pointer)
