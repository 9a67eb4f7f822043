"""What a model file says about itself, read without torch.

A model is a TorchScript archive (a zip) with a JSON document among its extra files. The daemon reads the document here;
only a decoder process ever opens the network itself (`torchscript`). A document is foreign input: every number in it is
bounded, so that none can ask for more memory than a model needs.

Format 1 is read as it ever was. Format 2 adds keys, each of which has a default; each of its outputs has a class of its
own. What it can say and this version cannot play is read, checked, and refused in one line.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, Self

from pydantic import Field, ValidationError, model_validator

from oscvae.arrays import Float32s
from oscvae.errors import ModelError, NoDocumentError
from oscvae.files import NAME_BYTES, open_regular, why
from oscvae.model.analysis import MAX_BLOCK, MAX_FRAMES, Finite, NoteAnalysis
from oscvae.model.described import MAX_NAME, Described, Described2, Points
from oscvae.model.frames import FramesDocument
from oscvae.model.knots import spread_matrix
from oscvae.model.level import LEVEL_S, STROKE_LEVEL_S
from oscvae.model.streams import ENCODED_SAMPLES, MOST_CHUNK_FRAMES, Streamed, chunk_samples
from oscvae.names import find, normal

FORMAT: Literal[1] = 1
FORMATS = (1, 2)
DOCUMENT_NAME = "oscvae.json"
SUFFIX = ".ts"

MAX_DOCUMENT_BYTES = 4 << 20
_NEIGHBOURS = 8  # that an error names
_MAX_ENTRIES = 65536


class ModelDocument(Described, NoteAnalysis):
    """The document of a model that decodes whole notes, in format 1: `forward(z [B, D], octave [B, 7], semitone
    [B, 12])` returns log magnitudes [B, bands, frames]. Frozen; every key is required and an unknown one is an error.
    """

    format: Literal[1]
    reference: Annotated[Finite, Field(gt=0.0, le=1e6)]
    """The linear STFT magnitude of 0 dB."""
    points: Points

    @property
    def has_pitch(self) -> bool:
        """Whether a note number is a pitch; else all keys play one sound, resampled."""
        return True

    @property
    def level_s(self) -> float:
        """How long the part of a sound is by which its level is measured, in seconds."""
        return LEVEL_S if self.has_pitch else STROKE_LEVEL_S

    @property
    def decoded_notes(self) -> tuple[int, int]:
        """The lowest and the highest MIDI note that is ever decoded."""
        return self.decoded_note(self.note_min), self.decoded_note(self.note_max)

    def decoded_note(self, note: float) -> int:
        """The MIDI note that is decoded for one that is asked for, and resampled to it: the nearest that is known."""
        return min(max(round(note), self.note_min), self.note_max)

    @property
    def rows(self) -> Sequence[float]:
        """At which frames the rows of a decoded block lie."""
        return range(self.frames)

    @property
    def has_all_frames(self) -> bool:
        """Whether a decoded block has a row for each frame."""
        return True

    @property
    def n_texture_rows(self) -> int:
        """How many rows of texture follow those in a block (`oscvae.model.textures`)."""
        return 0

    @property
    def block_rows(self) -> int:
        """How many rows a block has."""
        return len(self.rows) + self.n_texture_rows

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and numbers a row of a decoded note, its texture included."""
        return self.block_rows, self.bands.n

    @property
    def is_endless(self) -> bool:
        """Whether a voice lasts until it is stopped."""
        return False

    @property
    def region(self) -> tuple[int, int] | None:
        """First and last frame of what a held note walks in; None where notes end by themselves."""
        return None

    @property
    def held_release_s(self) -> float | None:
        """How long the release of a held note is, unless the player says otherwise; None leaves it to the player."""
        return None

    def spread(self) -> Float32s:
        """The matrix [rows, frames] that makes frames of a decoded block: x [.., bands, rows] @ spread."""
        return spread_matrix(self.rows, self.frames)


