"""The decoder process of a model of whole notes: load it, check it, warm it, then turn requests into magnitudes until
the socket closes.

On a CPU one note at a time, note-ons first, each kind in the order of its deadlines; batching buys nothing there
(measured: 4 notes in a batch 12.6 ms, 4 times one 13.6). On CUDA whatever is pending is one batch, padded to a size
that was warmed; where CUDA fails later, little can be relied on in the process, so it says so and ends, and the daemon
goes on with another on the CPU. What is to be encoded takes tens of milliseconds in one call, and so has a thread of
ordinary priority, in which no note waits for it: TorchScript computes without the GIL.

A model is foreign code: before its file is opened the process gives up all that computing does not need (`confine`).
Its realtime priority is given by the daemon once it is ready, so that neither loading nor another thread has it.
"""

from __future__ import annotations

import contextlib
import gc
import heapq
import json
import math
import mmap
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from oscvae.decode.confine import OFF, Confinement, confine
from oscvae.decode.pool import take_details
from oscvae.decode.preload import WARM_CALLS, import_torch
from oscvae.decode.wire import ENCODE, MAX_MESSAGE, MAX_TEXT, RECORD, Request, Setup, unpack_request
from oscvae.model.detail import Detailer, Moved
from oscvae.model.textures import TextureMixer, read_textures

DECODED = 1  # realtime.layout.DECODED; that module would import numba, 0.5 s of a decoder's start
GOOD, FAILED, NOT_FINITE = range(3)
CUDA_BATCHES = (1, 2, 4, 8, 16, 32, 64)
BREATH_EVERY_S = 0.1  # however much is asked for, the decoder pauses this often, and so is not taken for one that hangs
BREATH_S = 0.0001
SAY_ERRORS_EVERY_S = 0.1  # a model that fails at every note fills no log


class CudaError(Exception):
    """Decoding failed on a CUDA device, and not by what the model itself raises."""


