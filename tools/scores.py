"""Writes MIDI files of the scores that music21 carries: those of composers from Corelli to Beach, a file for each.

Run by tools/bring-scores.sh in an environment of its own, because nothing else here needs music21. A score that says no
tempo is played at 80 quarters a minute. Left out are those that music21 cannot read, that are shorter than a clip, and
that are so large that each would take minutes; of two encodings of a movement the first is taken. A file that is there
is kept, so that a stopped run goes on.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from music21 import corpus, tempo

COMPOSERS = {
    *("bach", "beach", "beethoven", "chopin", "corelli", "cpebach", "handel", "haydn", "mozart", "schubert"),
    *("schumann_clara", "schumann_robert", "verdi", "weber"),
}
SHORTEST_S = 30.0
SLOW = 80
MOST_BYTES = 100_000
READ = {".krn", ".mxl", ".musicxml", ".xml"}


def scores() -> list[tuple[str, Path]]:
    """(name, file), in the order of names."""
    root = Path(corpus.__file__).parent
    found: dict[str, Path] = {}
    for path in sorted(corpus.getCorePaths(), key=lambda one: (one.stem, one.suffix != ".mxl")):
        inside = path.relative_to(root)
        if inside.parts[0] in COMPOSERS and path.suffix in READ and path.stat().st_size <= MOST_BYTES:
            found.setdefault("-".join(inside.with_suffix("").parts), path)
    return sorted(found.items())


def write(path: Path, midi: Path) -> None:
    """Nothing is written of a score that is too short. Raises what music21 raises."""
    score = corpus.parse(path)
    if not any(mark.getQuarterBPM() for mark in score.recurse().getElementsByClass(tempo.MetronomeMark)):
        score.parts[0].insert(0, tempo.MetronomeMark(number=SLOW))
    if score.seconds < SHORTEST_S:
        return
    begun = midi.with_suffix(".begun")
    score.write("midi", begun)
    begun.rename(midi)


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    known = scores()
    for number, (name, path) in enumerate(known, 1):
        midi, tried = folder / f"{name}.mid", folder / f"{name}.left-out"
        if midi.exists() or tried.exists():
            continue
        print(f"\rscore {number} of {len(known)}  ", end="", file=sys.stderr, flush=True)
        try:
            write(path, midi)
        except Exception as error:  # music21 raises of every kind
            print(f"\n{name}: {error}", file=sys.stderr)
        if not midi.exists():
            tried.touch()
    print(f"\n{len(list(folder.glob('*.mid')))} of {len(known)} scores", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
