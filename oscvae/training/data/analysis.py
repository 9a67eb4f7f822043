"""An analysis as recipes, the indexes of data sets and the records of runs write it: flat, its bands among the rest.

Types and defaults stand here, limits in `oscvae.model.analysis`.
"""

from __future__ import annotations

from typing import Any, Self, cast

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from oscvae.errors import ModelError
from oscvae.model.analysis import Bands, NoteAnalysis, Spectrum
from oscvae.settings.reader import Section

# Where a recipe names no range: from a bass's E to where a plucked string hardly rings.
_LOWEST, _HIGHEST = 28, 100
_BANDS = {"kind": "band_kind", "n": "n_bands", "corner": "corner"}


class AnalysisPart(Section):
    """The section `analysis` of a recipe; what it leaves out is that of the models that oscvae carries."""

    sample_rate: int = 48000
    n_fft: int = 2048
    hop: int = 512
    band_kind: str = "hybrid"
    n_bands: int = 256
    corner: int = 0
    frames: int = 560
    onset_sample: int = 1536
    floor_db: float = -80.0
    ceiling_db: float = 6.0
    note_min: int | None = None
    """Without it, the lowest note that there is."""
    note_max: int | None = None
    first_octave: int = 2

    @classmethod
    def of(cls, analysis: NoteAnalysis) -> AnalysisPart:
        bands = {flat: getattr(analysis.bands, name) for name, flat in _BANDS.items()}
        rest = {name: getattr(analysis, name) for name in cls.model_fields if name not in bands}
        return cls(**bands, **rest)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_axis(self)
        return self

    def complete(self) -> NoteAnalysis:
        """With the widest range of notes that may be looked for, where an end of it is not given."""
        given = self.model_dump()
        bands = {name: given.pop(flat) for name, flat in _BANDS.items()}
        ends = {
            "note_min": _LOWEST if self.note_min is None else self.note_min,
            "note_max": _HIGHEST if self.note_max is None else self.note_max,
        }
        return NoteAnalysis(**{**given, **ends}, bands=Bands(**bands), window="hann")


class SpectrumPart(Section):
    """The section `analysis` of a recipe of single frames; x = -1 is `floor_db` below a frame's own level."""

    sample_rate: int = 48000
    n_fft: int = 2048
    hop: int = 512
    band_kind: str = "hybrid"
    n_bands: int = 256
    corner: int = 0
    floor_db: float = -80.0
    ceiling_db: float = 20.0
    """Room for frames that are louder than 0 dB, when a level is added."""

    @classmethod
    def of(cls, spectrum: Spectrum) -> SpectrumPart:
        bands = {flat: getattr(spectrum.bands, name) for name, flat in _BANDS.items()}
        return cls(**bands, **{name: getattr(spectrum, name) for name in cls.model_fields if name not in bands})

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_axis(self)
        return self

    def complete(self) -> Spectrum:
        given = self.model_dump()
        bands = {name: given.pop(flat) for name, flat in _BANDS.items()}
        return Spectrum(**given, bands=Bands(**bands), window="hann")


def _check_axis(part: AnalysisPart | SpectrumPart) -> None:
    """Raises ValidationError or ValueError for numbers that cannot be an analysis."""
    try:
        part.complete().band_axis()
    except ValidationError as error:
        raise ValidationError.from_exception_data(error.title, [_flat(one) for one in error.errors()]) from None
    except ModelError as error:
        raise ValueError(str(error)) from None


def _flat(detail: Any) -> InitErrorDetails:
    """A complaint about an analysis as one about the key that was written."""
    _, *loc = detail["loc"] if detail["loc"][:1] == ("bands",) else ("", *detail["loc"])
    kind = detail["type"]
    if kind == "value_error":
        kind = PydanticCustomError("value_error", "{said}", {"said": detail["msg"].removeprefix("Value error, ")})
    told = {"type": kind, "loc": tuple(_BANDS.get(part, part) for part in loc), "input": detail["input"]}
    return cast(InitErrorDetails, told | {"ctx": detail.get("ctx", {})})
