"""How decoder processes come to be: forked from a zygote, and spawned where there is none; and what becomes of them
when it, or this process, is gone."""

from __future__ import annotations

import contextlib
import gc
import os
import platform
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from decode.hostilemodels import Honest, Hostile, Loops, write
from oscvae.decode import process as starting
from oscvae.decode.decoder import Decoder
from oscvae.decode.process import Process, zygotes
from oscvae.decode.wire import NOTE_ON, Request
from oscvae.errors import DecoderError
from oscvae.model.document import ModelDocument
from parts import ROOT
from parts.daemon import decoders_of, zygotes_of
from parts.small_model import small_document
from parts.waiting import until

SOON_S = 60.0
Set = Callable[[str, str], None]
needs_seccomp = pytest.mark.skipif(platform.machine() != "x86_64", reason="the list of system calls is for x86-64")
DOCUMENT = ModelDocument.model_validate(small_document())


class House:
    """A folder with a model, and decoders of it that end with the test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "model.ts"
        write(self.path, Honest())
        self.made: list[Decoder] = []

    def make(self) -> Decoder:
        self.made.append(Decoder(self.path, DOCUMENT, 4))
        return self.made[-1]

    def spawn(self) -> Decoder:
        decoder = self.make()
        decoder.spawn("cpu", 1)
        return decoder


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    for decoder in house.made:
        decoder.close()


def answers(decoder: Decoder) -> bool:
    """Whether it decodes a note."""
    assert decoder.send(Request(NOTE_ON, 0, 1, 0, 0, 60, (0.0, 0.0)))
    return until(lambda: _answered(decoder), SOON_S)


def _answered(decoder: Decoder) -> bool:
    try:
        return len(os.read(decoder.pipe_fd, 64)) == 64
    except BlockingIOError:
        return False


def ended(pid: int) -> bool:
    return until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, SOON_S)


def ended_by_itself(decoder: psutil.Process) -> bool:
    """If not, it is killed: it would loop for ever."""
    done = ended(decoder.pid)
    if not done:
        decoder.kill()
    return done


def test_decoders_are_forked_from_one_zygote(house: House) -> None:
    one, other = house.spawn(), house.spawn()
    assert [zygote.pid for zygote in zygotes_of(os.getpid()) if zygote.pid in zygotes()] == zygotes()[-1:]
    assert psutil.Process(one.pid).ppid() == psutil.Process(other.pid).ppid() == zygotes()[-1]
    assert answers(one) and answers(other)


def test_a_forked_decoder_holds_only_what_it_was_given(house: House) -> None:
    house.spawn()
    decoder = house.spawn()
    places = {place.name: str(place.readlink()) for place in Path(f"/proc/{decoder.pid}/fd").iterdir()}
    assert {places[name] for name in "012"} == {"/dev/null"}
    kinds = sorted(place.split(":")[0] for name, place in places.items() if name not in "012")
    assert kinds == ["/memfd", "/memfd", "pipe", "socket", "socket"], places


def test_a_decoder_ends_when_it_is_closed_and_its_descriptors_are_given_back(house: House) -> None:
    house.spawn().close()
    house.made.clear()  # a pool stays mapped as long as its decoder lives
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    decoder = house.spawn()
    pid = decoder.pid
    decoder.close()
    assert ended(pid)
    house.made.clear()
    del decoder
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_how_a_forked_decoder_ended_is_told(house: House) -> None:
    killed = house.spawn()
    os.kill(killed.pid, signal.SIGTERM)
    assert killed.ending() == "was killed by signal 15"
    assert killed.ending() == "was killed by signal 15", "it is told once only"
    left = house.spawn()
    left.dismiss()
    assert left.ending() == "ended with code 0"


def test_a_decoder_outlives_its_zygote_and_the_next_one_has_another(house: House) -> None:
    decoder = house.spawn()
    (first,) = zygotes()[-1:]
    os.kill(first, signal.SIGKILL)
    assert ended(first)
    assert answers(decoder)
    other = house.spawn()
    assert answers(other) and zygotes()[-1:] != [first]
    assert psutil.Process(other.pid).ppid() == zygotes()[-1]
    os.kill(decoder.pid, signal.SIGKILL)
    assert decoder.ending() == "ended", "nobody knows how"
    assert not decoder.running()


def test_a_zygote_that_dies_while_it_is_asked_is_not_noticed(house: House) -> None:
    house.spawn()
    for delay_s in (0.0, 0.002, 0.01, 0.05):
        starting.prepare()
        (zygote,) = zygotes()[-1:]
        killing = threading.Timer(delay_s, os.kill, (zygote, signal.SIGKILL))
        killing.start()
        decoder = house.spawn()
        killing.join()
        assert answers(decoder)
        ended(zygote)


def test_another_zygote_has_the_environment_of_its_own_start(house: House, set_for_decoders: Set) -> None:
    one = house.spawn()
    set_for_decoders("OSCVAE_TESTED", "yes")
    other = house.spawn()
    assert psutil.Process(one.pid).ppid() != psutil.Process(other.pid).ppid()
    assert psutil.Process(other.pid).environ()["OSCVAE_TESTED"] == "yes"
    assert answers(one) and answers(other)


def test_where_a_zygote_cannot_be_had_a_decoder_is_spawned(house: House, tmp_path: Path, set_for_decoders: Set) -> None:
    set_for_decoders("PYTHONPATH", f"{customised(tmp_path, NO_ZYGOTE)}:{ROOT}")
    decoder = house.spawn()
    assert psutil.Process(decoder.pid).ppid() == os.getpid()
    assert answers(decoder)
    os.kill(decoder.pid, signal.SIGTERM)
    assert decoder.ending() == "was killed by signal 15"


def test_a_zygote_that_hangs_is_ended_and_done_without(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.spawn()
    monkeypatch.setattr(starting, "BIRTH_TIMEOUT_S", 0.5)
    (zygote,) = zygotes()[-1:]
    os.kill(zygote, signal.SIGSTOP)
    assert answers(house.spawn())
    assert zygote not in zygotes()


def test_a_start_is_cancelled_while_the_zygote_is_busy(house: House) -> None:
    house.spawn().close()
    (zygote,) = zygotes()[-1:]
    os.kill(zygote, signal.SIGSTOP)
    try:
        decoder, failed = house.make(), []

        def spawn() -> None:
            with pytest.raises(DecoderError):
                decoder.spawn("cpu", 1)
            failed.append(True)

        thread = threading.Thread(target=spawn)
        thread.start()
        time.sleep(0.1)
        decoder.cancel()
        thread.join(5.0)
        assert failed
        decoder.close()
    finally:
        os.kill(zygote, signal.SIGCONT)
    assert answers(house.spawn()), "and the zygote is asked on"
    assert until(lambda: len(decoders_of(os.getpid())) == 1, SOON_S), "the one that was cancelled lives"


def test_a_crash_of_one_decoder_reaches_no_other(house: House) -> None:
    bystander, crashed = house.spawn(), house.spawn()
    os.kill(crashed.pid, signal.SIGSEGV)
    assert crashed.ending() == "was killed by signal 11"
    assert answers(bystander)


# at realtime priority the kernel ends whoever computes without a pause for five seconds, guard or not
DAEMON = """
import os, sys, time
from pathlib import Path
from oscvae.decode.decoder import Decoder
from oscvae.decode.wire import NOTE_ON, Request
from oscvae.model.document import ModelDocument
from parts.small_model import small_document

