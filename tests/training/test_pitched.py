"""The models of pitched notes that ship: they keep the contract and are in tune; `plucked` more closely."""

from __future__ import annotations

import json
import re
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from oscvae.errors import DataError
from oscvae.model.document import ModelDocument, read_document
from oscvae.model.torchscript import has_encoder, load, one_hots, to_frames, verify
from oscvae.sound.levels import loudest_db
from oscvae.sound.pitch import detune_cents
from oscvae.training.data.plan import make_plan
from oscvae.training.data.recipes import load_recipe
from oscvae.training.evaluate.listening import listen_to_points
from oscvae.training.evaluate.metrics import decode_all, pitch
from oscvae.training.evaluate.playing import faults, grid_notes, grid_points
from oscvae.training.evaluate.sound import Renderer
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export import loudness
from oscvae.units import gain_to_db
from parts import SOAK

MODELS = Path(__file__).parents[2] / "models"
PATH = MODELS / "plucked.ts"
IN_TUNE = {"plucked": 40, "sustained": 20, "struck": 20}
"""Random notes and points of each."""
PITCHED = [*IN_TUNE, "hits"]


@pytest.fixture(scope="module")
def model() -> tuple[Any, ModelDocument]:
    return load(PATH)


@pytest.mark.parametrize("name", IN_TUNE)
def test_it_keeps_its_word_at_every_batch_size_and_is_in_tune(name: str) -> None:
    path = MODELS / f"{name}.ts"
    module, document = load(path)
    verify(module, document)
    assert has_encoder(module)
    assert path.stat().st_size < 10_000_000
    rng = np.random.default_rng(1)
    z = rng.uniform(document.latent.low, document.latent.high, (9, 4)).astype(np.float32)
    note = rng.integers(document.note_min, document.note_max + 1, 9).tolist()
    together = decode_all(module, z, note, document.first_octave)
    assert together.min() >= -1.0
    assert together.max() <= 1.0
    for row in range(9):
        alone = decode_all(module, z[row : row + 1], note[row : row + 1], document.first_octave)
        np.testing.assert_allclose(alone[0], together[row], atol=1e-4)
    found = pitch(module, document, count=IN_TUNE[name])
    assert found.median_cents < 1.0
    assert found.within_10_cents >= 0.9


@pytest.mark.parametrize("name", PITCHED)
def test_no_corner_of_its_range_loses_the_pitch(name: str) -> None:
    """At the lowest, the middle and the highest note; `make soak` asks all that `oscvae evaluate` does."""
    subject = Subject.open(MODELS / f"{name}.ts")
    corners = np.array(list(product(*zip(subject.low, subject.high, strict=True))), np.float32)
    points = grid_points(subject, np.random.default_rng(1)) if SOAK else corners
    notes = grid_notes(subject) if SOAK else grid_notes(subject)[::2]
    z, note = np.repeat(points, len(notes), 0), np.tile(notes, len(points))
    heard = listen_to_points(subject, z, note)
    wrong = {row: faults(heard, row) for row in range(len(note))}
    assert not [(z[row].tolist(), int(note[row]), what) for row, what in wrong.items() if what]


def test_a_quarter_tone_lies_between(model: tuple[Any, ModelDocument]) -> None:
    module, document = model
    octave, semitone = one_hots([60, 61], document.first_octave)
    z = torch.tensor([document.latent.mean])
    with torch.inference_mode():
        x = to_frames(module(z, octave[:1], semitone.mean(0, keepdim=True)), document)[0].numpy()
    sound = Renderer(document).sound(x, document.reference)[document.onset_sample + 2400 :]
    assert abs(detune_cents(sound, document.sample_rate, 440.0 * 2.0 ** ((60.5 - 69) / 12.0))) < 3.0


def test_its_0_db_is_that_of_the_common_loudness(
    model: tuple[Any, ModelDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, document = model
    monkeypatch.setattr(loudness, "MOST_NOTES", 60)
    again, heard = loudness.levelled(module, document)
    assert heard.loudest_db.size == 60
    assert abs(gain_to_db(again.reference / document.reference)) < 0.1
    told = document.training["loudness"]
    assert told["notes"] == len(document.points)
    assert told["loudest_quarter_second_db"][1] == pytest.approx(loudness.LOUDNESS_DB, abs=0.01)
    assert told["peak_db"][1] == pytest.approx(heard.median_peak_db, abs=1.0)


def test_neighbouring_notes_are_as_loud_as_each_other(model: tuple[Any, ModelDocument]) -> None:
    module, document = model
    notes = list(range(document.note_min, document.note_max + 1, 4))
    renderer, levels = Renderer(document), []
    for z in ([document.latent.low], [document.latent.mean], [document.latent.high]):
        decoded = decode_all(module, np.repeat(np.array(z, np.float32), len(notes), 0), notes, document.first_octave)
        frames = to_frames(torch.from_numpy(decoded), document).numpy()
        sounds = [renderer.sound(x, document.reference)[document.onset_sample :] for x in frames]
        levels += [loudest_db(sound, document.sample_rate) for sound in sounds]
    assert np.ptp(levels) < 3.0


def test_encoding_a_decoded_note_comes_back_near(model: tuple[Any, ModelDocument]) -> None:
    module, document = model
    points = document.points[::40]
    z = np.array([point.z for point in points], np.float32)
    octave, semitone = one_hots([point.note for point in points], document.first_octave)
    with torch.inference_mode():
        frames = to_frames(module(torch.from_numpy(z), octave, semitone), document)
        again = module.encode(frames, octave, semitone)[0].numpy()
    assert np.median(np.abs(again - z) / np.array(document.latent.std)) < 0.25


def test_its_document_is_complete() -> None:
    document = read_document(PATH)
    assert (document.sample_rate, document.n_fft, document.hop, document.frames) == (48000, 2048, 512, 560)
    assert document.onset_sample == 3 * document.n_fft // 4
    assert document.licence == "MIT"
    assert [name in source for name, source in zip(("FluidR3", "MuseScore"), document.sources, strict=True)] == [
        True
    ] * 2


def test_every_recording_of_struck_stands_in_its_table_of_licences() -> None:
    try:
        plan = make_plan(load_recipe("struck"))
    except DataError as error:
        pytest.skip(f"the sounds are not installed: {error}")
    table = (MODELS.parent / "docs" / "models" / "struck-sounds.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!recording)([^|]+) \| .* \| (?:MIT|public domain) \|$", table, re.MULTILINE)
    used = {plan.sources[item.source].split(": ", 1)[-1] for job in plan.jobs for item in job.items}
    assert set(rows) <= used and len(rows) > 100
    assert used - set(rows) == set(), "these lie in the data and not in the table"


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.ts")), ids=lambda path: path.stem)
def test_a_model_is_called_as_its_file_is(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        (member,) = (name for name in archive.namelist() if name.endswith("extra/oscvae.json"))
        assert json.loads(archive.read(member))["name"] == path.stem
