"""Endless voices at a live daemon: what its port gives is the rendering, and what ends them or their decoder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from e2e.streamed import PLAIN, check
from oscvae.app import render
from oscvae.settings.sections import load_config
from oscvae.sound.files import LONGEST_S
from parts.jackd import JackServer
from parts.nn_models import Labelled, NoDecoder, write_foreign
from parts.silent import ANSWER_S, LOAD_S, SilentDaemon
from parts.stage import Stage
from parts.streaming import RATE, write_mirror, write_ramp, write_sines
from parts.waiting import until

HERE, QUIETER = (0.0, 0.0), (1.0, 0.5)
OCTAVES = (2.0, 2.6, 3.1, 3.7)


def write_models(folder: Path) -> Path:
    folder.mkdir()
    write_ramp(folder / "ramp.ts")
    write_sines(folder / "sines.ts")
    write_mirror(folder / "mirror.ts")
    return folder


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SilentDaemon]:
    folder = tmp_path_factory.mktemp("endless")
    made = SilentDaemon(folder, f"model.folder={write_models(folder / 'models')}", "model.name=ramp")
    yield made
    made.close()


def voices(daemon: SilentDaemon) -> int:
    return int(daemon.status().voices)


def load(daemon: SilentDaemon, name: str) -> None:
    assert daemon.ask("/load", name, timeout_s=LOAD_S)[0] == "/done"


@pytest.mark.jack
def test_a_stream_is_the_rendering_bit_for_bit(jack_server: JackServer, tmp_path: Path) -> None:
    """Of frames, and of samples."""
    settings = (f"model.folder={write_models(tmp_path / 'models')}", "engine.gain_db=6")
    stage = Stage(jack_server, *settings, "model.name=ramp")
    try:
        for name, z, other in (("ramp", HERE, QUIETER), ("sines", OCTAVES, (1.0, 1.5, 2.0, 2.5))):
            loaded = stage.client.ask("/load", name, answer=("/done",), timeout_s=LOAD_S)
            assert loaded is not None and loaded[0] == "/done", loaded
            voices = (
                (*PLAIN, ("/play", 60, *z, 1.0, 1.5)),
                (*PLAIN, ("/play", 64.37, *other, 0.6, 1.2)),
                (*PLAIN, ("/attack", 0.02), ("/play", 48, *z, 0.8, 0.4)),
            )
            check(stage, tmp_path, voices, *settings, f"model.name={name}")
        assert stage.status().underruns == 0
    finally:
        stage.close()


def test_streams_of_a_decoder_that_dies_end_and_the_next_one_plays(daemon: SilentDaemon) -> None:
    load(daemon, "ramp")
    for id_ in (1, 2, 3):
        daemon.client.send("/voice/new", id_, 60, *HERE)
    assert until(lambda: voices(daemon) == 3, ANSWER_S)
    assert until(lambda: len(daemon.daemon.decoders()) == 1, ANSWER_S)  # the one before has left
    (decoder,) = daemon.daemon.decoders()
    decoder.kill()
    assert until(lambda: voices(daemon) == 0, ANSWER_S)
    assert until(daemon.daemon.sounds, LOAD_S)
    daemon.daemon.quiet()


def test_a_decoder_stays_as_long_as_its_streams_and_leaves_with_them(daemon: SilentDaemon) -> None:
    load(daemon, "ramp")
    assert until(lambda: len(daemon.daemon.decoders()) == 1, ANSWER_S)
    daemon.client.send("/voice/new", 1, 60, *HERE)
    assert until(lambda: voices(daemon) == 1, ANSWER_S)
    load(daemon, "sines")
    assert len(daemon.daemon.decoders()) == 2
    daemon.client.send("/voice/set", 1, "z", *QUIETER)
    daemon.daemon.settle()
    assert voices(daemon) == 1
    daemon.client.send("/voice/stop", 1)
    assert until(lambda: len(daemon.daemon.decoders()) == 1, ANSWER_S)


def test_a_model_says_what_it_is_and_keeps_within_two_octaves(daemon: SilentDaemon) -> None:
    load(daemon, "sines")
    name, dims, rate, lowest, highest, *_ = daemon.ask("/model", answer="/model")[1]
    assert (name, dims, rate, lowest, highest) == ("sines", 4, 48000.0, 36, 84)
    assert "36" in daemon.failure("/note", 20, 100)


@pytest.mark.parametrize(("name", "blends"), [("mirror", 1), ("ramp", 0), ("sines", 0)])
def test_a_model_tells_whether_it_blends(daemon: SilentDaemon, name: str, blends: int) -> None:
    load(daemon, name)
    assert daemon.ask("/model", answer="/blends")[1] == (blends,)


def test_a_recording_is_no_note_of_a_model_without_notes(daemon: SilentDaemon) -> None:
    load(daemon, "ramp")
    assert "encode" in daemon.failure("/encode", "any.wav")


def test_a_file_without_a_document_is_loaded_played_and_told_of(daemon: SilentDaemon) -> None:
    write_foreign(daemon.folder / "models" / "foreign.ts", Labelled())
    load(daemon, "foreign")
    assert daemon.ask("/model", answer="/model")[1][:5] == ("foreign", 4, 48000.0, 36, 84)
    assert daemon.client.wait_for("/labels") == ("/labels", ("pitch", "body", "air", "dust"))
    assert daemon.daemon.sounds()


def loudest_hz(daemon: SilentDaemon, *command: Any) -> float:
    """In the middle of what a command lets sound for a second."""
    assert daemon.ask("/record", "heard")[0] == "/done"
    daemon.client.send(*command)
    assert until(lambda: voices(daemon) == 1, ANSWER_S)
    time.sleep(1.0)
    name, (_, file, _) = daemon.ask("/record")
    assert name == "/done"
    daemon.daemon.quiet()
    sound, rate = soundfile.read(daemon.recordings / file, always_2d=True)
    (daemon.recordings / file).unlink()
    sounding = np.flatnonzero(sound[:, 0])
    part = sound[sounding[0] : sounding[-1], 0]
    return float(np.abs(np.fft.rfft(part * np.hanning(len(part)))).argmax() * rate / len(part))


def test_a_file_without_a_document_has_presets_ways_from_point_to_point_macros_and_keys(daemon: SilentDaemon) -> None:
    """Its four sines are 55 * 2^z Hz each, so that what is heard tells the place."""
    write_foreign(daemon.folder / "models" / "foreign.ts", Labelled())
    load(daemon, "foreign")
    for name, octave in (("low", 2.0), ("high", 2.5)):
        daemon.client.send("/z", *[octave] * 4)
        assert daemon.ask("/preset/save", name) == ("/done", ("/preset/save", name))
    assert daemon.ask("/presets", answer="/presets.reply")[1] == ("foreign", "high", "low")
    low, high = (pytest.approx(55.0 * 2.0**octave, abs=3.0) for octave in (2.0, 2.5))
    assert loudest_hz(daemon, "/play", 60, "low") == low
    assert 235.0 < loudest_hz(daemon, "/interp", 60, 1.5, "low", "high") < 295.0
    assert loudest_hz(daemon, "/play", 72, "low") == pytest.approx(440.0, abs=3.0)

    listener = daemon.listen()
    daemon.client.send("/preset/recall", "low")
    assert listener.wait_for("/z", timeout_s=ANSWER_S) == ("/z", (2.0,) * 4)
    assert loudest_hz(daemon, "/note", 60, 100) == low
    daemon.client.send("/preset/morph", "low", "high", 1.0)
    assert loudest_hz(daemon, "/note", 60, 100) == high
    daemon.client.send("/macro/3", 0.5)  # across the first pad, from its middle
    assert daemon.ask("/get", "/z", answer="/z")[1] == pytest.approx((1.5, -1.5, 2.5, 2.5))
    assert loudest_hz(daemon, "/voice/new", 1, 60, *[2.5] * 4) == high


def test_a_file_that_no_one_can_play_is_refused_and_what_plays_plays_on(daemon: SilentDaemon) -> None:
    load(daemon, "ramp")
    write_foreign(daemon.folder / "models" / "nothing.ts", NoDecoder())
    daemon.client.send("/voice/new", 1, 60, *HERE)
    assert until(lambda: voices(daemon) == 1, ANSWER_S)
    refusal = daemon.failure("/load", "nothing", timeout_s=LOAD_S)
    assert "nothing.ts" in refusal and "decode_params" in refusal
    assert voices(daemon) == 1
    daemon.daemon.quiet()


def test_recordings_are_listed_encoded_and_blended(daemon: SilentDaemon) -> None:
    load(daemon, "mirror")
    t = np.arange(2 * RATE) / RATE
    for name, hz in (("low", 300.0), ("high", 2000.0)):
        soundfile.write(daemon.sounds_folder / f"{name}.wav", 0.3 * np.sin(2.0 * np.pi * hz * t), RATE)
    assert daemon.ask("/sounds", answer="/sounds.reply")[1] == ("high.wav", 0.0, "low.wav", 0.0)
    for name in ("low", "high"):
        answer = daemon.ask("/encode", f"{name}.wav", timeout_s=LOAD_S)
        assert answer[0] == "/done" and answer[1][1:3] == (f"{name}.wav", 60.0)
        assert answer[1][-3] == name and answer[1][-2] < 0.1  # it decodes what it encoded
    long_s = pytest.approx(2.0, abs=0.1)
    assert daemon.ask("/sounds", answer="/sounds.reply")[1] == ("high.wav", long_s, "low.wav", long_s)
    daemon.client.send("/blend", 1, "low", "high", 0.5)
    assert until(lambda: voices(daemon) == 1, ANSWER_S)
    for setting in (("mix", 1.0), ("rate", -2.0), ("position", 0.25), ("loop", 1), ("z", *[0.0] * 64), ("gain", -6.0)):
        daemon.client.send("/voice/set", 1, *setting)
    daemon.client.send("/curve", 1, 0.0, 0.0, 0.5, 1.0, 1.0, -0.5)
    assert daemon.client.drain() == []
    daemon.client.send("/voice/set", 1, "loop", 0)
    assert until(lambda: voices(daemon) == 0, ANSWER_S), "it does not end with its recordings"


def test_a_decoder_that_comes_back_knows_no_recording_until_it_is_encoded_again(daemon: SilentDaemon) -> None:
    load(daemon, "mirror")
    soundfile.write(daemon.sounds_folder / "noise.wav", np.random.default_rng(1).uniform(-0.3, 0.3, RATE), RATE)
    assert daemon.ask("/encode", "noise.wav", timeout_s=LOAD_S)[0] == "/done"
    (decoder,) = daemon.daemon.decoders()
    decoder.kill()
    assert until(daemon.daemon.sounds, LOAD_S)
    daemon.daemon.quiet()
    assert "/encode its file" in daemon.failure("/blend", 1, "noise", "noise", 0.5)
    assert daemon.ask("/encode", "noise.wav", timeout_s=LOAD_S)[0] == "/done"
    daemon.client.send("/blend", 1, "noise", "noise", 0.5)
    assert until(lambda: voices(daemon) == 1, ANSWER_S)
    daemon.daemon.quiet()


def test_a_file_that_is_no_recording_is_named(daemon: SilentDaemon) -> None:
    load(daemon, "mirror")
    (daemon.sounds_folder / "text.wav").write_text("no sound", encoding="utf-8")
    assert "text.wav" in daemon.failure("/encode", "text.wav", timeout_s=LOAD_S)
    assert "no sound 'missing.wav'" in daemon.failure("/encode", "missing.wav", timeout_s=LOAD_S)


def test_ten_minutes_are_encoded_while_notes_begin_and_more_are_refused(daemon: SilentDaemon) -> None:
    load(daemon, "mirror")
    slow = 8_000  # a rate at which ten minutes are quickly written
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, round(LONGEST_S * slow)).astype(np.float32)
    for name, sound in (("long", noise), ("longer", np.append(noise, noise[:slow]))):
        soundfile.write(daemon.sounds_folder / f"{name}.wav", sound, slow, subtype="PCM_16")
    assert f"{LONGEST_S:g} s" in daemon.failure("/encode", "longer.wav", timeout_s=LOAD_S)
    listener = daemon.listen()
    daemon.client.send("/encode", "long.wav")
    begun = 0
    while (answer := daemon.client.wait_for("/done", "/fail", timeout_s=0.1)) is None:
        daemon.client.send("/voice/new", 1, 60, *[0.0] * 64)
        assert listener.wait_for("/voice/on", timeout_s=ANSWER_S) is not None, "the encoding holds it up"
        begun += 1
    assert answer[0] == "/done" and answer[1][1] == "long.wav" and begun > 3
    sounds = daemon.ask("/sounds", answer="/sounds.reply")[1]
    assert sounds[sounds.index("long.wav") + 1] == pytest.approx(LONGEST_S, abs=0.1)
    daemon.client.send("/blend", 2, "long", "long", 0.5)
    assert until(lambda: voices(daemon) == 2, ANSWER_S)
    daemon.daemon.quiet()


def test_a_note_that_would_never_end_is_rendered_for_a_while(tmp_path: Path) -> None:
    config = load_config(None, [f"model.folder={write_models(tmp_path / 'models')}", "model.name=ramp"])
    for name, seconds, expected in (("default", None, render.ENDLESS_S), ("told", 1.0, 1.0)):
        out = tmp_path / f"{name}.wav"
        assert render.main(config, out=out, note=60, z=HERE, seconds=seconds, progress=False) == 0
        info = soundfile.info(out)
        assert expected <= info.frames / info.samplerate < expected + 1.0
