"""Which backend is taken, and what is said when none can be heard."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from audio.byhand import ByHand, tone
from oscvae.audio.backend import take_over
from oscvae.audio.choice import choose
from oscvae.errors import AudioError
from oscvae.realtime import layout as at
from parts import ROOT
from parts.jackd import StartJack


def test_auto_takes_jack_where_a_server_answers(start_jack: StartJack) -> None:
    server = start_jack(period=64)
    backend = choose("auto", server_name=server.name, client_name="chosen", connect=[])
    assert (backend.name, backend.rate, backend.period) == ("jack", 48_000, 64)
    assert "'chosen'" in backend.describe()
    assert backend.stop()


def test_what_was_asked_for_by_name_is_an_error_where_it_is_missing() -> None:
    with pytest.raises(AudioError, match="no JACK server 'nowhere' answers"):
        choose("jack", server_name="nowhere")
    with pytest.raises(AudioError, match="'alsa' does not exist: use auto, jack, portaudio or silent"):
        choose("alsa")  # type: ignore[arg-type]


def test_silent_takes_what_no_server_dictates() -> None:
    backend = choose("silent", sample_rate=32_000, block_size=100)
    assert (backend.name, backend.rate, backend.period) == ("silent", 32_000, 100)
    assert backend.realtime_priority() is None
    assert backend.stop()


_WITHOUT = """
import ctypes.util, logging, sys
logging.basicConfig(format="%(levelname)s %(message)s")
find = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if name in ("jack", "portaudio") else find(name)
from oscvae.audio.backend import take_over
from oscvae.audio.choice import choose
from oscvae.errors import AudioError
from oscvae.realtime import layout as at
for name in ("jack", "portaudio"):
    try:
        choose(name)
    except AudioError as error:
        print(error)
print(choose("auto").describe())
"""


def test_without_the_libraries_the_package_goes_on_and_warns_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "the JACK library libjack was not found: install libjack-jackd2-0 (or PipeWire's pipewire-jack)",
        "the PortAudio library was not found: install libportaudio2",
        "silent, 48000 Hz, 128 frames",
    ]
    warnings = done.stderr.splitlines()
    assert len(warnings) == 1
    assert warnings[0].startswith("WARNING no sound will be heard: the JACK library libjack was not found")


@pytest.mark.parametrize("count", [0, 5_000_000, (1 << 32) - 50])
def test_a_new_server_takes_the_frames_on_whatever_it_counts(count: int) -> None:
    hand = ByHand(first_frame=1_000_000)
    take_over(hand.engine, 44_100, 256)
    assert hand.engine.word(at.E_FRAME) == 0
    hand.run([100] * 5)
    hand.engine.set_word(at.E_SERVER_DOWN, 1)
    hand.engine.set_word(at.E_FREEWHEEL, 1)
    take_over(hand.engine, 96_000, 64)
    assert (hand.engine.rate, hand.engine.word(at.E_PERIOD)) == (96_000, 64)
    assert hand.engine.word(at.E_SERVER_DOWN) == hand.engine.word(at.E_FREEWHEEL) == 0
    hand.frame_32 = count
    hand.play(0, tone(10), start=500 + 64)
    out = hand.run([64, 64])[0]
    assert np.flatnonzero(out).tolist() == list(range(64, 74))
    assert hand.engine.word(at.E_FRAME) == 500 + 64
