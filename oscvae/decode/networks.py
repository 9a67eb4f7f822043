"""A model of frames on its device, whose endless voices are decoded as one batch."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.live import LiveInput, LivePath
from oscvae.decode.notes import Network
from oscvae.decode.paths import Chunk, Encoded, Path, PointPath
from oscvae.decode.pool import take_part
from oscvae.decode.preload import WARM_CALLS
from oscvae.decode.recordings import Recordings
from oscvae.decode.wire import LISTEN, NOTE_ON, Request
from oscvae.model.frames import Apart, FramesDocument
from oscvae.sound.frames import FrameAnalysis, Trajectory

BATCHES = (2, 4, 8, 16, 32)


class FramesNetwork(Network):
    """A model of frames on its device: points in, log magnitudes out. live: the live input, where there is one."""

    live: LiveInput | None = None

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
        self._recordings = Recordings(self._reach)
        mean = torch.tensor(self._document.latent.mean, dtype=torch.float32)
        if self.live is not None and self.encodes:
            self._analysis = FrameAnalysis(self._document)
            frame = Trajectory(np.full((1, self._document.bands.n), -1.0, np.float32), np.zeros(1, np.float32))
            for _ in range(WARM_CALLS):
                self._encoded(frame)
                self._on_step("warm")
        for size in BATCHES:
            for _ in range(WARM_CALLS):
                self._call(mean[None, :, None].expand(size, -1, self._setup.pool.rows))
                self._on_step("warm")

    @property
    def streams(self) -> int:
        """Voices at once; 0 = as many as there are."""
        return 0

    @property
    def most(self) -> int:
        """Chunks in a batch."""
        return BATCHES[-1]

    def _call(self, z: Any) -> Any:
        """Log magnitudes [B, bands, T] of points [B, D, T], on the CPU. Raises whatever the model raises, and CudaError
        for anything else that fails on a CUDA device."""
        with self._inference():
            return self._module(z.to(self.device)).to("cpu")

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
        if request.kind == LISTEN:
            return self._listening(request)
        if request.kind == NOTE_ON:
            return PointPath(request.generation, np.array(request.z, np.float32))
        return self._recordings.blend(request)

    def _listening(self, request: Request) -> Path | None:
        if self.live is None or not self.encodes:
            return None
        path = LivePath(
            request.generation, self.live, self._document, self._analysis, self._encoded, self._reach, request.z
        )
        path.wait_s()
        return path

    def _encoded(self, heard: Trajectory) -> Encoded:
        """Points and levels of frames."""
        with self._inference():
            frames = self._torch.from_numpy(np.ascontiguousarray(heard.x.T))[None]
            mean, _ = self._module.encode(frames.to(self.device))
            z = mean[0].cpu().numpy()
        if not np.isfinite(z).all():
            raise RuntimeError("what it encodes is not finite")
        return Encoded(z, heard.level_db)

    def encode_part(self, x: Float32s, request: Request) -> dict[str, Any]:
        """Take in a part of a recording, x [frames, bands] with the levels behind it, as a notice says it: the mean of
        its points, and how far what is decoded there is from the part, without its level."""
        torch = self._torch
        heard, level = take_part(x, self._document, request.deadline)
        with torch.inference_mode():
            mean, _ = self._module.encode(torch.from_numpy(heard.T.copy())[None].to(self.device))
            decoded = self._module(mean)
        z = mean[0].cpu().numpy()
        if not (np.isfinite(z).all() and bool(decoded.isfinite().all())):
            raise RuntimeError("what it encodes is not finite")
        db = (decoded[0].T.clamp(-1.0, 1.0).cpu().numpy() - heard) * (0.5 * self._document.range_db)
        return self._recordings.take(request, Encoded(z, level), np.square(db).mean(1))

    def begin(self, path: Path) -> bool:
        """Whether there is room for another voice."""
        return True

    def end(self, path: Path) -> None:
        """A voice is over."""
