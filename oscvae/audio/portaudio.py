"""PortAudio: a compiled callback behind sounddevice's seam for library authors, for machines without JACK.

`sounddevice._StreamBase` takes a C function pointer and its user data, so Python never runs in PortAudio's thread.
PortAudio has no frame clock: frames are counted here, and what an output underflow lost is taken from the monotonic
clock. Its JACK host waits ten minutes for a server that was killed, hence closing has a bound. Importing this module
raises AudioError where the PortAudio library is missing.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from oscvae.audio.backend import STOP_TIMEOUT_S, Backend, Stall, bounded, shut_out, take_over
from oscvae.audio.mixer import block
from oscvae.audio.patchbay import OUTPUTS_MOST
from oscvae.errors import AudioError
from oscvae.realtime import layout as at
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.engine import Engine
from oscvae.realtime.kernel import callback
from oscvae.realtime.libc import CLOCK_MONOTONIC
from oscvae.realtime.lookup import clock_ns
from oscvae.realtime.memory import Arena, floats_at, load, store, store_word, words_at

try:
    import sounddevice
except OSError as error:
    raise AudioError("the PortAudio library was not found: install libportaudio2") from error

log = logging.getLogger(__name__)

_SCRATCH_FRAMES = 16_384  # more than any callback asks for at once; what is more is served in parts
_OUTPUT_UNDERFLOW = 4  # paOutputUnderflow
_LOOK_S = 1.0  # looking takes 25 ms and redirects stderr for as long

# What the callback of one stream is given, as in audio/jack.py.
_OPEN, _ENGINE, _CHANNELS = 0, 8, 9
_FRAME, _LAST_NS, _LAST_COUNT, _INSIDE, _CLOCK = 16, 17, 18, 19, 24
_BUFFERS = 32  # one for each output
_WORDS = _BUFFERS + OUTPUTS_MOST
_kept_alive: list[Any] = []


@callback("int32(int64, int64, uint64, int64, uint64, int64)")
def _process(source, target, count, times, flags, address):  # type: ignore[no-untyped-def]
    stream = words_at(address, _WORDS)
    n_frames = int(count)
    channels = stream[_CHANNELS]
    out = floats_at(target, n_frames * channels)
    store(stream, _INSIDE, 1)
    if load(stream, _OPEN) == 0:
        store(stream, _INSIDE, 0)
        for i in range(n_frames * channels):
            out[i] = 0.0
        return 0
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    engine = words_at(stream[_ENGINE], at.ENGINE_WORDS)
    now = clock_ns(np.int32(CLOCK_MONOTONIC), address + _CLOCK * 8)
    if int(flags) & _OUTPUT_UNDERFLOW != 0 and stream[_LAST_NS] != 0:
        passed = (now - stream[_LAST_NS]) * load(engine, at.E_RATE) // 1_000_000_000
        stream[_FRAME] += max(0, passed - stream[_LAST_COUNT])
        store(engine, at.E_XRUNS, engine[at.E_XRUNS] + 1)
    stream[_LAST_NS] = now
    stream[_LAST_COUNT] = n_frames
    done = 0
    while done < n_frames:
        n = min(n_frames - done, _SCRATCH_FRAMES)
        block(engine, stream[_FRAME] & 0xFFFFFFFF, n, address + _BUFFERS * 8, 0)
        stream[_FRAME] += n
        left = floats_at(stream[_BUFFERS], _SCRATCH_FRAMES)
        if channels == 1:
            right = floats_at(stream[_BUFFERS + 1], _SCRATCH_FRAMES)
            for i in range(n):
                out[done + i] = np.float32(0.5) * (left[i] + right[i])
        else:
            for k in range(channels):
                heard = floats_at(stream[_BUFFERS + k], _SCRATCH_FRAMES)
                for i in range(n):
                    out[channels * (done + i) + k] = heard[i]
        done += n
    set_float_mode(mode)
    store(stream, _INSIDE, 0)
    return 0


@dataclass(frozen=True)
class Device:
    """An output device: PortAudio's number for it, and what it offers."""

    index: int
    name: str
    host: str
    channels: int
    rate: int

    def __str__(self) -> str:
        return f"{self.index} {self.name} ({self.host})"


class _Library:
    """The state of PortAudio, of which a process has one."""

    looked_at = -math.inf
    stuck = False  # closing a device has hung, and so would any other call

    @classmethod
    def look_again(cls) -> None:
        """Have PortAudio list the devices that are there now; only while no stream is open. Raises AudioError."""
        if cls.stuck:
            raise AudioError("PortAudio hangs on a device that is gone: restart oscvae")
        if time.monotonic() - cls.looked_at > _LOOK_S:
            sounddevice._terminate()
            sounddevice._initialize()
            cls.looked_at = time.monotonic()


