"""Pictures of digits and of where their codes lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.training.evaluate.drawing import ACCENT, FAINT, INK, STYLE, WARNING, animation, new_figure, palette
from oscvae.training.studies.digits.mnist import CLASSES, SIDE

_ACROSS = 4
"""Panels in a row."""
_DOT = 3.0
_NAME_IN = 2.0
"""What a row's name takes."""
_ENLARGED, _LEVELS = 2, 15
"""Of an animated picture."""


def draw_scatters(places: Mapping[str, NDArray[np.floating]], digit: Int64s, prior: bool) -> Figure:
    """Points [N, 2] by digit, a panel for each name; prior: two standard deviations of N(0, 1) are drawn."""
    with rc_context(STYLE):
        figure, panels = _panels(len(places), 2.5)
        for axes, (name, z) in zip(panels, places.items(), strict=True):
            for colour, value in zip(palette(CLASSES), range(CLASSES), strict=True):
                axes.scatter(*z[digit == value].T, s=_DOT, color=colour, linewidths=0, label=str(value))
            if prior:
                angle = np.linspace(0.0, 2.0 * np.pi, 100)
                axes.plot(2.0 * np.cos(angle), 2.0 * np.sin(angle), color=INK, linewidth=0.9, linestyle=":", zorder=3)
            axes.set_aspect("equal", adjustable="datalim")
            axes.set_title(name)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=CLASSES, markerscale=4.0)
    return figure


def draw_grids(grids: Mapping[str, Float32s]) -> Figure:
    """Decoded points [rows, columns, 28, 28] as one picture for each name."""
    with rc_context(STYLE):
        figure, panels = _panels(len(grids), 2.6)
        for axes, (name, grid) in zip(panels, grids.items(), strict=True):
            _show(axes, mosaic(grid))
            axes.set_title(name)
    return figure


def draw_rows(rows: Sequence[tuple[str, Float32s]], columns: Sequence[str] = (), wide: float = 0.62) -> Figure:
    """Pictures [columns, 28, 28] in a row behind each name. wide: inches of a picture."""
    count = len(rows[0][1])
    with rc_context(STYLE):
        figure = new_figure(_NAME_IN + wide * count, (0.25 if columns else 0.05) + (wide + 0.05) * len(rows))
        grid = figure.subplots(len(rows), 1, squeeze=False, gridspec_kw={"hspace": 0.0})[:, 0]
        for axes, (name, pictures) in zip(grid, rows, strict=True):
            _show(axes, mosaic(pictures[None]))
            axes.set_aspect("auto")
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
        if columns:
            grid[-1].set_xticks((np.arange(count) + 0.5) * SIDE - 0.5, columns)
    return figure


def draw_moved(found: Mapping[str, Mapping[float, tuple[float, float]]]) -> Figure:
    """By name and step: (share that is still read as the same digit, distance from pictures that were seen)."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.2)
        left, right = figure.subplots(1, 2)
        for number, (name, steps) in enumerate(found.items()):
            colour = palette(CLASSES)[number]
            left.plot(list(steps), [same for same, _ in steps.values()], "o-", color=colour, markersize=3, label=name)
            right.plot(list(steps), [away for _, away in steps.values()], "o-", color=colour, markersize=3)
        left.set(xlabel="step, standard deviations of the codes", ylabel="read as the same digit", ylim=(0.0, 1.02))
        right.axhline(1.0, color=FAINT, linewidth=0.8, linestyle=":")
        right.set(xlabel="step, standard deviations of the codes", ylabel="distance from digits, test pictures 1")
        figure.legend(loc="outside lower center", ncols=4)
    return figure


def draw_nats(found: Mapping[str, Float64s], threshold: float) -> Figure:
    """Nats [D] of each dimension, the largest first, a panel for each name."""
    with rc_context(STYLE):
        figure = new_figure(height_in=2.3)
        for axes, (name, nats) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
            places = np.arange(1, len(nats) + 1)
            ordered = np.sort(nats)[::-1]
            axes.bar(places, ordered, color=[ACCENT if value > threshold else WARNING for value in ordered])
            axes.set_title(name)
            axes.set_xticks(places)
        figure.supxlabel("dimension", fontsize=9)
        figure.supylabel("nats", fontsize=9)
    return figure


def film(frames: Float32s) -> bytes:
    """[frames, rows, columns, 28, 28] as an animated picture, there and back."""
    images = []
    for frame in (*frames, *frames[-2:0:-1]):
        level = (_LEVELS * np.clip(0.5 * (mosaic(frame) + 1.0), 0.0, 1.0)).round()  # few levels: a smaller file
        image = Image.fromarray((255.0 / _LEVELS * level).astype(np.uint8))
        images.append(image.resize((_ENLARGED * image.width, _ENLARGED * image.height), Image.Resampling.NEAREST))
    return animation(images)


def mosaic(pictures: Float32s) -> Float32s:
    """[rows, columns, 28, 28] -> [28 rows, 28 columns]."""
    rows, columns = pictures.shape[:2]
    return np.ascontiguousarray(pictures.transpose(0, 2, 1, 3).reshape(rows * SIDE, columns * SIDE))


def _panels(count: int, height_in: float) -> tuple[Figure, list[Axes]]:
    rows = -(-count // _ACROSS)
    figure = new_figure(height_in=height_in * rows + 0.3)
    panels = figure.subplots(rows, _ACROSS, squeeze=False).ravel()
    for axes in panels[count:]:
        axes.set_visible(False)
    return figure, list(panels[:count])


def _show(axes: Axes, picture: Float32s) -> None:
    axes.imshow(picture, cmap="gray", vmin=-1.0, vmax=1.0, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
