"""The daemon's side of a decoder process: have it started, talk to it, hear that it died.

The pool of magnitude blocks is an anonymous memfd that both map, so nothing can be left in /dev/shm whoever crashes.
Its size is sealed, because memory that the process cut off would end the daemon by SIGBUS. Blocks are handed out here
(one owner: control) and come back by record from the renderer.

The process runs a model, which is foreign code: it is confined (`decode.confine`), and ended when it says what makes no
sense, or too much.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import mmap
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from oscvae.decode.confine import OFF
from oscvae.decode.pool import PoolShape
from oscvae.decode.process import Process
from oscvae.decode.wire import BEGINNINGS, ENCODE, MAX_MESSAGE, Request, Setup, pack_request, read_notice
from oscvae.errors import DecoderError
from oscvae.files import why
from oscvae.model.document import AnyDocument, ModelDocument, SamplesDocument, parse_any_document

LOAD_TIMEOUT_S = 120.0  # a large model on a slow disk
ANSWER_TIMEOUT_S = 20.0  # a network that decodes no note in this time hangs; it must not keep /load waiting
REALTIME_PRIORITY = 5  # below renderer and callback, above everything that is not audio
STREAM_PRIORITY = 4  # what decodes without end waits for what decodes a note
_MOST_STEPS = 256  # of loading; the largest warms seven batches six times
_NOTICES_A_SECOND = 200.0  # on average, and at once; it is ended beyond, for each costs the event clock time
_NOTICES_AT_ONCE = 64  # heard before others have their turn
_QUIT_S = 0.3


def seal(descriptor: int, size: int) -> None:
    """Give a memfd `size` bytes, that nobody who has it can cut, grow or seal further."""
    os.ftruncate(descriptor, size)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    if os.fstat(descriptor).st_size != size:  # somebody was quicker
        raise OSError(errno.EPERM, "its shared memory was changed")


class Decoder:
    """A model's process, its pool of blocks [n_blocks, rows, bands], what it is to encode [frames, bands], the pipe of
    its answers, and for a stream the one in which chunks are asked for.

    document: None where the file has none: then the process says what it would be, which is checked as any other. Made
    by `spawn`, off the event clock. `on_notice(notice)` is called on the event loop with each notice after ready
    (`wire.read_notice`), `on_gone()` once when the process has ended unasked. `confined` says how far it is confined
    ("full", "landlock missing" .., "off"), `lacking` what is missing, in words.
    """

    def __init__(self, path: Path, document: AnyDocument | None, n_blocks: int) -> None:
        self.path = path
        self.n_blocks = n_blocks
        self._document: AnyDocument | None = None
        self._shape = PoolShape(0, 0, 0, 0)
        self._pool_fd = os.memfd_create("oscvae-pool", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.pipe_fd = self._pipe_end = self._credit_end = self.credit_fd = -1
        try:
            self.pipe_fd, self._pipe_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            if document is None or document.is_endless:
                self._credit_end, self.credit_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            if document is not None:
                self._make_pool(document)
        except BaseException:
            self._let_go()
            raise
        self.streams = 0  # voices at once; 0 = as many as there are
        self.device = "cpu"
        self.warning = ""
        self.cuda_failed = ""  # why it ended, if that is why
        self.confined = OFF
        self.lacking: tuple[str, ...] = ()
        self.encodes = False
        self._encoding = 0  # the number of what it was asked to encode and has not answered yet
        self.alive = False
        self.on_notice: Callable[[dict[str, Any]], None] = lambda notice: None
        self.on_gone: Callable[[], None] = lambda: None
        self._link: socket.socket | None = None
        self._process = Process()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._owed = 0  # answers
        self._owed_since_s = 0.0
        self._owed_chunks = self._chunks = 0  # that the renderer waits for, and that came
        self._notices = _NOTICES_A_SECOND  # that it may still say
        self._heard_s = 0.0

    @property
    def document(self) -> AnyDocument:
        """What the model says of itself; where its file does not, once `spawn` has asked."""
        assert self._document is not None
        return self._document

    def _make_pool(self, document: AnyDocument) -> None:
        self._document = document
        self._shape = PoolShape.of(document, self.n_blocks)
        seal(self._pool_fd, self._shape.n_bytes)
        self._pool_map = mmap.mmap(self._pool_fd, self._shape.n_bytes)
        self.pool, self.to_encode = self._shape.views(self._pool_map)
        self.pool[:] = -1.0  # touches every page, so that the renderer never faults one in
        # those of a stream are its slots'
        self.free_blocks = [] if document.is_endless else list(range(self.n_blocks))

    def spawn(
        self,
        device: str,
        threads: int,
        *,
        confine: bool = True,
        streams: int = 0,
        sample_rate: int = 0,
        in_time: bool = True,
        live_fd: int = -1,
    ) -> None:
        """Start a process, and wait until it has loaded, checked and warmed the model. Blocks: not for the event
        clock.

        confine: before it opens the model. streams: the most voices of a model that has memory inside. sample_rate: Hz,
        of one that has no document and does not say its own. in_time: what it decodes is heard at once. live_fd: of the
        live input's memory, where there is one; a stream hears it, and it stays the caller's. Raises DecoderError with
        what the process said, how it ended, or why it could not begin, and ModelError for a model that it describes as
        nothing that can be played.
        """
        link = self._link = self._process.start(self._pool_fd, self._pipe_end)
        os.close(self._pipe_end)
        self._pipe_end = -1
        setup = Setup(
            path=str(self.path.absolute()),
            device=device,
            threads=threads,
            confine=confine,
            pool=self._shape,
            latent=0,
            output="unknown",
            streams=streams,
            sample_rate=sample_rate,
            in_time=in_time,
        )
        given = [self._credit_end] if self._credit_end >= 0 else []
        if given and live_fd >= 0:
            given.append(live_fd)
        with contextlib.suppress(OSError):  # it is gone already: heard below
            socket.send_fds(link, [self._completed(setup).model_dump_json().encode()], given)
        if self._credit_end >= 0:
            os.close(self._credit_end)
        self._credit_end = -1
        notices = self._await_notices(link)
        if self._document is None:
            self._describe(next(notices))
            with contextlib.suppress(OSError):
                link.send(self._completed(setup).model_dump_json().encode())
        ready = next(notices)["ready"]
        self.device = str(ready["device"])
        self.warning = str(ready["warning"])
        self.encodes = bool(ready["encodes"])
        self.streams = int(ready["streams"])
        self._hurry()
        link.setblocking(False)
        self.alive = True

    def _hurry(self) -> None:
        """Have it decode before everything that is not audio, where the system grants it: the thread that answers, and
        none that this one starts. It never asks by itself, for then loading would run so as well."""
        with contextlib.suppress(OSError):
            priority = os.sched_param(STREAM_PRIORITY if self.document.is_endless else REALTIME_PRIORITY)
            os.sched_setscheduler(self.pid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, priority)

    def _completed(self, setup: Setup) -> Setup:
        """The same, with what the document says, as soon as there is one."""
        document = self._document
        if document is None:
            return setup
        update: dict[str, Any] = {"pool": self._shape, "latent": document.latent_size}
        if isinstance(document, ModelDocument):
            notes = document.note_min, document.note_max
            update |= {"output": "note", "first_octave": document.first_octave, "notes": notes}
        else:
            update["output"] = document.output
        return setup.model_copy(update=update)

    def _describe(self, notice: dict[str, Any]) -> None:
        """Take in what the process says of a file without a document: it is as foreign as the file."""
        document = parse_any_document(str(notice.get("document", "")), self.path.name)
        if not isinstance(document, SamplesDocument):
            raise DecoderError(f"{self.path.name}: the decoder takes it for what it cannot be")
        try:
            self._make_pool(document)
        except (OSError, MemoryError) as error:
            raise DecoderError(f"{self.path.name}: there is no room for its chunks: {why(error)}") from error

    def _await_notices(self, link: socket.socket) -> Iterator[dict[str, Any]]:
        """Notices of loading that somebody waits for: the document, where the file has none, and that it is ready."""
        timeout_s, step = LOAD_TIMEOUT_S, "load"
        for count in range(_MOST_STEPS):
            link.settimeout(timeout_s)
            try:
                data = link.recv(MAX_MESSAGE)
            except TimeoutError:
                raise DecoderError(f"{self.path.name}: did not {step} within {timeout_s:.0f} s") from None
            except OSError:
                data = b""
            if not data:
                raise DecoderError(f"{self.path.name}: its process {self.ending()} while loading")
            notice = read_notice(data)
            if "ready" in notice and self._document is not None:
                yield notice
                return
            if "document" in notice and self._document is None:
                yield notice
                continue
            if "confined" in notice and not count:
                self.confined, self.lacking = notice["confined"]["level"], tuple(notice["confined"]["lacking"])
                continue
            if "loaded" not in notice:
                said = notice.get("error") or notice.get("cuda_failed") or "the decoder answers what nobody asked"
                raise DecoderError(str(said))
            timeout_s, step = ANSWER_TIMEOUT_S, "decode a note"
        raise DecoderError(f"{self.path.name}: is still not ready after {_MOST_STEPS} steps of loading")

    def ending(self) -> str:
        """How the process ended, for a message: waits up to 2 s for it."""
        try:
            code = self._process.wait(2.0)
        except TimeoutError:
            self._process.kill()
            return "closed its socket"
        if code is None:
            return "ended"
        return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to hear notices on the event loop."""
        assert self._link is not None
        self._loop = loop
        loop.add_reader(self._link.fileno(), self._hear)

    def _hear(self) -> None:
        assert self._link is not None
        for _ in range(_NOTICES_AT_ONCE):
            try:
                data = self._link.recv(MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._stop_listening()
                return
            try:
                notice = self._understand(data)
            except DecoderError as error:
                self.on_notice({"error": f"{error}; it is ended"})
                self.kill()
                self._stop_listening()
                return
            if "cuda_failed" in notice:
                self.cuda_failed = str(notice["cuda_failed"])
                self._stop_listening()  # at once: a driver may keep a process from ending
                return
            if notice:
                self.on_notice(notice)

    def _understand(self, data: bytes) -> dict[str, Any]:
        """A notice after ready; empty for an answer that nobody waits for. Raises DecoderError for nonsense, and for
        more than anybody can hear."""
        now = time.monotonic()
        self._notices = min(self._notices + (now - self._heard_s) * _NOTICES_A_SECOND, _NOTICES_A_SECOND) - 1.0
        self._heard_s = now
        if self._notices < 0.0:
            raise DecoderError(f"the decoder says more than {_NOTICES_A_SECOND:.0f} things a second")
        notice = read_notice(data)
        if "encoded" in notice:
            if notice["encoded"] != self._encoding or not self._encoding:
                return {}
            self._encoding = 0
            found, wanted = len(notice.get("mean", self.document.latent.mean)), self.document.latent_size
            if found != wanted:
                raise DecoderError(f"the decoder encoded a sound to {found} numbers, not to {wanted}")
        return notice

    def _stop_listening(self) -> None:
        if self._loop is not None and self._link is not None:
            self._loop.remove_reader(self._link.fileno())
            self._loop = None
        if self.alive:
            self.alive = False
            if not self._closing:
                self.on_gone()

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """For the offline engine, which has no event loop: the next notice, or None at the time-out.

        Raises DecoderError for one that makes no sense.
        """
        assert self._link is not None
        self._link.settimeout(timeout_s)
        try:
            data = self._link.recv(MAX_MESSAGE)
        except (TimeoutError, BlockingIOError):
            return None
        finally:
            self._link.setblocking(False)
        return self._understand(data) if data else None

    def send(self, request: Request) -> bool:
        """Hand over a request without waiting; False when the process is gone or its socket is full."""
        if not self.alive or self._link is None:
            return False
        try:
            self._link.send(pack_request(request))
        except (BlockingIOError, OSError):
            return False
        if request.kind == ENCODE:  # beside the notes, and as long as it likes
            self._encoding = request.generation
            self._notices += 1.0  # a recording is many
            return True
        if request.kind not in BEGINNINGS and self.document.is_endless:  # has no answer
            return True
        if not self._owed:
            self._owed_since_s = time.monotonic()
        self._owed += 1
        return True

    def answered(self) -> None:
        """A note or move was answered."""
        self._owed = max(0, self._owed - 1)
        self._owed_since_s = time.monotonic()

    def owes_chunks(self, owed: int, answered: int) -> None:
        """owed: chunks of its streams that the renderer waits for. answered: chunks that have come, in all."""
        if answered != self._chunks or not (self._owed or self._owed_chunks):
            self._owed_since_s = time.monotonic()
        self._owed_chunks, self._chunks = owed, answered

    def silent_s(self) -> float:
        """For how long it has owed a note, move or chunk and answered none; 0 when it owes nothing."""
        return time.monotonic() - self._owed_since_s if self._owed or self._owed_chunks else 0.0

    def excuse(self) -> None:
        """It was not its fault that nothing was heard of it until now."""
        self._owed_since_s = time.monotonic()

    def expect_nothing(self) -> None:
        """No answer will come any more, and none is expected."""
        self._owed = self._owed_chunks = 0

    @property
    def encoding(self) -> bool:
        """Whether it was asked to encode something and has not answered yet."""
        return self._encoding > 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def running(self) -> bool:
        return self._process.running()

    def cancel(self) -> None:
        """Have a `spawn` in another thread fail soon."""
        self.kill()
        if self._link is not None:  # a process that waits for a disk is not ended by any signal
            with contextlib.suppress(OSError):
                self._link.shutdown(socket.SHUT_RDWR)

    def kill(self) -> None:
        """End the process at once, whatever it does; the rest is heard of as if it had died by itself."""
        self._process.kill()

    def dismiss(self) -> None:
        """Close the socket: the process finishes what it was asked and leaves. The pool stays mapped."""
        if self._closing:
            return
        self._closing = True
        # the callbacks know the model that knows this decoder: a circle that would keep its memory for ever
        self.on_notice, self.on_gone = (lambda notice: None), (lambda: None)
        if self._link is not None:
            if self._loop is not None:
                self._loop.remove_reader(self._link.fileno())
                self._loop = None
            with contextlib.suppress(OSError):
                self._link.shutdown(socket.SHUT_WR)
        self.alive = False

    def close(self) -> None:
        """End the process now and let go of its descriptors. The pool stays mapped as long as this object lives."""
        self.dismiss()
        self._process.close(_QUIT_S)
        if self._link is not None:
            self._link.close()
            self._link = None
        self._let_go()

    def _let_go(self) -> None:
        for descriptor in (self._pipe_end, self.pipe_fd, self._pool_fd, self._credit_end, self.credit_fd):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._pipe_end = self.pipe_fd = self._pool_fd = self._credit_end = self.credit_fd = -1
