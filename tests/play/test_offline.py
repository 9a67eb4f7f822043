"""What the words of the vocabulary mean, heard: the real model through the real engine, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.audio.master import CEILING
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from oscvae.sound.pitch import fundamental_hz
from oscvae.units import cents, note_to_hz

Z = (0.1, 0.2, -0.3, 0.4)
RATE = 48000


def message(address: str, *args: float | str) -> Message:
    return Message(address, args, "")


def moment(seconds: float, *messages: Message) -> Moment:
    return Moment(round(seconds * 1e9), messages)


@pytest.fixture(scope="module")
def shared() -> Iterator[OfflineEngine]:
    engine = OfflineEngine(load_config(None, ["engine.voices=16", "engine.spare=4"]), RATE)
    yield engine
    assert engine.engine.intact()
    engine.close()


@pytest.fixture
def engine(shared: OfflineEngine) -> Iterator[OfflineEngine]:
    """An engine in which nothing sounds and every control is at its default."""
    shared.errors.clear()
    yield shared
    shared.execute([message("/panic"), message("/gain", -12.0), message("/pan", 0.0), message("/bend", 0.0)])
    shared.execute(
        [message("/attack", 0.0), message("/stretch", 1.0), message("/sustain", 0), message("/release", 0.15)]
    )
    assert shared.models.current is not None
    shared.execute([message("/z", *shared.models.current.document.latent.mean)])
    for _ in range(200):
        shared.render_block(128)
    assert shared.pool.idle
    assert len(shared.models.current.decoder.free_blocks) == shared.models.current.decoder.n_blocks


def play(engine: OfflineEngine, *moments: Moment, seconds: float = 0.0) -> NDArray[np.float32]:
    """Render moments from now on: float32 [2, frames]."""
    base = engine.timeline.frame
    shifted = [Moment(m.due_ns + round(base * 1e9 / RATE), m.messages) for m in moments]
    blocks = []
    waiting = list(shifted)
    end = base + round(seconds * RATE)
    while waiting or not engine.pool.idle or engine.timeline.frame < end:
        while waiting and engine.timeline.frame_at(waiting[0].due_ns) < engine.timeline.frame + at.CHUNK:
            first = waiting.pop(0)
            engine.execute(first.messages, first.due_ns)
        out = np.zeros((2, at.CHUNK), np.float32)
        engine.render_block(at.CHUNK, out)
        blocks.append(out)
        assert engine.timeline.frame < base + 60 * RATE, "a voice is stuck"
    return np.concatenate(blocks, axis=1)


def first_sound(samples: NDArray[np.float32]) -> int:
    return int(np.argmax(np.abs(samples) > 0))


def pitch_hz(samples: NDArray[np.float32], note: float) -> float:
    onset = first_sound(samples)
    part = samples[onset + 2400 : onset + 2400 + 16384]
    return fundamental_hz(part, RATE, note_to_hz(note - 1), note_to_hz(note + 1))


@pytest.mark.parametrize("note", [40, 45, 52, 57, 64, 69, 76])
def test_notes_are_in_tune(engine: OfflineEngine, note: int) -> None:
    samples = play(engine, moment(0, message("/play", note, *Z)))[0]
    assert abs(cents(pitch_hz(samples, note), note_to_hz(note))) < 20


@pytest.mark.parametrize("note", [60.5, 63.25, 92.0, 34.0])
def test_microtones_and_notes_beyond_the_range_are_resampled(engine: OfflineEngine, note: float) -> None:
    samples = play(engine, moment(0, message("/play", note, *Z)))[0]
    assert abs(cents(pitch_hz(samples, note), note_to_hz(note))) < 20


def test_a_note_more_than_an_octave_beyond_the_range_fails(engine: OfflineEngine) -> None:
    play(engine, moment(0, message("/play", 20, *Z)))
    assert len(engine.errors) == 1 and "range" in engine.errors[0]


def test_a_note_starts_at_exactly_its_frame(engine: OfflineEngine) -> None:
    reference = play(engine, moment(0, message("/play", 60, *Z)))[0]
    onset = first_sound(reference)
    for frame in (1, 77, 128, 1001):
        shifted = play(engine, moment(frame / RATE, message("/play", 60, *Z)))[0]
        assert np.array_equal(shifted[frame + onset : frame + onset + 20000], reference[onset : onset + 20000])


def test_the_attack_follows_the_first_sample_at_once(engine: OfflineEngine) -> None:
    samples = np.abs(play(engine, moment(0, message("/play", 64, *Z)))[0])
    rise = int(np.argmax(samples > 0.1 * samples.max())) - first_sound(samples)
    assert rise < 0.003 * RATE


def test_a_score_gives_the_same_bytes_every_time() -> None:
    score = [
        moment(0, message("/play", 60, *Z)),
        moment(0.1, message("/note", 64, 100), message("/glide", 0.5, 0, 0, 0, 0)),
        moment(0.3, message("/interp", 67, 0.5, *Z, 0, 0, 0, 0)),
    ]
    takes = []
    for _ in range(2):
        fresh = OfflineEngine(load_config(None, []), RATE)
        takes.append(fresh.play(score))
        assert fresh.errors == []
        fresh.close()
    assert takes[0].any() and np.array_equal(*takes)


def test_a_macro_in_a_score_is_what_it_moves(engine: OfflineEngine) -> None:
    """tape of the default macros, at half of its way, and back to 0, while a note rings."""
    key = message("/note", 60, 100)
    begin, end = moment(0, message("/macro/2", 0.5), key), moment(0.4, message("/macro", 2, 0))
    by_macro = play(engine, begin, end)
    begin = moment(0, message("/bend", -6.0), message("/stretch", 1.5), key)
    by_hand = play(engine, begin, moment(0.4, message("/bend", 0.0), message("/stretch", 1.0)))
    assert engine.errors == []
    assert abs(cents(pitch_hz(by_macro[0][: round(0.4 * RATE)], 54), note_to_hz(54))) < 20
    assert np.array_equal(by_macro, by_hand)
    plain = play(engine, moment(0, key))
    assert not np.array_equal(by_macro[:, :1000], plain[:, :1000]), "the macro was not heard"


def test_velocity_is_squared(engine: OfflineEngine) -> None:
    loud = np.abs(play(engine, moment(0, message("/play", 60, *Z, 1.0)))).max()
    soft = np.abs(play(engine, moment(0, message("/play", 60, *Z, 0.5)))).max()
    assert soft / loud == pytest.approx(0.25, rel=1e-3)


def test_a_voice_ends_in_silence_without_a_click(engine: OfflineEngine) -> None:
    samples = play(engine, moment(0, message("/play", 52, *Z, 1.0)), seconds=7.0)[0]
    end = int(np.max(np.nonzero(samples)[0]))
    assert end < 6.5 * RATE
    assert np.abs(np.diff(samples[end - 64 : end + 2])).max() < 1e-3


def test_seconds_releases_the_note(engine: OfflineEngine) -> None:
    samples = play(engine, moment(0, message("/play", 60, *Z, 0.8, 0.2)), seconds=1.0)[0]
    end = int(np.max(np.nonzero(samples)[0])) - first_sound(samples)
    assert abs(end - 0.35 * RATE) < 0.01 * RATE  # 0.2 s and the release of 0.15 s


def test_stop_releases_only_that_note(engine: OfflineEngine) -> None:
    play(engine, moment(0, message("/play", 60, *Z), message("/play", 64, *Z)), moment(0.2, message("/stop", 60)))
    # both have ended here; while they sounded, only one was released
    base = engine.timeline.frame
    engine.execute([message("/play", 60, *Z), message("/play", 64, *Z)])
    for _ in range(20):
        engine.render_block(128)
    engine.execute([message("/stop", 60)])
    for _ in range(80):
        engine.render_block(128)
    assert [voice.asked.note for voice in engine.pool] == [64]
    assert engine.timeline.frame > base


def test_notes_of_one_bundle_start_in_the_same_frame(engine: OfflineEngine) -> None:
    engine.execute([message("/play", 60 + i, *Z) for i in range(8)])
    for _ in range(4):
        engine.render_block(128)
    onsets = {int(engine.engine.voices[voice.slot][at.V_ONSET_FRAME]) for voice in engine.pool}
    assert len(onsets) == 1 and len(engine.pool) == 8


def test_a_bundle_that_is_obeyed_slowly_is_heard_as_one(engine: OfflineEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control may be held up between any two of its commands, for longer than the notes take to be decoded."""
    heard: list[NDArray[np.float32]] = []

    def render(blocks: int) -> None:
        for _ in range(blocks):
            heard.append(np.zeros((2, 128), np.float32))
            engine.render_block(128, heard[-1])

    handlers = engine.performer._handlers
    obey = handlers["/voice/set"]
    monkeypatch.setitem(handlers, "/voice/set", lambda *call: (render(40), obey(*call)))
    for notes in ((60,), (60, 67)):
        news = [message("/voice/new", n, note, *Z) for n, note in enumerate(notes)]
        engine.execute([*news, *(message("/voice/set", n, "pan", -1.0) for n in range(len(notes)))])
        assert not np.any(heard), "heard before the bundle had its end"
        render(100)
        left, right = np.concatenate(heard, axis=1)
        assert left.any() and not right.any()
        assert len({int(engine.engine.voices[voice.slot][at.V_ONSET_FRAME]) for voice in engine.pool}) == 1
        engine.execute([message("/panic")])
        render(100)
        heard.clear()


