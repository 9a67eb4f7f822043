"""JACK: the process callback is compiled and registered by its address, so that Python never runs in JACK's threads.

The only module that knows libjack's symbols and JACK-Client's private names. The callbacks live as long as the
process, a client only as long as its server. Importing this module raises AudioError where libjack is missing.

What was measured with jack2 1.9.21, with a jackd that was killed, with one that was stopped, and with PipeWire:
- closing the client of a dead server is safe from any thread, takes 6 to 15 ms and returns -1; a second close of the
  same client is a segmentation fault, hence the pointer is taken out of JACK-Client's object first;
- opening, deactivating and closing wait for ever on a server that is stopped, hence each runs in a thread of its own
  with a bound;
- closing cancels the callback's thread wherever it is, hence the callback is shut out of the engine first;
- PipeWire 0.3.65 does not tell its clients that it was killed: a server that asks for nothing for 2 s is gone;
- libjack keeps one server's memory per process: every client of the dead server must be closed before a new one can
  be opened, and two servers at once need two processes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numba import types

from oscvae.audio.backend import STOP_TIMEOUT_S, Backend, Connections, Stall, bounded, shut_out, take_over
from oscvae.audio.mixer import advance_clock, block
from oscvae.audio.patchbay import LIVE_PORT, MIDI_PORT, OUTPUTS_MOST, Patchbay, out_port
from oscvae.errors import AudioError
from oscvae.realtime import layout as at
from oscvae.realtime.bell import wake_renderer
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.engine import Engine
from oscvae.realtime.kernel import callback, kernel
from oscvae.realtime.libc import require
from oscvae.realtime.live import take_input
from oscvae.realtime.memory import Arena, bytes_at, floats_at, load, store, store_word, words_at
from oscvae.realtime.ring import RECORD, publish, ring_at, stage

try:
    import jack
except OSError as error:
    raise AudioError(
        "the JACK library libjack was not found: install libjack-jackd2-0 (or PipeWire's pipewire-jack)"
    ) from error

log = logging.getLogger(__name__)

_LIBRARY = jack._libname
require(("jack_last_frame_time", "jack_port_get_buffer", "jack_midi_get_event_count", "jack_midi_event_get"), _LIBRARY)
_LIBJACK = ctypes.CDLL(_LIBRARY)
_lib = jack._lib
_ffi = jack._ffi

jack_last_frame_time = types.ExternalFunction("jack_last_frame_time", types.uint32(types.int64))
jack_port_get_buffer = types.ExternalFunction("jack_port_get_buffer", types.int64(types.int64, types.uint32))
jack_midi_get_event_count = types.ExternalFunction("jack_midi_get_event_count", types.uint32(types.int64))
jack_midi_event_get = types.ExternalFunction("jack_midi_event_get", types.int32(types.int64, types.int64, types.uint32))

OPEN_TIMEOUT_S = 3.0  # a busy server answers within milliseconds; a stopped one never does
_SOCKETS = Path("/dev/shm")  # where jack2's servers listen

# What the callbacks of one client are given: words of its own, so that a client that a stopped server would not let
# go of can be shut out for good while the engine is served by another backend.
_OPEN, _ENGINE, _CLIENT, _MIDI, _OUTS, _IN, _INSIDE = 0, 8, 9, 10, 11, 12, 16  # _OUTS: how many output ports there are
_EVENT = 24  # a jack_midi_event_t: uint32 time, size_t size, uint8 *buffer
_PORTS, _BUFFERS = 32, 32 + OUTPUTS_MOST  # the ports, and their buffers of this period
_WORDS = 32 + 2 * OUTPUTS_MOST
_kept_alive: list[Any] = []


@kernel("void(int64[::1], int64, int64, int64)")
def _take_midi(engine, buffer, frame_32, event):  # type: ignore[no-untyped-def]
    """Hand the channel messages of the period that begins at the server's frame `frame_32` on to control.

    `event`: address of scratch. It runs before the block is mixed, so that control hears of them the sooner. System
    messages (clocks, sysex) are dropped.
    """
    count = int(jack_midi_get_event_count(buffer))
    if count == 0:
        return
    first = advance_clock(engine, frame_32)
    ring = ring_at(engine[at.E_MIDI])
    record = words_at(engine[at.E_RECORD], RECORD)
    fields = words_at(event, 3)
    taken = 0
    for i in range(count):
        if jack_midi_event_get(event, buffer, np.uint32(i)) != 0:
            continue
        size = fields[1]
        if size < 2 or size > 3:
            continue
        data = bytes_at(fields[2], size)
        if data[0] < 0x80 or data[0] >= 0xF0:
            continue
        packed = np.int64(0)
        for k in range(size):
            packed |= np.int64(data[k]) << 8 * k
        record[at.MIDI_FRAME] = first + (fields[0] & 0xFFFFFFFF)
        record[at.MIDI_BYTES] = packed
        record[at.MIDI_SIZE] = size
        if stage(ring, taken, record):
            taken += 1
        else:
            store(engine, at.E_MIDI_LOST, engine[at.E_MIDI_LOST] + 1)
    if taken > 0:
        publish(ring, taken)
        wake_renderer(engine)


@callback("int32(uint32, int64)")
def _process(count, address):  # type: ignore[no-untyped-def]
    client = words_at(address, _WORDS)
    for i in range(client[_OUTS]):
        client[_BUFFERS + i] = jack_port_get_buffer(client[_PORTS + i], count)
    midi = 0
    if client[_MIDI] != 0:
        midi = jack_port_get_buffer(client[_MIDI], count)
    heard = 0
    if client[_IN] != 0:
        heard = jack_port_get_buffer(client[_IN], count)
    n_frames = int(count)
    store(client, _INSIDE, 1)
    if load(client, _OPEN) == 0:
        store(client, _INSIDE, 0)
        for k in range(client[_OUTS]):
            if client[_BUFFERS + k] != 0:
                out = floats_at(client[_BUFFERS + k], n_frames)
                for i in range(n_frames):
                    out[i] = 0.0
        return 0
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    frame = int(jack_last_frame_time(client[_CLIENT]))
    engine = words_at(client[_ENGINE], at.ENGINE_WORDS)
    if midi != 0:
        _take_midi(engine, midi, frame, address + _EVENT * 8)
    take_input(engine, heard, n_frames)
    block(engine, frame, n_frames, address + _BUFFERS * 8, 0)
    set_float_mode(mode)
    store(client, _INSIDE, 0)
    return 0


@callback("void(int32, int64, int64)")
def _shutdown(code, reason, address):  # type: ignore[no-untyped-def]
    client = words_at(address, _WORDS)
    if load(client, _OPEN) == 1:
        store(words_at(client[_ENGINE], at.ENGINE_WORDS), at.E_SERVER_DOWN, 1)


@callback("int32(int64)")
def _xrun(address):  # type: ignore[no-untyped-def]
    client = words_at(address, _WORDS)
    if load(client, _OPEN) == 1:
        engine = words_at(client[_ENGINE], at.ENGINE_WORDS)
        store(engine, at.E_XRUNS, engine[at.E_XRUNS] + 1)
    return 0


@callback("int32(uint32, int64)")
def _buffer_size(count, address):  # type: ignore[no-untyped-def]
    client = words_at(address, _WORDS)
    if load(client, _OPEN) == 1:
        store(words_at(client[_ENGINE], at.ENGINE_WORDS), at.E_SERVER_PERIOD, int(count))
    return 0


@callback("int32(uint32, int64)")
def _sample_rate(rate, address):  # type: ignore[no-untyped-def]
    client = words_at(address, _WORDS)
    if load(client, _OPEN) == 1:
        store(words_at(client[_ENGINE], at.ENGINE_WORDS), at.E_SERVER_RATE, int(rate))
    return 0


@callback("void(int32, int64)")
def _freewheel(starting, address):  # type: ignore[no-untyped-def]
    client = words_at(address, _WORDS)
    if load(client, _OPEN) == 1:
        store(words_at(client[_ENGINE], at.ENGINE_WORDS), at.E_FREEWHEEL, 1 if starting != 0 else 0)


@callback("void(int64)")
def _quiet(message):  # type: ignore[no-untyped-def]
    """Swallow what libjack would print: whoever asked for what failed reports it."""


for _setter in (_lib.jack_set_error_function, _lib.jack_set_info_function):
    _setter(_ffi.cast("void(*)(const char*)", _quiet.address))


def _close(client: Any) -> int:
    """Close a client once and for all; returns libjack's answer, which is -1 for a server that is gone."""
    pointer, client._ptr = client._ptr, _ffi.NULL
    return int(_lib.jack_client_close(pointer)) if pointer else 0


