"""Textures: what is written is what is read, foreign ones are refused, and what a note near or far of one is given."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from oscvae.errors import ModelError
from oscvae.model.archive import replace_document
from oscvae.model.textures import (
    GROUPS,
    PARTIALS,
    STEP_DB,
    TextureMixer,
    Textures,
    band_columns,
    make_textures,
    quantised,
    read_textures,
    to_columns,
)
from oscvae.units import note_to_hz
from parts.sustaining import FIRST, LAST, sustaining_document, swaying_textures, write_sustaining

ROWS = LAST - FIRST + 1
DOCUMENT = sustaining_document(texture_rows=ROWS)
X_PER_DB = 2.0 / DOCUMENT.range_db


def random_textures(*points: tuple[tuple[float, float], int], plain: list[tuple[float, ...]] | None = None) -> Textures:
    rng = np.random.default_rng(len(points))
    steps = [quantised(rng.normal(0.0, 4.0, (ROWS, PARTIALS + GROUPS)).astype(np.float32)) for _ in points]
    return make_textures(list(points), steps, plain or [])


def test_a_model_file_keeps_its_textures(tmp_path: Path) -> None:
    written = random_textures(((0.5, -1.0), 52), ((0.5, -1.0), 70), plain=[(2.0, 2.0)])
    write_sustaining(tmp_path / "a.ts", written)
    replace_document(tmp_path / "a.ts", tmp_path / "b.ts", DOCUMENT.model_copy(update={"reference": 3.0}))
    for name in ("a.ts", "b.ts"):
        found = read_textures(tmp_path / name, DOCUMENT)
        assert found is not None
        assert found.head == written.head
        np.testing.assert_array_equal(found.steps, written.steps)
    assert read_textures(tmp_path / "a.ts", sustaining_document()) is None


def test_a_document_that_promises_textures_wants_them(tmp_path: Path) -> None:
    write_sustaining(tmp_path / "a.ts", texture_rows=ROWS)
    with pytest.raises(ModelError, match=r"says texture_rows 151, it holds no oscvae-textures\.bin"):
        read_textures(tmp_path / "a.ts", DOCUMENT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"frames": ROWS - 1}, "has 150 frames, the document says texture_rows 151"),
        ({"partials": 47}, "its first line says 1 x 151 x 111"),
        ({"textures": [{"z": [0.0], "note": 60}]}, "other than 2 latent numbers"),
        ({"plain": [[0.0, 1.0, 2.0]]}, "other than 2 latent numbers"),
        ({"textures": []}, "does not begin with what it holds"),
        ({"groups": 1 << 30}, "does not begin with what it holds"),
        ({"spice": 1}, "does not begin with what it holds"),
        (None, "does not begin with what it holds"),
    ],
)
def test_textures_that_do_not_belong_are_refused(change: dict[str, object] | None, said: str) -> None:
    head, _, rest = swaying_textures().to_bytes().partition(b"\n")
    line = b"nonsense" if change is None else json.dumps(json.loads(head) | change).encode()
    with pytest.raises(ModelError, match=said):
        Textures.of_bytes(line + b"\n" + rest, DOCUMENT, "a.ts")


def test_a_partial_follows_its_partial_at_every_note() -> None:
    fine = sustaining_document(texture_rows=ROWS, bands={"kind": "linear", "n": 513, "corner": 0})
    centre = fine.band_axis().centre
    f0 = note_to_hz(60.0) * fine.n_fft / fine.sample_rate
    columns = band_columns(fine, 60, PARTIALS, GROUPS)
    for partial in (2, 5):
        assert columns[np.abs(centre - partial * f0).argmin()] == partial - 1
    assert columns[0] == PARTIALS, "below the fundamental is no partial"
    mixer = TextureMixer(random_textures(((0.0, 0.0), 60)), fine)
    here, above = mixer.rows((0.0, 0.0), 60), mixer.rows((0.0, 0.0), 67)
    assert isinstance(here, np.ndarray)
    assert isinstance(above, np.ndarray)
    assert here.shape == (ROWS, 513)
    place = int(np.abs(centre - 3 * f0).argmin())
    moved = int(np.abs(centre - 3 * f0 * 2.0 ** (7.0 / 12.0)).argmin())
    np.testing.assert_array_equal(above[:, moved], here[:, place])


def test_at_its_own_point_a_texture_is_what_was_recorded() -> None:
    db = np.random.default_rng(1).normal(0.0, 4.0, (ROWS, DOCUMENT.bands.n)).astype(np.float32)
    columns = to_columns(DOCUMENT, 60, db, PARTIALS, GROUPS)
    mixer = TextureMixer(make_textures([((0.0, 0.0), 60)], [quantised(columns)], []), DOCUMENT)
    rows = mixer.rows((0.0, 0.0), 60)
    assert isinstance(rows, np.ndarray)
    same = np.abs(rows / X_PER_DB - db).max(axis=0) <= 0.51 * STEP_DB
    assert same.mean() > 0.5, "a band of each partial and group"
    assert rows.std() == pytest.approx(X_PER_DB * db.std(), rel=0.05)


def test_between_two_textures_a_mix_fluctuates_as_much_as_either() -> None:
    mixer = TextureMixer(random_textures(((-0.2, 0.0), 60), ((0.2, 0.0), 60)), DOCUMENT)
    ends = [mixer.rows((z, 0.0), 60) for z in (-9.0, 9.0)]
    between = mixer.rows((0.0, 0.0), 60)
    assert np.std(between) == pytest.approx(np.mean([np.std(end) for end in ends]), rel=0.05)
    for end in ends:
        assert np.corrcoef(np.ravel(between), np.ravel(end))[0, 1] == pytest.approx(0.71, abs=0.05)


def test_near_what_has_none_there_is_none() -> None:
    mixer = TextureMixer(swaying_textures(plain=[(2.0, 2.0)]), DOCUMENT)
    assert mixer.rows((2.0, 2.0), 60) == 0.0
    sways = [float(np.std(mixer.rows((z, z), 60))) for z in (0.0, 0.8, 1.0, 1.2)]
    assert sways[0] > sways[1] > sways[2] > sways[3] > 0.0
