"""A daemon that plays into a JACK server of its own, and ears at its ports."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from parts.client import OscClient, free_tcp_port
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.listening import Sound, clock_slips
from parts.recorder import Recorder
from parts.waiting import until

PORTS = ("oscvae:out_1", "oscvae:out_2")
NOTICE_S = 15.0  # in which anything is noticed, on any machine
WOKEN_S = 3.0  # in which a client is woken that ever will be
RETURN_S = 3.0  # in which it plays again once a server is back
ATTEMPTS = 8  # at a recording that no xrun of a shared machine disturbs


@contextlib.contextmanager
def listen(server: str, seconds: float = 20.0) -> Iterator[Recorder]:
    """A recorder at the ports of the daemon in a JACK server, recording."""
    recorder = recording(server, seconds)
    try:
        yield recorder
    finally:
        recorder.close()


def recording(server: str, seconds: float) -> Recorder:
    """Such a recorder, that is served. Where another server has died in this process, libjack attaches a client now and
    then (one in fifty) that is never woken: then another is taken."""
    for attempt in range(ATTEMPTS):
        recorder = Recorder(server, seconds=seconds)
        try:
            recorder.connect(PORTS)
            recorder.start()
            recorder.wait(0.02, NOTICE_S if attempt == ATTEMPTS - 1 else WOKEN_S)
        except BaseException as error:
            recorder.close()
            if not isinstance(error, TimeoutError) or attempt == ATTEMPTS - 1:
                raise
        else:
            return recorder
    raise AssertionError


class Stage:
    """A JACK server and a daemon in it.

    Only one Recorder may be open in this process at a time: libjack knows one server.
    """

    def __init__(self, server: JackServer, *settings: str) -> None:
        self.server = server
        self.tcp_port = free_tcp_port()
        self.daemon = Daemon.ready(
            "audio.backend=jack",
            f"audio.server_name={server.name}",
            "audio.connect=[]",
            f"osc.tcp_port={self.tcp_port}",
            "model.device=cpu",
            *settings,
        )

    @property
    def client(self) -> OscClient:
        return self.daemon.client

    def status(self) -> Any:
        return self.daemon.status()

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
            self.daemon.quiet()
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

    def reset(self) -> None:
        """Every control at its default, nothing sounding."""
        self.daemon.reset()

    @property
    def alive(self) -> bool:
        """Whether daemon and server are there, and together."""
        return self.daemon.alive and self.status().backend == "jack"

    def close(self) -> None:
        self.daemon.close()
