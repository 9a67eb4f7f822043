"""What a model of sounds and effects knows: of sounds that it never heard, of effects and of pairs that it never saw.

A sound is given by the code of its dry recording, an effect by its place; what both decode to is compared with the
sound as the effect makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.cluster.hierarchy
import scipy.spatial.distance
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.model.detail import Detailer, Moved
from oscvae.model.document import ModelDocument
from oscvae.training.data.dataset import TRAIN, WITHHELD_RECORDING, NoteSet
from oscvae.training.effects.bank import BANK
from oscvae.training.effects.pairs import Pairs, is_unseen_pair
from oscvae.training.effects.places import distances
from oscvae.training.evaluate.fidelity import Distance, NoteDistances, note_distances
from oscvae.training.evaluate.latent import rank_correlation
from oscvae.training.evaluate.subject import Subject
from oscvae.training.evaluate.summary import Track, quietly, some

RECORD = "effects"
"""The key of the training record that holds the bank and its places."""
_SAME_DB = 2.0
"""Effects that are less apart, on average over sounds, are one group."""
_SOUNDS = 100
_PAIRS = 200
_KNOWN = 50
"""Training sounds by which the effects' codes are known."""
_FLOOR = -1.0

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """How surely something is told from a code by the nearest centroid, and how surely by chance."""

    n: int
    right: float
    chance: float


@dataclass(frozen=True)
class Effects:
    """Of unseen sounds, unless another is said."""

    sounds: int
    all: Distance
    """Every effect."""
    detailed: Distance
    """The same, with fine detail that was fitted to the dry sound."""
    family: dict[str, Distance]
    unseen: dict[str, str]
    """Effects that were never trained on, and the family of the nearest other effect."""
    unseen_right: int
    unseen_pairs: Distance
    """Of sounds that are trained on, under effects that are, but never together."""
    seen_pairs: Distance
    brightness_rank: float
    """Of the Moog filter's corner and the brightness of what is decoded; mean over sounds and resonances."""
    brightness_rank_true: float
    distance_rank: float
    """Of how far apart two effects lie, and how different they make sounds, in dB."""
    groups: int
    """Of effects that differ by `_SAME_DB`."""
    group: Told
    """Which group, from the code of an effect."""
    effect_from_sound: Told
    """Which effect, from the code of a sound: nothing is right."""
    sound_from_effect: Told
    """Which sound, from the code of an effect: likewise."""


def has_effects(document: ModelDocument, notes: NoteSet) -> bool:
    """Whether the model says where effects lie, and the data keep sounds to put them on."""
    return RECORD in document.training and notes.sounds is not None


@dataclass(frozen=True)
class Bank:
    """The bank as the model's document has it."""

    place: Float32s
    """[effects, E]."""
    family: tuple[str, ...]
    unseen: Booleans

    @classmethod
    def of(cls, document: ModelDocument) -> Bank:
        rows: list[dict[str, Any]] = document.training[RECORD]
        return cls(
            np.array([row["place"] for row in rows], np.float32),
            tuple(str(row["family"]) for row in rows),
            np.array([bool(row.get("unseen")) for row in rows]),
        )


def measure_effects(
    subject: Subject, notes: NoteSet, rng: np.random.Generator, sounds: int = _SOUNDS, track: Track = quietly
) -> Effects:
    """Of a model that `has_effects`."""
    document, bank, pairs = subject.document, Bank.of(subject.document), Pairs(notes)
    every = np.arange(len(BANK))
    parted = document.latent_size - bank.place.shape[1]
    rows = some(np.flatnonzero(notes.split == WITHHELD_RECORDING), sounds, rng)
    dry = subject.encode(notes.x[rows], notes.note[rows]).mean
    detailer = Detailer(document)
    plain, detailed, codes, spectra, decoded_bright, true_bright = [], [], [], [], [], []
    for at, row in track(list(enumerate(rows.tolist())), "effects"):
        wanted = pairs.spectra(np.full(every.size, row), every)
        note = np.full(every.size, notes.note[row])
        z = np.concatenate([np.repeat(dry[at, None, :parted], every.size, 0), bank.place], 1)
        x = subject.decode(z, note)
        plain.append(note_distances(x, wanted, subject.half_range_db))
        own = subject.decode(dry[at, None], note[:1])[0]
        detail = [Moved(1.0, int(note[0]), detailer.fit(own.T, notes.x[row].T))]
        with_detail = subject.with_detail(z, note, detailer, detail)
        detailed.append(note_distances(with_detail, wanted, subject.half_range_db))
        codes.append(subject.encode(wanted, note).mean)
        spectra.append((wanted * subject.half_range_db)[:, :, ::4].reshape(every.size, -1))
        decoded_bright.append(_brightness(x, document))
        true_bright.append(_brightness(wanted, document))
    own_codes, family = np.stack(codes), np.array(bank.family)
    apart_db = distances(np.stack(spectra).astype(np.float64))
    known = some(np.flatnonzero(notes.split == TRAIN), _KNOWN, rng)
    known_codes = _codes(subject, notes, pairs, known, track)
    nearest = _nearest_family(bank)
    grouped = _groups(apart_db)
    guessed = _nearest(own_codes[:, :, parted:], known_codes[:, :, parted:].mean(axis=0))
    both = _joined(plain)
    families = np.tile(family, rows.size)
    return Effects(
        sounds=rows.size,
        all=both.mean(),
        detailed=_joined(detailed).mean(),
        family={name: both.mean(families == name) for name in dict.fromkeys(bank.family)},
        unseen=nearest,
        unseen_right=sum(bank.family[_row(name)] == other for name, other in nearest.items()),
        unseen_pairs=_pairs(subject, notes, bank, pairs, True, rng),
        seen_pairs=_pairs(subject, notes, bank, pairs, False, rng),
        brightness_rank=_moog_rank(np.stack(decoded_bright)),
        brightness_rank_true=_moog_rank(np.stack(true_bright)),
        distance_rank=_rank_of_distances(bank.place, apart_db),
        groups=int(grouped.max()),
        group=_told(grouped[guessed] == grouped[None], 1.0 / int(grouped.max())),
        effect_from_sound=_told(
            _nearest(own_codes[:, :, :parted], known_codes[:, :, :parted].mean(axis=0)) == every[None], 1 / every.size
        ),
        sound_from_effect=_sound_from_effect(own_codes[:, :, parted:]),
    )


