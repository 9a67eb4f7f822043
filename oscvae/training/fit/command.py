"""`oscvae train`: what its arguments mean. torch and Lightning are imported once they are right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from oscvae.errors import ConfigError
from oscvae.training.config import (
    DEFAULT,
    EFFECTS,
    OWN,
    OWN_EFFECTS,
    OWN_SCRATCH,
    UNPITCHED,
    TrainConfig,
    find_config,
    load_config,
)
from oscvae.training.data.dataset import FEW_NOTES, NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.fit.run import CONFIG, read_record
from oscvae.training.fit.start import EFFECTS_START, NOTHING, check_fits, go_on_from, open_start, why_not
from oscvae.training.timbre.command import of_frames, run_frames_training
from oscvae.units import hz_to_note, note_name

RUNS = Path("runs")
PERIODS = 3.5
"""Of a note, that a window must hold for its partials to stand apart."""


def train(
    config: str | None,
    data: Path | None,
    out: Path | None,
    resume: bool,
    overrides: Sequence[str],
    start: str | None = None,
) -> int:
    """Trains, or goes on, and says where the run lies; returns the exit code.

    A new run needs `data`. One that goes on knows its configuration and its data, so both may be left away.
    start: the model that a new run begins at, or `start.NOTHING`; without it and without `config`, a set of few notes
    begins at the one that ships. Raises ConfigError, DataError and ModelError.
    """
    if resume and start is not None:
        raise ConfigError("--from is for a new run: one that goes on knows where it began")
    if of_frames(config, data, out if out is not None else RUNS / (config or DEFAULT), resume):
        return run_frames_training(config, data, out, resume, overrides, start)
    notes = open_dataset(data) if data is not None and not resume else None
    strokes = notes is not None and notes.root_note is not None
    has_effects = notes is not None and notes.processed is not None
    few = notes is not None and not strokes and int((~notes.held_out & ~notes.altered).sum()) < FEW_NOTES
    default = _default(few or start not in (None, NOTHING), strokes, has_effects)
    if default == OWN and start == NOTHING:
        default = OWN_SCRATCH
    settings = _settings(config or default, out, resume, overrides)
    folder = out if out is not None else RUNS / settings.name
    if resume and data is None:
        data = Path(read_record(folder)["data"]["path"])
    if data is None:
        raise ConfigError("--data must name the folder of a data set: make one with `oscvae dataset build`")
    notes = notes or open_dataset(data)

    from rich.console import Console

    try:
        from oscvae.training.fit import train as trainer
    except ModuleNotFoundError as error:
        raise ConfigError(f"training needs the package {error.name}: pip install 'oscvae[train]'") from None

    console = Console(stderr=True)
    begun = None
    if start not in (None, NOTHING):
        begun = open_start(str(start))
    elif start is None and few and config is None and not resume:
        begun = open_start(EFFECTS_START if has_effects else DEFAULT)
        if (why := why_not(begun, notes)) is not None:
            console.print(f"begins from nothing: {why}", highlight=False)
            begun = None
            if default == OWN:
                settings = _settings(OWN_SCRATCH, out, resume, overrides)
                folder = out if out is not None else RUNS / settings.name
    if begun is not None:
        settings = go_on_from(begun, settings, overrides)
        check_fits(begun, notes)
        console.print(f"begins at {begun.source}; --from nothing begins at random weights", highlight=False)
    for line in doubts(notes):
        console.print(f"warning: {line}", style="yellow", highlight=False)
    try:
        learner = trainer.train(settings, notes, data, folder, resume, console, begun)
    except SystemExit:  # how Lightning leaves on a signal; it has said how to go on
        return 1
    if learner.trainer.is_global_zero:
        console.print(
            f"{folder} holds the run; next: oscvae evaluate {folder}, oscvae export {folder} --out FILE",
            highlight=False,
        )
    return 0


def _default(own: bool, strokes: bool, has_effects: bool) -> str | None:
    """The configuration of data that none is named for; None for that of a run, or `DEFAULT`."""
    if has_effects:
        return OWN_EFFECTS if own else EFFECTS
    return UNPITCHED if strokes else OWN if own else None


def doubts(notes: NoteSet) -> list[str]:
    """What about a data set will be heard in any model of it."""
    analysis = notes.analysis
    if notes.root_note is not None:
        return []
    lowest = math.ceil(hz_to_note(PERIODS * analysis.sample_rate / analysis.n_fft))
    recorded = notes.note[~notes.altered]
    low = int((recorded < lowest).sum())
    if low == 0:
        return []
    window_ms = 1e3 * analysis.n_fft / analysis.sample_rate
    return [
        f"{low} of {recorded.size} notes lie below {note_name(lowest)} (MIDI {lowest}): a window of {window_ms:.0f} ms "
        f"holds fewer than {PERIODS} of their periods, and what is made of them may be out of tune; "
        f"leave them out by `oscvae dataset build --set analysis.note_min={lowest}`"
    ]


def _settings(config: str | None, out: Path | None, resume: bool, overrides: Sequence[str]) -> TrainConfig:
    if resume and config is None:
        folder = out if out is not None else RUNS / DEFAULT
        read_record(folder)
        return load_config(folder / CONFIG, overrides, has_gpu=_has_gpu)
    return load_config(find_config(config or DEFAULT), overrides, has_gpu=_has_gpu)


def _has_gpu() -> bool:
    """Only a configuration with a section `without_gpu` has to know."""
    import torch

    return bool(torch.accelerator.is_available())
