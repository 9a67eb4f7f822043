"""nn~ models through the engine: whatever keeps the contract plays, whatever it brings along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from oscvae.errors import OscvaeError
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts.daemon import Daemon
from parts.listening import Sound
from parts.nn_models import (
    RATE,
    Combined,
    Labelled,
    NnTilde,
    NoDecoder,
    WithBuffer,
    WithRate,
    Wrapped,
    write_foreign,
)
from parts.playing import heard, level_db, load, send, silence
from parts.waiting import until

OCTAVES = (2.0, 2.6, 3.1, 3.7)
MADE = {
    "attribute": WithRate(),
    "buffer": WithBuffer(),
    "combined": Combined(),
    "wrapped": Wrapped(),
    "labelled": Labelled(),
    "long": WithRate(ratio=4096),
    "short": WithRate(ratio=128),
    "odd": WithRate(ratio=960),
    "wide": WithRate(size=128),
    "stereo": WithRate(channels=2),
    "noisy": WithRate(noise=0.05),
    "stuttering": WithRate(stutters=300),
    "mortal": WithRate(fails_after=94),
    "slow": WithRate(work=8000),
    "rateless": NnTilde(),
    "nothing": NoDecoder(),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    for name, module in MADE.items():
        write_foreign(made / f"{name}.ts", module)
    return made


def settings(folder: Path, *more: str) -> list[str]:
    return [
        f"model.folder={folder}",
        "model.name=attribute",
        "model.device=cpu",
        "model.streams=2",
        "engine.voices=4",
        "engine.spare=2",
        "engine.gain_db=0",
        *more,
    ]


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[OfflineEngine]:
    made = OfflineEngine(load_config(None, settings(folder)), RATE)
    yield made
    assert made.engine.intact()
    made.close()


@pytest.fixture
def engine(shared: OfflineEngine) -> Iterator[OfflineEngine]:
    shared.errors.clear()
    yield shared
    assert shared.errors == []
    silence(shared)


def played(engine: OfflineEngine, name: str, seconds: float = 0.4, note: float = 60.0) -> Sound:
    """A note of a model, from its first sample on."""
    load(engine, name)
    dims = engine.models.info().dims
    send(engine, "/play", note, *(OCTAVES * 32)[:dims])
    sound = heard(engine, seconds)
    silence(engine)
    return sound


@pytest.mark.parametrize(
    "name", ["buffer", "combined", "wrapped", "labelled", "long", "short", "odd", "wide", "stereo", "stuttering"]
)
def test_a_model_that_keeps_the_contract_plays(engine: OfflineEngine, name: str) -> None:
    assert level_db(played(engine, name)[RATE // 5 :]) > -40.0


@pytest.mark.parametrize("name", ["buffer", "combined", "wrapped", "stereo", "long"])
def test_wherever_a_model_keeps_its_decoder_it_sounds_the_same(engine: OfflineEngine, name: str) -> None:
    np.testing.assert_allclose(played(engine, name), played(engine, "attribute"), atol=2e-3)


def test_a_model_without_a_document_says_what_it_is(engine: OfflineEngine) -> None:
    load(engine, "labelled")
    assert engine.models.current is not None
    document = engine.models.current.document
    assert (document.name, document.sample_rate, document.latent_size) == ("labelled", RATE, 4)
    assert getattr(document, "labels", None) == ("pitch", "body", "air", "dust")
    assert document.latent.low == (-3.0,) * 4
    assert document.reach[1] == (6.0,) * 4


def test_noise_that_a_model_brings_repeats(engine: OfflineEngine, folder: Path) -> None:
    other = OfflineEngine(load_config(None, settings(folder, "model.name=noisy")), RATE)
    again = OfflineEngine(load_config(None, settings(folder, "model.name=noisy")), RATE)
    try:
        first = played(other, "noisy")
        np.testing.assert_array_equal(first, played(again, "noisy"))
        assert level_db(first - played(engine, "attribute")) > -40.0
    finally:
        other.close()
        again.close()


def test_a_model_that_fails_while_it_sounds_ends_its_voice_and_the_next_note_plays(engine: OfflineEngine) -> None:
    load(engine, "mortal")
    send(engine, "/play", 60.0, *OCTAVES)
    assert level_db(heard(engine, 0.5)) > -40.0
    heard(engine, 2.0)
    assert engine.pool.idle
    assert engine.errors.pop().endswith("the model 'mortal' failed: the voice ends")
    assert level_db(played(engine, "mortal")) > -40.0


def test_a_model_that_is_too_slow_plays_fewer_voices_and_says_so(folder: Path, tmp_path: Path) -> None:
    with Daemon(*settings(folder, "model.name=slow", "audio.backend=silent"), folder=tmp_path) as daemon:
        daemon.wait_ready()
        assert "1 voices at once, not 2" in daemon.log
        for number in (1, 2):
            daemon.client.send("/voice/new", number, 60.0, *OCTAVES)
        daemon.settle()
        assert until(lambda: daemon.status().voices == 1, 10.0)


def test_what_nobody_waits_for_has_all_its_voices_however_slow_it_is(engine: OfflineEngine) -> None:
    load(engine, "slow")
    for number in (1, 2):
        send(engine, "/voice/new", number, 60.0, *OCTAVES)
    assert level_db(heard(engine, 0.1)) > -40.0
    assert len(engine.pool) == 2


@pytest.mark.parametrize("name", ["noisy", "attribute", "wide", "stuttering"])
def test_a_voice_is_the_same_bits_whoever_sounds_beside_it(folder: Path, name: str) -> None:
    sounds = []
    for others in (0, 3):
        engine = OfflineEngine(load_config(None, settings(folder, f"model.name={name}", "model.streams=4")), RATE)
        try:
            points = (OCTAVES * 32)[: engine.models.info().dims]
            send(engine, "/play", 60.0, *points)
            sounds.append([heard(engine, 0.3)])
            for number in range(others):
                send(engine, "/voice/new", number, 55.0 + number, *points, 0.0)
            sounds[-1].append(heard(engine, 0.3))
            assert engine.errors == []
        finally:
            engine.close()
    np.testing.assert_array_equal(sounds[0], sounds[1])


def test_a_rate_that_a_model_does_not_say_is_the_configurations(folder: Path) -> None:
    with pytest.raises(OscvaeError, match=r"says no sample rate.*model\.sample_rate"):
        OfflineEngine(load_config(None, settings(folder, "model.name=rateless")), RATE)
    engine = OfflineEngine(load_config(None, settings(folder, "model.name=rateless", "model.sample_rate=24000")), RATE)
    try:
        assert engine.models.current is not None
        assert engine.models.current.document.sample_rate == 24_000
        assert level_db(played(engine, "rateless")) > -40.0
    finally:
        engine.close()


def test_a_file_that_is_no_model_at_all_is_refused_in_one_line(folder: Path) -> None:
    with pytest.raises(OscvaeError, match=r"nothing\.ts.*no oscvae\.json.*decode_params") as refused:
        OfflineEngine(load_config(None, settings(folder, "model.name=nothing")), RATE)
    assert "\n" not in str(refused.value)
