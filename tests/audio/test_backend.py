"""Which backend is taken, and what is said when none can be heard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import StartJack

from oscvae.audio.backend import choose
from oscvae.errors import AudioError

ROOT = Path(__file__).resolve().parents[2]


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
from oscvae.audio.backend import choose
from oscvae.errors import AudioError
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
