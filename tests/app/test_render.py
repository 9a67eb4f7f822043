"""What `oscvae render` and `oscvae blend` say of the file that they write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.app.render import write_sound
from oscvae.errors import SoundFileError


@pytest.mark.parametrize(("peak", "told"), [(1.0, "0.0"), (0.5, "-6.0"), (0.1, "-20.0")])
def test_the_peak_is_told_in_dbfs(tmp_path: Path, caplog: pytest.LogCaptureFixture, peak: float, told: str) -> None:
    caplog.set_level("INFO", "oscvae")
    samples = np.zeros((2, 24_000), np.float32)
    samples[1, 100] = -peak
    write_sound(tmp_path / "a.wav", samples, 48_000)
    assert caplog.messages == [f"{tmp_path / 'a.wav'}: 0.50 s, peak {told} dBFS"]
    written, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == 48_000
    np.testing.assert_array_equal(written.T, samples)


def test_silence_has_a_level_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "oscvae")
    write_sound(tmp_path / "a.wav", np.zeros((2, 0), np.float32), 48_000)
    assert "0.00 s, peak -" in caplog.text


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    sound = np.zeros((2, 10), np.float32)
    with pytest.raises(SoundFileError, match="there is no folder"):
        write_sound(tmp_path / "none" / "a.wav", sound, 48_000)
    with pytest.raises(SoundFileError, match="cannot be written"):
        write_sound(tmp_path, sound, 48_000)
