"""Training on single frames: what a step sees, what a run is, going on, and what is said when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback

from oscvae.errors import ConfigError, DataError
from oscvae.training.config import find_config, packaged, to_yaml
from oscvae.training.fit.run import load_run
from oscvae.training.fit.train import make_trainer
from oscvae.training.timbre.batches import FrameSampler
from oscvae.training.timbre.config import load_timbre_config
from oscvae.training.timbre.frameset import TRAIN, FrameSet, open_frames
from oscvae.training.timbre.learner import FramesLearner
from oscvae.training.timbre.network import make_frames_model
from oscvae.training.timbre.train import load_frames_run, train_frames
from training.timbre.recordings import tiny_config, typed, write_tiny


@pytest.fixture(scope="module")
def frames(data: Path) -> FrameSet:
    return open_frames(data)


def power_db(x: np.ndarray, frames: FrameSet) -> np.ndarray:
    spectrum = frames.spectrum
    level_db = spectrum.floor_db + (x.astype(np.float64) + 1.0) * 0.5 * spectrum.range_db
    return 10.0 * np.log10((10.0 ** (level_db / 10.0)) @ spectrum.band_axis().width())


def test_training_brings_recordings_nearer(data: Path, frames: FrameSet, run: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path / "tiny.yaml")
    x = torch.from_numpy(np.array(frames.x[frames.rows_of(TRAIN)]))
    errors = []
    for model in (make_frames_model(config, frames.spectrum).eval(), load_frames_run(run).model):
        with torch.no_grad():
            errors.append(float(((model.describe(model.guess(x)[0]) - x) ** 2).mean()))
    assert errors[1] < 0.5 * errors[0]


def test_whatever_is_decoded_has_a_level_of_0_db(frames: FrameSet, tmp_path: Path) -> None:
    model = make_frames_model(tiny_config(tmp_path / "tiny.yaml"), frames.spectrum).eval()
    with torch.no_grad():
        x = model.describe(4.0 * torch.randn(200, 3)).numpy()
    np.testing.assert_allclose(power_db(x, frames), 0.0, atol=1e-3)


def test_batches_follow_from_their_number_and_are_of_frames_that_are_heard(frames: FrameSet, tmp_path: Path) -> None:
    config = tiny_config(tmp_path / "tiny.yaml")
    sampler, again = FrameSampler(frames, config), FrameSampler(frames, config)
    for number in (0, 7):
        assert all(map(torch.equal, sampler.batch(number), again.batch(number)))
    assert not torch.equal(sampler.batch(0).row, sampler.batch(1).row)
    drawn = torch.cat([sampler.batch(number).row for number in range(50)])
    assert set(drawn.tolist()) <= set(frames.rows_of(TRAIN).tolist())
    whole, parts = sampler.batch(3), [sampler.batch(3, rank, 2) for rank in (0, 1)]
    assert torch.equal(torch.stack([part.row for part in parts], 1).flatten(), whole.row)


def test_balance_draws_short_recordings_as_often_as_long_ones(frames: FrameSet, tmp_path: Path) -> None:
    short = min(frames.of_split(TRAIN), key=lambda one: int(frames.heard(one).sum()))
    shares = []
    for balance in (0.0, 1.0):
        sampler = FrameSampler(frames, tiny_config(tmp_path / "tiny.yaml", balance=balance))
        rows = torch.cat([sampler.batch(number).row for number in range(400)])
        shares.append(float(((rows >= short.begin) & (rows < short.end)).float().mean()))
    recordings = len(frames.of_split(TRAIN))
    assert shares[1] == pytest.approx(1.0 / recordings, abs=0.02)
    assert shares[0] == pytest.approx(frames.heard(short).sum() / frames.rows_of(TRAIN).size, abs=0.02)


class _Stop(Callback):
    def on_train_batch_end(self, trainer: object, learner: FramesLearner, *rest: object) -> None:
        if learner.global_step == 10:
            raise KeyboardInterrupt


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    data: Path, frames: FrameSet, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config(tmp_path / "tiny.yaml")
    make = make_trainer

    def stopping(given: object, clip: object, learner: object, callbacks: list[Callback], folder: object) -> object:
        return make(given, clip, learner, [*callbacks, _Stop()], folder)  # type: ignore[arg-type]

    monkeypatch.setattr("oscvae.training.timbre.train.make_trainer", stopping)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train_frames(config, frames, data, tmp_path / "run")
    monkeypatch.undo()
    train_frames(config, frames, data, tmp_path / "run", resume=True)
    whole, stopped = load_frames_run(run).model, load_frames_run(tmp_path / "run").model
    for one, other in zip(whole.parameters(), stopped.parameters(), strict=True):
        assert torch.equal(one, other)


def test_data_of_frames_take_the_configuration_timbre_and_a_run_goes_on_by_itself(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = ["--set", "hidden=[8, 8]", "--set", "latent=2", "--set", "fit.steps=2", "--set", "fit.batch=8"]
    code, said = typed("train", "--data", data, "--set", "trainer.accelerator=cpu", *small)
    assert code == 0, said
    assert "runs/timbre holds the run" in said
    assert load_frames_run(Path("runs/timbre")).config.latent == 2
    assert typed("train", "--resume", "--out", "runs/timbre")[0] == 0, "a finished run has nothing left to do"
    code, said = typed("train", "--resume", "--out", "runs/timbre", "--set", "latent=3")
    assert (code, "latent was 2 and is 3" in said.replace("\n", " ")) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["--config", "timbre", "--set", "hiden=[8]"], 2, "did you mean hidden?"),
        (["--config", "timbre", "--set", "regulariser.kind=mmd-rbf"], 2, "trained with kl, or none"),
        (["--config", "timbre"], 2, "--data must name the folder of a data set"),
        (["--config", "timbre", "--data", "."], 1, "holds no index.json"),
        (["--config", "timbre", "--data", "DATA", "--from", "plucked"], 2, "--from is for notes"),
        (["--config", "plucked", "--data", "DATA"], 1, "holds single frames and no notes"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    words: list[str], code: int, complaint: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found, said = typed("train", *(str(data) if word == "DATA" else word for word in words))
    assert found == code
    assert complaint in said
    assert len(said.strip().splitlines()) == 1


def test_a_run_goes_on_with_its_own_data_only(data: Path, frames: FrameSet, run: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path / "tiny.yaml")
    other = FrameSet(frames.x, frames.level_db, frames.recordings, frames.spectrum, -60.0, fingerprint="0" * 64)
    with pytest.raises(DataError, match="was begun on the data"):
        train_frames(config, other, data, run, resume=True)
    with pytest.raises(ConfigError, match="holds a run: go on with it by --resume"):
        train_frames(config, frames, data, run)


def test_a_run_of_frames_is_no_run_of_notes(run: Path) -> None:
    with pytest.raises(DataError, match="is a run of single frames, and not of notes"):
        load_run(run)
    code, said = typed("listen", run)
    assert (code, len(said.strip().splitlines())) == (1, 1)


def test_a_set_with_nothing_to_train_on_is_told(frames: FrameSet, tmp_path: Path) -> None:
    nothing = FrameSet(frames.x[:0], frames.level_db[:0], (), frames.spectrum, -60.0)
    with pytest.raises(DataError, match="has 0 frames to train on"):
        FrameSampler(nothing, tiny_config(tmp_path / "tiny.yaml"))


def test_arguments_are_judged_without_torch(tmp_path: Path) -> None:
    config = write_tiny(tmp_path / "tiny.yaml")
    script = (
        "import sys\nfrom oscvae.training.fit import command\nfrom oscvae.errors import ConfigError\n"
        f"try: command.train({str(config)!r}, None, None, False, ['fit.steps=10'])\n"
        "except ConfigError: sys.exit(', '.join({'torch', 'lightning'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_configuration_that_ships_loads_and_survives_writing(tmp_path: Path) -> None:
    assert "timbre" in packaged()
    config = load_timbre_config(find_config("timbre"))
    assert (config.name, config.latent) == ("timbre", 16)
    (tmp_path / "again.yaml").write_text(to_yaml(config), encoding="utf-8")
    assert load_timbre_config(tmp_path / "again.yaml") == config
