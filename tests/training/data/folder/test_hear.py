"""A recording becomes a note by its name or by its sound, and what speaks against it is told."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.errors import SoundFileError
from oscvae.sound.doubts import NOISE, OTHER, SEVERAL, STEADY
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.folder.hear import Told, hear
from oscvae.training.data.prepare import Checks, OutlierError, Prepared
from oscvae.units import cents, note_to_hz
from parts.takes import BEGIN_S, FLAWED, NO_NOTES, RATE, chord, late, pluck, steady, stroke

ANALYSIS = AnalysisPart(frames=20).complete()
AXIS = ANALYSIS.band_axis()


def heard(sound: np.ndarray, checks: Checks | None = None, **told: object) -> Prepared:
    return hear(sound.astype(np.float32), Told(**told), ANALYSIS, AXIS, checks or Checks())  # type: ignore[arg-type]


def test_a_note_is_heard_by_its_name_or_by_its_sound() -> None:
    named, unnamed = heard(late(pluck(57.2)), note=57), heard(late(pluck(57.2)))
    assert named.note == unnamed.note == 57
    np.testing.assert_array_equal(named.x, unnamed.x)
    assert (named.x.shape, named.x.min()) == ((256, 20), -1.0)
    assert 0.5 < named.x.max() <= 1.0
    assert cents(named.f0_hz, note_to_hz(57.2)) == pytest.approx(0.0, abs=5.0)
    assert (named.doubt, named.kind) == ("", "")
    assert named.begin_s == pytest.approx(BEGIN_S, abs=0.004)


@pytest.mark.parametrize("flaw", [flaw for flaw in FLAWED if flaw != "clean"])
@pytest.mark.parametrize("note", [50, 71])
def test_a_flaw_costs_no_note(flaw: str, note: int) -> None:
    """What is kept is near to what the same note is without it."""
    whole = heard(FLAWED["clean"](float(note)), note=note)
    flawed = heard(FLAWED[flaw](float(note)), note=note)
    assert flawed.note == note
    loud = whole.x > 0.0
    assert np.abs(flawed.x - whole.x)[loud].mean() < 0.05


def test_another_note_than_the_name_says_is_an_outlier() -> None:
    with pytest.raises(OutlierError, match=r"\+200 cents from 220.0 Hz") as caught:
        heard(late(pluck(59.0)), note=57)
    assert caught.value.f0_hz == pytest.approx(246.9, abs=1.0)
    assert (caught.value.kind, round(caught.value.begin_s, 2)) == (OTHER, BEGIN_S)
    assert "cents" in heard(late(pluck(59.0)), Checks(keep=True), note=57).doubt
    assert heard(late(pluck(59.0)), Checks(cents=250.0), note=57).doubt == ""
    assert heard(late(pluck(59.0)), note=57, is_settled=True).note == 57
    with pytest.raises(OutlierError, match="outside 28 to 100"):
        heard(late(pluck(59.0)), note=20)


def test_a_note_an_octave_off_its_name_is_an_outlier() -> None:
    for note in (45, 69):
        with pytest.raises(OutlierError, match=r"[+-]1200 cents"):
            heard(late(pluck(57.0)), note=note)


def test_a_note_whose_partials_are_those_of_another_octave_is_doubted() -> None:
    """The autocorrelation finds the period that the name says, and every other partial of it is missing."""
    time_s = np.arange(RATE) / RATE
    gains = {1: 0.01, 2: 1.0, 3: 0.15, 4: 0.6, 6: 0.4}
    sound = sum(gain * np.sin(2.0 * np.pi * order * 130.8 * time_s) for order, gain in gains.items())
    made = heard(late(0.2 * sound * np.exp(-3.0 * time_s)), note=48)
    assert (made.note, made.kind) == (48, OTHER)
    assert "it may be octaves off its name" in made.doubt


def test_a_number_that_the_sound_denies_gives_way_to_what_is_heard() -> None:
    made = heard(late(pluck(59.0)), note=57, is_guess=True)
    assert (made.note, made.kind) == (59, "")
    assert "cents from 220.0 Hz" in made.denied
    assert heard(late(pluck(59.0)), note=5, is_guess=True).denied == "5 is outside 28 to 100"
    with pytest.raises(OutlierError) as caught:  # its loudest sound is at the number's pitch
        heard(np.concatenate([late(pluck(57.0)), pluck(62.0)]), note=57, is_guess=True)
    assert caught.value.kind == SEVERAL


@pytest.mark.parametrize("what", NO_NOTES)
def test_a_sound_that_nobody_named_and_that_may_be_no_note_is_left_out(what: str) -> None:
    sound, kinds = NO_NOTES[what]
    with pytest.raises(OutlierError) as caught:
        heard(sound)
    assert caught.value.kind in kinds
    assert heard(sound, Checks(keep=True)).kind in kinds
    assert heard(sound, is_settled=True).doubt == ""


def test_a_steady_tone_that_nobody_named_is_left_out() -> None:
    with pytest.raises(OutlierError) as caught:
        heard(steady())
    assert caught.value.kind == STEADY
    assert heard(steady(), note=57).doubt == "", "a name speaks for it"


def test_what_is_doubted_of_a_named_note_is_told() -> None:
    twice = np.concatenate([late(pluck(57.0)), pluck(57.0)])
    assert heard(twice, note=57).kind == SEVERAL
    with pytest.raises(OutlierError) as caught:
        heard(stroke(), note=57)
    assert caught.value.kind == NOISE
    with pytest.raises(OutlierError):
        heard(chord(60, 64, 67), note=60)


def test_a_set_that_is_sharp_of_its_names_is_tuned_to_them() -> None:
    sharp = late(pluck(57.7))
    with pytest.raises(OutlierError, match=r"\+70 cents"):
        heard(sharp, note=57)
    tuned = heard(sharp, note=57, tuning_cents=70.0)
    whole = heard(late(pluck(57.0)), note=57)
    np.testing.assert_allclose(tuned.x[whole.x > 0.0], whole.x[whole.x > 0.0], atol=0.05)
    assert cents(tuned.f0_hz, note_to_hz(57.7)) == pytest.approx(0.0, abs=5.0), "as it was heard"
    assert heard(late(pluck(62.7)), tuning_cents=70.0).note == 62


def test_where_it_begins_can_be_said() -> None:
    two = np.concatenate([late(pluck(57.0)), pluck(64.0)])
    assert heard(two, note=64, is_settled=True, begin_s=2.5).begin_s == 2.5
    with pytest.raises(SoundFileError, match="9 s lies outside"):
        heard(two, note=64, begin_s=9.0)


def test_a_sound_that_is_too_short_is_no_note() -> None:
    with pytest.raises(SoundFileError, match=r"sounds for 0\.0[23]\d s"):
        heard(late(pluck(57.0, 0.02)), note=57)
