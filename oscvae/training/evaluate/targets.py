"""What a good model shows: one row for each figure that decides, with the least that is asked and what is hoped for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from oscvae.model.document import ModelDocument
from oscvae.training.evaluate.effects.measure import Effects, Told
from oscvae.training.evaluate.fidelity import Distance
from oscvae.training.evaluate.report import Evaluation

_BY_CHANCE = (
    "group of effects, from the effect's code",
    "effect, from the sound's code",
    "sound, from the effect's code",
)
Kind = Literal["ringing", "held", "strokes"]
"""What a model plays: notes that ring by themselves, notes that are held, or sounds without pitch."""
Read = Callable[[Evaluation], "tuple[float, int] | None"]
"""The figure and how many cases it is from; None where the data do not say, and no row is shown."""

_PITCHED: tuple[Kind, ...] = ("ringing", "held")
_NOT_HELD: tuple[Kind, ...] = ("ringing", "strokes")


@dataclass(frozen=True)
class Target:
    what: str
    unit: str
    least: float
    aim: float
    more_is_better: bool
    read: Read
    digits: int = 1
    of: tuple[Kind, ...] = ("ringing", "held", "strokes")

    def reached(self, value: float) -> int:
        """2 the aim, 1 the least, 0 neither."""
        sign = 1.0 if self.more_is_better else -1.0
        return int(sign * value >= sign * self.least) + int(sign * value >= sign * self.aim)


def _distance(split: str, figure: str) -> Read:
    def read(found: Evaluation) -> tuple[float, int] | None:
        told = found.fidelity.split.get(split)
        return None if told is None else (float(getattr(told, figure)), told.n)

    return read


def _tail(kind: str, split: str) -> Read:
    def read(found: Evaluation) -> tuple[float, int] | None:
        told = getattr(found.tails, kind).get("5 s", {}).get(split)
        return None if told is None or not told.n else (told.error_db, told.n)

    return read


def _from_median(found: Evaluation) -> tuple[float, int] | None:
    told = found.fidelity.median_z.get("withheld notes")
    return None if told is None else (told.lsd_db, told.n)


def _with_detail(figure: str) -> Read:
    def read(found: Evaluation) -> tuple[float, int] | None:
        return None if found.detail is None else _near(found.detail.encoded.with_detail, figure)

    return read


def _detail_elsewhere(found: Evaluation) -> tuple[float, int] | None:
    if found.detail is None or not found.detail.elsewhere.without.n:
        return None
    told = found.detail.elsewhere
    return told.without.lsd_db - told.with_detail.lsd_db, told.without.n


def _told_apart(found: Evaluation) -> tuple[float, int] | None:
    places = found.latent.places
    return (places.accuracy["withheld notes"], places.n["withheld notes"]) if "withheld notes" in places.n else None


def _ratio(found: Evaluation) -> tuple[float, int] | None:
    return None if found.realism is None else (found.realism.ratio, found.realism.training_to_test.m)


def targets(document: ModelDocument, found: Evaluation) -> tuple[Target, ...]:
    """For a model that says so of itself, and what was evaluated."""
    if found.effects is not None:
        return _with_effects(found.effects)
    kind: Kind = "strokes" if not document.has_pitch else "ringing" if document.region is None else "held"
    return tuple(target for target in _targets(document.latent_size) if kind in target.of)


def _effect(read: Callable[[Effects], tuple[float, int] | None]) -> Read:
    return lambda found: None if found.effects is None else read(found.effects)


def _with_effects(effects: Effects) -> tuple[Target, ...]:
    """Of a model of sounds and effects. What is told by chance has a target for as many effects as the bank has."""
    is_bank = effects.brightness_rank is not None
    return tuple(one for one in _of_effects() if is_bank or one.what not in _BY_CHANCE)


def _of_effects() -> tuple[Target, ...]:
    return (
        Target("pitch error, median", "cents", 1.0, 1.0, False, lambda e: _tuning(e, "median_cents"), 2),
        Target("pitch error, 95th percentile", "cents", 5.0, 2.0, False, lambda e: _tuning(e, "p95_cents"), 2),
        Target(
            "LSD, unseen sounds under all effects", "dB", 6.4, 5.6, False, _effect(lambda e: _near(e.all, "lsd")), 2
        ),
        Target("SC, unseen sounds, all effects", "dB", -2.0, -2.7, False, _effect(lambda e: _near(e.all, "sc"))),
        Target("LSD, the same with fine detail", "dB", 5.5, 4.5, False, _effect(lambda e: _near(e.detailed, "lsd")), 2),
        Target("SC, the same with fine detail", "dB", -4.0, -7.0, False, _effect(lambda e: _near(e.detailed, "sc"))),
        Target(
            "unseen effects whose nearest is of their family",
            "",
            4.0,
            6.0,
            True,
            _effect(lambda e: None if e.unseen_right is None else (float(e.unseen_right), len(e.unseen))),
            0,
        ),
        Target("LSD, unseen pairs over seen ones", "dB", 0.5, 0.2, False, _effect(_gap), 2),
        Target(
            "Moog corner against brightness, rank",
            "",
            0.9,
            0.95,
            True,
            _effect(lambda e: None if e.brightness_rank is None else (e.brightness_rank, e.sounds)),
            3,
        ),
        Target(
            "distance on the pad against dB, rank",
            "",
            0.9,
            0.95,
            True,
            _effect(lambda e: None if e.distance_rank is None else (e.distance_rank, e.distances)),
            3,
        ),
        Target(_BY_CHANCE[0], "", 0.35, 0.5, True, _effect(lambda e: _sure(e.group)), 2),
        Target(
            _BY_CHANCE[1],
            "",
            0.04,
            0.014,
            False,
            _effect(lambda e: _sure(e.effect_from_sound)),
            3,
        ),
        Target(
            _BY_CHANCE[2],
            "",
            0.04,
            0.013,
            False,
            _effect(lambda e: _sure(e.sound_from_effect)),
            3,
        ),
        Target(
            "level off the median, 5th and 95th percentile",
            "dB",
            2.0,
            1.0,
            False,
            _effect(lambda e: (max(map(abs, e.level_db)), e.sounds)),
        ),
        Target("jumps of over 3 dB between semitones", "", 0.0, 0.0, False, _jumps, 0),
        Target("clicks at onset or end", "", 0.0, 0.0, False, _clicks, 0),
        Target("dead corners of the latent range", "", 0.0, 0.0, False, _dead, 0),
        Target("decode, one thread", "ms", 2.0, 0.7, False, _decode, 2),
    )


def _near(distance: Distance, figure: str) -> tuple[float, int]:
    return float(getattr(distance, f"{figure}_db")), distance.n


def _sure(told: Told) -> tuple[float, int]:
    return told.right, told.n


def _gap(effects: Effects) -> tuple[float, int]:
    return effects.unseen_pairs.lsd_db - effects.seen_pairs.lsd_db, effects.unseen_pairs.n


def _targets(dimensions: int) -> tuple[Target, ...]:
    all_of_them = float(dimensions)
    return (
        Target("pitch error, median", "cents", 1.0, 1.0, False, lambda e: _tuning(e, "median_cents"), 2, of=_PITCHED),
        Target(
            "pitch error, 95th percentile",
            "cents",
            5.0,
            2.0,
            False,
            lambda e: _tuning(e, "p95_cents"),
            2,
            of=_PITCHED,
        ),
        Target("notes within 10 cents", "%", 98.0, 98.0, True, _within, of=_PITCHED),
        Target("octave errors", "", 0.0, 0.0, False, lambda e: _tuning(e, "octave_errors"), 0, of=_PITCHED),
        Target(
            "LSD, unseen recordings",
            "dB",
            4.9,
            4.5,
            False,
            _distance("unseen recordings", "lsd_db"),
            2,
            of=("ringing",),
        ),
        Target(
            "SC, unseen recordings", "dB", -7.3, -8.5, False, _distance("unseen recordings", "sc_db"), of=("ringing",)
        ),
        Target(
            "LSD, unseen recordings", "dB", 5.5, 4.8, False, _distance("unseen recordings", "lsd_db"), 2, of=("held",)
        ),
        Target("SC, unseen recordings", "dB", -6.3, -8.0, False, _distance("unseen recordings", "sc_db"), of=("held",)),
        Target(
            "LSD, unseen recordings",
            "dB",
            7.0,
            5.5,
            False,
            _distance("unseen recordings", "lsd_db"),
            2,
            of=("strokes",),
        ),
        Target(
            "SC, unseen recordings", "dB", -4.0, -7.0, False, _distance("unseen recordings", "sc_db"), of=("strokes",)
        ),
        Target("LSD, unseen recordings, with detail", "dB", 3.7, 3.7, False, _with_detail("lsd"), 2, of=("ringing",)),
        Target("SC, unseen recordings, with detail", "dB", -9.5, -9.5, False, _with_detail("sc"), of=("ringing",)),
        Target(
            "LSD that detail takes from the nearest other recording",
            "dB",
            0.0,
            0.5,
            True,
            _detail_elsewhere,
            2,
            of=("ringing",),
        ),
        Target("LSD, withheld notes", "dB", 4.1, 3.5, False, _distance("withheld notes", "lsd_db"), 2, of=_NOT_HELD),
        Target("SC, withheld notes", "dB", -9.0, -12.0, False, _distance("withheld notes", "sc_db"), of=_NOT_HELD),
        Target("LSD, withheld notes", "dB", 5.0, 4.0, False, _distance("withheld notes", "lsd_db"), 2, of=("held",)),
        Target("SC, withheld notes", "dB", -7.0, -10.0, False, _distance("withheld notes", "sc_db"), of=("held",)),
        Target("LSD, training notes", "dB", 2.9, 2.3, False, _distance("training", "lsd_db"), 2, of=("ringing",)),
        Target("SC, training notes", "dB", -16.0, -20.0, False, _distance("training", "sc_db"), of=("ringing",)),
        Target("level 5 s later, withheld notes", "dB", 3.0, 1.5, False, _tail("recorded", "withheld notes")),
        Target("level 5 s later, withheld notes, looped", "dB", 3.0, 1.5, False, _tail("looped", "withheld notes")),
        Target("harmonic-to-noise ratio off the recordings'", "dB", 4.0, 2.0, False, _harmonicity, of=_PITCHED),
        Target(
            f"active latent dimensions of {dimensions}",
            "",
            all_of_them,
            all_of_them,
            True,
            lambda e: (float(e.latent.active), e.data.notes["training"]),
            0,
        ),
        Target("instrument from z, withheld notes", "", 0.9, 1.0, True, _told_apart, 2, of=_NOT_HELD),
        Target("LSD from the instrument's median z, withheld notes", "dB", 4.5, 3.5, False, _from_median, 2),
        Target("Frechet distance, generated over training to test", "", 1.5, 1.1, False, _ratio, 2),
        Target("jumps of over 3 dB between semitones", "", 0.0, 0.0, False, _jumps, 0, of=_PITCHED),
        Target("peak off the recording's, median", "dB", 3.0, 3.0, False, _strokes("peak"), of=("strokes",)),
        Target("crest factor off the recording's, median", "dB", 3.0, 3.0, False, _strokes("crest"), of=("strokes",)),
        Target("clicks at onset or end", "", 0.0, 0.0, False, _clicks, 0),
        Target("dead corners of the latent range", "", 0.0, 0.0, False, _dead, 0),
        Target("decode, one thread", "ms", 2.0, 0.7, False, _decode, 2),
    )


def _tuning(found: Evaluation, figure: str) -> tuple[float, int]:
    return float(getattr(found.playing.tuning, figure)), found.playing.tuning.n


def _within(found: Evaluation) -> tuple[float, int]:
    return 100.0 * found.playing.tuning.within_10_cents, found.playing.tuning.n


def _harmonicity(found: Evaluation) -> tuple[float, int]:
    return abs(found.playing.harmonicity.difference_db), found.playing.harmonicity.generated.n


def _jumps(found: Evaluation) -> tuple[float, int]:
    return float(found.playing.levels.jumps), found.playing.levels.played.n


def _strokes(figure: str) -> Read:
    def read(found: Evaluation) -> tuple[float, int] | None:
        told = found.playing.strokes
        return None if told is None else (float(getattr(told, figure).median), told.n)

    return read


def _clicks(found: Evaluation) -> tuple[float, int]:
    clicks = found.playing.clicks
    return float(clicks.onset_clicks + clicks.end_clicks), clicks.n


def _decode(found: Evaluation) -> tuple[float, int]:
    return found.decode.median_ms, found.decode.n


def _dead(found: Evaluation) -> tuple[float, int]:
    return float(found.playing.grid.dead), found.playing.grid.n
