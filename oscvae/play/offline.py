"""The same engine without a clock: as fast as it can, and the same samples every time.

Every block waits for what the live engine would have had to be in time for: all decodes that were asked for are
awaited and every ring is filled before the block is mixed. So a note's samples are those of the live engine, and its
place is exact.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import logging
import select
import struct
import termios
import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.audio.mixer import block_offline
from oscvae.decode.wire import RECORD
from oscvae.errors import CommandError, DecoderError, ModelError, OscvaeError
from oscvae.model.document import ModelDocument
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.packets import Message, decode
from oscvae.osc.parse import Command, parse_for
from oscvae.osc.parts import FIRST
from oscvae.osc.score import Moment
from oscvae.play.instrument import Instrument
from oscvae.play.listener import Listener
from oscvae.play.models.loaded import Handle, Loaded
from oscvae.play.recordings import Recorded, put_recording, recording_parts
from oscvae.play.timeline import TICK_S
from oscvae.play.voice.voice import Voice
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import load_word
from oscvae.settings.sections import Config
from oscvae.spectral.renderer import render_until_idle

log = logging.getLogger(__name__)

_DECODE_TIMEOUT_S = 30.0
_ENCODE_TIMEOUT_S = 60.0
_POLL_S = 0.05
_NAP_S = 0.0001


class CudaFailedError(DecoderError):
    """A decoder's CUDA device failed while it played `model`."""

    def __init__(self, model: str, why: str) -> None:
        super().__init__(f"{model}: CUDA failed: {why}; --set model.device=cpu does without it")
        self.model = model
        self.why = why


