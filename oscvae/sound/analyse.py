"""From a sound file to what an encoder wants: the note, and its log magnitudes on a model's band axis.

Run as a process of its own by the daemon (`python -m oscvae.sound.analyse FILE [NOTE]`, the model's document on
standard input), because decoding a foreign file may take long or crash, and may want more memory than there is.
Standard output gets the note as an int64, then float32 [frames, bands], then what speaks against the sound being one
note, as text; exit code 1 and one line on standard error for a file that cannot be used.
"""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import OscvaeError, SoundFileError
from oscvae.model.document import ModelDocument, parse_document
from oscvae.sound.doubts import doubt, range_hz, several
from oscvae.sound.files import read_sound
from oscvae.sound.onset import find_note
from oscvae.sound.partials import heard_hz
from oscvae.sound.takes import finish, settled, tune
from oscvae.units import hz_to_note, note_to_hz

MEMORY_BYTES = 3 << 30
_OOM_FIRST = "1000"
_PR_SET_PDEATHSIG = 1


class Heard(NamedTuple):
    """A sound file as an encoder hears it."""

    note: int
    """MIDI note."""
    x: Float32s
    """Log magnitudes [frames, bands] in [-1, 1]."""
    doubt: str
    """Why it may be no single note; empty where nothing speaks against it."""


def analyse(path: Path, document: ModelDocument, note: int | None = None) -> Heard:
    """A recorded note for `document`'s encoder. note: which it is, instead of the one that is heard.

    A model without pitch hears the sound as it is, and a note that is given changes nothing.

    Prepared as `oscvae dataset build` prepares a file that does not say its note; one beyond the model's range is taken
    for the nearest in it, and a clipped one is heard as it is. Raises SoundFileError.
    """
    rate = document.sample_rate
    try:
        recording = read_sound(path, rate, allow_clipped=True)
        found = find_note(recording, rate)
        if not document.has_pitch:
            x, _ = finish(recording, document, document.band_axis(), level_s=document.level_s)
            return Heard(document.decoded_note(0.0), np.ascontiguousarray(x.T), several(found).why)
        named_hz = None if note is None else note_to_hz(float(note))
        f0_hz = heard_hz(settled(found.take, rate, 0), rate, range_hz(document), named_hz)
        told = note
        if note is None:
            note = min(max(round(hz_to_note(f0_hz)), document.note_min), document.note_max)
        x, _ = finish(tune(found.take, note, rate, 0), document, document.band_axis(), 0)
    except SoundFileError as error:
        raise SoundFileError(f"{path.name}: {error}") from error
    return Heard(note, np.ascontiguousarray(x.T), doubt(found, rate, f0_hz, document, told).why)


def main() -> int:
    settle_process()
    path, *note = sys.argv[1:]
    try:
        document = parse_document(sys.stdin.buffer.read(), "standard input")
        heard, x, doubted = analyse(Path(path), document, int(note[0]) if note else None)
    except OscvaeError as error:
        print(error, file=sys.stderr)
        return 1
    except MemoryError:
        print(f"{Path(path).name}: it takes more than {MEMORY_BYTES >> 20} MiB to analyse", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(np.int64(heard).tobytes() + x.tobytes() + doubted.encode())
    return 0


def settle_process() -> None:
    """End with the daemon, and before it where memory runs out."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    with contextlib.suppress(ValueError):  # it may have less
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_FIRST, encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
