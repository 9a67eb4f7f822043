"""Pictures and sounds of single notes: originals beside reconstructions, traversals, a way between two instruments.

Every sound is as the daemon plays it at full velocity and its default gain of -12 dB, as 16-bit FLAC.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from oscvae.arrays import Float32s, Int64s
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.drawing import (
    STYLE,
    animation,
    new_figure,
    spectrogram,
    thumbnail,
    thumbnail_image,
)
from oscvae.training.evaluate.fidelity import note_distances
from oscvae.training.evaluate.latent import path
from oscvae.training.evaluate.subject import Codes, Subject
from oscvae.training.evaluate.summary import SPLITS, Track, quietly
from oscvae.units import db_to_gain, note_name

TRAVERSAL_STEPS = 7
STRIP_STEPS = 8
PAD_STEPS = 5
_PAIRS = 8
_GAIN_DB = -12.0
_QUIET_DB = -75.0
_GIF_FRAMES = 24
_GIF_SIZE = (420, 300)
_GIF_MARGIN = 34


@dataclass(frozen=True)
class Cell:
    """A note that can be seen and heard."""

    caption: str
    picture: bytes
    """PNG."""
    sound: bytes
    """FLAC."""


@dataclass(frozen=True, eq=False)
class Block:
    """Cells in rows, with what they were made from."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    spectra: tuple[tuple[Float32s, ...], ...]


@dataclass(frozen=True, eq=False)
class Pair:
    """A note and its reconstruction."""

    title: str
    told: str
    original: Float32s
    again: Float32s


