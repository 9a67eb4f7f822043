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
from oscvae.sound.levels import loudest_db
from oscvae.training.data.dataset import TRAIN, WITHHELD_RECORDING, NoteSet
from oscvae.training.effects.pairs import Pairs
from oscvae.training.effects.places import distances
from oscvae.training.effects.sets import EffectSet
from oscvae.training.evaluate.fidelity import Distance, NoteDistances, note_distances
from oscvae.training.evaluate.latent import rank_correlation
from oscvae.training.evaluate.subject import Subject
from oscvae.training.evaluate.summary import Track, quietly, some

RECORD = "effects"
"""The key of the training record that holds the effects and their places."""
_SAME_DB = 2.0
"""Effects that are less apart, on average over sounds, are one group."""
_SOUNDS = 100
_PAIRS = 200
_KNOWN = 50
"""Training sounds by which the effects' codes are known."""
_FEWEST_DISTANCES = 6
"""Four effects have so many."""
_FLOOR = -1.0
_NOWHERE = 1e6
"""Nothing is near to it."""

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
    """By family; by effect, where these have none."""
    unseen: dict[str, str]
    """Effects that were never trained on, and the family of the nearest other effect; its name, where it has none."""
    unseen_right: int | None
    """Of these, how many are of the family of the nearest; None where effects have none."""
    unseen_pairs: Distance
    """Of sounds that are trained on, under effects that are, but never together."""
    seen_pairs: Distance
    brightness_rank: float | None
    """Of the Moog filter's corner and the brightness of what is decoded; mean over sounds and resonances. None where
    the effects are not those of the bank."""
    brightness_rank_true: float | None
    distance_rank: float | None
    """Of how far apart two effects lie, and how different they make sounds, in dB; None of too few effects."""
    distances: int
    """Pairs of effects that this is from."""
    groups: int
    """Of effects that differ by `_SAME_DB`."""
    group: Told
    """Which group, from the code of an effect."""
    effect_from_sound: Told
    """Which effect, from the code of a sound: nothing is right."""
    sound_from_effect: Told
    """Which sound, from the code of an effect: likewise."""
    level_db: tuple[float, float]
    """5th and 95th percentile of the loudest quarter second, off the median; each sound under one effect."""


def has_effects(document: ModelDocument, notes: NoteSet) -> bool:
    """Whether the model says where the effects of the data lie, and these have sounds under them to judge it by."""
    if RECORD not in document.training or notes.sounds is None or not _judged(notes).size:
        return False
    return [row["name"] for row in document.training[RECORD]] == EffectSet.of(notes).names


@dataclass(frozen=True)
class Placed:
    """The effects as the model's document has them."""

    name: tuple[str, ...]
    place: Float32s
    """[effects, E]."""
    family: tuple[str, ...]
    """Of effects that have none, their names."""
    unseen: Booleans
    corner: dict[float, tuple[int, ...]]
    """Of the bank: at each resonance of the Moog filter, the rows of its corners, rising."""
    has_families: bool

    @classmethod
    def of(cls, document: ModelDocument) -> Placed:
        rows: list[dict[str, Any]] = document.training[RECORD]
        moogs = [(float(row["resonance"]), float(row["hz"]), n) for n, row in enumerate(rows) if "hz" in row]
        return cls(
            name=tuple(str(row["name"]) for row in rows),
            place=np.array([row["place"] for row in rows], np.float32),
            family=tuple(str(row.get("family", row["name"])) for row in rows),
            unseen=np.array([bool(row.get("unseen")) for row in rows]),
            corner={at: tuple(n for one, _, n in sorted(moogs) if one == at) for at in sorted({m[0] for m in moogs})},
            has_families=any("family" in row for row in rows),
        )


