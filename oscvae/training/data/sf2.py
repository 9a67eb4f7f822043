"""Which recordings a SoundFont plays for a note: its presets, instruments, zones and samples, but not its sound.

A split into training and test data is honest only by recording: a SoundFont has a handful for each instrument and
pitches each over several semitones. So this reads where the zones begin and end, and which samples hold equal audio.
The two sides of a stereo pair need no care, since they sound together; their links are often broken anyway.

Source: E-mu Systems, SoundFont Technical Specification, version 2.04, 2006.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from oscvae.errors import DataError

# The records of the pdta list, 7.2 to 7.10. Each table ends with a record that only closes the one before it.
_NAME = ("name", "S20")
_BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
_GENERATOR = np.dtype([("operator", "<u2"), ("low", "u1"), ("high", "u1")])
_RECORDS = {
    "phdr": np.dtype([_NAME, ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "<u4", 3)]),
    "pbag": _BAG,
    "pgen": _GENERATOR,
    "inst": np.dtype([_NAME, ("bag", "<u2")]),
    "ibag": _BAG,
    "igen": _GENERATOR,
    "shdr": np.dtype(
        [
            _NAME,
            ("start", "<u4"),
            ("end", "<u4"),
            ("loop_start", "<u4"),
            ("loop_end", "<u4"),
            ("rate", "<u4"),
            ("root", "u1"),
            ("correction", "i1"),
            ("link", "<u2"),
            ("type", "<u2"),
        ]
    ),
}
# Generators, 8.1.2.
_INSTRUMENT, _KEYS, _VELOCITIES, _SAMPLE, _ROOT = 41, 43, 44, 53, 58
_UNSET_ROOT = 255
_SIDE = re.compile(r"[ _-]?(\([LR]\)|[LR])$")

_Generators = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class Zone:
    """Where one sample sounds; ranges are MIDI notes and velocities, both ends included."""

    notes: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    root: int
    """The MIDI note at which the sample sounds as it was recorded: the generator's, else the sample header's."""

    def sounds(self, note: int, velocity: int) -> bool:
        return self.notes[0] <= note <= self.notes[1] and self.velocities[0] <= velocity <= self.velocities[1]


class SoundFont:
    """An open SoundFont 2 file; raises DataError where it is none, or is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                self._tables, self._samples_at = _read(file, self.path.stat().st_size)
        except (OSError, ValueError) as error:
            raise DataError(f"{self.path} cannot be read as a SoundFont 2 file: {error}") from error
        self._zones: dict[tuple[int, int], tuple[Zone, ...]] = {}

    @cached_property
    def presets(self) -> dict[tuple[int, int], str]:
        """(bank, program from 0) -> name."""
        rows = self._tables["phdr"][:-1]
        return {(int(row["bank"]), int(row["preset"])): _text(row["name"]) for row in rows}

    def zones(self, bank: int, program: int) -> tuple[Zone, ...]:
        """All zones of a preset; raises DataError where there is no such preset."""
        if (bank, program) not in self._zones:
            self._zones[bank, program] = tuple(self._read_zones(bank, program))
        return self._zones[bank, program]

    def sounding(self, bank: int, program: int, note: int, velocity: int) -> frozenset[int]:
        """The samples that sound for a note, of equal ones the first; none where the preset is silent there."""
        zones = self.zones(bank, program)
        return frozenset(self._first(zone.sample) for zone in zones if zone.sounds(note, velocity))

    def _first(self, sample: int) -> int:
        return self._first_by_audio.setdefault(self.digest(sample), sample)

    @cached_property
    def _first_by_audio(self) -> dict[str, int]:
        return {}

    def digest(self, sample: int) -> str:
        """SHA-256 of a sample's audio, in hexadecimal; the same in every file that holds it."""
        header = self._header(sample)
        with self.path.open("rb") as file:
            file.seek(self._samples_at + 2 * int(header["start"]))
            return hashlib.sha256(file.read(2 * (int(header["end"]) - int(header["start"])))).hexdigest()

    def name(self, sample: int) -> str:
        """A sample's name, without the mark of its side."""
        return _SIDE.sub("", _text(self._header(sample)["name"]))

    def seconds(self, sample: int) -> float:
        header = self._header(sample)
        return (int(header["end"]) - int(header["start"])) / max(1, int(header["rate"]))

    def _header(self, sample: int) -> Any:
        return self._tables["shdr"][sample]

    def _read_zones(self, bank: int, program: int) -> Iterator[Zone]:
        headers = self._tables["phdr"]
        for row in range(len(headers) - 1):
            if (int(headers[row]["bank"]), int(headers[row]["preset"])) == (bank, program):
                for outer in self._merged("p", headers, row, _INSTRUMENT):
                    yield from self._instrument_zones(outer)
                return
        near = ", ".join(f"{number}: {name}" for (at, number), name in sorted(self.presets.items()) if at == bank)
        raise DataError(f"{self.path.name} has no program {program} in bank {bank}; there are {near or 'none'}")

    def _instrument_zones(self, outer: _Generators) -> Iterator[Zone]:
        for inner in self._merged("i", self._tables["inst"], _number(outer[_INSTRUMENT]), _SAMPLE):
            sample = _number(inner[_SAMPLE])
            root = _number(inner.get(_ROOT, (_UNSET_ROOT, 0)))
            yield Zone(
                notes=_common(outer.get(_KEYS), inner.get(_KEYS)),
                velocities=_common(outer.get(_VELOCITIES), inner.get(_VELOCITIES)),
                sample=sample,
                root=root if root <= 127 else int(self._header(sample)["root"]),
            )

    def _merged(self, level: str, headers: NDArray[Any], row: int, leads_to: int) -> Iterator[_Generators]:
        """The zones of a preset ("p") or an instrument ("i"), over the values of a first, global one (7.3, 7.7)."""
        bags, generators = self._tables[f"{level}bag"], self._tables[f"{level}gen"]
        common: _Generators = {}
        for bag in range(int(headers[row]["bag"]), int(headers[row + 1]["bag"])):
            chosen = generators[int(bags[bag]["generator"]) : int(bags[bag + 1]["generator"])]
            own = {int(one["operator"]): (int(one["low"]), int(one["high"])) for one in chosen}
            if leads_to in own:
                yield {**common, **own}
            elif not common:
                common = own


