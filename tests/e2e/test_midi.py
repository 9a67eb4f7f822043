"""MIDI into a daemon in JACK: when notes sound, to the sample; that none is left behind; who hears of knobs."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest

from parts import mpe
from parts.jackd import JackServer
from parts.listening import Sound, is_playing, onsets, out_of_tune
from parts.midi_sender import Event, MidiSender
from parts.recorder import Recorder
from parts.stage import NOTICE_S, Stage
from parts.waiting import until

pytestmark = pytest.mark.jack

PORT = "oscvae:midi_in"
LATENCY_S = 0.012
NOTE, LENGTH_S, APART_S = 60, 0.02, 0.07


def on(note: int, velocity: int = 100, channel: int = 1) -> bytes:
    return bytes((0x90 | channel - 1, note, velocity))


def off(note: int, channel: int = 1) -> bytes:
    return bytes((0x80 | channel - 1, note, 64))


def control(number: int, value: int, channel: int = 1) -> bytes:
    return bytes((0xB0 | channel - 1, number, value))


@contextlib.contextmanager
def keyboard(stage: Stage, name: str = "keys") -> Iterator[MidiSender]:
    """A MIDI client that is connected to the daemon."""
    sender = MidiSender(stage.server.name, name)
    try:
        sender.connect(PORT)
        yield sender
    finally:
        sender.close()


def short_notes(sender: MidiSender, count: int, seed: int) -> list[int]:
    """Send the same note again and again, at random places in the period; the frames of the note ons."""
    rng = random.Random(seed)
    frame = sender.frame + round(0.2 * sender.rate)
    ons: list[int] = []
    events: list[Event] = []
    for _ in range(count):
        frame += round(APART_S * sender.rate) + rng.randrange(300)
        ons.append(frame)
        events += [(frame, on(NOTE)), (frame + round(LENGTH_S * sender.rate), off(NOTE))]
    sender.send(events)
    return ons


def test_the_distance_from_message_to_sound_is_constant_to_the_sample(stage: Stage) -> None:
    count = 50
    frames: list[int] = []
    found: set[int] = set()
    stage.client.send("/release", 0.005)
    with keyboard(stage) as sender:

        def play() -> None:
            frames[:] = short_notes(sender, count, seed=1)
            sender.wait()

        def judge(sound: Sound, recorder: Recorder) -> str | None:
            heard = [recorder.frame_at(index) for index in onsets(sound)]
            if len(heard) != count:
                return f"{count} notes were sent, {len(heard)} heard"
            found.clear()
            found.update((a - b) & 0xFFFFFFFF for a, b in zip(heard, frames, strict=True))
            return None if len(found) == 1 else f"distances of {sorted(found)} samples"

        stage.hear(play, 0.1, judge, longest_s=count * APART_S * 1.2)
    assert len({(frame - frames[0]) % 128 for frame in frames}) > count // 2, "they fall anywhere in a period"
    (distance,) = found
    assert 0 <= distance - round(LATENCY_S * sender.rate) < 20, "the latency, and the silence that the note begins with"


def test_jack_midiseq_is_heard_at_the_same_distance(stage: Stage) -> None:
    if shutil.which("jack_midiseq") is None:
        pytest.skip("not installed: jack_midiseq")
    loop = 12_007  # not a multiple of the period, so that every note falls elsewhere in it
    starts = (0, 3001, 6100, 9050)
    gaps = np.diff([*starts, loop]).tolist()
    stage.client.send("/release", 0.005)
    # the last note off must come before the loop ends, or jack_midiseq never sends it
    notes = [str(number) for start in starts for number in (start, NOTE, 1000)]

    def play() -> None:
        command = ["jack_midiseq", "sequencer", str(loop), *notes]
        process = subprocess.Popen(command, env=stage.server.environment, stdout=subprocess.DEVNULL)
        try:
            assert until(lambda: "sequencer:out" in stage.server.connections(), 5.0)
            assert stage.server.tool("jack_connect", "sequencer:out", PORT).returncode == 0
            time.sleep(2.2)
        finally:
            process.terminate()
            process.wait()

    def judge(sound: Sound, recorder: Recorder) -> str | None:
        frames = [recorder.frame_at(index) for index in onsets(sound)][1:]  # the first may be one that was cut in half
        found = np.diff(frames).tolist()
        if len(frames) < 25:
            return f"{len(frames)} notes were heard"
        turns = [gaps[k:] + gaps[:k] for k in range(len(gaps))]
        if any(found == (turn * len(found))[: len(found)] for turn in turns):
            return None
        return f"the notes are {found} samples apart"

    stage.hear(play, 0.1, judge, longest_s=12.0)


def test_the_wheel_bends_and_goes_back(stage: Stage) -> None:
    with keyboard(stage) as sender:
        for wheel, semitones in ((0x3FFF, 2.0), (0x0000, -2.0), (0x2000, 0.0)):
            bend = bytes((0xE0, wheel & 0x7F, wheel >> 7))
            sound = stage.heard(lambda bend=bend: sender.say(bend, on(NOTE)), 0.6)  # type: ignore[misc]
            sender.say(off(NOTE))
            assert is_playing(sound[0], sender.rate, NOTE + semitones)
            assert out_of_tune(sound[0], sender.rate, NOTE + semitones) < 10.0


def test_subscribers_hear_of_what_midi_changes(stage: Stage) -> None:
    client = stage.client
    client.ask("/notify", 1, answer=("/done",))
    try:
        with keyboard(stage) as sender:
            for message, expected in (
                (control(1, 127), {"/unit/1": 1.0}),
                (control(64, 127), {"/sustain/1": 1}),
                (bytes((0xE0, 0, 0)), {"/bend/1": -2.0}),
                (control(121, 0), {"/bend/1": 0.0, "/sustain/1": 0}),
                (control(5, 127), {"/portamento": 2.0}),
                (control(65, 0), {"/portamento": 0.0}),
                (control(126, 1), {"/mode": "mono"}),
                (control(127, 0), {"/mode": "poly"}),
                (bytes((0xC0, 99)), {"/midi/program": 100}),
            ):
                sender.say(message)
                told = dict(client.wait_for(*expected) for _ in expected)
                assert {path: args[0] for path, args in told.items()} == expected
            sender.say(on(NOTE))
            started = client.wait_for("/voice/on")
            assert started is not None and started[1][1] == NOTE
    finally:
        client.send("/notify", 0)


def test_a_controller_learns_and_a_program_recalls(stage: Stage) -> None:
    client = stage.client
    other = type(client)(stage.daemon.port)
    try:
        other.ask("/notify", 1, answer=("/done",))
        with keyboard(stage) as sender:
            client.send("/midi/learn", "/unit/3")
            assert client.ask("/ping", answer=("/pong",)) == ("/pong", ())
            sender.say(control(0, 0), control(21, 127))
            assert client.wait_for("/done", "/fail") == ("/done", ("/midi/learn", "/unit/3", 21))
            assert other.wait_for("/unit/3") == ("/unit/3", (1.0,))
            kept = stage.daemon.folder / "oscvae" / "midi" / "learnt.json"
            assert '"21": "/unit/3"' in kept.read_text()

            client.send("/midi/learn", "/macro/2")
            assert client.ask("/ping", answer=("/pong",)) == ("/pong", ())
            other.drain()
            sender.say(control(22, 64))
            assert client.wait_for("/done", "/fail") == ("/done", ("/midi/learn", "/macro/2", 22))
            told = dict(other.wait_for("/macro/2", "/bend", "/stretch") for _ in range(3))
            assert told == {"/macro/2": (0.5,), "/bend": (-6.0,), "/stretch": (1.5,)}
            why = "no macro 9: there are 4, /macro/1 to /macro/4"
            assert client.ask("/midi/learn", "/macro/9", answer=("/done",)) == ("/fail", ("/midi/learn", why))
            assert client.ask("/midi/forget", "/macro/2", answer=("/done",)) == ("/done", ("/midi/forget",))

            client.send("/midi/learn", "/macro 1 0.5")  # a footswitch
            assert client.ask("/ping", answer=("/pong",)) == ("/pong", ())
            other.drain()
            sender.say(control(80, 127), control(80, 0))
            assert client.wait_for("/done", "/fail") == ("/done", ("/midi/learn", "/macro 1 0.5", 80))
            assert other.wait_for("/macro/1") == ("/macro/1", (0.5,))
            other.drain()
            sender.say(control(80, 0))
            stage.daemon.settle()
            assert "/macro/1" not in [address for address, _ in other.drain()], "it is let go"
            why = "no macro 9: there are 4, /macro/1 to /macro/4"
            assert client.ask("/midi/learn", "/macro 9 0", answer=("/done",)) == ("/fail", ("/midi/learn", why))
            client.send("/macro/1", 0.0)  # what changes nothing would not be told
            assert other.wait_for("/macro/1") == ("/macro/1", (0.0,))
            sender.say(control(80, 127))
            assert other.wait_for("/macro/1") == ("/macro/1", (0.5,))
            client.send("/macro/1", 0.0)
            assert client.ask("/midi/forget", "80", answer=("/done",)) == ("/done", ("/midi/forget",))

            for name, z in (("dusk", (0.5, 0.0, 0.0, 0.0)), ("dawn", (-0.5, 0.0, 0.0, 0.0))):
                client.send("/z", *z)
                assert client.ask("/preset/save", name, answer=("/done",)) == ("/done", ("/preset/save", name))
            client.send("/z", 0.0, 0.0, 0.0, 0.0)  # what a recall does not change is not told
            while (told_z := other.wait_for("/z")) != ("/z", (0.0, 0.0, 0.0, 0.0)):
                assert told_z is not None
            other.drain()
            for program, (name, first) in enumerate((("dawn", -0.5), ("dusk", 0.5))):
                sender.say(bytes((0xC0, program)))
                told = dict(other.wait_for("/preset/recall", "/z") for _ in range(2))
                assert told == {"/preset/recall": (name,), "/z": (first, 0.0, 0.0, 0.0)}
            assert client.ask("/midi/forget", "/unit/3", answer=("/done",)) == ("/done", ("/midi/forget",))
            assert '"21"' not in kept.read_text()
            assert client.ask("/midi/learn", "/play", answer=("/done",))[0] == "/fail"
            client.send("/midi/learn", "/unit/2")
            client.send("/midi/learn")
            answers = {client.wait_for("/done", "/fail") for _ in range(2)}
            assert answers == {("/fail", ("/midi/learn", "cancelled")), ("/done", ("/midi/learn",))}
    finally:
        for name in ("dawn", "dusk"):
            client.send("/preset/delete", name)
        stage.daemon.settle()
        other.close()


def test_what_a_pedal_holds_rings_on_after_all_notes_off(stage: Stage) -> None:
    """Roland keyboards send it after each last key: 903c64 b0407f 803c00 b07b00."""
    stage.client.send("/stretch", 4.0)
    stage.daemon.settle()
    with keyboard(stage) as sender:
        sender.say(on(NOTE), control(64, 127), off(NOTE), control(123, 0))
        time.sleep(0.3)
        assert stage.status().voices == 1
        sender.say(control(64, 0))
        assert until(lambda: stage.status().voices == 0, 2.0), stage.status()
        sender.say(on(NOTE), on(NOTE, channel=2), control(64, 127))
        assert until(lambda: stage.status().voices == 2, 2.0)
        sender.say(control(120, 0, channel=2))
        assert until(lambda: stage.status().voices == 1, 2.0), "of its own channel"
        sender.say(control(120, 0), control(64, 0))
        assert until(lambda: stage.status().voices == 0, 2.0)


def test_a_mono_keyboard_plays_one_note_and_goes_back_to_the_key_that_is_down(stage: Stage) -> None:
    stage.client.send("/stretch", 4.0)
    stage.daemon.settle()
    with keyboard(stage) as sender:
        sender.say(control(126, 1), on(60), on(64, channel=2), on(67))
        assert until(lambda: stage.status().voices == 1, 2.0), stage.status()
        stage.daemon.quiet()

        def play() -> None:
            sender.say(on(72), on(60), on(67), off(67))

        sound = stage.heard(play, 0.9)
        assert is_playing(sound[0][round(0.3 * sender.rate) :], sender.rate, 60)
        sender.say(off(60), off(72), control(127, 0))
    assert until(lambda: stage.status().voices == 0, 4.0), stage.status()


def test_a_wheel_bends_its_own_channel_as_far_as_it_is_told_to(stage: Stage) -> None:
    """As in 913c64 924364 e27f7f, with a range of 12 semitones by registered parameter 0."""
    client = stage.client
    client.send("/pan/2", -1.0)
    client.send("/pan/3", 1.0)
    stage.daemon.settle()
    try:
        with keyboard(stage) as sender:
            bend_range = [control(number, value, channel=3) for number, value in ((101, 0), (100, 0), (6, 12))]
            wheel = bytes((0xE2, 0x7F, 0x7F))
            sound = stage.heard(lambda: sender.say(*bend_range, wheel, on(60, channel=2), on(50, channel=3)), 0.6)
            for channel, note in ((2, 60), (3, 50)):
                sender.say(off(note, channel=channel))
            assert is_playing(sound[0], sender.rate, 60)
            assert is_playing(sound[1], sender.rate, 62)
            sender.say(bytes((0xE2, 0, 64)), *(control(n, v, channel=3) for n, v in ((6, 2), (101, 127), (100, 127))))
    finally:
        for path in ("/pan/2", "/pan/3", "/bend/3"):
            client.send(path, 0.0)
        stage.daemon.settle()


def test_an_mpe_controller_bends_each_finger_apart(stage: Stage) -> None:
    client = stage.client
    told = stage.daemon.log.count("MPE: ")
    with keyboard(stage) as sender:
        sender.say(*mpe.introduction())
        assert until(lambda: stage.daemon.log.count("MPE: ") == told + 1, NOTICE_S)
        assert stage.daemon.log.rstrip().endswith("MPE: lower zone, channels 2 to 16")
        try:
            client.send("/pan/2", -1.0)
            client.send("/pan/3", 1.0)
            stage.daemon.settle()
            landings = [*mpe.land(2, 60, at=12.0), *mpe.land(3, 60, at=-7.0)]
            sound = stage.heard(lambda: sender.say(*landings), 0.6)
            sender.say(*mpe.leave(2, 60), *mpe.leave(3, 60))
            assert is_playing(sound[0], sender.rate, 72)
            assert is_playing(sound[1], sender.rate, 53)
            assert out_of_tune(sound[0], sender.rate, 72) < 10.0
        finally:
            sender.say(*mpe.parameter(1, 6, 0))
            assert until(lambda: stage.daemon.log.count("MPE: ") == told + 2, NOTICE_S)


def test_an_improvisation_by_mpe_loses_nothing_and_leaves_no_note(stage: Stage) -> None:
    seconds = 4.0
    before = stage.status()
    with keyboard(stage) as sender:
        sender.say(*mpe.introduction())
        stage.client.send("/release", 0.05)
        start = sender.frame + 4800
        events = [(start + round(at_s * sender.rate), message) for at_s, message in mpe.improvisation(seconds, seed=5)]
        try:
            sender.send(events)
            time.sleep(seconds / 2)
            assert stage.status().voices > 0
            sender.wait()
            assert until(lambda: stage.status().voices == 0, 3.0), stage.status()
            assert stage.status().busy == before.busy, "nothing was refused"
        finally:
            sender.say(*mpe.parameter(1, 6, 0))


def test_a_thousand_random_messages_leave_no_note(stage: Stage) -> None:
    """Notes that ring for seconds: whatever was held, pedalled, stolen or late, no voice sounds once all is let go."""
    rng = random.Random(7)
    client = stage.client
    client.send("/stretch", 4.0)
    client.send("/release", 0.05)
    stage.daemon.settle()
    held: list[int] = []
    with keyboard(stage) as sender:
        frame = sender.frame + 4800
        events: list[Event] = []
        for _ in range(1000):
            frame += rng.randrange(200)
            what = rng.random()
            if what < 0.45 or not held:
                held.append(rng.randrange(45, 85))
                events.append((frame, on(held[-1], rng.randrange(1, 128))))
            elif what < 0.9:
                note = held.pop(rng.randrange(len(held)))
                events.append((frame, rng.choice((off(note), on(note, 0)))))
            elif what < 0.98:
                events.append((frame, control(64, rng.randrange(128))))
            else:
                events.append((frame, control(rng.choice((120, 121, 123)), 0)))
        frame += 200
        sender.send([*events, (frame, control(64, 127)), *((frame + 1, off(note)) for note in held)])
        sender.wait()
        time.sleep(0.1)
        assert stage.status().voices > 0, "the pedal holds them"
        sender.say(control(64, 0))
        assert until(lambda: stage.status().voices == 0, 2.0), stage.status()
        status = stage.status()
        assert status.busy == 0, "nothing was refused"
        sender.say(on(NOTE))
        assert until(lambda: stage.status().voices == 1, 2.0), "and it plays on"
        sender.say(control(123, 0))
        assert until(lambda: stage.status().voices == 0, 2.0)
    with stage.listen() as recorder:
        recorder.wait(0.1)
        assert not recorder.sound.any()


@pytest.fixture(scope="module")
def hasty_server() -> Iterator[JackServer]:
    server = JackServer().start()
    yield server
    server.stop()


def test_a_latency_that_is_too_short_is_counted_and_other_channels_are_not_heard(hasty_server: JackServer) -> None:
    keys = MidiSender(hasty_server.name, "keys")
    try:
        stage = Stage(hasty_server, "midi.latency_s=0.001", "midi.channel=3", "midi.connect=[keys:midi_out]")
        try:
            assert hasty_server.connections()["keys:midi_out"] == [PORT]
            assert "midi.latency_s is 0.001" in stage.daemon.log
            before = stage.status().late
            keys.say(on(NOTE, channel=1), on(NOTE, channel=4))
            time.sleep(0.1)
            assert (stage.status().voices, stage.status().late) == (0, before)
            keys.say(on(NOTE, channel=3))
            assert until(lambda: stage.status().voices == 1, 2.0)
            assert until(lambda: stage.status().late == before + 1, 2.0)
            assert stage.server.tool("jack_bufsize", "1024").returncode == 0
            assert until(lambda: "but a period of 1024 frames" in stage.daemon.log, NOTICE_S), "a longer period is told"
        finally:
            stage.close()
    finally:
        keys.close()


def test_the_port_is_back_with_the_server(mortal_stage: Stage) -> None:
    mortal_stage.replace_server(44_100, 256)
    with keyboard(mortal_stage) as sender:
        sound = mortal_stage.heard(lambda: sender.say(on(NOTE), off(NOTE)), 0.3)
        assert sound.any()
