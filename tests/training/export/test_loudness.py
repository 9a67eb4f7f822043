"""The common loudness: what is measured, what a document is given, and models that have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from oscvae.errors import ModelError
from oscvae.model.document import ModelDocument
from oscvae.sound.levels import loudest_db
from oscvae.training.export import loudness
from oscvae.training.export.loudness import LOUDNESS_DB, MOST_PEAK_DB, levelled, measure_loudness
from oscvae.units import db_to_gain
from training.ringing import ringing_document

RATE = 48_000


def sine(seconds: float, peak: float = 1.0) -> NDArray[np.float32]:
    return (peak * np.sin(2 * np.pi * 480.0 * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


class Constant(nn.Module):
    """The same spectrum for every note: x [bands, frames]."""

    def __init__(self, x: NDArray[Any]) -> None:
        super().__init__()
        self.x = torch.from_numpy(x.astype(np.float32))

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return self.x.expand(z.size(0), -1, -1)


def ringing(document: ModelDocument, quiet: float = 0.0) -> NDArray[np.float32]:
    """x of one band that rings from the onset on."""
    x = np.full((document.bands.n, document.frames), -1.0, np.float32)
    x[20, document.onset_sample // document.hop :] = 1.0 - quiet
    return x


def test_a_full_scale_sine_has_minus_3_db() -> None:
    assert loudest_db(sine(1.0), RATE) == pytest.approx(-3.01, abs=0.01)


def test_the_loudest_quarter_second_is_found_wherever_it_lies() -> None:
    late = np.concatenate([sine(0.6, 0.1), sine(0.25, 0.5), sine(0.4, 0.05)])
    assert loudest_db(late, RATE) == pytest.approx(-9.03, abs=0.01)


def test_what_is_over_before_a_quarter_second_counts_as_followed_by_silence() -> None:
    assert loudest_db(sine(0.125), RATE) == pytest.approx(-6.02, abs=0.01)
    assert loudest_db(np.zeros(0, np.float32), RATE) == -200.0


@pytest.mark.parametrize("reference", [0.001, 46.4254, 30_000.0])
def test_the_reference_that_a_model_had_does_not_matter(reference: float) -> None:
    document = ringing_document(reference=reference)
    model = Constant(ringing(document))
    found, heard = levelled(model, document)
    assert heard.median_db == pytest.approx(LOUDNESS_DB, abs=1e-6)
    assert measure_loudness(model, found).median_db == pytest.approx(LOUDNESS_DB, abs=0.01)
    assert found == document.model_copy(update={"reference": found.reference})


def test_a_quieter_network_gets_a_higher_reference() -> None:
    document = ringing_document()
    range_db = document.ceiling_db - document.floor_db
    loud, quiet = (levelled(Constant(ringing(document, less)), document)[0].reference for less in (0.0, 0.5))
    assert quiet / loud == pytest.approx(db_to_gain(0.25 * range_db), rel=0.01)


def test_a_stroke_has_no_higher_peak_than_a_stroke_may_have() -> None:
    document = ringing_document()
    x = np.full((document.bands.n, document.frames), -1.0, np.float32)
    x[:, document.onset_sample // document.hop + 1] = 0.5  # one frame of everything
    found, heard = levelled(Constant(x), document)
    assert heard.median_peak_db == pytest.approx(MOST_PEAK_DB, abs=1e-6)
    assert heard.median_db < LOUDNESS_DB - 3.0
    assert measure_loudness(Constant(x), found).median_peak_db == pytest.approx(MOST_PEAK_DB, abs=0.05)


def test_the_median_note_counts_and_not_the_loudest() -> None:
    document = ringing_document(notes=range(48, 73))

    class Uneven(Constant):
        """The C of each octave is 20 dB louder."""

        def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
            return (self.x - 0.5 * (1.0 - semitone[:, :1, None])).clamp(min=-1.0)

    heard = measure_loudness(Uneven(ringing(document)), document)
    assert heard.loudest_db.size == 25
    assert np.ptp(heard.loudest_db) == pytest.approx(20.0, abs=0.2)
    assert np.sum(np.abs(heard.loudest_db - heard.median_db) > 1.0) == 3


def test_of_very_many_points_an_even_sample_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loudness, "MOST_NOTES", 5)
    document = ringing_document(notes=range(48, 73))
    played: list[int] = []

    class Listening(Constant):
        def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
            played.extend((12 * (octave.argmax(1) + document.first_octave) + semitone.argmax(1)).tolist())
            return super().forward(z, octave, semitone)

    assert measure_loudness(Listening(ringing(document)), document).loudest_db.size == 5
    assert played == [48, 54, 60, 66, 72]


@pytest.mark.parametrize("notes", [(), (20, 100)])
def test_a_model_without_points_in_its_range_is_heard_all_over_it(notes: tuple[int, ...]) -> None:
    document = ringing_document(notes=notes)
    played: list[int] = []

    class Listening(Constant):
        def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
            assert bool(
                (z >= torch.tensor(document.latent.low)).all() and (z <= torch.tensor(document.latent.high)).all()
            )
            played.extend((12 * (octave.argmax(1) + document.first_octave) + semitone.argmax(1)).tolist())
            return super().forward(z, octave, semitone)

    _, heard = levelled(Listening(ringing(document)), document)
    assert heard.median_db == pytest.approx(LOUDNESS_DB, abs=1e-6)
    assert set(played) == set(range(document.note_min, document.note_max + 1))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.nan, "ringing: note 60 decodes to numbers that are not finite"),
        (-1.0, "ringing: half of its notes or more are silent: its loudness cannot be measured"),
    ],
)
def test_what_has_no_loudness_is_refused(value: float, said: str) -> None:
    document = ringing_document()
    x = np.full((document.bands.n, document.frames), value)
    with pytest.raises(ModelError, match=said):
        levelled(Constant(x), document)


def test_a_model_too_quiet_for_a_document_is_refused() -> None:
    document = ringing_document(floor_db=-300.0)
    with pytest.raises(ModelError, match=r"it would need [\d.e+]+, and 1e\+06 is the most"):
        levelled(Constant(ringing(document, 0.9)), document)
