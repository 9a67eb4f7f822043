"""What foreign code in a decoder's process might try, each by itself: run as a script, it says which of it worked.

    python attempts.py all|landlock|seccomp|nothing FOLDER NAME ...

The first argument is how the process is confined. FOLDER holds `neighbour`, which is somebody else's, and `model.ts`.
"""

# ruff: noqa: PTH101, PTH102, PTH104, PTH108, PTH208, PTH211
# os makes one system call, and pathlib whatever it finds useful

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import importlib
import json
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PAGE = mmap.PAGESIZE
PARENT = os.getppid()
HARMLESS = signal.SIGCONT
MAP_NORESERVE = 0x4000

ATTEMPTS: dict[str, Callable[[], object]] = {}
Attempt = Callable[[], object]


def attempt(function: Attempt) -> Attempt:
    ATTEMPTS[function.__name__.strip("_").replace("_", " ")] = function
    return function


def call(number: int, *arguments: object) -> int:
    """A system call by its number on x86-64."""
    passed = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    answer = int(LIBC.syscall(ctypes.c_long(number), *passed))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def checked(answer: int) -> None:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class There:
    """What the process has before it is confined: as a decoder has, and more."""

    def __init__(self, folder: Path) -> None:
        os.chdir(folder)
        self.neighbour = folder / "neighbour"
        self.pool = os.memfd_create("pool", os.MFD_ALLOW_SEALING)
        os.ftruncate(self.pool, PAGE)
        if CONFINED != "nothing":
            fcntl.fcntl(self.pool, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        self.pages = mmap.mmap(self.pool, PAGE)
        self.written = os.open(folder / "written", os.O_RDWR | os.O_CREAT)
        self.link, self.other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.read, self.write = os.pipe()
        self.guard = os.dup(self.read)
        self.tcp, self.server = socket.socket(), socket.socket()
        self.parent = os.pidfd_open(PARENT)
        self.listener = socket.create_server(("127.0.0.1", 0))


# -- files -------------------------------------------------------------------------------------------------------------


@attempt
def open_a_file_to_write() -> None:
    os.close(os.open(THERE.neighbour, os.O_WRONLY))


@attempt
def open_a_file_to_read_and_write() -> None:
    os.close(os.open(THERE.neighbour, os.O_RDWR))


@attempt
def open_a_file_to_write_as_older_programs_do() -> None:
    os.close(call(2, ctypes.c_char_p(b"neighbour"), os.O_WRONLY))


@attempt
def open_a_file_to_write_as_newer_programs_do() -> None:
    how = (ctypes.c_uint64 * 3)(os.O_WRONLY, 0, 0)
    os.close(call(437, -100, ctypes.c_char_p(b"neighbour"), how, 24))


@attempt
def make_a_file() -> None:
    os.close(os.open("made", os.O_CREAT | os.O_RDONLY))


@attempt
def make_a_file_without_a_name() -> None:
    os.close(os.open(".", os.O_TMPFILE | os.O_WRONLY))


@attempt
def empty_a_file_by_opening_it() -> None:
    os.close(os.open("spare", os.O_RDONLY | os.O_TRUNC))


@attempt
def cut_a_file() -> None:
    os.truncate("spare", 0)


@attempt
def remove_a_neighbour() -> None:
    os.unlink("spare")


@attempt
def rename_a_neighbour() -> None:
    os.rename("other", "renamed")


@attempt
def link_a_neighbour() -> None:
    os.link(THERE.neighbour, "linked")


@attempt
def make_a_symbolic_link() -> None:
    os.symlink("/etc/passwd", "symbolic")


@attempt
def make_a_folder() -> None:
    os.mkdir("folder")


@attempt
def make_a_fifo() -> None:
    os.mkfifo("fifo")


@attempt
def change_rights() -> None:
    os.chmod(THERE.neighbour, 0o666)


@attempt
def change_times() -> None:
    os.utime(THERE.neighbour)


@attempt
def go_elsewhere() -> None:
    os.chdir("/")


@attempt
def read_a_neighbour() -> None:
    THERE.neighbour.read_bytes()


@attempt
def read_the_password_file() -> None:
    Path("/etc/passwd").read_bytes()


@attempt
def read_its_environment() -> None:
    Path("/proc/self/environ").read_bytes()


@attempt
def list_a_folder() -> None:
    os.listdir(".")


@attempt
def write_where_a_file_is_open() -> None:
    os.write(THERE.written, b"x" * 100)


@attempt
def cut_where_a_file_is_open() -> None:
    os.ftruncate(THERE.written, 0)


@attempt
def reopen_a_descriptor_to_write() -> None:
    os.close(os.open(f"/proc/self/fd/{THERE.pool}", os.O_RDWR))


@attempt
def make_memory_with_a_descriptor() -> None:
    os.close(os.memfd_create("more"))


# -- what is shared with the daemon ------------------------------------------------------------------------------------


@attempt
def cut_the_pool() -> None:
    os.ftruncate(THERE.pool, 0)
    os.ftruncate(THERE.pool, PAGE)


@attempt
def grow_the_pool() -> None:
    os.ftruncate(THERE.pool, 2 * PAGE)


@attempt
def seal_the_pool() -> None:
    fcntl.fcntl(THERE.pool, fcntl.F_ADD_SEALS, 0)


@attempt
def punch_a_hole_into_the_pool() -> None:
    call(285, THERE.pool, 3, 0, PAGE)  # fallocate, PUNCH_HOLE | KEEP_SIZE


@attempt
def take_the_pools_pages_away() -> None:
    THERE.pages.madvise(9)  # MADV_REMOVE


@attempt
def have_the_daemon_signalled_by_its_socket() -> None:
    fcntl.fcntl(THERE.link, fcntl.F_SETOWN, PARENT)
    fcntl.fcntl(THERE.link, 10, HARMLESS)  # F_SETSIG


@attempt
def have_the_daemon_signalled_by_ioctl() -> None:
    fcntl.ioctl(THERE.link, 0x8901, struct.pack("i", PARENT))  # FIOSETOWN


@attempt
def signal_when_something_can_be_read() -> None:
    fcntl.ioctl(THERE.link, 0x5452, struct.pack("i", 1))  # FIOASYNC


@attempt
def send_a_descriptor() -> None:
    socket.send_fds(THERE.link, [b"x"], [THERE.pool])


@attempt
def enlarge_the_pipe() -> None:
    fcntl.fcntl(THERE.write, 1031, 1 << 20)  # F_SETPIPE_SZ


# -- the network -------------------------------------------------------------------------------------------------------


@attempt
def make_a_tcp_socket() -> None:
    socket.socket().close()


@attempt
def make_a_udp_socket() -> None:
    socket.socket(type=socket.SOCK_DGRAM).close()


@attempt
def make_a_local_socket() -> None:
    socket.socket(socket.AF_UNIX).close()


@attempt
def make_a_pair_of_sockets() -> None:
    for end in socket.socketpair():
        end.close()


@attempt
def connect_by_tcp() -> None:
    THERE.tcp.connect(THERE.listener.getsockname())


@attempt
def listen_by_tcp() -> None:
    THERE.server.bind(("127.0.0.1", 0))


# -- processes ---------------------------------------------------------------------------------------------------------


@attempt
def fork() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


@attempt
def fork_as_older_programs_do() -> None:
    child = call(57)
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


@attempt
def fork_by_clone() -> None:
    child = call(56, signal.SIGCHLD, 0, 0, 0, 0)
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


@attempt
def fork_by_clone3() -> None:
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    child = call(435, arguments, 64)
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


@attempt
def run_a_program() -> None:
    code = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(code, 0)


@attempt
def become_a_program() -> None:
    """One that is not there: what refuses it by its name has not refused it for what it is."""
    try:
        os.execv("/bin/there-is-none", ["none"])
    except FileNotFoundError:
        return


@attempt
def signal_the_daemon() -> None:
    os.kill(PARENT, HARMLESS)


@attempt
def signal_a_thread_of_the_daemon() -> None:
    call(234, PARENT, PARENT, HARMLESS)  # tgkill


@attempt
def signal_any_thread() -> None:
    call(200, PARENT, HARMLESS)  # tkill


@attempt
def queue_a_signal() -> None:
    info = ctypes.create_string_buffer(128)
    ctypes.c_int.from_buffer(info, 8).value = -1  # SI_QUEUE
    call(129, PARENT, HARMLESS, info)  # rt_sigqueueinfo


@attempt
def signal_by_descriptor() -> None:
    signal.pidfd_send_signal(THERE.parent, HARMLESS)


@attempt
def have_a_descriptor_of_a_process() -> None:
    os.close(os.pidfd_open(PARENT))


@attempt
def look_into_the_daemons_memory() -> None:
    here = ctypes.create_string_buffer(8)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(here), 8)
    there = (ctypes.c_size_t * 2)(id(None), 8)  # both are this Python, and where None lies is no secret to it
    try:
        call(310, PARENT, vector, 1, there, 1, 0)  # process_vm_readv
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise


