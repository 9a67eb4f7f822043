"""A whole evaluation and export of a tiny run: the page, the figures, and what is refused."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from oscvae.app.cli import app
from oscvae.errors import ConfigError, DataError, ModelError
from oscvae.model.document import ModelDocument, ModelDocument2, read_document
from oscvae.model.torchscript import load, save, script, to_frames
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.store import open_dataset, save_dataset
from oscvae.training.evaluate import command
from oscvae.training.evaluate.fidelity import JUDGED_S, judged_frames
from oscvae.training.evaluate.levels import recorded_steps
from oscvae.training.evaluate.metrics import decode_all, distance, encode_all
from oscvae.training.evaluate.playing import measure_grid
from oscvae.training.evaluate.report import Effort, data_facts, evaluate
from oscvae.training.evaluate.subject import Subject
from oscvae.training.evaluate.summary import SPLITS
from oscvae.training.export import command as exporting
from oscvae.training.export.axes import Axes, turned
from oscvae.training.export.export import check_same, export
from oscvae.training.export.precision import check_rounding
from oscvae.training.export.wish import Wish
from oscvae.training.fit.run import load_run
from oscvae.training.fit.train import train
from parts.sustaining import sustaining_document
from training.tiny import ANALYSIS, make_notes, store_notes, tiny_config

QUICK = Effort(notes_per_semitone=1, recordings=8, correlated_points=6, decodes=10)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_notes(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    train(tiny_config(folder), open_dataset(data), data, folder / "tiny", False, Console(file=io.StringIO()))
    return folder / "tiny"


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "tiny.ts"
    return exporting.export_run(run, out).path


@pytest.fixture(scope="module")
def subject(model: Path) -> Subject:
    return Subject.open(model)


@pytest.fixture
def notes(data: Path) -> NoteSet:
    return open_dataset(data)


class Tags(HTMLParser):
    """What a page shows and plays."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in {"img", "meta", "br"}:
            self.open.append(tag)
        self.sources += [str(value) for name, value in attributes if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_an_exported_run_says_where_it_is_from(model: Path, run: Path, data: Path) -> None:
    document = read_document(model)
    assert document.name == "tiny"
    assert document.training["data"]["fingerprint"] == open_dataset(data).fingerprint
    assert document.training["config"]["name"] == "tiny"
    assert document.latent_size == 3
    assert len(document.points) == int(np.sum(make_notes().split == 0))
    assert list(model.parent.iterdir()) == [model]
    module, read = load(model)
    assert max(check_same(as_exported(run, read), module, read)) < 1e-5


def as_exported(run: Path, document: ModelDocument) -> Any:
    """The network of a run with its dimensions in the order and the directions that its file has."""
    told = document.training["axes"]
    order, signs = (tuple(told[key]) for key in ("order", "signs"))
    return turned(load_run(run).model, Axes(tuple(one - 1 for one in order), signs, (), ()))


def test_nothing_is_replaced_unasked(model: Path, run: Path) -> None:
    before = model.read_bytes()
    with pytest.raises(ConfigError, match="--force"):
        exporting.export_run(run, model)
    with pytest.raises(ConfigError, match=r"\.ts"):
        exporting.export_run(run, model.with_suffix(".pt"))
    assert model.read_bytes() == before
    exporting.export_run(run, model, force=True)
    assert read_document(model).name == "tiny"


def test_a_run_is_only_exported_with_its_own_data(run: Path, tmp_path: Path) -> None:
    other = make_notes()
    other.x[3, 4, 5] += 0.5
    save_dataset(other, tmp_path / "other")
    with pytest.raises(DataError, match="was trained on the data"):
        exporting.export_run(run, tmp_path / "new.ts", tmp_path / "other")
    assert not (tmp_path / "new.ts").exists()


def test_a_dimension_that_was_not_learnt_is_named(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def collapsed(module: Any, notes: NoteSet, first_octave: int, rows: Any) -> NDArray[np.float32]:
        z = encode_all(module, notes, first_octave, rows)
        z[:, 1] = 0.2 + 1e-6 * z[:, 1]
        return z

    monkeypatch.setattr("oscvae.training.export.export.encode_all", collapsed)
    with pytest.raises(ModelError, match=r"same place on latent dimension 2: .* train longer"):
        exporting.export_run(run, tmp_path / "new.ts")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_the_network_is_caught_and_leaves_the_old_one(
    model: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = read_document(model)
    network = as_exported(run, document)
    path = tmp_path / "model.ts"
    path.write_bytes(b"the old one")

    def damaged(where: Path) -> tuple[Any, ModelDocument]:
        _, read = load(where)
        changed = as_exported(run, document)
        with torch.no_grad():
            next(changed.decoder.parameters()).add_(1e-3)
        return script(changed), read

    monkeypatch.setattr("oscvae.training.export.export.load", damaged)
    with pytest.raises(ModelError, match="decodes otherwise"):
        export(network, document, path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_whose_notes_depend_on_their_batch_is_caught(model: Path, run: Path) -> None:
    class Mixing(torch.nn.Module):
        """As batch normalisation that was left in training would."""

        def forward(self, z: torch.Tensor, octave: torch.Tensor, semitone: torch.Tensor) -> torch.Tensor:
            return (z - z.mean(0)).sum(1)[:, None, None].expand(-1, ANALYSIS.bands.n, ANALYSIS.frames)

    with pytest.raises(ModelError, match="in a batch otherwise than alone"):
        check_same(Mixing(), Mixing(), read_document(model))


def test_the_distances_are_those_of_the_metrics(subject: Subject, notes: NoteSet) -> None:
    found, material = evaluate(subject, notes, effort=QUICK)
    z = encode_all(subject.module, notes, ANALYSIS.first_octave)
    rows = decode_all(subject.module, z, notes.note.tolist(), ANALYSIS.first_octave)
    x = to_frames(torch.from_numpy(rows), subject.document).numpy()
    for split, name in enumerate(("training", "withheld notes", "unseen recordings")):
        rows = notes.split == split
        told = distance(x[rows], notes.x[rows], notes.analysis.floor_db, notes.analysis.ceiling_db)
        assert found.fidelity.split[name].lsd_db == pytest.approx(told.lsd_db, rel=1e-4)
        assert found.fidelity.split[name].sc_db == pytest.approx(told.sc_db, rel=1e-3)
        assert found.data.notes[name] == rows.sum()
    assert found.data.trained_on is True
    assert found.realism is None, "too few notes are withheld"
    assert len(material.heard.random) == found.playing.tuning.n == 13
    assert found.playing.grid.points == 27


def test_only_the_first_seconds_of_the_notes_that_are_compared_count(subject: Subject, notes: NoteSet) -> None:
    compared = notes.timbre == 0
    some = dataclasses.replace(notes, compared=compared)
    whole = evaluate(subject, notes, effort=QUICK)[0].fidelity
    found = evaluate(subject, some, effort=QUICK)[0].fidelity
    for name, told in whole.split.items():
        parts = found.split[name], found.others[name]
        assert [part.n for part in parts] == [int(np.sum(compared & (notes.split == SPLITS.index(name))))] * 2
        assert np.mean([part.lsd_db for part in parts]) == pytest.approx(told.lsd_db, rel=1e-5)
    assert not whole.others
    assert subject.document.frames_within(JUDGED_S) == notes.analysis.frames, "these are shorter"
    assert judged_frames(subject.document) == notes.analysis.frames
    held = sustaining_document()
    assert judged_frames(held) == held.frames > held.frames_within(JUDGED_S)
    long = notes.analysis.model_copy(update={"frames": 1000})
    assert (long.frames_within(JUDGED_S) - 1) * long.hop + long.n_fft >= long.onset_sample + 1.7 * long.sample_rate


def test_a_file_in_float16_is_half_as_large_and_as_good(model: Path, run: Path, notes: NoteSet, tmp_path: Path) -> None:
    half = exporting.export_run(run, tmp_path / "half.ts", wish=Wish(weights="float16"))
    assert isinstance(half.document, ModelDocument2)
    assert half.document.weights == "float16"
    assert 0.0 < half.shift_db < 0.02
    assert half.path.stat().st_size < model.stat().st_size
    one, other = (Subject.open(path).decode(np.zeros((1, 3), np.float32), [66]) for path in (model, half.path))
    assert 0.0 < np.abs(one - other).max() < 0.02
    with pytest.raises(ConfigError, match="--weights must be float32 or float16, not int8"):
        exporting.export_run(run, tmp_path / "other.ts", wish=Wish(weights="int8"))


def test_weights_that_float16_would_spoil_are_not_rounded(run: Path, model: Path, notes: NoteSet) -> None:
    network = load_run(run).model
    spoilt = load_run(run).model
    with torch.no_grad():
        spoilt.decoder.static.bias += 0.1 * torch.randn(spoilt.decoder.static.bias.shape)
    with pytest.raises(ModelError, match=r"in float16 its log-spectral distance moves by .* dB, at most 0\.02"):
        check_rounding(network, spoilt, read_document(model), notes)


def test_one_seed_gives_one_result(subject: Subject, notes: NoteSet) -> None:
    told = [json.loads(evaluate(subject, notes, seed, QUICK)[0].to_json()) for seed in (3, 3, 4)]
    for one in told:
        one.pop("decode")
    assert told[0] == told[1]
    assert told[0]["playing"]["tuning"] != told[2]["playing"]["tuning"]
    assert told[0]["fidelity"] == told[2]["fidelity"]


def test_the_page_holds_everything_that_it_shows(model: Path, data: Path, tmp_path: Path) -> None:
    assert command.main(model, data, tmp_path / "out", effort=QUICK) == 0
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    tags = Tags(text)
    assert not tags.open
    kinds: dict[str, int] = {}
    for source in tags.sources:
        found = re.fullmatch(r"data:(\w+)/(\w+);base64,(.*)", source)
        assert found is not None, f"not self-contained: {source[:80]}"
        kind, content = found[2], base64.b64decode(found[3])
        kinds[kind] = kinds.get(kind, 0) + 1
        if found[1] == "audio":
            samples, rate = soundfile.read(io.BytesIO(content))
            assert rate == ANALYSIS.sample_rate
            assert samples.size > 0
        else:
            assert min(Image.open(io.BytesIO(content)).size) > 20
    assert kinds["gif"] == 1
    assert kinds["flac"] == 4 + 3 * 7 + 25 + 8, "pairs, traversals, one pad, a way"
    assert kinds["png"] == kinds["flac"] + 7
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert figures["model"] == "tiny"
    assert {"fidelity", "playing", "latent", "realism", "decode", "data"} <= set(figures)
    assert len(list((tmp_path / "out" / "pictures").glob("*.png"))) >= 9
    gif = Image.open(tmp_path / "out" / "pictures" / "way.gif")
    assert gif.n_frames > 20


def test_the_commands_pass_their_arguments_on(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*arguments: str) -> int:
        with pytest.raises(SystemExit) as left:
            app(list(arguments))
        return int(left.value.code or 0)

    out = tmp_path / "mine.ts"
    assert call("export", str(run), "--out", str(out), "--model-version", "7", "--licence", "CC0") == 0
    document = read_document(out)
    assert (document.name, document.version, document.licence) == ("mine", "7", "CC0")
    said = capsys.readouterr().err
    assert "3 latent dimensions" in said
    assert "ms on one thread" in said
    assert call("export", str(run), "--out", str(out)) == 2
    assert "--force" in capsys.readouterr().err
    assert call("evaluate", str(out)) == 2
    assert "--data" in capsys.readouterr().err

    passed: list[Any] = []
    monkeypatch.setattr(command, "main", lambda *arguments: passed.append(arguments) or 0)
    assert call("evaluate", str(run), "--seed", "5", "--out", "there") == 0
    assert call("evaluate", str(out), "-d", "here") == 0
    assert passed == [(run, None, Path("there"), 5), (out, Path("here"), Path("evaluations/mine"), 1)]


def test_a_model_that_is_none_is_told_before_the_data_are_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ConfigError, match=r"nope does not exist: name a model file, like models/plucked\.ts, or a"):
        command.main(tmp_path / "nope", None, out)
    (tmp_path / "text.ts").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.ts: not a model file"):
        command.main(tmp_path / "text.ts", None, out)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="folder is no run of"):
        command.main(tmp_path / "folder", None, out)
    assert not out.exists()


def test_a_run_is_exported_and_judged_with_its_own_data(
    run: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[Any] = []

    def stop(subject: Subject, notes: NoteSet, *_: Any) -> Any:
        judged.append((subject.document.name, notes.fingerprint))
        raise DataError("enough")

    monkeypatch.setattr(command, "evaluate", stop)
    with pytest.raises(DataError, match="enough"):
        command.main(run, None, tmp_path / "out")
    assert judged == [("tiny", open_dataset(data).fingerprint)]
    assert (tmp_path / "out" / "tiny.ts").is_file()


def test_data_that_do_not_fit_are_refused(subject: Subject, notes: NoteSet) -> None:
    shape = (len(notes), ANALYSIS.bands.n, ANALYSIS.frames)
    columns = (notes.note, notes.program, notes.velocity, notes.level)
    later = NoteSet(
        np.zeros(shape, np.float32), *columns, notes.split, ANALYSIS.model_copy(update={"onset_sample": 256})
    )
    with pytest.raises(DataError, match="onset_sample 256, the model wants 384"):
        subject.check(later)
    narrow = ANALYSIS.model_copy(update={"bands": ANALYSIS.bands.model_copy(update={"n": 40})})
    narrower = NoteSet(np.zeros((len(notes), 40, 24), np.float32), *columns, notes.split, narrow)
    with pytest.raises(DataError, match="40 hybrid bands"):
        subject.check(narrower)
    untrained = NoteSet(notes.x, *columns, np.ones(len(notes)), ANALYSIS)
    with pytest.raises(DataError, match="no notes to train on"):
        evaluate(subject, untrained)


def test_a_model_that_only_decodes_cannot_be_judged(model: Path, tmp_path: Path) -> None:
    class Mute(torch.nn.Module):
        def forward(self, z: torch.Tensor, octave: torch.Tensor, semitone: torch.Tensor) -> torch.Tensor:
            return torch.zeros(z.shape[0], 48, 8)

    save(script(Mute()), read_document(model), tmp_path / "mute.ts")
    with pytest.raises(DataError, match="no encoder"):
        Subject.open(tmp_path / "mute.ts")


def test_a_dead_corner_is_found(model: Path) -> None:
    document = read_document(model)

    class Half(torch.nn.Module):
        """Silent wherever the first dimension is at its low end."""

        def forward(self, z: torch.Tensor, octave: torch.Tensor, semitone: torch.Tensor) -> torch.Tensor:
            x = torch.full((z.shape[0], 48, 8), -1.0)
            x[:, 3:6] = 0.5
            return torch.where((z[:, 0] > document.latent.low[0] + 1e-3)[:, None, None], x, torch.tensor(-1.0))

    grid, heard = measure_grid(Subject(Half(), document), np.random.default_rng(1))
    assert grid.n == len(heard) == 27 * len(grid.notes)
    silent = [corner for corner in grid.failures if "peaks at -200.0 dB" in corner.why]
    assert len(silent) == 20, "the first twenty are kept"
    assert grid.quietest_db == pytest.approx(-200.0)
    assert grid.dead >= 9 * len(grid.notes)


def test_a_recording_that_is_quieter_than_its_neighbours_is_two_jumps(subject: Subject, notes: NoteSet) -> None:
    even = recorded_steps(subject, notes, np.random.default_rng(1))
    assert even.size == 2 * 12
    notes.x[(notes.note == 66) & (notes.velocity == 110) & (notes.timbre == 0)] -= 0.25
    found = recorded_steps(subject, notes, np.random.default_rng(1))
    assert np.sum(np.abs(found - even) > 5.0) == 2, "10 dB down, and up again"


def test_it_says_whether_the_model_was_trained_on_these_data(subject: Subject, notes: NoteSet, model: Path) -> None:
    assert data_facts(subject.document, notes).trained_on is True
    assert data_facts(subject.document, make_notes()).trained_on is False
    silent = read_document(model).model_copy(update={"training": {"steps": 5}})
    assert data_facts(silent, notes).trained_on is None
