"""Pictures of the study of waveforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from torch import Tensor

from oscvae.arrays import Float32s
from oscvae.training.evaluate.drawing import ACCENT, FAINT, INK, SPECTRUM, STYLE, WARNING, new_figure, palette
from oscvae.training.studies.waveform.clips import SECONDS, SLOW_RATE
from oscvae.training.studies.waveform.measures import Away

PANELS = {
    "encoder_test": "its encoder, from test",
    "encoder_train": "its encoder, from training",
    "mel_test": "log-mel, from test",
    "mel_train": "log-mel, from training",
}

_WIDE = 300.0
"""From here on an axis has a label for each decade only."""


def draw_kernels(reached: Mapping[str, Tensor]) -> Figure:
    """For each block, how many channels of each tap of its first kernel a gradient comes to."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.8)
        for axes, (name, kernel) in zip(figure.subplots(2, 4).ravel(), reached.items(), strict=True):
            channels, taps = kernel.shape
            learns = (kernel > 0.0).sum(0).numpy()
            axes.axvspan(-0.5, taps - 0.5, color=FAINT, alpha=0.25, linewidth=0)
            some = np.flatnonzero(learns)
            axes.bar(some, learns[some], width=max(1.0, taps / 100), color=WARNING, linewidth=0)
            axes.set_title(f"{name}: {int(learns.sum()):,} of {channels * taps:,}", fontsize=8.5)
            axes.set(xlim=(-0.5, taps - 0.5), ylim=(0, channels), yticks=(0, channels))
            axes.set_xlabel("tap")
        figure.supylabel("channels", fontsize=9)
    return figure


def draw_courses(courses: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]]) -> Figure:
    """Loss, nats and gradient against the epoch; a line for each training, a colour for each way."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.6)
        left, middle, right = figure.subplots(1, 3)
        for (name, seeds), colour in zip(courses.items(), palette(len(courses)), strict=True):
            for number, course in enumerate(seeds):
                epoch = np.arange(1, len(course) + 1)
                style = {"color": colour, "linewidth": 1.2}
                left.semilogy(epoch, [one["loss"] for one in course], label=None if number else name, **style)
                middle.semilogy(epoch, [max(sum(one["nats"]), 1e-4) for one in course], **style)
                right.semilogy(epoch, [max(one["gradient"], 1e-6) for one in course], **style)
        for axes, name in ((left, "loss"), (middle, "divergence, nats"), (right, "gradient of the encoder")):
            axes.set(xlabel="epoch", title=name)
        figure.legend(loc="outside lower center", ncols=3)
    return figure


def draw_distances(away: Mapping[str, Sequence[Away]], real: Away, noise: Away) -> Figure:
    """A dot for each training in each of the four columns; dashed: real clips; dotted: white noise."""
    with rc_context(STYLE):
        figure = new_figure(height_in=0.9 + 0.3 * len(away))
        names = list(away)
        for axes, (part, title) in zip(figure.subplots(1, 4, sharey=True), PANELS.items(), strict=True):
            for row, seeds in enumerate(away.values()):
                colour = WARNING if row == len(names) - 1 else ACCENT
                axes.plot([getattr(one, part) for one in seeds], [row] * len(seeds), "o", color=colour, markersize=4)
            axes.axvline(getattr(real, part), color=INK, linewidth=0.9, linestyle="--")
            axes.axvline(getattr(noise, part), color=FAINT, linewidth=0.9, linestyle=":")
            axes.set_xscale("log")
            low, high = axes.get_xlim()
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < _WIDE * low else (1.0,)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.tick_params(axis="x", labelsize=7.0)
            axes.set_title(title)
            axes.set_yticks(range(len(names)), names)
        figure.axes[0].invert_yaxis()
    return figure


def draw_spectra(rows: Sequence[tuple[str, Sequence[Float32s]]]) -> Figure:
    """Log-mel spectra [bands, frames] of clips, a row behind each name."""
    with rc_context(STYLE):
        figure = new_figure(height_in=0.3 + 0.85 * len(rows))
        grid = figure.subplots(len(rows), len(rows[0][1]), squeeze=False)
        for line, (name, spectra) in zip(grid, rows, strict=True):
            for axes, x in zip(line, spectra, strict=True):
                ends = (0.0, SECONDS, 0.0, SLOW_RATE / 2000.0)
                axes.imshow(
                    x, origin="lower", aspect="auto", cmap=SPECTRUM, vmin=-1.0, vmax=1.0, extent=ends,
                    interpolation="nearest",
                )  # fmt: skip
                axes.set_xticks([])
                axes.set_yticks([])
            line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for axes in grid[-1]:
            axes.set_xlabel(f"{SECONDS} s", fontsize=8.0)
    return figure
