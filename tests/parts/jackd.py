"""A real jackd for one test or benchmark: its own name, the dummy driver, killed and restarted at will."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

PROGRAMS = ("jackd", "jack_lsp")  # without which none can be started
READY_TIMEOUT_S = 30.0
_SHM = Path("/dev/shm")
_OURS = re.compile(rb"oscvae-test-(\d+)-\d+")  # in libjack's registry, behind the server's PID
_FULL = "Too many servers already active"
_numbers = itertools.count()


def realtime_granted() -> bool:
    """Whether this user may run realtime threads, which jackd -R needs."""
    try:
        return subprocess.run(["chrt", "-f", "70", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def forget_dead_servers() -> None:
    """Have libjack forget those of our servers that died.

    It knows eight servers, dead ones included, and forgets a dead one only when a server of that name leaves in order.
    """
    registry = (_SHM / "jack-shm-registry").read_bytes()
    for found in _OURS.finditer(registry):
        maker, name = found[1].decode(), found[0].decode()
        entry = registry.rfind(b"jack-", 0, found.start()) - 4
        dead = not Path(f"/proc/{int.from_bytes(registry[entry : entry + 4], 'little')}").exists()
        if dead and (int(maker) == os.getpid() or not Path(f"/proc/{maker}").exists()):
            server = JackServer()
            server.name = name
            server._launch()
            server.stop()


class JackServer:
    """jackd -d dummy at `rate` Hz and `period` frames, realtime where that is granted, with room for `ports` ports."""

    def __init__(
        self,
        *,
        rate: int = 48_000,
        period: int = 128,
        ports: int = 64,
        synchronous: bool = False,
        realtime: bool | None = None,
    ) -> None:
        self.name = f"oscvae-test-{os.getpid()}-{next(_numbers)}"
        self.rate = rate
        self.period = period
        self.ports = ports
        self.synchronous = synchronous
        self.realtime = realtime_granted() if realtime is None else realtime
        self._process: subprocess.Popen[bytes] | None = None
        self._told: IO[bytes] | None = None
        self._crashed = False

    @property
    def command(self) -> list[str]:
        return [
            # a test run that is killed takes its server along, in order; so it does the thread that called start()
            *(["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []),
            "jackd",
            *(["-R", "-P", "70"] if self.realtime else ["-r"]),
            *(["-S"] if self.synchronous else []),
            *("-p", str(self.ports), "-n", self.name),
            *("-d", "dummy", "-r", str(self.rate), "-p", str(self.period)),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """For processes whose JACK clients are to find this server, and no other, and start none."""
        return {
            **os.environ,
            "JACK_NO_AUDIO_RESERVATION": "1",
            "JACK_DEFAULT_SERVER": self.name,
            "JACK_NO_START_SERVER": "1",
        }

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def start(self, *, rate: int | None = None, period: int | None = None) -> JackServer:
        """Start, at another rate or period if they are given, and wait until it answers."""
        self.rate = rate or self.rate
        self.period = period or self.period
        told = self._launch()
        if _FULL in told:
            forget_dead_servers()
            told = self._launch()
        if self._process is None:
            raise RuntimeError(f"jackd did not start: {' '.join(self.command)}\n{told}")
        return self

    def _launch(self) -> str:
        """What the server said that did not start; nothing where one answers."""
        self._crashed = False
        self._told = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=self._told, stderr=self._told
        )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while self.tool("jack_lsp").returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                self._process = None
                return self.log() or "it said nothing"
            time.sleep(0.02)
        return ""

    def tool(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a JACK tool against this server."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=20)

    def log(self, since: int = 0) -> str:
        """What the server has said since its last start, or since that many bytes: every xrun, and whose it was."""
        if self._told is None:
            return ""
        # not by seeking: the server writes at the same file's offset
        size = os.fstat(self._told.fileno()).st_size
        return os.pread(self._told.fileno(), max(0, size - since), since).decode(errors="replace")

    def connections(self) -> dict[str, list[str]]:
        """Every port, with the ports that it is connected to."""
        ports: dict[str, list[str]] = {}
        for line in self.tool("jack_lsp", "-c").stdout.splitlines():
            if line.startswith(" "):
                ports[next(reversed(ports))].append(line.strip())
            else:
                ports[line] = []
        return ports

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        assert self._process is not None, "the server was not started"
        self._process.kill()
        self._process.wait()
        self._crashed = True

    def stop(self) -> None:
        """End it in any way, and remove what a killed one leaves (`forget_dead_servers`)."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._crashed:
            self._crashed = False
            with contextlib.suppress(RuntimeError):
                self.start()
                self.stop()
        self._process = None
        for path in _SHM.glob(f"jack*{self.name}*"):
            with contextlib.suppress(OSError):
                path.unlink()


StartJack = Callable[..., JackServer]
