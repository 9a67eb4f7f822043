"""/listen at a live daemon: what comes in at in_1 goes out through the model, a tenth of a second later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from parts.jackd import PROGRAMS, JackServer
from parts.nn_models import Deaf, Misheard, Resounding, write_foreign
from parts.programs import skip_without
from parts.recorder import Recorder
from parts.silent import ANSWER_S, LOAD_S, SilentDaemon
from parts.sounder import Sounder
from parts.stage import Stage
from parts.streaming import RATE, write_mirror, write_ramp, write_sines
from parts.waiting import until

pytestmark = pytest.mark.jack

FROM_HZ, TO_HZ = 1500.0, 6000.0
PIECE_S = 0.6
LATEST_S = 0.5  # on any machine
IN = "oscvae:in_1"


def write_models(folder: Path) -> Path:
    folder.mkdir()
    write_mirror(folder / "mirror.ts")
    write_ramp(folder / "ramp.ts")
    write_foreign(folder / "resounding.ts", Resounding())
    write_foreign(folder / "deaf.ts", Deaf())
    write_foreign(folder / "misheard.ts", Misheard())
    return folder


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    skip_without(*PROGRAMS)
    server = JackServer().start()
    models = write_models(tmp_path_factory.mktemp("listen") / "models")
    made = Stage(server, f"model.folder={models}", "model.name=mirror", "audio.input=true", "engine.gain_db=0")
    yield made
    made.close()
    server.stop()


@pytest.fixture
def stage(lasting: Stage) -> Stage:
    """With the model mirror, nothing sounding and nothing bent."""
    lasting.daemon.quiet()
    lasting.client.send("/bend", 0.0)
    if lasting.status().model != "mirror":
        load(lasting, "mirror")
    return lasting


def load(stage: Stage, name: str) -> None:
    reply = stage.client.ask("/load", name, answer=("/done",), timeout_s=LOAD_S)
    assert reply is not None and reply[0] == "/done"


def sweep() -> NDArray[np.float32]:
    """Three pieces: noise below 1.5 kHz, nothing, noise above 6 kHz."""
    rng = np.random.default_rng(1)
    length = round(PIECE_S * RATE)
    frequencies = np.fft.rfftfreq(length, 1.0 / RATE)
    low, high = (
        np.fft.irfft(np.fft.rfft(rng.normal(size=length)) * keep, length)
        for keep in ((frequencies > 100.0) & (frequencies < FROM_HZ), (frequencies > TO_HZ) & (frequencies < 15_000.0))
    )
    sound = np.concatenate([low / low.std(), np.zeros(length), high / high.std()])
    return (0.1 * sound).astype(np.float32)


def level_db(sound: NDArray[np.float32]) -> float:
    return float(10.0 * np.log10(np.square(sound, dtype=np.float64).mean() + 1e-12))


def share_above(sound: NDArray[np.float32], hz: float) -> float:
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
    return float(power[np.fft.rfftfreq(sound.size, 1.0 / RATE) > hz].sum() / power.sum())


def heard_through(stage: Stage, sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What was played into the daemon, from its beginning on, and what came out beside it."""
    sounder, recorder = Sounder(stage.server.name, sound), Recorder(stage.server.name)
    try:
        sounder.connect(IN)
        recorder.connect([sounder.port_name, "oscvae:out_1"])
        stage.client.send("/listen", 1, 1.0)
        assert until(lambda: stage.status().voices >= 1, ANSWER_S), stage.daemon.log
        recorder.start()
        time.sleep(0.1)
        sounder.start()
        sounder.wait(30.0)
        recorder.wait(recorder.frames / RATE + LATEST_S)
        recorder.stop()
        played, came = recorder.sound
        begun = int(np.argmax(played != 0.0))
        return played[begun:].copy(), came[begun:].copy()
    finally:
        recorder.close()
        sounder.close()


def test_what_comes_in_goes_out_with_its_level_and_its_spectrum(stage: Stage) -> None:
    assert stage.server.connections()[IN] == ["system:capture_1"], "it hears what the card records"
    sound = sweep()
    _, came = heard_through(stage, sound)
    length, late = round(PIECE_S * RATE), round(0.25 * RATE)
    low, silence, high = (came[k * length + late : (k + 1) * length] for k in range(3))
    assert share_above(low, 0.5 * (FROM_HZ + TO_HZ)) < 0.02
    assert share_above(high, 0.5 * (FROM_HZ + TO_HZ)) > 0.9
    assert level_db(low) == pytest.approx(level_db(sound[:length]), abs=1.5), "a voice in the middle, at full velocity"
    assert level_db(silence) < level_db(low) - 40.0
    stage.client.send("/voice/stop", 1)
    assert until(lambda: stage.status().voices == 0, ANSWER_S)


