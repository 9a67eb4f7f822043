"""The decoder process of a model whose voices are endless: chunk after chunk, each in time.

It hears two sides. Control says over the link where a voice begins, where it moves and when it is over; the renderer
asks through a pipe for each further chunk, with the time by which it is needed. The link goes first, what belongs to no
voice any more is answered without being decoded, and of what is due the earliest goes first. Every request has one
answer.

- A model of frames has no memory, so all that is due is one batch. It is never a batch of one, whose sums a CPU adds
  up in another order: a voice is the same bits whoever sounds beside it.
- A model of samples has its memory inside. Each voice has a copy of the module for itself, whose buffers are as they
  were loaded when it begins; there are as many as are decoded in time, and one that a voice which fades still uses.

A voice's path through latent space is here: the event clock is not in the loop.
"""

from __future__ import annotations

import copy
import gc
import heapq
import json
import math
import os
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.notes import (
    BREATH_EVERY_S,
    BREATH_S,
    DECODED,
    FAILED,
    GOOD,
    NOT_FINITE,
    CudaError,
    Network,
    Worker,
    first_line,
)
from oscvae.decode.preload import WARM_CALLS
from oscvae.decode.wire import END, MAX_MESSAGE, MOVE, NOTE_ON, RECORD, Request, Setup, unpack_request
from oscvae.model.document import SamplesDocument, parse_any_document

DROPPED = 3  # the status of what belongs to no voice any more
BATCHES = (2, 4, 8, 16, 32)
FIRST_WITHIN_NS = 5_000_000  # a voice that begins goes before chunks that are needed later
BUSY_MOST = 0.7  # share of its time that a model of samples may be decoding
_SEED = 1_000_003


class Path:
    """A voice's way through latent space: where it is, and where the next chunk brings it."""

    def __init__(self, generation: int, z: Float32s) -> None:
        self.generation = generation
        self._z = self._target = z
        self.chunks = 0

    def move(self, z: Float32s) -> None:
        """Be at z [D] by the end of the next chunk."""
        self._target = z

    def next(self, frames: int) -> Float32s:
        """The points [D, frames] of the next chunk: straight to where it is to be."""
        share = np.arange(1, frames + 1, dtype=np.float32) / np.float32(frames)
        z = self._z[:, None] + (self._target - self._z)[:, None] * share
        z[:, -1] = self._z = self._target
        self.chunks += 1
        return np.asarray(z, np.float32)


class Due(NamedTuple):
    """A chunk that is to be decoded. goes_on: 1 unless it is a voice's first."""

    deadline_ns: int
    order: int
    slot: int
    generation: int
    block: int
    goes_on: int


class FramesNetwork(Network):
    """A model of frames on its device: paths' points in, log magnitudes out."""

    def _prepare(self) -> None:
        torchscript, torch = self._torchscript, self._torch
        self._module, self._document = torchscript.load_stream(FilePath(self._setup.path), self.device)
        self._on_step("file")
        torchscript.verify_stream(self._module, self._document, self.device)
        self._on_step("checked")
        mean = torch.tensor(self._document.latent.mean, dtype=torch.float32)
        for size in BATCHES:
            for _ in range(WARM_CALLS):
                self._call(mean[None, :, None].expand(size, -1, self._setup.pool.rows))
                self._on_step("warm")

    @property
    def streams(self) -> int:
        """Voices at once; 0 = as many as there are."""
        return 0

    def _call(self, z: Any) -> Any:
        """Log magnitudes [B, bands, T] of points [B, D, T], on the CPU. Raises whatever the model raises, and CudaError
        for anything else that fails on a CUDA device."""
        torch = self._torch
        try:
            with torch.inference_mode():
                return self._module(z.to(self.device)).to("cpu")
        except torch.jit.Error:
            raise
        except Exception as error:
            if self.device == "cpu":
                raise
            raise CudaError(first_line(error)) from error

    def chunks(self, points: list[Float32s], paths: list[Path]) -> list[Any]:
        """The chunk [rows, bands] of each voice, whose points [D, T] these are."""
        torch, wanted = self._torch, len(points)
        size = next(size for size in BATCHES if size >= wanted)
        z = torch.from_numpy(np.stack([*points, *[points[-1]] * (size - wanted)]))
        out = self._call(z)
        expected = (size, self._setup.pool.bands, self._setup.pool.rows)
        if tuple(out.shape) != expected:
            raise RuntimeError(f"forward answered {tuple(out.shape)}, its document says {expected}")
        return [out[i].T.clamp(-1.0, 1.0) for i in range(wanted)]

    def begin(self, path: Path) -> bool:
        """Whether there is room for another voice."""
        return True

    def end(self, path: Path) -> None:
        """A voice is over."""


