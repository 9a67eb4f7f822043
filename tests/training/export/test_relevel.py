"""`oscvae export MODEL.ts`: a model file at the common loudness, its network as it was."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from oscvae.app.cli import app
from oscvae.errors import ConfigError, ModelError
from oscvae.model.document import DOCUMENT_NAME, is_document, read_document
from oscvae.model.torchscript import load, save, script
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from oscvae.sound.levels import loudest_db
from oscvae.training.export import loudness
from oscvae.training.export.command import export_model
from oscvae.training.export.loudness import LOUDNESS_DB
from oscvae.training.export.wish import Wish
from parts.knotted import KNOTS, write_both
from training.ringing import Ringing, ringing_document

RATE = 48_000


def store(path: Path, reference: float = 10.5) -> Path:
    document = ringing_document(reference)
    save(script(Ringing(document)), document, path)
    return path


def played_db(folder: Path, *names: str) -> list[float]:
    """The loudest quarter second of one note of each model, full velocity and 0 dB, from one engine."""
    settings = [f"model.folder={folder}", f"model.name={names[0]}", "engine.gain_db=0", "engine.voices=4"]
    engine = OfflineEngine(load_config(None, settings), RATE)
    found = []
    try:
        for name in names:
            if name != names[0]:
                engine.load(name)
            now_ns = round(engine.timeline.frame * 1e9 / RATE)
            samples = engine.play([Moment(now_ns, (Message("/play", (62, 0.0, 0.5, 1.0), ""),))])
            found.append(loudest_db(samples[0], RATE))
    finally:
        engine.close()
    assert not engine.errors
    return found


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        app(list(arguments))
    return int(left.value.code or 0)


def test_copies_at_different_levels_come_out_equally_loud(tmp_path: Path) -> None:
    quiet, loud = store(tmp_path / "quiet.ts", 2.0), store(tmp_path / "loud.ts", 20.0)
    store(tmp_path / "before.ts", 2.0)
    for path in (quiet, loud):
        export_model(path, path, force=True)
    played = played_db(tmp_path, "quiet", "loud", "before")
    assert played[0] == played[1] == pytest.approx(LOUDNESS_DB, abs=0.2)
    assert played[2] < LOUDNESS_DB - 10.0, "any two models would have been equally loud"


def test_only_the_document_changes(tmp_path: Path) -> None:
    source = store(tmp_path / "mine.ts")
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr("mine/extra/textures.bin", bytes(range(256)))
    made = export_model(source, tmp_path / "new.ts")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(made.path) as new:
        assert new.namelist() == old.namelist()
        changed = [name for name in old.namelist() if old.read(name) != new.read(name)]
        assert len(changed) == 1 and is_document(changed[0])
        for entry in new.infolist():
            with new.open(entry):
                assert new.fp is not None
                assert new.fp.tell() % 64 == 0, f"{entry.filename} is not where TorchScript would have put it"
    before, after = read_document(source), made.document
    changes = {"name", "reference", "version", "training"}
    assert after.model_dump(exclude=changes) == before.model_dump(exclude=changes)
    assert (before.name, after.name) == ("ringing", "new")
    for (name, weight), (other, again) in zip(
        load(source)[0].named_parameters(), load(made.path)[0].named_parameters(), strict=True
    ):
        assert name == other and weight.equal(again)


def test_a_model_that_decodes_knots_is_as_loud_as_the_same_with_all_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loudness, "_WITHOUT_POINTS", 20)  # each is seconds of sound
    write_both(tmp_path)
    knots, frames = (export_model(tmp_path / name, tmp_path / f"new-{name}") for name in ("knots.ts", "frames.ts"))
    assert knots.document.reference == pytest.approx(frames.document.reference, rel=1e-4)
    assert knots.loudness.median_db == pytest.approx(frames.loudness.median_db, abs=0.01)
    assert knots.loudness.median_db < LOUDNESS_DB + 0.01
    changes = {"name", "reference", "version", "training"}
    assert knots.document.model_dump(exclude=changes) == knots.before.model_dump(exclude=changes)
    assert read_document(knots.path).rows == tuple(map(float, KNOTS))


def test_the_record_says_what_was_done(tmp_path: Path) -> None:
    source = store(tmp_path / "mine.ts")
    first = export_model(source, tmp_path / "first.ts").document
    second = export_model(tmp_path / "first.ts", tmp_path / "second.ts", wish=Wish(version="new")).document
    assert (first.version, second.version) == ("1.1", "new")
    assert second.reference == first.reference, "it had the common loudness already"
    steps = second.training["relevelled"]
    assert [(step["from_version"], step["from_reference"]) for step in steps] == [("1", 10.5), ("1.1", first.reference)]
    assert steps[0]["with"]["torch"]
    assert second.training["steps"] == 0, "what the old record said is gone"
    told = second.training["loudness"]
    assert told["notes"] == 3
    assert told["loudest_quarter_second_db"] == pytest.approx([LOUDNESS_DB] * 3, abs=0.01)
    assert told["peak_db"][1] > LOUDNESS_DB + 3.0, "a sine that decays peaks above its root mean square"


def test_it_can_replace_itself_but_not_unasked(tmp_path: Path) -> None:
    source = store(tmp_path / "mine.ts")
    content = source.read_bytes()
    with pytest.raises(ConfigError, match="--force"):
        export_model(source, source)
    with pytest.raises(ConfigError, match=r"\.ts"):
        export_model(source, tmp_path / "mine.pt")
    assert source.read_bytes() == content
    assert export_model(source, source, force=True).before.version == "1"
    assert read_document(source).version == "1.1"
    assert list(tmp_path.iterdir()) == [source]


def test_a_model_that_cannot_be_levelled_leaves_what_is_there(tmp_path: Path) -> None:
    document = ringing_document()
    silent = Ringing(document)
    silent.x.data.fill_(-1.0)
    path = tmp_path / "silent.ts"
    save(script(silent), document, path)
    content = path.read_bytes()
    with pytest.raises(ModelError, match="silent"):
        export_model(path, path, force=True)
    with pytest.raises(ModelError, match=rf"{DOCUMENT_NAME}|version"):
        export_model(store(tmp_path / "mine.ts"), tmp_path / "new.ts", wish=Wish(version="v" * 200))
    assert path.read_bytes() == content
    assert {file.name for file in tmp_path.iterdir()} == {"silent.ts", "mine.ts"}


def test_the_command_says_by_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = store(tmp_path / "mine.ts")
    assert call("export", str(source), "--out", str(tmp_path / "new.ts"), "--model-version", "2") == 0
    said = capsys.readouterr().err
    document = read_document(tmp_path / "new.ts")
    assert f"ringing 1 as new 2, {20 * np.log10(document.reference / 10.5):+.1f} dB: reference 10.5 became" in said
    assert f"{LOUDNESS_DB} dBFS" in said


@pytest.mark.parametrize("option", ["--data", "--licence", "--checkpoint"])
def test_what_only_a_run_can_give_is_refused(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = store(tmp_path / "mine.ts")
    assert call("export", str(source), "--out", str(tmp_path / "new.ts"), option, "x") == 2
    assert f"{option} is for the folder of a run" in capsys.readouterr().err
    assert not (tmp_path / "new.ts").exists()


def test_a_file_that_is_no_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.ts").write_text("no model")
    for name, said in (("text.ts", "not a model file"), ("none.ts", "no such model file"), ("none", "no run")):
        assert call("export", str(tmp_path / name), "--out", str(tmp_path / "new.ts")) != 0
        assert said in capsys.readouterr().err
