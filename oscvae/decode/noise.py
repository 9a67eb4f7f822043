"""The noise that a model draws while it decodes: each row of a batch has it from a seed of its own.

torch fills a tensor from one generator, row after row, so what a voice hears would hang on who else is in its batch.
Here the two operators that all noise of a model comes from (`randn`, `rand` and their likes call them) are replaced in
this process. What a model draws otherwise (dropout, `randint`) has torch's generator, which is seeded as well.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

_SEED = 1_000_003


class Noise:
    """Generators of the rows that are decoded, in torch's place. One in a process."""

    def __init__(self, torch: Any, device: str) -> None:
        self._torch, self.device = torch, device
        self._of_thread = threading.local()  # what encodes draws beside what decodes
        self.seed([(0, 0)])
        self._library = torch.library.Library("aten", "IMPL")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that they are replaced, which is meant
            for name, kernel in (("normal_", self._fill_normal), ("uniform_", self._fill_uniform)):
                self._library.impl(name, kernel, "CPU" if device == "cpu" else "CUDA")

    def close(self) -> None:
        """Give torch its own back."""
        self._library._destroy()

    def seed(self, seeds: Sequence[tuple[int, int]]) -> None:
        """The voice and the chunk of each row that is decoded next, in this thread."""
        self._of_thread.rows = [np.random.default_rng(seed) for seed in seeds]
        voice, chunk = seeds[0]
        self._torch.manual_seed(voice * _SEED + chunk)

    def _fill_normal(self, x: Any, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
        return self._fill(x, lambda rng, shape: mean + std * rng.standard_normal(shape, np.float32))

    def _fill_uniform(self, x: Any, *limits: float, generator: Any = None, **named: float) -> Any:
        low, high = (*limits, *(0.0, 1.0)[len(limits) :])
        low, high = named.get("from", low), named.get("to", high)
        return self._fill(x, lambda rng, shape: low + (high - low) * rng.random(shape, np.float32))

    def _fill(self, x: Any, draw: Any) -> Any:
        shape = tuple(x.shape)
        rows: list[np.random.Generator] = getattr(self._of_thread, "rows", None) or [np.random.default_rng(0)]
        if shape and shape[0] == len(rows):
            drawn = np.stack([draw(rng, shape[1:]) for rng in rows])
        else:  # nobody's in particular
            drawn = np.asarray(draw(rows[0], shape))
        return x.copy_(self._torch.from_numpy(drawn))
