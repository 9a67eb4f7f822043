"""Half the bytes: parameters that a model file holds in float16, and whether anybody could hear it.

Tables, such as the places of partials' lobes, stay in float32: rounded, they would bend pitch. Whoever opens the file
computes in float32.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oscvae.errors import ModelError
from oscvae.model.document import ModelDocument
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.fidelity import measure_distances
from oscvae.training.evaluate.subject import Subject

MOST_SHIFT_DB = 0.02
"""By which rounding may move the mean log-spectral distance of withheld notes: a hundredth of what it is."""
_MOST_NOTES = 256


def rounded(model: Any) -> Any:
    """A copy whose parameters have been through float16, and are float32 again."""
    return _converted(model, lambda weights: weights.half().float())


def halved(model: Any) -> Any:
    """A copy whose parameters are float16, for a file; it computes once it is told `float()`."""
    return _converted(model, lambda weights: weights.half())


def _converted(model: Any, convert: Callable[[Tensor], Tensor]) -> Any:
    made = copy.deepcopy(model)
    with torch.no_grad():
        for weights in made.parameters():
            weights.data = convert(weights.data)
    return made


def check_rounding(model: Any, half: Any, document: ModelDocument, notes: NoteSet) -> float:
    """By how much rounding moves the log-spectral distance of withheld notes, in dB; of training notes where none is
    withheld. Raises ModelError where it is more than can be given away."""
    rows = np.flatnonzero(notes.held_out)
    rows = rows if rows.size else np.arange(len(notes))
    rows = rows[np.linspace(0, rows.size - 1, min(_MOST_NOTES, rows.size)).round().astype(int)]
    before, after = (measure_distances(Subject(one, document), notes, rows).lsd_db for one in (model, half))
    shift_db = abs(after - before)
    if not shift_db <= MOST_SHIFT_DB:
        raise ModelError(
            f"{document.name}: in float16 its log-spectral distance moves by {shift_db:.3f} dB, at most "
            f"{MOST_SHIFT_DB:g} is right: export it in float32"
        )
    return shift_db
