"""The block clock, offline: panic, underruns, the count of frames, and the ports that it writes."""

from __future__ import annotations

import numpy as np
import pytest

from audio.byhand import ByHand, blocks, tone
from oscvae.audio.mixer import block
from oscvae.realtime import layout as at

WRAP = 1 << 32


# -- panic, closing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", [16, 128, 1000])
def test_panic_is_silent_after_one_block(period: int) -> None:
    hand = ByHand()
    for slot in range(4):
        hand.play(slot, tone(16_000), start=slot * 1000)  # the last ones have not begun
    hand.run(blocks(2000, period))
    hand.engine.set_word(at.E_EPOCH, 1)
    fading = hand.run(period)[0]
    assert np.abs(np.diff(fading)).max() < 0.1 if period >= 128 else True
    assert fading[-1] == 0.0
    assert not hand.run([period] * 8).any()
    assert [hand.state(slot) for slot in range(4)] == [at.DONE] * 4


def test_a_voice_played_after_the_panic_in_the_same_block_is_whole() -> None:
    hand = ByHand()
    hand.play(0, tone(9000))
    hand.run(128)
    hand.engine.set_word(at.E_EPOCH, 1)
    hand.play(1, tone(200, hz=1000.0), start=128 + 64)
    out = hand.run([128, 128])[0]
    ramp = 1 - np.arange(1, 129, dtype=np.float32) / 128
    expected = np.concatenate([tone(9000)[128:256] * ramp, np.zeros(128, np.float32)])
    expected[64:] += tone(192, hz=1000.0)
    assert np.allclose(out, expected, atol=1e-7)
    assert hand.state(1) == at.PLAYING


def test_a_voice_that_a_panic_overtook_stays_silent() -> None:
    hand = ByHand()
    hand.play(0, tone(900))  # started by the renderer, for the epoch that ends before the next block
    hand.engine.set_word(at.E_EPOCH, 1)
    hand.run(128)
    hand.play(1, tone(900))
    hand.engine.voices[1][at.V_EPOCH] = 0  # and one that arrives only afterwards
    assert not hand.run([128] * 4).any()
    assert hand.state(0) == hand.state(1) == at.DONE


def test_closing_fades_once_and_stays_silent() -> None:
    hand = ByHand()
    hand.play(0, np.full(9000, 0.5, np.float32))
    hand.run(128)
    hand.engine.set_word(at.E_CLOSING, 1)
    out = hand.run([128] * 30)[0]
    assert np.allclose(out[:2400], 0.5 * (1 - np.arange(1, 2401) / 2400), atol=1e-6)
    assert not out[2400:].any()
    assert hand.engine.word(at.E_SILENT) == 1
    hand.play(1, tone(500))
    assert not hand.run([128] * 4).any()


# -- underruns ---------------------------------------------------------------------------------------------------------


def test_an_underrun_decays_is_counted_and_comes_back_smoothly() -> None:
    hand = ByHand()
    sound = tone(4000, hz=100.0, peak=0.5)
    hand.play(0, sound[:1000], finished=False)
    before = hand.run([128] * 7 + [124])[0]
    assert hand.engine.word(at.E_UNDERRUNS) == 1
    assert np.array_equal(before[:1000], sound[:1000])
    assert np.allclose(before[1000:1020], sound[999] * 0.96 ** np.arange(1, 21), atol=1e-6)
    hand.add(0, sound[1000:2000])
    after = hand.run([128] * 7)[0]
    assert hand.engine.word(at.E_UNDERRUNS) == 1
    assert np.array_equal(after[128:896], sound[1128:1896])
    back = np.arange(128) / 128
    remains = sound[999] * 0.96 ** np.arange(20, 148)
    assert np.allclose(after[:128], sound[1000:1128] * back + remains * (1 - back), atol=1e-6)
    joined = np.concatenate([before, after])
    assert np.abs(np.diff(joined)).max() < 0.5 * (1 - 0.96) + 0.01


