"""Fifty seconds for the model of what is struck, as a score: python strike.py strike.osc

    oscvae render --set model.name=struck --score strike.osc --out strike.wav

A pattern of two hands that never stops: the lower one passes from marimba by way of a tine piano to a grand piano and
back, the upper one from music box to celesta, vibraphone and steel drums, each note a little farther along. The
instruments are where the model's document says that its training notes lie.
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

STEP_S, BAR_STEPS, BARS = 0.21, 14, 16
CHORDS = ((45, 52, 57, 60, 64, 71), (41, 48, 57, 60, 64, 69), (43, 50, 55, 59, 62, 69), (40, 52, 55, 59, 62, 67))
LOW = ("marimba", "tine piano", "grand piano", "concert grand", "dulcimer", "marimba")
HIGH = ("music box", "celesta", "vibraphone", "steel drums", "kalimba", "xylophone", "music box")
LOW_PLACES = (0, 2, 4, 7, 9, 11)  # steps of a bar: two groups of seven, 2 + 2 + 3 and 2 + 2 + 3
HIGH_PLACES = (1, 3, 4, 6, 8, 10, 12, 13)

Point = tuple[float, ...]


def instruments() -> dict[str, Point]:
    """The median point of each instrument of the model."""
    points = defaultdict(list)
    for point in read_document(model_path(load_config().model.folder, "struck")).points:
        points[point.label.rstrip(" 0123456789")].append(point.z)
    return {name: tuple(map(statistics.median, zip(*zs, strict=True))) for name, zs in points.items()}


def on_the_way(way: list[Point], share: float) -> Point:
    part, rest = divmod(min(max(share, 0.0), 0.9999) * (len(way) - 1), 1.0)
    return tuple(a + rest * (b - a) for a, b in zip(way[int(part)], way[int(part) + 1], strict=True))


def write(path: Path) -> None:
    chance = random.Random(2)
    where = instruments()
    low, high = ([where[name] for name in names] for names in (LOW, HIGH))
    score: list[tuple[float, bytes]] = [(0.0, encode_message("/gain", (-8.0,)))]
    whole = BARS * BAR_STEPS

    def play(step: int, note: int, way: list[Point], velocity: float, pan: float) -> None:
        time_s = step * STEP_S + chance.uniform(0.0, 0.012)
        voice = len(score)
        score.append((time_s, encode_message("/voice/new", (voice, note, *on_the_way(way, step / whole), velocity))))
        score.append((time_s, encode_message("/voice/set", (voice, "pan", pan))))

    for bar in range(BARS):
        chord = CHORDS[bar // 2 % len(CHORDS)]
        for number, place in enumerate(LOW_PLACES):
            accent = 0.8 if number in (0, 3) else 0.6
            play(bar * BAR_STEPS + place, chord[(0, 2, 3, 1, 2, 4)[number]], low, accent, -0.25)
        for number, place in enumerate(HIGH_PLACES if bar > 1 else ()):
            note = chord[(3, 5, 4, 2, 5, 3, 4, 5)[(number + bar) % 8]] + 12
            play(bar * BAR_STEPS + place, note, high, chance.uniform(0.4, 0.6), 0.3)
    for note in CHORDS[0]:
        play(whole, note, low, 0.6, 0.0)

    score.sort(key=lambda event: event[0])
    with path.open("wb") as file:
        for time_s, message in score:
            bundle = encode_bundle(round(time_s * 2**32), [message])
            file.write(len(bundle).to_bytes(4) + bundle)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
