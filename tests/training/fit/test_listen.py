"""`oscvae listen`: what was withheld beside what the model makes of it, and what a stop loses."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console
from typer.testing import CliRunner

from oscvae.app.cli import app
from oscvae.errors import DataError
from oscvae.training.data.dataset import WITHHELD_RECORDING
from oscvae.training.data.store import open_dataset, save_dataset
from oscvae.training.evaluate.metrics import decode_all, distance, encode_all
from oscvae.training.fit.listen import main, withheld, write_pairs
from oscvae.training.fit.run import load_run
from oscvae.training.fit.train import train
from oscvae.training.fit.watching import stopped
from training.tiny import ANALYSIS, make_notes, store_notes, tiny_config


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_notes(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    train(tiny_config(folder), open_dataset(data), data, folder / "tiny", False, Console(file=io.StringIO()))
    return folder / "tiny"


def test_recordings_never_trained_on_go_first() -> None:
    notes = make_notes()
    assert (notes.split[withheld(notes, 1)] == WITHHELD_RECORDING).all()
    many = withheld(notes, 3)
    assert notes.held_out[many].all() and np.unique(notes.note[many]).size > 1
    assert withheld(notes, 1000).size == int(notes.held_out.sum())
    np.testing.assert_array_equal(withheld(notes, 3, seed=1), withheld(notes, 3, seed=1))


def test_a_pair_is_the_recording_and_then_the_model(run: Path, data: Path, tmp_path: Path) -> None:
    notes, model = open_dataset(data), load_run(run).model
    rows = withheld(notes, 3)
    pairs = write_pairs(model, notes, rows, tmp_path / "sub" / "pairs.wav")
    assert [pair.row for pair in pairs] == rows.tolist()
    sound, rate = soundfile.read(tmp_path / "sub" / "pairs.wav")
    assert rate == ANALYSIS.sample_rate
    assert np.abs(sound).max() == pytest.approx(0.9, abs=0.01)
    begins = [begin for pair in pairs for begin in (pair.recorded_s, pair.decoded_s)]
    assert begins == sorted(begins)
    for begin, end in zip(begins, [*begins[1:], sound.size / rate], strict=True):
        part = sound[round(begin * rate) : round(end * rate)]
        assert np.abs(part).max() > 0.05
        assert not part[-round(0.25 * rate) :].any(), "silence follows"
    z = encode_all(model, notes, ANALYSIS.first_octave, rows[:1])
    again = decode_all(model, z, notes.note[rows[:1]].tolist(), ANALYSIS.first_octave)
    if again.shape[2] == ANALYSIS.frames:
        away = distance(again, np.array(notes.x[rows[:1]]), ANALYSIS.floor_db, ANALYSIS.ceiling_db)
        assert pairs[0].lsd_db == pytest.approx(away.lsd_db)


def test_it_writes_a_file_and_says_what_is_when(run: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["listen", str(run), "--out", str(tmp_path / "pairs.wav"), "--count", "2"])
    assert done.exit_code == 0, done.output
    assert done.output.count("by the model") == 2
    assert "never trained on" in done.output and (tmp_path / "pairs.wav").is_file()


def test_without_a_player_it_says_so(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="no player is installed"):
        main(run, None, None, 1, None)


def test_other_data_than_the_run_was_trained_on_are_refused(run: Path, tmp_path: Path) -> None:
    notes = make_notes()
    notes.x[0, 0, 0] += 0.1
    save_dataset(notes, tmp_path / "other")
    with pytest.raises(DataError, match="was trained on"):
        main(run, tmp_path / "other", tmp_path / "pairs.wav", 1, None)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (750, "`oscvae train --resume --out runs/a` goes on from step 750"),
        (751, "goes on from step 750, the last checkpoint: the step since is lost"),
        (930, "goes on from step 750, the last checkpoint: the 180 steps since are lost"),
        (
            100,
            "all is lost, for the first checkpoint is at step 250; `oscvae train --resume --out runs/a` begins again",
        ),
        (0, "nothing is lost"),
    ],
)
def test_a_stop_says_what_it_loses(step: int, said: str) -> None:
    told = stopped(step, 250, Path("runs/a"))
    assert told.startswith(f"stopped at step {step}: ")
    assert said in told
    assert ("lost" in told) == (step % 250 > 0 or step == 0)
