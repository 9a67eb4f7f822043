"""The offline engine, played by hand: messages in, seconds of sound out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine
from oscvae.sound.trajectory import read_trajectory
from parts.listening import Sound

BLOCK = 128


def load(engine: OfflineEngine, name: str) -> None:
    """Play that model from here on."""
    assert engine.models.current is not None
    if engine.models.current.name != name:
        engine.execute([Message("/load", (name,), "")])


def send(engine: OfflineEngine, address: str, *args: float | str) -> None:
    engine.execute([Message(address, args, "")])


def encode(engine: OfflineEngine, path: Path, handle: str) -> None:
    """Have the model know the recording in a file."""
    engine.encode(*read_trajectory(path, engine.encoding), handle)


def heard(engine: OfflineEngine, seconds: float) -> Sound:
    """The next seconds of the left output."""
    blocks = []
    for _ in range(round(seconds * engine.rate / BLOCK)):
        out = np.zeros((2, BLOCK), np.float32)
        engine.render_block(BLOCK, out)
        blocks.append(out[0])
    return np.concatenate(blocks)


def silence(engine: OfflineEngine) -> None:
    """End what sounds."""
    send(engine, "/panic")
    heard(engine, 0.1)


def level_db(sound: Sound) -> float:
    """Its root mean square."""
    return float(20.0 * np.log10(np.sqrt(np.mean(sound.astype(np.float64) ** 2)) + 1e-9))
