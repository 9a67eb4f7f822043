"""What an MPE controller plays, heard: each finger bends, presses and slides its own note, through the real model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.midi.learn import Controllers
from oscvae.midi.translate import Translator
from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from oscvae.sound.pitch import fundamental_hz
from oscvae.units import cents, db_to_gain, note_to_hz
from parts import mpe

RATE = 48_000
Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def engine() -> Iterator[OfflineEngine]:
    engine = OfflineEngine(load_config(None, ["engine.voices=24", "engine.spare=4"]), RATE)
    yield engine
    assert engine.engine.intact()
    engine.close()


class Controller:
    """An MPE controller at an engine, which has introduced itself."""

    def __init__(self, engine: OfflineEngine) -> None:
        self.engine = engine
        config = load_config(None, [])
        self.translator = Translator(config.midi, Controllers({}, Path("none")), lambda part: [])
        engine.errors.clear()
        self.say(mpe.introduction())

    def say(self, data: Sequence[bytes]) -> list[Message]:
        """Messages now; what they were in the vocabulary."""
        messages = [message for each in data for message in self.translator.messages(each)]
        self.engine.execute(messages)
        return messages

    def hear(self, seconds: float) -> Sound:
        """What sounds in that time: float32 [2, frames]."""
        blocks = []
        for _ in range(round(seconds * RATE / at.CHUNK)):
            blocks.append(np.zeros((2, at.CHUNK), np.float32))
            self.engine.render_block(at.CHUNK, blocks[-1])
        return np.concatenate(blocks, axis=1)

    def reset(self) -> None:
        """Silence, and every finger as it was."""
        self.engine.execute([Message("/panic", ())])
        while not self.engine.pool.idle:
            self.hear(0.1)
        for _ in range(20):
            self.hear(0.05)  # gains have settled
        self.say(mpe.introduction())


@pytest.fixture
def controller(engine: OfflineEngine) -> Iterator[Controller]:
    controller = Controller(engine)
    yield controller
    controller.reset()
    engine.execute([Message("/mpe", (1, 0)), Message("/bend", (0.0,))])
    assert not engine.errors


def played(controller: Controller, *data: bytes, seconds: float = 0.5) -> Sound:
    """What is heard of messages, from silence on."""
    controller.say(data)
    sound = controller.hear(seconds)
    controller.reset()
    return sound


def pitch_hz(sound: Sound, begin_s: float, note: float) -> float:
    """Of one note, from `begin_s` on; two semitones either side are looked at."""
    begin = round(begin_s * RATE)
    return fundamental_hz(sound[0, begin : begin + 12_000], RATE, note_to_hz(note - 2), note_to_hz(note + 2))


def test_a_finger_lands_where_it_is_bent_to(controller: Controller) -> None:
    """To the sample as a key of which /bend says so."""
    sound = played(controller, *mpe.land(2, 60, at=12.0))
    semitones = controller.say([mpe.bend(2, 12.0)])[0].args[0]
    controller.reset()
    controller.engine.execute([Message("/bend", (semitones,)), Message("/note", (60, 100))])
    expected = controller.hear(0.5)
    controller.engine.execute([Message("/bend", (0.0,))])
    assert sound.any()
    assert np.array_equal(sound, expected)


@pytest.mark.parametrize("semitones", [-24.0, 36.0])
def test_a_finger_bends_further_than_the_wheel(controller: Controller, semitones: float) -> None:
    sound = played(controller, *mpe.land(2, 57, at=semitones))
    assert abs(cents(pitch_hz(sound, 0.05, 57 + semitones), note_to_hz(57 + semitones))) < 20.0


def test_fingers_are_apart(controller: Controller) -> None:
    """What two of them play is the sum of what each plays alone, and so with a third that does nothing to them."""
    first, second = mpe.land(2, 52, 60, at=5.0, where=20), mpe.land(3, 64, 60, at=-3.0, where=100)
    moves = [mpe.bend(2, 7.0), mpe.press(3, 90), mpe.slide(2, 127)]
    alone = []
    for n, landing in ((2, first), (3, second)):
        controller.say(landing)
        before = controller.hear(0.2)
        controller.say([move for move in moves if move[0] & 15 == n - 1])
        alone.append(np.concatenate((before, controller.hear(0.4)), axis=1))
        controller.reset()
    controller.say([*first, *second])
    before = controller.hear(0.2)
    controller.say(moves)
    together = np.concatenate((before, controller.hear(0.4)), axis=1)
    assert min(np.abs(sound).max() for sound in alone) > 1e-3
    assert np.abs(together - sum(alone)).max() < 1e-6


def test_a_finger_slides_its_note_through_the_latent_space(controller: Controller) -> None:
    loaded = controller.engine.models.current
    assert loaded is not None
    latent = loaded.document.latent
    sound = played(controller, *mpe.land(2, 60, where=127))
    z = list(latent.mean)
    z[1] += 0.5 * (latent.high[1] - latent.low[1])
    controller.engine.execute([Message("/z", tuple(z)), Message("/note", (60, 100))])
    expected = controller.hear(0.5)
    controller.engine.execute([Message("/z", tuple(latent.mean))])
    assert np.array_equal(sound, expected)
    controller.reset()
    assert not np.allclose(played(controller, *mpe.land(2, 60)), expected)


def test_a_finger_presses_its_note_6_db_up(controller: Controller) -> None:
    plain = played(controller, *mpe.land(2, 60, 40))
    controller.say(mpe.land(2, 60, 40))
    before = controller.hear(0.2)
    controller.say([mpe.press(2, 127)])
    pressed = np.concatenate((before, controller.hear(0.3)), axis=1)
    settled = slice(round(0.25 * RATE), round(0.45 * RATE))
    heard = np.abs(plain[:, settled]).max()
    assert np.abs(pressed[:, settled] - db_to_gain(6.0) * plain[:, settled]).max() < 1e-3 * heard
    assert np.array_equal(pressed[:, : before.shape[1]], plain[:, : before.shape[1]])


def test_a_finger_glides_and_its_master_bends_with_it(controller: Controller) -> None:
    controller.say(mpe.land(2, 52))
    sound = controller.hear(0.1)
    for step in range(1, 31):
        controller.say([mpe.bend(2, 7.0 * step / 30)])
        sound = np.concatenate((sound, controller.hear(0.01)), axis=1)
    controller.say([mpe.bend(1, 2.0, 2.0)])
    sound = np.concatenate((sound, controller.hear(0.6)), axis=1)
    assert abs(cents(pitch_hz(sound, 0.6, 61), note_to_hz(61))) < 20.0


def test_an_improvisation_leaves_no_note_behind(controller: Controller) -> None:
    sounds = []
    now_s = 0.0
    for seconds, data in mpe.improvisation(3.0, seed=3):
        if seconds > now_s:
            sounds.append(controller.hear(seconds - now_s))
            now_s = seconds
        controller.say([data])
    assert max(np.abs(sound).max() for sound in sounds) > 1e-2
    assert all(np.isfinite(sound).all() for sound in sounds)
    controller.hear(0.3)
    assert controller.engine.pool.idle
    assert not controller.engine.errors