@attempt
def open_the_daemons_memory() -> None:
    os.close(os.open(f"/proc/{PARENT}/mem", os.O_RDONLY))


@attempt
def trace_a_process() -> None:
    """One that is not there."""
    try:
        call(101, 16, 0x3FFF_FFFF, 0, 0)  # ptrace, PTRACE_ATTACH
    except ProcessLookupError:
        return


@attempt
def outlive_the_daemon() -> None:
    checked(LIBC.prctl(1, 0, 0, 0, 0))  # PR_SET_PDEATHSIG


# -- privileges --------------------------------------------------------------------------------------------------------


@attempt
def raise_a_limit() -> None:
    call(302, 0, resource.RLIMIT_CORE, (ctypes.c_uint64 * 2)(*resource.getrlimit(resource.RLIMIT_CORE)), 0)  # prlimit64


@attempt
def limit_the_daemon() -> None:
    resource.prlimit(PARENT, resource.RLIMIT_CORE, resource.prlimit(PARENT, resource.RLIMIT_CORE))


@attempt
def be_scheduled_otherwise() -> None:
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@attempt
def change_its_priority() -> None:
    os.sched_setparam(0, os.sched_param(0))


@attempt
def be_scheduled_by_attributes() -> None:
    attributes = (ctypes.c_uint32 * 12)(48, 3)  # SCHED_BATCH
    call(314, 0, attributes, 0)