class ModelDocument2(Described2, ModelDocument):
    """The document of a model that decodes whole notes, in format 2: as in format 1, but `forward` returns [B, bands,
    knots] where there are knots. `encode` takes frames always."""

    format: Literal[2]  # type: ignore[assignment]  # all else that format 1 says, it says too
    output: Literal["note"] = "note"
    points: Points
    pitched: bool = True
    """Whether a note number is a pitch. Where it is none, `forward` is asked for `root_note` always."""
    knots: Annotated[tuple[Finite, ...], Field(min_length=2, max_length=MAX_FRAMES)] | None = None
    """At which frames the rows of a decoded block lie; a fraction lies between two."""
    sustain: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None
    """First and last frame of what a held note walks in; what comes after is its release."""
    release_s: Annotated[Finite, Field(ge=0.005, le=10.0)] | None = None
    """How long the release of a held note is, to -60 dB, unless the player says otherwise."""
    texture_rows: Annotated[int, Field(ge=0, le=MAX_FRAMES)] = 0
    """Rows of texture that follow a note's own: one for each frame of `sustain`, or none."""

    @model_validator(mode="after")
    def _check_level(self) -> Self:
        if self.level != "in":
            raise ValueError("level 'apart': a model with the output 'note' has its level in")
        return self

    @model_validator(mode="after")
    def _check_root(self) -> Self:
        if not self.pitched and not self.note_min <= self.root_note <= self.note_max:
            raise ValueError(
                f"root_note {self.root_note}: where pitched is false it must be one of the keys, "
                f"{self.note_min} to {self.note_max}"
            )
        return self

    @model_validator(mode="after")
    def _check_knots(self) -> Self:
        knots, last = self.knots, self.frames - 1
        if knots is None:
            return self
        if knots[0] != 0.0 or knots[-1] != last:
            raise ValueError(
                f"knots go from {knots[0]:g} to {knots[-1]:g}: they must go from 0 to {last}, the last frame"
            )
        if any(low >= high for low, high in pairwise(knots)):
            raise ValueError("each of the knots must be above the one before")
        return self

    @model_validator(mode="after")
    def _check_held(self) -> Self:
        if self.sustain is None:
            for key in ("release_s", "texture_rows"):
                if getattr(self, key):
                    raise ValueError(f"{key}: only a model with sustain has it")
            return self
        first, last = self.sustain
        onset = -(-self.onset_sample // self.hop)
        if not onset < first < last < self.frames:
            raise ValueError(
                f"sustain {[first, last]}: two frames, the second above the first, from {onset + 1}, behind the onset, "
                f"to {self.frames - 1}"
            )
        if self.texture_rows not in (0, last - first + 1):
            raise ValueError(
                f"texture_rows {self.texture_rows}: it must be {last - first + 1}, one for each frame of sustain, or 0"
            )
        if self.block_rows * self.bands.n > MAX_BLOCK:
            raise ValueError(f"{self.bands.n} bands x {self.block_rows} rows are more than {MAX_BLOCK} numbers a block")
        return self

    @property
    def has_pitch(self) -> bool:
        return self.pitched

    def decoded_note(self, note: float) -> int:
        return super().decoded_note(note) if self.pitched else self.root_note

    @property
    def rows(self) -> Sequence[float]:
        return range(self.frames) if self.knots is None else self.knots

    @property
    def has_all_frames(self) -> bool:
        return self.knots is None

    @property
    def n_texture_rows(self) -> int:
        return self.texture_rows

    @property
    def region(self) -> tuple[int, int] | None:
        return self.sustain

    @property
    def held_release_s(self) -> float | None:
        return self.release_s


class SamplesDocument(Streamed):
    """The document of a model that decodes samples: `decode(z [1, D, T])` returns [1, channels, T * ratio]."""

    output: Literal["samples"]
    points: Points
    sample_rate: Annotated[int, Field(ge=8000, le=192000)]
    ratio: Annotated[int, Field(ge=16, le=65536)]
    """Samples of one latent frame."""
    channels: Annotated[int, Field(ge=1, le=16)]
    chunk_frames: Annotated[int, Field(ge=1, le=MOST_CHUNK_FRAMES)] | None = None
    """Latent frames that are decoded at a time; None = as many as `chunk_samples` says."""

    @model_validator(mode="after")
    def _check_chunk(self) -> Self:
        if self.chunk_frames and self.chunk_frames * self.ratio > MAX_BLOCK:
            raise ValueError(f"chunk_frames {self.chunk_frames} x ratio {self.ratio} are more than {MAX_BLOCK} samples")
        return self

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and numbers a row of a decoded chunk: samples, one."""
        return (self.ratio * self.chunk_frames if self.chunk_frames else chunk_samples(self.ratio)), 1

    @property
    def frame_numbers(self) -> int:
        """Numbers of one frame of a recording, without its level: samples of a latent frame."""
        return self.ratio

    @property
    def encoded_at_once(self) -> int:
        """Frames of a recording."""
        return max(1, ENCODED_SAMPLES // self.ratio)

    @property
    def frame_s(self) -> float:
        """Seconds from one frame of a recording to the next."""
        return self.ratio / self.sample_rate


AnyDocument = ModelDocument | FramesDocument | SamplesDocument
"""What a model file may say: the note's, which there are in both formats, and those of other outputs."""
_KINDS: dict[str, type[AnyDocument]] = {"frames": FramesDocument, "samples": SamplesDocument}


def model_path(folder: Path, name: str) -> Path:
    """The file of the model called `name` in `folder`, resolved; it need not exist.

    A name is a stem: no suffix, no separators, nothing that leads out of the folder, not even through a symlink.
    Raises ModelError otherwise.
    """
    most = NAME_BYTES - len(SUFFIX)
    if not name or len(name) > MAX_NAME or len(name.encode(errors="replace")) > most:
        shown = name[:MAX_NAME]
        raise ModelError(f"model name {shown!r}: it must have 1 to {MAX_NAME} characters and at most {most} bytes")
    if not _can_be_asked_for(name):
        raise ModelError(f"model name {name!r}: it must be the stem of a file in the model folder, such as 'plucked'")
    try:
        root = Path(folder).resolve()
        path = (find(root, name + SUFFIX) or root / (name + SUFFIX)).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"model {name!r} cannot be found in {folder}: {why(error)}") from error
    if path.parent != root and root not in path.parents:
        raise ModelError(f"model {name!r} leads out of the model folder {folder}")
    return path