def devices() -> list[Device]:
    """The output devices there are now; only while no stream is open. Raises AudioError if PortAudio hangs."""
    _Library.look_again()
    hosts = [str(host["name"]) for host in sounddevice.query_hostapis()]
    return [
        Device(
            index,
            str(info["name"]),
            hosts[info["hostapi"]],
            int(info["max_output_channels"]),
            round(info["default_samplerate"]),
        )
        for index, info in enumerate(sounddevice.query_devices())
        if info["max_output_channels"] > 0
    ]


def find(device: int | str | None) -> Device:
    """The output device of that number, or whose name and host contain that text; None = the system's default.

    Raises AudioError, with the devices there are, unless it is exactly one.
    """
    there = devices()
    if not there:
        raise AudioError("PortAudio has no output device: connect a sound card or start a JACK server")
    listed = ", ".join(str(one) for one in there)
    if device is None:
        default = int(sounddevice.default.device[1])
        return next((one for one in there if one.index == default), there[0])
    if isinstance(device, int):
        matches = [one for one in there if one.index == device]
    else:
        exact = [one for one in there if one.name.lower() == device.lower()]
        matches = exact or [one for one in there if device.lower() in f"{one.name}, {one.host}".lower()]
    if len(matches) != 1:
        problem = "does not exist" if not matches else "is more than one"
        raise AudioError(f"the PortAudio output device {device!r} {problem}: set audio.device to one of {listed}")
    return matches[0]


class PortAudioBackend(Backend):
    """A stream to an output device, at `sample_rate` Hz or, where the device refuses, its own rate.

    outputs: how many; of those that the device lacks nothing is heard, but that a device of one channel has both of the
    first two. Raises AudioError without a device, or for one that cannot be opened.
    """

    name = "portaudio"

    def __init__(
        self,
        *,
        device: int | str | None = None,
        sample_rate: int = 48_000,
        block_size: int = 128,
        outputs: int = 2,
    ) -> None:
        self.device = find(device)
        self.period = block_size
        arena = Arena(_WORDS * 8 + outputs * _SCRATCH_FRAMES * 4 + 64 * (outputs + 2))
        self._words = arena.words(_WORDS)
        self._words[_CHANNELS] = min(outputs, self.device.channels)
        if 2 < outputs > self.device.channels:
            log.warning(
                "the device %s has %d outputs: what goes to those above is not heard", self.device, self.device.channels
            )
        scratch = [arena.floats(_SCRATCH_FRAMES) for _ in range(outputs)]
        self._words[_BUFFERS : _BUFFERS + outputs] = [int(one.ctypes.data) for one in scratch]
        self._memory = (arena, scratch, self._words)
        self._stream = self._open(sample_rate)
        self.rate = round(self._stream.samplerate)
        self._engine: Engine | None = None
        self._stall = Stall()

    def _open(self, sample_rate: int) -> Any:
        trouble: Exception | None = None
        for rate in dict.fromkeys((sample_rate, self.device.rate)):
            try:
                return sounddevice._StreamBase(
                    "output",
                    samplerate=rate,
                    blocksize=self.period,
                    device=self.device.index,
                    channels=int(self._words[_CHANNELS]),
                    dtype="float32",
                    latency="low",
                    callback=_process.address,
                    userdata=sounddevice._ffi.cast("void*", int(self._words.ctypes.data)),
                )
            except (sounddevice.PortAudioError, ValueError) as error:
                trouble = error
        raise AudioError(
            f"the PortAudio device {self.device} takes neither {sample_rate} Hz nor its own rate: {trouble}; "
            "set audio.device, audio.sample_rate or audio.block_size"
        )

    def start(self, engine: Engine) -> None:
        take_over(engine, self.rate, self.period)
        self._engine = engine
        self._words[_ENGINE] = engine.address
        _kept_alive.append((self._memory, engine))
        store_word(self._words, _OPEN, 1)
        self._stall.reset()
        try:
            self._stream.start()
        except sounddevice.PortAudioError as error:
            self.stop()
            raise AudioError(f"the PortAudio device {self.device} does not start: {error}") from error

    def stop(self) -> bool:
        shut_out(self._words, _OPEN, _INSIDE)
        stream, self._stream = self._stream, None
        if stream is None:
            return True

        def close() -> bool:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)
            return True

        _Library.stuck = bounded(close, STOP_TIMEOUT_S) is None
        return not _Library.stuck

    def down(self) -> bool:
        engine, stream = self._engine, self._stream
        if engine is None or stream is None:
            return True
        try:
            active = bool(stream.active)
        except sounddevice.PortAudioError:
            return True
        return not active or self._stall.over(engine)

    def describe(self) -> str:
        return f"PortAudio device {self.device}, {self.rate} Hz, {self.period} frames"
