"""Real RAVE exports, untrained, through the engine: what is promised of nn~ models holds for them.

Some seconds of each where they are; make soak makes them if it can, and plays for ten minutes (`parts.rave`).
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from oscvae.decode.noise import Noise
from oscvae.decode.rows import find_rows
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts import SOAK
from parts.daemon import Daemon
from parts.listening import Sound
from parts.playing import encode, heard, level_db, load, send, silence
from parts.rave import NAMES, models_folder
from parts.waiting import until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0 if SOAK else 900)]

RATE = 44_100  # the models' own: what is heard is what is decoded
DIMS = 16
FRAMES = 12  # of a whole that is decoded in chunks
SOUND_S = 0.4
PLAYING_S = 600.0 if SOAK else 5.0
LOADS = 20 if SOAK else 2
GROWTH_BYTES = 8 << 20
ANSWER_S = 120.0
POINTS = np.random.default_rng(1).uniform(-2.0, 2.0, (8, DIMS))

Make = Callable[..., OfflineEngine]


@pytest.fixture(scope="session")
def rave() -> Path:
    found = models_folder()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def make(rave: Path) -> Iterator[Make]:
    """`make(name, "model.streams=2")`: an engine that plays it."""
    made: list[OfflineEngine] = []

    def begin(name: str, *settings: str) -> OfflineEngine:
        usual = [f"model.folder={rave}", f"model.name={name}", "model.device=cpu", "model.streams=4"]
        engine = OfflineEngine(load_config(None, [*usual, "engine.voices=8", "engine.gain_db=0", *settings]), RATE)
        made.append(engine)
        return engine

    yield begin
    for engine in made:
        assert engine.engine.intact()
        engine.close()


def begin(engine: OfflineEngine, number: int, velocity: float = 1.0) -> None:
    send(engine, "/voice/new", number, 60.0, *POINTS[number], velocity)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_rave_decodes_in_chunks_is_what_it_decodes_whole(rave: Path, name: str) -> None:
    import torch

    from oscvae.model.torchscript import load_nn_tilde

    module, described = load_nn_tilde(rave / f"{name}.ts", "cpu", 0)
    assert len(described["latent"]["mean"]) == DIMS
    noise = Noise(torch, "cpu")
    try:
        noise._fill = lambda x, draw: x.zero_()  # type: ignore[method-assign]  # a whole draws it in another order

        def decode(points: Any, seeds: list[tuple[int, int]]) -> Any:
            return module.decode(torch.from_numpy(points)).mean(1)

        points = np.random.default_rng(2).standard_normal((3, DIMS, FRAMES)).astype(np.float32)
        with torch.inference_mode():
            rows = find_rows(torch, module, decode, (DIMS, 1), 3)
            assert rows is not None
            for voice in range(3):
                rows.begin(voice)
            rows.bring([0, 1])
            whole = decode(points[:2], [])
            for voice in range(3):
                rows.begin(voice)
            chunks: list[list[Any]] = [[], [], []]
            for first, voices in ((0, [0, 1]), (0, [2, 2]), (1, [1, 2]), (1, [0, 0]), (2, [2, 0, 1, 1])):
                last = FRAMES if first == 2 else first + 1
                for frame in range(first, last):
                    rows.bring(voices)
                    out = decode(np.ascontiguousarray(points[voices, :, frame : frame + 1]), [])
                    rows.keep(list(dict.fromkeys(voices)) if len(set(voices)) > 1 else voices[:1])
                    for voice in dict.fromkeys(voices):
                        chunks[voice].append(out[voices.index(voice)])
        for voice in (0, 1):
            told = torch.cat(chunks[voice])
            assert float(whole[voice].abs().max()) > 1e-4
            torch.testing.assert_close(told, whole[voice], atol=1e-6, rtol=1e-4)
    finally:
        noise.close()


@pytest.mark.parametrize("name", NAMES)
def test_each_of_four_voices_is_the_same_bits_as_alone(make: Make, name: str) -> None:
    for number in range(4):
        together, alone = make(name), make(name)
        for other in range(number):  # its noise is of a voice's number
            begin(alone, other, 0.0)
        silence(alone)
        begin(alone, number)
        for other in range(4):
            begin(together, other, float(other == number))
        sound = heard(together, SOUND_S)
        assert together.errors == [] and level_db(sound) > -75.0
        np.testing.assert_array_equal(sound, heard(alone, SOUND_S))
        together.close()
        alone.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_voice_hears_nothing_of_the_one_before_it(make: Make, name: str) -> None:
    def second(first: int) -> Sound:
        engine = make(name, "model.streams=1")
        begin(engine, first)
        heard(engine, 0.3)
        silence(engine)
        begin(engine, 7)
        return heard(engine, SOUND_S)

    np.testing.assert_array_equal(second(0), second(1))


@pytest.mark.parametrize("name", NAMES)
def test_the_oldest_voice_of_a_rave_gives_way(make: Make, name: str) -> None:
    engine = make(name, "model.streams=2")
    for number in range(5):
        begin(engine, number)
        heard(engine, 0.1)
    heard(engine, 0.3)
    assert [voice.asked.id for voice in engine.pool] == [3, 4]
    assert level_db(heard(engine, SOUND_S)) > -75.0
    assert engine.errors == []


@pytest.mark.parametrize("name", NAMES)
def test_a_rave_that_was_loaded_away_and_back_plays_as_before(make: Make, name: str) -> None:
    engine = make(name)
    begin(engine, 0)
    heard(engine, SOUND_S)
    silence(engine)
    for _ in range(LOADS):
        load(engine, "tiny" if name != "tiny" else "v2_small")
        begin(engine, 1)
        assert level_db(heard(engine, SOUND_S)) > -75.0
        load(engine, name)  # while that one sounds
        begin(engine, 0)
        assert level_db(heard(engine, SOUND_S)) > -75.0
        send(engine, "/stop")
        heard(engine, 0.5)
    assert engine.errors == []


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_encoded_in_parts_is_what_it_is_whole(rave: Path, name: str) -> None:
    import torch

    from oscvae.model.nn_tilde import encoder_channels
    from oscvae.model.torchscript import load_nn_tilde

    module, described = load_nn_tilde(rave / f"{name}.ts", "cpu", 0)
    assert encoder_channels(module, DIMS, described["ratio"]) == 1
    noise = Noise(torch, "cpu")
    try:
        noise._fill = lambda x, draw: x.zero_()  # type: ignore[method-assign]
        initial = [torch.zeros_like(buffer) for buffer in module.buffers()]

        def points(*lengths: int) -> Any:
            for (buffer_name, buffer), zeros in zip(module.named_buffers(), initial, strict=True):
                if buffer_name.rpartition(".")[2] in ("pad", "cache"):
                    buffer.copy_(zeros)
            parts = torch.from_numpy(sound)[None, None].split([length * described["ratio"] for length in lengths], 2)
            return torch.cat([module.encode(part) for part in parts], 2)

        sound = np.random.default_rng(3).uniform(-0.3, 0.3, FRAMES * described["ratio"]).astype(np.float32)
        with torch.inference_mode():
            whole = points(FRAMES)
            assert tuple(whole.shape) == (1, DIMS, FRAMES)
            torch.testing.assert_close(points(1, 2, FRAMES - 3), whole, atol=1e-5, rtol=1e-4)
    finally:
        noise.close()


@pytest.mark.parametrize("name", NAMES)
def test_two_recordings_are_blended_and_the_same_each_time(make: Make, tmp_path: Path, name: str) -> None:
    t = np.arange(2 * RATE) / RATE
    tone = 0.2 * sum(np.sin(2.0 * np.pi * 110.0 * n * t) / n for n in range(1, 12))
    hiss = np.random.default_rng(4).uniform(-0.3, 0.3, t.size) * (0.5 - 0.5 * np.cos(2.0 * np.pi * 2.0 * t))
    for handle, sound in (("tone", tone), ("hiss", hiss)):
        soundfile.write(tmp_path / f"{handle}.wav", sound, RATE)
    renderings = []
    for _ in range(2):
        engine = make(name)
        for handle in ("tone", "hiss"):
            encode(engine, tmp_path / f"{handle}.wav", handle)
        send(engine, "/blend", 1, "tone", "hiss", 0.4, 1.0, 1.0)
        sound = heard(engine, 2.6)
        assert engine.errors == [] and level_db(sound[: 2 * RATE]) > -75.0
        assert engine.pool.idle, "it ends with its recordings"
        renderings.append(sound)
        engine.close()
    np.testing.assert_array_equal(*renderings)


@pytest.mark.parametrize("name", NAMES)
def test_playing_a_rave_takes_no_more_memory_with_time(rave: Path, tmp_path: Path, name: str) -> None:
    settings = ("audio.backend=silent", f"model.folder={rave}", f"model.name={name}", "model.streams=4")
    seconds = PLAYING_S / 10.0 if name == "tiny" else PLAYING_S  # which is a v2 of another size
    draw = random.Random(1)
    with Daemon(*settings, folder=tmp_path) as daemon:
        daemon.wait_ready()
        client = daemon.client
        resident: list[tuple[int, int]] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            number = draw.randint(1, 6)
            z = [draw.uniform(-2.0, 2.0) for _ in range(DIMS)]
            if draw.random() < 0.5:
                client.send("/voice/new", number, draw.uniform(50.0, 70.0), *z, 0.5)
            elif draw.random() < 0.7:
                client.send("/voice/set", number, "z", *z)
            else:
                client.send("/voice/stop", number)
            client.drain()
            time.sleep(0.1)
            (decoder,) = daemon.decoders()
            resident.append((decoder.memory_info().rss, psutil.Process(daemon.process.pid).memory_info().rss))
        daemon.quiet(ANSWER_S)
        assert until(lambda: daemon.status().voices == 0, ANSWER_S)
        assert daemon.stop() == 0
        daemon.check_log()
    if SOAK:
        quarter = len(resident) // 4
        for kind, told in zip(("decoder", "daemon"), zip(*resident, strict=True), strict=True):
            earlier, later = (statistics.median(part) for part in (told[quarter : 2 * quarter], told[-quarter:]))
            assert later - earlier < GROWTH_BYTES, f"the {kind} took {(later - earlier) / 2**20:.1f} MiB more"
