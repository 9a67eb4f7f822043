"""What a note does that is held: whether it lives as its recording does, repeats itself, and is let go without a step.

    python tests/bench/bench_held.py models/sustained.ts --data data/sustained [--plain] [--json FILE]

One note of each instrument that is a recording to the end of what is held (no loop of a SoundFont), never trained on
where there is one, else withheld: encoded, played by the engine, held for 20 s and let go. Beside it, its recording
through the same phase reconstruction. --plain: the same model without its textures. Then up to four notes of every
instrument, none of them trained on, let go after 2 to 5 s: how they come into their recorded end.

flux        mean step from frame to frame in dB, of bands within 50 dB of the loudest, against the recording's
repeats     largest autocorrelation of the envelopes of 24 groups of bands at distances of 0.25 to 4 s
HNR         harmonic-to-noise ratio less the recording's
steps       largest difference in level between neighbouring 50 ms while it is held; at the release, of 20 ms around it,
            which is how steep the recorded end is
pitch       of the held note, by the median of half seconds
let go      step in level from the 20 ms before the recorded end begins to the 20 ms after; and what holding adds to
            steps of 20 ms from there on, against the same note played through without being held
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s
from oscvae.model.archive import replace_document
from oscvae.model.document import ModelDocument, read_document
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from oscvae.sound.pitch import detune_cents
from oscvae.sound.stft import magnitudes
from oscvae.sound.takes import to_bands
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.harmonic import partials
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export.texturing import recorded_s
from oscvae.units import note_to_hz
from parts.listening import first_sound

HELD_S, REPEATS_S = 20.0, (0.25, 4.0)
RANGE_DB, GROUPS = 50.0, 24
NOTES_EACH, HELD_FOR_S = 4, (2.0, 5.0)
AUDIBLE_DB = -40.0
"""Against what it was held at: so far a release is followed."""
TINY = 1e-20


def frames_db(sound: Float32s, document: ModelDocument) -> Float64s:
    """Band powers [frames, bands] in dB."""
    bands = to_bands(document.band_axis(), magnitudes(sound, document.n_fft, document.hop))
    return 10.0 * np.log10(np.square(bands, dtype=np.float64) + TINY)


def heard_bands(db: Float64s) -> NDArray[np.bool_]:
    mean = 10.0 * np.log10(np.mean(10.0 ** (0.1 * db), axis=0) + TINY)
    return np.asarray(mean > mean.max() - RANGE_DB)


def flux_db(db: Float64s, heard: NDArray[np.bool_]) -> float:
    floor = db[:, heard].max() - RANGE_DB - 20.0
    return float(np.abs(np.diff(np.maximum(db[:, heard], floor), axis=0)).mean())


def repeats(db: Float64s, heard: NDArray[np.bool_], per_second: float) -> float:
    groups = np.array_split(np.flatnonzero(heard), min(GROUPS, int(heard.sum())))
    course = np.stack([10.0 * np.log10((10.0 ** (0.1 * db[:, group])).sum(axis=1)) for group in groups], axis=1)
    course -= course.mean(axis=0)
    n = len(course)
    power = np.square(np.abs(np.fft.rfft(course, 2 * n, axis=0))).sum(axis=1)
    found = np.fft.irfft(power)[:n] / (n - np.arange(n))
    low, high = (round(at * per_second) for at in REPEATS_S)
    return float(found[low:high].max() / found[0])


def hnr_db(sound: Float32s, rate: int, note: int) -> float:
    size = rate // 2
    parts = [sound[at : at + size] for at in range(0, sound.size - size + 1, size)]
    return float(np.median([partials(part, rate, note_to_hz(float(note))).hnr_db for part in parts]))


def levels_db(sound: Float32s, size: int) -> Float64s:
    parts = sound[: sound.size // size * size].reshape(-1, size)
    return np.asarray(10.0 * np.log10(np.mean(np.square(parts, dtype=np.float64), axis=1) + TINY))


def release_step_db(sound: Float32s, rate: int, about: int) -> float:
    """The largest difference of level between 20 ms and the 20 ms before, around a moment."""
    size = round(0.02 * rate)
    near = levels_db(sound[about - 4 * size : about + 6 * size], size)
    return float(np.abs(np.diff(near)).max())


Sent = tuple[float, str, tuple[float, ...]]


def held_for(seconds: float, z: Float32s, note: int) -> tuple[Sent, ...]:
    return (0.0, "/voice/new", (1, note, *map(float, z), 1.0)), (seconds, "/voice/stop", (1,))


def play(engine: OfflineEngine, sent: tuple[Sent, ...]) -> Float32s:
    """One note."""
    begin_s = engine.timeline.frame / engine.rate + 0.1
    moments = [Moment(round(1e9 * (begin_s + at_s)), (Message(path, args, ""),)) for at_s, path, args in sent]
    sound = engine.play(moments)[0]
    assert not engine.errors, engine.errors
    return sound[first_sound(sound) :]


def into_its_end(engine: OfflineEngine, sent: tuple[Sent, ...], size: int) -> Float64s:
    """Levels of the parts of a note from four before its recorded end begins, in dB."""
    sound = play(engine, sent)
    newest = max(engine.engine.voices, key=lambda words: int(words[at.V_GENERATION]))
    return levels_db(sound[int(newest[at.V_RELEASE_AT]) - 4 * size :], size)[:20]


def let_go(engine: OfflineEngine, z: Float32s, note: int, seconds: float) -> dict[str, float]:
    size = round(0.02 * engine.rate)
    held = into_its_end(engine, held_for(seconds, z, note), size)
    through = into_its_end(engine, ((0.0, "/play", (note, *map(float, z), 1.0)),), size)
    both = min(held.size, through.size)
    added = np.abs(np.diff(held[:both] - through[:both]))[3:]
    heard = through[4:both] > through[:4].mean() + AUDIBLE_DB
    return {"step dB": float(abs(held[4] - held[3])), "added dB": float(added[heard].max(initial=0.0))}


def measure_releases(engine: OfflineEngine, subject: Subject, notes: NoteSet) -> list[dict[str, float]]:
    dice = np.random.default_rng(1)
    found = []
    for timbre in np.unique(notes.timbre).tolist():
        rows = np.flatnonzero((notes.timbre == timbre) & (notes.split > 0))
        for row in dice.permutation(rows)[:NOTES_EACH]:
            note = int(notes.note[row])
            z = subject.encode(np.array(notes.x[row])[None], [note]).mean[0]
            found.append(let_go(engine, z, note, float(dice.uniform(*HELD_FOR_S))))
    return found


def tell(rows: list[dict[str, Any]], what: str) -> None:
    for key in rows[0] if rows else ():
        if key not in ("instrument", "note"):
            low, middle, high = np.percentile(np.array([row[key] for row in rows]), (5.0, 50.0, 95.0))
            print(f"{what}{key:16} median {middle:6.2f}, 5 % {low:6.2f}, 95 % {high:6.2f}, n {len(rows)}")


def measure(subject: Subject, engine: OfflineEngine, x: Float32s, note: int) -> dict[str, float]:
    document = subject.document
    assert document.region is not None
    rate, hop, first, last = document.sample_rate, document.hop, *document.region
    z = subject.encode(x[None], [note]).mean[0]
    held = play(engine, held_for(HELD_S, z, note))
    real = subject.sound(x)
    begin = first * hop - document.onset_sample
    real = real[begin : last * hop - document.onset_sample]
    living = held[begin : round((HELD_S - 0.1) * rate)]
    real_db, living_db = frames_db(real, document), frames_db(living, document)
    heard = heard_bands(real_db)
    middle = [living[at : at + rate // 2] for at in range(0, living.size - rate // 2, rate)]
    return {
        "flux": flux_db(living_db, heard) / flux_db(real_db, heard),
        "repeats": repeats(living_db, heard, rate / hop),
        "HNR dB": hnr_db(living, rate, note) - hnr_db(real, rate, note),
        "step dB": float(np.abs(np.diff(levels_db(living, round(0.05 * rate)))).max()),
        "real step dB": float(np.abs(np.diff(levels_db(real, round(0.05 * rate)))).max()),
        "release dB": release_step_db(held, rate, round(HELD_S * rate)),
        "real release dB": release_step_db(
            subject.sound(x), rate, (last + 1) * hop + document.n_fft // 2 - document.onset_sample
        ),
        "cents": abs(float(np.median([detune_cents(part, rate, note_to_hz(float(note))) for part in middle]))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=Path("models/sustained.ts"))
    parser.add_argument("--data", type=Path, default=Path("data/sustained"))
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    if not wanted.data.is_dir():
        print(f"{wanted.data} holds no data set: make model-sustained builds it")
        return
    notes, subject = open_dataset(wanted.data), Subject.open(wanted.model)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = wanted.model
        if wanted.plain:
            path = Path(folder) / wanted.model.name
            document = read_document(wanted.model)
            replace_document(wanted.model, path, document.model_copy(update={"texture_rows": 0}))
        settings = [f"model.folder={path.parent}", f"model.name={path.stem}", "model.device=cpu", "engine.gain_db=0"]
        engine = OfflineEngine(load_config(None, settings), subject.document.sample_rate)
        try:
            engine.execute([Message("/release", (5.0,), "")])
            for timbre in np.unique(notes.timbre).tolist():
                own = (notes.timbre == timbre) & (notes.loop_s >= recorded_s(subject.document))
                found = np.flatnonzero(own & (notes.split == 2))
                found = found if found.size else np.flatnonzero(own & (notes.split == 1))
                if found.size == 0:
                    continue
                row = int(found[found.size // 2])
                note = int(notes.note[row])
                told = measure(subject, engine, np.array(notes.x[row]), note)
                rows.append({"instrument": notes.timbres[timbre], "note": note, **told})
                shown = {key: round(one, 2) for key, one in told.items()}
                print(f"{notes.timbres[timbre]:20} {note:3}", shown, flush=True)
            releases = measure_releases(engine, subject, notes)
        finally:
            engine.close()
    tell(rows, "")
    tell(releases, "let go: ")
    if wanted.json:
        wanted.json.write_text(json.dumps({"held": rows, "let go": releases}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
