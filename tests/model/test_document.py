"""Model documents and names: what is read, and everything that must be refused with one clear message."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oscvae.errors import ModelError
from oscvae.model.document import (
    MAX_DOCUMENT_BYTES,
    ModelDocument,
    ModelDocument2,
    model_names,
    model_path,
    parse_any_document,
    parse_document,
    read_document,
)
from parts.small_model import frames_document, samples_document, small_document, small_document_2


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
        (_set("format", 3), "format 3"),
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


def read_2(**changes: Any) -> ModelDocument:
    return parse_document(json.dumps(small_document_2(**changes)), "file")


def test_format_2_defaults_to_what_format_1_says() -> None:
    document = read_2()
    assert isinstance(document, ModelDocument2)
    first = parse_document(json.dumps(small_document()), "file")
    assert list(document.rows) == list(first.rows) == [0, 1, 2, 3]
    assert document.model_dump(mode="json") == small_document_2(
        output="note",
        knots=None,
        sustain=None,
        release_s=None,
        texture_rows=0,
        labels=[],
        pads=[],
        pitched=True,
        root_note=60,
        level="in",
        weights="float32",
    )
    assert parse_document(document.model_dump_json(), "again") == document


@pytest.mark.parametrize("key", sorted(small_document()))
def test_format_2_requires_what_format_1_does(key: str) -> None:
    raw = small_document_2()
    del raw[key]
    with pytest.raises(ModelError, match=key):
        parse_document(json.dumps(raw), "file")


def test_format_1_knows_no_key_of_format_2() -> None:
    with pytest.raises(ModelError, match="unknown key 'knots'"):
        parse_document(json.dumps(small_document(knots=[0, 3])), "file")


def test_rows_are_knots_where_there_are_knots() -> None:
    document = read_2(knots=[0, 1.5, 3])
    assert list(document.rows) == [0.0, 1.5, 3.0]
    assert not document.has_all_frames
    x = np.array([[0.0, 3.0, 9.0]], np.float32)
    assert (x @ document.spread()).tolist() == [[0.0, 2.0, 5.0, 9.0]]


def test_the_rows_of_a_texture_follow_those_of_the_note() -> None:
    document = read_2(frames=8, knots=[0, 3, 7], sustain=[4, 6], texture_rows=3)
    assert (len(document.rows), document.n_texture_rows, document.block_rows) == (3, 3, 6)
    assert read_2().block_rows == parse_document(json.dumps(small_document()), "file").block_rows == 4


def test_where_a_note_is_no_pitch_the_root_is_decoded_for_every_key() -> None:
    drums = read_2(pitched=False, root_note=55)
    assert not drums.has_pitch
    assert {drums.decoded_note(note) for note in (0, 48, 55, 71.6, 127)} == {55}
    notes = read_2(root_note=55)
    assert notes.has_pitch
    assert [notes.decoded_note(note) for note in (0, 50.4, 50.6, 127)] == [48, 50, 51, 72]


def test_labels_and_pads_are_names_of_dimensions_and_their_pairs() -> None:
    document = read_2(labels=["bright", "damped"], pads=["tone"])
    assert isinstance(document, ModelDocument2)
    assert (document.labels, document.pads) == (("bright", "damped"), ("tone",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output": "midi"}, "output"),
        ({"knots": [0]}, "knots"),
        ({"knots": [0, 2]}, "knots go from 0 to 2: they must go from 0 to 3"),
        ({"knots": [1, 3]}, "knots go from 1 to 3"),
        ({"knots": [0, 2, 2, 3]}, "above the one before"),
        ({"sustain": [3, 5], "frames": 8}, r"sustain \[3, 5\]: two frames, .* from 4, behind the onset, to 7"),
        ({"sustain": [5, 5], "frames": 8}, r"sustain \[5, 5\]"),
        ({"sustain": [5, 8], "frames": 8}, r"sustain \[5, 8\]"),
        ({"sustain": [5]}, "sustain"),
        ({"sustain": [5, 6.5], "frames": 8}, "sustain"),
        ({"release_s": 1.0}, "release_s: only a model with sustain"),
        ({"release_s": 0.0, "sustain": [4, 6], "frames": 8}, "release_s"),
        ({"texture_rows": 3}, "texture_rows: only a model with sustain"),
        ({"texture_rows": -1}, "texture_rows"),
        ({"frames": 8, "sustain": [4, 6], "texture_rows": 2}, "texture_rows 2: it must be 3, one for each frame"),
        ({"labels": ["one"]}, "1 labels: the latent of 2 dimensions has 2 or none"),
        ({"labels": ["one", "two\nlines"]}, "one line"),
        ({"pads": ["one", "two"]}, "2 pads: the latent of 2 dimensions has 1 or none"),
        ({"pitched": 1}, "pitched"),
        ({"root_note": 128}, "root_note"),
        (
            {"pitched": False, "root_note": 90},
            "root_note 90: where pitched is false it must be .*48 to 72",
        ),
        ({"level": "apart"}, "level 'apart': a model with the output 'note'"),
        ({"level": "loud"}, "level"),
        ({"weights": "int8"}, "weights"),
        ({"ratio": 2048}, "unknown key 'ratio'"),
        ({"channels": 1}, "unknown key 'channels'"),
    ],
)
def test_nonsense_of_format_2_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_2(**changes)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (frames_document(), "output 'frames': this version plays models with the output 'note'"),
        (frames_document(level="in"), "output 'frames'"),
        (samples_document(), "output 'samples': this version plays models with the output 'note'"),
    ],
)
def test_what_cannot_be_played_yet_is_refused_in_one_line(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message) as refused:
        parse_document(json.dumps(raw), "file")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("key", ["ratio", "channels", "sample_rate", "latent", "points", "licence", "version"])
def test_a_document_of_samples_is_checked_as_well(key: str) -> None:
    raw = samples_document()
    del raw[key]
    with pytest.raises(ModelError, match=f"lacks the key '{key}'"):
        parse_document(json.dumps(raw), "file")


@pytest.mark.parametrize("raw", [small_document(), small_document_2(), frames_document(), samples_document()])
def test_a_document_of_any_output_is_read_whether_it_can_be_played_or_not(raw: dict[str, Any]) -> None:
    document = parse_any_document(json.dumps(raw), "file")
    assert parse_any_document(document.model_dump_json(), "again") == document
    assert raw.items() <= document.model_dump(mode="json").items()


def test_a_document_of_samples_has_no_spectrum() -> None:
    with pytest.raises(ModelError, match="unknown key 'n_fft'"):
        parse_document(json.dumps(samples_document(n_fft=2048)), "file")


def test_the_long_model_that_is_to_come_is_small_enough() -> None:
    knots = [*range(10), *np.geomspace(9, 559, 27)[1:].tolist()]
    document = read_2(
        sample_rate=48000,
        n_fft=2048,
        hop=512,
        bands={"kind": "hybrid", "n": 256, "corner": 0},
        frames=560,
        onset_sample=1536,
        knots=knots,
    )
    assert document.spread().shape == (36, 560)


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
