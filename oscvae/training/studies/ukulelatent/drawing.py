"""Pictures of notes and of what their codes say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from oscvae.arrays import Float32s, Float64s
from oscvae.model.analysis import NoteAnalysis
from oscvae.training.evaluate.drawing import ACCENT, FAINT, INK, SPECTRUM, STYLE, WARNING, new_figure, palette
from oscvae.training.studies.ukulelatent.measures import PROPERTIES, Told, spectrum_of

_COLUMN_IN, _ROW_IN = 2.2, 1.15


def draw_shift(before: Mapping[str, Float64s], after: Mapping[str, Float64s]) -> Figure:
    """Mean spectra [bands] of two notes over the bands, as they are and shifted to one pitch."""
    with rc_context(STYLE):
        figure = new_figure(height_in=2.8)
        for axes, title, spectra in zip(
            figure.subplots(1, 2, sharey=True), ("as they are", "shifted to one pitch"), (before, after), strict=True
        ):
            for colour, (name, x) in zip((ACCENT, WARNING), spectra.items(), strict=True):
                axes.plot(x, color=colour, linewidth=1.0, label=name)
            axes.set(xlabel="mel band", title=title)
        figure.axes[0].set_ylabel("x, mean over frames")
        figure.axes[0].legend()
    return figure


def draw_asked(found: Mapping[str, Sequence[Told]], right: float) -> Figure:
    """A dot for each training: notes that come and that stay, distance, and how much of the pitch is in the code."""
    names = list(found)
    with rc_context(STYLE):
        figure = new_figure(height_in=0.9 + 0.32 * len(names))
        shares, distance, code = figure.subplots(1, 3, sharey=True)
        for row, told in enumerate(found.values()):
            for shift, colour, label, values in (
                (-0.12, ACCENT, "come where they are asked", [one.asked for one in told]),
                (0.12, WARNING, "stay where they were encoded", [one.stays for one in told]),
            ):
                shares.plot(
                    [100.0 * value for value in values], [row + shift] * len(values), "o", color=colour, markersize=4,
                    label=None if row else label,
                )  # fmt: skip
            distance.plot([one.lsd_db for one in told], [row] * len(told), "o", color=ACCENT, markersize=4)
            code.plot([one.pitch_in_code for one in told], [row] * len(told), "o", color=ACCENT, markersize=4)
        shares.axvline(100.0 * right, color=FAINT, linewidth=0.9, linestyle="--")
        shares.set(title="notes within 50 cents, %", xlim=(-3.0, 103.0))
        distance.set_title("distance of withheld notes, dB")
        code.set_title("the note told by the code, R^2")
        shares.set_yticks(range(len(names)), names)
        shares.invert_yaxis()
        figure.legend(*shares.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def draw_spectra(
    rows: Sequence[tuple[str, Sequence[Float32s]]], columns: Sequence[str], analysis: NoteAnalysis, bands: int = 0
) -> Figure:
    """Spectra [bands, frames] in a grid, named at its edges. bands: so many of the lowest, or all."""
    seconds = analysis.n_samples / analysis.sample_rate
    with rc_context(STYLE):
        figure = new_figure(2.0 + _COLUMN_IN * len(columns), 0.5 + _ROW_IN * len(rows))
        grid = figure.subplots(len(rows), len(columns), squeeze=False)
        for line, (name, spectra) in zip(grid, rows, strict=True):
            for axes, x in zip(line, spectra, strict=True):
                axes.imshow(
                    x[: bands or None], origin="lower", aspect="auto", interpolation="nearest", cmap=SPECTRUM,
                    vmin=-1.0, vmax=1.0, extent=(0.0, seconds, 0.0, 1.0),
                )  # fmt: skip
                axes.set_xticks([])
                axes.set_yticks([])
            line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for axes, name in zip(grid[0], columns, strict=True):
            axes.set_title(name)
    return figure


def draw_dimensions(found: Sequence[Told]) -> Figure:
    """Rank correlations of properties with dimensions, a column of panels for each seed: heard, and then recorded."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.4)
        grid = figure.subplots(2, len(found), squeeze=False, sharex=True, sharey=True)
        image = None
        for seed, told in enumerate(found):
            for axes, title, values in (
                (grid[0, seed], f"seed {seed + 1}, what it does", told.heard),
                (grid[1, seed], "what recordings have", told.recorded),
            ):
                table = np.array([values[name] for name in PROPERTIES])
                image = axes.imshow(table, cmap="RdBu_r", vmin=-1.0, vmax=1.0, aspect="auto")
                for (row, column), value in np.ndenumerate(table):
                    colour = "white" if abs(value) > 0.6 else INK
                    axes.text(column, row, f"{value:+.2f}", ha="center", va="center", fontsize=8.0, color=colour)
                axes.set_title(title)
                axes.set_xticks(range(table.shape[1]), [f"z{number + 1}" for number in range(table.shape[1])])
                axes.set_yticks(range(len(PROPERTIES)), PROPERTIES)
                axes.spines[:].set_visible(False)
                axes.tick_params(length=0)
        if image is not None:
            bar = figure.colorbar(image, ax=grid, pad=0.01, aspect=30)
            bar.outline.set_visible(False)
            bar.set_label("rank correlation")
    return figure


def draw_latents(found: Mapping[int, Sequence[Told]]) -> Figure:
    """A dot for each training over its dimensions: distance, notes that come, instruments told by the code."""
    with rc_context(STYLE):
        figure = new_figure(height_in=2.6)
        places = list(range(len(found)))
        for axes, title, name, factor in zip(
            figure.subplots(1, 3),
            ("distance of withheld notes, dB", "notes that come, %", "instruments told by the code, %"),
            ("lsd_db", "asked", "instrument_in_code"),
            (1.0, 100.0, 100.0),
            strict=True,
        ):
            values = [[factor * getattr(one, name) for one in told] for told in found.values()]
            for place, each in zip(places, values, strict=True):
                axes.plot([place] * len(each), each, "o", color=ACCENT, markersize=4)
            axes.plot(places, [float(np.mean(each)) for each in values], color=FAINT, linewidth=0.9)
            axes.set(title=title, xlabel="dimensions")
            axes.set_xticks(places, [str(latent) for latent in found])
            axes.margins(x=0.15)
    return figure


def draw_grain(spectra: Mapping[str, Float32s]) -> Figure:
    """How much of spectra [N, bands, frames] alternates, over how fast it does, along either axis."""
    with rc_context(STYLE):
        figure = new_figure(height_in=3.0)
        for axes, (name, axis) in zip(figure.subplots(1, 2, sharey=True), (("bands", 1), ("frames", 2)), strict=True):
            for colour, (way, x) in zip(palette(len(spectra)), spectra.items(), strict=True):
                course = spectrum_of(x, axis)
                rate = np.linspace(0.0, 0.5, course.size)
                axes.plot(rate, course, color=colour, linewidth=1.2, label=way)
            axes.set(xlabel=f"cycles a {name.removesuffix('s')}", title=f"along {name}")
        figure.axes[0].set_ylabel("power, dB")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(spectra))
    return figure