class SamplesNetwork(Network):
    """A model of samples on its device, a copy for each voice."""

    _described: dict[str, Any] | None = None

    def describe(self) -> str:
        """The document of a file that has none, as JSON, read off what is loaded. Raises ModelError."""
        self._described = self._torchscript.load_nn_tilde(self._path, self.device, self._setup.sample_rate)[1]
        return json.dumps(self._described)

    def go_on(self, setup: Setup) -> None:
        """Be told the rest."""
        self._setup = setup

    @property
    def _path(self) -> FilePath:
        return FilePath(self._setup.path)

    def _open(self) -> tuple[Any, SamplesDocument]:
        torchscript = self._torchscript
        if self._described is None:
            module, document = torchscript.load_stream(self._path, self.device)
        else:
            module = torchscript.load_nn_tilde(self._path, self.device, self._setup.sample_rate)[0]
            document = parse_any_document(json.dumps(self._described), self._path.name)
        assert isinstance(document, SamplesDocument)
        return module, document

    def _prepare(self) -> None:
        torchscript = self._torchscript
        module, document = self._open()
        self._document = document
        self._frames = self._setup.pool.rows // document.ratio
        self._on_step("file")
        initial = [buffer.clone() for buffer in module.buffers()]
        torchscript.verify_stream(module, document, self.device)
        self._on_step("checked")
        self._module, self._initial = module, initial
        self._of: dict[int, Any] = {}  # by generation
        self._free = [module]
        points = np.tile(np.array(document.latent.mean, np.float32)[:, None], self._frames)
        took = min(self._time(module, points) for _ in range(WARM_CALLS))
        seconds = self._setup.pool.rows / document.sample_rate
        self.streams = max(1, min(self._setup.streams, int(BUSY_MOST * seconds / took)))
        if self.streams < self._setup.streams:
            self.warning = (
                f"decodes {seconds * 1000.0:.0f} ms in {took * 1000.0:.0f} ms: {self.streams} voices at once, not "
                f"{self._setup.streams}"
            )
        for _ in range(self.streams):
            self._free.append(copy.deepcopy(module))
            self._time(self._free[-1], points)
            self._time(self._free[-1], points)
            self._on_step("warm")

    def _time(self, module: Any, points: Float32s) -> float:
        began = time.perf_counter()
        self._decode(module, points)
        return time.perf_counter() - began

    def _decode(self, module: Any, points: Float32s) -> Any:
        torch = self._torch
        try:
            with torch.inference_mode():
                out = module.decode(torch.from_numpy(points)[None].to(self.device))
                return out[0].float().mean(0)[:, None].to("cpu")
        except torch.jit.Error:
            raise
        except Exception as error:
            if self.device == "cpu":
                raise
            raise CudaError(first_line(error)) from error

    def chunks(self, points: list[Float32s], paths: list[Path]) -> list[Any]:
        """The chunk [rows, 1] of each voice, whose points [D, T] these are."""
        return [self._chunk(*both) for both in zip(points, paths, strict=True)]

    def _chunk(self, points: Float32s, path: Path) -> Any:
        self._torch.manual_seed(path.generation * _SEED + path.chunks)  # a model may bring noise: it repeats
        out = self._decode(self._of[path.generation], points)
        if tuple(out.shape) != (self._setup.pool.rows, 1):
            raise RuntimeError(f"decode answered {len(out)} samples, its document says {self._setup.pool.rows}")
        return out

    def begin(self, path: Path) -> bool:
        """Whether there is a copy left for another voice; its memory is as it was loaded then."""
        if not self._free:
            return False
        module = self._of[path.generation] = self._free.pop()
        with self._torch.inference_mode():
            for buffer, initial in zip(module.buffers(), self._initial, strict=True):
                buffer.copy_(initial)
        return True

    def end(self, path: Path) -> None:
        """A voice is over."""
        module = self._of.pop(path.generation, None)
        if module is not None:
            self._free.append(module)


_NETWORKS: dict[str, Callable[..., FramesNetwork | SamplesNetwork]] = {
    "frames": FramesNetwork,
    "samples": SamplesNetwork,
    "unknown": SamplesNetwork,  # only these can be played without a document
}


