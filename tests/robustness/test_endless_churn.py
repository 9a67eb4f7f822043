"""Nothing is lost where endless voices, notes and blends come and go in any interleaving, in several parts.

A few thousand commands in the suite; OSCVAE_SOAK=1 pytest -m soak sends 100,000 (make soak).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from parts import SOAK
from parts.knotted import write_both
from parts.nn_models import WithRate, write_foreign
from parts.playing import encode
from parts.streaming import BANDS, RATE, write_mirror, write_ramp, write_sines
from robustness.books import check_books, check_rest, obey, render
from robustness.churn import Churn, Command

pytestmark = pytest.mark.soak

COMMANDS = 100_000 if SOAK else 1_000
LOADS = 100 if SOAK else 8
DIMS = {"ramp": 2, "sines": 4, "mirror": BANDS, "noisy": 4, "knots": 2}
RECORDINGS = ("low", "high", "short", "nothing")  # the last is none
PARTS = "model.parts={2: sines, 5: knots}"
LONGEST_S = 12.0
GROWTH_BYTES = 6 << 20
_EARNED = (
    *("no voice", "busy", "has changed", "is no blend", "no recording was encoded", "encodes no recordings"),
    "numbers that are not finite",  # beyond the ramp's trap, where a point may lie by chance
    "dimensions, not",  # what is said in one part of a blend in another, whose model has others
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[OfflineEngine]:
    write_ramp(tmp_path / "ramp.ts")
    write_sines(tmp_path / "sines.ts")
    write_mirror(tmp_path / "mirror.ts")
    write_foreign(tmp_path / "noisy.ts", WithRate(noise=0.01, ratio=960))
    write_both(tmp_path)
    for name, hz, seconds in (("low", 300.0, 1.0), ("high", 2000.0, 0.7), ("short", 900.0, 0.01)):
        sound = 0.3 * np.sin(2.0 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE)
    settings = [f"model.folder={tmp_path}", "model.name=ramp", "model.device=cpu", "model.streams=3", PARTS]
    made = OfflineEngine(load_config(None, [*settings, "engine.voices=10", "engine.spare=3"]), RATE)
    yield made
    made.close()


def blending(churn: Churn) -> Command:
    """A command that only blends obey, or one that is too much for what sounds."""
    draw = churn.random
    number = draw.randint(0, 5)
    if draw.random() < 0.4:
        a, b = draw.choices(RECORDINGS, (4, 4, 4, 1), k=2)
        return ("/blend", number, a, b, draw.uniform(-1.0, 2.0), draw.choice((-4.0, -1.0, 0.0, 0.3, 1.0, 4.0)), 0.5)
    if draw.random() < 0.2:
        return ("/curve", number, 0.0, draw.uniform(-1.0, 2.0), draw.random(), 1.0)
    name = draw.choice(("mix", "rate", "position", "loop", "loop", "bend"))
    return ("/voice/set", number, name, draw.uniform(-1.0, 1.0) if name != "loop" else draw.choice((0.0, 1.0)))


@pytest.mark.timeout(0 if SOAK else 300)
def test_any_interleaving_of_streams_leaves_nothing_behind(
    engine: OfflineEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "oscvae")
    churns = {name: Churn(seed, dims) for seed, (name, dims) in enumerate(DIMS.items())}
    draw = churns["ramp"].random
    process = psutil.Process()
    sent = n_loads = most_models = n_streams = 0
    resident: tuple[list[int], list[int]] = ([], [])
    parts = list(engine.parts.in_use)
    assert len(parts) == 3
    while sent < COMMANDS:
        commands: list[Command] = []
        for part in draw.sample(parts, draw.choice((1, 1, 2))):  # of one moment
            current = part.models.current
            assert current is not None
            churn = churns[current.name]
            its = churn.bundle() if draw.random() < 0.7 else [blending(churn)]
            if draw.random() < 0.03:
                its.append(("/freeze", draw.randint(0, 1)))
            commands += [(part.address(str(address)), *args) for address, *args in its]
        sent += len(commands)
        due_ns = None
        if draw.random() < 0.2:
            due_ns = round((engine.timeline.frame + draw.randrange(2400)) * 1e9 / RATE)
        obey(engine, commands, due_ns)
        if sent * LOADS // COMMANDS > n_loads:
            n_loads += 1
            obey(engine, [(draw.choice(parts).address("/load"), draw.choice(list(DIMS)))])
            if engine.models.current is not None and engine.models.current.name == "mirror":
                for name in RECORDINGS[:-1]:
                    encode(engine, tmp_path / f"{name}.wav", name)
        most_models = max(most_models, len(list(engine.contexts)))
        n_streams = max(n_streams, sum(voice.loaded.document.is_endless for voice in engine.pool))
        for _ in range(draw.choice((0, 0, 1, 1, 2, 4))):
            render(engine, draw.choice((1, 16, 64, 128, 200)))
        check_books(engine)
        assert [text for text in engine.errors if not any(part in text for part in _EARNED)] == []
        engine.errors.clear()
        if sent > COMMANDS // 3:
            resident[sent > COMMANDS * 2 // 3].append(process.memory_info().rss)
    for part in parts:
        obey(
            engine, [(part.address(address), *args) for address, *args in (("/sustain", 0), ("/freeze", 0), ("/stop",))]
        )
    frames = 0
    while not engine.pool.idle and frames < LONGEST_S * RATE:
        render(engine, 512)
        frames += 512
    render(engine, 512)
    engine.contexts.collect()
    render(engine, 512)
    check_rest(engine)
    grown = min(resident[1]) - min(resident[0])
    assert grown < GROWTH_BYTES, f"{grown / 2**20:.1f} MiB more in the last third of the commands than in the second"
    assert n_streams > 2 and most_models > 3, "it was too easy"
    assert engine.engine.word(at.E_UNDERRUNS) == engine.engine.word(at.E_CHUNKS_LATE) == 0