decoder = Decoder(Path(sys.argv[1]), ModelDocument.model_validate(small_document()), 4)
decoder.spawn("cpu", 1)
os.sched_setscheduler(decoder.pid, os.SCHED_OTHER, os.sched_param(0))
decoder.send(Request(NOTE_ON, 0, 1, 0, 0, 60, (1.0, 0.0)))
print(decoder.pid, flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def looping(folder: Path, *places: Path) -> Iterator[psutil.Process]:
    """A decoder that neither looks at its socket nor ever returns, whose daemon is killed at the end."""
    write(folder / "loops.ts", Hostile([Loops()]))
    daemon = subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(folder / "loops.ts")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*places, ROOT, ROOT / "tests")))},
    )
    try:
        assert daemon.stdout is not None
        decoder = psutil.Process(int(daemon.stdout.readline()))
        before_s = decoder.cpu_times().user
        assert until(lambda: decoder.cpu_times().user > before_s + 0.5, SOON_S), "it does not loop"
        yield decoder
    finally:
        daemon.kill()
        daemon.wait()
        daemon.stdout.close()


def test_a_decoder_that_computes_without_end_is_killed_when_this_process_is(tmp_path: Path) -> None:
    """The kernel does it."""
    with looping(tmp_path) as decoder:
        zygote = decoder.parent()
        assert zygote is not None
    assert ended_by_itself(decoder) and ended(zygote.pid)


