"""The callback writes what the layout says is its own, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from audio.byhand import ByHand, tone
from oscvae.realtime import layout as at
from oscvae.realtime.layout import Writer
from parts.sharedwords import only

CALLBACK = Writer.CALLBACK, Writer.HOLDER


def test_the_callback_writes_its_own_words_only() -> None:
    hand = ByHand(slots=9)
    rng = np.random.default_rng(1)

    def begin() -> None:
        hand.engine.set_word(at.E_RECORD_ON, 1)
        hand.engine.set_word(at.E_MONITOR_ON, 1)
        hand.engine.set_word(at.E_MEASURE, 1)
        for slot in range(6):
            noise = (rng.standard_normal(3000) * 0.6).astype(np.float32)
            hand.play(slot, noise, start=100 * slot, attack=300, stop_sample=900 if slot == 1 else -1)
        hand.play(6, tone(200), finished=False)  # an underrun

    def take_over() -> None:
        hand.play(7, tone(3000), start=3000, takes=4, moved=True)
        hand.play(8, tone(3000), takes=0)

    def set_all() -> None:
        hand.stop(2, at.STOP_RELEASE, 700)
        hand.stop(3, at.STOP_FADE)
        hand.set(4, at.V_GAIN, 0.3)
        hand.set(4, at.V_PAN, -0.5)
        hand.set_word(5, at.V_ATTACK, 4000)
        hand.set(2, at.V_RELEASE, 0.99)
        hand.engine.set_of_part(0, at.P_GAIN, 2.0)

    steps: dict[str, Callable[[], None]] = {
        "nothing": lambda: None,
        "begin": begin,
        "take over": take_over,
        "set": set_all,
        "panic": lambda: hand.engine.set_word(at.E_EPOCH, 1),
        "close": lambda: hand.engine.set_word(at.E_CLOSING, 1),
    }
    written: set[str] = set()
    for name, step in steps.items():
        step()
        for period in (256, 100, 441, 2500 if name == "close" else 64):
            hand.feed()
            with only(hand.engine.arrays, *CALLBACK) as arrays:
                hand.run(period)
            written |= arrays
    assert hand.engine.word(at.E_UNDERRUNS) == 1
    assert hand.engine.word(at.E_SILENT) == 1
    assert written >= {"words", "voices", "callback", "active", "mix", "recording", "record", "clock", "times"}
    assert "monitor" in written
    assert written >= {"render_audio", "audio_control"}, "the tail of the one ring, the head of the other"
