"""Pictures of the study of embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from oscvae.arrays import Float32s, Float64s
from oscvae.training.evaluate.drawing import ACCENT, FAINT, INK, SPECTRUM, STYLE, WARNING, new_figure
from oscvae.training.studies.embedding.clips import SECONDS
from oscvae.training.studies.embedding.measures import PCA, TRAINED, UNTRAINED, of_kind
from oscvae.training.studies.embedding.residual import Look

COLOURS = {PCA: WARNING, TRAINED: ACCENT, UNTRAINED: FAINT}
_ACROSS = 9


def draw_pictures(named: Sequence[tuple[str, Float32s]]) -> Figure:
    """One picture [SIDE, SIDE] of each class."""
    with rc_context(STYLE):
        rows = -(-len(named) // _ACROSS)
        figure = new_figure(height_in=0.2 + 1.3 * rows)
        panels = figure.subplots(rows, _ACROSS, squeeze=False).ravel()
        for axes, (name, x) in zip(panels, named, strict=False):
            axes.imshow(x, origin="lower", cmap=SPECTRUM, vmin=-1.0, vmax=1.0, interpolation="nearest")
            axes.set_title(name, fontsize=7.5)
        for axes in panels:
            axes.set_axis_off()
        figure.supxlabel(f"{SECONDS:g} s", fontsize=8.0)
    return figure


def draw_courses(courses: Mapping[str, Sequence[Look]]) -> Figure:
    """Loss and share of training pictures told right against the step, a line for each classifier."""
    with rc_context(STYLE):
        figure = new_figure(height_in=2.8)
        left, right = figure.subplots(1, 2)
        for looks in courses.values():
            steps = [look.step for look in looks]
            left.semilogy(steps, [look.loss for look in looks], "-", color=ACCENT, linewidth=1.2)
            right.plot(steps, [100.0 * look.right for look in looks], "-", color=ACCENT, linewidth=1.2)
        _plain(left)
        left.set(xlabel="step", ylabel="cross entropy, nats")
        right.set(xlabel="step", ylabel="training pictures told right, %", ylim=(0.0, 101.0))
    return figure


def draw_confusion(shares: Float64s, classes: Sequence[str]) -> Figure:
    """What clips of each class [down] are taken for [across], shares."""
    with rc_context(STYLE):
        side = 2.2 + 0.23 * len(classes)
        figure = new_figure(side + 0.8, side)
        axes = figure.subplots()
        image = axes.imshow(100.0 * shares, cmap="Blues", vmin=0.0, vmax=100.0, interpolation="nearest")
        axes.set_xticks(range(len(classes)), classes, rotation=90, fontsize=7.5)
        axes.set_yticks(range(len(classes)), classes, fontsize=7.5)
        axes.set(xlabel="taken for", ylabel="is")
        axes.spines[:].set_visible(False)
        figure.colorbar(image, shrink=0.6, label="%")
    return figure


def draw_ladders(ladders: Mapping[str, Mapping[float, Mapping[str, float]]], usual: Mapping[str, float]) -> Figure:
    """Distance against the strength of each disturbance, over that of notes that nothing was done to."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.2)
        for axes, (kind, steps) in zip(figure.subplots(1, len(ladders), sharey=True), ladders.items(), strict=True):
            for name in usual:
                values = [1.0, *(told[name] / usual[name] for told in steps.values())]
                _line(axes, name, range(len(values)), values)
            axes.set_xticks(range(len(steps) + 1), ["none", *(f"{strength:g}" for strength in steps)])
            axes.set_yscale("log")
            _plain(axes)
            axes.set_title(kind)
        _tell(figure, figure.axes[0], "distance, undisturbed 1")
    return figure


def draw_checkpoints(
    lsd_db: Mapping[int, float],
    known_db: Mapping[int, float],
    ratios: Mapping[int, Sequence[Mapping[str, float]]],
    names: Sequence[str],
) -> Figure:
    """By step: how far notes of withheld recordings, and other notes of known ones, are from themselves, and how far
    generated notes are in each embedding; a dot for each draw, a line through their means."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.4)
        left, right = figure.subplots(1, 2)
        steps = list(lsd_db)
        for values, line, label in ((lsd_db, "o-", "withheld recordings"), (known_db, "o:", "others of known ones")):
            if values:
                left.plot(steps, list(values.values()), line, color=INK, markersize=4, linewidth=1.2, label=label)
        left.set(xlabel="step", ylabel="LSD, dB", xscale="log")
        left.legend()
        for name in names:
            _line(right, name, steps, [float(np.mean([draw[name] for draw in ratios[step]])) for step in steps])
            for step in steps:
                dots = [draw[name] for draw in ratios[step]]
                right.plot([step] * len(dots), dots, ".", color=_colour(name), markersize=3)
        right.axhline(1.0, color=INK, linewidth=0.8, linestyle=":")
        right.set(xlabel="step", xscale="log", yscale="log")
        _plain(right)
        for axes in (left, right):
            axes.set_xticks(steps, [f"{step:,}" for step in steps])
            axes.xaxis.set_minor_locator(NullLocator())
        _tell(figure, right, "distance, training notes 1")
    return figure


def _plain(axes: Axes) -> None:
    """Numbers, not powers."""
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def _line(axes: Axes, name: str, x: Sequence[int] | range, y: Sequence[float]) -> None:
    axes.plot(x, y, "o-", color=_colour(name), markersize=3, linewidth=1.2, label=_kind(name))


def _tell(figure: Figure, axes: Axes, y: str) -> None:
    """One name for all lines of a kind."""
    axes.set_ylabel(y)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles))


def _kind(name: str) -> str:
    return next(kind for kind in COLOURS if of_kind({name: None}, kind))


def _colour(name: str) -> str:
    return COLOURS[_kind(name)]