def test_stealing_takes_the_oldest_and_never_exceeds_the_limit(engine: OfflineEngine) -> None:
    for i in range(24):
        engine.execute([message("/play", 48 + i, *Z)])
        engine.render_block(128)
    for _ in range(8):
        engine.render_block(128)
    assert len(engine.pool) == 16
    assert [voice.asked.note for voice in engine.pool] == list(range(56, 72))
    assert engine.errors == []


def test_stealing_prefers_a_releasing_voice(engine: OfflineEngine) -> None:
    engine.execute([message("/release", 10.0)])
    for i in range(16):
        engine.execute([message("/play", 48 + i, *Z)])
    engine.render_block(128)
    engine.execute([message("/stop", 55)])
    for _ in range(10):
        engine.render_block(128)
    engine.execute([message("/play", 80, *Z)])
    for _ in range(10):
        engine.render_block(128)
    assert 55 not in [voice.asked.note for voice in engine.pool] and 48 in [voice.asked.note for voice in engine.pool]


def test_panic_is_silent_within_a_block(engine: OfflineEngine) -> None:
    engine.execute([message("/play", 48 + i, *Z, 1.0) for i in range(8)])
    for _ in range(40):
        engine.render_block(128)
    engine.execute([message("/panic")])
    engine.render_block(128)
    out = np.ones((2, 128), np.float32)
    engine.render_block(128, out)
    assert not out.any()


