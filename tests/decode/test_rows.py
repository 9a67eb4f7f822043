"""A module's memory in rows: found where it is, and nowhere else; and noise that is each row's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from oscvae.decode.noise import Noise
from oscvae.decode.rows import Rows, find_rows
from oscvae.model.torchscript import script
from parts.nn_models import WithRate

FRAMES = 4
VOICES = 5


class Counting(WithRate):
    """What it decodes hangs on a count that all rows share."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        self.count += 1.0
        return 0.1 * self.count * z.repeat_interleave(self.ratio, 2).sum(1, keepdim=True)


class Hidden(WithRate):
    """It keeps its last call where no buffer is."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0.0

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        out = z.repeat_interleave(self.ratio, 2).sum(1, keepdim=True) + self.last
        self.last = float(out[0, 0, -1])
        return out


class Renewing(WithRate):
    """It puts another tensor in the place of its buffer."""

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        out = z.repeat_interleave(self.ratio, 2).sum(1, keepdim=True) + self.phase[: z.size(0), :1]
        renewed = self.phase.clone()
        renewed[: z.size(0), :1] = out[:, :, -1:]
        self.phase = renewed
        return out


class Neighbourly(WithRate):
    """Each row hears the others."""

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return z.repeat_interleave(self.ratio, 2).sum(1, keepdim=True) + z.mean()


class Constant(WithRate):
    """Beside its memory it has a constant of as many rows."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.linspace(-1.0, 1.0, self.phase.size(0)))

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        out = (
            z.repeat_interleave(self.ratio, 2).sum(1, keepdim=True) + self.phase[: z.size(0), :1] + self.mean[:4].sum()
        )
        self.phase[: z.size(0), :1] = out[:, :, -1:]
        return out


class Single(WithRate):
    """It takes no batch."""

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        assert z.size(0) == 1
        return z.repeat_interleave(self.ratio, 2).sum(1, keepdim=True)


@pytest.fixture(scope="module")
def noise() -> Iterator[Noise]:
    made = Noise(torch, "cpu")
    yield made
    made.close()


def decoding(module: Any, noise: Noise) -> Any:
    def decode(points: Any, seeds: list[tuple[int, int]]) -> Any:
        noise.seed(seeds)
        return module.decode(torch.from_numpy(points)).mean(1)

    return decode


def rows_of(module: nn.Module, noise: Noise) -> Rows | None:
    scripted = script(module)
    with torch.inference_mode():
        return find_rows(torch, scripted, decoding(scripted, noise), (4, FRAMES), VOICES)


@pytest.mark.parametrize("more", [{}, {"noise": 0.1}, {"channels": 2}], ids=["plain", "noisy", "stereo"])
def test_a_memory_in_rows_is_found(noise: Noise, more: dict[str, Any]) -> None:
    assert rows_of(WithRate(**more), noise) is not None


@pytest.mark.parametrize("kind", [Counting, Hidden, Renewing, Neighbourly], ids=lambda kind: kind.__name__)
def test_a_memory_that_is_elsewhere_is_not_taken_for_rows(noise: Noise, kind: type[nn.Module]) -> None:
    assert rows_of(kind(), noise) is None


def test_a_constant_is_no_memory_however_many_rows_it_has(noise: Noise) -> None:
    module = script(Constant())
    mean = module.mean.clone()
    decode = decoding(module, noise)
    with torch.inference_mode():
        found = find_rows(torch, module, decode, (4, FRAMES), 2)
        assert found is not None
        for voice in (0, 1):
            found.begin(voice)
        found.bring([1, 0])
        found.keep([1, 0])
    assert torch.equal(module.mean, mean)


def test_a_module_that_takes_no_batch_says_so_by_failing(noise: Noise) -> None:
    with pytest.raises(Exception, match="Assertion"):
        rows_of(Single(), noise)


def test_voices_that_change_their_rows_are_what_they_are_alone(noise: Noise) -> None:
    module = script(WithRate(noise=0.1))
    decode = decoding(module, noise)
    points = np.random.default_rng(3).uniform(0.0, 3.0, (3, 4, 7 * FRAMES)).astype(np.float32)
    with torch.inference_mode():
        rows = find_rows(torch, module, decode, (4, FRAMES), VOICES)
        assert rows is not None

        def heard(batches: list[list[int]]) -> dict[int, list[Any]]:
            outs: dict[int, list[Any]] = {0: [], 1: [], 2: []}
            for voice in outs:
                rows.begin(voice)
            for voices in batches:
                filled = voices + voices[-1:] * (len(voices) % 2)
                z = [points[v, :, len(outs[v]) * FRAMES : (len(outs[v]) + 1) * FRAMES] for v in filled]
                rows.bring(filled)
                out = decode(np.stack(z), [(v, len(outs[v])) for v in filled])
                rows.keep(voices)
                for row, voice in enumerate(voices):
                    outs[voice].append(out[row])
            return outs

        alone = heard([[voice] for voice in (0, 1, 2) for _ in range(7)])
        mixed = heard([[0], [1, 0], [2], [0, 1, 2], [2, 0], [1], [1, 2, 0], [2, 1], [0], [1, 2], [2]])
    for voice, chunks in mixed.items():
        assert len(chunks) >= 5
        for chunk, out in enumerate(chunks):
            assert torch.equal(out, alone[voice][chunk]), (voice, chunk)


def test_a_voice_begins_without_what_an_export_left_in_the_first_rows(noise: Noise) -> None:
    module = script(WithRate())
    decode = decoding(module, noise)
    with torch.inference_mode():
        module.decode(torch.ones(4, 4, 3))
        assert bool(module.phase[:4].any())
        rows = find_rows(torch, module, decode, (4, FRAMES), VOICES)
        assert rows is not None
        rows.begin(0)
        rows.bring([0, 0])
        assert not bool(module.phase[:2].any())


@pytest.mark.parametrize("draw", [torch.randn_like, torch.rand_like], ids=["normal", "uniform"])
def test_noise_of_a_row_is_its_own_in_any_batch(noise: Noise, draw: Any) -> None:
    noise.seed([(7, 3), (8, 3)])
    two = draw(torch.empty(2, 3, 1000))
    noise.seed([(1, 1), (2, 1), (3, 1), (7, 3)])
    four = draw(torch.empty(4, 3, 1000))
    assert torch.equal(two[0], four[3])
    assert not torch.equal(two[0], two[1])


def test_noise_is_distributed_as_it_is_asked_for(noise: Noise) -> None:
    noise.seed([(1, 1), (2, 1)])
    normal = torch.empty(2, 50_000).normal_(3.0, 2.0)
    uniform = torch.empty(2, 50_000, dtype=torch.float64).uniform_(-1.0, 3.0)
    assert float(normal.mean()) == pytest.approx(3.0, abs=0.05) and float(normal.std()) == pytest.approx(2.0, abs=0.05)
    assert -1.0 <= float(uniform.min()) < -0.99 and 2.99 < float(uniform.max()) <= 3.0
    noise.seed([(1, 1), (2, 1)])
    assert torch.rand(50_000).unique().numel() > 40_000