def test_a_model_of_samples_sounds_as_the_input_does_and_any_number_of_voices_hears_it(stage: Stage) -> None:
    load(stage, "resounding")
    underruns = stage.status().underruns
    length = round(PIECE_S * RATE)
    seconds = np.arange(length) / RATE
    tones = [0.2 * np.sin(2.0 * np.pi * hz * seconds + 0.1) for hz in (750.0, 1500.0)]
    sound = np.concatenate([tones[0], np.zeros(length), tones[1]]).astype(np.float32)
    stage.client.send("/listen", 2, 0.0)
    stage.client.send("/voice/set", 2, "z", 1.0, 0.0)
    _, came = heard_through(stage, sound)
    assert stage.status().voices == 2
    late = round(0.35 * RATE)
    low, silence, high = (came[k * length + late : (k + 1) * length] for k in range(3))
    for tone, hz in ((low, 750.0), (high, 1500.0)):
        spectrum = np.abs(np.fft.rfft(tone * np.hanning(tone.size), 1 << 18))
        assert np.argmax(spectrum) * RATE / (1 << 18) == pytest.approx(hz, rel=0.06)
        assert level_db(tone) == pytest.approx(level_db(sound[:length]), abs=1.0)
    assert level_db(silence) < level_db(low) - 40.0
    assert stage.status().underruns == underruns


def test_its_speed_is_the_inputs_own(stage: Stage) -> None:
    daemon = stage.daemon
    for client_id in (1, 2):
        daemon.client.send("/listen", client_id)
    assert until(lambda: stage.status().voices == 2, ANSWER_S)
    for name in ("rate", "bend"):
        answer = daemon.client.ask("/voice/set", 1, name, 0.5, answer=("/fail",), timeout_s=ANSWER_S)
        assert answer is not None and "goes along the live input" in str(answer[1][1])
    for name in ("mix", "position", "loop"):
        answer = daemon.client.ask("/voice/set", 1, name, 0.5, answer=("/fail",), timeout_s=ANSWER_S)
        assert answer is not None and "is no blend" in str(answer[1][1])
    daemon.client.send("/bend", 12.0)
    daemon.client.send("/voice/set", 1, "gain", -6.0)
    daemon.client.send("/panic")
    assert until(lambda: stage.status().voices == 0, ANSWER_S)
    daemon.check_log()


def test_a_voice_along_the_input_outlives_the_server(stage: Stage) -> None:
    stage.client.send("/listen", 7)
    assert until(lambda: stage.status().voices == 1, ANSWER_S)
    stage.replace_server(44_100, 256)
    time.sleep(0.5)
    assert stage.status().voices in (0, 1)
    _, came = heard_through(stage, sweep())
    assert level_db(came) > -60.0
    assert len(stage.daemon.decoders()) == 1
    stage.daemon.check_log()


def is_logged(made: SilentDaemon, *words: str) -> bool:
    """Whether one line of the log, which is written beside what happens, has all of these."""
    return any(all(word in line for word in words) for line in made.daemon.log.splitlines())


def test_where_nothing_can_be_heard_it_is_said_what_it_takes(tmp_path: Path) -> None:
    folder = write_models(tmp_path / "models")
    write_sines(folder / "sines.ts")
    made = SilentDaemon(tmp_path, f"model.folder={folder}", "model.name=mirror", "audio.input=true")
    try:
        assert "audio.input: true in config.yaml, and JACK" in made.failure("/listen", 1)
        for name in ("ramp", "sines", "deaf", "misheard"):
            assert made.ask("/load", name, timeout_s=LOAD_S)[0] == "/done"
            assert f"{name!r} encodes no live input" in made.failure("/listen", 1)
        for why in ("never heard of it", "encode answered (1, 3, 2048), its document says (1, 2, 4)"):
            assert until(lambda why=why: is_logged(made, "encodes nothing: ", why), LOAD_S)
    finally:
        made.close()