def _codes(subject: Subject, notes: NoteSet, pairs: Pairs, rows: Int64s, track: Track) -> Float32s:
    """[rows, effects, D] of every pair."""
    every = np.arange(len(BANK))
    return np.stack(
        [
            subject.encode(pairs.spectra(np.full(every.size, row), every), np.full(every.size, notes.note[row])).mean
            for row in track(rows.tolist(), "codes of effects")
        ]
    )


def _pairs(
    subject: Subject, notes: NoteSet, bank: Bank, pairs: Pairs, unseen: bool, rng: np.random.Generator
) -> Distance:
    """Of sounds and effects that were trained on, together or never together."""
    share = float(subject.document.training["config"]["effects"]["unseen_pairs"])
    sounds = np.flatnonzero(notes.split == TRAIN)
    effects = np.flatnonzero(~bank.unseen)[1:]
    row, effect = [], []
    for _ in range(200 * _PAIRS):
        sound, one = int(rng.choice(sounds)), int(rng.choice(effects))
        if is_unseen_pair(sound, one, share) == unseen:
            row.append(sound)
            effect.append(one)
        if len(row) == _PAIRS:
            break
    if not row:
        return Distance(0, 0.0, 0.0)
    wanted = pairs.spectra(row, effect)
    parted = subject.document.latent_size - bank.place.shape[1]
    dry = subject.encode(notes.x[row], notes.note[row]).mean[:, :parted]
    x = subject.decode(np.concatenate([dry, bank.place[effect]], 1), notes.note[row])
    return note_distances(x, wanted, subject.half_range_db).mean()


def _joined(parts: list[NoteDistances]) -> NoteDistances:
    return NoteDistances(np.concatenate([p.lsd_db for p in parts]), np.concatenate([p.sc_db for p in parts]))


def _brightness(x: Float32s, document: ModelDocument) -> Float64s:
    """Spectral centroid of each note, as an octave, [N]; silence has none."""
    axis = document.band_axis()
    power = 10.0 ** (0.1 * (document.floor_db + (x.astype(np.float64) + 1.0) * 0.5 * document.range_db))
    heard = np.where(x > _FLOOR, power, 0.0).sum(axis=2) * axis.width()
    hz = axis.centre * document.sample_rate / document.n_fft
    centroid: Float64s = np.log2(np.maximum(heard @ hz / np.maximum(heard.sum(axis=1), 1e-12), 1.0))
    return centroid


def _moog_rank(brightness: Float64s) -> float:
    """Of brightness [sounds, effects]."""
    resonances = sorted({effect.parameters["resonance"] for effect in BANK if effect.family == "moog"})
    found = []
    for resonance in resonances:
        rows = [n for n, one in enumerate(BANK) if one.family == "moog" and one.parameters["resonance"] == resonance]
        rising = sorted(rows, key=lambda row: BANK[row].parameters["hz"])
        corner = np.arange(len(rising), dtype=np.float64)
        found += [rank_correlation(corner, one[rising]) for one in brightness]
    return float(np.mean(found))


def _rank_of_distances(place: Float32s, apart_db: Float64s) -> float:
    pairs = np.triu_indices(len(place), 1)
    return float(rank_correlation(scipy.spatial.distance.pdist(place), apart_db[pairs]))


def _groups(apart_db: Float64s) -> Int64s:
    """[effects], from 1: clusters by average linkage."""
    tree = scipy.cluster.hierarchy.linkage(scipy.spatial.distance.squareform(apart_db, checks=False), "average")
    grouped: Int64s = scipy.cluster.hierarchy.fcluster(tree, _SAME_DB, "distance").astype(np.int64)
    return grouped


def _nearest(codes: Float32s, centre: Float32s) -> Int64s:
    """Which centre [M, E] is nearest to each code [.., E]."""
    found: Int64s = ((codes[..., None, :] - centre) ** 2).sum(axis=-1).argmin(axis=-1)
    return found


def _nearest_family(bank: Bank) -> dict[str, str]:
    """Of each unseen effect: the family of the nearest that was trained on."""
    known = np.flatnonzero(~bank.unseen)
    return {
        BANK[row].name: bank.family[known[_nearest(bank.place[row], bank.place[known])]]
        for row in np.flatnonzero(bank.unseen).tolist()
    }


def _row(name: str) -> int:
    return [effect.name for effect in BANK].index(name)


def _told(right: Booleans, chance: float) -> Told:
    return Told(right.size, float(right.mean()), chance)


def _sound_from_effect(codes: Float32s) -> Told:
    """Codes [sounds, effects, E]: known by every other effect, asked of the rest."""
    centre = codes[:, ::2].mean(axis=1)
    guessed = _nearest(codes[:, 1::2], centre)
    return _told(guessed == np.arange(len(codes))[:, None], 1.0 / len(codes))