def model_names(folder: Path) -> list[str]:
    """The names of the model files in `folder`, sorted; none where there is no such folder.

    A file whose name is no text, or could lead elsewhere, is left out: nothing could ask for it.
    """
    if not Path(folder).is_dir():
        return []
    stems = {normal(path.stem) for path in Path(folder).glob("*" + SUFFIX) if path.is_file()}
    return sorted(filter(_can_be_asked_for, stems))


def _can_be_asked_for(name: str) -> bool:
    return not name.startswith(".") and not any(c in name for c in "/\\:") and name.isprintable()


def read_document(path: Path, called: str | None = None) -> ModelDocument:
    """The checked document of a model file that this version plays. Blocks on the disk; raises ModelError with one
    message, in which the file is `called` so, or by its path."""
    where = called or str(path)
    return parse_document(_read_extra(Path(path), where), where)


def read_any_document(path: Path, called: str | None = None) -> AnyDocument:
    """As `read_document`, of a model file of any output."""
    where = called or str(path)
    return parse_any_document(_read_extra(Path(path), where), where)


def parse_document(text: bytes | str, where: str) -> ModelDocument:
    """A document of what this version plays, from its JSON; `where` names it in the ModelError."""
    return _playable(parse_any_document(text, where), where)


def parse_any_document(text: bytes | str, where: str) -> AnyDocument:
    """As `parse_document`, of whatever a document can say."""
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where}: {DOCUMENT_NAME} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ModelError(f"{where}: {DOCUMENT_NAME} must be one JSON object, not {type(raw).__name__}")
    if raw.get("format") not in FORMATS or not isinstance(raw["format"], int) or isinstance(raw["format"], bool):
        known = " and ".join(map(str, FORMATS))
        raise ModelError(f"{where}: model format {raw.get('format')!r}: this version reads formats {known}")
    try:
        document = _kind(raw).model_validate_json(json.dumps(raw), strict=True)
    except (ValidationError, RecursionError) as error:
        raise ModelError(f"{where}: {_first_fault(error)}") from error
    if not isinstance(document, SamplesDocument):
        document.band_axis()
    return document


