"""A data set on disk: a folder with the spectra as one array that memory-maps, and an index in JSON.

`x.npy` holds the log band magnitudes, NumPy's own format, which needs no library to read and maps into memory as it
lies; `sounds.npy`, where there is one, the sounds that they were made of, and `effects.npy` what effects of somebody's
own made of these; `index.json` holds the recipe, the names, and
one line for each note, which leaves out what holds of most. The index is written last and at once: a folder without one
is an unfinished build, and never opens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from oscvae.errors import DataError
from oscvae.model.analysis import NoteAnalysis
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.dataset import Held, NoteSet, Processed

FORMAT = 1
INDEX, SPECTRA, SOUNDS, PROCESSED = "index.json", "x.npy", "sounds.npy", "effects.npy"

_COLUMNS = ("note", "program", "velocity", "level", "split", "timbre", "source", "f0_hz")
_READ_BYTES = 1 << 22


def open_dataset(path: Path) -> NoteSet:
    """The data set in the folder `path`; its x is mapped, and what is written into x stays in memory.

    Raises DataError for a folder that holds no finished set, or one whose parts do not belong together.
    """
    path = Path(path)
    index = read_index(path)
    rows = index["notes"]
    try:
        x = np.load(path / SPECTRA, mmap_mode="c")
    except (OSError, ValueError) as error:
        raise DataError(f"{path / SPECTRA} cannot be read: {error}; build the set again") from error
    try:
        analysis = AnalysisPart(**index["recipe"]).complete()
    except ValidationError as error:
        raise DataError(f"{path / INDEX} is damaged: its recipe is none; build the set again") from error
    shape = (len(rows), analysis.bands.n, analysis.frames)
    if x.shape != shape or x.dtype != np.float32:
        raise DataError(
            f"{path / SPECTRA} is {x.dtype} {x.shape}, its index wants float32 {shape}: build the set again"
        )
    kinds = {"level": np.float32, "f0_hz": np.float32, "split": np.int8}
    columns: dict[str, Any] = {
        name: np.array([row[name] for row in rows], kinds.get(name, np.int64)) for name in _COLUMNS
    }
    columns["loop_s"] = np.array([row.get("loop_s", np.inf) for row in rows], np.float32)
    columns["compared"] = np.array([row.get("compared", True) for row in rows], np.bool_)
    columns["altered"] = np.array([row.get("copy", 0) > 0 for row in rows], np.bool_)
    return NoteSet(
        x=x,
        sounds=_sounds(index, path, analysis),
        processed=_processed(index, path, analysis),
        held=_held(index, path),
        root_note=_root_note(index, path),
        analysis=analysis,
        timbres=tuple(index["timbres"]),
        sources=tuple(index["sources"]),
        fingerprint=index["fingerprint"],
        name=index["name"],
        licence=index["licence"],
        origins=tuple(index["origins"]),
        **columns,
    )


def save_dataset(notes: NoteSet, path: Path, about_notes: Sequence[dict[str, Any]] = (), **more: Any) -> str:
    """Writes a set that is in memory into the folder `path`, over one that is there; returns its fingerprint.

    about_notes: what the row of each note says besides. more: what the index says besides.
    """
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    (path / INDEX).unlink(missing_ok=True)
    np.save(path / SPECTRA, np.ascontiguousarray(notes.x, np.float32))
    columns = {name: getattr(notes, name).tolist() for name in _COLUMNS}
    about_effects = _of_effects(notes)
    rows = [
        {name: columns[name][row] for name in _COLUMNS}
        | ({"loop_s": float(notes.loop_s[row])} if np.isfinite(notes.loop_s[row]) else {})
        | ({} if notes.compared[row] else {"compared": False})
        | ({"effects": about_effects[row]} if about_effects else {})
        | (about_notes[row] if about_notes else {})
        for row in range(len(notes))
    ]
    about = (notes.name, notes.licence, notes.origins)
    index = index_of(*about, notes.analysis, notes.timbres, notes.sources, rows) | more
    if notes.sounds is not None:
        np.save(path / SOUNDS, notes.sounds)
        index["sounds"] = digest_of(path / SOUNDS)
    if notes.processed is not None:
        np.save(path / PROCESSED, notes.processed.sounds)
        index["effects"] = {"names": list(notes.processed.names), "sounds": digest_of(path / PROCESSED)}
    if notes.root_note is not None:
        index["root_note"] = notes.root_note
    if notes.held is not None:
        index["held"] = {"sustain": list(notes.held.sustain), "release_s": notes.held.release_s}
    return write_index(path, index)


def _sounds(index: dict[str, Any], path: Path, analysis: NoteAnalysis) -> NDArray[np.int16] | None:
    """The sounds of a set that keeps them, mapped. Raises DataError."""
    return _mapped(path / SOUNDS, len(index["notes"]), analysis) if "sounds" in index else None


def _processed(index: dict[str, Any], path: Path, analysis: NoteAnalysis) -> Processed | None:
    """What effects made of the sounds of a set that has its own, mapped. Raises DataError."""
    if "effects" not in index:
        return None
    try:
        names = tuple(map(str, index["effects"]["names"]))
        column = {name: number for number, name in enumerate(names)}
        pairs = [
            (row, column[name], float(gain))
            for row, note in enumerate(index["notes"])
            for name, gain in note.get("effects", {}).items()
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path / INDEX} is damaged: its effects are none; build the set again") from error
    at = np.full((len(index["notes"]), len(names)), -1, np.int64)
    for number, (row, effect, _) in enumerate(pairs):
        at[row, effect] = number
    gain = np.array([one for _, _, one in pairs], np.float32)
    return Processed(names, at, _mapped(path / PROCESSED, len(pairs), analysis), gain)


def _of_effects(notes: NoteSet) -> list[dict[str, float]]:
    """What the row of each note says of its processed versions; nothing of a set that has none."""
    if notes.processed is None:
        return []
    names, at, gain = notes.processed.names, notes.processed.at, notes.processed.gain
    return [{names[effect]: float(gain[row[effect]]) for effect in np.flatnonzero(row >= 0)} for row in at]


def _mapped(path: Path, rows: int, analysis: NoteAnalysis) -> NDArray[np.int16]:
    """The sounds [rows, samples] of a file, from their onsets on. Raises DataError."""
    try:
        sounds: NDArray[np.int16] = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}; build the set again") from error
    shape = (rows, analysis.n_samples - analysis.onset_sample)
    if sounds.shape != shape or sounds.dtype != np.int16:
        raise DataError(f"{path} is {sounds.dtype} {sounds.shape}, its index wants int16 {shape}: build the set again")
    return sounds


def _held(index: dict[str, Any], path: Path) -> Held | None:
    """What the index says of held notes, where it says anything. Raises DataError."""
    if "held" not in index:
        return None
    try:
        first, last = map(int, index["held"]["sustain"])
        return Held((first, last), float(index["held"]["release_s"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path / INDEX} is damaged: its held is none; build the set again") from error


def _root_note(index: dict[str, Any], path: Path) -> int | None:
    """The note of strokes, where the index says one. Raises DataError."""
    root = index.get("root_note")
    if root is None or (isinstance(root, int) and not isinstance(root, bool) and 0 <= root <= 127):
        return root
    raise DataError(f"{path / INDEX} is damaged: its root_note is none; build the set again")


def index_of(
    name: str,
    licence: str,
    origins: Sequence[str],
    analysis: NoteAnalysis,
    timbres: Sequence[str],
    sources: Sequence[str],
    notes: list[dict[str, Any]],
) -> dict[str, Any]:
    """An index without its fingerprint; a row of `notes` has at least the columns of a NoteSet."""
    return {
        "format": FORMAT,
        "name": name,
        "licence": licence,
        "origins": list(origins),
        "recipe": AnalysisPart.of(analysis).model_dump(),
        "timbres": list(timbres),
        "sources": list(sources),
        "notes": notes,
    }


def write_index(path: Path, index: dict[str, Any]) -> str:
    """Writes index.json beside x.npy, whole or not at all; returns the fingerprint that it adds."""
    fingerprint = fingerprint_of(path, index)
    rest = {key: value for key, value in index.items() if key != "notes"}
    head = json.dumps({"fingerprint": fingerprint, **rest}, indent=1, ensure_ascii=False)
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in index["notes"])
    text = f'{head[:-2]},\n "notes": [\n{rows}\n ]\n}}\n'
    unfinished = path / f"{INDEX}.tmp"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path / INDEX)
    return fingerprint


def read_index(path: Path) -> dict[str, Any]:
    """The index of the set in the folder `path`; raises DataError."""
    try:
        index: dict[str, Any] = json.loads((path / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} holds no {INDEX}: build a data set there with `oscvae dataset build`") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path / INDEX} cannot be read: {error}; build the set again") from error
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        found = index.get("format") if isinstance(index, dict) else index
        raise DataError(f"{path / INDEX} has format {found!r}: this version reads format {FORMAT}")
    if index.get("kind", "notes") != "notes":
        raise DataError(f"{path} holds single {index['kind']} and no notes")
    missing = {"fingerprint", "name", "licence", "origins", "recipe", "timbres", "sources", "notes"} - set(index)
    if missing:
        raise DataError(f"{path / INDEX} lacks {', '.join(sorted(missing))}: build the set again")
    foreign = set(index["recipe"]) ^ set(AnalysisPart.model_fields)
    if foreign:
        raise DataError(f"{path / INDEX} is of another version, by its recipe's {sorted(foreign)}: build the set again")
    return index


def fingerprint_of(path: Path, index: dict[str, Any]) -> str:
    """SHA-256 over the index, its fingerprint left out, and the bytes of x.npy; the index has that of the sounds."""
    told = {key: value for key, value in index.items() if key != "fingerprint"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode())
    return digest_of(path / SPECTRA, digest)


def digest_of(path: Path, digest: Any = None) -> str:
    """SHA-256 of a file, in hexadecimal, behind what was digested before."""
    digest = digest or hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    found: str = digest.hexdigest()
    return found