def test_a_second_underrun_while_the_first_is_returning_makes_no_step() -> None:
    hand = ByHand()
    hand.play(0, np.full(100, 0.8, np.float32), finished=False)
    heard = [hand.run(500)]
    hand.add(0, np.full(60, 0.8, np.float32))  # half of the way back
    heard.append(hand.run(500))
    hand.add(0, np.full(1000, 0.8, np.float32))
    heard.append(hand.run(500))
    out = np.concatenate(heard, axis=1)[0]
    assert hand.engine.word(at.E_UNDERRUNS) == 2
    assert np.abs(np.diff(out[1:])).max() < 0.8 * (1 - 0.96) + 1e-3
    assert out[-1] == np.float32(0.8)


def test_the_end_of_a_voice_is_no_underrun() -> None:
    hand = ByHand()
    hand.play(0, tone(200))
    hand.run([128] * 4)
    assert hand.engine.word(at.E_UNDERRUNS) == 0


def test_a_voice_that_starts_empty_is_silent_until_samples_come() -> None:
    hand = ByHand()
    hand.play(0, np.zeros(0, np.float32), finished=False, pan=-1.0)
    hand.play(1, tone(1000), pan=1.0)
    out = hand.run(128)
    assert not out[0].any()
    assert np.array_equal(out[1], tone(128)), "what is missing of one voice spoils another"
    hand.add(0, np.full(500, 0.5, np.float32))
    out = hand.run([128] * 2)[0]
    assert np.allclose(out[:128], 0.5 * np.arange(128) / 128, atol=1e-6)
    assert np.all(out[128:] == 0.5)


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_frames_go_on_where_the_servers_count_wraps() -> None:
    hand = ByHand(first_frame=WRAP - 1000)
    sound = tone(300)
    hand.play(0, sound, start=1500)
    out = hand.run(blocks(4000, 128))[0]
    assert np.array_equal(out[1500:1800], sound)
    assert hand.engine.word(at.E_FRAME) == 4000 - 4000 % 128
    assert hand.engine.word(at.E_FRAME_32) == (WRAP - 1000 + 4000 - 4000 % 128) % WRAP


def test_a_thousand_xruns_lose_no_start() -> None:
    rng = np.random.default_rng(4)
    hand = ByHand(slots=64, first_frame=WRAP - 200_000)
    hand.run(128)
    frame = 128  # of the next block
    late = 0
    for k in range(1000):
        skip = int(rng.integers(0, 5000))
        begin = frame + skip
        due = begin + int(rng.integers(-min(skip, 200), 200))  # in the frames that the xrun skips, or after them
        hand.play(k % 64, np.full(3, 0.5, np.float32), start=due)
        out = hand.run([128, 128], skip=skip)[0]
        # frames that were skipped cannot be played: what was due in them comes with the first that can
        assert np.flatnonzero(out).tolist() == [max(due, begin) - begin + i for i in range(3)]
        late += due < begin
        frame = begin + 256
    assert hand.engine.word(at.E_LATE) == late > 100
    assert hand.engine.word(at.E_FRAME) == frame - 128 > 2_000_000


def test_a_count_that_went_back_is_a_new_server() -> None:
    hand = ByHand(first_frame=1_000_000)
    hand.run([128] * 4)
    hand.frame_32 = 5000
    hand.run([128] * 2)
    assert hand.engine.word(at.E_FRAME) == 5 * 128
    assert hand.engine.word(at.E_FRAME_32) == 5128


def test_the_clock_pair_is_whole_and_grows() -> None:
    hand = ByHand()
    assert hand.engine.clock_pair() is None
    hand.run(128)
    first = hand.engine.clock_pair()
    hand.run(128)
    second = hand.engine.clock_pair()
    assert first is not None and second is not None
    assert (first[0], second[0]) == (0, 128)
    assert second[1] >= first[1] > 1_600_000_000 * 10**9


