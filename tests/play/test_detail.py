"""A score plays the fine detail that a preset keeps: heard in its note, moved and faded as it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts.knotted import BANDS, write_both
from parts.listening import Sound

RATE = 48_000
Z = [0.1, 0.2]
NUMBERS = [*np.linspace(-9.0, 9.0, BANDS).round(2).tolist(), *[0.0] * BANDS]
PRESETS = {
    "plain": Z,
    "mine": {"z": Z, "macros": {}, "detail": [{"note": 60, "share": 1.0, "elsewhere": 0.5, "numbers": NUMBERS}]},
    "here alone": {"z": Z, "macros": {}, "detail": [{"note": 60, "share": 1.0, "elsewhere": 0.0, "numbers": NUMBERS}]},
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineEngine]:
    folder = tmp_path_factory.mktemp("models")
    write_both(folder)
    presets = tmp_path_factory.mktemp("presets")
    (presets / "knots.json").write_text(json.dumps({"format": 3, "model": "knots", "presets": PRESETS}))
    settings = [f"model.folder={folder}", "model.name=knots", "model.device=cpu", f"paths.presets={presets}"]
    made = OfflineEngine(load_config(None, [*settings, "engine.voices=4", "engine.spare=2"]), RATE)
    yield made
    assert made.engine.intact()
    made.close()


def played(engine: OfflineEngine, *messages: tuple[Any, ...]) -> Sound:
    """From its first sample on."""
    engine.execute([Message("/detail", (1.0,), ""), Message("/z", (0.0, 0.0), "")])
    begin_s = engine.timeline.frame / RATE + 0.01
    sound = engine.play([Moment(round(begin_s * 1e9), tuple(Message(path, args, "") for path, *args in messages))])
    assert engine.errors == []
    return sound[:, np.argmax(sound[0] != 0.0) :][:, :40_000]


def brightness(sound: Sound) -> float:
    """The share of its power in the upper half of the spectrum."""
    power = np.abs(np.fft.rfft(sound[0])) ** 2
    return float(power[power.size // 2 :].sum() / power.sum())


def test_a_note_has_the_detail_of_its_preset(engine: OfflineEngine) -> None:
    plain, mine = (played(engine, ("/play", 60, name)) for name in ("plain", "mine"))
    assert np.array_equal(plain, played(engine, ("/play", 60, *Z)))
    assert brightness(mine) > 2.0 * brightness(plain)
    assert np.array_equal(mine, played(engine, ("/play", 60, "mine"))), "a rendering repeats"
    assert np.array_equal(mine, played(engine, ("/z", "mine"), ("/note", 60, 101.6)))
    assert np.array_equal(plain, played(engine, ("/detail", 0.0), ("/play", 60, "mine")))
    for setting in (("z", "plain"), ("detail", 0.0)):
        later = played(engine, ("/voice/new", 1, 60, "mine"), ("/voice/set", 1, *setting))[:, 10_000:]
        assert brightness(later) < 1.1 * brightness(plain[:, 10_000:]) < brightness(mine[:, 10_000:])
    half = played(engine, ("/detail", 0.5), ("/play", 60, "mine"))
    assert brightness(plain) < brightness(half) < brightness(mine)


def test_other_notes_have_as_much_as_holds_there(engine: OfflineEngine) -> None:
    plain, mine, here = (played(engine, ("/play", 65, name)) for name in ("plain", "mine", "here alone"))
    assert np.array_equal(plain, here) and brightness(mine) > 1.2 * brightness(plain)
    assert brightness(played(engine, ("/play", 60, "here alone"))) > 2.0 * brightness(played(engine, ("/play", 60, *Z)))