class OfflineTimeline:
    """The performer's `Timeline` on a frame count that only moves when a block is rendered."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.frame = 0
        self._changes: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._next_tick: int | None = None
        self.on_tick: Callable[[], bool] = lambda: False

    def moment_s(self, due_ns: int | None = None) -> float:
        return self.frame / self._engine.rate if due_ns is None else due_ns / 1e9

    def frame_at(self, due_ns: int) -> int:
        return round(due_ns * self._engine.rate / 1e9)

    def defer(self, due_ns: int | None, change: Callable[[], None]) -> None:
        if due_ns is None or self.frame_at(due_ns) <= self.frame:
            change()
        else:
            heapq.heappush(self._changes, (self.frame_at(due_ns), next(self._order), change))

    def keep_ticking(self) -> None:
        if self._next_tick is None:
            self._next_tick = self.frame + round(TICK_S * self._engine.rate)

    def advance(self, end: int) -> None:
        """Make the changes and the ticks that fall before frame `end`."""
        while self._changes and self._changes[0][0] < end:
            heapq.heappop(self._changes)[2]()
        if self._next_tick is not None and self._next_tick < end:
            self._next_tick += round(TICK_S * self._engine.rate)
            if not self.on_tick():
                self._next_tick = None

    @property
    def busy(self) -> bool:
        """Whether something still travels or waits."""
        return bool(self._changes) or self._next_tick is not None


class OfflineEngine:
    """One engine, rendered block by block. `close` it: it has a decoder process.

    rate: of the output, Hz. listener: is told what happens. Raises ModelError or DecoderError for a model that
    cannot be played.
    """

    def __init__(self, config: Config, rate: int | None = None, listener: Listener | None = None) -> None:
        self.rate = rate or config.audio.sample_rate
        self._config = config
        self._listener = listener or Listener()
        self._build()

    def _build(self, device: str | None = None) -> None:
        instrument = Instrument(self._config, self.rate, OfflineTimeline, self._listener, device, in_time=False)
        self.instrument = instrument
        self.engine = instrument.engine
        self.pool = instrument.pool
        self.parts = instrument.parts
        self.contexts = instrument.contexts
        self.models = instrument.parts[FIRST].models
        self.timeline = instrument.timeline
        self.performer = instrument.parts[FIRST].performer
        self.presets = instrument.parts[FIRST].presets
        self.client = Client("score", "score", 0, True, 0, self._answer, ErrorLimiter(1e9))
        self.errors: list[str] = []
        self.frame_offset = 0  # of the server's 32-bit count, for tests of its wrap
        self._untouched = True
        self._encodings = 0
        try:
            self.load(self._config.model.name)
            self._load_further_parts()
        except BaseException:
            self.close()
            raise

    def _answer(self, packet: bytes, client: Client) -> None:
        message = decode(packet)
        if isinstance(message, Message) and message.address == "/fail":
            text = " ".join(str(arg) for arg in message.args)
            self.errors.append(text)
            log.warning("%.3f s: %s", self.timeline.frame / self.rate, text)

    def _load_further_parts(self) -> None:
        """The models of model.parts; one that cannot be played is logged, as a daemon does."""
        for part, name in self._config.model.parts.items():
            try:
                self.load(name, part)
            except (ModelError, DecoderError) as error:
                log.error("part %d has no model to play: model.parts %s: %s", part, name, error)

    def load(self, name: str, part: int = FIRST) -> None:
        """Play another model in a part from here on."""
        models = self.parts[part].models
        models.adopt(models.open(name))

    @property
    def encoding(self) -> Recorded:
        """What the model says that is to encode recordings. Raises ModelError for one that encodes none."""
        loaded = self.models.current
        assert loaded is not None
        if isinstance(loaded.document, ModelDocument) or not loaded.decoder.encodes:
            raise ModelError(f"the model {loaded.name!r} encodes no recordings: play one that does, such as timbre")
        return loaded.document

    def encode(self, x: Float32s, level_db: Float32s, handle: str) -> Handle:
        """Have the model know a recording under that handle: x [T, numbers] and levels [T], as `sound.trajectory`
        makes them. Raises ModelError, and DecoderError where its encoder fails."""
        self._untouched = False
        document, loaded = self.encoding, self.models.current
        assert loaded is not None
        number, mean = loaded.handles.new_recording(), document.latent.mean
        for request in recording_parts(len(x), number, document.encoded_at_once):
            put_recording(x, level_db, request, document, loaded.decoder.to_encode)
            self._encodings += 1
            loaded.decoder.send(request._replace(generation=self._encodings))
            mean = tuple(_await_encoding(loaded, self._encodings))
        kept = Handle(document.within_reach(mean), (), number, len(x) * document.frame_s)
        loaded.handles.keep(handle, kept)
        return kept

    def close(self) -> None:
        self.contexts.close()

    def execute(self, messages: Sequence[Message], due_ns: int | None = None) -> None:
        """Obey messages now, as one bundle; what cannot be obeyed is kept in `errors`."""
        self._untouched = False
        self._catch_up()
        commands: list[Command] = []
        for message in messages:
            try:
                command = parse_for(message, self.parts.model)
                if command is None:
                    continue
                if command.row.score == "refused":
                    raise CommandError("means nothing in a score")
                if command.row.path == "/load":
                    self.parts.execute(commands, self.client, due_ns)  # what stands before it is the old model's
                    commands = []
                    self.load(command.values["name"], command.part)
                elif command.row.score == "obeyed":
                    # a macro may move /preset/morph, and /voice/set a voice to a preset
                    if command.row.group == "Voices":
                        for part in self.parts.in_use:  # the voice may be any part's
                            self._open_presets(part.number)
                    elif command.row.group in ("Presets", "Macros") or command.named_points:
                        self._open_presets(command.part)
                    commands.append(command)
            except OscvaeError as error:
                self.client.fail(message.address, error)
        self.parts.execute(commands, self.client, due_ns)

    def _open_presets(self, part: int) -> None:
        loaded = self.parts[part].models.current
        if loaded is not None:
            self.presets.open_now(loaded.name)

    def settle(self, least: int = at.RING_SAMPLES) -> None:
        """Wait for every decode and fill every ring; of streams those that hold less than `least` samples, while the
        chunks of the others are decoded beside. Raises DecoderError when a decoder dies or hangs, CudaFailedError where
        its device does."""
        while True:
            self._await_decodes(least)
            render_until_idle(self.engine.address)
            self.instrument.take_events()
            self.contexts.collect()
            if not any(voice.in_flight for voice in self.pool.all()) and not self._owing(least):
                render_until_idle(self.engine.address)
                if not self._owing(least):
                    return

    def _catch_up(self) -> None:
        """Wait for the chunks of streams that are under way: what changes now changes the next, and none of these."""
        if self._owing(at.RING_SAMPLES):
            self.settle()

    def _owing(self, least: int) -> set[Loaded]:
        """Models that owe a chunk to one of their streams whose ring holds less than `least` samples."""
        streams = (voice for voice in self.pool.all() if voice.loaded.context.owed)
        return {voice.loaded for voice in streams if self._held(voice) < least}

    def _held(self, voice: Voice) -> int:
        """Samples in a voice's ring."""
        words = self.engine.voices[voice.slot]
        return int(load_word(words, at.V_HEAD) - load_word(words, at.V_TAIL))

    def _await_decodes(self, least: int) -> None:
        """Wait until what was asked for lies in the pipes, so that the renderer never goes on without it."""
        flying = Counter(voice.loaded for voice in self.pool.all() if voice.in_flight)
        for loaded in self._owing(least):
            flying[loaded] += loaded.context.owed
        for loaded, count in flying.items():
            if loaded.context.refused:
                raise DecoderError(f"the decoder of {loaded.name!r} answers what nobody asked it")
            _await_answers(loaded, count * RECORD.size)

    def skip(self, count: int) -> None:
        """Jump over `count` frames, as a server does in an xrun: nobody renders them."""
        self.timeline.frame += count

    def render_block(self, count: int, out: NDArray[np.float32] | None = None) -> None:
        """Render `count` frames into `out` [outputs, count] (None = nowhere)."""
        self._untouched = False
        engine = self.engine
        if self.timeline.busy:
            self._catch_up()
            self.timeline.advance(self.timeline.frame + count)
        self.settle(at.RING_SAMPLES if self.timeline.busy else count + at.CHUNK)
        buffers = None if out is None else np.array([channel.ctypes.data for channel in out], np.int64)
        frame_32 = (self.timeline.frame + self.frame_offset) & 0xFFFFFFFF
        block_offline(engine.words, frame_32, count, 0 if buffers is None else buffers.ctypes.data)
        self.timeline.frame += count
        self.instrument.take_events()

    def play(self, moments: Sequence[Moment], progress: Callable[[float], None] | None = None) -> NDArray[np.float32]:
        """Render a score: float32 [2, frames], until the later of the last moment and the last voice. What would never
        end is let go at the last moment.

        progress(seconds): called after each block. Where CUDA fails on the way, an engine that had played nothing
        begins again on the CPU, so that no piece is half the one and half the other; another raises CudaFailedError.
        """
        untouched = self._untouched
        try:
            return self._play(moments, progress)
        except CudaFailedError as error:
            if not untouched:
                raise
            log.warning("%s: CUDA failed, rendering again on the CPU: %s", error.model, error.why)
        self.close()
        self._build("cpu")
        return self._play(moments, progress)

    def _play(self, moments: Sequence[Moment], progress: Callable[[float], None] | None) -> NDArray[np.float32]:
        blocks: list[NDArray[np.float32]] = []
        waiting = list(moments)
        waiting.reverse()
        count = at.CHUNK
        last = self.timeline.frame_at(moments[-1].due_ns) if moments else 0
        while waiting or self.timeline.frame < last or not self.pool.idle or self.timeline.busy:
            end = self.timeline.frame + count
            while waiting and self.timeline.frame_at(waiting[-1].due_ns) < end:
                moment = waiting.pop()
                self.execute(moment.messages, moment.due_ns)
            if not waiting and self.timeline.frame >= last:
                if self.pool.idle:
                    break  # only the cursor still travels, which nobody hears
                if not self.timeline.busy:
                    for part in self.parts:
                        part.performer.voices.release_endless()
            out = np.zeros((2, count), np.float32)
            self.render_block(count, out)
            blocks.append(out)
            if progress is not None:
                progress(self.timeline.frame / self.rate)
        return np.concatenate(blocks, axis=1) if blocks else np.zeros((2, 0), np.float32)


