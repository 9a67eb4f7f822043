"""What a data set sounds like to the model: notes through the same phase reconstruction that plays it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.names import normal
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.sound import Renderer
from oscvae.units import note_name

_PEAK = 0.9
_GAP_S = 0.1
_PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"), ("afplay",), ("ffplay", "-nodisp", "-autoexit", "-v", "error"))


@dataclass(frozen=True)
class Heard:
    """One note of a sound file."""

    begin_s: float
    row: int
    label: str


def choose(
    notes: NoteSet,
    count: int,
    timbre: str | None = None,
    seed: int | None = None,
    among: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Rows of the set, by instrument from low to high: spread evenly, or at random with a seed.

    among: [N], those that may be chosen; without it all. Raises DataError for an instrument that is not there.
    """
    rows = np.lexsort((notes.velocity, notes.note, notes.timbre))
    rows = rows if among is None else rows[among[rows]]
    if timbre is not None:
        known = [normal(name) for name in notes.timbres]
        if normal(timbre) not in known:
            raise DataError(f"there is no instrument {timbre!r} in the set: it has {', '.join(notes.timbres)}")
        rows = rows[notes.timbre[rows] == known.index(normal(timbre))]
    if seed is not None:
        places = np.random.default_rng(seed).choice(rows.size, min(count, rows.size), replace=False)
        return rows[np.sort(places)]
    return rows[np.linspace(0, rows.size - 1, min(count, rows.size)).round().astype(int)]


def write_sounds(notes: NoteSet, rows: NDArray[np.int64], path: Path) -> list[Heard]:
    """Writes the rows one after the other, at the levels that they had, as one WAV file; says what is heard when."""
    analysis = notes.analysis
    renderer = Renderer(analysis)
    gap = np.zeros(round(_GAP_S * analysis.sample_rate), np.float32)
    parts: list[Float32s] = []
    heard: list[Heard] = []
    at = 0
    for row in rows.tolist():
        label = f"{notes.timbres[notes.timbre[row]]} {note_name(int(notes.note[row]))} at {notes.velocity[row]}"
        heard.append(Heard(at / analysis.sample_rate, row, label))
        parts += [renderer.sound(np.asarray(notes.x[row]), float(notes.level[row])), gap]
        at += parts[-2].size + gap.size
    sound = np.concatenate(parts)
    sound *= _PEAK / max(float(np.abs(sound).max()), 1e-9)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound, analysis.sample_rate, subtype="PCM_24")
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path} cannot be written: {error}") from error
    return heard


def play(path: Path) -> None:
    """Plays a sound file by the first player that the system has; raises DataError where it has none."""
    for player, *options in _PLAYERS:
        if shutil.which(player):
            done = subprocess.run([player, *options, str(path)], check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise DataError(f"{player} cannot play {path}: {done.stderr.strip()[-200:]}")
            return
    raise DataError(f"no player is installed ({', '.join(name for name, *_ in _PLAYERS)}): open {path} yourself")
