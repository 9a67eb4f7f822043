"""How everything on the page is drawn: colours, axes of spectrograms, pictures as bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from oscvae.arrays import Float32s
from oscvae.model.document import ModelDocument

INK, FAINT, ACCENT, WARNING = "#22262b", "#8b949e", "#2f6f8f", "#c0492f"
SPECTRUM = "magma"
PITCHES = "viridis"
WIDTH_IN = 10.0
DPI = 110

_TICKS_HZ = (20000, 10000, 5000, 2000, 1000, 500, 200, 100)
_TICK_SPACE = 0.08  # of the axis
STYLE: dict[str, Any] = {
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "figure.dpi": DPI,
}


def palette(count: int) -> list[tuple[float, float, float]]:
    """Colours that stay apart, for so many instruments."""
    if count <= 20:
        full, light = range(0, 20, 2), range(1, 20, 2)
        return [tuple(colormaps["tab20"](index)[:3]) for index in (*full, *light)][:count]
    return [tuple(colormaps["hsv"](index / count)[:3]) for index in range(count)]


def new_figure(width_in: float = WIDTH_IN, height_in: float = 4.0) -> Figure:
    """Draw on it inside `rc_context(STYLE)`."""
    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def png(figure: Figure, dpi: int = DPI) -> bytes:
    """The picture in 256 colours, which is all that it has. `savefig` would draw it twice, for its layout first."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with rc_context(STYLE):
        canvas.draw()
    return _encoded(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))


def spectrogram(axes: Axes, x: Float32s, document: ModelDocument, labels: bool = True) -> Any:
    """Log magnitudes [bands, frames] over time and frequency; returns the image, for a colour bar."""
    length_s = document.n_samples / document.sample_rate
    begin_s = -document.onset_sample / document.sample_rate
    image = axes.imshow(
        document.floor_db + (x + 1.0) * 0.5 * (document.ceiling_db - document.floor_db),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=SPECTRUM,
        vmin=document.floor_db,
        vmax=document.ceiling_db,
        extent=(begin_s, begin_s + length_s, -0.5, document.bands.n - 0.5),
    )
    axes.spines[["left", "bottom"]].set_visible(False)
    if labels:
        axes.set_yticks(*frequency_ticks(document))
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    return image


def frequency_ticks(document: ModelDocument) -> tuple[list[float], list[str]]:
    """Where round frequencies lie on the band axis."""
    centres_hz = document.band_axis().centre * document.sample_rate / document.n_fft
    places: list[float] = []
    names: list[str] = []
    for hz in _TICKS_HZ:
        place = float(np.interp(hz, centres_hz, np.arange(document.bands.n)))
        if hz <= centres_hz[-1] and (not places or places[-1] - place > _TICK_SPACE * document.bands.n):
            places.append(place)
            names.append(f"{hz // 1000} k" if hz >= 1000 else str(hz))
    return places, names


def thumbnail(x: Float32s, width: int = 112, height: int = 96) -> bytes:
    """A small bare spectrogram as a PNG."""
    return _encoded(thumbnail_image(x, width, height))


def thumbnail_image(x: Float32s, width: int, height: int) -> Image.Image:
    pixels = (255.0 * colormaps[SPECTRUM](0.5 * (x[::-1] + 1.0))[..., :3]).round().astype(np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)


def sheet(
    cells: Sequence[Sequence[Float32s]],
    rows: Sequence[str],
    columns: Sequence[str],
    document: ModelDocument,
    across: str = "",
    down: str = "",
) -> Figure:
    """Bare spectrograms in a grid, named at its edges."""
    with rc_context(STYLE):
        figure = new_figure(min(WIDTH_IN, 1.0 + 1.25 * len(columns)), 0.4 + 0.95 * len(rows))
        grid = figure.subplots(len(rows), len(columns), squeeze=False, gridspec_kw={"wspace": 0.04, "hspace": 0.04})
        for line, name, cells_of_row in zip(grid, rows, cells, strict=True):
            for axes, x in zip(line, cells_of_row, strict=True):
                spectrogram(axes, x, document, labels=False)
            line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for axes, name in zip(grid[-1], columns, strict=True):
            axes.set_xlabel(name)
        figure.supxlabel(across, fontsize=9, color=FAINT)
        figure.supylabel(down, fontsize=9, color=FAINT)
    return figure


def animation(images: Sequence[Image.Image], frame_ms: int = 80) -> bytes:
    """A GIF that loops."""
    buffer = io.BytesIO()
    colours = [image.quantize(128) for image in images]
    colours[0].save(
        buffer, format="GIF", save_all=True, append_images=colours[1:], duration=frame_ms, loop=0, optimize=True
    )
    return buffer.getvalue()


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
