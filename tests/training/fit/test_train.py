"""Whole runs on a tiny data set: what they leave, how they go on, what they warn of."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner

from oscvae.app.cli import app
from oscvae.errors import ConfigError, DataError
from oscvae.model.analysis import N_OCTAVES, N_SEMITONES
from oscvae.model.torchscript import script
from oscvae.training.config import TrainConfig, find_config, load_config, packaged, to_yaml
from oscvae.training.data.dataset import Held
from oscvae.training.data.store import open_dataset, save_dataset
from oscvae.training.export.command import export_run
from oscvae.training.fit.run import load_run, read_record
from oscvae.training.fit.train import train
from oscvae.training.model.network import in_frames, make_model
from parts import SOAK
from parts.soak import soaked
from parts.waiting import until
from training.forked import Training, Trainings, Typed
from training.hits import store_hits
from training.tiny import ANALYSIS, make_notes, store_notes, tiny_config, write_config

# Sizes that bring a configuration down to a second, whatever its kind.
SMALL = {
    "knots": ["encoder.knots=8", "encoder.dense_knots=4", "encoder.channels=8"],
    "convolutional": ["encoder.channels=[4, 6]", "encoder.hidden=[16]"],
    "additive": ["decoder.knots=8", "decoder.dense_knots=4", "decoder.width=16", "decoder.codes=4",
                 "decoder.channels=8", "decoder.partials=12"],
    "upsampling": ["decoder.channels=[6, 4, 4]", "decoder.kernels=[3, 3, 3]", "decoder.hidden=[16]"],
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_notes(tmp_path_factory.mktemp("data"))


def run(config: TrainConfig, data: Path, folder: Path, resume: bool = False) -> str:
    """Trains, and returns what was said."""
    said = io.StringIO()
    train(config, open_dataset(data), data, folder, resume, Console(file=said, width=400))
    return said.getvalue()


def scalars(folder: Path, tag: str) -> dict[int, float]:
    board = EventAccumulator(str(folder), {"scalars": 0})
    board.Reload()
    return {event.step: event.value for event in board.Scalars(tag)}


def weights(folder: Path, which: str) -> dict[str, torch.Tensor]:
    return dict(load_run(folder, which).model.state_dict())


def assert_same(one: Path, other: Path) -> None:
    for which in ("best", "last"):
        left, right = weights(one, which), weights(other, which)
        assert left.keys() == right.keys()
        assert all(torch.equal(left[key], right[key]) for key in left)


def test_a_run_is_a_folder_that_says_what_it_was(data: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path, "watch.hear_every=2", "watch.hear_notes=2", "fit.steps=18")
    said = run(config, data, tmp_path / "run")
    assert "step 20, epoch 4: withheld loss" in said, "18 steps are rounded up to whole looks of 5"
    record = read_record(tmp_path / "run")
    assert record["seed"] == 1
    assert record["data"]["fingerprint"] == open_dataset(data).fingerprint
    assert record["versions"]["torch"] == torch.__version__.split("+")[0]
    assert load_config(tmp_path / "run" / "config.yaml") == config
    model, read, analysis, place = load_run(tmp_path / "run")
    assert (read, analysis, place) == (config, ANALYSIS, data.resolve())
    assert not model.training
    board = EventAccumulator(str(tmp_path / "run"), {"images": 0, "audio": 0})
    board.Reload()
    tags = board.Tags()
    assert {"train/loss", "withheld/lsd_db", "latent/active", "latent/nats_1"} <= set(tags["scalars"])
    assert tags["images"] == ["withheld/1", "withheld/2"]
    assert {"withheld/1 decoded", "withheld/1 recorded"} <= set(tags["audio"])
    assert [event.step for event in board.Images("withheld/1")] == [10, 20]


@pytest.fixture(scope="module")
def begun(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainings]:
    """A run that is killed, one that is to be stopped and, in a soak, one of two processes, in folders of these names.

    The one that is to be stopped would compute until then: it is paused (SIGSTOP) once it has kept a checkpoint. They
    take seconds to start, in which other tests run: the first that asks for them does not look at them.
    """
    folder = tmp_path_factory.mktemp("begun")
    watch = {"every_steps": 20, "log_steps": 1, "hear_every": 0}
    fit, loss = {"steps": 60, "batch": 8, "threads": 1}, {"pitch": 0.5}  # its points are random numbers as well
    long = write_config(folder / "long.yaml", fit=fit, loss=loss, watch=watch)
    short = write_config(folder / "short.yaml")
    endless = write_config(folder / "endless.yaml", fit=ENDLESS, watch=STOP_WATCH)

    def typed(name: str, config: Path, *more: str, is_killed: bool = False) -> Typed:
        words = ("--config", config, "--data", data, "--out", folder / name / "run", *more)
        return Typed(folder / name, tuple(map(str, words)), is_killed)

    runs = Trainings(
        {
            "killed": typed("killed", long, is_killed=True),
            "stopped": typed("stopped", endless),
        }
        | ({"two": typed("two", short, "--set", "trainer.devices=2", "--set", "trainer.strategy=ddp")} if SOAK else {})
    )
    threading.Thread(target=pause, args=(runs, folder / "stopped" / "run"), daemon=True).start()
    yield runs
    runs.end()


def folder_of(training: Training) -> Path:
    return training.place / "run"


STOP_WATCH = {"every_steps": 5, "log_steps": 100, "hear_every": 0}
ENDLESS = {"steps": 1_000_000, "batch": 8, "threads": 1}


def wait_for_a_look(out: Path, runs: Callable[[], bool]) -> None:
    """Return once the run has kept a checkpoint, or does not run any more."""
    while runs() and not (out / "checkpoints" / "last.ckpt").is_file():
        time.sleep(0.01)


def pause(runs: Trainings, out: Path) -> None:
    training = runs["stopped"]
    wait_for_a_look(out, lambda: training.code() is None)
    training.send_signal(signal.SIGSTOP)


def test_ctrl_c_stops_a_run_which_says_how_to_go_on(data: Path, tmp_path: Path) -> None:
    path = write_config(tmp_path / "tiny.yaml", fit=ENDLESS, watch=STOP_WATCH)
    out, over = tmp_path / "run", threading.Event()

    def press_ctrl_c() -> None:
        wait_for_a_look(out, lambda: not over.is_set())
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    hand = threading.Thread(target=press_ctrl_c)
    hand.start()
    try:
        done = CliRunner().invoke(app, ["train", "--config", str(path), "--data", str(data), "--out", str(out)])
    finally:
        over.set()
        hand.join()
    assert done.exit_code == 1
    assert "oscvae train --resume --out" in done.output
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("begun")
def test_a_loss_that_explodes_ends_the_run(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the loss is (nan|inf) at step \d+: lower optimiser.rate"):
        run(tiny_config(tmp_path, "optimiser.rate=1", "optimiser.weight_decay=1e6", "fit.steps=400",
                        "optimiser.warm_up_steps=0"), data, tmp_path / "run")  # fmt: skip


def test_a_run_killed_before_its_first_look_begins_again(data: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    run(config, data, tmp_path / "whole")
    run(config, data, tmp_path / "parts")
    for path in (tmp_path / "parts" / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="no checkpoint yet"):
        load_run(tmp_path / "parts")
    run(config, data, tmp_path / "parts", resume=True)
    assert_same(tmp_path / "parts", tmp_path / "whole")


def test_nothing_is_trained_over_or_otherwise(data: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path, "fit.steps=5")
    run(config, data, tmp_path / "run")
    with pytest.raises(ConfigError, match="--resume, or name another --out"):
        run(config, data, tmp_path / "run")
    changed = tiny_config(tmp_path, "fit.steps=5", "optimiser.rate=1e-4")
    with pytest.raises(ConfigError, match=r"optimiser.rate was 0.0015 and is 0.0001"):
        run(changed, data, tmp_path / "run", resume=True)
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    record["data"]["fingerprint"] = "0" * 64
    (tmp_path / "run" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(DataError, match="was begun on the data 000000000000"):
        run(config, data, tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("trainer.device=2", "did you mean devices"),
        ("trainer.max_steps=3", "give fit.steps instead"),
        ("trainer.precision=7", "trainer.precision: must be 32-true, bf16-mixed, 16-mixed, got 7"),
        ("trainer.precision=bf16-true", "trainer.precision: must be 32-true, bf16-mixed, 16-mixed, got 'bf16-true'"),
        ("trainer.strategy=no-such-one", "trainer: "),
    ],
)
def test_lightnings_own_flags_are_checked_before_anything_is_made(
    setting: str, complaint: str, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        run(tiny_config(tmp_path, setting), data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_knots_of_a_release_want_notes_that_are_let_go_there(data: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path, "decoder.release_knots=2", "decoder.release_frame=14")
    with pytest.raises(ConfigError, match=r"decoder.release_frame is 14: the notes of these data are never let go"):
        run(config, data, tmp_path / "run")
    other = tiny_config(tmp_path, "encoder.release_knots=2", "encoder.release_frame=12")
    with pytest.raises(
        ConfigError, match=r"encoder.release_frame is 12: the notes of these data are let go at frame 14"
    ):
        run(other, save_held(tmp_path / "held"), tmp_path / "run")


def test_a_model_of_held_notes_says_where_they_are_held(tmp_path: Path) -> None:
    more = [f"{part}.{key}" for part in ("encoder", "decoder") for key in ("release_knots=3", "release_frame=14")]
    config = tiny_config(tmp_path, "fit.steps=2", "watch.every_steps=2", *more)
    run(config, save_held(tmp_path / "held"), tmp_path / "run")
    document = export_run(tmp_path / "run", tmp_path / "held.ts").document
    assert (document.region, document.held_release_s) == ((8, 13), 0.5)
    assert list(document.rows)[-3:] == [14, 15, 23]


def save_held(folder: Path) -> Path:
    """The tiny notes, as if they were held in frames 8 to 13 and then let go."""
    save_dataset(dataclasses.replace(make_notes(), held=Held((8, 13), 0.5)), folder)
    return folder


def save_strokes(folder: Path) -> Path:
    """The tiny notes, as if they had no pitch."""
    notes = make_notes()
    save_dataset(dataclasses.replace(notes, note=np.full(len(notes), 66, np.int64), root_note=66), folder)
    return folder


def test_patience_ends_a_run(data: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path, "watch.patience=2", "fit.steps=1000", "optimiser.rate=1e-9", "optimiser.kind=adam")
    learner = train(config, open_dataset(data), data, tmp_path / "run", console=Console(file=io.StringIO()))
    assert learner.trainer.global_step < 100


def test_a_collapsing_posterior_is_told(data: Path, tmp_path: Path) -> None:
    said = run(tiny_config(tmp_path, "regulariser.weight=100", "fit.steps=40"), data, tmp_path / "collapsed")
    assert said.count("warning: the posterior collapses: 0 of 3 latent dimensions are active") == 1
    free = tiny_config(
        tmp_path, "regulariser.weight=0", "fit.steps=150", "watch.every_steps=150", "optimiser.rate=1e-2"
    )
    assert "warning" not in run(free, data, tmp_path / "free")


@pytest.mark.parametrize("name", sorted({*packaged()} - {"timbre"}))
def test_each_configuration_trains_two_steps_and_exports(name: str, data: Path, tmp_path: Path) -> None:
    carried = load_config(find_config(name))
    decoder = "upsampling" if carried.decoder.kind == "convolutional" else "additive"
    small = [*SMALL[carried.encoder.kind], *SMALL[decoder], "fit.steps=2", "fit.batch=4"]
    if name == "sustained":
        data = save_held(tmp_path / "held")
        small += [f"{part}.{key}" for part in ("encoder", "decoder") for key in ("release_knots=3", "release_frame=14")]
    if carried.effects.size:
        data = store_hits(tmp_path / "hits")
        small += ["effects.at_once=2", "decoder.gain_points=8"]
    if name == "drums":
        data = save_strokes(tmp_path / "strokes")
        small.remove("decoder.partials=12")
    config = load_config(find_config(name), [*small, "fit.threads=1", "trainer.accelerator=cpu", "watch.hear_every=0"])
    run(config, data, tmp_path / "run")
    check_exported(tmp_path / "run", config.latent)


REGULARISERS = {
    "none": ("deterministic", "deterministic"),
    "mmd-imq": ("deterministic", "stochastic"),
    "kl": ("stochastic", "stochastic"),
}
COMBINATIONS = list(itertools.product(("knots", "convolutional"), ("additive", "upsampling"), REGULARISERS))
PAIRS = [
    ("knots", "additive", "none"),
    ("convolutional", "upsampling", "none"),
    ("knots", "upsampling", "mmd-imq"),
    ("convolutional", "additive", "mmd-imq"),
    ("knots", "additive", "kl"),
    ("convolutional", "upsampling", "kl"),
]
"""In which each meets each of another kind."""


@pytest.mark.soak
@pytest.mark.parametrize(("encoder", "decoder", "regulariser"), COMBINATIONS if SOAK else PAIRS)
def test_any_combination_trains_and_exports(
    encoder: str, decoder: str, regulariser: str, data: Path, tmp_path: Path
) -> None:
    outputs = REGULARISERS[regulariser]
    kind = "convolutional" if decoder == "upsampling" else decoder
    sections = [f"encoder={{kind: {encoder}, output: {outputs[0]}}}", f"decoder={{kind: {kind}, output: {outputs[1]}}}"]
    small = [*SMALL[encoder], *SMALL[decoder], f"regulariser.kind={regulariser}", "fit.steps=2", "watch.every_steps=2"]
    run(tiny_config(tmp_path, *sections, *small), data, tmp_path / "run")
    check_exported(tmp_path / "run", 3)


def check_exported(folder: Path, latent: int) -> None:
    """The scripted model answers as the eager one, at any batch size, in the shapes of the format."""
    model = load_run(folder).model
    scripted = script(model)
    for batch in (1, 3):
        z = torch.randn(batch, latent)
        octave = torch.eye(N_OCTAVES)[[3] * batch]
        semitone = torch.eye(N_SEMITONES)[list(range(batch))]
        with torch.inference_mode():
            x = scripted(z, octave, semitone)
            assert x.shape == (batch, ANALYSIS.bands.n, len(model.knots) or ANALYSIS.frames)
            assert float(x.abs().max()) <= 1.0
            torch.testing.assert_close(x, model(z, octave, semitone), rtol=0, atol=1e-5)
            frames = in_frames(x, model.knots, ANALYSIS.frames)
            assert frames.shape == (batch, ANALYSIS.bands.n, ANALYSIS.frames)
            mean, log_variance = scripted.encode(frames, octave, semitone)
            assert mean.shape == log_variance.shape == (batch, latent)
            torch.testing.assert_close(mean, model.encode(frames, octave, semitone)[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed", "bf16", "32"])
@pytest.mark.parametrize("kinds", [(), ("encoder={kind: convolutional}", "decoder={kind: convolutional}")])
def test_it_trains_in_each_precision_that_is_taken(
    precision: str, kinds: tuple[str, ...], data: Path, tmp_path: Path
) -> None:
    small = [*SMALL["convolutional"], *SMALL["upsampling"]] if kinds else []
    config = tiny_config(
        tmp_path, *kinds, *small, f"trainer.precision={precision}", "fit.steps=2", "watch.every_steps=2"
    )
    run(config, data, tmp_path / "run")
    check_exported(tmp_path / "run", 3)


def test_weights_follow_from_the_seed(tmp_path: Path) -> None:
    one, same, other = (make_model(tiny_config(tmp_path, f"seed={seed}"), ANALYSIS).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)
    assert to_yaml(tiny_config(tmp_path)).startswith("name: tiny\n")


def test_the_system_stops_a_run_which_says_how_to_go_on(begun: Trainings) -> None:
    training = begun["stopped"]
    assert until(lambda: training.is_paused() or training.code() is not None, 120.0)
    training.send_signal(signal.SIGCONT)
    training.send_signal(signal.SIGTERM)
    said = training.said()
    assert training.code() == 1, said
    assert "oscvae train --resume --out" in said
    assert "Traceback" not in said


def test_a_run_goes_on_after_a_kill_as_if_nothing_had_been(begun: Trainings, data: Path, tmp_path: Path) -> None:
    said, parts = begun["killed"].said(), folder_of(begun["killed"])
    assert begun["killed"].code() == -signal.SIGKILL, said
    config = load_config(parts.parents[1] / "long.yaml")
    run(config, data, tmp_path / "whole")
    assert torch.load(parts / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 20
    run(config, data, parts, resume=True)
    assert_same(parts, tmp_path / "whole")
    whole, went_on = scalars(tmp_path / "whole", "train/loss"), scalars(parts, "train/loss")
    assert set(whole) == set(range(60))
    assert {step: whole[step] for step in went_on} == went_on


@soaked
def test_two_processes_train_the_same_model(begun: Trainings, data: Path, tmp_path: Path) -> None:
    run(tiny_config(tmp_path), data, tmp_path / "one")
    said = begun["two"].said()
    assert begun["two"].code() == 0, said
    one, other = weights(tmp_path / "one", "last"), weights(folder_of(begun["two"]), "last")
    for key, value in one.items():
        torch.testing.assert_close(other[key], value, rtol=1e-4, atol=1e-6)
