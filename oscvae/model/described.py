"""What every model's document says: what the model is called, where it comes from, and its latent space.

A document is foreign input: every number in it is bounded, so that none can ask for more memory than a model needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from oscvae.model.analysis import Finite, Note, Part

MAX_LATENT = 128
"""Most dimensions of a latent space."""
MAX_NAME = 128
"""Characters."""
FAR = 4.0
"""Standard deviations of the encoded training notes from their mean, of which none of `plucked` has more than 2.4."""
REACH = 6.0
"""Standard deviations from the mean beyond which no latent point is played."""
_MAX_TEXT = 4096
_MAX_POINTS = 4096


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{text[:40]!r} must be one line of text")
    return text


Text = Annotated[str, Field(max_length=_MAX_TEXT)]
Label = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_one_line)]
Vector = Annotated[tuple[Finite, ...], Field(min_length=1, max_length=MAX_LATENT)]


class Latent(Part):
    """Where the encoded training data lie in each of the D latent dimensions."""

    mean: Vector
    std: Vector
    low: Vector
    high: Vector

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not len(self.mean) == len(self.std) == len(self.low) == len(self.high):
            sizes = [len(self.mean), len(self.std), len(self.low), len(self.high)]
            raise ValueError(f"mean, std, low and high have {sizes} numbers: they must have the same")
        if min(self.std) <= 0.0:
            raise ValueError(f"std holds {min(self.std)}: it must be above 0")
        if any(low >= high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError("low must be below high in every dimension")
        return self


class Place(Part):
    """One training sound in the latent space."""

    z: Vector
    label: Annotated[str, Field(max_length=MAX_NAME)]


class Point(Place):
    """One training note in the latent space."""

    note: Note


Points = Annotated[tuple[Point, ...], Field(max_length=_MAX_POINTS)]


class Described(Part):
    """What every document says: what the model is called, where it comes from, and its latent space."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    latent: Latent
    points: Annotated[tuple[Place, ...], Field(max_length=_MAX_POINTS)]
    licence: Text
    sources: Annotated[tuple[Text, ...], Field(max_length=64)]
    version: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    training: dict[str, Any]

    @model_validator(mode="after")
    def _check_points(self) -> Self:
        for point in self.points:
            if len(point.z) != self.latent_size:
                raise ValueError(f"a point has {len(point.z)} latent numbers, the latent has {self.latent_size}")
        return self

    def unlike(self, z: Sequence[float]) -> str:
        """How a latent point [D] lies far from all that the model was taught; empty for one that does not.

        What is told counts dimensions from 1, as /z does.
        """
        away = [abs(value - mean) / std for value, mean, std in zip(z, self.latent.mean, self.latent.std, strict=True)]
        farthest = max(away)
        if farthest <= FAR:
            return ""
        dimension = away.index(farthest) + 1
        return f"unlike what {self.name!r} knows: {farthest:.1f} standard deviations away on dimension {dimension}"

    @property
    def reach(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The lowest and the highest latent point [D] that is played."""
        spread = list(zip(self.latent.mean, self.latent.std, strict=True))
        return tuple(mean - REACH * std for mean, std in spread), tuple(mean + REACH * std for mean, std in spread)

    def within_reach(self, z: Sequence[float]) -> tuple[float, ...]:
        """The latent point [D] that is played for z."""
        return tuple(min(max(value, low), high) for value, low, high in zip(z, *self.reach, strict=True))

    @property
    def latent_size(self) -> int:
        """D, the dimensions of the latent space."""
        return len(self.latent.mean)


class Described2(Described):
    """What every document of format 2 may say besides."""

    format: Literal[2]
    labels: tuple[Label, ...] = ()
    """Of the D dimensions, or none."""
    pads: tuple[Label, ...] = ()
    """Of the pairs of dimensions, or none."""
    root_note: Note = 60
    """The note at which a model without notes of its own is not transposed."""
    level: Literal["in", "apart"] = "in"
    """Whether magnitudes hold the level, or it is a trajectory's own."""
    weights: Literal["float32", "float16"] = "float32"
    """How the file holds its parameters; tables are float32 always."""

    @model_validator(mode="after")
    def _check_labels(self) -> Self:
        for key, names, wanted in (
            ("labels", self.labels, self.latent_size),
            ("pads", self.pads, self.latent_size // 2),
        ):
            if names and len(names) != wanted:
                raise ValueError(
                    f"{len(names)} {key}: the latent of {self.latent_size} dimensions has {wanted} or none"
                )
        return self
