"""What a model's held notes do besides: how the recordings of some instruments fluctuate around their decoded notes.

A decoded note stands still where it is held. A texture is what a recording did in the region of the model's held notes
less what its decoded note says: in dB, for each partial and for groups of bands between them, frame by frame, its mean
0. It lies in an extra file of the model, as small integers. For a note anywhere, those of the nearest points are mixed,
and moved by partial.

The file: one line of JSON, {"partials", "groups", "frames", "textures": [{"z", "note"}, ..], "plain": [z, ..]}, then
int8 [textures, frames, partials + groups] in steps of 0.25 dB. "plain" are points of instruments that have none.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import ModelError
from oscvae.model.analysis import MAX_FRAMES, Note, Part
from oscvae.model.described import Vector
from oscvae.model.document import ModelDocument
from oscvae.units import note_to_hz

TEXTURES_NAME = "oscvae-textures.bin"
STEP_DB = 0.25
PARTIALS, GROUPS = 48, 64

MAX_BYTES = 16 << 20
_MAX_POINTS = 512
_REACH_BINS = 2.0  # to either side of a partial: the main lobe of a Hann window
_WIDTH = 0.5
"""Standard deviations of the latent space over which one texture gives way to another."""
_WIDTH_NOTES = 6.0
"""The same, in semitones."""
_NEAREST = 4  # that are mixed


class TexturedPoint(Part):
    z: Vector
    note: Note


class TexturesHead(Part):
    """The first line of the file."""

    partials: Annotated[int, Field(ge=1, le=256)]
    groups: Annotated[int, Field(ge=1, le=1024)]
    frames: Annotated[int, Field(ge=2, le=MAX_FRAMES)]
    textures: Annotated[tuple[TexturedPoint, ...], Field(min_length=1, max_length=_MAX_POINTS)]
    plain: Annotated[tuple[Vector, ...], Field(max_length=_MAX_POINTS)]


@dataclass(frozen=True, eq=False)
class Textures:
    """T textures, each recorded at a point and a note, and the points of instruments that have none."""

    head: TexturesHead
    steps: NDArray[np.int8]
    """[T, frames, partials + groups], in 0.25 dB."""

    def to_bytes(self) -> bytes:
        return self.head.model_dump_json().encode() + b"\n" + self.steps.tobytes()

    @classmethod
    def of_bytes(cls, data: bytes, document: ModelDocument, where: str) -> Textures:
        """Foreign input, checked against the document. Raises ModelError; `where` names the file in it."""
        line, _, rest = data.partition(b"\n")
        try:
            head = TexturesHead.model_validate(json.loads(line))
        except (ValueError, RecursionError) as error:
            why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise ModelError(f"{where}: {TEXTURES_NAME} does not begin with what it holds: {why}") from error
        if head.frames != document.n_texture_rows:
            raise ModelError(
                f"{where}: {TEXTURES_NAME} has {head.frames} frames, the document says texture_rows "
                f"{document.n_texture_rows}"
            )
        if any(len(z) != document.latent_size for z in (*(one.z for one in head.textures), *head.plain)):
            raise ModelError(f"{where}: {TEXTURES_NAME} has points of other than {document.latent_size} latent numbers")
        shape = (len(head.textures), head.frames, head.partials + head.groups)
        if len(rest) != np.prod(shape, dtype=np.int64):
            raise ModelError(
                f"{where}: {TEXTURES_NAME} holds {len(rest)} numbers, its first line says {shape[0]} x {shape[1]} x "
                f"{shape[2]}"
            )
        return cls(head, np.frombuffer(rest, np.int8).reshape(shape))


def read_textures(path: Path, document: ModelDocument) -> Textures | None:
    """Those of a model file; None where its document says that it has none. Blocks on the disk; raises ModelError."""
    if not document.n_texture_rows:
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if is_textures(entry.filename):
                    if entry.file_size > MAX_BYTES:
                        raise ModelError(f"{path}: {TEXTURES_NAME} has more than {MAX_BYTES} bytes")
                    return Textures.of_bytes(archive.read(entry), document, str(path))
    except (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path}: {TEXTURES_NAME} cannot be read: {error}") from error
    raise ModelError(f"{path}: its document says texture_rows {document.n_texture_rows}, it holds no {TEXTURES_NAME}")


def is_textures(name: str) -> bool:
    """Whether a file of an archive holds textures."""
    return name.endswith(f"/extra/{TEXTURES_NAME}")


class TextureMixer:
    """The texture of any note, for a model's decoder: made once, asked at each note."""

    def __init__(self, textures: Textures, document: ModelDocument) -> None:
        head = textures.head
        self._db = textures.steps
        self.frames = head.frames
        self._mean = np.array(document.latent.mean)
        self._std = np.array(document.latent.std)
        points = [one.z for one in textures.head.textures]
        self._z = (np.array([*points, *head.plain]) - self._mean) / self._std
        self._note = np.array([one.note for one in head.textures], np.float64)
        self._scale = np.float32(STEP_DB * 2.0 / document.range_db)
        lowest, highest = document.note_min, document.note_max
        self._lowest = lowest
        self._columns = np.stack(
            [band_columns(document, note, head.partials, head.groups) for note in range(lowest, highest + 1)]
        )

    def rows(self, z: tuple[float, ...], note: int) -> Float32s | float:
        """What is to be added to x in the region of held notes, [frames, bands]; 0 where that is nothing."""
        mixed = self._mixed(z, note)
        if mixed is None:
            return 0.0
        rows: Float32s = mixed.take(self._columns[note - self._lowest], axis=1)
        return rows

    def _mixed(self, z: tuple[float, ...], note: int) -> Float32s | None:
        """[texture_rows, partials + groups] in units of x. A mix fluctuates as much as what it is mixed from."""
        near = np.square((np.array(z) - self._mean) / self._std - self._z).mean(axis=1) / _WIDTH**2
        count = self._note.size
        near[:count] += np.square((self._note - note) / _WIDTH_NOTES)
        chosen = np.argsort(near)[:_NEAREST]
        weight = np.exp(-0.5 * (near[chosen] - near[chosen[0]]))
        weight /= weight.sum()
        textured = chosen < count
        share = weight[textured]
        if share.sum() < 0.01:
            return None
        gain = share * (share.sum() / np.sqrt(np.square(share).sum())) * self._scale
        mixed = np.zeros(self._db.shape[1:], np.float32)
        for at, factor in zip(chosen[textured], gain, strict=True):
            mixed += np.float32(factor) * self._db[at]
        return mixed