def test_a_held_key_follows_the_cursor_until_the_pedal_lets_go(engine: OfflineEngine) -> None:
    engine.execute([message("/note", 60, 100)])
    engine.execute([message("/sustain", 1), message("/note", 60, 0)])
    for _ in range(40):
        engine.render_block(128)
    (voice,) = engine.pool
    assert voice.pedalled and not voice.releasing
    engine.execute([message("/z", *Z)])
    assert voice.z == pytest.approx(Z)
    engine.execute([message("/sustain", 0)])
    assert voice.releasing
    engine.execute([message("/z", 0.0, 0.0, 0.0, 0.0)])
    assert voice.z == pytest.approx(Z), "a released voice no longer follows the cursor"


def test_play_does_not_follow_the_cursor(engine: OfflineEngine) -> None:
    engine.execute([message("/play", 60, *Z), message("/z", 1.0, 1.0, 1.0, 1.0)])
    (voice,) = engine.pool
    assert voice.z == pytest.approx(Z)


def spectrum(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """In dB, over groups of 32 bins: single ones tell two stretches of the same noise apart."""
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))[:8192] ** 2
    return 10 * np.log10(power.reshape(-1, 32).mean(1) + 1e-12)


def test_interp_arrives_at_b(engine: OfflineEngine) -> None:
    a, b = (-1.0, -1.0, -1.0, -1.0), (0.5, 1.5, 1.0, 1.0)
    moving = play(engine, moment(0, message("/interp", 60, 0.4, *a, *b)))[0]
    at_b = play(engine, moment(0, message("/play", 60, *b)))[0]
    at_a = play(engine, moment(0, message("/play", 60, *a)))[0]
    start = first_sound(moving)
    part = slice(start + 30000, start + 46384)
    to_b = np.abs(spectrum(moving[part]) - spectrum(at_b[part])).mean()
    to_a = np.abs(spectrum(moving[part]) - spectrum(at_a[part])).mean()
    assert to_b < 3.0 and to_b < 0.3 * to_a


