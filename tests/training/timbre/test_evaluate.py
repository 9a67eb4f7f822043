"""The figures of a model of single frames, against what can be computed by hand, and the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae import reconstruct
from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.sound.files import read_sound
from oscvae.training.timbre.command import export_frames_run
from oscvae.training.timbre.evaluate import FramesEvaluation, evaluate_frames, rows_of
from oscvae.training.timbre.frameset import TRAIN, UNSEEN, FrameSet, open_frames
from oscvae.training.timbre.measure import Judge, Near, mean_near
from training.timbre.recordings import build_small, typed


@pytest.fixture(scope="module")
def frames(data: Path) -> FrameSet:
    return open_frames(data)


def test_what_comes_back_as_it_was_is_as_near_as_phases_let_it(frames: FrameSet) -> None:
    judge = Judge(frames)
    for one in frames.of_split(UNSEEN):
        near = judge.near(one, lambda x: x)
        assert near.lsd_db == 0.0
        assert near.sc_bands_db < -100.0
        assert near.sc_db == pytest.approx(near.ceiling_db)
        assert near.ceiling_db < -15.0


def test_an_error_of_so_many_db_is_a_distance_of_so_many(frames: FrameSet) -> None:
    judge, one = Judge(frames), frames.of_split(TRAIN)[0]
    per_db = 2.0 / frames.spectrum.range_db

    def louder(x: Float32s) -> Float32s:
        return (x + np.float32(3.0 * per_db)).astype(np.float32)

    near = judge.near(one, louder)
    assert near.lsd_db == pytest.approx(3.0, abs=1e-3)
    assert near.sc_bands_db == pytest.approx(20.0 * np.log10(10.0 ** (3.0 / 20.0) - 1.0), abs=0.3)


def test_silence_counts_for_the_sound_and_not_for_the_distance(frames: FrameSet) -> None:
    judge = Judge(frames)
    late = next(one for one in frames.recordings if one.name == "late")
    heard = frames.heard(late)

    def wrong_in_silence(x: Float32s) -> Float32s:
        return np.where(heard[:, None], x, -x).astype(np.float32)

    near = judge.near(late, wrong_in_silence)
    assert near.lsd_db == 0.0
    assert near.sc_bands_db < -50.0


def test_a_recording_sounds_as_it_was_recorded(frames: FrameSet, recordings: Path, tmp_path: Path) -> None:
    judge = Judge(frames)
    one = next(one for one in frames.recordings if one.name == "tone a")
    sound = judge.sound(np.array(frames.x[one.rows]), frames.level_db[one.rows])
    spectrum = frames.spectrum
    wanted = read_sound(recordings / "tone a.wav", spectrum.sample_rate)
    peak_hz = [
        np.abs(np.fft.rfft(part, 1 << 15)).argmax() * spectrum.sample_rate / (1 << 15) for part in (wanted, sound)
    ]
    assert peak_hz[1] == pytest.approx(peak_hz[0], abs=3.0)
    edge = spectrum.n_fft - spectrum.hop
    assert abs(sound.size - (wanted.size + 2 * edge)) <= spectrum.hop
    assert callable(reconstruct)


def test_means_count_every_recording_the_same() -> None:
    assert mean_near([Near(1, 2.0, -4.0, -3.0, -20.0), Near(1, 4.0, -8.0, -5.0, -30.0)]) == Near(
        2, 3.0, -6.0, -4.0, -25.0
    )
    assert mean_near([]).n == 0


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = export_frames_run(run, tmp_path_factory.mktemp("models") / "tiny.ts", None, False, None).path
    return path


def test_an_evaluation_is_a_page_and_figures_of_recordings_never_trained_on(
    model: Path, data: Path, frames: FrameSet, tmp_path: Path
) -> None:
    code, said = typed("evaluate", model, "--data", data, "--out", tmp_path / "told")
    assert code == 0, said
    assert "active dimensions" in said
    told = json.loads((tmp_path / "told" / "figures.json").read_text())
    assert told["recordings"].keys() == {one.name for one in frames.of_split(UNSEEN)}
    assert told["dimensions"] == len(told["variance"]) == 3
    assert told["unseen"]["n"] == len(frames.of_split(UNSEEN))
    assert told["unseen"]["lsd_db"] > told["training"]["lsd_db"] > 0.0
    page = (tmp_path / "told" / "index.html").read_text()
    assert page.count("<audio") == 2 * len(frames.of_split(UNSEEN))
    assert all(name in page for name in told["recordings"])


def test_a_run_is_exported_into_its_evaluation(run: Path, tmp_path: Path) -> None:
    code, said = typed("evaluate", run, "--out", tmp_path / "told")
    assert code == 0, said
    assert (tmp_path / "told" / "tiny.ts").is_file()


def test_more_is_asked_of_more_dimensions() -> None:
    found = FramesEvaluation(
        "a", "1", "b", "c", 16, Near(1, 4.6, -9.0, -8.0, -20.0), Near(0, 0, 0, 0, 0), {}, (1.0,) * 16
    )
    assert [row[2] for row in rows_of(found)] == [5.0, -7.4]
    assert [row[2] for row in rows_of(replace(found, dimensions=17))] == [4.5, -8.5]
    assert found.active == 16
    assert replace(found, variance=(0.5, 0.001)).active == 1


def test_what_is_wrong_is_said_in_one_line(
    model: Path, data: Path, recordings: Path, run: Path, tmp_path: Path
) -> None:
    build_small(recordings, tmp_path / "other", "analysis.n_bands=60")
    build_small(recordings, tmp_path / "all", "split.unseen=0")
    for words, complaint in (
        ((model,), "--data must name the folder of a data set"),
        ((model, "--data", tmp_path), "holds no index.json"),
        ((model, "--data", tmp_path / "other"), "the data have bands"),
        ((model, "--data", tmp_path / "all"), "withhold no recording from training"),
    ):
        code, said = typed("evaluate", *words, "--out", tmp_path / "told")
        last = said.strip().splitlines()[-1]
        assert code != 0
        assert complaint in said.replace("\n", " "), said
        assert last
    with pytest.raises(DataError, match="withhold no recording"):
        evaluate_frames(model, open_frames(tmp_path / "all"), tmp_path / "told")


def test_an_altered_recording_is_not_evaluated(recordings: Path, tmp_path: Path) -> None:
    build_small(recordings, tmp_path / "set", "augment.copies=1")
    frames = open_frames(tmp_path / "set")
    assert all(one.copy == 0 for split in (TRAIN, UNSEEN) for one in frames.of_split(split))
    assert soundfile.info(recordings / "tone a.wav").duration == 0.5
