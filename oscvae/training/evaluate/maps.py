"""Maps of the latent space, and the charts of the figures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.training.evaluate.drawing import ACCENT, FAINT, INK, PITCHES, STYLE, WARNING, new_figure, palette
from oscvae.training.evaluate.fidelity import Distance
from oscvae.training.evaluate.latent import Correlations
from oscvae.training.evaluate.playing import IN_TUNE_CENTS, Playlist
from oscvae.units import note_name

_MOST_NEIGHBOURED = 1500  # t-SNE takes a few seconds for so many
_DOT = 11.0


def tsne(z: Float32s, seed: int = 1) -> Float64s:
    """Latent points [N, D] unfolded onto a plane [N, 2] (L. van der Maaten and G. Hinton, JMLR 9, 2008)."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, max(2.0, (len(z) - 1) / 3.0))
    unfolded: Float64s = TSNE(
        n_components=2, perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed, n_jobs=1
    ).fit_transform(z)
    return unfolded


def shown_rows(count: int, rng: np.random.Generator) -> Int64s:
    """Which of `count` notes are on a map."""
    every = np.arange(count)
    return every if count <= _MOST_NEIGHBOURED else np.sort(rng.choice(every, _MOST_NEIGHBOURED, replace=False))


def draw_map(places: NDArray[np.floating], timbre: Int64s, names: tuple[str, ...], note: Int64s, axis: str) -> Figure:
    """Points [N, 2] coloured by instrument, and by pitch beside it; `axis` names both directions, with {} a number."""
    with rc_context(STYLE):
        figure = new_figure(height_in=4.2)
        left, right = figure.subplots(1, 2)
        _by_instrument(left, places, timbre, names)
        dots = right.scatter(*places.T, c=note, s=_DOT, cmap=PITCHES, linewidths=0)
        bar = figure.colorbar(dots, ax=right, pad=0.01, aspect=35)
        octaves = [n for n in range(int(note.min()), int(note.max()) + 1) if n % 12 == 0]
        bar.set_ticks(octaves, labels=[note_name(n) for n in octaves])
        bar.outline.set_visible(False)
        right.set_title("by pitch")
        left.set_title("by instrument")
        for axes in (left, right):
            _name_axes(axes, axis)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(6, len(labels)), markerscale=1.8)
    return figure