def _described(server_name: str | None) -> str:
    return repr(server_name or os.environ.get("JACK_DEFAULT_SERVER", "default"))


def _open(client_name: str, server_name: str | None) -> Any:
    """An open client of a running server. Raises AudioError."""
    lock = threading.Lock()
    opened: list[Any] = []
    given_up = False

    def work() -> None:
        client = jack.Client(client_name, no_start_server=True, servername=server_name)
        with lock:
            if not given_up:
                opened.append(client)
                return
        _close(client)

    server = _described(server_name)
    try:
        bounded(work, OPEN_TIMEOUT_S)
    except jack.JackOpenError as error:
        if error.status.name_not_unique:
            raise AudioError(f"the JACK server {server} has no room for a client named {client_name!r}") from error
        raise AudioError(f"no JACK server {server} answers: start one, or set audio.server_name") from error
    with lock:
        given_up = not opened
    if given_up:
        raise AudioError(f"the JACK server {server} did not answer within {OPEN_TIMEOUT_S:.0f} s: restart it")
    return opened[0]


def probe(server_name: str | None = None) -> bool:
    """Whether a JACK server answers: 4 ms at most where none does, 15 ms where one does; nothing is started or printed.

    All clients of a dead server must have been stopped before.
    """
    if _is_jack2() and not _has_socket(server_name):
        return False
    try:
        client = _open("oscvae-probe", server_name)
    except AudioError:
        return False
    bounded(lambda: _close(client), STOP_TIMEOUT_S)
    return True


