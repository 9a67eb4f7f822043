"""PortAudio, through its JACK host, since there is no sound card where tests run: what arrives, and what is refused.

In a process of its own, because PortAudio keeps a JACK client open, and libjack knows one server per process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from parts import ROOT
from parts.jackd import StartJack

pytestmark = pytest.mark.jack

_START = """
import json, os, sys, time
import numpy as np
from audio.byhand import ByHand, tone
from oscvae.audio.backend import fade_out
from oscvae.audio.choice import choose
from oscvae.audio.portaudio import PortAudioBackend, devices, find
from oscvae.errors import AudioError
from oscvae.realtime import layout as at

def tell(**what):
    print(json.dumps(what), flush=True)

def refusal(work):
    try:
        work()
    except AudioError as error:
        return str(error)
"""

_PLAY = """
from parts.recorder import Recorder
backend = PortAudioBackend(device="system", block_size=int(sys.argv[1]))
hand = ByHand()
backend.start(hand.engine)
recorder = Recorder(os.environ["JACK_DEFAULT_SERVER"])
recorder.connect(["PortAudio:out_0", "PortAudio:out_1"])
sound = tone(10_000)
for _ in range(5):
    recorder.start()
    recorder.wait(0.05)
    hand.play(0, sound, pan=0.5)
    recorder.wait(0.6)
    recorder.stop()
    onset = int(np.flatnonzero(recorder.sound[0])[0])
    if recorder.skipped == 0 and hand.engine.word(at.E_XRUNS) == 0:
        break
    hand.engine.set_word(at.E_XRUNS, 0)
heard = recorder.sound[:, onset : onset + 10_000]
recorder.close()
faded = fade_out(hand.engine, 1.0)
served = hand.engine.word(at.E_BLOCKS)
tell(
    right=np.array_equal(heard[1], sound),
    left=np.array_equal(heard[0], sound * np.float32(0.5)),
    rate=backend.rate,
    period=hand.engine.word(at.E_PERIOD),
    frame=hand.engine.word(at.E_FRAME),
    served=served,
    down=backend.down(),
    faded=faded,
    stopped=backend.stop() and backend.stop(),
    describe=backend.describe(),
)
os._exit(0)
"""

_REFUSE = """
tell(
    devices=[device.name for device in devices()],
    name=refusal(lambda: find("nope")),
    number=refusal(lambda: PortAudioBackend(device=7)),
    found=[find(0).name, find("SYS").name, find(None).name],
    rate=PortAudioBackend(sample_rate=12_345).rate,
)
os._exit(0)
"""

_KILLED = """
backend = PortAudioBackend()
hand = ByHand()
backend.start(hand.engine)
tell(pid=os.getpid())
sys.stdin.readline()
deadline = time.monotonic() + 5
while not backend.down() and time.monotonic() < deadline:
    time.sleep(0.01)
down = backend.down()
began = time.monotonic()
backend.stop()
tell(down=down, took=time.monotonic() - began, again=refusal(lambda: find(None)) or "")
os._exit(0)
"""

_NOTHING = """
tell(refusal=refusal(PortAudioBackend), auto=choose("auto", server_name="nowhere", block_size=64).describe())
os._exit(0)
"""


def run(script: str, *arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _START + script, *arguments],
        env={**environment, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the script told nothing"
    told: dict[str, Any] = json.loads(line)
    return told


@pytest.mark.parametrize("block_size", [128, 441])
def test_what_is_heard_equals_what_was_mixed(start_jack: StartJack, block_size: int) -> None:
    server = start_jack(rate=44_100, period=256)
    process = run(_PLAY, str(block_size), environment=server.environment)
    told = answer(process)
    assert process.wait(20) == 0
    assert told["left"] and told["right"]
    assert told["rate"] == 44_100  # the server's, not the 48 kHz that were asked for
    assert told["period"] == block_size
    assert told["frame"] >= (told["served"] - 1) * block_size
    assert told["faded"] and told["stopped"] and not told["down"]
    assert "'" not in told["describe"] and "system (JACK" in told["describe"]


def test_devices_are_chosen_by_number_and_name(start_jack: StartJack) -> None:
    process = run(_REFUSE, environment=start_jack().environment)
    told = answer(process)
    assert told["devices"] == ["system"]
    assert "'nope' does not exist" in told["name"] and "0 system" in told["name"]
    assert "7 does not exist" in told["number"]
    assert told["found"] == ["system"] * 3
    assert told["rate"] == 48_000
    assert process.wait(20) == 0


def test_a_dead_server_behind_portaudio_keeps_nobody_waiting(start_jack: StartJack) -> None:
    server = start_jack()
    process = run(_KILLED, environment=server.environment)
    answer(process)
    server.kill()
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.close()
    told = answer(process)
    assert told["down"]
    assert told["took"] < 2.0
    assert told["again"]
    assert process.wait(20) == 0


def test_without_a_device_there_is_an_error_and_auto_goes_on() -> None:
    environment = {**os.environ, "JACK_DEFAULT_SERVER": "nowhere", "JACK_NO_START_SERVER": "1"}
    process = run(_NOTHING, environment=environment)
    told = answer(process)
    if told["refusal"] is None:
        pytest.skip("this machine has a sound card")
    assert "no output device: connect a sound card" in told["refusal"]
    assert told["auto"] == "silent, 48000 Hz, 64 frames"
    assert process.wait(20) == 0
