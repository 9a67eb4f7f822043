"""The decoder process of a model whose voices are endless: chunk after chunk, each in time.

It hears two sides. Control says over the link where a voice begins, where it moves and when it is over; the renderer
asks through a pipe for each further chunk, with the time by which it is needed. The link goes first, what belongs to no
voice any more is answered without being decoded, and of what is due the earliest goes first. Every request has one
answer.

- A model of frames has no memory, so all that is due is one batch. It is never a batch of one, whose sums a CPU adds
  up in another order: a voice is the same bits whoever sounds beside it.
- A model of samples has its memory inside. Where that lies in rows, which it mostly does, what is due is one batch as
  well (`rows`); else each voice has a copy of the module for itself. There is room for as many voices as are decoded in
  time, and for one that fades.

A voice that follows the live input has a chunk decoded when its samples have come; other voices do not wait for it.

A voice's path through latent space is here (`paths`): the event clock is not in the loop. A recording that a voice may
go along is encoded part by part, in a thread in which no chunk waits for it.
"""

from __future__ import annotations

import gc
import heapq
import math
import os
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from oscvae.decode.live import LiveInput
from oscvae.decode.networks import FramesNetwork
from oscvae.decode.notes import (
    BREATH_EVERY_S,
    BREATH_S,
    DECODED,
    FAILED,
    GOOD,
    NOT_FINITE,
    CudaError,
    Worker,
    first_line,
)
from oscvae.decode.paths import Chunk, Path
from oscvae.decode.samples import SamplesNetwork
from oscvae.decode.wire import (
    BEGINNINGS,
    ENCODE,
    END,
    MAX_MESSAGE,
    MOVE,
    OFFSET,
    RECORD,
    STEER,
    Request,
    Setup,
    unpack_request,
)

DROPPED = 3  # the status of what belongs to no voice any more
FIRST_WITHIN_NS = 5_000_000  # a voice that begins goes before chunks that are needed later


class Due(NamedTuple):
    """A chunk that is to be decoded. goes_on: 1 unless it is a voice's first."""

    deadline_ns: int
    order: int
    slot: int
    generation: int
    block: int
    goes_on: int


_NETWORKS: dict[str, Callable[..., FramesNetwork | SamplesNetwork]] = {
    "frames": FramesNetwork,
    "samples": SamplesNetwork,
    "unknown": SamplesNetwork,  # only these can be played without a document
}


