"""Blends through the engine: recordings are encoded, met halfway, and heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import ModelError, SoundFileError
from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from oscvae.sound.trajectory import trajectory
from parts.playing import encode, heard, level_db, load, send, silence
from parts.streaming import BANDS, RATE, mirror_document, write_mirror, write_ramp

LOW_HZ, HIGH_HZ = 400.0, 1600.0
SECONDS = 1.5
AWAY = {"mean": [-10.0] * BANDS, "std": [1.6] * BANDS, "low": [-15.0] * BANDS, "high": [-5.0] * BANDS}
"""A latent space in which the origin is no point: it ends at -0.4."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    write_mirror(made / "mirror.ts")
    write_mirror(made / "away.ts", latent=AWAY)
    write_ramp(made / "ramp.ts")
    t = np.arange(round(SECONDS * RATE)) / RATE
    for name, hz, level in (("low", LOW_HZ, 0.3), ("high", HIGH_HZ, 0.3), ("soft", LOW_HZ, 0.03)):
        soundfile.write(made / f"{name}.wav", level * np.sin(2.0 * np.pi * hz * t), RATE)
    soundfile.write(made / "long.wav", 0.3 * np.sin(2.0 * np.pi * HIGH_HZ * np.arange(3 * RATE) / RATE), RATE)
    return made


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[OfflineEngine]:
    settings = [f"model.folder={folder}", "model.name=mirror", "model.device=cpu", "engine.gain_db=0"]
    made = OfflineEngine(load_config(None, [*settings, "engine.voices=4", "engine.spare=2"]), RATE)
    yield made
    assert made.engine.intact()
    made.close()


@pytest.fixture
def engine(shared: OfflineEngine, folder: Path) -> Iterator[OfflineEngine]:
    """An engine that knows the recordings low, high, soft and long."""
    shared.errors.clear()
    load(shared, "mirror")
    for name in ("low", "high", "soft", "long"):
        encode(shared, folder / f"{name}.wav", name)
    yield shared
    assert shared.errors == []
    silence(shared)


