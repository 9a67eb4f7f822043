"""A minute for the model of drums, as a score: python beat.py beat.osc

    oscvae render --set model.name=drums --score beat.osc --out beat.wav

A pattern of seven parts that enter one after the other. None of them stays what it is: the kick passes to a tom and a
taiko and comes back, the snare to a clap and a rim, the hi-hat to a shaker and a cymbal, and fills run over the keys,
each a speed. The sounds are where the model's document says that its training sounds lie.
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

STEP_S, STEPS, BARS = 0.134, 16, 28
SWING_S = 0.018  # later than even, each second step
ROOT = 60

WAYS = {
    "low": ("kick", "kick", "tom", "taiko", "kick"),
    "back": ("snare", "clap", "rim", "snare", "snare"),
    "high": ("hi-hat", "hi-hat", "shaker", "cymbal", "hi-hat"),
    "hand": ("hand drum", "tabla", "marching tenor", "hand drum"),
    "wood": ("wood", "click", "rim", "bell"),
    "fill": ("tom", "electronic", "percussion", "tom"),
    "crash": ("cymbal", "cymbal"),
}
# Where in a bar: step, velocity, key against the root. A step of 8.5 lies between two.
PATTERNS = {
    "low": ((0, 0.9, 0), (3, 0.5, 0), (8.5, 0.7, 0), (10, 0.8, 0), (14, 0.45, -2)),
    "back": ((4, 0.8, 0), (12, 0.85, 0), (7, 0.25, 2), (9, 0.3, 1), (15, 0.35, 3)),
    "high": tuple((step, 0.55 if step % 4 == 0 else 0.3 if step % 2 else 0.42, step % 3) for step in range(STEPS)),
    "hand": ((2, 0.5, 3), (5, 0.4, 5), (6, 0.6, 0), (11, 0.55, 0), (13, 0.4, 7), (14, 0.6, 3)),
    "wood": ((0, 0.35, 5), (3, 0.4, 0), (6, 0.35, 5), (10, 0.4, 0), (12, 0.3, -4)),
}
FIRST_BAR = {"low": 0, "high": 2, "back": 4, "hand": 8, "wood": 12}
RESTS = {"low": (18, 19), "back": (16, 17, 18), "high": (18,)}
PANS = {"low": 0.0, "back": 0.05, "high": 0.3, "hand": -0.35, "wood": 0.45, "fill": -0.1, "crash": 0.2}

Point = tuple[float, ...]


def instruments() -> dict[str, Point]:
    """The median point of each instrument of the model."""
    points = defaultdict(list)
    for point in read_document(model_path(load_config().model.folder, "drums")).points:
        points[point.label.rstrip(" 0123456789")].append(point.z)
    return {name: tuple(map(statistics.median, zip(*zs, strict=True))) for name, zs in points.items()}


def on_the_way(way: list[Point], share: float) -> Point:
    part, rest = divmod(min(max(share, 0.0), 0.9999) * (len(way) - 1), 1.0)
    return tuple(a + rest * (b - a) for a, b in zip(way[int(part)], way[int(part) + 1], strict=True))


def write(path: Path) -> None:
    chance = random.Random(3)
    where = instruments()
    ways = {part: [where[name] for name in names] for part, names in WAYS.items()}
    score: list[tuple[float, bytes]] = [(0.0, encode_message("/gain", (-11.0,)))]

    def strike(part: str, bar: int, step: float, velocity: float, key: int) -> None:
        late_s = SWING_S * (step % 2) + chance.uniform(0.0, 0.004)
        time_s = (bar * STEPS + step) * STEP_S + late_s
        z = on_the_way(ways[part], (bar * STEPS + step) / (BARS * STEPS))
        voice = len(score)
        score.append((time_s, encode_message("/voice/new", (voice, ROOT + key, *z, velocity))))
        score.append((time_s, encode_message("/voice/set", (voice, "pan", PANS[part]))))

    for bar in range(BARS):
        for part, pattern in PATTERNS.items():
            if bar < FIRST_BAR[part] or bar in RESTS.get(part, ()):
                continue
            for step, velocity, key in pattern:
                strike(part, bar, step, velocity * chance.uniform(0.9, 1.0), key)
        if bar % 4 == 3:
            for step in range(10, STEPS):
                strike("fill", bar, step, chance.uniform(0.4, 0.7), 12 - 2 * (step - 10))
        if bar % 8 == 0 and bar:
            strike("crash", bar, 0, 0.6, 0)
    strike("low", BARS, 0, 0.9, 0)
    strike("crash", BARS, 0, 0.7, -3)

    score.sort(key=lambda event: event[0])
    with path.open("wb") as file:
        for time_s, message in score:
            bundle = encode_bundle(round(time_s * 2**32), [message])
            file.write(len(bundle).to_bytes(4) + bundle)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
