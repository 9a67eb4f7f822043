"""From a sound file to what an encoder wants: the note, and its log magnitudes on a model's band axis.

Run as a process of its own by the daemon (`python -m oscvae.sound.analyse FILE MODEL.ts`), because decoding a foreign
file may take long or crash. The note as an int64 and then float32 [frames, bands] go to standard output; exit code 1
and one line on standard error for a file that cannot be used.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import OscvaeError, SoundFileError
from oscvae.model.document import ModelDocument, read_document
from oscvae.sound.files import read_sound
from oscvae.sound.pitch import fundamental_hz
from oscvae.sound.takes import finish, settled, tune
from oscvae.units import hz_to_note, note_to_hz


def analyse(path: Path, document: ModelDocument) -> tuple[int, Float32s]:
    """(MIDI note, log magnitudes [frames, bands] in [-1, 1]) of a recorded note, for `document`'s encoder.

    Prepared as `oscvae dataset build` prepares a file that does not say its note; one beyond the model's range is taken
    for the nearest in it, and a clipped one is heard as it is. Raises SoundFileError.
    """
    rate = document.sample_rate
    low_hz, high_hz = note_to_hz(document.note_min - 1), note_to_hz(document.note_max + 1)
    try:
        take = read_sound(path, rate, allow_clipped=True)
        heard = round(hz_to_note(fundamental_hz(settled(take, rate), rate, low_hz, high_hz)))
        note = min(max(heard, document.note_min), document.note_max)
        x, _ = finish(tune(take, note, rate), document, document.band_axis())
    except SoundFileError as error:
        raise SoundFileError(f"{path.name}: {error}") from error
    return note, np.ascontiguousarray(x.T)


def main() -> int:
    try:
        note, x = analyse(Path(sys.argv[1]), read_document(Path(sys.argv[2])))
    except OscvaeError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(np.int64(note).tobytes() + x.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
