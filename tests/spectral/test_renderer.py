"""The renderer fed by hand: what control would tell it, and a decoder that answers when the test says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oscvae.realtime import layout as at
from oscvae.realtime.layout import Writer
from oscvae.realtime.memory import load_word, store_word
from oscvae.spectral.renderer import render_until_idle
from parts.sharedwords import only
from spectral.rig import PERIOD, RATE, Bench

GROUP_WAIT = RATE * 30 // 1000  # frames that notes of a bundle wait for the slowest (at most 30 ms)
LONG_AFTER = GROUP_WAIT + 20 * PERIOD


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_notes_of_a_bundle_wait_for_the_slowest(bench: Bench) -> None:
    armed = bench.bundle(3)
    bench.decode(0, 1)
    bench.serve(GROUP_WAIT - 2 * PERIOD)
    assert bench.onsets()[:3] == [-1, -1, -1]
    bench.decode(2)
    bench.serve(2 * PERIOD)
    first, *others = bench.onsets()[:3]
    assert first > armed and others == [first, first]
    assert bench.late == 0


@pytest.mark.parametrize("size", [1, 3])
def test_notes_of_a_bundle_wait_until_all_of_it_was_obeyed(bench: Bench, size: int) -> None:
    bench.bundle(size, complete=False)
    bench.decode(*range(size))
    bench.serve(2 * LONG_AFTER)
    assert bench.onsets()[:size] == [-1] * size, "what the bundle sets for them may still come"
    bench.complete()
    bench.serve(2 * PERIOD)
    first, *others = bench.onsets()[:size]
    assert first > 0 and others == [first] * (size - 1)
    assert bench.late == 0


@pytest.mark.parametrize("slow", [0, 1, 2])
def test_notes_of_a_bundle_wait_30_ms_at_most_and_a_later_one_is_late(bench: Bench, slow: int) -> None:
    armed = bench.bundle(3)
    quick = [slot for slot in range(3) if slot != slow]
    bench.decode(*quick)
    bench.serve(LONG_AFTER)
    onsets = bench.onsets()
    assert onsets[slow] == -1 and onsets[quick[0]] == onsets[quick[1]]
    # the renderer sees the time once a period, and what it starts is heard with the next
    assert GROUP_WAIT < onsets[quick[0]] - armed <= GROUP_WAIT + 2 * PERIOD
    assert bench.late == 0, "those that waited are not to blame"

    bench.decode(slow)
    bench.serve(PERIOD)
    assert bench.onsets()[slow] == bench.engine.word(at.E_FRAME)
    assert bench.late == 1
    assert bench.engine.word(at.E_SOUNDING) == 3


def test_a_note_whose_bundle_is_over_is_late_as_well(bench: Bench) -> None:
    """The others have begun and ended, and nothing of them is left that it could be late for."""
    bench.bundle(2)
    bench.decode(0)
    bench.serve(LONG_AFTER)
    store_word(bench.engine.voices[0], at.V_STOP, at.STOP_FADE)
    bench.serve(20 * PERIOD)
    assert load_word(bench.engine.voices[0], at.V_STATE) == at.IDLE
    bench.decode(1)
    bench.serve(2 * PERIOD)
    assert bench.onsets()[1] > bench.onsets()[0] > 0
    assert bench.late == 1


def test_each_note_that_is_later_than_30_ms_starts_alone(bench: Bench) -> None:
    bench.bundle(3)
    bench.decode(1)
    bench.serve(LONG_AFTER)
    for late, slot in enumerate((2, 0)):
        assert bench.late == late
        bench.decode(slot)
        bench.serve(4 * PERIOD)
    middle, last, first = (bench.onsets()[slot] for slot in (2, 0, 1))
    assert 0 < first < middle < last
    assert bench.late == 2


def test_the_renderer_writes_its_own_words_only(bench: Bench) -> None:
    own = Writer.RENDERER, Writer.HOLDER
    engine, contexts = bench.engine.arrays, bench.context.arrays
    written: set[str] = set()

    def serve(frames: int) -> None:
        for _ in range(frames // PERIOD):
            with only(engine, *own) as shared, only(contexts, *own) as model:
                render_until_idle(bench.engine.address)
            written.update(shared, model)
            bench.play()

    bench.bundle(3)
    bench.decode(0, 1)
    serve(2 * PERIOD)
    store_word(bench.engine.voices[2], at.V_STOP, at.STOP_FADE)  # it dies unheard
    serve(40 * PERIOD)
    assert min(bench.onsets()[:2]) >= 0
    bench.engine.set_word(at.E_EPOCH, 1)
    serve(4 * PERIOD)
    bench.drop()
    serve(PERIOD)
    assert written >= {"words", "voices", "rings", "render", "render_floats", "scratch", "render_record", "answer"}
    assert written >= {"render_clock", "contexts", "unheard", "state", "history", "row", "bins", "out"}
    assert written >= {"control_render", "render_audio", "render_control"}