def customised(folder: Path, text: str) -> Path:
    """A folder for PYTHONPATH, with what a Python does when it starts."""
    place = folder / "customised"
    place.mkdir()
    (place / "sitecustomize.py").write_text(textwrap.dedent(text))
    return place


BREAKS_LOOSE = """
    import ctypes, fcntl, os, sys

    SPAWNED = "oscvae.decode.worker" in sys.orig_argv
    GUARD = int(sys.orig_argv[-1]) if SPAWNED else 6

    def break_loose():
        close_range = lambda: ctypes.CDLL(None).syscall(436, GUARD, GUARD, 0)
        for attempt in (
            lambda: fcntl.fcntl(GUARD, fcntl.F_SETFL, 0),
            lambda: fcntl.fcntl(GUARD, fcntl.F_SETSIG, 0),
            lambda: fcntl.fcntl(GUARD, fcntl.F_SETOWN, 0),
            lambda: os.dup2(0, GUARD),
            close_range,
            lambda: os.close(GUARD),
            lambda: os.close(GUARD),
        ):
            try:
                attempt()
            except OSError:
                pass

    if SPAWNED or "oscvae.decode.zygote" in sys.orig_argv:
        from oscvae.model import torchscript

        verify = torchscript.verify

        def verify_and_break_loose(*what):
            break_loose()
            verify(*what)

        torchscript.verify = verify_and_break_loose
"""
NO_ZYGOTE = "import os, sys\nif 'oscvae.decode.zygote' in sys.orig_argv:\n    os._exit(3)\n"


@needs_seccomp
def test_a_decoder_whose_code_would_break_loose_ends_with_this_process_though_its_zygote_is_dead(
    tmp_path: Path,
) -> None:
    with looping(tmp_path, customised(tmp_path, BREAKS_LOOSE)) as decoder:
        zygote = decoder.parent()
        assert zygote is not None
        zygote.kill()
        assert ended(zygote.pid) and decoder.is_running()
    assert ended_by_itself(decoder)


@needs_seccomp
def test_a_spawned_decoder_whose_code_would_break_loose_ends_with_this_process(tmp_path: Path) -> None:
    both = NO_ZYGOTE + textwrap.dedent(BREAKS_LOOSE)
    with looping(tmp_path, customised(tmp_path, both)) as decoder:
        assert decoder.cmdline()[1:3] == ["-m", "oscvae.decode.worker"]
    assert ended_by_itself(decoder)


def test_a_decoder_that_has_closed_its_end_of_the_guard_ends_all_the_same(
    house: House, tmp_path: Path, set_for_decoders: Set
) -> None:
    """As where there is no list of system calls. Its zygote has the same end."""
    text = """
        import os, sys

        if "oscvae.decode.zygote" in sys.orig_argv:
            from oscvae.decode import worker

            guarded = worker.end_with

            def close_at_once(guard):
                kept = guarded(guard)
                os.close(guard)
                return kept

            worker.end_with = close_at_once
    """
    set_for_decoders("PYTHONPATH", f"{customised(tmp_path, text)}:{ROOT}")
    decoder = house.spawn()
    assert len(os.listdir(f"/proc/{decoder.pid}/fd")) == 3 + 4, "its end is still open"  # noqa: PTH208
    assert answers(decoder)
    assert decoder._process._guard is not None
    decoder._process._guard.close()
    assert ended(decoder.pid)


def test_a_process_that_was_killed_before_it_began_never_begins() -> None:
    process = Process()
    process.kill()
    read, write_ = os.pipe()
    with pytest.raises(DecoderError, match="ended before it began"):
        process.start(read, write_)
    process.close(1.0)
    os.close(read)
    os.close(write_)


def test_a_message_without_descriptors_leaves_a_zygote_as_it_was(house: House) -> None:
    house.spawn()
    zygote = next(one for one in starting._zygotes if one.pid == zygotes()[-1])
    zygote.line.send(b"fork")
    with socket.socket() as spare:
        socket.send_fds(zygote.line, [b"fork"], [spare.fileno()])
    assert answers(house.spawn()) and zygotes()[-1] == zygote.pid
