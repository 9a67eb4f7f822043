"""What is in a data set: tables for a terminal, pictures for a folder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from oscvae.names import shown
from oscvae.sound.stft import log_to_db
from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING, NoteSet, Processed
from oscvae.training.data.folder.whole import counts
from oscvae.training.data.store import SPECTRA
from oscvae.units import SEMITONES_PER_OCTAVE, cents, gain_to_db, note_name, note_to_hz

PICTURES = "pictures"
MOST_LISTED = 12

_SPLITS = ((TRAIN, "train"), (WITHHELD_NOTE, "withheld notes"), (WITHHELD_RECORDING, "withheld recordings"))
_GRID_NOTES = 6
_MOST_ROWS = 16
_DPI = 110


def print_info(console: Console, path: Path, notes: NoteSet, index: dict[str, Any]) -> None:
    """What the set is, a row for each instrument, and what did not go into it."""
    console.print(_summary(path, notes), _instruments(notes))
    outliers, skipped = index["outliers"], index["skipped"]
    print_complaints(console, outliers, skipped)
    total = int((~notes.altered).sum()) + sum(not one["kept"] for one in outliers) + len(skipped)
    for said in [f"{one['what']}: {one['why']}" for one in index.get("remarks", ())] + counts(outliers, total):
        console.print(said, highlight=False)


def print_complaints(
    console: Console, outliers: Any, skipped: Any, passed_over: Any = (), most: int = MOST_LISTED
) -> None:
    """The outliers, the sounds that were skipped, and what is none, the first of each."""
    dropped = [one for one in outliers if not one["kept"]]
    kept = [one for one in outliers if one["kept"]]
    for title, listed in (
        ("skipped", skipped),
        ("outliers, left out", dropped),
        ("outliers, kept", kept),
        ("passed over", passed_over),
    ):
        if not listed:
            continue
        table = Table("sound", "why", title=f"{len(listed)} {title}", title_justify="left", show_header=False)
        for one in listed[:most]:
            table.add_row(one["what"], one["why"])
        if len(listed) > most:
            table.add_row("...", f"{len(listed) - most} more, in index.json")
        console.print(table)


def _summary(path: Path, notes: NoteSet) -> Table:
    analysis = notes.analysis
    axis = analysis.band_axis()
    seconds = analysis.n_samples / analysis.sample_rate
    corner = f", one to one below {axis.corner * analysis.sample_rate / analysis.n_fft:.0f} Hz" if axis.corner else ""
    table = Table(show_header=False)
    for name, value in (
        ("data set", f"{notes.name}, {shown(path)}"),
        ("notes", f"{int((~notes.altered).sum())}, {note_name(analysis.note_min)} to {note_name(analysis.note_max)}"),
        ("length", f"{analysis.frames} frames, {seconds:.2f} s"),
        ("spectra", f"{analysis.sample_rate} Hz, n_fft {analysis.n_fft}, hop {analysis.hop}"),
        ("bands", f"{axis.n_bands} {axis.kind}{corner}; {analysis.floor_db:g} to {analysis.ceiling_db:g} dB"),
        *((name, f"{_recorded(notes, part)} notes of {_count(notes, part)}") for part, name in _SPLITS),
        *((("altered copies", f"{int(notes.altered.sum())}, to train on"),) if notes.altered.any() else ()),
        *((("effects", _effects(notes.processed)),) if notes.processed is not None else ()),
        ("licence", notes.licence or "not said"),
        ("origins", "\n".join(notes.origins) or "not said"),
        ("size", f"{(path / SPECTRA).stat().st_size / 1e6:.0f} MB"),
        ("fingerprint", notes.fingerprint),
    ):
        table.add_row(name, value)
    return table


def _effects(processed: Processed) -> str:
    names = ", ".join(processed.names[1:])
    return f"{names}; {processed.gain.size} versions of {len(processed.at)} sounds"


def _recorded(notes: NoteSet, part: int) -> int:
    return int(((notes.split == part) & ~notes.altered).sum())


def _count(notes: NoteSet, part: int) -> str:
    count = np.unique(notes.source[notes.split == part]).size
    return f"{count} recording{'' if count == 1 else 's'}"


def _instruments(notes: NoteSet) -> Table:
    table = Table("instrument", "range", "velocities", "sources", "notes", "level", "cents", box=SIMPLE_HEAD)
    table.caption = (
        "sources: recordings + withheld ones; notes: + withheld ones of these + all of those; "
        "level: 5th and 95th percentile in dB; cents: median off pitch, before tuning"
    )
    for which, name in enumerate(notes.timbres):
        own = (notes.timbre == which) & ~notes.altered
        if not own.any():
            continue
        low, high = np.percentile(level_db(notes)[own], (5.0, 95.0))
        sources = [
            np.unique(notes.source[own & test]).size
            for test in (notes.split != WITHHELD_RECORDING, notes.split == WITHHELD_RECORDING)
        ]
        velocities = np.unique(notes.velocity[own]).tolist()
        table.add_row(
            name,
            f"{note_name(int(notes.note[own].min()))} {note_name(int(notes.note[own].max()))}",
            " ".join(map(str, velocities)) if len(velocities) < 4 else f"{velocities[0]}..{velocities[-1]}",
            "+".join(map(str, sources)),
            "+".join(str(int((own & (notes.split == part)).sum())) for part, _ in _SPLITS),
            f"{low:.0f} {high:.0f}",
            f"{np.median(np.abs(detuned_cents(notes)[own])):.1f}",
        )
    return table


def level_db(notes: NoteSet) -> NDArray[np.float64]:
    """[N], the level of each note's first quarter second against that of a full-scale sine."""
    full_scale = math.sqrt(3.0 / 32.0) * notes.analysis.n_fft  # half the bins, the window's power, the sine's
    return np.array([gain_to_db(float(level) / full_scale) for level in notes.level])