def test_interp_stretches_a_note_that_is_too_short(engine: OfflineEngine) -> None:
    samples = play(engine, moment(0, message("/interp", 60, 4.0, *Z, *Z)), seconds=0.1)[0]
    assert samples.size > 3.8 * RATE


def test_stretch_doubles_the_note_and_keeps_its_pitch(engine: OfflineEngine) -> None:
    plain = play(engine, moment(0, message("/play", 60, *Z)))[0]
    long = play(engine, moment(0, message("/stretch", 2.0), message("/play", 60, *Z)))[0]
    assert 1.85 < np.max(np.nonzero(long)[0]) / np.max(np.nonzero(plain)[0]) < 2.05
    assert abs(cents(pitch_hz(long, 60), note_to_hz(60))) < 20


def test_bend_moves_a_sounding_voice(engine: OfflineEngine) -> None:
    samples = play(engine, moment(0, message("/play", 60, *Z)), moment(0.3, message("/bend", 2.0)))[0]
    onset = first_sound(samples)
    late = samples[onset + 24000 : onset + 40384]
    assert abs(cents(fundamental_hz(late, RATE, note_to_hz(61), note_to_hz(63)), note_to_hz(62))) < 20


def test_pan_silences_a_side_and_gain_is_in_db(engine: OfflineEngine) -> None:
    out = play(
        engine, moment(0, message("/pan", -1.0), message("/gain", 0.0)), moment(0.1, message("/play", 60, *Z, 1.0))
    )
    assert not out[1].any()
    centred = play(
        engine, moment(0, message("/pan", 0.0), message("/gain", -6.0)), moment(0.1, message("/play", 60, *Z, 1.0))
    )
    assert np.abs(centred[0]).max() / np.abs(out[0]).max() == pytest.approx(10 ** (-6 / 20), rel=1e-3)


def test_the_mix_never_exceeds_the_limiters_ceiling(engine: OfflineEngine) -> None:
    engine.execute([message("/gain", 6.0)])
    out = play(engine, moment(0.1, *[message("/play", 48 + i, *Z, 1.0) for i in range(16)]))
    assert 0.999 * CEILING < np.abs(out).max() <= np.float32(CEILING)


def test_voices_have_names_of_their_own(engine: OfflineEngine) -> None:
    engine.execute([message("/voice/new", 7, 60, *Z), message("/voice/new", 8, 64, *Z)])
    engine.render_block(128)
    engine.execute([message("/voice/set", 7, "pan", -1.0), message("/voice/set", 8, "gain", -60.0)])
    engine.execute([message("/voice/new", 7, 67, *Z)])
    for _ in range(10):
        engine.render_block(128)
    assert {voice.asked.id: voice.asked.note for voice in engine.pool} == {7: 67.0, 8: 64.0}
    engine.execute([message("/voice/stop", 9)])
    assert "no voice 9" in engine.errors[-1]