class StreamWorker(Worker):
    """The loop between link, credits and pool."""

    def __init__(
        self, link: socket.socket, setup: Setup, pool_fd: int, pipe_fd: int, guard_fd: int, credit_fd: int
    ) -> None:
        super().__init__(link, setup, pool_fd, pipe_fd, guard_fd)
        self._credit_fd = credit_fd
        os.set_blocking(credit_fd, False)
        self._paths: dict[int, Path] = {}  # by slot
        self._due: list[Due] = []
        self._beginning: list[tuple[Due, Path]] = []  # voices for which there was no room yet
        self._most = BATCHES[-1] if setup.output == "frames" else 1

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
        network.load()
        self._blocks = network._torch.from_numpy(self._pool)
        gc.collect()
        gc.freeze()
        gc.disable()
        self.say(
            ready={
                "device": network.device,
                "warning": network.warning,
                "encodes": False,
                "streams": network.streams,
            }
        )
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        poll.register(self._credit_fd, select.POLLIN)
        breathed = time.monotonic()
        while True:
            poll.poll(0 if self._due else None)
            if not self._hear(network):
                return
            if self._due:
                self._serve_due(network)
            if time.monotonic() - breathed > BREATH_EVERY_S:
                time.sleep(BREATH_S)
                breathed = time.monotonic()

    def _hear(self, network: Any) -> bool:
        """Take in all that control and then the renderer have asked for; False once control is gone."""
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
        try:
            asked = os.read(self._credit_fd, 1024 * RECORD.size)
        except BlockingIOError:
            return True
        for slot, generation, block, deadline, *_ in RECORD.iter_unpack(asked):
            self._count += 1
            heapq.heappush(self._due, Due(deadline, self._count, slot, generation, block, 1))
        return True

    def _obey(self, network: Any, request: Request) -> None:
        path = self._paths.get(request.slot)
        if request.kind == NOTE_ON:
            if path is not None:
                network.end(path)
            self._count += 1
            path = Path(request.generation, np.array(request.z, np.float32))
            self._paths[request.slot] = path
            deadline = time.monotonic_ns() + FIRST_WITHIN_NS
            due = Due(deadline, self._count, request.slot, request.generation, request.block, 0)
            self._begin(network, due, path)
        elif path is None or path.generation != request.generation:
            return
        elif request.kind == MOVE:
            path.move(np.array(request.z, np.float32))
        elif request.kind == END:
            network.end(path)
            del self._paths[request.slot]
            waiting, self._beginning = self._beginning, []
            for due, beginning in waiting:
                self._begin(network, due, beginning)

    def _begin(self, network: Any, due: Due, path: Path) -> None:
        if self._paths.get(due.slot) is not path or network.begin(path):
            heapq.heappush(self._due, due)
        else:
            self._beginning.append((due, path))

    def _serve_due(self, network: Any) -> None:
        """What is due first, as one batch where that is possible."""
        batch: list[tuple[Due, Path]] = []
        later: list[Due] = []  # one chunk of a voice after the other
        while self._due and len(batch) < self._most:
            due = heapq.heappop(self._due)
            path = self._paths.get(due.slot)
            if path is None or path.generation != due.generation:
                self._answer(due, DROPPED, 0)
            elif any(path is other for _, other in batch):
                later.append(due)
            else:
                batch.append((due, path))
        for due in later:
            heapq.heappush(self._due, due)
        if not batch:
            return
        began = time.perf_counter_ns()
        statuses = self._decode(network, batch)
        took = time.perf_counter_ns() - began
        for (due, _), status in zip(batch, statuses, strict=True):
            self._answer(due, status, took)

    def _decode(self, network: Any, batch: list[tuple[Due, Path]]) -> list[int]:
        """Decode chunks into their blocks; how each went."""
        frames = self._setup.pool.rows if self._setup.output == "frames" else network._frames
        points = [path.next(frames) for _, path in batch]
        try:
            return self._fill_all(network, batch, points)
        except CudaError:
            raise
        except Exception as error:  # a model's code may raise anything
            if len(batch) == 1:
                self._say_failure(error)
                return [FAILED]
        statuses = []
        for one, its in zip(batch, points, strict=True):  # it is the fault of one of them
            try:
                statuses += self._fill_all(network, [one], [its])
            except CudaError:
                raise
            except Exception as error:
                self._say_failure(error)
                statuses.append(FAILED)
        return statuses

    def _fill_all(self, network: Any, batch: list[tuple[Due, Path]], points: list[Float32s]) -> list[int]:
        chunks = network.chunks(points, [path for _, path in batch])
        statuses = []
        for (due, _), chunk in zip(batch, chunks, strict=True):
            statuses.append(GOOD if math.isfinite(chunk.sum().item()) else NOT_FINITE)
            self._blocks[due.block].copy_(chunk)
        return statuses

    def _answer(self, due: Due, status: int, took: int) -> None:
        record = RECORD.pack(DECODED, due.slot, due.generation, due.block, status, took, due.goes_on, 0)
        os.write(self._pipe_fd, record)
