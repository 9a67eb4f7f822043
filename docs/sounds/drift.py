"""A short piece for the model that comes with oscvae, as a score: python drift.py drift.osc

    oscvae render --score drift.osc --out drift.wav

Each note is a message with a time of its own. An arpeggio drifts from one instrument to the next through the latent
space, under it low notes travel through that space while they ring, and a strummed chord ends it. The instruments are
where the model's document says that its training notes lie, so the piece plays on any model that knows them.
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

STEP_S = 0.155
WAY = ("harp", "koto", "jazz guitar", "steel guitar", "sitar", "harp")
CHORDS = ((50, 57, 62, 65, 69, 72), (46, 58, 62, 65, 69, 74), (43, 55, 62, 65, 70, 74), (45, 57, 64, 67, 71, 76))
PATTERN = (1, 3, 2, 4, 3, 5, 4, 2, 1, 3, 5, 4, 2, 4, 3, 5)
END = (38, 50, 57, 62, 65, 69, 76)

Point = tuple[float, ...]


def instruments() -> dict[str, Point]:
    """The median point of each instrument of the default model."""
    config = load_config()
    points = defaultdict(list)
    for point in read_document(model_path(config.model.folder, config.model.name)).points:
        points[point.label.rstrip(" 0123456789")].append(point.z)
    return {name: tuple(map(statistics.median, zip(*zs, strict=True))) for name, zs in points.items()}


def between(a: Point, b: Point, share: float) -> Point:
    return tuple(x + share * (y - x) for x, y in zip(a, b, strict=True))


def write(path: Path) -> None:
    chance = random.Random(4)
    where = instruments()
    way = [where[name] for name in WAY]
    score: list[tuple[float, bytes]] = [
        (0.0, encode_message("/release", (0.6,))),
        (0.0, encode_message("/gain", (-3.0,))),
    ]

    def at(time_s: float, address: str, *args: float) -> None:
        score.append((time_s, encode_message(address, args)))

    steps = len(CHORDS) * len(PATTERN)
    for step in range(steps):
        chord = CHORDS[step // len(PATTERN)]
        part, share = divmod(step / steps * (len(way) - 1), 1.0)
        z = between(way[int(part)], way[int(part) + 1], share)
        time_s = step * STEP_S + chance.uniform(0.0, 0.008)
        accent = 0.85 if step % 4 == 0 else 0.62 + chance.uniform(-0.06, 0.06)
        at(time_s, "/pan", 0.5 * (-1) ** step * share)
        at(time_s, "/play", chord[PATTERN[step % len(PATTERN)]], *z, accent, 0.9)
        if step % len(PATTERN) == 0:
            at(time_s, "/interp", chord[0], 2.0, *where["nylon guitar"], *where["koto"], 0.95)
    end_s = steps * STEP_S + 0.1
    at(end_s, "/pan", 0.0)
    for k, note in enumerate(END):
        at(end_s + 0.055 * k, "/interp", note, 2.5, *where["nylon guitar"], *where["harp"], 0.8)

    score.sort(key=lambda event: event[0])
    with path.open("wb") as file:
        for time_s, message in score:
            bundle = encode_bundle(round(time_s * 2**32), [message])
            file.write(len(bundle).to_bytes(4) + bundle)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