def measure_effects(
    subject: Subject, notes: NoteSet, rng: np.random.Generator, sounds: int = _SOUNDS, track: Track = quietly
) -> Effects:
    """Of a model that `has_effects`. Of a set of its own effects, a sound counts under those that it has."""
    document, bank, pairs = subject.document, Placed.of(subject.document), Pairs(notes)
    every = np.arange(len(bank.name))
    parted = document.latent_size - bank.place.shape[1]
    rows = some(_judged(notes), sounds, rng)
    has = pairs.effects.has(rows[:, None], every)
    dry = subject.encode(notes.x[rows], notes.note[rows]).mean
    detailer = Detailer(document)
    plain, detailed, decoded_bright, true_bright, level = [], [], [], [], []
    own_codes = np.zeros((*has.shape, document.latent_size), np.float32)
    bands, frames = notes.x.shape[1], notes.x[:1, :, ::4].shape[2]
    spectra = np.zeros((*has.shape, bands * frames), np.float32)
    for at, row in track(list(enumerate(rows.tolist())), "effects"):
        own_effects = np.flatnonzero(has[at])
        wanted = pairs.spectra(np.full(own_effects.size, row), own_effects)
        note = np.full(own_effects.size, notes.note[row])
        z = np.concatenate([np.repeat(dry[at, None, :parted], own_effects.size, 0), bank.place[own_effects]], 1)
        x = subject.decode(z, note)
        plain.append(note_distances(x, wanted, subject.half_range_db))
        level.append(loudest_db(subject.sound(x[at % len(x)]), document.sample_rate))
        own = subject.decode(dry[at, None], note[:1])[0]
        detail = [Moved(1.0, int(note[0]), detailer.fit(own.T, notes.x[row].T))]
        with_detail = subject.with_detail(z, note, detailer, detail)
        detailed.append(note_distances(with_detail, wanted, subject.half_range_db))
        own_codes[at, own_effects] = subject.encode(wanted, note).mean
        spectra[at, own_effects] = (wanted * subject.half_range_db)[:, :, ::4].reshape(own_effects.size, -1)
        if bank.corner:
            decoded_bright.append(_brightness(x, document))
            true_bright.append(_brightness(wanted, document))
    together = _together(has)
    apart_db = distances(spectra.astype(np.float64), has)
    known = some(np.flatnonzero(notes.split == TRAIN), _KNOWN, rng)
    centre = _centre(subject, notes, pairs, known, track)
    nearest = _nearest_family(bank)
    grouped = _groups(apart_db)
    guessed = _nearest(own_codes[:, :, parted:], centre[:, parted:])
    both = _joined(plain)
    families = np.array(bank.family)[np.nonzero(has)[1]]
    right = sum(bank.family[bank.name.index(name)] == other for name, other in nearest.items())
    return Effects(
        sounds=rows.size,
        all=both.mean(),
        detailed=_joined(detailed).mean(),
        family={name: both.mean(families == name) for name in dict.fromkeys(bank.family)},
        unseen=nearest,
        unseen_right=right if bank.has_families else None,
        unseen_pairs=_pairs(subject, notes, bank, pairs, True, rng),
        seen_pairs=_pairs(subject, notes, bank, pairs, False, rng),
        brightness_rank=_moog_rank(np.stack(decoded_bright), bank) if bank.corner else None,
        brightness_rank_true=_moog_rank(np.stack(true_bright), bank) if bank.corner else None,
        distance_rank=_rank_of_distances(bank.place, apart_db, together),
        distances=int(together.sum()),
        groups=int(grouped.max()),
        group=_told((grouped[guessed] == grouped[None])[has], 1.0 / int(grouped.max())),
        effect_from_sound=_told(
            (_nearest(own_codes[:, :, :parted], centre[:, :parted]) == every[None])[has], 1 / every.size
        ),
        sound_from_effect=_sound_from_effect(own_codes[:, :, parted:], has),
        level_db=_off_the_median(np.array(level)),
    )


def _off_the_median(level_db: Float64s) -> tuple[float, float]:
    low, middle, high = np.percentile(level_db, (5.0, 50.0, 95.0))
    return float(low - middle), float(high - middle)


def _judged(notes: NoteSet) -> Int64s:
    """Sounds that were never trained on; in a set without any, those that were withheld otherwise."""
    never = np.flatnonzero(notes.split == WITHHELD_RECORDING)
    return never if never.size else np.flatnonzero(notes.held_out)


