"""A model that decodes knots sounds as the one that decodes every frame between them, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts.knotted import BANDS, FRAMES, KNOTS, write_both
from parts.listening import Sound

RATE = 48_000
SCORES: dict[str, list[tuple[float, str, tuple[float | str, ...]]]] = {
    "a note": [(0.0, "/play", (60, 0.1, 0.2))],
    "stretched, across knots": [(0.0, "/stretch", (1.7,)), (0.0, "/play", (48, 0.5, -0.3))],
    "squeezed": [(0.0, "/stretch", (0.3,)), (0.0, "/play", (72, -0.5, 0.3))],
    "moved while it sounds": [(0.0, "/voice/new", (1, 55.5, 0.0, 0.0)), (0.4, "/voice/set", (1, "z", 1.5, -1.0))],
    "a glide": [(0.0, "/interp", (60, 0.6, -1.0, 0.5, 1.0, -0.5))],
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineEngine]:
    folder = tmp_path_factory.mktemp("models")
    write_both(folder)
    settings = [f"model.folder={folder}", "model.name=frames", "model.device=cpu", "engine.voices=4", "engine.spare=2"]
    made = OfflineEngine(load_config(None, settings), RATE)
    yield made
    assert made.engine.intact()
    made.close()


def played(engine: OfflineEngine, model: str, score: str) -> Sound:
    engine.execute([Message("/load", (model,), ""), Message("/stretch", (1.0,), "")])
    begin_s = engine.timeline.frame / RATE
    moments = [
        Moment(round((begin_s + 0.01 + at_s) * 1e9), (Message(path, args, ""),)) for at_s, path, args in SCORES[score]
    ]
    sound = engine.play(moments)
    assert engine.errors == []
    return sound


@pytest.mark.parametrize("score", SCORES)
def test_knots_sound_as_all_frames_do(engine: OfflineEngine, score: str) -> None:
    knots, frames = played(engine, "knots", score), played(engine, "frames", score)
    assert np.abs(frames).max() > 0.01
    onset = int(np.argmax(frames[0] != 0.0)) - int(np.argmax(knots[0] != 0.0))
    size = min(knots.shape[1], frames.shape[1]) - abs(onset)
    first = np.argmax(knots[0] != 0.0), np.argmax(frames[0] != 0.0)
    np.testing.assert_array_equal(knots[:, first[0] : first[0] + size], frames[:, first[1] : first[1] + size])


def test_a_block_holds_the_knots_only(engine: OfflineEngine) -> None:
    engine.execute([Message("/load", ("knots",), "")])
    assert engine.models.current is not None
    decoder = engine.models.current.decoder
    assert decoder.pool.shape == (decoder.n_blocks, len(KNOTS), BANDS)
    assert decoder.to_encode.shape == (FRAMES, BANDS)


def test_the_length_is_that_of_the_frames(engine: OfflineEngine) -> None:
    engine.execute([Message("/load", ("knots",), "")])
    assert engine.models.current is not None
    assert engine.models.current.seconds == pytest.approx((1024 + (FRAMES - 1) * 256 - 512) / RATE)