def _kind(raw: dict[str, Any]) -> type[AnyDocument]:
    """Which class a document is checked by."""
    if raw["format"] == 1:
        return ModelDocument
    output = raw.get("output")
    return _KINDS.get(output, ModelDocument2) if isinstance(output, str) else ModelDocument2


def _playable(document: AnyDocument, where: str) -> ModelDocument:
    """The same; raises ModelError for what a document can say and this version cannot play."""
    if not isinstance(document, ModelDocument):
        raise ModelError(f"{where}: output {document.output!r}: this version plays models with the output 'note'")
    return document


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number that a document may hold")


def _first_fault(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{DOCUMENT_NAME} is nested too deep"
    fault = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return f"{DOCUMENT_NAME} lacks the key {key!r}"
    if fault["type"] == "extra_forbidden":
        return f"{DOCUMENT_NAME} has the unknown key {key!r}"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{DOCUMENT_NAME}: {key}: {message}" if key else f"{DOCUMENT_NAME}: {message}"


def _neighbours(folder: Path) -> str:
    if not folder.is_dir():
        return "there is no such folder"
    stems = model_names(folder)
    more = f" and {len(stems) - _NEIGHBOURS} more" if len(stems) > _NEIGHBOURS else ""
    return f"the folder holds {', '.join(stems[:_NEIGHBOURS]) or 'none'}{more}"


def _read_extra(path: Path, where: str) -> bytes:
    try:
        with open_regular(path) as file:
            return _read_archive(file, where)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(f"{where}: no such model file, {_neighbours(path.parent)}") from error
    except (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zlib.error) as error:
        raise ModelError(f"{where}: cannot be read: {why(error)}") from error


def _read_archive(file: BinaryIO, where: str) -> bytes:
    try:
        with zipfile.ZipFile(file) as archive:
            return _read_entry(archive, where)
    except zipfile.BadZipFile as error:
        file.seek(0)
        if file.read(4) == b"PK\x03\x04":
            raise ModelError(f"{where}: truncated or damaged: the end of the archive is missing") from error
        raise ModelError(f"{where}: not a model file (a TorchScript archive)") from error


def _read_entry(archive: zipfile.ZipFile, where: str) -> bytes:
    entries = archive.infolist()
    if len(entries) > _MAX_ENTRIES:
        raise ModelError(f"{where}: {len(entries)} files inside, a model has at most {_MAX_ENTRIES}")
    found = [entry for entry in entries if is_document(entry.filename)]
    if not found:
        problem = f"{where}: holds no {DOCUMENT_NAME}, so it is not an oscvae model: export it with `oscvae export`"
        is_code = any(entry.filename.split("/")[1:2] == ["code"] for entry in entries)
        raise NoDocumentError(problem) if is_code else ModelError(problem)
    if len(found) > 1:
        raise ModelError(f"{where}: holds {len(found)} files {DOCUMENT_NAME}, there must be one")
    with archive.open(found[0]) as document:
        text = document.read(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise ModelError(f"{where}: {DOCUMENT_NAME} is larger than {MAX_DOCUMENT_BYTES} bytes")
    return text


def is_document(filename: str) -> bool:
    """Whether a file inside a model's archive is its document."""
    parts = filename.split("/")
    return len(parts) == 3 and parts[1:] == ["extra", DOCUMENT_NAME]
