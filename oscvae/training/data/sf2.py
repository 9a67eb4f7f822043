"""Which recordings a SoundFont plays for a note: its presets, instruments, zones and samples, but not its sound.

A split into training and test data is honest only by recording: a SoundFont has a handful for each instrument and
pitches each over several semitones. So this reads where the zones begin and end, and which samples hold equal audio.
The two sides of a stereo pair need no care, since they sound together; their links are often broken anyway.

Most zones loop: from some moment on a held note repeats a few periods, and is no recording any more. When that is, is
read as well.

Source: E-mu Systems, SoundFont Technical Specification, version 2.04, 2006. SoundFont 3 is MuseScore's, its samples Ogg
Vorbis, as fluidsynth reads it (fluid_sffile.c): the offsets of such a sample count bytes.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
_MODES, _COARSE_TUNE, _FINE_TUNE, _SCALE_TUNING = 54, 51, 52, 56
_RANGES = {_COARSE_TUNE: (-120, 120), _FINE_TUNE: (-99, 99), _SCALE_TUNING: (0, 1200)}
"""8.1.3: beyond it a player takes the end."""
_START, _LOOP_START, _LOOP_END = (0, 4), (2, 45), (3, 50)
"""Offsets in samples, and in 32,768 samples."""
_LOOPS = 1
"""The bit of a zone's mode by which its sample loops: for ever (1), or until the key is let go (3)."""
_UNSET_ROOT = 255
# Of a sample's type: 7.10, and the bit by which SoundFont 3 marks Ogg Vorbis.
_IN_ROM, _COMPRESSED = 0x8000, 0x10
_SIDE = re.compile(r"[ _-]?(\([LR]\)|[LR])$")

_Generators = dict[int, tuple[int, int]]
_NONE, _HUNDRED = (0, 0), (100, 0)


@dataclass(frozen=True)
class Zone:
    """Where one sample sounds; ranges are MIDI notes and velocities, both ends included."""

    notes: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    root: int
    """The MIDI note at which the sample sounds as it was recorded: the generator's, else the sample header's."""
    pass_s: float = math.inf
    """How long its sample plays at the root until it has repeated nothing yet; without a loop for ever."""
    tuning: float = 0.0
    """Semitones above the root's equal temperament."""
    scale: float = 1.0
    """Semitones from one key to the next."""

    def sounds(self, note: int, velocity: int) -> bool:
        return self.notes[0] <= note <= self.notes[1] and self.velocities[0] <= velocity <= self.velocities[1]

    def first_pass_s(self, note: int) -> float:
        """From a key's press until its sample begins to repeat itself, in seconds; infinite for one that does not."""
        return self.pass_s * 2.0 ** (-((note - self.root) * self.scale + self.tuning) / 12.0)