def _read(file: BinaryIO, size: int) -> tuple[dict[str, NDArray[Any]], int]:
    """(the tables of pdta, where the 16-bit samples begin)."""
    if file.read(4) != b"RIFF" or not file.read(4) or file.read(4) != b"sfbk":
        raise ValueError("it does not begin as one")
    tables: dict[str, NDArray[Any]] = {}
    samples_at = 0
    for _, begin, end in _chunks(file, 12, size):
        file.seek(begin)
        kind = file.read(4)
        for name, at, stop in _chunks(file, begin + 4, end):
            if kind == b"pdta" and name in _RECORDS:
                file.seek(at)
                tables[name] = np.frombuffer(BytesIO(file.read(stop - at)).getbuffer(), _RECORDS[name])
            elif kind == b"sdta" and name == "smpl":
                samples_at = at
    missing = sorted(set(_RECORDS) - set(tables))
    if missing or not samples_at:
        raise ValueError(f"it lacks {', '.join(missing) or 'its samples'}")
    return tables, samples_at


def _chunks(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[str, int, int]]:
    """(name, begin, end) of each chunk's content; a chunk starts at an even place."""
    while begin + 8 <= end:
        file.seek(begin)
        head = file.read(8)
        if len(head) < 8:
            raise ValueError("it is cut off")
        size = int.from_bytes(head[4:], "little")
        if begin + 8 + size > end:
            raise ValueError("it is cut off")
        yield head[:4].decode("latin-1"), begin + 8, begin + 8 + size
        begin += 8 + size + size % 2


def _common(outer: tuple[int, int] | None, inner: tuple[int, int] | None) -> tuple[int, int]:
    low, high = inner or (0, 127)
    least, most = outer or (0, 127)
    return max(low, least), min(high, most)


def _number(amount: tuple[int, int]) -> int:
    return amount[0] + 256 * amount[1]


def _text(name: bytes) -> str:
    return name.split(b"\0")[0].decode("latin-1").strip()
