"""Renders scores to clips of 30 seconds: `python -m oscvae.training.studies.waveform.rendering SCORES OUT`.

SCORES holds MIDI files, one for each score. The clips stand for recordings that a study wants and that cannot be
brought: see `clips`. First one clip of each score, then, until there are enough, a further one of the largest.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from rich.progress import track

from oscvae.arrays import Float32s
from oscvae.errors import DataError, OscvaeError
from oscvae.sound.files import resample
from oscvae.training.data.soundfont import find_soundfont
from oscvae.training.studies.waveform.clips import MARK, RATE, SECONDS, SUFFIX

INDEX = "index.json"
CLIPS, MOST = 500, 4
"""How many are made, and how many of one score at most."""
_RENDERED_HZ = 44100
_GAIN = 1.5
"""So that the clips are about as loud as recordings of an orchestra are."""
_LEAD = 1e-3
"""A score begins where it is first louder than this."""
_MOST_SKIPPED_S = 5
_QUIET = 1e-3
"""Root mean square of a clip that is left out."""


def render(scores: Path, out: Path, wanted: int = CLIPS) -> int:
    """Makes the clips in the folder `out`; returns how many. Raises DataError."""
    soundfont = find_soundfont()
    found = sorted(scores.glob("*.mid"))
    if not found:
        raise DataError(f"{scores} holds no MIDI files")
    out.mkdir(parents=True, exist_ok=True)
    (out / INDEX).unlink(missing_ok=True)
    names: list[str] = []
    longest = sorted(found, key=lambda path: (-path.stat().st_size, path.name))
    for number in range(MOST):
        scores_left = longest if number else found
        for path in track(scores_left, f"clip {number + 1} of each score", disable=not sys.stderr.isatty()):
            if len(names) == wanted:
                break
            clip = out / f"{path.stem}{MARK}{number + 1}{SUFFIX}"
            if clip.is_file() or _made(soundfont, path, number, clip):
                names.append(clip.name)
    told = {"clips": names, "sample_rate": RATE, "seconds": SECONDS, "soundfont": soundfont.name}
    (out / INDEX).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return len(names)


def _made(soundfont: Path, midi: Path, number: int, clip: Path) -> bool:
    """Whether a score is long enough for a clip of that number, and no silence.

    It begins anywhere in the score's first seconds: were the first stroke of each at the same sample, clips would be
    alike for that alone.
    """
    size = SECONDS * _RENDERED_HZ
    sound = rendered(soundfont, midi, (number + 1) * size + (_MOST_SKIPPED_S + 1) * _RENDERED_HZ)
    first = int(np.argmax(np.abs(sound) > _LEAD))
    spare = min(sound.size - first - (number + 1) * size, _MOST_SKIPPED_S * _RENDERED_HZ)
    if spare < 0:
        return False
    skipped = int(np.random.default_rng(list(midi.stem.encode())).integers(spare + 1))
    part = sound[first + skipped + number * size :][:size]
    if float(np.sqrt(np.mean(part**2))) < _QUIET:
        return False
    begun = clip.with_suffix(".begun")
    soundfile.write(begun, np.clip(resample(part, _RENDERED_HZ, RATE), -1.0, 1.0), RATE, "PCM_16", format="FLAC")
    begun.rename(clip)
    return True


def rendered(soundfont: Path, midi: Path, most: int) -> Float32s:
    """The beginning of a MIDI file as fluidsynth plays it, at most so many samples at 44.1 kHz: it is stopped then."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise DataError("fluidsynth is not installed: install the package fluidsynth")
    command = [program, "-q", "-n", "-i", "-g", str(_GAIN), "-r", str(_RENDERED_HZ), "-T", "raw", "-O", "s16"]
    command += ["-E", "little", "-F", "-", str(soundfont), str(midi)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        data = process.stdout.read(4 * most)
        process.kill()
    stereo = np.frombuffer(data[: len(data) // 4 * 4], "<i2").reshape(-1, 2)
    return (stereo.mean(axis=1) / 32768.0).astype(np.float32)


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: python -m oscvae.training.studies.waveform.rendering SCORES OUT", file=sys.stderr)
        return 2
    try:
        print(f"{render(Path(sys.argv[1]), Path(sys.argv[2]))} clips", file=sys.stderr)
    except OscvaeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
