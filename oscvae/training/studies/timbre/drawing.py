"""Pictures of frames, of what alpha does, and of where recordings and their blends go."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import soundfile
from matplotlib import rc_context
from matplotlib.figure import Figure

from oscvae.arrays import Float32s, Float64s
from oscvae.training.evaluate.drawing import (
    ACCENT,
    FAINT,
    INK,
    SPECTRUM,
    STYLE,
    WARNING,
    new_figure,
    palette,
    thumbnail,
)
from oscvae.training.evaluate.gallery import Cell
from oscvae.training.studies.timbre.constantq import FLOOR_DB
from oscvae.training.studies.timbre.measures import Told
from oscvae.training.studies.timbre.subjects import HEARD_AT

_PEAK = 0.9


def cell(caption: str, shape_db: Float32s, sound: Float32s) -> Cell:
    """A spectrum [T, bins] in dB below its frames' levels to see, and a sound at 48 kHz to hear, at a common peak."""
    seen = np.clip(2.0 * (shape_db.T - FLOOR_DB) / -FLOOR_DB - 1.0, -1.0, 1.0)
    loud = sound * (_PEAK / max(float(np.abs(sound).max()), 1e-9))
    buffer = io.BytesIO()
    soundfile.write(buffer, loud, HEARD_AT, format="FLAC", subtype="PCM_16")
    return Cell(caption, thumbnail(seen), buffer.getvalue())


def draw_alphas(found: Mapping[str, Sequence[Told]]) -> Figure:
    """A dot for each training: distances of means and of draws, as heard, and what the codes say."""
    names = list(found)
    with rc_context(STYLE):
        figure = new_figure(height_in=3.4)
        distance, sound, flutter = figure.subplots(1, 3)
        for place, told in enumerate(found.values()):
            for axes, pairs in (
                (distance, [(one.lsd_db, one.sampled_lsd_db) for one in told]),
                (sound, [(one.heard.sc_db, one.sampled_heard.sc_db) for one in told]),
                (flutter, [(one.flutter, one.sampled_flutter) for one in told]),
            ):
                for shift, colour, label, column in ((-0.12, ACCENT, "means", 0), (0.12, WARNING, "drawn", 1)):
                    values = [pair[column] for pair in pairs]
                    axes.plot(
                        [place + shift] * len(values), values, "o", color=colour, markersize=4, alpha=0.8,
                        label=label if place == 0 else None,
                    )  # fmt: skip
        flutter.axhline(1.0, color=FAINT, linewidth=0.8, linestyle=":")
        distance.set_title("distance of frames, dB")
        sound.set_title("spectral convergence as heard, dB")
        flutter.set_title("flutter, the recording's is 1")
        for axes in (distance, sound, flutter):
            axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
            axes.set_xlim(-0.5, len(names) - 0.5)
        distance.legend()
    return figure


def draw_spectra(rows: Sequence[tuple[str, Float32s]], seconds: float, axis: Sequence[str]) -> Figure:
    """Spectra [T, bins] in dB below their frames' levels beside each other. axis: what the lowest and highest bin of
    each are."""
    with rc_context(STYLE):
        figure = new_figure(height_in=2.6)
        panels = figure.subplots(1, len(rows), squeeze=False)[0]
        image = None
        for axes, (name, shape_db), ends in zip(panels, rows, axis, strict=True):
            image = axes.imshow(
                shape_db.T, origin="lower", aspect="auto", interpolation="nearest", cmap=SPECTRUM, vmin=FLOOR_DB,
                vmax=0.0, extent=(0.0, seconds, 0.0, 1.0),
            )  # fmt: skip
            axes.set_title(name, fontsize=8.0)
            axes.set_yticks([])
            axes.set_xlabel(f"s\n{ends}", fontsize=7.5)
            axes.spines[:].set_visible(False)
        if image is not None:
            bar = figure.colorbar(image, ax=panels, pad=0.01, aspect=25)
            bar.outline.set_visible(False)
            bar.set_label("dB below the frame's level")
    return figure


def draw_off(found: Mapping[str, Sequence[Told]]) -> Figure:
    """How far a decoded blend's code is from the one that was asked, over the mix; a line for each training."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.2)
        axes = figure.subplots()
        axes.axvspan(0.0, 1.0, color=FAINT, alpha=0.12, linewidth=0)
        for colour, (name, told) in zip(palette(len(found)), found.items(), strict=True):
            for first, one in enumerate(told):
                mixes = [float(mix) for mix in one.off]
                axes.plot(
                    mixes, list(one.off.values()), "o-", color=colour, markersize=3, linewidth=1.0,
                    label=name if first == 0 else None,
                )  # fmt: skip
        axes.set(
            xlabel="mix: 0 the first recording, 1 the second", ylabel="from the code that was asked", ylim=(0.0, None)
        )
        axes.legend(ncols=3)
    return figure


def draw_map(found: Mapping[str, Mapping[str, Float64s]]) -> Figure:
    """Trajectories [T, 2] by their names, a panel for each model."""
    colours = (ACCENT, WARNING, FAINT, INK)
    with rc_context(STYLE):
        figure = new_figure(height_in=4.6)
        panels = figure.subplots(1, len(found), squeeze=False)[0]
        for axes, (title, lines) in zip(panels, found.items(), strict=True):
            for colour, (name, line) in zip(colours, lines.items(), strict=True):
                axes.plot(*line.T, color=colour, linewidth=0.5, alpha=0.5)
                axes.scatter(*line.T, s=5.0, color=colour, linewidths=0, alpha=0.8, label=name)
            axes.set_title(title)
            axes.set_aspect("equal", adjustable="datalim")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), markerscale=3.0)
    return figure


def plane(lines: Sequence[Float32s], centre_on: int) -> list[Float64s]:
    """Trajectories [T, D] on the first two principal components [T, 2] of the first so many of them."""
    known = np.concatenate(lines[:centre_on]).astype(np.float64)
    middle = known.mean(0)
    _, _, axes = np.linalg.svd(known - middle, full_matrices=False)
    return [np.asarray((line - middle) @ axes[:2].T) for line in lines]
