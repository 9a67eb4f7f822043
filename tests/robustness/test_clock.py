"""The audio server's clock wraps and jumps: no onset is lost, and time never goes back.

Frames start just below 2^32, and periods are jumped over as in xruns. A note with a date begins at its frame, or at
once where that frame was never played, and then it is counted late.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from parts.daemon import Z

RATE = 48_000
JUMPS = 1_000
WRAP = 1 << 32
PERIOD = 64


@pytest.fixture(scope="module")
def shared() -> Iterator[OfflineEngine]:
    engine = OfflineEngine(load_config(None, ["engine.voices=32", "engine.spare=4"]), RATE)
    yield engine
    assert engine.engine.intact()
    engine.close()


@pytest.fixture
def engine(shared: OfflineEngine) -> Iterator[OfflineEngine]:
    """An engine whose server begins to count 5,000 frames below 2^32."""
    shared.engine.set_word(at.E_FRAME_32, -1)
    shared.frame_offset = WRAP - 5_000 - shared.timeline.frame
    shared.engine.set_word(at.E_FRAME, shared.timeline.frame)
    shared.execute([Message("/release", (0.01,))])
    yield shared
    shared.execute([Message("/panic")])
    shared.render_block(PERIOD)
    shared.render_block(PERIOD)
    assert shared.pool.idle


class Score:
    """Notes with dates, and what became of them."""

    def __init__(self, engine: OfflineEngine) -> None:
        self.engine = engine
        self.due: dict[int, int] = {}  # frame by voice
        self.onsets: dict[int, int] = {}  # likewise
        self.played: list[tuple[int, int]] = []  # frames that were rendered: from, to
        self._late = engine.engine.word(at.E_LATE)

    def play(self, frame: int) -> None:
        known = {voice.asked.id for voice in self.engine.pool.all()}
        self.engine.execute([Message("/play", (60, *Z, 0.8, 0.005))], round(frame * 1e9 / RATE))
        (new,) = [voice for voice in self.engine.pool.all() if voice.asked.id not in known]
        self.due[new.asked.id] = frame

    def block(self, count: int = PERIOD) -> np.ndarray:  # type: ignore[type-arg]
        out = np.zeros((2, count), np.float32)
        before = self.engine.timeline.frame
        self.engine.render_block(count, out)
        assert self.engine.engine.word(at.E_FRAME) == before, "the frame count of 64 bits lost its way"
        self.played.append((before, before + count))
        for voice in self.engine.pool.all():
            words = self.engine.engine.voices[voice.slot]
            if int(words[at.V_TAIL]) > 0 and voice.asked.id not in self.onsets:
                self.onsets[voice.asked.id] = int(words[at.V_ONSET_FRAME])
        return out

    @property
    def late(self) -> int:
        return self.engine.engine.word(at.E_LATE) - self._late

    def expected(self, frame: int) -> int:
        """Where a note begins that is due at `frame`: there, or with the first frame that was played after it."""
        begin, _ = next((start, end) for start, end in self.played if end > frame)
        return max(begin, frame)


def test_a_thousand_jumps_across_the_wrap_lose_no_onset(engine: OfflineEngine) -> None:
    draw = random.Random(7)
    score = Score(engine)
    score.block()
    first = engine.timeline.frame
    for _ in range(JUMPS):
        if len(engine.pool.all()) < 24:
            score.play(engine.timeline.frame + draw.randrange(0, 600))
        for _ in range(draw.randrange(1, 4)):
            score.block(draw.choice((1, 32, PERIOD, 128)))
        engine.skip(draw.choice((1, 37, PERIOD, 128, 1_000, 5_000, draw.randrange(1, 3 * RATE))))
    while not engine.pool.idle:
        score.block(512)
    assert engine.errors == []
    assert engine.timeline.frame + engine.frame_offset > WRAP
    assert engine.timeline.frame - first > JUMPS * RATE // 10
    assert len(score.due) > JUMPS // 2
    assert score.onsets == {voice: score.expected(frame) for voice, frame in score.due.items()}
    jumped = sum(score.onsets[voice] > frame for voice, frame in score.due.items())
    assert score.late == jumped > 50


@pytest.mark.parametrize("distance", [-PERIOD - 1, -PERIOD, -1, 0, 1, 17, PERIOD])
def test_a_note_at_the_wrap_sounds_at_its_frame(engine: OfflineEngine, distance: int) -> None:
    score = Score(engine)
    score.block()
    wrap = WRAP - engine.frame_offset  # the frame at which the server's count begins again at 0
    due = wrap + distance
    score.play(due)
    blocks = []
    begin = engine.timeline.frame
    while engine.timeline.frame < due + 2 * RATE // 100:
        blocks.append(score.block())
    assert engine.engine.word(at.E_FRAME_32) < PERIOD * 100, "the count did not wrap"
    assert list(score.onsets.values()) == [due] and score.late == 0
    sound = np.concatenate(blocks, axis=1)[0]
    assert begin + int(np.argmax(sound != 0)) in range(due, due + 4)  # the attack's very first samples may round to 0


def test_a_note_that_was_jumped_over_is_whole(engine: OfflineEngine) -> None:
    """It is late, but it lasts as long as it would have: its end counts from where it began."""
    score = Score(engine)
    lengths = []
    for jump in (0, 2_000):
        score.block()
        start = engine.timeline.frame + 300
        known = set(score.onsets)
        engine.execute([Message("/play", (60, *Z, 0.8, 0.05))], round(start * 1e9 / RATE))
        score.block()
        engine.skip(jump)
        heard = 0
        while not engine.pool.idle:
            heard += int(np.count_nonzero(score.block()[0]))
        lengths.append(heard)
        assert len(set(score.onsets) - known) == 1
    assert score.late == 1
    assert abs(lengths[0] - lengths[1]) < 8


def test_a_server_that_begins_anew_does_not_take_time_back(engine: OfflineEngine) -> None:
    score = Score(engine)
    score.block()
    before = engine.engine.word(at.E_FRAME)
    engine.frame_offset -= 10**6  # its count is suddenly a million lower
    out = np.zeros((2, PERIOD), np.float32)
    engine.render_block(PERIOD, out)
    assert engine.engine.word(at.E_FRAME) == before + PERIOD


def test_a_bundle_that_was_jumped_over_still_starts_together(engine: OfflineEngine) -> None:
    score = Score(engine)
    score.block()
    due = engine.timeline.frame + 500
    engine.execute([Message("/play", (60 + i, *Z, 0.8, 0.005)) for i in range(6)], round(due * 1e9 / RATE))
    score.block()
    engine.skip(700)
    at_once = engine.timeline.frame
    score.block()
    assert list(score.onsets.values()) == [at_once] * 6
    assert score.late == 6