class Network:
    """A model on its device, with one call: latents and notes in, magnitudes [B, bands, rows] out.

    Made, torch is imported and the device open; `load` opens the model. on_step(what): called whenever loading has come
    a step further.
    """

    def __init__(self, setup: Setup, on_step: Callable[[str], None] = lambda what: None) -> None:
        torch = import_torch()
        from oscvae.model import torchscript

        torch.set_grad_enabled(False)
        torch.set_flush_denormal(True)
        self._torch, self._torchscript = torch, torchscript
        self._setup = setup
        self._on_step = on_step
        self.warning = ""
        self.device = self._choose_device(setup.device)
        self._lowest = setup.notes[0]
        self._octaves: Any = None  # one-hot rows of every note the model knows
        self._semitones: Any = None
        self._rows: list[tuple[Any, Any]] = []  # the same, one by one
        self.mixer: TextureMixer | None = None
        self._point: Any = None  # one point [1, D], and its memory
        self._coordinates: Any = None
        self.encodes = False

    def load(self) -> None:
        """Load the model, check and warm it. Raises whatever is wrong with it."""
        self._set_threads()
        try:
            self._prepare()
        except Exception as error:
            if self.device == "cpu":
                raise
            self._fall_back(error)
            self._prepare()

    def _set_threads(self) -> None:
        self._torch.set_num_threads(max(1, self._setup.threads))  # starts some, which are confined if the process is
        with contextlib.suppress(RuntimeError):
            self._torch.set_num_interop_threads(1)

    def _choose_device(self, wanted: str) -> str:
        """The device, opened: a CUDA context opens files and starts threads, which no confined process may."""
        if wanted == "cpu":
            return "cpu"
        if self._torch.cuda.is_available():
            try:
                self._torch.zeros(1, device="cuda").cpu()
            except RuntimeError as error:
                self._fall_back(error)
                return "cpu"
            return "cuda"
        if wanted == "cuda":
            self.warning = "no CUDA device answers, decoding on the CPU"
        return "cpu"

    def _fall_back(self, error: Exception) -> None:
        self.warning = f"CUDA failed, decoding on the CPU: {first_line(error)}"
        self.device = "cpu"

    def _prepare(self) -> None:
        torchscript = self._torchscript
        path = Path(self._setup.path)
        self._module, self._encoder, document = torchscript.load_apart(path, self.device)
        self._document = document
        textures = read_textures(path, document)
        self.mixer = None if textures is None else TextureMixer(textures, document)
        self._on_step("file")
        torchscript.verify(self._module, document, self.device)
        self._on_step("checked")
        self.batches = CUDA_BATCHES if self.device == "cuda" else (1,)
        low, high = self._setup.notes
        known = list(range(low, high + 1))
        self._octaves, self._semitones = torchscript.one_hots(known, self._setup.first_octave, self.device)
        self._rows = list(zip(self._octaves.split(1), self._semitones.split(1), strict=True))
        self._point = self._torch.zeros(1, self._setup.latent)
        self._coordinates = self._point.numpy()
        mean = tuple(document.latent.mean)
        for size in self.batches:
            for call in range(WARM_CALLS):
                note = low + (high - low) * call // WARM_CALLS
                self.decode([mean] * size, [note] * size)
                self._on_step("warm")
        self.encodes = torchscript.has_encoder(self._encoder)
        self.detailer = Detailer(document)

    @contextlib.contextmanager
    def _inference(self) -> Iterator[None]:
        """Where a module is called: what it raises stays, and all else that fails on a CUDA device is a CudaError."""
        try:
            with self._torch.inference_mode():
                yield
        except self._torch.jit.Error:
            raise
        except Exception as error:  # memory and lost devices are plain RuntimeErrors to TorchScript
            if self.device == "cpu":
                raise
            raise CudaError(first_line(error)) from error

    def decode(self, z: list[tuple[float, ...]], notes: list[int]) -> Any:
        """Log magnitudes [B, bands, rows] on the CPU; B is padded to a warmed size and cut again.

        Raises whatever the model raises, and CudaError for anything else that fails on a CUDA device.
        """
        torch = self._torch
        if self.device == "cpu" and len(z) == 1:  # built of what is there: each call costs, its code is in no cache
            self._coordinates[0] = z[0]
            with torch.inference_mode():
                return self._module(self._point, *self._rows[notes[0] - self._lowest])
        wanted = len(z)
        size = next((batch for batch in self.batches if batch >= wanted), wanted)
        z = z + [z[-1]] * (size - wanted)
        notes = notes + [notes[-1]] * (size - wanted)
        rows = [note - self._lowest for note in notes]
        with self._inference():
            points = torch.tensor(z, dtype=torch.float32, device=self.device)
            out = self._module(points, self._octaves[rows], self._semitones[rows])
            return out[:wanted].to("cpu")

    def encode(self, x: Any, note: int) -> dict[str, Any]:
        """What a model makes of the log magnitudes [frames, bands] of one note, as a notice says it: mean and log
        variance, how far what it decodes there is from them, and the fine detail that remains."""
        torch = self._torch
        octave, semitone = self._torchscript.one_hots([note], self._setup.first_octave, self.device)
        with torch.inference_mode():
            bands_first = torch.from_numpy(np.ascontiguousarray(x.T))[None].to(self.device)
            mean, log_variance = self._encoder.encode(bands_first, octave, semitone)
            self._torchscript.check_encoded(mean, log_variance, self._document)
            point = torch.tensor([self._document.within_reach(mean[0].tolist())], device=self.device)
            rows = self._module(point, octave, semitone).clamp(-1.0, 1.0)
            decoded = self._torchscript.to_frames(rows, self._document)[0].T.cpu().numpy()
        detail = self.detailer.fit(decoded, x)
        distance_db = self.detailer.distance_db(decoded, x)
        if not (np.isfinite(detail).all() and math.isfinite(distance_db)):
            raise RuntimeError("what it decodes there is not finite")
        return {
            "mean": mean[0].tolist(),
            "log_variance": log_variance[0].tolist(),
            "distance_db": round(distance_db, 2),
            "detail": [round(number, 2) for number in detail.reshape(-1).tolist()],
        }


