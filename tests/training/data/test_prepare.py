"""A rendered sound becomes a note: read, checked against its name, tuned, aligned; what is no note is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import SoundFileError
from oscvae.sound.files import is_clipped, read_sound, to_mono
from oscvae.sound.pitch import detune_cents, fundamental_hz
from oscvae.sound.takes import align, find_onset, tune
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.prepare import Checks, OutlierError, is_octave, prepare
from oscvae.units import cents, note_to_hz

RATE = 48000
ANALYSIS = AnalysisPart(frames=20, note_min=40, note_max=88).complete()
AXIS = ANALYSIS.band_axis()


def pluck(freq_hz: float, begin: int = 5000, size: int = 60000, noise: float = 0.0, partials: int = 2) -> np.ndarray:
    """Decaying partials that begin at a sample, after some noise."""
    time_s = np.arange(size - begin) / RATE
    tone = sum(np.cos(2.0 * np.pi * h * freq_hz * time_s) / h for h in range(1, partials + 1)) * np.exp(-4.0 * time_s)
    take = noise * np.random.default_rng(1).standard_normal(size)
    take[begin:] += 0.4 * tone
    return take.astype(np.float32)


def test_the_onset_is_found_a_millisecond_before_the_rise() -> None:
    assert find_onset(pluck(200.0), RATE) == 5000 - 48
    assert find_onset(pluck(200.0, noise=0.004), RATE) == 5000 - 48
    with pytest.raises(SoundFileError, match="silent"):
        find_onset(np.zeros(100, np.float32), RATE)


def test_an_aligned_note_is_silent_before_its_onset_and_whole_after() -> None:
    take = pluck(200.0, noise=0.004)
    sound = align(take, 1536, 30000, RATE)
    assert sound.shape == (30000,)
    assert not sound[:1536].any()
    np.testing.assert_array_equal(sound[1536 + 48 :], take[5000 : 5000 + 30000 - 1536 - 48])


def test_a_short_recording_fades_and_ends_in_silence() -> None:
    take = pluck(200.0)[:8000]
    sound = align(take, 1536, 30000, RATE)
    end = 1536 + 8000 - (5000 - 48)
    assert not sound[end - 1 :].any()
    assert np.abs(np.diff(sound[end - 2400 :])).max() < 0.05
    np.testing.assert_array_equal(sound[1536 + 48 : end - 2400], take[5000 : 8000 - 2400])
    assert align(take[:5010], 1536, 1540, RATE).shape == (1540,)


@pytest.mark.parametrize("error_cents", [-35.0, -3.0, 0.0, 20.0])
def test_tuning_removes_the_error_it_measures(error_cents: float) -> None:
    freq_hz = note_to_hz(50.0)
    take = pluck(freq_hz * 2.0 ** (error_cents / 1200.0))
    assert detune_cents(take[5000:], RATE, freq_hz) == pytest.approx(error_cents, abs=0.5)
    tuned = tune(take, 50, RATE)
    assert detune_cents(tuned[find_onset(tuned, RATE) + 48 :], RATE, freq_hz) == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_out_of_reach_is_at_most_at_its_end(seed: int) -> None:
    """Noise has no partial to find: the parabola through a slope at the end of the reach may have its top anywhere."""
    rng = np.random.default_rng(seed)
    sound = np.cumsum(rng.standard_normal(2000)).astype(np.float32)
    assert abs(detune_cents(sound, RATE, 90.0)) < 400.0


@pytest.mark.parametrize("partials", [1, 2, 8])
def test_the_fundamental_of_every_note_is_found(partials: int) -> None:
    for note in range(40, 89):
        take = pluck(note_to_hz(note + 0.1), begin=0, size=12000, partials=partials)
        found = fundamental_hz(take, RATE, note_to_hz(39.0), note_to_hz(89.0))
        assert abs(cents(found, note_to_hz(note + 0.1))) < 12.0, note


def test_a_range_that_excludes_the_note_is_not_escaped() -> None:
    found = fundamental_hz(pluck(100.0, begin=0, size=12000, partials=8), RATE, 150.0, 450.0)
    assert 149.0 < found < 451.0
    with pytest.raises(SoundFileError, match="too short"):
        fundamental_hz(np.ones(20, np.float32), RATE, 40.0, 50.0)


def test_another_note_than_the_name_says_is_an_outlier() -> None:
    take = pluck(note_to_hz(59.0), partials=6)
    with pytest.raises(OutlierError, match=r"\+200 cents from 220.0 Hz") as caught:
        prepare(take, 57, ANALYSIS, AXIS, Checks())
    assert caught.value.f0_hz == pytest.approx(246.9, abs=1.0)
    kept = prepare(take, 57, ANALYSIS, AXIS, Checks(keep=True))
    assert "cents" in kept.doubt
    assert prepare(take, 57, ANALYSIS, AXIS, Checks(cents=250.0)).doubt == ""
    with pytest.raises(OutlierError, match="outside 40 to 88"):
        prepare(take, 30, ANALYSIS, AXIS, Checks())


def test_a_wrong_octave_is_told_by_the_partials() -> None:
    low, high = note_to_hz(50.0), note_to_hz(62.0)
    heard = pluck(low, begin=0, size=12000, partials=6)
    assert is_octave(heard, RATE, low)
    assert not is_octave(heard, RATE, high)
    assert not is_octave(heard, RATE, 0.5 * low)
    with pytest.raises(OutlierError, match="-1200 cents"):
        prepare(pluck(low, partials=6), 62, ANALYSIS, AXIS, Checks())
    # A faint octave below, and a sharp third partial that prefers it: as the highest string of a harp.
    time_s = np.arange(40000) / RATE
    take = sum(
        gain * np.cos(2.0 * np.pi * h * high * time_s) for h, gain in ((0.5, 0.1), (1, 0.4), (2, 0.05), (3.02, 0.4))
    ) * np.exp(-5.0 * time_s)
    found = prepare(take.astype(np.float32), 62, ANALYSIS, AXIS, Checks())
    assert "its partials agree" in found.doubt
    assert abs(cents(found.f0_hz, high)) < 60.0


def test_flat_peaks_are_clipped_and_round_ones_are_not() -> None:
    take = pluck(110.0, begin=0, partials=4)
    assert not is_clipped(take)
    assert is_clipped(np.clip(take, -0.5, 0.5))
    assert is_clipped(np.clip(3.0 * take, -1.0, 1.0))
    assert not is_clipped(np.round(take * 0.002 * 32767) / 32767)


def test_channels_that_cancel_leave_the_loudest() -> None:
    take = pluck(200.0)
    np.testing.assert_array_equal(to_mono(np.stack([take, -0.9 * take], 1)), take)
    np.testing.assert_allclose(to_mono(np.stack([take, 0.5 * take], 1)), 0.75 * take, atol=1e-6)


@pytest.mark.parametrize(("suffix", "rate"), [("wav", 44100), ("flac", 96000), ("aiff", 22050), ("ogg", 48000)])
def test_formats_and_rates_come_out_alike(tmp_path: Path, suffix: str, rate: int) -> None:
    time_s = np.arange(rate) / rate
    path = tmp_path / f"sound.{suffix}"
    soundfile.write(path, 0.5 * np.sin(2.0 * np.pi * 440.0 * time_s), rate)
    sound = read_sound(path, RATE)
    assert sound.dtype == np.float32
    assert abs(sound.size - RATE) < 5
    assert fundamental_hz(sound[:12000], RATE, 100.0, 900.0) == pytest.approx(440.0, rel=2e-3)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "mp3"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sound.{suffix}"
    soundfile.write(path, pluck(220.0, begin=0), RATE)
    whole = path.read_bytes()
    assert read_sound(path, RATE).size >= 60000
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(SoundFileError, match=r"cut off|cannot be read"):
        read_sound(path, RATE)


def test_a_streamed_wav_file_without_a_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "streamed.wav"
    soundfile.write(path, pluck(220.0, begin=0), RATE)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = content[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert read_sound(path, RATE).size == 60000


def test_what_is_no_note_is_refused(tmp_path: Path) -> None:
    def write(name: str, samples: np.ndarray) -> Path:
        soundfile.write(tmp_path / name, samples, RATE, subtype="FLOAT")
        return tmp_path / name

    (tmp_path / "text.wav").write_bytes(b"this is no sound")
    for path, said in (
        (tmp_path / "none.wav", "cannot be read"),
        (tmp_path / "text.wav", "cannot be read"),
        (write("silent.wav", np.zeros(5000)), "silent"),
        (write("empty.wav", np.zeros(0)), "silent"),
        (write("nan.wav", np.full(5000, np.nan)), "not finite"),
        (write("clipped.wav", np.clip(3.0 * pluck(110.0), -1.0, 1.0)), "clipped"),
    ):
        with pytest.raises(SoundFileError, match=said):
            read_sound(path, RATE)
    with pytest.raises(SoundFileError, match=r"sounds for 0\.022 s"):
        prepare(pluck(200.0)[:6000], 55, ANALYSIS, AXIS, Checks())