def flac(sound: Float32s, sample_rate: int) -> bytes:
    """What lies below -75 dB at the end is left out."""
    played = np.clip(db_to_gain(_GAIN_DB) * sound, -1.0, 1.0)
    loud = np.flatnonzero(np.abs(played) > db_to_gain(_QUIET_DB))
    kept = played[: int(loud[-1]) + 1] if loud.size else played[:1]
    buffer = io.BytesIO()
    soundfile.write(buffer, kept, sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def choose_pairs(notes: NoteSet, rng: np.random.Generator, count: int = _PAIRS) -> Int64s:
    """Rows of different instruments, from the hardest split first."""
    chosen: list[int] = []
    for split in sorted(np.unique(notes.split).tolist(), reverse=True):
        rows = rng.permutation(np.flatnonzero(notes.split == split))
        seen = {int(notes.timbre[row]) for row in chosen}
        for row in rows.tolist():
            if len(chosen) < count and int(notes.timbre[row]) not in seen:
                seen.add(int(notes.timbre[row]))
                chosen.append(row)
    return np.array(sorted(chosen, key=lambda row: (int(notes.timbre[row]), row)), np.int64)


def reconstruct_pairs(subject: Subject, notes: NoteSet, codes: Codes, rows: Int64s) -> list[Pair]:
    again = subject.decode(codes.mean[rows], notes.note[rows])
    originals = np.array(notes.x[rows])
    found = note_distances(again, originals, subject.half_range_db)
    return [
        Pair(
            title=f"{notes.timbres[int(notes.timbre[row])]}, {note_name(notes.note[row])}",
            told=f"{SPLITS[int(notes.split[row])]}, {found.lsd_db[place]:.1f} dB",
            original=originals[place],
            again=again[place],
        )
        for place, row in enumerate(rows.tolist())
    ]


def draw_pairs(subject: Subject, pairs: Sequence[Pair], columns: int = 4) -> Figure:
    """Originals above, what comes back below."""
    blocks = -(-len(pairs) // columns)
    with rc_context(STYLE):
        figure = new_figure(height_in=3.7 * blocks)
        grid = figure.subplots(2 * blocks, columns, squeeze=False)
        for axes in grid.ravel():
            axes.set_visible(False)
        image = None
        for place, pair in enumerate(pairs):
            block, column = divmod(place, columns)
            for line, x in ((0, pair.original), (1, pair.again)):
                axes = grid[2 * block + line, column]
                axes.set_visible(True)
                image = spectrogram(axes, x, subject.document)
                if column:
                    axes.set_yticklabels([])
                if not line:
                    axes.set_xticklabels([])
                axes.set_title(pair.title if line == 0 else pair.told, fontsize=8.5)
            grid[2 * block, 0].set_ylabel("recorded, Hz")
            grid[2 * block + 1, 0].set_ylabel("decoded, Hz")
        for axes in grid[-1]:
            axes.set_xlabel("s")
        if image is not None:
            bar = figure.colorbar(image, ax=grid, pad=0.01, aspect=50)
            bar.outline.set_visible(False)
            bar.set_label("dB")
    return figure


def pair_cells(subject: Subject, pairs: Sequence[Pair], track: Track = quietly) -> Block:
    """Two rows to see and hear: recorded, through the same phase reconstruction, and decoded."""
    spectra = (tuple(pair.original for pair in pairs), tuple(pair.again for pair in pairs))
    return _block(subject, ("recorded", "decoded"), tuple(pair.title for pair in pairs), spectra, "pairs", track)


def traverse(subject: Subject, note: int, track: Track = quietly) -> Block:
    """From one end of each dimension to the other, the others at the mean of the codes."""
    mean = np.array(subject.document.latent.mean, np.float32)
    rows, spectra = [], []
    for d in range(mean.size):
        values = np.linspace(subject.low[d], subject.high[d], TRAVERSAL_STEPS)
        z = np.repeat(mean[None], TRAVERSAL_STEPS, axis=0)
        z[:, d] = values
        rows.append(f"z{d + 1}")
        spectra.append(tuple(subject.decode(z, [note] * TRAVERSAL_STEPS)))
    columns = ("low", *[""] * (TRAVERSAL_STEPS - 2), "high")
    return _block(subject, tuple(rows), columns, tuple(spectra), "traversals", track)


def pad(subject: Subject, note: int, dimensions: tuple[int, int], track: Track = quietly) -> Block:
    """Points over two dimensions, as on an XY pad: the second rises to the top; the others are at the mean."""
    across, up = dimensions
    spectra = []
    for value in np.linspace(subject.high[up], subject.low[up], PAD_STEPS):
        z = np.repeat(np.array(subject.document.latent.mean, np.float32)[None], PAD_STEPS, axis=0)
        z[:, across] = np.linspace(subject.low[across], subject.high[across], PAD_STEPS)
        z[:, up] = value
        spectra.append(tuple(subject.decode(z, [note] * PAD_STEPS)))
    rows = (f"z{up + 1} high", *[""] * (PAD_STEPS - 2), "low")
    columns = (f"z{across + 1} low", *[""] * (PAD_STEPS - 2), "high")
    return _block(subject, rows, columns, tuple(spectra), "pads", track)


def strip(subject: Subject, names: tuple[str, str], ends: tuple[Float32s, Float32s], note: int, track: Track) -> Block:
    """The straight way from one instrument's point to another's."""
    x = subject.decode(path(*ends, STRIP_STEPS - 1), [note] * STRIP_STEPS)
    columns = (names[0], *[f"{step / (STRIP_STEPS - 1):.2f}" for step in range(1, STRIP_STEPS - 1)], names[1])
    return _block(subject, (note_name(note),), columns, (tuple(x),), "interpolation", track)


def animate(subject: Subject, names: tuple[str, str], ends: tuple[Float32s, Float32s], note: int) -> bytes:
    """The same way, there and back, as an animated GIF."""
    x = subject.decode(path(*ends, _GIF_FRAMES - 1), [note] * _GIF_FRAMES)
    width, height = _GIF_SIZE
    frames = []
    for step in [*range(_GIF_FRAMES), *range(_GIF_FRAMES - 2, 0, -1)]:
        picture = Image.new("RGB", (width, height + _GIF_MARGIN), "white")
        picture.paste(thumbnail_image(x[step], width, height), (0, 0))
        draw = ImageDraw.Draw(picture)
        left, right = 130, width - 130
        draw.line([(left, height + 17), (right, height + 17)], fill="#c8ccd0", width=3)
        place = left + (right - left) * step / (_GIF_FRAMES - 1)
        draw.ellipse([place - 6, height + 11, place + 6, height + 23], fill="#2f6f8f")
        draw.text((8, height + 17), names[0], fill="#22262b", anchor="lm", font_size=14)
        draw.text((width - 8, height + 17), names[1], fill="#22262b", anchor="rm", font_size=14)
        frames.append(picture)
    return animation(frames)


def farthest(points: dict[str, Float32s]) -> tuple[str, str]:
    """The two instruments that lie farthest apart."""
    names = list(points)
    z = np.stack([points[name] for name in names])
    gaps = np.linalg.norm(z[:, None] - z[None], axis=2)
    one, other = np.unravel_index(int(gaps.argmax()), gaps.shape)
    return names[int(one)], names[int(other)]


def _block(
    subject: Subject,
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    spectra: tuple[tuple[Float32s, ...], ...],
    title: str,
    track: Track,
) -> Block:
    rate = subject.document.sample_rate
    cells = tuple(
        tuple(Cell(column, thumbnail(x), flac(subject.sound(x), rate)) for x, column in zip(line, columns, strict=True))
        for line in track(list(spectra), title)
    )
    return Block(rows, columns, cells, spectra)


def training_points(notes: NoteSet, codes: Codes) -> tuple[Float32s, Int64s, Int64s]:
    """(z, instrument, note) of the training notes."""
    rows = notes.split == TRAIN
    return codes.mean[rows], notes.timbre[rows], notes.note[rows]