class StreamWorker(Worker):
    """The loop between link, credits and pool."""

    def __init__(
        self,
        link: socket.socket,
        setup: Setup,
        pool_fd: int,
        pipe_fd: int,
        guard_fd: int,
        credit_fd: int,
        live_fd: int = -1,
    ) -> None:
        super().__init__(link, setup, pool_fd, pipe_fd, guard_fd)
        self._credit_fd = credit_fd
        os.set_blocking(credit_fd, False)
        self._live = LiveInput(live_fd) if live_fd >= 0 else None
        self._paths: dict[int, Path] = {}  # by slot
        self._due: list[Due] = []
        self._beginning: list[tuple[Due, Path]] = []  # voices for which there was no room yet
        self._most = 1
        self._took_s = 0.0  # by the last batch

    def run(self) -> None:
        setup = self._setup
        network = _NETWORKS[setup.output](setup, lambda what: self.say(loaded=what))
        self._confine(network)
        if isinstance(network, SamplesNetwork) and setup.output == "unknown":
            self.say(document=network.describe())
            said = self._link.recv(MAX_MESSAGE)
            if not said:
                return
            self._setup = setup = Setup.model_validate_json(said)
            network.go_on(setup)
            self._map()
        network.live = self._live
        network.load()
        self._most = network.most
        self._blocks = network._torch.from_numpy(self._pool)
        gc.collect()
        gc.freeze()
        gc.disable()
        self.say(
            ready={
                "device": network.device,
                "warning": network.warning,
                "encodes": network.encodes,
                "streams": network.streams,
            }
        )
        encoding = threading.Thread(target=self._encode_all, args=(network,), name="encode", daemon=True)
        encoding.start()
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        poll.register(self._credit_fd, select.POLLIN)
        breathed = time.monotonic()
        while True:
            poll.poll(self._wait_ms())
            if not self._hear(network):
                self._encodings.put(None)
                encoding.join()
                return
            if self._due:
                self._serve_due(network)
            if time.monotonic() - breathed > BREATH_EVERY_S:
                time.sleep(BREATH_S)
                breathed = time.monotonic()

    def _wait_ms(self) -> float | None:
        """How long there is nothing to decode, unless something is heard; None = for as long as that takes."""
        if not self._due:
            return None
        paths = [path for due in self._due if (path := self._path_of(due)) is not None]
        if len(paths) < len(self._due):  # some are to be answered at once
            return 0
        return min(1000.0 * path.wait_s() for path in paths)

    def _path_of(self, due: Due) -> Path | None:
        """None for what belongs to no voice any more."""
        path = self._paths.get(due.slot)
        return path if path is not None and path.generation == due.generation else None

    def _hear(self, network: Any) -> bool:
        """Take in all that the renderer has asked for, and control; False once control is gone.

        The pipe is read first: what control said before the renderer asked is obeyed before that chunk is decoded.
        """
        try:
            asked = os.read(self._credit_fd, 1024 * RECORD.size)
        except BlockingIOError:
            asked = b""
        while True:
            try:
                data = self._link.recv(MAX_MESSAGE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                return False
            if not data:
                return False
            self._obey(network, unpack_request(data))
        for slot, generation, block, deadline, *_ in RECORD.iter_unpack(asked):
            self._count += 1
            heapq.heappush(self._due, Due(deadline, self._count, slot, generation, block, 1))
        return True

    def _obey(self, network: Any, request: Request) -> None:
        path = self._paths.get(request.slot)
        if request.kind in BEGINNINGS:
            if path is not None:
                self._end(network, path)
            self._count += 1
            deadline = time.monotonic_ns() + FIRST_WITHIN_NS
            due = Due(deadline, self._count, request.slot, request.generation, request.block, 0)
            try:
                path = network.path(request)
            except CudaError:
                raise
            except Exception as error:
                self._say_failure(error)
                path = None
            if path is None:
                self._paths.pop(request.slot, None)
                self._answer(due, FAILED, 0)
                return
            self._paths[request.slot] = path
            self._begin(network, due, path)
        elif request.kind == ENCODE:
            self._encodings.put(request)
        elif path is None or path.generation != request.generation:
            return
        elif request.kind == MOVE:
            path.steer(OFFSET, request.z)
        elif request.kind == STEER:
            path.steer(request.note, request.z)
        elif request.kind == END:
            del self._paths[request.slot]
            self._end(network, path)

    def _encode(self, network: Any, request: Request) -> None:
        """A part of a recording, in the thread that encodes."""
        try:
            encoded = network.encode_part(self._heard, request)
        except Exception as error:
            self.say(encoded=request.generation, why=first_line(error))
        else:
            self.say(encoded=request.generation, **encoded)

    def _end(self, network: Any, path: Path) -> None:
        """A voice is over, and another may begin in its stead."""
        network.end(path)
        waiting, self._beginning = self._beginning, []
        for due, beginning in waiting:
            self._begin(network, due, beginning)

    def _begin(self, network: Any, due: Due, path: Path) -> None:
        try:
            begins = self._paths.get(due.slot) is not path or network.begin(path)
        except CudaError:
            raise
        except Exception as error:  # the buffers are a model's own
            network.end(path)
            self._paths.pop(due.slot, None)
            self._say_failure(error)
            self._answer(due, FAILED, 0)
            return
        if begins:
            heapq.heappush(self._due, due)
        else:
            self._beginning.append((due, path))

    def _serve_due(self, network: Any) -> None:
        """What is due first, as one batch where that is possible."""
        batch: list[tuple[Due, Path]] = []
        later: list[Due] = []  # one chunk of a voice after the other, and what has not come yet
        while self._due and len(batch) < self._most:
            due = heapq.heappop(self._due)
            path = self._path_of(due)
            if path is None:
                self._answer(due, DROPPED, 0)
            elif any(path is other for _, other in batch) or path.wait_s() > 0.0:
                later.append(due)
            else:
                batch.append((due, path))
        for due in later:
            heapq.heappush(self._due, due)
        if not batch:
            return
        began = time.perf_counter_ns()
        frames = self._setup.pool.rows if self._setup.output == "frames" else network._frames
        now_ns = time.monotonic_ns()
        ready: list[tuple[Due, Path]] = []
        chunks: list[Chunk] = []
        for due, path in batch:
            try:
                chunks.append(path.next(frames, (due.deadline_ns - now_ns) / 1e9 - self._took_s))
            except CudaError:
                raise
            except Exception as error:  # one along the live input asks the model where it goes
                self._say_failure(error)
                self._answer(due, FAILED, 0)
            else:
                ready.append((due, path))
        if not ready:
            return
        statuses = self._decode(network, ready, chunks)
        took = time.perf_counter_ns() - began
        self._took_s = took / 1e9
        for (due, _), chunk, status in zip(ready, chunks, statuses, strict=True):
            self._answer(due, status, took, rows=chunk.rows, is_last=chunk.is_last)

    def _decode(self, network: Any, batch: list[tuple[Due, Path]], chunks: list[Chunk]) -> list[int]:
        """Decode chunks into their blocks; how each went."""
        try:
            return self._fill_all(network, batch, chunks)
        except CudaError:
            raise
        except Exception as error:  # a model's code may raise anything
            if len(batch) == 1:
                self._say_failure(error)
                return [FAILED]
        statuses = []
        for one, chunk in zip(batch, chunks, strict=True):  # it is the fault of one of them
            try:
                statuses += self._fill_all(network, [one], [chunk])
            except CudaError:
                raise
            except Exception as error:
                self._say_failure(error)
                statuses.append(FAILED)
        return statuses

    def _fill_all(self, network: Any, batch: list[tuple[Due, Path]], chunks: list[Chunk]) -> list[int]:
        statuses = []
        for (due, _), decoded in zip(batch, network.decode_chunks(chunks, [path for _, path in batch]), strict=True):
            statuses.append(GOOD if math.isfinite(decoded.sum().item()) else NOT_FINITE)
            self._blocks[due.block].copy_(decoded)
        return statuses

    def _answer(self, due: Due, status: int, took: int, *, rows: int = 0, is_last: bool = False) -> None:
        more = int(is_last) | rows << 1
        record = (DECODED, due.slot, due.generation, due.block, status, took, due.goes_on, more)
        os.write(self._pipe_fd, RECORD.pack(*record))
