"""A model without pitch decodes one note for every key, and the key resamples it: streamed as resampled afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from oscvae.model.torchscript import save, script
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from oscvae.spectral.resample import half_width, make_table, resample
from oscvae.units import semitones_to_ratio
from parts.knotted import Knotted, knotted_document
from parts.listening import Sound

RATE = 48_000
ROOT_NOTE = 61
Z = (0.3, -0.4)
FAITHFUL = 2e-4
"""Of the peak: between a sound resampled as it is made, and one resampled as a whole in float32."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineEngine]:
    """Its test model's level follows the semitone, so a key that reached the network would be heard."""
    folder = tmp_path_factory.mktemp("models")
    save(script(Knotted(whole=False)), knotted_document(), folder / "pitched.ts")
    unpitched = knotted_document(pitched=False, root_note=ROOT_NOTE)
    save(script(Knotted(whole=False)), unpitched, folder / "unpitched.ts")
    settings = [f"model.folder={folder}", "model.name=pitched", "model.device=cpu", "engine.voices=4", "engine.spare=2"]
    made = OfflineEngine(load_config(None, settings), RATE)
    yield made
    assert made.engine.intact()
    made.close()


def played(engine: OfflineEngine, model: str, note: float, bend: float = 0.0) -> Sound:
    """One channel of a note, from its first sample on."""
    engine.execute([Message("/load", (model,), ""), Message("/bend", (bend,), "")])
    due_ns = round((engine.timeline.frame / RATE + 0.01) * 1e9)
    sound = engine.play([Moment(due_ns, (Message("/play", (note, *Z), ""),))])
    assert engine.errors == []
    engine.execute([Message("/bend", (0.0,), "")])
    heard = sound[0]
    return heard[int(np.argmax(heard != 0.0)) :]


def test_the_root_sounds_as_the_network_says(engine: OfflineEngine) -> None:
    pitched, unpitched = played(engine, "pitched", ROOT_NOTE), played(engine, "unpitched", ROOT_NOTE)
    size = min(pitched.size, unpitched.size)
    assert np.abs(pitched).max() > 0.01
    np.testing.assert_array_equal(unpitched[:size], pitched[:size])


@pytest.mark.parametrize("note", [ROOT_NOTE - 4.5, ROOT_NOTE + 24])
def test_a_key_is_the_root_resampled(engine: OfflineEngine, note: float) -> None:
    root, heard = played(engine, "unpitched", ROOT_NOTE), played(engine, "unpitched", note)
    step = float(semitones_to_ratio(note - ROOT_NOTE))
    margin = int(half_width(step)) + 1
    size = min(heard.size, int((root.size - 2 * margin) / step)) - 1
    history = np.concatenate([np.zeros(margin, np.float32), root.astype(np.float32), np.zeros(margin, np.float32)])
    expected = np.empty(size, np.float32)
    resample(make_table(), history, float(margin), step, expected, size)
    begin, end = RATE // 20, size - RATE // 20  # between the first rise and the last fade, which are not resampled
    assert end - begin > RATE // 10
    np.testing.assert_allclose(heard[begin:end], expected[begin:end], atol=FAITHFUL * np.abs(root).max())


def test_bend_resamples_as_a_key_does(engine: OfflineEngine) -> None:
    bent, key = played(engine, "unpitched", ROOT_NOTE, bend=2.0), played(engine, "unpitched", ROOT_NOTE + 2)
    size = min(bent.size, key.size)
    np.testing.assert_array_equal(bent[:size], key[:size])
