"""The model of hits that ships: in tune, its effects where it says, each of them a preset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from oscvae.model.document import ModelDocument, ModelDocument2
from oscvae.model.torchscript import has_encoder, load, one_hots, to_frames, verify
from oscvae.osc.packets import Message
from oscvae.play.models.loaded import factory_presets, find_preset
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from oscvae.sound.envelope import brightness_hz
from oscvae.training.effects.bank import BANK, BY_NAME
from oscvae.training.effects.spectra import Analyser
from oscvae.training.evaluate.metrics import pitch
from oscvae.training.synth.hits import draw_patch, hit
from parts.silent import LOAD_S, SilentDaemon

PATH = Path(__file__).parents[2] / "models" / "hits.ts"
RATE = 48_000


@pytest.fixture(scope="module")
def model() -> tuple[Any, ModelDocument]:
    return load(PATH)


def test_it_keeps_its_word(model: tuple[Any, ModelDocument]) -> None:
    module, document = model
    verify(module, document)
    assert has_encoder(module)
    assert PATH.stat().st_size < 10_000_000
    assert isinstance(document, ModelDocument2)
    assert document.pads == ("sound", "effect")
    assert document.licence == "MIT"


def test_it_is_in_tune_at_random_notes_and_latents(model: tuple[Any, ModelDocument]) -> None:
    found = pitch(*model, count=30)
    assert found.median_cents < 1.0
    assert found.within_10_cents >= 0.9


def test_every_effect_is_a_preset_that_goes_to_its_place(model: tuple[Any, ModelDocument]) -> None:
    _, document = model
    presets = factory_presets(document.points, document.latent)
    assert list(presets) == [effect.name for effect in BANK]
    place = document.training["effects"][BY_NAME["moog-400"]]["place"]
    found = find_preset(presets, "moog-400")
    assert found is not None
    assert found[2:] == pytest.approx(place, abs=2e-4)


def test_a_filter_that_closes_along_the_pad_takes_the_highs_away(model: tuple[Any, ModelDocument]) -> None:
    module, document = model
    axis = document.band_axis()
    hz = axis.centre * document.sample_rate / document.n_fft
    presets = factory_presets(document.points, document.latent)
    sound = presets["dry"][:2]
    octave, semitone = one_hots([52], document.first_octave)
    above = []
    for name in ("dry", "moog-1600", "moog-400", "moog-100"):
        z = torch.tensor([[*sound, *document.training["effects"][BY_NAME[name]]["place"]]])
        with torch.inference_mode():
            x = to_frames(module(z, octave, semitone), document)[0].numpy()
        power = np.where(x > -1.0, 10.0 ** (0.05 * document.range_db * x), 0.0).sum(axis=1) * axis.width()
        above.append(10.0 * np.log10(power[hz > 800.0].sum() / power.sum()))
    assert above[0] > above[1] > above[2] > above[3] - 1.0
    assert above[0] - above[2] > 6.0


def test_a_recording_takes_the_effect_of_another_and_stays_what_it_is(
    model: tuple[Any, ModelDocument], tmp_path: Path
) -> None:
    """Both were never trained on, nor was the second of the effects. The effect so taken is worth 1.2 to 14.4 dB."""
    module, document = model
    analyser = Analyser(document)
    hits, effects = (1917, 1933), ("dry", "moog-200", "moog-800-r50")
    notes, codes, spectra = {}, {}, {}
    daemon = SilentDaemon(tmp_path, "model.name=hits")
    try:
        for number in hits:
            patch = draw_patch(1, number, document.note_min, document.note_max)
            notes[number] = round(patch.note)
            dry = hit(patch, RATE, RATE, number)
            for effect in effects:
                sound = BANK[BY_NAME[effect]](dry, RATE)
                spectra[number, effect] = analyser(sound)
                name = f"{number}-{effect}.wav"
                soundfile.write(
                    daemon.sounds_folder / name, np.pad(sound, (2400, 0)) / (2.0 * np.abs(sound).max()), RATE
                )
                answer, (_, file, note, *found) = daemon.ask("/encode", name, notes[number], timeout_s=LOAD_S)
                assert (answer, file, note) == ("/done", name, notes[number])
                codes[number, effect] = found[: document.latent_size]
    finally:
        daemon.close()

    def away_db(number: int, z: list[float], effect: str) -> float:
        """Of what a point decodes to from the hit under the effect."""
        octave, semitone = one_hots([notes[number]], document.first_octave)
        with torch.inference_mode():
            x = to_frames(module(torch.tensor([z]), octave, semitone), document)[0].numpy()
        return float(np.sqrt(np.mean((0.5 * document.range_db * (x.clip(-1.0, 1.0) - spectra[number, effect])) ** 2)))

    for number, other in (hits, hits[::-1]):
        for effect in effects[1:]:
            own, taken = codes[number, "dry"], [*codes[number, "dry"][:2], *codes[other, effect][2:]]
            assert away_db(number, taken, effect) < away_db(number, own, effect) - 1.0, (number, effect)


@pytest.fixture(scope="module")
def engine() -> Iterator[OfflineEngine]:
    engine = OfflineEngine(load_config(None, ["model.name=hits"]), RATE)
    yield engine
    engine.close()


@pytest.mark.parametrize("way", ["/preset/recall", "/z/3", "/pad/2", "/glide"])
def test_an_effect_is_swept_under_a_note_that_rings(engine: OfflineEngine, way: str) -> None:
    """By each of the ways to its place the filter closes, a quarter of a second into the note."""
    document, presets = engine.models.current.document, engine.models.current.presets
    place = document.training["effects"][BY_NAME["moog-100"]]["place"]
    low, high = document.latent.low[2:], document.latent.high[2:]
    unit = [(value - at) / (to - at) for value, at, to in zip(place, low, high, strict=True)]
    moved = {
        "/preset/recall": [("/preset/recall", "moog-100")],
        "/z/3": [("/z/3", place[0]), ("/z/4", place[1])],
        "/pad/2": [("/pad/2", *unit)],
        "/glide": [("/glide", 0.1, *presets["dry"][:2], *place)],
    }
    sounds = []
    for moves in ([], moved[way]):
        engine.execute([Message("/preset/recall", ("dry",), ""), Message("/note", (45, 100), "")])
        before = rendered(engine, 0.25)
        engine.execute([Message(address, tuple(args), "") for address, *args in moves])
        sounds.append((before, rendered(engine, 0.5)))
        engine.execute([Message("/note", (45, 0), ""), Message("/panic", (), "")])
        rendered(engine, 0.5)
    assert engine.errors == []
    assert np.array_equal(sounds[0][0], sounds[1][0])
    stayed, closed = (brightness_hz(after[RATE // 4 :], RATE) for _, after in sounds)
    assert closed < 0.7 * stayed


def rendered(engine: OfflineEngine, seconds: float) -> np.ndarray:
    out = np.zeros((2, round(seconds * RATE)), np.float32)
    for at in range(0, out.shape[1], 120):
        block = np.ascontiguousarray(out[:, at : at + 120])
        engine.render_block(120, block)
        out[:, at : at + 120] = block
    return out[0]
