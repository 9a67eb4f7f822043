"""Half a minute for the model of hits, as a score: python sweep.py sweep.osc

    oscvae render --set model.name=hits --score sweep.osc --out sweep.wav

One hit and its fifth, again and again, and nothing changes but the effect: the cursor glides from the dry sound up the
low-pass filter, once without and once with resonance, through the distortions, and by the wah pedals and the vocoder
back. Notes that ring follow it. Where the effects lie is what the model's document says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from oscvae.model.document import model_path, read_document
from oscvae.osc.packets import encode_bundle, encode_message
from oscvae.settings.sections import load_config

STEP_S = 0.32
PATTERN = (45, 57, 52, 64)
HIT = "cubic-25"
"""The preset whose sound all notes have."""
WAY = (
    *("dry", "moog-6400", "moog-1600", "moog-400", "moog-100", "moog-400-r75", "moog-1600-r75", "moog-6400-r75", "dry"),
    *("cubic-25", "cubic-50", "cubic-100", "cubic-100-uneven", "dry"),
    *("crybaby-25", "crybaby-100", "autowah-100", "vocoder-8", "freeverb", "dry"),
)
GLIDE_S = 1.6


def write(path: Path) -> None:
    document = read_document(model_path(load_config().model.folder, "hits"))
    places = {row["name"]: row["place"] for row in document.training["effects"]}
    sound = next(point.z for point in document.points if point.label == HIT)
    score: list[tuple[float, bytes]] = []

    def at(time_s: float, address: str, *args: float) -> None:
        score.append((time_s, encode_message(address, args)))

    def point(effect: str) -> tuple[float, ...]:
        return *sound[: document.latent_size - len(places[effect])], *places[effect]

    at(0.0, "/gain", -6.0)
    at(0.0, "/stretch", 1.6)
    at(0.0, "/z", *point(WAY[0]))
    for number, effect in enumerate(WAY[1:]):
        at(GLIDE_S * number + 0.01, "/glide", GLIDE_S - 0.02, *point(effect))
    steps = round((GLIDE_S * (len(WAY) - 1) + 1.0) / STEP_S)
    for step in range(steps):
        note = PATTERN[step % len(PATTERN)]
        at(STEP_S * step + 0.005, "/note", note, 105 if step % 4 == 0 else 84)
        at(STEP_S * (step + 3), "/note", note, 0)

    score.sort(key=lambda event: event[0])
    with path.open("wb") as file:
        for time_s, message in score:
            bundle = encode_bundle(round(time_s * 2**32), [message])
            file.write(len(bundle).to_bytes(4) + bundle)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