class SoundFont:
    """An open SoundFont 2 or 3 file; raises DataError where it is none, or is damaged as a whole.

    Every index, offset and length in it is foreign: a zone that leads nowhere is left out, and told by `faults`.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                self._tables, (self._samples_at, self._samples_end) = _read(file, self.path.stat().st_size)
        except (OSError, ValueError) as error:
            raise DataError(f"{self.path} cannot be read as a SoundFont 2 file: {error}") from error
        self._zones: dict[tuple[int, int], tuple[Zone, ...]] = {}
        self._faults: dict[tuple[int, int], tuple[str, ...]] = {}

    @cached_property
    def presets(self) -> dict[tuple[int, int], str]:
        """(bank, program from 0) -> name."""
        rows = self._tables["phdr"][:-1]
        return {(int(row["bank"]), int(row["preset"])): _text(row["name"]) for row in rows}

    def zones(self, bank: int, program: int) -> tuple[Zone, ...]:
        """The zones of a preset that can sound; raises DataError where there is no such preset."""
        if (bank, program) not in self._zones:
            faults: list[str] = []
            self._zones[bank, program] = tuple(self._read_zones(bank, program, faults))
            self._faults[bank, program] = tuple(dict.fromkeys(faults))
        return self._zones[bank, program]

    def faults(self, bank: int, program: int) -> tuple[str, ...]:
        """Why zones of a preset are left out, each reason once."""
        self.zones(bank, program)
        return self._faults[bank, program]

    def sounding(self, bank: int, program: int, note: int, velocity: int) -> frozenset[int]:
        """The samples that sound for a note, of equal ones the first; none where the preset is silent there."""
        zones = self.zones(bank, program)
        return frozenset(self._first(zone.sample) for zone in zones if zone.sounds(note, velocity))

    def first_pass_s(self, bank: int, program: int, note: int, velocity: int) -> float:
        """From a note's beginning until the first of its samples repeats itself, in seconds; infinite where none does.

        Of a note that is held for as long as it sounds.
        """
        zones = self.zones(bank, program)
        return min((zone.first_pass_s(note) for zone in zones if zone.sounds(note, velocity)), default=math.inf)

    def _first(self, sample: int) -> int:
        return self._first_by_audio.setdefault(self.digest(sample), sample)

    @cached_property
    def _first_by_audio(self) -> dict[str, int]:
        return {}

    def digest(self, sample: int) -> str:
        """SHA-256 of a sample's audio as it is stored, in hexadecimal; the same in every file that holds it."""
        begin, end = self._extent(sample)
        with self.path.open("rb") as file:
            file.seek(begin)
            return hashlib.sha256(file.read(end - begin)).hexdigest()

    def name(self, sample: int) -> str:
        """A sample's name, without the mark of its side."""
        return _SIDE.sub("", _text(self._header(sample)["name"]))

    def _header(self, sample: int) -> Any:
        return self._tables["shdr"][sample]

    def _extent(self, sample: int) -> tuple[int, int]:
        """Where a sample's audio lies in the file, in bytes: its offsets count 16-bit words, or compressed bytes."""
        header = self._header(sample)
        width = 1 if int(header["type"]) & _COMPRESSED else 2
        return self._samples_at + width * int(header["start"]), self._samples_at + width * int(header["end"])

    def _read_zones(self, bank: int, program: int, faults: list[str]) -> Iterator[Zone]:
        headers = self._tables["phdr"]
        for row in range(len(headers) - 1):
            if (int(headers[row]["bank"]), int(headers[row]["preset"])) == (bank, program):
                for outer in self._merged("p", headers, row, _INSTRUMENT, faults):
                    yield from self._instrument_zones(outer, faults)
                return
        near = ", ".join(f"{number}: {name}" for (at, number), name in sorted(self.presets.items()) if at == bank)
        raise DataError(f"{self.path.name} has no program {program} in bank {bank}; there are {near or 'none'}")

    def _instrument_zones(self, outer: _Generators, faults: list[str]) -> Iterator[Zone]:
        instrument, instruments = _number(outer[_INSTRUMENT]), self._tables["inst"]
        if instrument >= len(instruments) - 1:
            faults.append(f"a zone names instrument {instrument}, and there are {len(instruments) - 1}")
            return
        for inner in self._merged("i", instruments, instrument, _SAMPLE, faults):
            sample = _number(inner[_SAMPLE])
            if why := self._why_silent(sample):
                faults.append(why)
                continue
            root = _number(inner.get(_ROOT, (_UNSET_ROOT, 0)))
            yield Zone(
                notes=_common(outer.get(_KEYS), inner.get(_KEYS)),
                velocities=_common(outer.get(_VELOCITIES), inner.get(_VELOCITIES)),
                sample=sample,
                root=root if root <= 127 else int(self._header(sample)["root"]),
                pass_s=self._pass_s(sample, inner),
                tuning=self._tuning(sample, outer, inner),
                scale=0.01 * _tuned(_SCALE_TUNING, outer, inner, _HUNDRED),
            )

    def _pass_s(self, sample: int, inner: _Generators) -> float:
        """How long a sample plays, as it was recorded, until it has come to the end of its loop."""
        header = self._header(sample)
        if not _number(inner.get(_MODES, _NONE)) & _LOOPS:
            return math.inf
        begin, end = int(header["loop_start"]) + _offset(inner, _LOOP_START), int(header["loop_end"])
        end += _offset(inner, _LOOP_END)
        first = 0 if int(header["type"]) & _COMPRESSED else int(header["start"])
        first += _offset(inner, _START)
        return (end - first) / int(header["rate"]) if first <= begin < end else math.inf

    def _tuning(self, sample: int, outer: _Generators, inner: _Generators) -> float:
        coarse, fine = (_tuned(operator, outer, inner) for operator in (_COARSE_TUNE, _FINE_TUNE))
        return coarse + 0.01 * (fine + int(self._header(sample)["correction"]))

    def _why_silent(self, sample: int) -> str:
        """Why a sample cannot sound; empty for one that can."""
        count = len(self._tables["shdr"]) - 1
        if sample >= count:
            return f"a zone names sample {sample}, and there are {count}"
        header = self._header(sample)
        name = _text(header["name"]) or f"sample {sample}"
        if int(header["type"]) & _IN_ROM:
            return f"{name} lies in the ROM of a sound card"
        begin, end = self._extent(sample)
        if not self._samples_at <= begin < end <= self._samples_end:
            length = self._samples_end - self._samples_at
            return f"{name} lies at {begin - self._samples_at} to {end - self._samples_at} of {length} bytes of audio"
        if int(header["rate"]) == 0:
            return f"{name} has a sample rate of 0 Hz"
        return ""

    def _merged(
        self, level: str, headers: NDArray[Any], row: int, leads_to: int, faults: list[str]
    ) -> Iterator[_Generators]:
        """The zones of a preset ("p") or an instrument ("i"), over the values of a first, global one (7.3, 7.7)."""
        bags, generators = self._tables[f"{level}bag"], self._tables[f"{level}gen"]
        first, last = int(headers[row]["bag"]), int(headers[row + 1]["bag"])
        if not first <= last < len(bags):
            name = _text(headers[row]["name"])
            faults.append(f"{name} has the zones {first} to {last}, and there are {len(bags) - 1}")
            return
        common: _Generators = {}
        for bag in range(first, last):
            begin, end = int(bags[bag]["generator"]), int(bags[bag + 1]["generator"])
            if not begin <= end < len(generators):
                faults.append(f"a zone has the generators {begin} to {end}, and there are {len(generators) - 1}")
                continue
            own = {int(one["operator"]): (int(one["low"]), int(one["high"])) for one in generators[begin:end]}
            if leads_to in own:
                yield {**common, **own}
            elif not common:
                common = own


