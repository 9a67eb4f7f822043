"""Writes small SoundFonts, so that what is read out of one is known.

Source: E-mu Systems, SoundFont Technical Specification, version 2.04, 2006.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

RATE = 44100
_PAD = 46  # zeros after each sample


@dataclass(frozen=True)
class TinyZone:
    sample: str
    notes: tuple[int, int] = (0, 127)
    velocities: tuple[int, int] = (0, 127)
    root: int | None = None
    modes: int | None = None
    """1 loops for ever, 3 until the key is let go."""
    tuned: tuple[int, int, int] | None = None
    """Semitones, cents, and cents from key to key."""
    loop_end: int | None = None
    """Samples by which the loop's end is moved."""


def string(note: int, seconds: float = 1.0, tint: float = 1.0) -> np.ndarray:
    """A decaying comb at a note's pitch."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    freq_hz = 440.0 * 2.0 ** ((note - 69) / 12.0)
    partials = [np.sin(2.0 * np.pi * h * freq_hz * time_s) / h**tint for h in range(1, 9) if h * freq_hz < 15000.0]
    return 0.15 * np.sum(partials, axis=0) * np.exp(-3.0 * time_s)


def write_soundfont(
    path: Path,
    samples: dict[str, tuple[int, np.ndarray]],
    presets: dict[tuple[int, int, str], list[TinyZone]],
    compressed: bool = False,
) -> Path:
    """samples: name -> (root in the header, audio); presets: (bank, program, name) -> zones of its one instrument.

    compressed: as SoundFont 3, samples in Ogg Vorbis, whose offsets count bytes and whose loops count from their start.
    """
    names = list(samples)
    audio, headers = b"", b""
    for name, (root, sound) in samples.items():
        if compressed:
            stream = io.BytesIO()
            soundfile.write(stream, np.clip(sound, -1.0, 1.0), RATE, format="OGG", subtype="VORBIS")
            start, audio = len(audio), audio + stream.getvalue()
            end, loop, kind = len(audio), (0, len(sound)), 0x11
        else:
            start = len(audio) // 2
            audio += (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes() + bytes(2 * _PAD)
            end = start + len(sound)
            loop, kind = (start, end), 1
        headers += struct.pack("<20sIIIIIBbHH", name.encode(), start, end, *loop, RATE, root, 0, 0, kind)
    headers += struct.pack("<20s26x", b"EOS")
    phdr = pbag = pgen = inst = ibag = igen = b""
    bags = {"p": 0, "i": 0}
    generators = {"p": 0, "i": 0}

    def bag(level: str) -> bytes:
        bags[level] += 1
        return struct.pack("<HH", generators[level], 0)

    def generator(level: str, operator: int, low: int, high: int = 0) -> bytes:
        generators[level] += 1
        return struct.pack("<HBB", operator, low, high)

    for number, ((bank, program, name), zones) in enumerate(presets.items()):
        phdr += struct.pack("<20sHHH12x", name.encode(), program, bank, bags["p"])
        pbag += bag("p")
        pgen += generator("p", 41, number)
        inst += struct.pack("<20sH", name.encode(), bags["i"])
        ibag += bag("i")  # a global zone, whose keys the others override
        igen += generator("i", 43, 0, 1)
        for zone in zones:
            ibag += bag("i")
            igen += generator("i", 43, *zone.notes) + generator("i", 44, *zone.velocities)
            if zone.root is not None:
                igen += generator("i", 58, zone.root)
            if zone.modes is not None:
                igen += generator("i", 54, zone.modes)
            for operator, amount in zip((51, 52, 56), zone.tuned or (), strict=False):
                igen += generator("i", operator, *struct.pack("<h", amount))
            if zone.loop_end is not None:
                igen += generator("i", 3, *struct.pack("<h", zone.loop_end))
            igen += generator("i", 53, names.index(zone.sample))
    phdr += struct.pack("<20sHHH12x", b"EOP", 0, 0, bags["p"])
    pbag += struct.pack("<HH", generators["p"], 0)
    pgen += bytes(4)
    inst += struct.pack("<20sH", b"EOI", bags["i"])
    ibag += struct.pack("<HH", generators["i"], 0)
    igen += bytes(4)
    info = _list(b"INFO", ifil=struct.pack("<HH", 3 if compressed else 2, 1), isng=b"EMU8000\0", INAM=b"tiny\0\0")
    sdta = _list(b"sdta", smpl=audio)
    tables = {"phdr": phdr, "pbag": pbag, "pmod": bytes(10), "pgen": pgen, "inst": inst, "ibag": ibag}
    tables |= {"imod": bytes(10), "igen": igen, "shdr": headers}
    body = b"sfbk" + info + sdta + _list(b"pdta", **tables)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def _list(kind: bytes, **chunks: bytes) -> bytes:
    body = kind + b"".join(_chunk(name.encode(), content) for name, content in chunks.items())
    return _chunk(b"LIST", body)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
