"""A model of samples on its device, which has its memory inside: one module for all voices, or a copy for each.

Where the memory lies in rows (`rows`), what is due is one batch. How many voices are decoded in time is measured, and
of a file without a document also in what chunks: as short as they can be for the voices that are wanted, since a longer
one costs less for its length and a move is heard later.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.live import Ear, EarPath, LiveInput, Window
from oscvae.decode.noise import Noise
from oscvae.decode.notes import CudaError, Network, first_line
from oscvae.decode.paths import Chunk, Encoded, Path, PointPath
from oscvae.decode.pool import take_part
from oscvae.decode.preload import WARM_CALLS
from oscvae.decode.recordings import Recordings
from oscvae.decode.rows import SIZES, Rows, batch_size, find_rows
from oscvae.decode.wire import BLEND, LISTEN, Request, Setup
from oscvae.model.document import SamplesDocument, parse_any_document
from oscvae.model.nn_tilde import encoder_channels
from oscvae.model.streams import chunk_samples

BUSY_MOST = 0.7  # share of its time that a model of samples may be decoding, a call for each voice
WAITING_MOST = 0.85  # share of a chunk's time that it may take with the batch before it; the ring holds more besides
LONGER = (1, 2, 4)
"""What a chunk may be times its usual length."""


_FORGOTTEN = ("pad", "cache")  # buffers of cached convolutions, in which exports leave the sound of their own tests
_CALLS = 5  # of which the quickest counts


class Opened(NamedTuple):
    """A module on its device, with its buffers as they are when a voice begins."""

    device: str
    module: Any
    initial: list[Any]


class Calls:
    """What calls of a module cost, measured as soon as somebody asks."""

    def __init__(self, network: SamplesNetwork, module: Any, mean: Sequence[float], frames: int) -> None:
        self._network, self._module = network, module
        self._points = _still(mean, 1, frames)
        self._took_s: dict[int, float] = {}

    def took_s(self, voices: int) -> float:
        """Seconds of one that decodes a chunk of so many voices, or of one, where each has a module."""
        size = batch_size(voices) if self._network.most > 1 else 1
        if size not in self._took_s:
            points = np.repeat(self._points, size, 0)
            self._took_s[size] = min(self._network.time_s(self._module, points) for _ in range(_CALLS))
        return self._took_s[size]


class SamplesNetwork(Network):
    """Points in, samples out."""

    live: LiveInput | None = None
    _channels = 0  # that its encode takes
    _listening_s = 0.0  # that hearing a chunk of the live input takes
    _encoder: Any = None  # a copy of the module, for recordings
    _ear: Ear | None = None
    _described: dict[str, Any] | None = None
    _opened: Opened | None = None
    _noise: Noise | None = None
    _memory: Rows | None = None
    _tried_frames = 0  # of the chunks with which `_memory` was looked for

    def describe(self) -> str:
        """The document of a file that has none, as JSON, read off what is loaded. Raises ModelError."""
        module, described = self._torchscript.load_nn_tilde(self._path, self.device, self._setup.sample_rate)
        self._described, self._opened = described, self._remembered(module)
        if self._setup.in_time:
            self._set_threads()
            try:
                described["chunk_frames"] = self._choose_chunk(module, described)
            except Exception as error:  # a model that fails is told so when it is checked
                if self.device != "cpu":
                    self._fall_back(error)
            self._forget(self._opened)
        return json.dumps(described)

    def go_on(self, setup: Setup) -> None:
        """Be told the rest."""
        self._setup = setup

    @property
    def most(self) -> int:
        """Chunks in a batch."""
        return SIZES[-1] if self._memory else 1

    @property
    def _path(self) -> FilePath:
        return FilePath(self._setup.path)

    def _open(self) -> tuple[Opened, SamplesDocument]:
        torchscript = self._torchscript
        if self._described is None:
            module, document = torchscript.load_stream(self._path, self.device)
            opened = self._remembered(module)
        else:
            document = parse_any_document(json.dumps(self._described), self._path.name)
            assert self._opened is not None
            opened = self._opened
            if opened.device != self.device:
                module, _ = torchscript.load_nn_tilde(self._path, self.device, self._setup.sample_rate)
                opened = self._remembered(module)
        assert isinstance(document, SamplesDocument)
        return opened, document

    def _remembered(self, module: Any) -> Opened:
        """Call it before the module has decoded anything. Noise is drawn as it is for voices from here on."""
        if self._noise is None or self._noise.device != self.device:
            self._noise = Noise(self._torch, self.device)
        initial = [
            self._torch.zeros_like(buffer) if name.rpartition(".")[2] in _FORGOTTEN else buffer.clone()
            for name, buffer in module.named_buffers()
        ]
        return Opened(self.device, module, initial)

    def _forget(self, opened: Opened, module: Any = None) -> None:
        """Bring the memory of a module, or of its copy, back to its beginning."""
        with self._torch.inference_mode():
            for buffer, initial in zip((module or opened.module).buffers(), opened.initial, strict=True):
                buffer.resize_(initial.shape).copy_(initial)

    def _prepare(self) -> None:
        opened, document = self._open()
        self._document, self._module = document, opened.module
        self._frames = self._setup.pool.rows // document.ratio
        self._on_step("file")
        self._torchscript.verify_stream(opened.module, document, self.device)
        self._on_step("checked")
        self._forget(opened)
        self._prepare_to_encode(opened, document)
        wanted = self._setup.streams
        self._seek_rows(opened.module, document.latent_size, self._frames)
        self._on_step("warm")
        self.streams = wanted
        if self._setup.in_time:
            seconds = self._setup.pool.rows / document.sample_rate - self._listening_s
            calls = Calls(self, opened.module, document.latent.mean, self._frames)
            self.streams = max(1, self._in_time(calls, seconds))
            if self.streams < wanted:
                self.warning = (
                    f"decodes {seconds * 1000.0:.0f} ms in {calls.took_s(1) * 1000.0:.0f} ms: {self.streams} voices at "
                    f"once, not {wanted}"
                )
        self._of: dict[int, Any] = {}  # the row or the copy of a voice, by generation
        self._forget(opened)
        if self._memory:
            self._free: list[Any] = list(range(self.streams + 1))  # and one that a voice which fades still uses
            return
        self._free = [opened.module]
        points = _still(document.latent.mean, 1, self._frames)
        for _ in range(self.streams):
            self._free.append(self._copy(opened))
            for _ in range(2):
                self._decode(self._free[-1], points, [(0, 0)])
            self._on_step("warm")

    def _prepare_to_encode(self, opened: Opened, document: SamplesDocument) -> None:
        """Copies that encode, of a module that can: one for recordings, and one for the live input where there is one.
        They are made now, while nothing decodes."""
        self._opened, self._ear, self.encodes, self._listening_s = opened, None, False, 0.0
        self._channels = encoder_channels(opened.module, document.latent_size, document.ratio)
        low, high = document.reach
        self._reach = np.array(low, np.float32), np.array(high, np.float32)
        self._recordings = Recordings(self._reach)
        if not self._channels:
            return
        samples = np.zeros(document.ratio * self._frames, np.float32)
        try:
            self._encoder = self._copy(opened)
            self._encode(self._encoder, samples, 0)
            self._on_step("warm")
            if self.live is not None:
                self._listen(opened, document, samples)
        except CudaError:
            raise
        except Exception as error:  # it decodes all the same
            self._ear = None
            self.warning = f"encodes nothing: {first_line(error)}"
            return
        self.encodes = True

    def _copy(self, opened: Opened) -> Any:
        """A copy of a module with a memory of its own, and the same parameters."""
        made = copy.deepcopy(opened.module)
        for own, shared in zip(made.parameters(), opened.module.parameters(), strict=True):
            own.data = shared.data
        return made

    def _listen(self, opened: Opened, document: SamplesDocument, samples: Float32s) -> None:
        module = self._copy(opened)

        def encode(samples: Float32s, number: int) -> Float32s:
            if number == 0:
                self._forget(opened, module)
            return self._encode(module, samples, number)

        assert self.live is not None
        self._ear = Ear(self.live, document.sample_rate, samples.size, encode)
        took_s = []
        for _ in range(WARM_CALLS):
            began = time.thread_time()
            Window(samples.size, document.sample_rate, document.sample_rate + 1)  # another rate is the usual case
            encode(samples, 0)
            took_s.append(time.thread_time() - began)
            self._on_step("warm")
        self._listening_s = min(took_s)

    def _encode(self, module: Any, samples: Float32s, number: int) -> Float32s:
        """Points [D, frames] of samples [frames * ratio] at the model's rate. number: of the noise that it draws."""
        torch, document = self._torch, self._document
        assert self._noise is not None and isinstance(document, SamplesDocument)
        self._noise.seed([(0, number)])
        with self._inference():
            sound = torch.from_numpy(samples)[None, None].repeat(1, self._channels, 1).to(self.device)
            z = module.encode(sound).float().to("cpu")
        expected = (1, document.latent_size, samples.size // document.ratio)
        if tuple(z.shape) != expected:
            raise RuntimeError(f"encode answered {tuple(z.shape)}, its document says {expected}")
        points: Float32s = z[0].numpy()
        if not np.isfinite(points).all():
            raise RuntimeError("what it encodes is not finite")
        return points

    def encode_part(self, x: Float32s, request: Request) -> dict[str, Any]:
        """Take in a part of a recording, as a notice says it. A part goes on where the last one ended."""
        assert self._opened is not None
        if request.block == 0:
            self._forget(self._opened, self._encoder)
        heard, level = take_part(x, self._document, request.deadline)
        z = self._encode(self._encoder, heard.reshape(-1), request.block)
        return self._recordings.take(request, Encoded(z, level), np.zeros(len(level), np.float32))

    def _seek_rows(self, module: Any, dims: int, frames: int) -> None:
        if self._tried_frames == frames:
            return
        self._tried_frames, self._memory = frames, None
        try:
            with self._torch.inference_mode():
                decode, voices = partial(self._decode, module), self._setup.streams + 1
                self._memory = find_rows(self._torch, module, decode, (dims, frames), voices)
        except CudaError:
            raise
        except Exception:  # it takes no batch
            return

    def _choose_chunk(self, module: Any, described: dict[str, Any]) -> int:
        """Frames of the shortest chunk in which the voices that are wanted are decoded in time, or the most."""
        ratio, mean = described["ratio"], described["latent"]["mean"]
        usual = chunk_samples(ratio) // ratio
        self._seek_rows(module, len(mean), usual)
        best = 0, usual
        for frames in (times * usual for times in LONGER):
            voices = self._in_time(Calls(self, module, mean, frames), frames * ratio / described["sample_rate"])
            if voices > best[0]:
                best = voices, frames
            if voices == self._setup.streams:
                break
        return best[1]

    def _in_time(self, calls: Calls, seconds: float) -> int:
        """Voices, at most those that are wanted, whose chunks of that length are decoded in time; 0 where not even one
        is. A chunk that is asked for may have to wait for a batch that has just begun."""
        for voices in range(self._setup.streams, 0, -1):
            n_calls, most = voices, BUSY_MOST
            if self._memory and voices > 1:
                n_calls, most = math.ceil(voices / SIZES[-1]) + 1, WAITING_MOST
            if n_calls * calls.took_s(voices) <= most * seconds:
                return voices
        return 0

    def time_s(self, module: Any, points: Float32s) -> float:
        """Of decoding them, in seconds: without what else the machine does, which waits once this is heard."""
        clock = time.thread_time if self.device == "cpu" else time.perf_counter
        began = clock()
        self._decode(module, points, [(0, 0)] * len(points))
        took = clock() - began
        self._on_step("warm")
        return took

    def _decode(self, module: Any, points: Float32s, seeds: list[tuple[int, int]]) -> Any:
        """Samples [B, rows] of points [B, D, frames]; seeds: of each row's noise, a voice and its chunk."""
        assert self._noise is not None
        self._noise.seed(seeds)  # so that it repeats
        with self._inference():
            return module.decode(self._torch.from_numpy(points).to(self.device)).float().mean(1).to("cpu")

    def decode_chunks(self, chunks: list[Chunk], paths: list[Path]) -> list[Any]:
        """The samples [rows, 1] of each voice's chunk."""
        taken = [self._of[path.generation] for path in paths]
        seeds = [(path.generation, path.chunks) for path in paths]
        points = [chunk.z for chunk in chunks]
        if self._memory is None:
            each = zip(taken, points, seeds, strict=True)
            return [self._checked(self._decode(module, z[None], [seed]))[0] for module, z, seed in each]
        count = len(chunks)
        more = batch_size(count) - count  # the last voice once more
        with self._torch.inference_mode():
            self._memory.bring(taken + taken[-1:] * more)
            out = self._decode(self._module, np.stack(points + points[-1:] * more), seeds + seeds[-1:] * more)
            self._memory.keep(taken)
        return list(self._checked(out)[:count])

    def _checked(self, out: Any) -> Any:
        """Samples [B, rows] as [B, rows, 1]."""
        if out.shape[-1] != self._setup.pool.rows:
            raise RuntimeError(f"decode answered {out.shape[-1]} samples, its document says {self._setup.pool.rows}")
        return out[..., None]

    def path(self, request: Request) -> Path | None:
        """Where a voice goes that begins; None where a recording is not there, or no live input."""
        if request.kind == BLEND:
            return self._recordings.blend(request)
        if request.kind == LISTEN:
            return None if self._ear is None else EarPath(request.generation, self._ear, self._reach, request.z)
        return PointPath(request.generation, np.array(request.z, np.float32))

    def begin(self, path: Path) -> bool:
        """Whether there is memory left for another voice; it remembers nothing then."""
        if not self._free:
            return False
        taken = self._of[path.generation] = self._free.pop()
        if self._memory is not None:
            with self._torch.inference_mode():
                self._memory.begin(taken)
        else:
            assert self._opened is not None
            self._forget(self._opened, taken)
        return True

    def end(self, path: Path) -> None:
        """A voice is over."""
        taken = self._of.pop(path.generation, None)
        if taken is not None:
            self._free.append(taken)


def _still(mean: Sequence[float], size: int, frames: int) -> Float32s:
    """Points [size, D, frames] that stay where the mean is."""
    return np.tile(np.array(mean, np.float32)[None, :, None], (size, 1, frames))