# -- ports, recording, freewheel ---------------------------------------------------------------------------------------


def test_null_ports_are_accepted() -> None:
    hand = ByHand()
    hand.play(0, tone(1000))
    block(hand.engine.words, 0, 512, 0, 0)
    out = np.zeros(512, np.float32)
    buffers = np.array([0, out.ctypes.data])
    block(hand.engine.words, 512, 512, buffers.ctypes.data, 0)
    assert np.array_equal(out[:488], tone(1000)[512:])


def test_nothing_is_written_beyond_the_ports_buffer() -> None:
    hand = ByHand()
    hand.play(0, tone(1000))
    room = np.full(600, np.float32(7.0))
    buffers = np.array([room.ctypes.data, room.ctypes.data])
    block(hand.engine.words, 0, 441, buffers.ctypes.data, 0)
    assert np.all(room[441:] == 7.0)
    assert hand.engine.intact()


def test_freewheel_is_silent() -> None:
    hand = ByHand()
    hand.play(0, tone(1000))
    hand.engine.set_word(at.E_FREEWHEEL, 1)
    assert not hand.run(256).any()
    hand.engine.set_word(at.E_FREEWHEEL, 0)
    assert np.array_equal(hand.run(256)[0], tone(1000)[256:512])


def test_the_newest_of_the_output_is_monitored_and_nobody_is_waited_for() -> None:
    hand = ByHand()
    engine = hand.engine
    hand.play(0, tone(300_000, hz=441.0), pan=-0.5)
    hand.run(128)
    assert engine.word(at.E_MONITOR_HEAD) == 0
    engine.set_word(at.E_MONITOR_ON, 1)
    out = hand.run(blocks(1000, 100))
    assert engine.word(at.E_MONITOR_HEAD) == 1000
    assert np.array_equal(engine.monitor[:1000].T, out)
    out = hand.run(blocks(at.MONITOR_FRAMES + 500, 4096))
    assert engine.word(at.E_MONITOR_HEAD) == at.MONITOR_FRAMES + 1500
    places = np.arange(1500, at.MONITOR_FRAMES + 1500) & (at.MONITOR_FRAMES - 1)
    assert np.array_equal(engine.monitor[places].T, out[:, 500:])


def test_the_output_is_recorded_and_what_finds_no_room_is_counted() -> None:
    hand = ByHand()
    engine = hand.engine
    engine.set_of_part(0, at.P_GAIN, 0.5)
    hand.play(0, tone(300_000, hz=441.0), pan=-0.5)
    hand.run(128)
    engine.set_word(at.E_RECORD_ON, 1)
    out = hand.run(blocks(1000, 100))
    assert engine.word(at.E_RECORD_HEAD) == 1000
    assert np.array_equal(engine.recording[:1000].T, out)
    assert engine.word(at.E_RECORD_LOST) == 0
    hand.run([4096] * 33)
    lost = 1000 + 33 * 4096 - at.RECORD_FRAMES
    assert engine.word(at.E_RECORD_HEAD) == at.RECORD_FRAMES
    assert engine.word(at.E_RECORD_LOST) == lost
    engine.set_word(at.E_RECORD_TAIL, 1000)  # read by the disk thread: the ring goes on from its start
    out = hand.run(500)
    assert np.array_equal(engine.recording[:500].T, out)
    engine.set_word(at.E_RECORD_ON, 0)
    hand.run(500)
    assert engine.word(at.E_RECORD_HEAD) == at.RECORD_FRAMES + 500


def test_what_was_served_is_counted() -> None:
    hand = ByHand()
    hand.play(0, tone(1000))
    hand.run([100, 200, 300])
    engine = hand.engine
    assert engine.word(at.E_BLOCKS) == 3
    assert engine.word(at.E_PERIOD) == 300
    assert engine.word(at.E_SOUNDING) == 1
    assert engine.word(at.E_BUSY_NS) > 0
    hand.run([500])
    assert engine.word(at.E_SOUNDING) == 0