def _is_jack2() -> bool:
    return bool(_ffi.string(_lib.jack_get_version_string()).startswith(b"1.9."))


def _has_socket(server_name: str | None) -> bool:
    """Whether a jack2 server of that name has ever listened here, which costs no round trip to find out."""
    name = server_name or os.environ.get("JACK_DEFAULT_SERVER", "default")
    return any(_SOCKETS.glob(f"jack_{name.replace('/', '_')}_*"))


def _address(pointer: Any) -> int:
    return int(_ffi.cast("intptr_t", pointer))


class _Ports:
    """The ports of a server as one of its clients sees them, for the patchbay."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def playback(self) -> list[str]:
        return self._names(is_audio=True, is_input=True)

    def capture(self) -> list[str]:
        return self._names(is_audio=True, is_output=True)

    def keyboards(self) -> list[str]:
        return self._names(is_midi=True, is_output=True)

    def _names(self, **kind: bool) -> list[str]:
        try:
            return [str(port.name) for port in self._client.get_ports(is_physical=True, **kind)]
        except jack.JackError as error:
            raise AudioError(f"JACK's ports cannot be listed: {error}") from error

    def has(self, name: str) -> bool:
        try:
            self._client.get_port_by_name(name)
        except jack.JackError:
            return False
        return True

    def connect(self, source: str, target: str) -> bool:
        try:
            self._client.connect(source, target)
        except jack.JackErrorCode as error:
            return abs(error.code) == errno.EEXIST
        return True


class JackBackend(Backend):
    """A client with the ports out_1, out_2 .., in_1 and midi_in on a running JACK server (none is ever started).

    outputs: how many. connect: "auto" = as many of the first physical playback ports, or names of input ports that
    out_1, out_2 .., and then out_1 again, are connected to in turn; an empty list connects nothing. midi: likewise the
    output ports that midi_in is connected to, "auto" = all physical ones; None = no such port. live: those that in_1 is
    connected to, "auto" = the first physical one; None = no such port. Raises AudioError where no server answers.
    """

    name = "jack"

    def __init__(
        self,
        *,
        client_name: str = "oscvae",
        server_name: str | None = None,
        connect: Connections = "auto",
        midi: Connections | None = None,
        live: Connections | None = None,
        outputs: int = 2,
    ) -> None:
        self._server = _described(server_name)
        self._midi, self._live = midi, live
        self._client = _open(client_name, server_name)
        self._engine: Engine | None = None
        self._stall = Stall()
        self._freewheels = False
        self._words = Arena(_WORDS * 8).words(_WORDS)
        self.rate = int(self._client.samplerate)
        self.period = int(self._client.blocksize)
        self.client_name = str(self._client.name)
        self._outputs = outputs
        self._patchbay = Patchbay(_Ports(self._client), self.client_name, connect, midi or [], outputs, live or [])
        self._priority = self._ask_priority()

    def start(self, engine: Engine) -> None:
        client = self._client
        take_over(engine, self.rate, self.period)
        self._engine = engine
        words = self._words
        words[_ENGINE] = engine.address
        words[_CLIENT] = _address(client._ptr)
        # the callbacks may run in a thread that a stopped server holds: what they read is never freed
        _kept_alive.append((words, engine))
        try:
            ports = [client.outports.register(out_port(n)) for n in range(1, self._outputs + 1)]
            words[_PORTS : _PORTS + len(ports)] = [_address(port._ptr) for port in ports]
            words[_OUTS] = len(ports)
            if self._midi is not None:
                words[_MIDI] = _address(client.midi_inports.register(MIDI_PORT)._ptr)
            if self._live is not None and engine.live is not None:
                words[_IN] = _address(client.inports.register(LIVE_PORT)._ptr)
                engine.live.rate = self.rate
            self._register()
            store_word(words, _OPEN, 1)
            client.activate()
            self._stall.reset()
        except jack.JackError as error:
            self.stop()
            raise AudioError(f"the JACK server {self._server} refused {self.client_name!r}: {error}") from error
        self.join_up()

    def _register(self) -> None:
        argument = _ffi.cast("void*", int(self._words.ctypes.data))
        pointer = self._client._ptr
        for setter, prototype, function in (
            (_lib.jack_set_process_callback, "int(*)(jack_nframes_t, void*)", _process),
            (_lib.jack_set_xrun_callback, "int(*)(void*)", _xrun),
            (_lib.jack_set_buffer_size_callback, "int(*)(jack_nframes_t, void*)", _buffer_size),
            (_lib.jack_set_sample_rate_callback, "int(*)(jack_nframes_t, void*)", _sample_rate),
            (_lib.jack_set_freewheel_callback, "void(*)(int, void*)", _freewheel),
        ):
            if setter(pointer, _ffi.cast(prototype, function.address), argument) != 0:
                raise jack.JackError("it takes no callback")
        shutdown = _ffi.cast("void(*)(jack_status_t, const char*, void*)", _shutdown.address)
        _lib.jack_on_info_shutdown(pointer, shutdown, argument)

    def join_up(self) -> None:
        self._patchbay.join_up()

    def stop(self) -> bool:
        shut_out(self._words, _OPEN, _INSIDE)
        client = self._client
        if not client._ptr:
            return True
        with self._patchbay.closed():
            return bounded(lambda: _close(client), STOP_TIMEOUT_S) is not None

    def down(self) -> bool:
        engine = self._engine
        if engine is None or not self._client._ptr:
            return True
        if engine.word(at.E_SERVER_DOWN) == 1 or engine.word(at.E_SERVER_RATE) != self.rate:
            return True
        self._mind_freewheeling(engine)
        return self._stall.over(engine)

    def _mind_freewheeling(self, engine: Engine) -> None:
        """Log why nothing is heard when freewheeling begins, and when it ends."""
        freewheels = engine.word(at.E_FREEWHEEL) == 1
        if freewheels and not self._freewheels:
            log.warning("the JACK server %s freewheels: silence until it ends", self._server)
        elif self._freewheels and not freewheels:
            log.info("the JACK server %s has ended freewheeling", self._server)
        self._freewheels = freewheels

    def describe(self) -> str:
        period = self._engine.word(at.E_SERVER_PERIOD) if self._engine else self.period
        realtime = f"priority {self._priority}" if self._priority is not None else "not realtime"
        return f"JACK server {self._server} as {self.client_name!r}, {self.rate} Hz, {period} frames, {realtime}"

    def realtime_priority(self) -> int | None:
        return self._priority

    def _ask_priority(self) -> int | None:
        with contextlib.suppress(AttributeError):  # JACK 1 has no such function
            ask = _LIBJACK.jack_client_real_time_priority
            ask.argtypes, ask.restype = (ctypes.c_void_p,), ctypes.c_int
            priority = int(ask(_address(self._client._ptr)))
            if priority > 0:
                return priority
        return None
