"""Runs that begin at a trained network: a model file, another run, or, for few notes, the model that ships."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.model.document import read_document
from oscvae.model.torchscript import save, script
from oscvae.training.config import OWN, OWN_SCRATCH, find_config, load_config
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.store import save_dataset
from oscvae.training.export.command import export_run
from oscvae.training.fit.batches import watched
from oscvae.training.fit.command import doubts
from oscvae.training.fit.learner import Learner
from oscvae.training.fit.run import load_run, read_record
from oscvae.training.fit.start import KEPT, go_on_from, open_start
from training.ringing import Ringing, ringing_document
from training.tiny import make_notes, store_notes, tiny_config, typed, write_config

STILL = ("--set", "optimiser.rate=1e-12", "--set", "optimiser.weight_decay=0", "--set", "fit.steps=5")
"""So slow that a network is afterwards what it was."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_notes(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config") / "tiny.yaml")


@pytest.fixture(scope="module")
def before(data: Path, config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learnt something."""
    folder = tmp_path_factory.mktemp("runs") / "before"
    code, said = typed("--config", config, "--data", data, "--out", folder, "--from", "nothing")
    assert code == 0, said
    return folder


def parameters(run: Path) -> dict[str, torch.Tensor]:
    return dict(load_run(run).model.named_parameters())


def test_a_run_begins_at_another(before: Path, config: Path, data: Path, tmp_path: Path) -> None:
    code, said = typed("--config", config, "--data", data, "--out", tmp_path / "run", "--from", before, *STILL)
    assert code == 0, said
    assert f"begins at {before}" in said.replace("\n", "")
    wanted, got = parameters(before), parameters(tmp_path / "run")
    assert all(torch.allclose(wanted[name], got[name], atol=1e-7) for name in wanted)
    fresh = typed("--config", config, "--data", data, "--out", tmp_path / "fresh", "--from", "nothing", *STILL)
    assert fresh[0] == 0
    assert not all(
        torch.allclose(wanted[name], value, atol=1e-3) for name, value in parameters(tmp_path / "fresh").items()
    )
    assert read_record(tmp_path / "run")["from"] == str(before)
    assert "from" not in read_record(tmp_path / "fresh")


def test_a_run_begins_at_a_model_file_and_its_own_says_so(
    before: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    export_run(before, tmp_path / "first.ts")
    code, said = typed(
        "--config", config, "--data", data, "--out", tmp_path / "run", "--from", tmp_path / "first.ts", *STILL
    )
    assert code == 0, said
    export_run(tmp_path / "run", tmp_path / "second.ts")
    assert read_document(tmp_path / "second.ts").training["from"] == "first 1"
    wanted, got = open_start(str(tmp_path / "first.ts")).weights, parameters(tmp_path / "run")
    assert all(torch.allclose(wanted[name], got[name], atol=1e-7) for name in wanted)


def test_a_run_that_goes_on_begins_where_it_was_stopped(before: Path, config: Path, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert typed("--config", config, "--data", data, "--out", run, "--from", before, *STILL)[0] == 0
    held = parameters(run)
    assert typed("--resume", "--out", run)[0] == 0
    assert all(torch.equal(value, held[name]) for name, value in parameters(run).items())
    code, said = typed("--resume", "--out", run, "--from", before)
    assert (code, "--from is for a new run" in said) == (2, True)


def test_the_network_is_the_one_it_begins_at_whatever_the_configuration() -> None:
    shipped = open_start("plucked")
    other = load_config(find_config("published"))
    going_on = go_on_from(shipped, other)
    assert all(getattr(going_on, name) == getattr(shipped.config, name) for name in KEPT)
    assert going_on.optimiser == other.optimiser


def test_few_notes_begin_at_the_model_that_ships(tmp_path: Path) -> None:
    notes, analysis = make_notes(), open_start("plucked").analysis
    x = np.full((len(notes), analysis.bands.n, analysis.frames), -1.0, np.float32)
    x[:, 10:40, 3:50] = 0.1
    save_dataset(replace(notes, x=x, analysis=analysis), tmp_path / "data")
    code, said = typed("--data", tmp_path / "data", "--out", tmp_path / "run", *STILL, "--set", "watch.every_steps=5")
    assert code == 0, said
    assert "begins at plucked 4.0; --from nothing begins at random weights" in said.replace("\n", " ")
    record = read_record(tmp_path / "run")
    assert (record["name"], record["from"]) == (OWN, "plucked 4.0")
    assert load_run(tmp_path / "run").config.watch.keep == "best"


def test_few_notes_that_do_not_fit_it_begin_from_nothing(data: Path, tmp_path: Path) -> None:
    code, said = typed(
        "--data", data, "--out", tmp_path / "run", *STILL, "--set", "encoder.knots=8", "--set", "encoder.dense_knots=4",
        "--set", "decoder.knots=8", "--set", "decoder.dense_knots=4", "--set", "decoder.width=16",
    )  # fmt: skip
    assert code == 0, said
    assert "begins from nothing: plucked 4.0 was trained with n_fft 2048 and not 512" in said.replace("\n", " ")
    record = read_record(tmp_path / "run")
    assert (record["name"], "from" in record) == (OWN_SCRATCH, False)


def with_copies(notes: NoteSet, count: int) -> NoteSet:
    """So many rows, of which all behind the notes are copies of them, to train on."""
    rows = np.arange(count) % len(notes)
    fields = ("x", "note", "program", "velocity", "level", "split", "timbre", "source", "f0_hz", "loop_s", "compared")
    altered = np.arange(count) >= len(notes)
    given = {name: getattr(notes, name)[rows] for name in fields} | {"altered": altered}
    given["split"] = np.where(altered, 0, given["split"])
    return replace(notes, **given)


def test_copies_make_an_epoch_no_longer(tmp_path: Path) -> None:
    notes, config = make_notes(), tiny_config(tmp_path, "fit.epochs=10")
    learners = [Learner(config, some) for some in (notes, with_copies(notes, 400))]
    assert learners[0].steps == learners[1].steps > 10
    assert len(watched(with_copies(replace(notes, split=np.zeros(len(notes), np.int8)), 400))) == len(notes)


def test_few_notes_learn_faster_from_nothing_and_copies_are_no_notes(data: Path, tmp_path: Path) -> None:
    knots = [f"{part}.{key}" for part in ("encoder", "decoder") for key in ("knots=8", "dense_knots=4")]
    sizes = ("fit.steps=5", "watch.every_steps=5", "encoder.channels=8", "decoder.width=16", *knots)
    small = [word for size in sizes for word in ("--set", size)]
    code, said = typed("--data", data, "--out", tmp_path / "run", "--from", "nothing", *small)
    assert code == 0, said
    assert read_record(tmp_path / "run")["name"] == OWN_SCRATCH
    rate = load_config(find_config(OWN_SCRATCH)).optimiser.rate
    assert load_run(tmp_path / "run").config.optimiser.rate == rate > load_config(find_config(OWN)).optimiser.rate
    more = with_copies(make_notes(), 520)
    save_dataset(more, tmp_path / "more", [{"copy": int(one)} for one in more.altered])
    code, said = typed("--data", tmp_path / "more", "--out", tmp_path / "other", "--from", "nothing", *small)
    assert code == 0, said
    assert read_record(tmp_path / "other")["name"] == OWN_SCRATCH, "520 rows are 52 recordings"


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--from", "nope"], 2, "--from nope: no model file and no run"),
        (["--from", "plucked"], 1, "plucked 4.0 was trained with"),
        (["--from", "plucked", "--set", "latent=8"], 2, "--from nothing leaves it to you"),
    ],
)
def test_what_is_wrong_with_a_beginning_is_said_in_one_line(
    arguments: list[str], code: int, complaint: str, data: Path, tmp_path: Path
) -> None:
    found, said = typed("--data", data, "--out", tmp_path / "run", *arguments)
    assert (found, complaint in said.replace("\n", " ")) == (code, True), said
    assert not (tmp_path / "run").exists()


def test_a_model_that_training_did_not_make_is_no_beginning(config: Path, data: Path, tmp_path: Path) -> None:
    save(script(Ringing(ringing_document())), ringing_document(), tmp_path / "small.ts")
    code, said = typed("--config", config, "--data", data, "--out", tmp_path / "run", "--from", tmp_path / "small.ts")
    assert (code, "does not say how it was trained" in said.replace("\n", " ")) == (1, True), said


def test_notes_below_what_a_window_can_tell_are_told() -> None:
    """3.5 periods in 512 samples at 48 kHz are 328 Hz: E4 is the first note above."""
    notes = make_notes()
    assert [line.partition(":")[0] for line in doubts(notes)] == ["16 of 52 notes lie below E4 (MIDI 64)"]
    assert not doubts(replace(notes, note=notes.note + 12))
