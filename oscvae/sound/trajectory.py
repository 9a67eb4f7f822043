"""From a recording to what a model is asked to encode: its frames, or pieces of its sound, and the level of each.

Run as a process of its own by the daemon (`python -m oscvae.sound.trajectory FILE DESCRIPTOR`, the model's document on
standard input). The descriptor, of shared memory, gets x [T, bands] and behind it the levels in dB [T], float32;
standard output gets T as an int64. Exit code 1 and one line on standard error for a file that cannot be used.
"""

from __future__ import annotations

import math
import os
import resource
import sys
from pathlib import Path

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import OscvaeError, SoundFileError
from oscvae.model.document import ModelDocument, SamplesDocument, parse_any_document
from oscvae.model.frames import SILENT_DB, FramesDocument
from oscvae.sound.analyse import MEMORY_BYTES, settle_process
from oscvae.sound.files import LONGEST_S, read_sound
from oscvae.sound.frames import FrameAnalysis, Trajectory

_AT_ONCE = 4096  # frames that are transformed together


def trajectory(sound: Float32s, document: FramesDocument) -> Trajectory:
    """A sound [samples] at the model's rate, from the first frame that holds some of it to the last: around it is
    silence, as when the model's data were built."""
    n_fft, hop = document.n_fft, document.hop
    padded = np.pad(sound, (n_fft - hop, n_fft - hop + (-sound.size) % hop))
    analysis = FrameAnalysis(document)
    frames = (padded.size - n_fft) // hop + 1
    x = np.empty((frames, document.bands.n), np.float32)
    level_db = np.empty(frames, np.float32)
    for begin in range(0, frames, _AT_ONCE):
        end = min(frames, begin + _AT_ONCE)
        x[begin:end], level_db[begin:end] = analysis.tell(padded[begin * hop : (end - 1) * hop + n_fft])
    return Trajectory(x, level_db)


def pieces(sound: Float32s, document: SamplesDocument) -> Trajectory:
    """A sound [samples] at the rate of a model of samples as pieces [T, ratio], each as long as a latent frame."""
    x = np.pad(sound, (0, -sound.size % document.ratio)).reshape(-1, document.ratio).astype(np.float32)
    level = np.sqrt(np.square(x, dtype=np.float64).mean(1))
    return Trajectory(x, np.maximum(20.0 * np.log10(level + 1e-12), SILENT_DB).astype(np.float32))


def read_trajectory(path: Path, document: FramesDocument | SamplesDocument) -> Trajectory:
    """The same of a sound file, of at most ten minutes. Raises SoundFileError for one that cannot be read."""
    try:
        sound = read_sound(path, document.sample_rate, allow_clipped=True)
        return pieces(sound, document) if isinstance(document, SamplesDocument) else trajectory(sound, document)
    except SoundFileError as error:
        raise SoundFileError(f"{path.name}: {error}") from error


def _limit(document: FramesDocument | SamplesDocument) -> None:
    """Bound what is written, whatever a file makes of this process: memory that is shared counts as a file."""
    around = 1 if isinstance(document, SamplesDocument) else 2 * document.n_fft // document.hop
    most = (math.ceil(LONGEST_S / document.frame_s) + around) * (document.frame_numbers + 1) * 4
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def main() -> int:
    settle_process()
    path, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    try:
        document = parse_any_document(sys.stdin.buffer.read(), "standard input")
        if isinstance(document, ModelDocument):
            raise SoundFileError(f"{document.name!r} is a model of notes")
        _limit(document)
        found = read_trajectory(path, document)
    except OscvaeError as error:
        print(error, file=sys.stderr)
        return 1
    except MemoryError:
        print(f"{path.name}: it takes more than {MEMORY_BYTES >> 20} MiB to analyse", file=sys.stderr)
        return 1
    with os.fdopen(descriptor, "wb") as shared:
        shared.write(found.x.tobytes())
        shared.write(found.level_db.tobytes())
    sys.stdout.buffer.write(np.int64(len(found.x)).tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