def first_line(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return (lines[-1].strip() if lines else repr(error))[:MAX_TEXT]


class Worker:
    """The loop between the socket and the pool."""

    def __init__(self, link: socket.socket, setup: Setup, pool_fd: int, pipe_fd: int, guard_fd: int) -> None:
        self._link = link
        self._setup = setup
        self._pipe_fd, self._guard_fd = pipe_fd, guard_fd
        self._pool_fd = pool_fd
        if setup.pool.n_bytes:
            self._map()
        self._waiting: list[tuple[int, int, int, Request]] = []
        self._encodings: SimpleQueue[Request | None] = SimpleQueue()
        self._count = 0
        self._failed_s = -math.inf

    def _map(self) -> None:
        self._pool_map = mmap.mmap(self._pool_fd, self._setup.pool.n_bytes)
        self._pool, self._heard = self._setup.pool.views(self._pool_map)

    def run(self) -> None:
        network = Network(self._setup, lambda what: self.say(loaded=what))
        torch = network._torch
        self._confine(network)
        network.load()
        self._blocks = torch.from_numpy(self._pool)
        gc.collect()
        gc.freeze()
        gc.disable()
        encoding = threading.Thread(target=self._encode_all, args=(network,), name="encode", daemon=True)
        encoding.start()
        self.say(ready={"device": network.device, "warning": network.warning, "encodes": network.encodes})
        breathed = time.monotonic()
        while self._receive() or self._waiting:  # a dismissed decoder finishes what it was asked
            if self._waiting:
                self._serve(network)
            if time.monotonic() - breathed > BREATH_EVERY_S:
                time.sleep(BREATH_S)
                breathed = time.monotonic()
        self._encodings.put(None)
        encoding.join()

    def _confine(self, network: Network) -> None:
        """Before the model's file is opened, and said before its code runs, which could say anything."""
        confined = Confinement(OFF)
        if self._setup.confine:
            cuda = network.device.startswith("cuda")
            path, threads, copies = Path(self._setup.path), self._setup.threads, self._setup.streams
            confined = confine(path, cuda=cuda, threads=threads, copies=copies, guard_fd=self._guard_fd)
        self.say(confined={"level": confined.level, "lacking": confined.lacking})

    def say(self, **notice: Any) -> None:
        with contextlib.suppress(OSError):
            self._link.send(json.dumps(notice).encode())

    def _receive(self) -> bool:
        """Take in all requests that wait, and wait for one where none is pending; False once the daemon is gone."""
        flags = socket.MSG_DONTWAIT if self._waiting else 0
        while True:
            try:
                data = self._link.recv(MAX_MESSAGE, flags)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            request = unpack_request(data)
            if request.kind == ENCODE:
                self._encodings.put(request)
                continue
            self._count += 1
            heapq.heappush(self._waiting, (request.kind, request.deadline, self._count, request))
            flags = socket.MSG_DONTWAIT

    def _serve(self, network: Network) -> None:
        batch = [heapq.heappop(self._waiting)[3]]
        while self._waiting and len(batch) < network.batches[-1]:
            batch.append(heapq.heappop(self._waiting)[3])
        began = time.perf_counter_ns()
        torch = network._torch
        try:
            out = network.decode([request.z for request in batch], [request.note for request in batch])
            expected = (len(batch), self._setup.pool.bands, self._decoded_rows(network))
            if tuple(out.shape) != expected:
                raise RuntimeError(f"forward answered {tuple(out.shape)}, its document says {expected}")
            statuses = []
            for request, x in zip(batch, out, strict=True):
                statuses.append(GOOD if math.isfinite(x.sum().item()) else NOT_FINITE)
                if not request.details and network.mixer is None:
                    torch.clamp(x.T, -1.0, 1.0, out=self._blocks[request.block])
                else:
                    self._fill(network, request, x)
        except CudaError:
            raise
        except Exception as error:  # a model's code may raise anything
            self._say_failure(error)
            statuses = [FAILED] * len(batch)
        took = time.perf_counter_ns() - began
        for request, status in zip(batch, statuses, strict=True):
            record = RECORD.pack(DECODED, request.slot, request.generation, request.block, status, took, 0, 0)
            os.write(self._pipe_fd, record)

    def _say_failure(self, error: Exception) -> None:
        if time.monotonic() - self._failed_s > SAY_ERRORS_EVERY_S:
            self._failed_s = time.monotonic()
            self.say(error=f"decoding failed: {first_line(error)}")

    def _fill(self, network: Network, request: Request, x: Any) -> None:
        """A block of a note with fine detail, whose numbers lie there until then, or with a texture behind it."""
        detailer, block, rows = network.detailer, self._pool[request.block], x.shape[1]
        numbers = take_details(block, len(request.details), detailer.size)
        network._torch.clamp(x.T, -1.0, 1.0, out=self._blocks[request.block][:rows])
        if request.details:
            parts = zip(request.details, numbers, strict=True)
            detailer.add(block[:rows], request.note, [Moved(share, int(note), part) for (share, note), part in parts])
        if network.mixer is not None:
            block[rows:] = network.mixer.rows(request.z, request.note)

    def _decoded_rows(self, network: Network) -> int:
        """Of a block, those that the model decodes."""
        return self._setup.pool.rows - (0 if network.mixer is None else network.mixer.frames)

    def _encode_all(self, network: Network) -> None:
        """A thread of its own: one after the other, until None."""
        network._torch.set_flush_denormal(True)  # each thread has its own
        while (request := self._encodings.get()) is not None:
            self._encode(network, request)

    def _encode(self, network: Network, request: Request) -> None:
        try:
            encoded = network.encode(self._heard, request.note)
        except Exception as error:
            self.say(encoded=request.generation, why=first_line(error))
        else:
            self.say(encoded=request.generation, **encoded)