def _centre(subject: Subject, notes: NoteSet, pairs: Pairs, rows: Int64s, track: Track) -> Float32s:
    """[effects, D], the mean code of each effect over sounds; far from all of one that none of them has."""
    every = np.arange(len(pairs.effects))
    has = pairs.effects.has(rows[:, None], every)
    codes = np.zeros((*has.shape, subject.document.latent_size), np.float32)
    for at, row in enumerate(track(rows.tolist(), "codes of effects")):
        own = np.flatnonzero(has[at])
        codes[at, own] = subject.encode(
            pairs.spectra(np.full(own.size, row), own), np.full(own.size, notes.note[row])
        ).mean
    return _means(codes, has)


def _means(codes: Float32s, has: Booleans) -> Float32s:
    """[effects, D] of codes [sounds, effects, D], over the sounds that have the effect."""
    if has.all():
        return np.asarray(codes.mean(axis=0), np.float32)
    count = has.sum(axis=0)[:, None]
    means = (codes * has[:, :, None]).sum(axis=0) / np.maximum(count, 1)
    return np.where(count > 0, means, _NOWHERE).astype(np.float32)


def _pairs(
    subject: Subject, notes: NoteSet, bank: Placed, pairs: Pairs, unseen: bool, rng: np.random.Generator
) -> Distance:
    """Of sounds and effects that were trained on, together or never together."""
    share = float(subject.document.training["config"]["effects"]["unseen_pairs"])
    sounds = np.flatnonzero(notes.split == TRAIN)
    effects = np.flatnonzero(~bank.unseen)[1:]
    row, effect = [], []
    for _ in range(200 * _PAIRS):
        sound, one = int(rng.choice(sounds)), int(rng.choice(effects))
        there = bool(pairs.effects.has(np.array(sound), np.array(one)))
        if there and pairs.effects.is_unseen_pair(sound, one, share) == unseen:
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


def _moog_rank(brightness: Float64s, bank: Placed) -> float:
    """Of brightness [sounds, effects]."""
    found = []
    for rising in bank.corner.values():
        corner = np.arange(len(rising), dtype=np.float64)
        found += [rank_correlation(corner, one[list(rising)]) for one in brightness]
    return float(np.mean(found))


def _together(has: Booleans) -> Booleans:
    """[pairs of effects], in the order of pdist: whether some sound has both."""
    both = has.astype(np.int64).T @ has.astype(np.int64) > 0
    found: Booleans = both[np.triu_indices(len(both), 1)]
    return found


def _rank_of_distances(place: Float32s, apart_db: Float64s, together: Booleans) -> float | None:
    if together.sum() < _FEWEST_DISTANCES:
        return None
    pairs = np.triu_indices(len(place), 1)
    return float(rank_correlation(scipy.spatial.distance.pdist(place)[together], apart_db[pairs][together]))


def _groups(apart_db: Float64s) -> Int64s:
    """[effects], from 1: clusters by average linkage."""
    tree = scipy.cluster.hierarchy.linkage(scipy.spatial.distance.squareform(apart_db, checks=False), "average")
    grouped: Int64s = scipy.cluster.hierarchy.fcluster(tree, _SAME_DB, "distance").astype(np.int64)
    return grouped


def _nearest(codes: Float32s, centre: Float32s) -> Int64s:
    """Which centre [M, E] is nearest to each code [.., E]."""
    found: Int64s = ((codes[..., None, :] - centre) ** 2).sum(axis=-1).argmin(axis=-1)
    return found


def _nearest_family(bank: Placed) -> dict[str, str]:
    """Of each unseen effect: the family of the nearest that was trained on."""
    known = np.flatnonzero(~bank.unseen)
    return {
        bank.name[row]: bank.family[known[_nearest(bank.place[row], bank.place[known])]]
        for row in np.flatnonzero(bank.unseen).tolist()
    }


def _told(right: Booleans, chance: float) -> Told:
    return Told(right.size, float(right.mean()) if right.size else 0.0, chance)


def _sound_from_effect(codes: Float32s, has: Booleans) -> Told:
    """Codes [sounds, effects, E]: known by every other effect, asked of the rest."""
    centre = _means(codes[:, ::2].transpose(1, 0, 2), has[:, ::2].T)
    guessed = _nearest(codes[:, 1::2], centre)
    return _told((guessed == np.arange(len(codes))[:, None])[has[:, 1::2]], 1.0 / len(codes))
