"""Model documents and names: what is read, and everything that must be refused with one clear message."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oscvae.errors import ModelError
from oscvae.model.document import MAX_DOCUMENT_BYTES, model_names, model_path, parse_document, read_document
from parts.small_model import small_document


def archive(path: Path, text: str | bytes, name: str = "archive/extra/oscvae.json") -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"x" * 3000)
        file.writestr(name, text)
    return path


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    document = read_document(archive(tmp_path / "a.ts", json.dumps(small_document())))
    assert document.model_dump(mode="json") == small_document()
    assert document.latent_size == 2
    assert document.n_bins == 129
    assert document.n_samples == 256 + 3 * 64
    assert document.band_axis().n_bands == 16


def test_reading_does_not_import_torch(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.ts", json.dumps(small_document()))
    program = (
        "import sys; from pathlib import Path; from oscvae.model.document import read_document\n"
        "import oscvae.model.torchscript;"
        f"read_document(Path({str(path)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("key", sorted(small_document()))
def test_every_key_is_required(key: str) -> None:
    raw = small_document()
    del raw[key]
    with pytest.raises(ModelError, match=key):
        parse_document(json.dumps(raw), "file")


def _set(*path_and_value: Any) -> Callable[[dict[str, Any]], None]:
    *path, last, value = path_and_value

    def change(raw: dict[str, Any]) -> None:
        for key in path:
            raw = raw[key]
        raw[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("format", 2), "format 2"),
        (_set("format", True), "format True"),
        (_set("format", "1"), "format '1'"),
        (_set("extra", 1), "unknown key 'extra'"),
        (_set("bands", "wide", 1), "unknown key 'bands.wide'"),
        (_set("name", 7), "name"),
        (_set("sample_rate", 1000), "sample_rate"),
        (_set("sample_rate", 44100.5), "sample_rate"),
        (_set("n_fft", 1 << 30), "n_fft"),
        (_set("n_fft", 300), "n_fft"),
        (_set("hop", 100), "hop 100"),
        (_set("hop", 256), "hop 256"),
        (_set("window", "kaiser"), "window"),
        (_set("bands", "kind", "bark"), "bands.kind"),
        (_set("bands", "n", 130), "130 bands"),
        (_set("bands", "corner", 17), "corner 17"),
        (_set("frames", 10**9), "frames"),
        (_set("frames", 1), "frames"),
        (_set("onset_sample", 448), "onset_sample 448"),
        (_set("onset_sample", -1), "onset_sample"),
        (_set("reference", 0.0), "reference"),
        (_set("reference", "loud"), "reference"),
        (_set("floor_db", 0.0), "floor_db"),
        (_set("note_min", 80), "note_min 80"),
        (_set("note_max", 128), "note_max"),
        (_set("first_octave", 5), "note 48"),
        (_set("latent", "std", [1.0, 0.0]), "std"),
        (_set("latent", "mean", [0.0]), "same"),
        (_set("latent", "low", [3.0, -2.0]), "low must be below high"),
        (_set("latent", "mean", []), "latent.mean"),
        (_set("points", [{"z": [0.0], "note": 60, "label": ""}]), "a point has 1"),
        (_set("points", 0, "note", 200), "points.0.note"),
        (_set("training", []), "training"),
    ],
)
def test_nonsense_is_refused(change: Callable[[dict[str, Any]], None], message: str) -> None:
    raw = small_document()
    change(raw)
    with pytest.raises(ModelError, match=message):
        parse_document(json.dumps(raw), "file")


def test_a_block_too_large_for_the_voice_pool_is_refused() -> None:
    raw = small_document() | {"n_fft": 8192, "hop": 2048, "frames": 4096}
    raw["bands"] = {"kind": "linear", "n": 4097, "corner": 0}
    with pytest.raises(ModelError, match="numbers a note"):
        parse_document(json.dumps(raw), "file")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(number: str) -> None:
    text = json.dumps(small_document()).replace("10.5", number)
    with pytest.raises(ModelError, match=r"not a number|reference|not JSON"):
        parse_document(text, "file")


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"[]", b"7", b'"text"'])
def test_what_is_not_a_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(ModelError, match=r"oscvae\.json"):
        parse_document(text, "file")


def test_files_that_are_no_models_are_refused(tmp_path: Path) -> None:
    good = archive(tmp_path / "good.ts", json.dumps(small_document()))
    foreign, truncated, bare = tmp_path / "foreign.ts", tmp_path / "truncated.ts", tmp_path / "bare.ts"
    foreign.write_bytes(b"RIFF" + bytes(5000))
    truncated.write_bytes(good.read_bytes()[:-300])
    archive(bare, "{}", "archive/extra/other.json")
    empty = tmp_path / "empty.ts"
    empty.touch()
    for path, message in [
        (tmp_path / "none.ts", "no such model file, the folder holds bare, empty"),
        (tmp_path / "no" / "none.ts", "no such model file, there is no such folder"),
        (tmp_path, "not a file"),
        (foreign, "not a model file"),
        (empty, "not a model file"),
        (truncated, "truncated or damaged"),
        (bare, r"holds no oscvae\.json"),
    ]:
        with pytest.raises(ModelError, match=message):
            read_document(path)


def test_damaged_archives_raise_only_model_errors(tmp_path: Path) -> None:
    whole = archive(tmp_path / "good.ts", json.dumps(small_document())).read_bytes()
    broken = tmp_path / "broken.ts"
    refused = 0
    for position in range(0, len(whole), 7):
        broken.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            read_document(broken)
        except ModelError:
            refused += 1
    assert refused > 50


def test_an_endless_document_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.ts"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/extra/oscvae.json", b" " * (MAX_DOCUMENT_BYTES + 1))
    with pytest.raises(ModelError, match="larger than"):
        read_document(path)


def test_two_documents_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.ts", json.dumps(small_document()))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("other/extra/oscvae.json", "{}")
    with pytest.raises(ModelError, match="must be one"):
        read_document(path)


def test_names_lead_into_the_folder(tmp_path: Path) -> None:
    assert model_path(tmp_path, "plucked") == tmp_path.resolve() / "plucked.ts"
    assert model_path(tmp_path, "my model.v2") == tmp_path.resolve() / "my model.v2.ts"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../plucked", "a/b", "/etc/passwd", "a\\b", "C:x", "a\0b", ".hidden", "a\nb", "x" * 500, "\ud800"],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="model name"):
        model_path(tmp_path, name)


def test_symlinks_that_lead_out_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.ts").touch()
    (folder / "out.ts").symlink_to(tmp_path / "secret.ts")
    (folder / "real.ts").touch()
    (folder / "in.ts").symlink_to(folder / "real.ts")
    (folder / "loop.ts").symlink_to(folder / "loop.ts")
    with pytest.raises(ModelError, match="leads out"):
        model_path(folder, "out")
    assert model_path(folder, "in") == (folder / "real.ts").resolve()
    with pytest.raises(ModelError):
        read_document(model_path(folder, "loop"))


def test_names_are_listed(tmp_path: Path) -> None:
    for name in ("b.ts", "a.ts", "notes.txt"):
        (tmp_path / name).touch()
    assert model_names(tmp_path) == ["a", "b"]
    assert model_names(tmp_path / "none") == []
