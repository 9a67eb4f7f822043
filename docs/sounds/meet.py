"""A minute for the model of single frames, as a score: python meet.py meet.osc

    oscvae render --set model.name=timbre --score meet.osc --out meet.wav

Four voices begin as four recordings (a choir, glass, a bass, a guitar) and walk through others, each at its own pace,
so that they meet and part; what pulses under them is a drum that goes over into a bell within every stroke. No note has
an end of its own: each is a place, held.
"""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path

from oscvae.model.document import model_path, read_any_document
from oscvae.osc.packets import encode_bundle, encode_message
from oscvae.settings.sections import load_config

WHOLE_S, MOVE_S = 58.0, 0.08
BEAT_S = 0.36
WALKS = (  # places, note, velocity, pan, the second in which it begins
    (("ambi choir", "ambi glass hum", "ambi piano", "ambi choir"), 60, 0.62, -0.3, 0.0),
    (("ambi glass hum", "guit e fifths", "ambi choir", "ambi glass hum"), 67, 0.45, 0.35, 6.0),
    (("bass voxy c", "ambi dark woosh", "ambi haunted hum", "bass voxy c"), 48, 0.6, 0.0, 12.0),
    (("guit em9", "ambi sauna", "ambi soft buzz", "ambi choir"), 55, 0.45, 0.1, 20.0),
)
STROKES = (  # from, to, note, velocity, of how many beats, which
    ("bd haus", "elec triangle", 60, 0.75, 8, (0, 3, 6)),
    ("tabla ghe1", "guit e fifths", 64, 0.5, 8, (2, 5)),
    ("perc till", "ambi glass hum", 67, 0.4, 16, (1, 7, 11, 12)),
)
STROKES_S = (14.0, 51.0)  # first and last

Point = tuple[float, ...]


def between(a: Point, b: Point, share: float) -> Point:
    return tuple(x + share * (y - x) for x, y in zip(a, b, strict=True))


def on_the_way(way: list[Point], share: float) -> Point:
    part, rest = divmod(min(max(share, 0.0), 0.9999) * (len(way) - 1), 1.0)
    return between(way[int(part)], way[int(part) + 1], 0.5 - 0.5 * math.cos(math.pi * rest))


def write(path: Path) -> None:
    chance = random.Random(5)
    document = read_any_document(model_path(load_config().model.folder, "timbre"))
    where = {place.label: place.z for place in document.points}
    score: list[tuple[float, bytes]] = []

    def at(time_s: float, address: str, *args: float | str) -> None:
        score.append((time_s, encode_message(address, args)))

    at(0.0, "/gain", -6.0)
    for voice, (names, note, velocity, pan, begin_s) in enumerate(WALKS, 1):
        way = [where[name] for name in names]
        at(begin_s, "/attack", 3.0)
        at(begin_s, "/voice/new", voice, note, *way[0], velocity)
        at(begin_s, "/voice/set", voice, "pan", pan)
        at(begin_s, "/voice/set", voice, "release", 4.0)
        at(begin_s + 0.01, "/attack", 0.004)
        for step in range(1, int((WHOLE_S - 4.0 - begin_s) / MOVE_S)):
            now_s = begin_s + step * MOVE_S
            at(now_s, "/voice/set", voice, "z", *on_the_way(way, (now_s - begin_s) / (WHOLE_S - begin_s)))
        at(WHOLE_S - 4.0 - 0.4 * voice, "/voice/stop", voice)
    for beat in range(int((STROKES_S[1] - STROKES_S[0]) / BEAT_S)):
        now_s = STROKES_S[0] + beat * BEAT_S
        share = (now_s - STROKES_S[0]) / (STROKES_S[1] - STROKES_S[0])
        for first, last, note, velocity, bar, beats in STROKES:
            if beat % bar in beats and chance.random() < 0.35 + 0.65 * share:
                end = between(where[first], where[last], 0.3 + 0.7 * share)
                loud = velocity * chance.uniform(0.75, 1.0)
                at(now_s + chance.uniform(0.0, 0.008), "/interp", note, 0.09 + 0.2 * share, *where[first], *end, loud)
    score.sort(key=lambda event: event[0])
    with path.open("wb") as file:
        for time_s, message in score:
            bundle = encode_bundle(round(time_s * 2**32), [message])
            file.write(len(bundle).to_bytes(4) + bundle)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
