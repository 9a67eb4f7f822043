"""A decoder process, from its first line on: what kind of model it is, and so which loop it runs.

Forked from the zygote, or started as `python -m oscvae.decode.worker LINK POOL PIPE GUARD`, with its descriptors
(`process`).
"""

from __future__ import annotations

import os
import socket
import sys

from oscvae.decode import notes, streams
from oscvae.decode.guard import call_process, end_with, settle
from oscvae.decode.wire import MAX_MESSAGE, Setup


def serve(link_fd: int, pool_fd: int, pipe_fd: int, guard_fd: int) -> int:
    """Be the decoder to whom these belong; its exit code."""
    if not end_with(guard_fd):
        return 0
    call_process("oscvae-decoder")
    link = socket.socket(fileno=link_fd)
    said, descriptors, _, _ = socket.recv_fds(link, MAX_MESSAGE, 2)
    if not said:
        return 0
    setup = Setup.model_validate_json(said)
    if setup.output == "note":
        worker = notes.Worker(link, setup, pool_fd, pipe_fd, guard_fd)
    else:
        worker = streams.StreamWorker(link, setup, pool_fd, pipe_fd, guard_fd, *descriptors)
    try:
        worker.run()
    except BrokenPipeError:
        pass
    except notes.CudaError as error:
        worker.say(cuda_failed=notes.first_line(error))
        return 1
    except Exception as error:
        worker.say(error=notes.first_line(error))
        return 1
    return 0


def main() -> int:
    settle()
    return serve(*map(int, sys.argv[1:5]))


if __name__ == "__main__":
    # Straight out: torch's own teardown takes longer than a new model may wait, and there is nothing left to save.
    os._exit(main())