def detuned_cents(notes: NoteSet) -> NDArray[np.float64]:
    """[N], how far each estimated fundamental was from its note's."""
    pairs = zip(notes.f0_hz.tolist(), notes.note.tolist(), strict=True)
    return np.array([cents(f0_hz, note_to_hz(float(note))) for f0_hz, note in pairs])


def write_pictures(notes: NoteSet, folder: Path) -> list[Path]:
    """Two pictures: how notes and levels are spread, and spectra of each instrument; returns where they lie."""
    import matplotlib

    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "notes.png", folder / "spectra.png"]
    _spread(notes).savefig(paths[0], dpi=_DPI)
    _grid(notes).savefig(paths[1], dpi=_DPI)
    return paths


def _spread(notes: NoteSet) -> Any:
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 9.0), layout="constrained")
    by_note, by_level, by_pitch = figure.subplots(3, 1)
    numbers = np.arange(notes.analysis.note_min, notes.analysis.note_max + 2)
    rows = [notes.timbre == which for which in range(len(notes.timbres))]
    colours = [colormaps["tab20"](which % 20) for which in range(len(rows))]
    labels = list(notes.timbres)
    by_note.hist([notes.note[own] for own in rows], numbers - 0.5, stacked=True, color=colours, label=labels)
    octaves = [int(number) for number in numbers[:-1] if number % SEMITONES_PER_OCTAVE == 0]
    by_note.set_xticks(octaves, [note_name(number) for number in octaves])
    by_note.set(title=f"{notes.name}: {len(notes)} notes", ylabel="notes")
    figure.legend(loc="outside lower center", ncols=6, fontsize="x-small")
    levels = level_db(notes)
    by_level.hist([levels[own] for own in rows], 40, stacked=True, color=colours)
    by_level.set(xlabel="level of the first quarter second, dB of full scale", ylabel="notes")
    for which, own in enumerate(rows):
        by_pitch.plot(notes.note[own], detuned_cents(notes)[own], ".", markersize=3, color=colours[which])
    by_pitch.set_xticks(octaves, [note_name(number) for number in octaves])
    by_pitch.set(ylabel="cents off before tuning", ylim=(-60.0, 60.0))
    by_pitch.grid(alpha=0.3)
    return figure


def _grid(notes: NoteSet) -> Any:
    """Spectra of the loudest version of a few notes of each instrument, low to high."""
    from matplotlib.figure import Figure

    analysis = notes.analysis
    timbres = [which for which in range(len(notes.timbres)) if (notes.timbre == which).any()][:_MOST_ROWS]
    figure = Figure(figsize=(2.0 * _GRID_NOTES, 1.6 * len(timbres) + 0.6), layout="constrained")
    axes = figure.subplots(len(timbres), _GRID_NOTES, squeeze=False, sharex=True, sharey=True)
    last_s = analysis.frames * analysis.hop / analysis.sample_rate
    picture = None
    for row, which in zip(axes, timbres, strict=True):
        own = np.flatnonzero(notes.timbre == which)
        own = own[np.lexsort((-notes.velocity[own], notes.note[own]))]
        shown = own[np.unique(notes.note[own], return_index=True)[1]]
        shown = shown[np.linspace(0, shown.size - 1, min(_GRID_NOTES, shown.size)).round().astype(int)]
        for axis in row[shown.size :]:
            axis.set_visible(False)
        for axis, at in zip(row, shown.tolist(), strict=False):
            picture = axis.imshow(
                log_to_db(notes.x[at], analysis.floor_db, analysis.ceiling_db),
                origin="lower",
                aspect="auto",
                vmin=analysis.floor_db,
                vmax=analysis.ceiling_db,
                extent=(0.0, last_s, 0.0, analysis.bands.n),
                cmap="magma",
            )
            withheld = " *" if notes.held_out[at] else ""
            axis.set_title(f"{note_name(int(notes.note[at]))}{withheld}", fontsize="x-small", pad=2)
            axis.tick_params(labelsize="xx-small")
        row[0].set_ylabel(notes.timbres[which], fontsize="x-small")
    figure.colorbar(picture, ax=axes, label="dB", shrink=0.5, fraction=0.03)
    figure.supxlabel("seconds; * withheld", fontsize="small")
    return figure