def _await_encoding(loaded: Loaded, number: int) -> list[float]:
    """The mean point with which a decoder answers an encoding."""
    deadline = time.monotonic() + _ENCODE_TIMEOUT_S
    while time.monotonic() < deadline:
        notice = loaded.decoder.receive(_POLL_S) or {}
        if notice.get("encoded") == number:
            if "mean" not in notice:
                raise DecoderError(f"the model {loaded.name!r} fails to encode: {notice.get('why')}")
            return list(notice["mean"])
        if not loaded.decoder.running():
            raise DecoderError(f"the decoder of {loaded.name!r} {loaded.decoder.ending()}")
    raise DecoderError(f"the decoder of {loaded.name!r} did not encode within {_ENCODE_TIMEOUT_S:.0f} s")


def _await_answers(loaded: Loaded, size: int) -> None:
    """Wait until a decoder's pipe holds `size` bytes."""
    decoder = loaded.decoder
    there, since = 0, time.monotonic()
    while True:
        gone = not decoder.running()
        before, there = there, _readable_bytes(decoder.pipe_fd)
        if there >= size:
            return
        if there > before:
            since = time.monotonic()
        _hear(loaded)
        if gone:
            raise DecoderError(f"the decoder of {loaded.name!r} {decoder.ending()}")
        if time.monotonic() - since > _DECODE_TIMEOUT_S:
            raise DecoderError(f"the decoder of {loaded.name!r} has not answered for {_DECODE_TIMEOUT_S:.0f} s")
        if select.select([decoder.pipe_fd], [], [], _POLL_S)[0] and _readable_bytes(decoder.pipe_fd) < size:
            time.sleep(_NAP_S)  # some have arrived, not yet all


def _hear(loaded: Loaded) -> None:
    """What a decoder has to say besides its answers."""
    with contextlib.suppress(OSError):  # it is gone
        while (notice := loaded.decoder.receive(0.0)) is not None:
            if "cuda_failed" in notice:
                raise CudaFailedError(loaded.name, str(notice["cuda_failed"]))
            if "error" in notice:
                log.error("decoder: %s", notice["error"])


def _readable_bytes(descriptor: int) -> int:
    """How many bytes a pipe holds."""
    (count,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)
