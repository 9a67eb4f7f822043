"""What is found of a training: how notes come back, which note is heard, what codes say, how even the output is.

A note is heard as the package hears it: its spectrum becomes sound by the phase reconstruction, and the fundamental is
that of the autocorrelation (`evaluate.harmonic`). Beside it stands the source's own estimator.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.sound.envelope import as_heard, decay_s
from oscvae.sound.stft import magnitudes
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.fidelity import note_distances
from oscvae.training.evaluate.harmonic import fundamental_hz
from oscvae.training.evaluate.latent import rank_correlation
from oscvae.training.evaluate.listening import SETTLED_S
from oscvae.training.evaluate.sound import Renderer
from oscvae.training.evaluate.subject import Codes
from oscvae.training.studies.kept import write_json
from oscvae.training.studies.ukulelatent.ways import Model, Size
from oscvae.units import cents, note_to_hz

TOLD = "told.json"
"""What was found of a run, in its folder."""
SAME_CENTS = 50.0
FARTHEST = 12
"""Semitones from the note that is encoded to the one that is asked, at most."""
PROPERTIES = ("low end", "damping", "metallic")
METAL = ("steel guitar", "banjo")
"""Instruments with strings of metal."""
LOW_HZ, HIGH_HZ = 300.0, 2000.0
"""What lies below is the low end; what lies above is most of what sounds of metal."""
PUBLISHED_HZ = (100.0, 2000.0)
"""Between which the source looks for a fundamental."""
_HEARD_NOTES = 3
_NEIGHBOURS = 5
_FIRST_S = 0.5
_TINY = 1e-12


class Ear:
    """A data set's notes, and what is heard of spectra that are made of them."""

    def __init__(self, notes: NoteSet, size: Size, seed: int) -> None:
        self.notes = notes
        self._renderer = Renderer(notes.analysis)
        self.train, withheld = (np.flatnonzero((notes.split == TRAIN) == wanted) for wanted in (True, False))
        some = np.linspace(0, len(withheld) - 1, min(size.asked, len(withheld))).round().astype(int)
        self.rows: Int64s = withheld[some]
        """Withheld notes of which figures are taken."""
        rng = np.random.default_rng(seed)
        self.asked: Int64s = np.array([self._other(int(note), rng) for note in notes.note[self.rows]])
        """[rows], another note for each, at most an octave away."""

    def _other(self, note: int, rng: np.random.Generator) -> int:
        analysis = self.notes.analysis
        low, high = max(analysis.note_min, note - FARTHEST), min(analysis.note_max, note + FARTHEST)
        return int(rng.choice([one for one in range(low, high + 1) if one != note]))

    def sound(self, x: Float32s) -> Float32s:
        """One spectrum [bands, frames] from its onset on."""
        analysis = self.notes.analysis
        whole = self._renderer.sound(np.ascontiguousarray(x), analysis.n_fft / 4)
        return as_heard(whole, analysis.onset_sample, analysis.sample_rate)

    def pitch_hz(self, x: Float32s) -> float:
        """The fundamental of one spectrum."""
        analysis = self.notes.analysis
        sound = self.sound(x)[round(SETTLED_S * analysis.sample_rate) :]
        ends = (note_to_hz(float(end)) for end in (analysis.note_min - 1, analysis.note_max + 1))
        return fundamental_hz(sound, analysis.sample_rate, *ends)

    def pitches_hz(self, x: Float32s) -> Float64s:
        """Of spectra [N, bands, frames]."""
        return np.array([self.pitch_hz(one) for one in x])

    @cached_property
    def properties(self) -> Float64s:
        """[training notes, properties] of the recordings' own spectra; metallic: whether their strings are of metal."""
        notes, rate = self.notes, self.notes.analysis.sample_rate
        table = np.array([properties(self.sound(x), rate) for x in notes.x[self.train]])
        timbres = [notes.timbres[timbre] for timbre in notes.timbre[self.train]]
        table[:, PROPERTIES.index("metallic")] = np.isin(timbres, METAL)
        return table

    def right(self) -> float:
        """How often the withheld recordings' own spectra are heard as the notes that they are."""
        return share_at(self.pitches_hz(self.notes.x[self.rows]), self.notes.note[self.rows])

    def published(self) -> tuple[float, float, int]:
        """The same by the source's estimator: of all, of notes above its lowest fundamental, and how many lie below."""
        analysis, note = self.notes.analysis, self.notes.note[self.rows]
        sounds = [self.sound(x)[round(SETTLED_S * analysis.sample_rate) :] for x in self.notes.x[self.rows]]
        found = np.array([published_hz(sound, analysis.sample_rate) for sound in sounds])
        high = np.array([note_to_hz(float(one)) >= PUBLISHED_HZ[0] for one in note])
        return share_at(found, note), share_at(found[high], note[high]), int(np.sum(~high))


