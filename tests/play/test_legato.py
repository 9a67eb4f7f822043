"""One note at a time, heard: the real model through the real engine; each note at its frame, whatever is rendered
ahead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from oscvae.sound.pitch import fundamental_hz
from oscvae.units import cents, note_to_hz
from parts.listening import Sound, first_sound
from parts.sustaining import write_sustaining

Sent = tuple[float, str, *tuple[float | str, ...]]
RATE = 48_000
PART_S = 0.085  # in which a pitch is found
FADE_S, HAND_OVER_S = 0.005, 0.010


def started(*settings: str) -> OfflineEngine:
    few = ("model.device=cpu", "engine.voices=8", "engine.spare=4", "engine.gain_db=0")
    return OfflineEngine(load_config(None, [*few, *settings]), RATE)


def moments(*sent: Sent, base_s: float = 0.0) -> list[Moment]:
    return [Moment(round((base_s + at_s) * 1e9), (Message(path, args, ""),)) for at_s, path, *args in sent]  # type: ignore[arg-type]


def anew(*sent: Sent, settings: tuple[str, ...] = ()) -> Sound:
    """The left output of an engine that has played nothing yet: [frames]."""
    engine = started(*settings)
    try:
        sound = engine.play(moments(*sent))[0]
        assert engine.errors == [] and engine.pool.idle and engine.engine.intact()
    finally:
        engine.close()
    return sound


@pytest.fixture(scope="module")
def shared() -> Iterator[OfflineEngine]:
    engine = started()
    yield engine
    assert engine.engine.intact()
    engine.close()


@pytest.fixture
def engine(shared: OfflineEngine) -> Iterator[OfflineEngine]:
    shared.errors.clear()
    yield shared
    assert shared.errors == []
    assert shared.pool.idle
    for message in (("/mode", "poly"), ("/portamento", 0.0), ("/sustain", 0), ("/attack", 0.0), ("/freeze", 0)):
        shared.execute([Message(message[0], message[1:], "")])


def played(engine: OfflineEngine, *sent: Sent) -> Sound:
    """The left output from now on: [frames]."""
    return engine.play(moments(*sent, base_s=engine.timeline.frame / RATE))[0]


def part(sound: Sound, at_s: float, seconds: float = PART_S) -> Sound:
    return sound[round(at_s * RATE) : round((at_s + seconds) * RATE)]


def note_at(sound: Sound, at_s: float) -> float:
    """The pitch there, as a MIDI note."""
    return 60.0 + cents(fundamental_hz(part(sound, at_s), RATE, 100.0, 1200.0), note_to_hz(60)) / 100.0


def level(sound: Sound, at_s: float, seconds: float = 0.03) -> float:
    return float(np.sqrt(np.mean(part(sound, at_s, seconds) ** 2)))


def test_in_mono_a_new_key_ends_the_note_before_and_begins_as_it_would_alone(engine: OfflineEngine) -> None:
    alone = played(engine, (0.1, "/note", 67, 100), (0.6, "/note", 67, 0))
    begin = first_sound(alone)
    assert begin == pytest.approx(0.1 * RATE, abs=48)
    sound = played(
        engine, (0.0, "/mode", "mono"), (0.1, "/note", 60, 100), (0.5, "/note", 67, 100), (1.0, "/note", 67, 0),
        (1.0, "/note", 60, 0),
    )  # fmt: skip
    after = round((0.5 + FADE_S) * RATE) + 1
    until = round(0.9 * RATE)
    shift = round(0.4 * RATE)
    assert np.array_equal(sound[after:until], alone[after - shift : until - shift])
    assert note_at(sound, 0.4) == pytest.approx(60.0, abs=0.1)


def test_the_note_before_fades_from_the_frame_on_at_which_the_new_one_begins(engine: OfflineEngine) -> None:
    """The new key is silent, so that what is heard is the fade."""
    alone = played(engine, (0.1, "/note", 60, 100), (1.0, "/note", 60, 0))
    sound = played(
        engine, (0.0, "/mode", "mono"), (0.1, "/note", 60, 100), (0.5, "/note", 67, 0.001), (1.0, "/note", 67, 0),
        (1.0, "/note", 60, 0),
    )  # fmt: skip
    begin, length = round(0.5 * RATE), round(FADE_S * RATE)
    assert np.array_equal(sound[:begin], alone[:begin])
    fade = 1.0 - np.arange(1, length + 1) / length
    assert sound[begin : begin + length] == pytest.approx(alone[begin : begin + length] * fade, abs=1e-6)
    assert not np.any(np.abs(sound[begin + length : begin + 4800]) > 1e-6)


def test_in_legato_a_key_moves_the_note_that_sounds_without_an_attack(engine: OfflineEngine) -> None:
    struck = played(engine, (0.1, "/note", 67, 100), (0.6, "/note", 67, 0))
    sound = played(
        engine, (0.0, "/mode", "legato"), (0.1, "/note", 60, 100), (0.5, "/note", 67, 127), (0.9, "/note", 67, 0),
        (1.3, "/note", 60, 0),
    )  # fmt: skip
    notes = [note_at(sound, at_s) for at_s in (0.3, 0.52, 0.7, 0.92, 1.1)]
    assert notes == pytest.approx([60, 67, 67, 60, 60], abs=0.1)
    assert level(sound, 0.52) < 0.5 * level(struck, 0.12), "it goes on where the note was, which had decayed"
    assert 0.5 < level(sound, 0.52) / level(sound, 0.46) < 2.0
    around = np.abs(np.diff(part(sound, 0.49, 0.04)))
    assert around.max() < 2.0 * np.abs(np.diff(part(sound, 0.4, 0.08))).max(), "no step"
    assert 1.3 < sound.size / RATE < 1.6, "let go, it ends"


def test_a_move_goes_on_at_the_place_of_the_note_at_which_it_is(engine: OfflineEngine) -> None:
    """To the very same pitch: what is heard is the note as it would have been, but for the phases."""
    alone = played(engine, (0.1, "/note/1", 60, 100), (1.2, "/note/1", 60, 0))
    sound = played(
        engine, (0.0, "/mode", "legato"), (0.1, "/note/1", 60, 100), (0.3, "/note/2", 60, 100), (1.2, "/note/2", 60, 0),
        (1.2, "/note/1", 60, 0),
    )  # fmt: skip
    levels = [(level(sound, at_s), level(alone, at_s)) for at_s in np.arange(0.32, 1.15, 0.04)]
    assert [20.0 * np.log10(a / b) for a, b in levels] == pytest.approx([0.0] * len(levels), abs=2.0)


def test_the_first_note_of_a_legato_has_its_attack_and_a_move_goes_on_in_it(engine: OfflineEngine) -> None:
    sound = played(
        engine, (0.0, "/mode", "legato"), (0.0, "/attack", 0.4), (0.1, "/note/1", 60, 100), (0.25, "/note/2", 60, 100),
        (1.0, "/note/2", 60, 0), (1.0, "/note/1", 60, 0),
    )  # fmt: skip
    alone = played(engine, (0.0, "/attack", 0.4), (0.1, "/note/1", 60, 100), (1.0, "/note/1", 60, 0))
    for at_s in (0.28, 0.32, 0.4, 0.46, 0.6):
        assert 20.0 * np.log10(level(sound, at_s) / level(alone, at_s)) == pytest.approx(0.0, abs=2.0), at_s


def test_a_move_glides_in_the_time_of_portamento_and_arrives_at_the_true_pitch(engine: OfflineEngine) -> None:
    sound = played(
        engine, (0.0, "/mode", "legato"), (0.0, "/portamento", 0.4), (0.1, "/note", 60, 100), (0.3, "/note", 72, 100),
        (1.3, "/note", 72, 0), (1.3, "/note", 60, 0),
    )  # fmt: skip
    middle = [note_at(sound, at_s - PART_S / 2) for at_s in (0.4, 0.5, 0.6)]
    assert middle == pytest.approx([63.0, 66.0, 69.0], abs=0.5)
    assert note_at(sound, 0.72) == pytest.approx(72.0, abs=0.1)


def test_in_poly_each_note_glides_from_the_last_and_lets_it_ring(engine: OfflineEngine) -> None:
    sound = played(
        engine, (0.0, "/portamento", 0.3), (0.1, "/note/1", 72, 100), (0.15, "/note/1", 72, 0),
        (0.6, "/note/1", 60, 100), (1.4, "/note/1", 60, 0),
    )  # fmt: skip
    assert note_at(sound, 0.75 - PART_S / 2) == pytest.approx(66.0, abs=0.5)
    assert note_at(sound, 1.0) == pytest.approx(60.0, abs=0.1)


def test_a_glide_over_more_than_four_octaves_begins_four_octaves_away(engine: OfflineEngine) -> None:
    played(engine, (0.0, "/portamento", 0.5), (0.0, "/note", 28, 100), (0.2, "/note", 28, 0))
    sound = played(engine, (0.1, "/note", 96, 100), (0.9, "/note", 96, 0))
    found = fundamental_hz(part(sound, 0.7), RATE, 1000.0, 4000.0)
    assert cents(found, note_to_hz(96)) == pytest.approx(0.0, abs=20.0)


PHRASE: tuple[Sent, ...] = (
    (0.0, "/portamento", 0.08),
    (0.1, "/note", 60, 100),
    (0.25, "/note", 64, 100),
    (0.35, "/note", 55.5, 100),
    (0.47, "/note", 55.5, 0),
    (0.6, "/note", 64, 0),
    (0.7, "/note", 60, 0),
    (0.75, "/note", 67, 100),
    (0.9, "/note", 67, 0),
)


@pytest.mark.parametrize("mode", ["poly", "mono", "legato"])
def test_a_phrase_is_the_same_however_far_ahead_it_is_rendered(mode: str) -> None:
    """Live, the renderer is a little or a lot ahead of the callback; offline it always is as far as it can."""
    score = ((0.0, "/mode", mode), *PHRASE)
    takes = [anew(*score, settings=(f"engine.buffer_s={buffer_s}",)) for buffer_s in (0.013, 0.04, 0.2)]
    assert takes[0].any()
    for take in takes[1:]:
        assert np.array_equal(take, takes[0])


@pytest.mark.parametrize("mode", ["mono", "legato"])
def test_a_held_phrase_is_the_same_each_time(mode: str, tmp_path: Path) -> None:
    write_sustaining(tmp_path / "sustaining.ts")
    model = (f"model.folder={tmp_path}", "model.name=sustaining")
    takes = [anew((0.0, "/mode", mode), *PHRASE, settings=model) for _ in range(2)]
    assert takes[0].any() and np.array_equal(*takes)
