"""MIDI from the callback's ring to the performer: each message as a command, at its own frame and `latency_s` later.

The onset is counted in frames from the message's own, with no wall clock in between, so it is exact to the sample.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from oscvae.errors import OscvaeError
from oscvae.midi.translate import NoPresetError, Translator
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.dispatch import Executor
from oscvae.osc.packets import Message, decode
from oscvae.osc.parse import Command, ModelInfo, parse_for
from oscvae.osc.scheduler import EventScheduler
from oscvae.play.frames import FrameClock, FrameMoment
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import pop

SLICE_S = 0.001  # longest turn on the event clock; what is left waits for the next
CHORD = 64  # messages of one frame that are obeyed together
MAP_MOVES_NS = 50_000_000  # at most; more is a wall clock that was set
DECODING_S = 0.005  # what a note takes from its message to its first samples, besides a period

log = logging.getLogger(__name__)


class MidiInput:
    """Obeys what comes by MIDI, as a client of its own, so that every subscriber is told of what it changes.

    latency_s: from a message's frame to its sound; 0 = as soon as possible. lead_s: as the scheduler's. model: what
    plays now in a part. tell: an event, to all subscribers: address and arguments. The schedule is its own, because
    /clearSched must not swallow a note off.
    """

    def __init__(
        self,
        engine: Engine,
        executor: Executor,
        translator: Translator,
        clock: FrameClock,
        *,
        model: Callable[[int], ModelInfo],
        lead_s: Callable[[], float],
        latency_s: float,
        tell: Callable[..., None],
    ) -> None:
        self.scheduler = EventScheduler(executor, lead_s)
        self.client = Client("midi", "midi", 0, True, 0, _log_answer, ErrorLimiter(1.0))
        self._engine = engine
        self._executor = executor
        self._translator = translator
        self._clock = clock
        self._model = model
        self._latency_s = latency_s
        self._tell = tell
        self._without_preset: set[int] = set()  # programs, of which the log has told
        self._record = np.zeros(8, np.int64)
        self._waiting: deque[tuple[int, bytes]] = deque()  # what the ring held when it was emptied
        self._lost_before = 0  # as many were lost before that
        self._last = FrameMoment(0, 0)
        self._lost = 0
        self._goes_on = False
        self._warned_s = 0.0  # of a latency below this

    @property
    def lost(self) -> int:
        """Messages that found the callback's ring full."""
        return self._engine.word(at.E_MIDI_LOST)

    def check_latency(self) -> None:
        """Warn of a latency that no note can keep at this period; once, and again at a longer one."""
        period, rate = self._engine.word(at.E_PERIOD), self._engine.rate
        needed_s = period / rate + DECODING_S
        if 0.0 < self._latency_s < needed_s and needed_s > self._warned_s:
            self._warned_s = needed_s
            log.warning(
                "midi.latency_s is %g, but a period of %d frames and decoding take longer: notes will be late, set it "
                "to %.3f or to 0",
                self._latency_s,
                period,
                math.ceil(needed_s * 1000.0) / 1000.0,
            )

    def take(self) -> None:
        """Obey what the callback has handed over, a millisecond of it at a time."""
        if not self._goes_on:
            self._obey()

    def _obey(self) -> None:
        self._goes_on = False
        deadline = time.perf_counter() + SLICE_S
        while self._waiting or self._empty_ring():
            frame, data = self._waiting.popleft()
            messages = self._messages(data)
            while self._waiting and self._waiting[0][0] == frame and len(messages) < CHORD:
                messages += self._messages(self._waiting.popleft()[1])
            self._play(messages, frame)
            if not self._waiting:
                self._let_go_of_the_lost()
            if time.perf_counter() > deadline:
                self._goes_on = True
                asyncio.get_running_loop().call_soon(self._obey)
                return
        self._let_go_of_the_lost()

    def _empty_ring(self) -> bool:
        """Take what the ring holds, and no more: the rest waits there, where what is too much is lost and counted."""
        self._lost_before = self.lost
        record = self._record
        while len(self._waiting) < at.MIDI_RECORDS and pop(self._engine.midi, record):
            data = int(record[at.MIDI_BYTES]).to_bytes(3, "little")[: int(record[at.MIDI_SIZE])]
            self._waiting.append((int(record[at.MIDI_FRAME]), data))
        return bool(self._waiting)

    def _let_go_of_the_lost(self) -> None:
        """Release all notes if messages were lost, after what came before those has been obeyed."""
        lost = self._lost_before - self._lost
        if lost:
            log.warning("%d MIDI messages were lost: all notes are released", lost)
            self._lost = self._lost_before
            self._play(
                self._translator.letting_go(), self._engine.word(at.E_FRAME)
            )  # a note off may have been among them

    def _messages(self, data: bytes) -> tuple[Message, ...]:
        try:
            return self._translator.messages(data)
        except NoPresetError as error:
            self._tell("/midi/program", error.program, str(error))
            if error.program not in self._without_preset:
                self._without_preset.add(error.program)
                log.warning("MIDI: %s", error)
            return ()

    def _play(self, messages: Sequence[Message], frame: int) -> None:
        """Hand over the messages of one frame, in order; a panic is not delayed."""
        commands: list[Command] = []
        for message in messages:
            try:
                command = parse_for(message, self._model)
            except OscvaeError as error:
                self.client.fail(message.address, error)
                continue
            if command is None:
                continue
            if not command.row.is_delayed:
                self._hand_over(commands, frame)
                commands = []
                self._executor.execute([command], self.client, None)
            else:
                commands.append(command)
        self._hand_over(commands, frame)

    def _hand_over(self, commands: list[Command], frame: int) -> None:
        if not commands:
            return
        if self._latency_s == 0.0:
            self._executor.execute(commands, self.client, None)
            return
        try:
            self.scheduler.at(self._moment(frame), commands, self.client)
        except OscvaeError as error:
            self.client.fail(commands[0].path, error)

    def _moment(self, frame: int) -> FrameMoment:
        """When what came at `frame` is due: never before what came before it, though the map of frames may move."""
        rate = self._engine.rate
        frame += round(self._latency_s * rate)
        now_ns = time.time_ns()
        due_ns = now_ns + round((frame - self._clock.frame_at(now_ns)) * 1e9 / rate)
        if 0 < self._last - due_ns < MAP_MOVES_NS and frame >= self._last.frame:
            due_ns = int(self._last)
        self._last = FrameMoment(due_ns, frame)
        return self._last


def _log_answer(packet: bytes, client: Client) -> None:
    """What another client would be answered."""
    message = decode(packet)
    if isinstance(message, Message):
        level = logging.WARNING if message.address == "/fail" else logging.INFO
        log.log(level, "MIDI: %s", " ".join(str(arg) for arg in message.args))