def band_columns(document: ModelDocument, note: int, partials: int, groups: int) -> Int64s:
    """For each band [bands], the column of a texture [.., partials + groups] that it follows at a note."""
    axis = document.band_axis()
    f0_bins = note_to_hz(float(note)) * document.n_fft / document.sample_rate
    group = partials + np.arange(axis.n_bands) * groups // axis.n_bands
    nearest = np.clip(np.rint(axis.centre / f0_bins), 1, partials)
    reach = np.maximum(_REACH_BINS, 0.5 * axis.spacing)
    columns: Int64s = np.where(np.abs(axis.centre - nearest * f0_bins) <= reach, nearest - 1, group).astype(np.int64)
    return columns


def to_columns(document: ModelDocument, note: int, db: Float32s, partials: int, groups: int) -> Float32s:
    """Of what a recorded note does in each band [frames, bands], in dB, its partials and groups [frames, columns].

    Each column is that of one band, not a mean, which would fluctuate less.
    """
    columns = band_columns(document, note, partials, groups)
    axis = document.band_axis()
    f0_bins = note_to_hz(float(note)) * document.n_fft / document.sample_rate
    found = np.zeros((db.shape[0], partials + groups), np.float32)
    for column in range(partials + groups):
        bands = np.flatnonzero(columns == column)
        if bands.size == 0:
            continue
        if column < partials:
            bands = bands[np.argsort(np.abs(axis.centre[bands] - (column + 1) * f0_bins), kind="stable")]
            found[:, column] = db[:, bands[0]]
        else:
            found[:, column] = db[:, bands[bands.size // 2]]
    # a partial above the highest band, or a group that partials cover: as the one beside it
    missing = np.flatnonzero(~np.isin(np.arange(partials + groups), columns))
    for column in missing.tolist():
        found[:, column] = found[:, max(column - 1, 0)]
    return found


def quantised(db: Float32s) -> NDArray[np.int8]:
    """In steps of 0.25 dB, at most 31.75 dB either way."""
    steps: NDArray[np.int8] = np.clip(np.rint(db / STEP_DB), -127, 127).astype(np.int8)
    return steps


def make_textures(
    points: list[tuple[tuple[float, ...], int]], steps: list[NDArray[np.int8]], plain: list[tuple[float, ...]]
) -> Textures:
    """Of (z, note) and steps [frames, columns] each; the points of what has none."""
    head: dict[str, Any] = {
        "partials": PARTIALS,
        "groups": GROUPS,
        "frames": steps[0].shape[0],
        "textures": [{"z": z, "note": note} for z, note in points],
        "plain": plain,
    }
    return Textures(TexturesHead.model_validate(head), np.stack(steps))
