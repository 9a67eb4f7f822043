"""Models whose voices are endless, on their device: of frames, a batch at once; of samples, a copy for each voice."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.notes import CudaError, Network, first_line
from oscvae.decode.paths import BlendPath, Chunk, Encoded, Path, PointPath
from oscvae.decode.pool import ENCODED_AT_ONCE
from oscvae.decode.preload import WARM_CALLS
from oscvae.decode.wire import CURVE, NOTE_ON, OFFSET, Request, Setup
from oscvae.model.document import SamplesDocument, parse_any_document
from oscvae.model.frames import Apart, FramesDocument

BATCHES = (2, 4, 8, 16, 32)
BUSY_MOST = 0.7  # share of its time that a model of samples may be decoding
LOUD_DB = 60.0  # below the loudest frame of a recording, beyond which a frame says nothing of where it lies
_SEED = 1_000_003


class FramesNetwork(Network):
    """A model of frames on its device: paths' points in, log magnitudes out."""

    def _prepare(self) -> None:
        torchscript, torch = self._torchscript, self._torch
        self._module, document = torchscript.load_stream(FilePath(self._setup.path), self.device)
        assert isinstance(document, FramesDocument)
        self._document = document
        self._on_step("file")
        torchscript.verify_stream(self._module, self._document, self.device)
        self._on_step("checked")
        self.encodes = torchscript.has_encoder(self._module)
        self._apart = Apart(self._document, self._document.reference)
        low, high = self._document.reach
        self._reach = np.array(low, np.float32), np.array(high, np.float32)
        self._recordings: dict[int, Encoded] = {}
        self._parts: list[Encoded] = []
        self._distances: list[Float32s] = []
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

    def decode_chunks(self, chunks: list[Chunk], paths: list[Path]) -> list[Any]:
        """The magnitudes [rows, bands] of each voice's chunk."""
        torch, wanted = self._torch, len(chunks)
        size = next(size for size in BATCHES if size >= wanted)
        points = [chunk.z for chunk in chunks]
        z = torch.from_numpy(np.stack([*points, *[points[-1]] * (size - wanted)]))
        out = self._call(z)
        expected = (size, self._setup.pool.bands, self._setup.pool.rows)
        if tuple(out.shape) != expected:
            raise RuntimeError(f"forward answered {tuple(out.shape)}, its document says {expected}")
        return [self._levelled(out[i].T, chunk) for i, chunk in enumerate(chunks)]

    def _levelled(self, x: Any, chunk: Chunk) -> Any:
        """Log magnitudes [rows, bands] at the level of each frame; what is not finite stays so, and is told."""
        if not bool(x.sum().isfinite()):
            return self._torch.full_like(x, float("nan"))
        if chunk.level_db is not None and self._document.level == "apart":
            x = self._torch.from_numpy(self._apart.add(x.numpy(), chunk.level_db))
        return x.clamp(-1.0, 1.0)

    def path(self, request: Request) -> Path | None:
        """Where a voice goes that begins; None where a recording is not there."""
        if request.kind == NOTE_ON:
            return PointPath(request.generation, np.array(request.z, np.float32))
        first, second, mix, rate, position, loop, count, *more = request.z
        a, b = self._recordings.get(int(first)), self._recordings.get(int(second))
        if a is None or b is None:
            return None
        path = BlendPath(request.generation, a, b, mix, rate, position, loop != 0.0, self._reach)
        for what, values in ((CURVE, more[: int(count)]), (OFFSET, more[int(count) :])):
            if values:
                path.steer(what, tuple(values))
        return path

    def encode_part(self, x: Float32s, request: Request) -> dict[str, Any]:
        """Take in a part of a recording, x [frames, bands] with the levels behind it, as a notice says it: the mean of
        its points, and how far what is decoded there is from the part, without its level."""
        count, torch = request.deadline, self._torch
        heard = x[:count].copy()
        level = x[ENCODED_AT_ONCE:].reshape(-1)[:count].copy()
        with torch.inference_mode():
            mean, _ = self._module.encode(torch.from_numpy(heard.T.copy())[None].to(self.device))
            decoded = self._module(mean)
        z = mean[0].cpu().numpy()
        if not (np.isfinite(z).all() and bool(decoded.isfinite().all())):
            raise RuntimeError("what it encodes is not finite")
        if request.block == 0:
            self._parts, self._distances = [], []
        self._parts.append(Encoded(z, level))
        self._distances.append(np.square(decoded[0].T.clamp(-1.0, 1.0).cpu().numpy() - heard).mean(1))
        if request.note == 0:  # more follows
            return {"mean": z.mean(1).tolist()}
        points, levels = (np.concatenate(parts, axis=-1) for parts in zip(*self._parts, strict=True))
        distances = np.concatenate(self._distances)
        self._recordings[request.slot] = Encoded(points, levels)
        self._parts, self._distances = [], []
        loud = levels >= levels.max() - LOUD_DB
        per_unit = (self._document.ceiling_db - self._document.floor_db) / 2.0
        return {
            "mean": points[:, loud].mean(1).tolist(),
            "distance_db": round(float(np.sqrt(distances[loud]).mean()) * per_unit, 2),
        }

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

    def decode_chunks(self, chunks: list[Chunk], paths: list[Path]) -> list[Any]:
        """The samples [rows, 1] of each voice's chunk."""
        return [self._decode_one(*both) for both in zip(chunks, paths, strict=True)]

    def path(self, request: Request) -> Path | None:
        """Where a voice goes that begins."""
        return PointPath(request.generation, np.array(request.z, np.float32)) if request.kind == NOTE_ON else None

    def _decode_one(self, chunk: Chunk, path: Path) -> Any:
        self._torch.manual_seed(path.generation * _SEED + path.chunks)  # a model may bring noise: it repeats
        out = self._decode(self._of[path.generation], chunk.z)
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
                buffer.resize_(initial.shape).copy_(initial)
        return True

    def end(self, path: Path) -> None:
        """A voice is over."""
        module = self._of.pop(path.generation, None)
        if module is not None:
            self._free.append(module)
