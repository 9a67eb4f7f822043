"""A daemon that plays into a JACK server of its own, and ears at its ports."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from jack_recorder import COUNT, FRAME, WOKEN_NS, Recorder
from jackd import JackServer
from numpy.typing import NDArray
from support import Daemon, free_port

from oscvae.osc.vocabulary import REPLY_BY_PATH
from oscvae.sound.pitch import fundamental_hz
from oscvae.units import cents, note_to_hz

Sound = NDArray[np.float32]

SOAK = bool(os.environ.get("OSCVAE_SOAK"))
SOAKED = [pytest.mark.soak, pytest.mark.skipif(not SOAK, reason="make soak")]
Z = (0.1, 0.2, -0.3, 0.4)
PORTS = ("oscvae:out_1", "oscvae:out_2")
NOTICE_S = 15.0  # in which anything is noticed, on any machine
RETURN_S = 3.0  # in which it plays again once a server is back
SLIPPED = 5  # samples: more is no jitter
ATTEMPTS = 8  # at a recording that no xrun of a shared machine disturbs
LEARNT_S = 2.5  # after which the frame clock knows that the server has slipped

Status = NamedTuple("Status", [(arg.name, Any) for arg in REPLY_BY_PATH["/status.reply"].args])  # type: ignore[misc]


def free_tcp_port() -> int:
    """A TCP port on loopback that nobody has now."""
    return free_port(socket.SOCK_STREAM)


def status(daemon: Daemon) -> Any:
    """/status.reply, whatever else arrives before it."""
    daemon.client.send("/status")
    reply = daemon.client.wait_for("/status.reply", timeout_s=NOTICE_S)
    assert reply is not None, f"no status\n{daemon.log}"
    return Status(*reply[1])


def until(condition: Callable[[], bool], timeout_s: float, every_s: float = 0.02) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


def first_sound(samples: Sound) -> int:
    """Where the first sample is that is not zero, in either channel; raises AssertionError for silence."""
    loud = np.flatnonzero(np.any(np.atleast_2d(samples) != 0.0, axis=0))
    assert loud.size, "nothing was heard"
    return int(loud[0])


def onsets(samples: Sound, quiet: int = 600) -> list[int]:
    """Where sound begins after at least `quiet` samples of silence."""
    loud = np.flatnonzero(np.any(np.atleast_2d(samples) != 0.0, axis=0))
    return [int(index) for index in loud[np.flatnonzero(np.diff(loud, prepend=-10 * quiet) > quiet)]]


def out_of_tune(samples: Sound, rate: int, note: float) -> float:
    """Cents by which one note, somewhere in one channel, is off equal temperament; two semitones around it are seen."""
    begin = first_sound(samples) + round(0.05 * rate)
    part = samples[begin : begin + round(0.35 * rate)]
    return abs(cents(fundamental_hz(part, rate, note_to_hz(note - 2), note_to_hz(note + 2)), note_to_hz(note)))


def is_playing(samples: Sound, rate: int, note: float) -> bool:
    """Whether what begins in this channel is that note, not merely some note: an octave each way is searched."""
    begin = first_sound(samples) + round(0.05 * rate)
    part = samples[begin : begin + round(0.35 * rate)]
    found = fundamental_hz(part, rate, note_to_hz(note - 11), note_to_hz(note + 11))
    return abs(cents(found, note_to_hz(note))) < 20.0


def aligned(got: Sound, expected: Sound) -> tuple[Sound, Sound]:
    """Both at the length of the longer one, with silence where the other has nothing."""
    length = max(got.shape[1], expected.shape[1])
    return tuple(np.pad(sound, ((0, 0), (0, length - sound.shape[1]))) for sound in (got, expected))  # type: ignore[return-value]


def difference(a: Sound, b: Sound, tolerance: float = 0.0) -> str | None:
    """How much two sounds of one length differ, and from where on; None if by no more than the tolerance."""
    off = np.abs(a - b)
    where = np.flatnonzero(np.any(~(off <= tolerance), axis=0))
    if not where.size:
        return None
    return f"{where.size} of {a.shape[1]} samples differ, from {where[0]} on, by at most {off.max():.3g}"


def clock_slips(recorder: Recorder) -> list[int]:
    """The server's frames at which its clock was late, or jumped, against the real one while this was recorded.

    A dummy driver that a busy machine holds up goes on late, with or without skipped frames. A callback can be woken
    late and never early, so of each quarter of a second the earliest counts.
    """
    periods = recorder.periods
    late = periods[:, WOKEN_NS] * 1e-9 * recorder.rate - periods[:, FRAME]
    window = (periods[:, FRAME] - periods[0, FRAME]) // (recorder.rate // 4)
    starts = np.flatnonzero(np.diff(window, prepend=-1))
    earliest = np.minimum.reduceat(late, starts)[:-1]  # the last one is short
    slipped = periods[starts[1:-1], FRAME][np.abs(np.diff(earliest)) > SLIPPED]
    skipped = periods[1:, FRAME][np.diff(periods[:, FRAME]) != periods[:-1, COUNT]]
    return sorted(int(frame) for frame in (*slipped, *skipped))


def uneven(sound: Sound, recorder: Recorder, count: int, apart_s: float, tolerance: int) -> str | None:
    """What is wrong with `count` notes by timetags that should begin `apart_s` from each other, to `tolerance` samples.

    Judged are those after which the server has kept time for long enough that the daemon knows; at least half of them.
    """
    frames = np.array([recorder.frame_at(index) for index in onsets(sound)])
    if len(frames) != count:
        return f"{count} notes were sent, {len(frames)} heard"
    off = np.diff(frames) - round(apart_s * recorder.rate)
    slips = clock_slips(recorder)
    steady = np.array([not any(0 <= at - slip < LEARNT_S * recorder.rate for slip in slips) for at in frames[1:]])
    if np.any(np.abs(off[steady]) > tolerance):
        return (
            f"the distances are off by {off.tolist()} samples, judged were those of {np.flatnonzero(steady).tolist()}"
        )
    if steady.sum() < count // 2:
        return (
            f"the server kept time in {steady.sum()} of {len(off)} distances, which are off by {off.tolist()} samples"
        )
    return None


@contextlib.contextmanager
def listen(server: str, seconds: float = 20.0) -> Iterator[Recorder]:
    """A recorder at the ports of the daemon in a JACK server, recording."""
    recorder = Recorder(server, seconds=seconds)
    try:
        recorder.connect(PORTS)
        recorder.start()
        recorder.wait(0.02)
        yield recorder
    finally:
        recorder.close()


class Stage:
    """A server and a daemon. Only one Recorder may be open in this process at a time: libjack knows one server."""

    def __init__(self, server: JackServer, *settings: str) -> None:
        self.server = server
        self.tcp_port = free_tcp_port()
        self.daemon = Daemon(
            "audio.backend=jack",
            f"audio.server_name={server.name}",
            "audio.connect=[]",
            f"osc.tcp_port={self.tcp_port}",
            "model.device=cpu",
            *settings,
        )
        try:
            self.daemon.wait_ready()
        except BaseException:
            self.daemon.close()
            raise

    @property
    def client(self) -> Any:
        return self.daemon.client

    def status(self) -> Any:
        """/status.reply, whatever else arrives before it."""
        return status(self.daemon)

    def replace_server(self, rate: int, period: int) -> None:
        """Kill the server, and start one of that rate and period: the daemon must play into it without a restart."""
        self.server.kill()
        assert until(lambda: self.status().backend == "jack (away)", NOTICE_S), self.daemon.log
        self.server.start(rate=rate, period=period)
        began = time.monotonic()
        back = until(lambda: self.status().backend == "jack", RETURN_S)
        assert back, f"not back after {time.monotonic() - began:.1f} s\n{self.daemon.log}"
        now = self.status()
        assert (now.sample_rate, now.block_size) == (rate, period)

    def listen(self, seconds: float = 20.0) -> contextlib.AbstractContextManager[Recorder]:
        """A recorder at the daemon's ports, recording."""
        return listen(self.server.name, seconds)

    def hear(
        self,
        play: Callable[[], None],
        seconds: float,
        judge: Callable[[Sound, Recorder], str | None],
        longest_s: float = 5.0,
        lead_s: float = 0.0,
    ) -> Sound:
        """What the ports give from `lead_s` before `play()` on, float32 [2, frames], once `judge` complains of nothing.

        seconds: how long to listen after `play()` has returned, which must be within `longest_s`. A complaint fails the
        test, unless the machine had disturbed what was recorded (frames that the server skipped, an underrun, a late
        note): then it is recorded again. A machine whose server never keeps time for so long cannot judge: a skip.
        """
        told = ""
        slipped = 0
        for _ in range(ATTEMPTS):
            self.quiet()
            before = self.status()
            with self.listen(lead_s + seconds + longest_s) as recorder:
                recorder.wait(lead_s)
                play()
                start = recorder.frames / recorder.rate
                recorder.wait(start + seconds)
                recorder.stop()
                sound = recorder.sound.copy()
                complaint = judge(sound, recorder)
            if complaint is None:
                return sound
            after = self.status()
            disturbed = {
                "slips of the server's clock": len(clock_slips(recorder)),
                "frames lost": recorder.lost,
                "underruns": after.underruns - before.underruns,
                "late notes": after.late - before.late,
            }
            assert any(disturbed.values()), complaint
            told = f"{complaint} ({', '.join(f'{count} {what}' for what, count in disturbed.items() if count)})"
            slipped += bool(clock_slips(recorder))
        told = f"the machine disturbed every one of {ATTEMPTS} recordings: {told}"
        if slipped == ATTEMPTS:
            pytest.skip(told)
        pytest.fail(told)

    def heard(self, play: Callable[[], None], seconds: float) -> Sound:
        """The same, whatever it is, as long as it is not silence."""
        return self.hear(play, seconds, lambda sound, _: None if sound.any() else "nothing was heard")

    def quiet(self, timeout_s: float = 10.0) -> None:
        """End what sounds, and wait until nothing does."""
        self.client.send("/panic")
        assert until(lambda: self.status().voices == 0, timeout_s), f"voices do not end\n{self.daemon.log}"

    def reset(self) -> None:
        """Every control at its default."""
        self.quiet()
        for message in (
            ("/gain", -12.0),
            ("/pan", 0.0),
            ("/bend", 0.0),
            ("/release", 0.15),
            ("/attack", 0.0),
            ("/stretch", 1.0),
            ("/sustain", 0),
        ):
            self.client.send(*message)
        self.settle()

    def settle(self) -> None:
        """Return once everything sent so far was obeyed."""
        self.client.send("/sync", 1)
        assert self.client.wait_for("/synced") is not None, self.daemon.log
        self.client.drain()

    @property
    def alive(self) -> bool:
        """Whether daemon and server are there, and together."""
        return self.daemon.process.poll() is None and self.status().backend == "jack"

    def close(self) -> None:
        self.daemon.close()
