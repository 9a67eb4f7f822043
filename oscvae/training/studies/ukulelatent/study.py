"""How must a network be told the note, how many dimensions does a pair of instruments need, and what do they say?

The source recorded 500 notes of a small ukulele and a guitar, and tried three ways to make a network play the note that
is asked for. Here its network, the package's `published`, is trained those three ways and two more, with two to eight
dimensions and with its first decoder (`ways`, `networks`), on notes of four plucked instruments (`recipe.yaml`), and
set beside `plucked`; what is measured stands in `measures`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.drawing import thumbnail
from oscvae.training.evaluate.gallery import Block, Cell, flac
from oscvae.training.evaluate.maps import draw_map, tsne
from oscvae.training.studies.outcome import Outcome
from oscvae.training.studies.setting import Setting
from oscvae.training.studies.ukulelatent.claims import Found, by_latent, judge, with_spread
from oscvae.training.studies.ukulelatent.drawing import (
    draw_asked,
    draw_dimensions,
    draw_grain,
    draw_latents,
    draw_shift,
    draw_spectra,
)
from oscvae.training.studies.ukulelatent.measures import (
    FARTHEST,
    HIGH_HZ,
    LOW_HZ,
    METAL,
    PROPERTIES,
    Ear,
    Told,
    grain_db,
    told_of,
)
from oscvae.training.studies.ukulelatent.networks import coverage, shifted
from oscvae.training.studies.ukulelatent.ways import (
    LATENT,
    PUBLISHED,
    TRANSPOSED,
    WAYS,
    Model,
    Size,
    Way,
    trained,
)
from oscvae.units import note_name

DATA = Path("data/ukulelatent")
RECIPE = Path(__file__).parent / "recipe.yaml"
_FIFTH = 7
_LOW_BANDS = 64
"""Of a picture that shows single bands."""
_PEAK = 0.9

Models = dict[tuple[str, int], Model]
"""Of the first seed."""


def run(setting: Setting) -> Outcome:
    size = Size.of(setting.small)
    folder = setting.data or DATA
    notes = _open(folder)
    ear = Ear(notes, size, setting.seed)
    found: Found = {}
    models: Models = {}
    others = [(PUBLISHED, latent) for latent in size.latents if latent != LATENT]
    kinds: list[tuple[Way, int]] = [*((way, LATENT) for way in (*WAYS, TRANSPOSED)), *others]
    jobs = [(setting.seed + seed, way, latent) for seed in range(size.seeds) for way, latent in kinds]
    for seed, way, latent in setting.track(jobs, "training"):
        place = setting.out / "runs" / f"{way.place}-{latent}-{seed}"
        model = trained(way, latent, seed, notes, folder, place, size)
        found.setdefault((way.name, latent), []).append(told_of(place, model, ear, size, setting.seed))
        models.setdefault((way.name, latent), model)
    outcome = Outcome("Ukulelatent")
    outcome.say(
        f"{len(ear.train)} notes of {len(notes.timbres)} plucked instruments ({', '.join(notes.timbres)}) to learn "
        f"from, {len(ear.rows)} withheld ones of which figures are taken; {notes.analysis.bands.n} bands, "
        f"{notes.analysis.frames} frames; {size.steps:,} steps of {size.batch} notes, {size.seeds} seeds. A note comes "
        f"where its sound is within 50 cents of the one that is asked for: another than the encoded one, at most "
        f"{FARTHEST} semitones away."
    )
    heard = (ear.right(), *ear.published())
    _pitch(outcome, found, ear, heard[0])
    _shift(outcome, notes)
    _example(outcome, ear, models)
    _latents(outcome, found)
    _dimensions(outcome, found)
    _unfolded(outcome, ear, models)
    _grain(outcome, found, ear, models)
    outcome.section("What was published, and what comes out")
    outcome.claims(judge(found, heard))
    outcome.section("Hear it")
    place = setting.out / "runs" / f"{PUBLISHED.place}-{LATENT}-{setting.seed}"
    outcome.say(
        f"oscvae export {place} --out models/ukulelatent.ts, and then, beside a daemon: oscvae ask /load ukulelatent"
    )
    outcome.figures["ways"] = {
        f"{name}; D = {latent}": [vars(one) | {"grain_db": one.grain_db} for one in told]
        for (name, latent), told in found.items()
    }
    outcome.figures["heard_right"] = dict(
        zip(("here", "published", "published_from_100_hz", "below"), heard, strict=True)
    )
    return outcome


def _open(folder: Path) -> NoteSet:
    try:
        return open_dataset(folder)
    except DataError as error:
        raise DataError(
            f"{error}; this study trains on notes: `make study-ukulelatent` builds {DATA}, or --data with another set"
        ) from None


def _ways(found: Found) -> dict[str, list[Told]]:
    return {way.name: found[way.name, LATENT] for way in WAYS}


def _pitch(outcome: Outcome, found: Found, ear: Ear, right: float) -> None:
    outcome.section("How the note is told")
    said = {way.name: way.source for way in WAYS}
    outcome.table(
        (
            "way",
            "published",
            "in tune as itself, %",
            "comes where asked, %",
            "stays, %",
            "what telling changes, dB",
            "LSD, dB",
            "SC, dB",
            "note in the code, R^2",
            "instrument in the code, %",
        ),
        [
            (
                name,
                said[name],
                *(with_spread([100.0 * getattr(one, part) for one in told], 0) for part in ("own", "asked", "stays")),
                with_spread([one.moved_db for one in told], 1),
                with_spread([one.lsd_db for one in told], 2),
                with_spread([one.sc_db for one in told], 2),
                with_spread([one.pitch_in_code for one in told], 2),
                with_spread([100.0 * one.instrument_in_code for one in told], 0),
            )
            for name, told in _ways(found).items()
        ],
        f"mean and standard deviation over seeds, {LATENT} dimensions, withheld notes. Of the recordings' own spectra "
        f"{100.0 * right:.0f} % are heard as the notes that they are. What telling changes: log-spectral distance of "
        "the same code at two notes. In the code: by the five nearest training notes",
    )
    outcome.draw("asked", draw_asked(_ways(found), right), "notes that come and stay, distance, and pitch in the code")
    told = {way.name: found[way.name, LATENT][0] for way in WAYS}
    scales = "; ".join(
        f"{name}: {', '.join(f'{value:.2f}' for value in one.deviation)} with a noise of "
        f"{', '.join(f'{value:.2f}' for value in one.noise)}"
        for name, one in told.items()
    )
    outcome.say(f"Deviation of the codes, first seed: {scales}.")


def _shift(outcome: Outcome, notes: NoteSet) -> None:
    outcome.section("What a shift of a mel spectrum does")
    low, high = (int(np.argmin(np.abs(notes.note - wanted))) for wanted in _apart(notes))
    rows = np.array([low, high])
    names = [f"{note_name(int(notes.note[row]))}, {notes.timbres[notes.timbre[row]]}" for row in rows]
    x = np.array(notes.x[rows])
    moved = shifted(x, notes.note[rows], notes.analysis)
    before, after = (
        {name: np.asarray(one.mean(-1, dtype=np.float64)) for name, one in zip(names, spectra, strict=True)}
        for spectra in (x, moved)
    )
    outcome.draw("shift", draw_shift(before, after), f"mean spectra of {names[0]} and {names[1]}, before and after")
    outcome.say(
        "Below 1 kHz a mel axis is linear, so that a shift adds as many Hz to every partial: the first ones meet, and "
        "all others stay as far apart as before. And what is pushed over an edge is lost. Only on an axis of log "
        "frequency is another pitch a shift."
    )


def _apart(notes: NoteSet) -> tuple[float, float]:
    """Two notes at a third and two thirds of the range."""
    low, high = notes.analysis.note_min, notes.analysis.note_max
    return low + (high - low) / 3.0, low + 2.0 * (high - low) / 3.0


def _example(outcome: Outcome, ear: Ear, models: Models) -> None:
    """One withheld note, decoded as itself and a fifth higher, by each way."""
    outcome.section("A fifth higher")
    notes = ear.notes
    row, real = _fifth(ear)
    note = np.array([notes.note[row], notes.note[row] + _FIFTH])
    recorded = [np.array(notes.x[row]), np.array(notes.x[real])]
    rows: list[tuple[str, list[Float32s]]] = [("recorded", recorded)]
    for way in WAYS:
        model = models[way.name, LATENT]
        z = model.encode(recorded[0][None], note[:1]).mean
        rows.append((way.name, list(model.decode(np.repeat(z, 2, axis=0), note))))
    columns = tuple(note_name(int(one)) for one in note)
    outcome.draw(
        "fifth",
        draw_spectra([(name.replace("; ", ";\n"), spectra) for name, spectra in rows], columns, notes.analysis),
        f"{notes.timbres[notes.timbre[row]]}, {columns[0]} encoded, and decoded as {columns[0]} and as {columns[1]}",
    )
    outcome.say(
        f"{notes.timbres[notes.timbre[row]]}, withheld: {columns[0]} is encoded, and decoded as itself and as "
        f"{columns[1]}. Above, what was recorded of both. Click to hear."
    )
    cells = tuple(
        tuple(Cell(column, thumbnail(x), _played(ear, x)) for column, x in zip(columns, spectra, strict=True))
        for _, spectra in rows
    )
    outcome.page.sounds(Block(tuple(name for name, _ in rows), columns, cells, ()))


def _fifth(ear: Ear) -> tuple[int, int]:
    """A withheld note near the middle of the range, and the note a fifth above it of its instrument, as loud."""
    notes = ear.notes
    middle = 0.5 * (notes.analysis.note_min + notes.analysis.note_max) - _FIFTH
    same = [
        (int(row), int(other))
        for row in ear.rows[np.argsort(np.abs(notes.note[ear.rows] - middle), kind="stable")]
        for other in np.flatnonzero(
            (notes.timbre == notes.timbre[row])
            & (notes.velocity == notes.velocity[row])
            & (notes.note == notes.note[row] + _FIFTH)
        )
    ]
    if not same:
        raise DataError("no withheld note has one a fifth above it in the set: name notes of a wider range")
    return same[0]


def _played(ear: Ear, x: Float32s) -> bytes:
    sound = ear.sound(x)
    loud = sound * np.float32(_PEAK / max(float(np.abs(sound).max()), 1e-9))
    return flac(loud, ear.notes.analysis.sample_rate)


def _latents(outcome: Outcome, found: Found) -> None:
    outcome.section("How many dimensions")
    by = by_latent(found)
    outcome.draw("latents", draw_latents(by), "distance, notes that come and instruments told, over the dimensions")
    outcome.table(
        (
            "dimensions",
            "LSD, dB",
            "SC, dB",
            "comes where asked, %",
            "note in the code, R^2",
            "instrument in the code, %",
        ),
        [
            (
                str(latent),
                with_spread([one.lsd_db for one in told], 2),
                with_spread([one.sc_db for one in told], 2),
                with_spread([100.0 * one.asked for one in told], 0),
                with_spread([one.pitch_in_code for one in told], 2),
                with_spread([100.0 * one.instrument_in_code for one in told], 0),
            )
            for latent, told in by.items()
        ],
        f"{PUBLISHED.name}, mean and standard deviation over seeds",
    )


def _dimensions(outcome: Outcome, found: Found) -> None:
    outcome.section("What dimensions say")
    told = found[PUBLISHED.name, LATENT]
    outcome.draw("dimensions", draw_dimensions(told), "rank correlation of three properties with each dimension")
    outcome.say(
        f"Heard, of random points at three notes: low end is what lies below {LOW_HZ:g} Hz beside the whole, damping "
        f"the time that a note takes to fall by 60 dB, metallic what lies above {HIGH_HZ / 1000:g} kHz beside the "
        "whole. Recorded, of the training notes and their codes, the note's own part taken out: the same of low end "
        f"and damping, and whether the strings are of metal ({' and '.join(METAL)}). Which dimension says it is a "
        "matter of the seed: the prior is as wide in all directions, and nothing ties one of them to an axis."
    )
    outcome.table(
        ("dimensions", *(f"{name}, by seed" for name in PROPERTIES)),
        [
            (str(latent), *(", ".join(f"{_largest(one.heard[name]):.2f}" for one in seeds) for name in PROPERTIES))
            for latent, seeds in by_latent(found).items()
        ],
        "the largest rank correlation with any dimension, heard",
    )


def _largest(values: tuple[float, ...]) -> float:
    return max(abs(value) for value in values)


def _unfolded(outcome: Outcome, ear: Ear, models: Models) -> None:
    outcome.section("Four dimensions on a plane")
    notes, rows = ear.notes, ear.train
    z = models[PUBLISHED.name, LATENT].encode(np.array(notes.x[rows]), notes.note[rows]).mean
    outcome.draw(
        "tsne",
        draw_map(tsne(z), notes.timbre[rows], notes.timbres, notes.note[rows], "t-SNE {}"),
        "codes of the training notes unfolded by t-SNE, by instrument and by pitch",
    )


def _grain(outcome: Outcome, found: Found, ear: Ear, models: Models) -> None:
    outcome.section("Transposed convolutions, or upsampling")
    notes, rows = ear.notes, ear.rows
    x, note = np.array(notes.x[rows]), notes.note[rows]
    spectra = {"recorded": x}
    names = {PUBLISHED.name: "upsampling", TRANSPOSED.name: "transposed convolutions"}
    for name, said in names.items():
        model = models[name, LATENT]
        spectra[said] = model.decode(model.encode(x, note).mean, note)
    row, _ = _fifth(ear)
    at = int(np.flatnonzero(rows == row)[0])
    bands = min(_LOW_BANDS, notes.analysis.bands.n)
    outcome.draw(
        "checkerboard",
        draw_spectra([("", [one[at] for one in spectra.values()])], tuple(spectra), notes.analysis, bands),
        f"the lowest {bands} bands of a withheld note, recorded and decoded by both",
    )
    outcome.draw("grain", draw_grain(spectra), "how much alternates from band to band and from frame to frame")
    kernel, stride = 3, 2
    covered = coverage(4, kernel, stride)
    recorded = {axis: grain_db(x, at) for axis, at in (("bands", 1), ("frames", 2))}
    outcome.table(
        ("", "along bands, dB", "along frames, dB", "LSD, dB", "comes where asked, %"),
        [
            ("recorded", *(f"{value:.1f}" for value in recorded.values()), "0", ""),
            *(
                (
                    said,
                    *(with_spread([one.grain[axis] for one in found[name, LATENT]], 1) for axis in recorded),
                    with_spread([one.lsd_db for one in found[name, LATENT]], 2),
                    with_spread([100.0 * one.asked for one in found[name, LATENT]], 0),
                )
                for name, said in names.items()
            ),
        ],
        "what alternates at every second place, over all that is faster than every fourth; mean and standard deviation "
        "over seeds",
    )
    outcome.say(
        f"A transposed convolution with a kernel of {kernel} and a stride of {stride} covers neighbouring outputs "
        f"{', '.join(map(str, covered[1:5]))} times (A. Odena, V. Dumoulin and C. Olah, Distill, 2016). An upsampling "
        "repeats each value, and the convolution after it covers all alike; what it leaves are steps of two."
    )
    outcome.figures["grain_recorded"] = recorded
