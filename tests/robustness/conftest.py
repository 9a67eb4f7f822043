"""A daemon with a folder of small and broken models, for all tests of those; the real-time parts in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.play.link import RendererLink
from oscvae.play.listener import Listener
from oscvae.play.models.contexts import Contexts
from oscvae.play.models.manager import ModelManager
from oscvae.play.models.opener import Opener
from oscvae.realtime.engine import Engine
from oscvae.spectral.context import render_scratch_floats, sinc_table
from parts.waiting import until
from robustness.rig import SOON_S, VOICES, Rig


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every model of parts/models.py, and a sound."""
    from parts.models import LOOP, NAN, RAISE, REFUSED, SHAPE, Endless, Trap, furnish, write

    made = tmp_path_factory.mktemp("models")
    furnish(made)
    for name, (make, _) in REFUSED.items():
        make(made / f"{name}.ts")
    write(made / "endless.ts", Endless())
    second = np.arange(48_000) / 48_000
    tone = sum(np.sin(2 * np.pi * 220 * k * second) / k for k in range(1, 12)) * np.exp(-4 * second)
    soundfile.write(made / "tone.wav", 0.3 * tone, 48_000)
    for name, kind in (("not a number", NAN), ("raising trap", RAISE), ("short", SHAPE), ("loop", LOOP)):
        write(made / f"{name}.ts", Trap(kind))
    return made


@pytest.fixture(scope="session")
def shared_rig(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("rig"), model_folder)
    yield rig
    assert rig.daemon.alive
    rig.listener.close()
    assert rig.daemon.stop() == 0
    rig.daemon.check_log()


@pytest.fixture
def rig(shared_rig: Rig) -> Iterator[Rig]:
    """The shared daemon with the honest model; and after the test as well, nothing stuck and every voice to be had."""
    rig = shared_rig
    if rig.status().model != "honest":
        rig.load("honest")
    rig.forget()
    yield rig
    assert rig.daemon.alive, rig.daemon.log
    assert rig.falls_silent(SOON_S), f"a voice is stuck: {rig.status()}"
    if rig.status().model != "honest" or not rig.daemon.decoders():
        rig.load("honest")
    rig.forget()
    for i in range(VOICES):
        rig.play(note=45 + i, seconds=5.0)
    assert until(lambda: rig.events()["/voice/on"] == VOICES, SOON_S), f"voices are lost: {rig.events()}"
    assert rig.falls_silent(SOON_S)


@pytest.fixture
def manager(model_folder: Path) -> ModelManager:
    """A manager of decoders in this process, which nobody listens to."""
    engine = Engine(4, 48_000, render_scratch_floats(), sinc_table())
    link = RendererLink(engine)
    link.tell = lambda *record: True  # type: ignore[method-assign]
    opener = Opener(engine, model_folder, device="cpu", threads=1, look_ahead=1, iterations=2)
    return ModelManager(opener, Contexts(engine, link), Listener())
