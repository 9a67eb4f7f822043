"""`oscvae train` as it is typed, several times, each in a process of its own.

They are forked from one that has imported all that training needs, which takes a processor seven seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import psutil

from parts import ROOT
from parts.waiting import until

SAID, CODE = "said.txt", "code.json"
LEAVE_S = 120.0
KILLED_AT = 27  # a step
_FORK = f"""
import json, os, signal, sys
import oscvae.training.fit.train
from oscvae.app.cli import main
from oscvae.training.fit.learner import Learner

step = Learner.training_step

def dies(self, *args):
    if self.global_step == {KILLED_AT}:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, *args)

begun = {{}}
for name, (place, typed, is_killed) in json.loads(sys.argv[1]).items():
    pid = os.fork()
    if not pid:
        os.setsid()
        os.dup2(os.open(f"{{place}}/{SAID}", os.O_WRONLY | os.O_CREAT), 2)
        sys.argv = [os.path.abspath("oscvae/__main__.py"), "train", *typed]
        if is_killed:
            Learner.training_step = dies
        main()
    begun[pid] = place
    print(name, pid, flush=True)
for _ in range(len(begun)):
    pid, status = os.wait()
    with open(f"{{begun[pid]}}/{CODE}.begun", "w") as told:
        json.dump(os.waitstatus_to_exitcode(status), told)
    os.replace(told.name, f"{{begun[pid]}}/{CODE}")
"""


@dataclass(frozen=True)
class Typed:
    """What is typed behind `oscvae train`, and a folder for what the process says. is_killed: by the system, between
    two looks."""

    place: Path
    arguments: tuple[str, ...]
    is_killed: bool = False


class Training:
    """One of the processes."""

    def __init__(self, place: Path, pid: int) -> None:
        self.place = place
        self.pid = pid

    def code(self) -> int | None:
        """The exit code, or minus the signal; None while it runs."""
        told = self.place / CODE
        return int(json.loads(told.read_text())) if told.is_file() else None

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def is_paused(self) -> bool:
        return self.code() is None and psutil.Process(self.pid).status() == psutil.STATUS_STOPPED

    def said(self) -> str:
        """What it has written to stderr until it left."""
        assert until(lambda: self.code() is not None, LEAVE_S), "it runs and runs"
        return (self.place / SAID).read_text()


class Trainings:
    """The process that forks, and those that it has forked."""

    def __init__(self, typed: dict[str, Typed]) -> None:
        told = {name: (str(one.place), one.arguments, one.is_killed) for name, one in typed.items()}
        for one in typed.values():
            one.place.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _FORK, json.dumps(told)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        self._typed = typed
        self._lock = threading.Lock()
        self._made: dict[str, Training] = {}

    def __getitem__(self, name: str) -> Training:
        """Waits until it was forked."""
        assert self._process.stdout is not None
        with self._lock:
            while name not in self._made:
                line = self._process.stdout.readline()
                assert line, "what training needs cannot be imported"
                forked, pid = line.split()
                self._made[forked] = Training(self._typed[forked].place, int(pid))
            return self._made[name]

    def end(self) -> None:
        """All of them, and what they have started."""
        for name in self._typed:
            training = self[name]
            if training.code() is None:
                os.killpg(training.pid, signal.SIGKILL)
        self._process.wait(LEAVE_S)