def _read(file: BinaryIO, size: int) -> tuple[dict[str, NDArray[Any]], tuple[int, int]]:
    """(the tables of pdta, where the audio begins and ends)."""
    if file.read(4) != b"RIFF" or not file.read(4) or file.read(4) != b"sfbk":
        raise ValueError("it does not begin as one")
    tables: dict[str, NDArray[Any]] = {}
    samples = (0, 0)
    for _, begin, end in _chunks(file, 12, size):
        file.seek(begin)
        kind = file.read(4)
        for name, at, stop in _chunks(file, begin + 4, end):
            if kind == b"pdta" and name in _RECORDS:
                file.seek(at)
                tables[name] = _table(name, file.read(stop - at))
            elif kind == b"sdta" and name == "smpl":
                samples = (at, stop)
    missing = sorted(set(_RECORDS) - set(tables))
    if missing or samples == (0, 0):
        raise ValueError(f"it lacks {', '.join(missing) or 'its samples'}")
    return tables, samples


def _table(name: str, content: bytes) -> NDArray[Any]:
    record = _RECORDS[name]
    if not content or len(content) % record.itemsize:
        raise ValueError(f"its {name} has {len(content)} bytes, which are no whole records of {record.itemsize}")
    return np.frombuffer(content, record)


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


def _tuned(operator: int, outer: _Generators, inner: _Generators, default: tuple[int, int] = _NONE) -> int:
    """A generator of the instrument and what the preset adds to it, within its range."""
    low, high = _RANGES[operator]
    return min(max(_signed(inner.get(operator, default)) + _signed(outer.get(operator, _NONE)), low), high)


def _signed(amount: tuple[int, int]) -> int:
    number = _number(amount)
    return number - 0x10000 if number >= 0x8000 else number


def _offset(generators: _Generators, operators: tuple[int, int]) -> int:
    fine, coarse = operators
    return _signed(generators.get(fine, _NONE)) + 32768 * _signed(generators.get(coarse, _NONE))


def _text(name: bytes) -> str:
    return name.split(b"\0")[0].decode("latin-1").strip()
