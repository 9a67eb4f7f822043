"""What is withheld from training: whole recordings, and single notes of the others.

A SoundFont pitches one recording over several semitones, so a withheld note whose recording was trained on says only
how well a model fills gaps; a recording that was never trained on says what it makes of a string that it never heard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Int64s
from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING
from oscvae.training.data.recipes import Split

# An instrument of fewer recordings is trained on whole.
_FEWEST = 3
# Withheld recordings lie in the middle half of their share of the range, elsewhere for each instrument: never the
# lowest of all, whose notes nothing else could teach.
_GOLDEN = 0.5 * (5.0**0.5 - 1.0)


OPEN = -1
"""Of a note whose part is not settled."""


def divide(
    note: Int64s, timbre: Int64s, source: Int64s, split: Split, settled: NDArray[np.int8] | None = None
) -> NDArray[np.int8]:
    """For N notes 0 (train), 1 (a withheld note of a known recording) or 2 (a recording that is never trained on).

    Depends on nothing but its arguments. A recording that two instruments share is withheld from both. settled: [N],
    parts that are given, and -1 where none is; what shares a recording with those that are trained on is so too.
    """
    if settled is not None:
        part = settled.copy()
        known = np.isin(source, source[settled != OPEN])
        part[known & (part == OPEN)] = TRAIN
        free = part == OPEN
        part[free] = divide(note[free], timbre[free], source[free], split)
        return part
    part = np.full(note.size, TRAIN, np.int8)
    withheld: set[int] = set()
    for which in np.unique(timbre).tolist():
        withheld |= _recordings(note, source, timbre == which, which, split.recordings)
    part[np.isin(source, sorted(withheld))] = WITHHELD_RECORDING
    if split.every_note:
        chosen = (part == TRAIN) & ((note + timbre) % split.every_note == 0)
        for recording in np.unique(source[chosen]).tolist():
            of_it = (source == recording) & (part == TRAIN)
            if np.unique(note[of_it & ~chosen]).size:  # else nothing of it would be known
                part[of_it & chosen] = WITHHELD_NOTE
    return part


def _recordings(note: Int64s, source: Int64s, of_timbre: NDArray[np.bool_], which: int, share: float) -> set[int]:
    """The recordings of one instrument that are withheld, evenly over its range."""
    lowest = {int(one): int(note[of_timbre & (source == one)].min()) for one in np.unique(source[of_timbre])}
    ordered = sorted(lowest, key=lambda one: (lowest[one], one))
    if share <= 0.0 or len(ordered) < _FEWEST:
        return set()
    count = max(1, round(share * len(ordered)))
    place = 0.25 + 0.5 * ((which + 1) * _GOLDEN % 1.0)
    return {ordered[int((step + place) * len(ordered) / count)] for step in range(count)}