def test_a_voice_that_nobody_named_answers_to_the_id_that_was_told(engine: OfflineEngine) -> None:
    engine.execute([message("/play", 60, *Z), message("/play", 64, *Z)])
    engine.render_block(128)
    low, high = (voice.asked.id for voice in engine.pool)
    assert low < 0 and high < 0
    engine.execute([message("/voice/set", low, "pan", -1.0), message("/voice/stop", high)])
    out = np.zeros((2, 128), np.float32)
    for _ in range(200):
        engine.render_block(128, out)
    assert [voice.asked.id for voice in engine.pool] == [low]
    assert np.abs(out[0]).max() > 0.0 and np.abs(out[1]).max() == 0.0
    assert engine.errors == []


def heard_after(engine: OfflineEngine, *settings: tuple[str, float]) -> np.ndarray[Any, Any]:
    """The left channel of a voice that is set so as it starts, and released after 50 ms: 300 ms of it."""
    engine.execute([message("/panic")])
    for _ in range(4):
        engine.render_block(128)
    begun = [message("/voice/new", 1, 60, *Z), *(message("/voice/set", 1, name, value) for name, value in settings)]
    engine.execute(begun)
    blocks = []
    for number in range(112):
        if number == 19:
            engine.execute([message("/voice/stop", 1)])
        out = np.zeros((2, 128), np.float32)
        engine.render_block(128, out)
        blocks.append(out[0])
    return np.concatenate(blocks)


def test_a_voice_has_an_attack_and_a_release_of_its_own(engine: OfflineEngine) -> None:
    plain = heard_after(engine)
    slow = heard_after(engine, ("attack", 0.04))
    long, short = heard_after(engine, ("release", 5.0)), heard_after(engine, ("release", 0.005))
    assert np.abs(slow[:480]).max() < 0.4 * np.abs(plain[:480]).max(), "10 ms into an attack of 40"
    tail = slice(90 * 128, None)
    assert np.abs(long[tail]).max() > 0.0 == np.abs(plain[tail]).max()
    assert np.abs(short[30 * 128 :]).max() == 0.0
    assert np.array_equal(heard_after(engine), plain), "the next voice has those of all"
    assert engine.errors == []


def test_another_model_plays_while_the_old_voices_finish(engine: OfflineEngine) -> None:
    engine.execute([message("/play", 60, *Z)])
    engine.render_block(128)
    engine.execute([message("/load", "plucked")])
    engine.execute([message("/play", 64, *Z)])
    for _ in range(20):
        engine.render_block(128)
    first, second = engine.pool
    assert first.loaded is not second.loaded and engine.errors == []


def test_what_stands_before_a_load_in_its_bundle_plays_on_the_old_model(engine: OfflineEngine) -> None:
    """As it does live, where loading takes its time."""
    before = engine.models.current
    load = message("/load", "plucked")
    engine.execute(
        [message("/z", *Z), message("/play", 60, *Z), message("/note", 62, 100), load, message("/play", 64, *Z)]
    )
    assert [voice.loaded is before for voice in engine.pool] == [True, True, False]
    assert [voice.z for voice in engine.pool] == [pytest.approx(Z)] * 3, "the cursor is reset after it, not before"
    for _ in range(20):
        engine.render_block(128)
    assert engine.errors == [] and all(voice.heard for voice in engine.pool)


def test_a_score_moves_the_voices_at_its_moment(engine: OfflineEngine) -> None:
    there = (1.0, 1.0, 1.0, 1.0)
    engine.execute([message("/z", *Z), message("/note", 60, 100)])
    for _ in range(20):
        engine.render_block(128)
    (voice,) = engine.pool
    due = engine.timeline.frame + 5 * 128 + 64
    engine.execute([message("/z", *there)], round(due * 1e9 / RATE))
    for _ in range(5):
        engine.render_block(128)
    assert voice.z == pytest.approx(Z)
    engine.render_block(128)
    assert voice.z == pytest.approx(there)
    assert engine.errors == []


def test_a_bad_model_changes_nothing(engine: OfflineEngine) -> None:
    before = engine.models.current
    engine.execute([message("/load", "nothing"), message("/load", "../plucked"), message("/play", 60, *Z)])
    assert engine.models.current is before and len(engine.errors) == 2 and len(engine.pool) == 1