def draw_pads(z: Float32s, timbre: Int64s, names: tuple[str, ...], low: Float64s, high: Float64s) -> Figure:
    """Dimensions two by two, as the XY pads have them, by instrument; the suggested range is framed."""
    pairs = [(first, first + 1) for first in range(0, z.shape[1] - 1, 2)] or [(0, 0)]
    with rc_context(STYLE):
        figure = new_figure(height_in=4.2 * ((len(pairs) + 1) // 2))
        grid = figure.subplots((len(pairs) + 1) // 2, 2, squeeze=False).ravel()
        for axes, (one, other) in zip(grid, pairs, strict=False):
            _by_instrument(axes, z[:, [one, other]], timbre, names)
            corners = [
                (low[one], low[other]),
                (high[one], low[other]),
                (high[one], high[other]),
                (low[one], high[other]),
            ]
            axes.add_patch(_outline(corners))
            axes.set_xlabel(f"z{one + 1}")
            axes.set_ylabel(f"z{other + 1}")
        for axes in grid[len(pairs) :]:
            axes.set_visible(False)
        handles, labels = grid[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(6, len(labels)), markerscale=1.8)
    return figure


def draw_distances(instrument: Mapping[str, Mapping[str, Distance]]) -> Figure:
    """Log-spectral distance by instrument, a bar for each split."""
    names = sorted({name for found in instrument.values() for name in found})
    shades = (FAINT, ACCENT, WARNING)
    with rc_context(STYLE):
        figure = new_figure(height_in=0.9 + 0.32 * len(names))
        left, right = figure.subplots(1, 2, sharey=True)
        height = 0.8 / max(1, len(instrument))
        for rank, (split, found) in enumerate(instrument.items()):
            places = np.arange(len(names)) + (rank - 0.5 * (len(instrument) - 1)) * height
            known = [name in found for name in names]
            kept = places[known]
            values = [found[name] for name in names if name in found]
            colour = shades[("training", "withheld notes", "unseen recordings").index(split)]
            left.barh(kept, [value.lsd_db for value in values], 0.86 * height, color=colour, label=split)
            right.barh(kept, [value.sc_db for value in values], 0.86 * height, color=colour)
        left.set_yticks(range(len(names)), names)
        left.invert_yaxis()
        left.set_xlabel("log-spectral distance, dB (less is better)")
        right.set_xlabel("spectral convergence, dB (less is better)")
        right.invert_xaxis()
        figure.legend(loc="outside upper center", ncols=3)
    return figure


def draw_correlations(found: Correlations) -> Figure:
    """A square for each dimension and descriptor: what moving does, beside what the recordings say."""
    with rc_context(STYLE):
        figure = new_figure(height_in=2.6)
        titles = (f"moving in z, {found.points} points at {len(found.notes)} notes", f"{found.recorded_n} recordings")
        for axes, title, values in zip(
            figure.subplots(1, 2, sharey=True), titles, (found.heard, found.recorded), strict=True
        ):
            matrix = np.array(list(values.values()))
            image = axes.imshow(matrix, cmap="RdBu_r", vmin=-1.0, vmax=1.0, aspect="auto")
            axes.set_xticks(range(matrix.shape[1]), [f"z{d + 1}" for d in range(matrix.shape[1])])
            axes.set_yticks(range(len(values)), list(values))
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            for (row, column), value in np.ndenumerate(matrix):
                axes.text(column, row, f"{value:+.2f}", ha="center", va="center", color=_on(value), fontsize=8.5)
            axes.set_title(title)
        bar = figure.colorbar(image, ax=figure.axes, pad=0.01, aspect=18)
        bar.outline.set_visible(False)
        bar.set_label("rank correlation")
    return figure


def draw_playing(heard: Playlist, notes: NDArray[np.integer]) -> Figure:
    """Pitch errors, harmonic-to-noise ratios and levels over the keyboard."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.2)
        pitch, harmonic, level = figure.subplots(1, 3)
        error = np.abs(heard.random["error_cents"])
        pitch.scatter(heard.random["note"], np.maximum(error, 1e-3), s=7, color=ACCENT, alpha=0.6, linewidths=0)
        pitch.axhline(IN_TUNE_CENTS, color=WARNING, lw=0.8, ls="--")
        pitch.set_yscale("log")
        pitch.set_ylim(5e-3, 100.0)
        pitch.set_yticks([0.01, 0.1, 1.0, 10.0, 100.0], ["0.01", "0.1", "1", "10", "100"])
        pitch.set_title(f"pitch error in cents, {len(heard.random)} notes")

        bins = np.linspace(-10.0, 60.0, 36)
        for told, table, colour in (("recorded", heard.recorded, FAINT), ("random points", heard.random, ACCENT)):
            harmonic.hist(
                table["hnr_db"], bins=bins, density=True, histtype="stepfilled", color=colour, alpha=0.55, label=told
            )
        harmonic.set_yticks([])
        harmonic.spines["left"].set_visible(False)
        harmonic.legend(loc="upper left", handlelength=1.0)
        harmonic.set_xlabel("dB")
        harmonic.set_title("harmonic-to-noise ratio")

        level.plot(notes, heard.levels.T, lw=0.9, color=ACCENT, alpha=0.7)
        level.set_title(f"level in dB, {len(heard.levels)} points")
        for axes in (pitch, level):
            octaves = [int(n) for n in notes if n % 12 == 0]
            axes.set_xticks(octaves, [note_name(n) for n in octaves])
    return figure


def _by_instrument(axes: Axes, places: NDArray[np.floating], timbre: Int64s, names: tuple[str, ...]) -> None:
    present = np.unique(timbre)
    for colour, value in zip(palette(present.size), present.tolist(), strict=True):
        axes.scatter(*places[timbre == value].T, s=_DOT, color=colour, label=names[value], linewidths=0, alpha=0.85)


def _name_axes(axes: Axes, axis: str) -> None:
    if axis:
        axes.set_xlabel(axis.format(1))
        axes.set_ylabel(axis.format(2))
    else:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)


def _outline(corners: list[tuple[float, float]]) -> object:
    from matplotlib.patches import Polygon

    return Polygon(corners, closed=True, fill=False, edgecolor=INK, lw=0.8, ls=(0, (4, 3)))


def _on(value: float) -> str:
    return "white" if abs(value) > 0.6 else INK
