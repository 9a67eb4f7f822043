"""A helper process that is asked one question: bounded in how long it may take, and in how much it may answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import cast

MOST_ERRORS = 16384  # bytes that it may say of what is wrong
LAST_WORDS_S = 1.0  # in which what it said is read, once it has ended


class _Conversation(asyncio.SubprocessProtocol):
    """What a process has written, until it has ended or has written too much."""

    def __init__(self, most: int) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.written = bytearray()
        self.errors = _Errors(self.end)
        self._most = most

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        self.written += cast(bytes, data)
        if len(self.written) > self._most:
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end()

    def end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


class _Errors(asyncio.Protocol):
    """What it says of what is wrong. end: to be called where that is too much."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.written = bytearray()
        self._end = end

    def data_received(self, data: bytes) -> None:
        self.written += data
        if len(self.written) > MOST_ERRORS:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


async def ask(
    module: str, *args: str, said: bytes, most: int, timeout_s: float, given: Sequence[int] = ()
) -> tuple[bytes, bytes]:
    """What `python -m module args..` writes to standard output, and to standard error, when it is `said` that.

    given: descriptors that it has as well. One that writes over `most` bytes, or 16 KiB of errors, is ended, and this
    much of it returned. Raises TimeoutError, and OSError where no process can be started.
    """
    loop = asyncio.get_running_loop()
    conversation = _Conversation(most)
    with contextlib.ExitStack() as ours:
        with contextlib.ExitStack() as theirs:
            # pipes of our own: of two that subprocess makes it loses the first where there is no descriptor for the
            # second (CPython before 3.11.4, issue 87474)
            said_to_us, stderr = os.pipe()
            theirs.callback(os.close, stderr)
            errors, _ = await loop.connect_read_pipe(lambda: conversation.errors, os.fdopen(said_to_us, "rb", 0))
            ours.callback(errors.close)
            stdin, said_to_it = os.pipe()
            theirs.callback(os.close, stdin)
            question, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(said_to_it, "wb", 0))
            ours.callback(question.close)
            transport, _ = await loop.subprocess_exec(
                lambda: conversation,
                *(sys.executable, "-m", module, *args),
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread would reserve memory
                pass_fds=tuple(given),
                stdin=stdin,
                stderr=stderr,
            )
        try:
            async with asyncio.timeout(timeout_s):
                question.write(said)
                question.close()
                await conversation.over
        finally:
            with contextlib.suppress(ProcessLookupError):
                transport.kill()
            transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await conversation.errors.over
    return bytes(conversation.written[: most + 1]), bytes(conversation.errors.written[:MOST_ERRORS])
