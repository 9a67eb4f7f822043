"""A minute for the model of held notes, as a score: python hold.py hold.osc

    oscvae render --set model.name=sustained --score hold.osc --out hold.wav

Four voices hold chords, and travel while they are held: from strings by way of a choir and horns to an organ and back.
Above them a line passes from flute to oboe, violin and flute. The instruments are where the model's document says
that its training notes lie.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from oscvae.model.document import model_path, read_document
from oscvae.osc.packets import encode_bundle, encode_message
from oscvae.settings.sections import load_config

CHORD_S, OVERLAP_S, MOVE_S = 6.8, 0.35, 0.1
CHORDS = ((45, 57, 60, 64), (41, 53, 60, 69), (48, 55, 64, 67), (43, 55, 59, 62),
          (50, 57, 62, 65), (46, 58, 62, 65), (48, 58, 64, 67), (45, 57, 61, 64))  # fmt: skip
PADS = ("string ensemble", "ahh choir", "horns", "church organ", "strings", "string ensemble")
LINE = (("flute", (76, 72, 74, 71)), ("oboe", (72, 69, 71, 67)), ("violin", (77, 74, 72, 76)),
        ("flute", (79, 77, 76, 73)))  # fmt: skip

Point = tuple[float, ...]


def instruments() -> dict[str, Point]:
    """The median point of each instrument of the model."""
    points = defaultdict(list)
    for point in read_document(model_path(load_config().model.folder, "sustained")).points:
        points[point.label.rstrip(" 0123456789")].append(point.z)
    return {name: tuple(map(statistics.median, zip(*zs, strict=True))) for name, zs in points.items()}


def on_the_way(way: list[Point], share: float) -> Point:
    part, rest = divmod(min(max(share, 0.0), 0.9999) * (len(way) - 1), 1.0)
    return tuple(a + rest * (b - a) for a, b in zip(way[int(part)], way[int(part) + 1], strict=True))


def write(path: Path) -> None:
    chance = random.Random(3)
    where = instruments()
    way = [where[name] for name in PADS]
    score: list[tuple[float, bytes]] = [(0.0, encode_message("/gain", (-4.0,)))]

    def at(time_s: float, address: str, *args: float | str) -> None:
        score.append((time_s, encode_message(address, args)))

    whole_s = CHORD_S * len(CHORDS)
    for number, chord in enumerate(CHORDS):
        begin_s = number * CHORD_S
        for part, note in enumerate(chord):
            voice = 10 * number + part + 1
            start_s = begin_s + 0.12 * part + chance.uniform(0.0, 0.03)
            end_s = begin_s + CHORD_S + OVERLAP_S + (1.5 if number == len(CHORDS) - 1 else 0.0)
            at(start_s, "/voice/new", voice, note, *on_the_way(way, start_s / whole_s), 0.55 if part else 0.65)
            at(start_s, "/voice/set", voice, "pan", (-0.4, 0.45, -0.15, 0.2)[part])
            for step in range(1, int((end_s - start_s) / MOVE_S)):
                now_s = start_s + step * MOVE_S
                at(now_s, "/voice/set", voice, "z", *on_the_way(way, now_s / whole_s))
            at(end_s, "/voice/stop", voice)
        if number % 2 or number == 0:
            name, notes = LINE[number // 2]
            for step, note in enumerate(notes):
                start_s = begin_s + 0.9 + 1.45 * step
                at(start_s, "/play", note, *where[name], 0.75, 1.3 if step < len(notes) - 1 else 2.0)

    score.sort(key=lambda event: event[0])
    with path.open("wb") as file:
        for time_s, message in score:
            bundle = encode_bundle(round(time_s * 2**32), [message])
            file.write(len(bundle).to_bytes(4) + bundle)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
