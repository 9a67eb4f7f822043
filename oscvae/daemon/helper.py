"""A helper process that is asked one question: bounded in how long it may take, and in how much it may answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import cast

MOST_ERRORS = 16384  # bytes that it may say of what is wrong


class _Conversation(asyncio.SubprocessProtocol):
    """What a process has written, until it has ended or has written too much."""

    def __init__(self, most: int) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.written = {1: bytearray(), 2: bytearray()}
        self._most = {1: most, 2: MOST_ERRORS}

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        self.written[fd] += cast(bytes, data)
        if len(self.written[fd]) > self._most[fd]:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


async def ask(
    module: str, *args: str, said: bytes, most: int, timeout_s: float, given: Sequence[int] = ()
) -> tuple[bytes, bytes]:
    """What `python -m module args..` writes to standard output, and to standard error, when it is `said` that.

    given: descriptors that it has as well. One that writes over `most` bytes, or 16 KiB of errors, is ended, and this
    much of it returned. Raises TimeoutError, and OSError where no process can be started.
    """
    conversation: _Conversation
    transport, conversation = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Conversation(most),
        *(sys.executable, "-m", module, *args),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread would reserve memory
        pass_fds=tuple(given),
    )
    try:
        async with asyncio.timeout(timeout_s):
            question = cast(asyncio.WriteTransport, transport.get_pipe_transport(0))
            question.write(said)
            question.close()
            await conversation.over
    finally:
        with contextlib.suppress(ProcessLookupError):
            transport.kill()
        transport.close()
    return bytes(conversation.written[1][: most + 1]), bytes(conversation.written[2][:MOST_ERRORS])
