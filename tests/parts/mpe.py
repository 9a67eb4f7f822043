"""What MPE controllers send: how they introduce themselves, and fingers that land, move and leave.

As a Seaboard and a LinnStrument do it: a zone, the range of its fingers' bends, and before each note on the place where
the finger lands; each note has a channel to itself, the one that was let go longest ago.

Source: MIDI Polyphonic Expression, M1-100-UM v1.1.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator

Event = tuple[float, bytes]  # seconds, message

CENTRE, STEPS = 0x2000, 0x2000
REST = 64
"""Of the third dimension."""


def parameter(channel: int, number: int, value: int) -> list[bytes]:
    """A registered parameter, and null afterwards."""
    controllers = ((101, 0), (100, number), (6, value), (101, 127), (100, 127))
    return [control(channel, *controller) for controller in controllers]


def introduction(members: int = 15, reach: int = 48) -> list[bytes]:
    """A lower zone of so many fingers, each of which bends its note by `reach` semitones each way."""
    ranges = [message for n in range(2, 2 + members) for message in parameter(n, 0, reach)]
    return [*parameter(1, 6, members), *ranges]


def control(channel: int, number: int, value: int) -> bytes:
    return bytes((0xB0 | channel - 1, number, value))


def bend(channel: int, semitones: float, reach: float = 48.0) -> bytes:
    value = max(0, min(CENTRE + round(semitones / reach * STEPS), 2 * STEPS - 1))
    return bytes((0xE0 | channel - 1, value & 0x7F, value >> 7))


def press(channel: int, value: int) -> bytes:
    return bytes((0xD0 | channel - 1, value))


def slide(channel: int, value: int) -> bytes:
    return control(channel, 74, value)


def land(channel: int, note: int, velocity: int = 100, *, at: float = 0.0, where: int = REST) -> list[bytes]:
    """A finger that lands `at` semitones beside the note, and `where` of the third dimension."""
    on = bytes((0x90 | channel - 1, note, velocity))
    return [bend(channel, at), slide(channel, where), press(channel, 0), on]


def leave(channel: int, note: int, velocity: int = 64) -> list[bytes]:
    return [press(channel, 0), bytes((0x80 | channel - 1, note, velocity))]


def improvisation(seconds: float, *, fingers: int = 5, a_second: float = 100.0, seed: int = 1) -> Iterator[Event]:
    """Fingers that land, glide, press, slide and leave, so often in a second; all have left at the end."""
    rng = random.Random(seed)
    resting = deque(range(2, 17))
    down: list[tuple[int, int, float, float]] = []  # channel, note, since, until
    now_s = 0.0
    while now_s < seconds or down:
        for finger in [finger for finger in down if finger[3] <= now_s or now_s >= seconds]:
            yield from ((now_s, message) for message in leave(*finger[:2]))
            down.remove(finger)
            resting.append(finger[0])
        if len(down) < fingers and now_s < seconds and rng.random() < 0.15:
            channel, note = resting.popleft(), rng.randrange(45, 80)
            landing = land(channel, note, rng.randrange(30, 128), at=rng.uniform(-0.3, 0.3), where=rng.randrange(128))
            yield from ((now_s, message) for message in landing)
            down.append((channel, note, now_s, now_s + rng.uniform(0.1, 1.2)))
        for channel, _, since, _ in down:
            age = now_s - since
            yield now_s, bend(channel, 7.0 * math.sin(3.0 * age))
            yield now_s, press(channel, round(63.5 * (1.0 - math.cos(9.0 * age))))
            yield now_s, slide(channel, round(63.5 * (1.0 + math.sin(5.0 * age))))
        now_s += 1.0 / a_second
