"""The note of a recording is found behind hum, rumble, thumps and clicks, where it begins."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.errors import SoundFileError
from oscvae.sound.onset import find_note, without_rumble
from oscvae.sound.takes import RISE_S
from parts.takes import BEGIN_S, FLAWED, RATE, late, pluck


@pytest.mark.parametrize("note", [40, 71])
@pytest.mark.parametrize("flaw", FLAWED)
def test_a_flaw_does_not_move_the_onset(flaw: str, note: int) -> None:
    found = find_note(FLAWED[flaw](float(note)).astype(np.float32), RATE)
    assert found.begin_s == pytest.approx(BEGIN_S - RISE_S, abs=0.004)
    assert found.n_sounds == 1
    assert found.take.size == round(RATE * (BEGIN_S + 1.5)) - round(found.begin_s * RATE)


def test_a_note_that_begins_at_once_is_whole() -> None:
    assert find_note(pluck(57.0).astype(np.float32), RATE).begin_s == 0.0


def test_a_note_that_swells_begins_where_it_rises_out_of_the_noise() -> None:
    time_s = np.arange(2 * RATE) / RATE
    swelling = late(np.minimum(1.0, time_s / 0.6) * pluck(57.0, 2.0, 0.5))
    for noise in (0.0, 0.002):
        take = swelling + noise * np.random.default_rng(1).standard_normal(swelling.size)
        found = find_note(take.astype(np.float32), RATE)
        assert BEGIN_S - 0.01 < found.begin_s < BEGIN_S + 0.12


def test_a_very_short_note_is_found() -> None:
    take = late(pluck(84.0, 0.05, 40.0))
    assert find_note(np.append(take, np.zeros(RATE)).astype(np.float32), RATE).begin_s == pytest.approx(
        0.999, abs=0.002
    )


def test_notes_that_follow_each_other_are_counted() -> None:
    take = np.concatenate([late(pluck(float(note), 1.0), 0.5) for note in (50, 52, 53)])
    assert find_note(take.astype(np.float32), RATE).n_sounds == 3


def test_where_it_begins_can_be_said() -> None:
    take = late(pluck(57.0)).astype(np.float32)
    found = find_note(take, RATE, 1.25)
    assert (found.begin_s, found.take.size) == (1.25, take.size - round(1.25 * RATE))
    with pytest.raises(SoundFileError, match=r"3 s lies outside its 2\.50 s"):
        find_note(take, RATE, 3.0)
    with pytest.raises(SoundFileError, match="silent"):
        find_note(np.zeros(1000, np.float32), RATE)
    with pytest.raises(SoundFileError, match="silent"):
        find_note(np.zeros(0, np.float32), RATE)


@pytest.mark.parametrize(("freq_hz", "gain_db", "within"), [(5.0, -24.1, 0.5), (20.0, -3.0, 0.1), (41.2, -0.24, 0.1)])
def test_rumble_is_what_lies_below_twenty_hertz(freq_hz: float, gain_db: float, within: float) -> None:
    """The response of a second-order Butterworth high-pass: 1 / sqrt(1 + (20 / f)^4)."""
    tone = np.sin(2.0 * np.pi * freq_hz * np.arange(4 * RATE) / RATE).astype(np.float32)
    passed = without_rumble(tone, RATE)[2 * RATE :]
    assert 20.0 * np.log10(np.std(passed) / np.std(tone[2 * RATE :])) == pytest.approx(gain_db, abs=within)
