"""A take becomes a spectrum at one level, and `/encode` hears what a data set is built from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.model.document import read_document
from oscvae.model.level import LEVEL_S, level_frames, loudest
from oscvae.model.torchscript import load, one_hots
from oscvae.sound.levels import measure_level
from oscvae.sound.stft import from_log, magnitudes
from oscvae.sound.takes import finish, to_bands
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.folder.hear import Told, hear
from oscvae.training.data.prepare import Checks
from oscvae.units import note_to_hz

MODEL = Path(__file__).parents[2] / "models" / "plucked.ts"
RATE = 48000
ANALYSIS = AnalysisPart().complete()
AXIS = ANALYSIS.band_axis()


def pluck(note: float, decay: float = 4.0, rate: int = RATE) -> np.ndarray:
    """Partials that begin after a tenth of a second."""
    time_s = np.arange(2 * rate) / rate
    partials = [np.cos(2.0 * np.pi * h * note_to_hz(note) * time_s) / h for h in range(1, 9)]
    tone = [np.zeros(rate // 10), 0.2 * sum(partials) * np.exp(-decay * time_s)]
    return np.concatenate(tone).astype(np.float32)


@pytest.mark.parametrize("gain", [0.05, 1.0])
@pytest.mark.parametrize("decay", [0.5, 20.0])
def test_every_note_has_the_same_level(gain: float, decay: float) -> None:
    x, level = finish(gain * pluck(52.0, decay), ANALYSIS, AXIS)
    bands = from_log(x.T, 1.0, ANALYSIS.floor_db, ANALYSIS.ceiling_db)
    assert measure_level(bands, AXIS, level_frames(ANALYSIS)) == pytest.approx(1.0, rel=1e-3)
    assert finish(pluck(52.0, decay), ANALYSIS, AXIS)[1] * gain == pytest.approx(level, rel=1e-4)


def test_the_level_is_the_root_mean_square_of_the_loudest_part() -> None:
    """Proportional to it, whatever the sound; of a plucked note it is the beginning."""
    ratios = []
    for note, decay in ((40.0, 1.0), (52.0, 8.0), (64.0, 3.0), (76.0, 12.0)):
        sound = pluck(note, decay)[RATE // 10 - ANALYSIS.onset_sample :]
        bands = to_bands(AXIS, magnitudes(sound, ANALYSIS.n_fft, ANALYSIS.hop))
        begin = ANALYSIS.onset_sample
        rms = np.sqrt(np.mean(sound[begin : begin + round(LEVEL_S * RATE)] ** 2))
        ratios.append(20.0 * np.log10(measure_level(bands, AXIS, level_frames(ANALYSIS)) / rms))
    assert np.ptp(ratios) < 0.5


def test_a_note_that_swells_has_the_level_of_its_loudest_part() -> None:
    swelling = pluck(52.0, 4.0)[::-1].copy()
    finished = finish(np.concatenate([np.full(RATE // 10, 1e-6, np.float32), swelling]), ANALYSIS, AXIS)
    bands = from_log(finished[0].T, 1.0, ANALYSIS.floor_db, ANALYSIS.ceiling_db)
    power = np.square(bands, dtype=np.float64) @ AXIS.width()
    size = level_frames(ANALYSIS)
    windows = [power[at : at + size].mean() for at in range(ANALYSIS.frames - size + 1)]
    assert max(windows) == pytest.approx(1.0, rel=1e-2)
    assert loudest(power, size) == pytest.approx(max(windows), rel=1e-9)
    assert windows[0] < 0.5


def test_a_note_shorter_than_its_level_is_measured_whole() -> None:
    assert level_frames(ANALYSIS) == 23
    assert level_frames(ANALYSIS.model_copy(update={"frames": 7})) == 7
    assert loudest(np.array([1.0, 3.0]), 4) == 1.0, "after its end is silence"


@pytest.mark.parametrize(("rate", "within"), [(RATE, 5e-3), (44100, 0.1)])
def test_a_recording_is_encoded_as_the_data_set_would_have_it(rate: int, within: float, tmp_path: Path) -> None:
    """By way of the daemon's helper process: the same spectrum, so the same point."""
    document = read_document(MODEL)
    prepared = hear(pluck(57.12), Told(57), document, document.band_axis(), Checks())
    soundfile.write(tmp_path / "take.wav", pluck(57.12, rate=rate), rate, subtype="FLOAT")
    done = subprocess.run(
        [sys.executable, "-m", "oscvae.sound.analyse", str(tmp_path / "take.wav")],
        input=document.model_dump_json().encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert np.frombuffer(done.stdout[:8], np.int64).tolist() == [57]
    x = np.frombuffer(done.stdout[8:], np.float32).reshape(document.frames, document.bands.n).T
    if rate == RATE:
        np.testing.assert_array_equal(x, prepared.x)
    import torch

    module, _ = load(MODEL)
    octave, semitone = one_hots([57, 57], document.first_octave)
    with torch.inference_mode():
        z = module.encode(torch.from_numpy(np.stack([x, prepared.x])), octave, semitone)[0].numpy()
    np.testing.assert_allclose(z[0] / document.latent.std, z[1] / document.latent.std, atol=within)