def published_hz(sound: Float32s, sample_rate: int) -> float:
    """The source's estimator, its five steps: the lag at which the biased autocorrelation is largest."""
    correlation = np.fft.irfft(np.abs(np.fft.rfft(sound, 2 * sound.size)) ** 2)
    shortest, longest = (round(sample_rate / hz) for hz in PUBLISHED_HZ[::-1])
    return sample_rate / (shortest + int(np.argmax(correlation[shortest:longest])))


def share_at(pitch_hz: Float64s, note: Int64s) -> float:
    """How many of the pitches [N] lie within 50 cents of the notes [N]."""
    return float(np.mean([_is_at(hz, int(one)) for hz, one in zip(pitch_hz, note, strict=True)]))


def _is_at(pitch_hz: float, note: int) -> bool:
    return abs(cents(pitch_hz, note_to_hz(float(note)))) <= SAME_CENTS


def properties(sound: Float32s, sample_rate: int) -> tuple[float, float, float]:
    """(dB below 300 Hz, T60 in s, dB above 2 kHz) of a note, both dB beside all of its first half second."""
    size = 2048
    power = (magnitudes(sound[: round(_FIRST_S * sample_rate)], size, size // 4).astype(np.float64) ** 2).sum(0)
    freqs_hz = np.arange(power.size) * sample_rate / size
    low, high = (
        10.0 * np.log10((power[part].sum() + _TINY) / (power.sum() + _TINY))
        for part in (freqs_hz < LOW_HZ, freqs_hz > HIGH_HZ)
    )
    return float(low), decay_s(sound, sample_rate), float(high)


@dataclass(frozen=True)
class Told:
    """What was found of one training."""

    lsd_db: float
    sc_db: float
    """Of withheld notes, decoded as themselves."""
    own: float
    """Share of them within 50 cents of their note."""
    asked: float
    """Share within 50 cents of another note that was asked for."""
    stays: float
    """Share within 50 cents of the note that was encoded, where another was asked for."""
    moved_db: float
    """Log-spectral distance of the same code at the two notes: 0 where what is told is not listened to."""
    pitch_in_code: float
    """Share of the notes' variance that five neighbours in the latent space tell (R^2); 0 or less: none."""
    instrument_in_code: float
    """Share of instruments that they tell."""
    deviation: tuple[float, ...]
    """[D], of the training codes' means."""
    noise: tuple[float, ...]
    """[D], of one code."""
    heard: dict[str, tuple[float, ...]]
    """By property, rank correlation with each dimension over random points, mean over three notes."""
    recorded: dict[str, tuple[float, ...]]
    """Over the training notes and their codes, the note's own part taken out; metallic: whether their strings are."""
    grain: dict[str, float]
    """By axis, `grain_db`."""

    @property
    def grain_db(self) -> float:
        """The coarser of the two axes."""
        return max(self.grain.values())


def told_of(place: Path, model: Model, ear: Ear, size: Size, seed: int) -> Told:
    """What is found of a run; kept in its folder, and read there where it is the same."""
    kept = place / TOLD
    of = {"asked": ear.asked.tolist(), "rows": ear.rows.tolist(), "points": size.points, "seed": seed}
    if kept.is_file():
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known.pop("of") == of:
            return _read(known)
    told = _measure(model, ear, size, seed)
    write_json(kept, {"of": of, **asdict(told)})
    return _read(json.loads(json.dumps(asdict(told))))


def _read(known: dict[str, object]) -> Told:
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
    for name in ("heard", "recorded"):
        lists[name] = {key: tuple(value) for key, value in known[name].items()}  # type: ignore[attr-defined]
    return Told(**lists)  # type: ignore[arg-type]


def _measure(model: Model, ear: Ear, size: Size, seed: int) -> Told:
    notes, rows, half_db = ear.notes, ear.rows, 0.5 * ear.notes.analysis.range_db
    x, note = np.array(notes.x[rows]), notes.note[rows]
    codes, known = model.encode(x, note), model.encode(np.array(notes.x[ear.train]), notes.note[ear.train])
    back, other = model.decode(codes.mean, note), model.decode(codes.mean, ear.asked)
    distance = note_distances(back, x, half_db).mean()
    other_hz = ear.pitches_hz(other)
    scale = np.maximum(known.mean.std(0), _TINY)
    few = min(_NEIGHBOURS, len(ear.train))
    pitch = KNeighborsRegressor(few).fit(known.mean / scale, notes.note[ear.train])
    instrument = KNeighborsClassifier(few).fit(known.mean / scale, notes.timbre[ear.train])
    rng = np.random.default_rng(seed)
    return Told(
        lsd_db=distance.lsd_db,
        sc_db=distance.sc_db,
        own=share_at(ear.pitches_hz(back), note),
        asked=share_at(other_hz, ear.asked),
        stays=share_at(other_hz, note),
        moved_db=note_distances(other, back, half_db).mean().lsd_db,
        pitch_in_code=float(pitch.score(codes.mean / scale, note)),
        instrument_in_code=float(instrument.score(codes.mean / scale, notes.timbre[rows])),
        deviation=tuple(known.mean.std(0).tolist()),
        noise=tuple(np.exp(0.5 * known.log_variance).mean(0).tolist()),
        heard=_heard(model, ear, known, size, rng),
        recorded=_recorded(ear, known),
        grain={axis: grain_db(back, at) for axis, at in (("bands", 1), ("frames", 2))},
    )


def _heard(model: Model, ear: Ear, known: Codes, size: Size, rng: np.random.Generator) -> dict[str, tuple[float, ...]]:
    """What moving along each dimension does, at notes evenly over the range."""
    analysis = ear.notes.analysis
    z = rng.normal(known.mean.mean(0), known.mean.std(0), (size.points, known.mean.shape[1])).astype(np.float32)
    notes = np.linspace(analysis.note_min, analysis.note_max, _HEARD_NOTES + 2)[1:-1].round().astype(int)
    tables = []
    for note in notes:
        spectra = model.decode(z, np.full(len(z), note))
        tables.append(np.array([properties(ear.sound(x), analysis.sample_rate) for x in spectra]))
    return {
        name: tuple(
            float(np.mean([rank_correlation(z[:, d], table[:, column]) for table in tables])) for d in range(z.shape[1])
        )
        for column, name in enumerate(PROPERTIES)
    }


def _recorded(ear: Ear, known: Codes) -> dict[str, tuple[float, ...]]:
    """Which properties of the training notes lie along which dimension."""
    note = ear.notes.note[ear.train].astype(np.float64)
    return {
        name: tuple(rank_correlation(z, ear.properties[:, column], note) for z in known.mean.T)
        for column, name in enumerate(PROPERTIES)
    }


def spectrum_of(x: Float32s, axis: int) -> Float64s:
    """Power of spectra [N, bands, frames] over how fast they alternate along an axis, from its mean to every second
    place, in dB: mean over the other axis, then over spectra."""
    size = x.shape[axis]
    window = np.hanning(size + 2)[1:-1]
    steps = np.moveaxis(x.astype(np.float64), axis, -1)
    power = np.abs(np.fft.rfft((steps - steps.mean(-1, keepdims=True)) * window)) ** 2
    found: Float64s = 10.0 * np.log10(power.mean((0, 1)) + _TINY)
    return found


def grain_db(x: Float32s, axis: int) -> float:
    """How far what alternates at every second place stands above all that alternates faster than at every fourth: the
    checkerboard of a decoder whose outputs are not all covered alike."""
    course = spectrum_of(x, axis)
    return float(course[-1] - np.median(course[course.size // 2 :]))