def power_db(sound: np.ndarray, hz: float) -> float:
    """Of what lies near a frequency."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) / len(sound)
    at = round(hz * len(sound) / RATE)
    reach = round(60.0 * len(sound) / RATE)
    return float(20.0 * np.log10(np.sqrt((spectrum[at - reach : at + reach] ** 2).sum()) + 1e-9))


def middle(sound: np.ndarray) -> np.ndarray:
    return sound[RATE // 2 : RATE]


def test_a_recording_comes_back_and_ends_where_it_ended(engine: OfflineEngine) -> None:
    send(engine, "/blend", 1, "low", "high", 0.0)
    sound = heard(engine, SECONDS + 0.5)
    assert level_db(middle(sound)) == pytest.approx(
        20.0 * np.log10(0.3 * 0.64 / np.sqrt(2.0)), abs=5.0
    )  # of wide bands
    assert power_db(middle(sound), LOW_HZ) > power_db(middle(sound), HIGH_HZ) + 30.0
    assert engine.pool.idle
    assert level_db(sound[round((SECONDS + 0.2) * RATE) :]) < -80.0


def test_a_mix_has_something_of_both(engine: OfflineEngine) -> None:
    send(engine, "/blend", 1, "low", "high", 0.5)
    sound = middle(heard(engine, 1.1))
    assert abs(power_db(sound, LOW_HZ) - power_db(sound, HIGH_HZ)) < 6.0


def test_a_mix_is_moved_while_it_sounds(engine: OfflineEngine) -> None:
    send(engine, "/blend", 1, "low", "high", 0.0)
    send(engine, "/voice/set", 1, "loop", 1.0)
    before = heard(engine, 1.0)[RATE // 2 :]
    send(engine, "/voice/set", 1, "mix", 1.0)
    heard(engine, 0.2)
    after = heard(engine, 0.5)
    assert power_db(before, LOW_HZ) > power_db(before, HIGH_HZ) + 30.0
    assert power_db(after, HIGH_HZ) > power_db(after, LOW_HZ) + 30.0


def test_a_curve_leads_from_one_to_the_other(engine: OfflineEngine) -> None:
    send(engine, "/blend", 1, "low", "high", 0.0)
    send(engine, "/curve", 1, 0.0, 0.0, 1.0, 1.0)
    sound = heard(engine, SECONDS)
    first, last = sound[RATE // 10 : RATE // 2], sound[RATE : round(1.4 * RATE)]
    assert power_db(first, LOW_HZ) > power_db(first, HIGH_HZ) + 6.0
    assert power_db(last, HIGH_HZ) > power_db(last, LOW_HZ) + 6.0


def test_the_level_is_mixed_in_decibels(engine: OfflineEngine) -> None:
    levels = []
    for mix in (0.0, 0.5, 1.0):
        send(engine, "/blend", 1, "low", "soft", mix)
        levels.append(level_db(middle(heard(engine, 1.1))))
        silence(engine)
    assert levels[0] - levels[1] == pytest.approx(10.0, abs=1.0)
    assert levels[1] - levels[2] == pytest.approx(10.0, abs=1.0)


@pytest.mark.parametrize("rate", [0.0, -1.0, 4.0])
def test_a_recording_is_read_at_any_rate(engine: OfflineEngine, rate: float) -> None:
    send(engine, "/blend", 1, "low", "low", 0.0, rate)
    send(engine, "/voice/set", 1, "position", 0.5)
    sound = heard(engine, 2.0)
    assert power_db(sound[RATE // 20 : RATE // 10], LOW_HZ) > -40.0
    assert engine.pool.idle == (rate != 0.0)


def test_a_loop_goes_round_until_it_is_stopped(engine: OfflineEngine) -> None:
    send(engine, "/blend", 1, "low", "high", 0.0)
    send(engine, "/voice/set", 1, "loop", 1.0)
    sound = heard(engine, 3.0 * SECONDS)
    assert level_db(sound[-RATE // 2 :]) > -30.0
    send(engine, "/voice/stop", 1)
    heard(engine, 0.6)
    assert engine.pool.idle


def test_a_blend_repeats_bit_by_bit_and_with_itself_is_itself(engine: OfflineEngine) -> None:
    sounds = []
    for other, mix in (("low", 0.0), ("low", 0.7), ("low", -1.0)):
        send(engine, "/blend", 1, "low", other, mix)
        sounds.append(heard(engine, 0.5))
        silence(engine)
    np.testing.assert_array_equal(sounds[0], sounds[1])
    np.testing.assert_array_equal(sounds[0], sounds[2])


@pytest.mark.parametrize(("offset", "is_heard"), [(0.0, False), (-2.0, True), (1e30, True)])
def test_an_offset_may_be_nothing_where_the_origin_is_no_point(
    engine: OfflineEngine, folder: Path, offset: float, is_heard: bool
) -> None:
    load(engine, "away")
    for name in ("low", "high"):
        encode(engine, folder / f"{name}.wav", name)
    sounds = []
    for value in (None, offset):
        send(engine, "/blend", 1, "low", "high", 0.5)
        if value is not None:
            send(engine, "/voice/set", 1, "z", *[value] * BANDS)
        sounds.append(heard(engine, 0.5))
        silence(engine)
    assert np.isfinite(sounds[1]).all()
    assert (sounds[0] != sounds[1]).any() == is_heard


def test_an_offset_of_other_dimensions_is_refused_and_the_blend_goes_on(engine: OfflineEngine) -> None:
    """As another part sends it, whose model has two: 64 numbers and two ended the decoder."""
    send(engine, "/part/2/load", "ramp")
    send(engine, "/blend", 1, "low", "high", 0.5)
    send(engine, "/part/2/voice/set", 1, "z", 0.5, 0.5)
    assert engine.errors == [f"/part/2/voice/set voice 1 has {BANDS} dimensions, not 2"]
    engine.errors.clear()
    assert level_db(heard(engine, 0.5)) > -60.0


def test_a_recording_stands_for_its_mean_point_wherever_a_point_may_stand(engine: OfflineEngine) -> None:
    send(engine, "/play", 60.0, "low")
    sound = middle(heard(engine, 1.1))
    assert power_db(sound, LOW_HZ) > power_db(sound, HIGH_HZ) + 30.0


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (("/blend", 1, "low", "nothing", 0.0), "no recording was encoded as 'nothing'"),
        (("/voice/set", 2, "mix", 0.5), "voice 2 is no blend"),
        (("/curve", 2, 0.0, 0.0), "voice 2 is no blend"),
        (("/curve", 1, 0.5, 0.0, 0.2, 1.0), "t must rise from 0 to 1"),
        (("/curve", 1, 0.5), "1 to 64 pairs"),
        (("/voice/set", 1, "z", "low"), "numbers, not a name"),
    ],
)
def test_what_cannot_be_is_answered(engine: OfflineEngine, sent: tuple[str | float, ...], why: str) -> None:
    send(engine, "/blend", 1, "low", "high", 0.0)
    send(engine, "/voice/new", 2, 60.0, *[0.0] * 64)
    send(engine, *sent)  # type: ignore[arg-type]
    assert why in engine.errors.pop()


def test_a_model_that_blends_nothing_says_so(engine: OfflineEngine) -> None:
    load(engine, "ramp")
    send(engine, "/blend", 1, "low", "high", 0.0)
    assert "'ramp'" in engine.errors.pop()


def test_a_file_that_is_no_recording_is_refused(engine: OfflineEngine, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match="missing"):
        encode(engine, tmp_path / "missing.wav", "missing")
    load(engine, "ramp")
    with pytest.raises(ModelError, match="encodes no recordings"):
        encode(engine, folder / "low.wav", "low")


def test_frames_of_a_recording_hold_all_of_it_and_tell_their_level() -> None:
    document = mirror_document()
    sound = np.zeros(4096, np.float32)
    sound[0] = sound[-1] = 1.0
    found = trajectory(sound, document)
    hop, n_fft = document.hop, document.n_fft
    assert len(found.x) == len(found.level_db) == (4096 + 2 * (n_fft - hop) - n_fft) // hop + 1
    assert found.level_db.argmax() in (1, 2, len(found.x) - 3, len(found.x) - 2)


@pytest.mark.parametrize("number", range(6))
def test_what_its_bundle_says_of_a_blend_it_begins_with(engine: OfflineEngine, number: int) -> None:
    """However quick its decoder is."""
    sounds = []
    for _ in range(2):
        bundle = [Message("/blend", (1, "low", "high", 0.0), ""), Message("/curve", (1, 0.0, 1.0), "")]
        bundle.append(Message("/voice/set", (1, "position", 0.25), ""))
        engine.execute(bundle)
        sounds.append(heard(engine, 0.3))
        silence(engine)
    np.testing.assert_array_equal(*sounds)
    begin = sounds[0][: RATE // 10]
    assert power_db(begin, HIGH_HZ) > power_db(begin, LOW_HZ) + 30.0


def test_of_a_curve_and_a_mix_the_later_counts_even_before_it_has_begun(engine: OfflineEngine) -> None:
    send(engine, "/blend", 1, "low", "high", 0.0)
    engine.execute(
        [
            Message("/blend", (2, "low", "high", 0.5), ""),
            Message("/voice/set", (2, "mix", 0.2), ""),
            Message("/curve", (2, 0.0, 0.0), ""),
            Message("/voice/set", (2, "mix", 1.0), ""),
            Message("/voice/set", (1, "gain", -60.0), ""),
        ]
    )
    sound = middle(heard(engine, 1.1))
    assert power_db(sound, HIGH_HZ) > power_db(sound, LOW_HZ) + 30.0