@attempt
def tie_the_daemon_to_a_processor() -> None:
    os.sched_setaffinity(PARENT, os.sched_getaffinity(PARENT))


@attempt
def slow_the_daemon_down() -> None:
    os.setpriority(os.PRIO_PROCESS, PARENT, os.getpriority(os.PRIO_PROCESS, PARENT))


@attempt
def have_a_name_space_of_its_own() -> None:
    call(272, 0)  # unshare nothing


@attempt
def be_somebody_else() -> None:
    call(105, os.getuid())  # setuid


@attempt
def leave_its_session() -> None:
    os.setpgid(0, 0)


@attempt
def have_a_segment_of_shared_memory() -> None:
    segment = call(29, 0, PAGE, 0o600)  # shmget, IPC_PRIVATE
    call(31, segment, 0, 0)


@attempt
def have_an_event_descriptor() -> None:
    os.close(os.eventfd(0))


@attempt
def have_a_ring_to_the_kernel() -> None:
    """io_uring's calls are none that a filter sees. Where it is switched off, that counts as done."""
    try:
        os.close(call(425, 1, ctypes.create_string_buffer(120)))
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.EPERM} or CONFINED != "nothing":
            raise


@attempt
def call_by_another_table() -> None:
    """The x32 ABI's getpid, which few kernels have."""
    try:
        call(0x4000_0000 | 39)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise


@attempt
def make_a_timer() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


# -- the guard ---------------------------------------------------------------------------------------------------------


def open_the_guard_again() -> None:
    """For the next attempt."""
    with contextlib.suppress(OSError):
        os.dup2(THERE.read, THERE.guard)


@attempt
def close_the_guard() -> None:
    os.close(THERE.guard)
    open_the_guard_again()


