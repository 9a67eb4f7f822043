"""Bundles and their time: when a note begins at the JACK port, to the sample."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from oscvae.osc.packets import encode_bundle, encode_message, ns_to_timetag
from parts.daemon import Z
from parts.jackd import StartJack
from parts.listening import LEARNT_S, Sound, first_sound, uneven
from parts.programs import needs
from parts.recorder import Recorder
from parts.sclang import Sclang
from parts.soak import SOAKED
from parts.stage import Stage

pytestmark = pytest.mark.jack

INTERVAL_S = 0.1
FEW = 8  # samples


@pytest.mark.client
@needs("sclang")
@pytest.mark.parametrize("count", [20, pytest.param(500, marks=SOAKED)])
def test_bundles_from_sclang_are_evenly_spaced(stage: Stage, tmp_path: Path, count: int) -> None:
    stage.client.send("/release", 0.01)
    script = (Path(__file__).parent / "bundles.scd").read_text()
    longest_s = count * INTERVAL_S + 60.0
    told = {"OSCVAE_PORT": str(stage.daemon.port), "OSCVAE_COUNT": str(count)}

    def judge(sound: Sound, recorder: Recorder) -> str | None:
        return uneven(sound, recorder, count, INTERVAL_S, FEW)

    def play() -> None:
        Sclang(tmp_path, script, environment={**os.environ, **told}, quit_after_s=longest_s).wait()

    stage.hear(play, 0.1, judge, longest_s=longest_s)


def test_notes_of_one_bundle_begin_in_the_same_frame(stage: Stage) -> None:
    """Two voices, one on each side, in one bundle; and in a bundle with a time, at that time."""
    notes = [("/voice/new", 1, 60, *Z, 1.0, 0.2), ("/voice/new", 2, 67, *Z, 1.0, 0.2)]
    sides = [("/voice/set", 1, "pan", -1.0), ("/voice/set", 2, "pan", 1.0)]
    # the two notes' first samples differ, so that each channel alone gives the offset that the pair must keep
    lead = []
    for note, side in zip(notes, sides, strict=True):
        alone = stage.heard(lambda note=note, side=side: stage.client.send_bundle([note, side]), 0.3)  # type: ignore[misc]
        lead.append(alone[:, first_sound(alone) :])
    assert not lead[0][1].any() and not lead[1][0].any()

    for due in (None, 0.2):

        def judge(sound: Sound, _: Recorder) -> str | None:
            begins = [first_sound(channel) if channel.any() else -1 for channel in sound]
            if begins[0] != begins[1]:
                return f"the two notes of a bundle begin at samples {begins}"
            for channel, (side, begin) in enumerate(zip(lead, begins, strict=True)):
                part = sound[channel, begin : begin + 4800]
                if not np.array_equal(part, side[channel, : part.size]):
                    return f"voice {channel + 1} is not what it is alone"
            return None

        def play(due: float | None = due) -> None:
            stage.client.send_bundle([*notes, *sides], None if due is None else time.time() + due)

        stage.hear(play, 0.6, judge)


def test_a_late_bundle_is_played_at_once_and_counted(stage: Stage) -> None:
    before = stage.status()
    heard = stage.heard(lambda: stage.client.send_bundle([("/play", 60, *Z, 1.0, 0.1)], time.time() - 0.5), 0.4)
    assert heard.any()
    assert stage.status().late > before.late


def test_a_bundle_that_lies_too_far_ahead_is_refused(stage: Stage) -> None:
    for ahead_s in (3700.0, 5400.0, 7000.0):  # what lies further ahead is a foreign clock's
        stage.client.send_bundle([("/play", 60, *Z)], time.time() + ahead_s)
        reply = stage.client.wait_for("/fail")
        assert reply is not None and reply[1][0] == "#bundle"
        assert "ahead, at most 3600 s are kept: is the sender's clock right?" in reply[1][1]
    stage.client.send_bundle([("/play", 60, *Z)], time.time() + 3500.0)
    assert stage.client.ask("/ping", answer=("/pong",)) == ("/pong", ())
    stage.client.send("/clearSched")


def test_clear_sched_and_panic_forget_what_waits(stage: Stage) -> None:
    for forget in ("/clearSched", "/panic"):

        def play(forget: str = forget) -> None:
            stage.client.send_bundle([("/play", 60, *Z, 1.0, 0.1)], time.time() + 0.6)
            stage.client.send(forget)

        assert not stage.hear(play, 1.0, lambda sound, _: "it was played all the same" if sound.any() else None).any()


def test_a_bundle_in_a_bundle_keeps_its_own_later_time(stage: Stage) -> None:

    def play() -> None:
        now = time.time_ns()
        later = encode_bundle(ns_to_timetag(now + 700_000_000), [encode_message("/play", (64, *Z, 1.0, 0.1))])
        message = encode_message("/play", (60, *Z, 1.0, 0.1))
        packet = encode_bundle(ns_to_timetag(now + 300_000_000), [message, later])
        stage.client.socket.sendto(packet, stage.client.target)

    def judge(sound: Sound, recorder: Recorder) -> str | None:
        return uneven(sound, recorder, 2, 0.4, FEW)

    stage.hear(play, 1.3, judge, lead_s=LEARNT_S)


@pytest.fixture
def clockless(start_jack: StartJack) -> Iterator[Stage]:
    stage = Stage(start_jack(), "osc.timetags=ignore")
    yield stage
    stage.close()


def test_timetags_can_be_ignored(clockless: Stage) -> None:
    """For a tablet whose clock is a day wrong."""
    before = clockless.status()
    for ahead_s in (2.0, 86_400.0, -86_400.0):

        def play(ahead_s: float = ahead_s) -> None:
            clockless.client.send_bundle([("/play", 60, *Z, 1.0, 0.1)], time.time() + ahead_s)

        clockless.hear(play, 0.8, lambda sound, _: None if sound.any() else "it was not played on arrival")
    assert clockless.client.receive(0.05) is None
    assert clockless.status().late == before.late