@attempt
def close_the_guard_by_more_bits_than_the_kernel_takes() -> None:
    call(3, 1 << 32 | THERE.guard)
    open_the_guard_again()


@attempt
def lay_another_descriptor_over_the_guard() -> None:
    call(33, THERE.written, THERE.guard)


@attempt
def lay_another_descriptor_over_the_guard_as_newer_programs_do() -> None:
    call(292, THERE.written, THERE.guard, os.O_CLOEXEC)


@attempt
def close_a_range_of_descriptors() -> None:
    call(436, THERE.guard, THERE.guard, 0)
    open_the_guard_again()


@attempt
def have_the_guard_send_no_signal() -> None:
    fcntl.fcntl(THERE.guard, fcntl.F_SETFL, fcntl.fcntl(THERE.guard, fcntl.F_GETFL) & ~os.O_ASYNC)


@attempt
def have_the_guard_send_another_signal() -> None:
    fcntl.fcntl(THERE.guard, fcntl.F_SETSIG, HARMLESS)


@attempt
def have_the_guard_signal_nobody() -> None:
    fcntl.fcntl(THERE.guard, fcntl.F_SETOWN, 0)


# -- more than its share -----------------------------------------------------------------------------------------------


@attempt
def take_much_memory() -> None:
    """More than any model may; only its addresses."""
    mmap.mmap(-1, 64 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE).close()


@attempt
def open_many_files() -> None:
    opened = []
    try:
        for _ in range(400):
            opened.append(os.open("/proc/cpuinfo", os.O_RDONLY))
    finally:
        for descriptor in opened:
            os.close(descriptor)


# -- what a decoder does -----------------------------------------------------------------------------------------------


def compute() -> None:
    """Whatever an honest decoder does: raises if it cannot."""
    done = []
    thread = threading.Thread(target=lambda: done.append(True))
    thread.start()
    thread.join()
    assert done
    assert os.write(THERE.write, b"x" * 64) == 64
    os.close(os.dup(THERE.guard))
    THERE.link.send(b"hello")
    assert THERE.other.recv(10) == b"hello"
    THERE.pages[:4] = b"abcd"
    assert Path("model.ts").read_bytes() == b"a model"
    assert Path(os.__file__).read_bytes() and os.listdir(Path(os.__file__).parent)
    assert Path("/proc/cpuinfo").read_bytes()
    assert ctypes.CDLL("libm.so.6").abs(-3) == 3
    assert importlib.import_module("colorsys")
    caught: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, frame: caught.append(number))
    signal.raise_signal(signal.SIGUSR1)
    assert caught == [signal.SIGUSR1]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)
    mmap.mmap(-1, PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    mmap.mmap(-1, 512 << 20).close()


def by_32_bits() -> None:
    """Ask for the process's number by the system calls of 32-bit programs, whose numbers are others."""
    code = bytes.fromhex("b814000000cd80c3")  # mov eax, 20; int 0x80; ret
    page = mmap.mmap(-1, PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page[: len(code)] = code
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def confine_as(how: str, model: Path) -> dict[str, object]:
    from oscvae.decode import confine, landlock, seccomp

    def absent(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    if how == "nothing":
        return {}
    if how == "seccomp":
        landlock.restrict = absent  # type: ignore[assignment]
    if how == "landlock":
        seccomp.suits_this_machine = lambda: False
    done = confine.confine(model, guard_fd=THERE.guard)
    return {"level": done.level, "lacking": done.lacking}


def main(folder: Path) -> None:
    said = confine_as(CONFINED, folder / "model.ts")
    if sys.argv[3:] == ["32 bits"]:
        by_32_bits()
        return
    compute()
    results: dict[str, str] = {}
    for name in sys.argv[3:] or ATTEMPTS:
        try:
            ATTEMPTS[name]()
        except OSError as error:
            results[name] = errno.errorcode.get(error.errno or 0, str(error))
        else:
            results[name] = "done"
    print(json.dumps({"said": said, "results": results}))


if __name__ == "__main__":
    CONFINED = sys.argv[1]
    THERE = There(Path(sys.argv[2]))
    main(Path(sys.argv[2]))
