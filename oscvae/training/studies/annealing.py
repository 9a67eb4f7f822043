"""Does a divergence that falls mean that the codes say nothing, and which schedule keeps them talking?

The source trained a variational autoencoder on music, saw its divergence fall from 7307 over 74 to 11 nats, called that
vanishing, and recommends cyclical annealing. Here its loss, half the summed squares and beta times the divergence,
trains the package's own model on notes: once as published, where the divergence falls as well, and then with a beta
that does silence dimensions, under four ways to bring it in. Each is trained from several seeds.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps, rc_context
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

from oscvae.arrays import Float64s, Int64s
from oscvae.errors import DataError
from oscvae.training.config import TrainConfig, find_config, load_config
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.drawing import FAINT, STYLE, new_figure
from oscvae.training.fit.regularisers import COLLAPSED_NATS
from oscvae.training.fit.run import RECORD
from oscvae.training.studies.outcome import Claim, Outcome
from oscvae.training.studies.setting import Setting

DATA = Path("data/plucked")
LATENT = 8
PUBLISHED_NATS = (7307, 74, 11)
TOO_MUCH = 100.0
"""A beta that silences dimensions of these notes."""
FREE_NATS = 0.5
_COLOURS = "viridis"


@dataclass(frozen=True)
class Way:
    """One way to bring the divergence in."""

    name: str
    beta: float
    """Of 0.5 x summed squares + beta x divergence."""
    schedule: str = "constant"
    free_nats: float = 0.0


WAYS = (
    Way("as published, beta 1", 1.0),
    Way("constant", TOO_MUCH),
    Way("linear, over half of the training", TOO_MUCH, "linear"),
    Way("cyclical, four times", TOO_MUCH, "cyclical"),
    Way(f"constant, {FREE_NATS:g} nats a dimension free", TOO_MUCH, free_nats=FREE_NATS),
)


@dataclass(frozen=True)
class Size:
    """How much is trained."""

    seeds: int
    steps: int
    look_steps: int
    notes: int

    @classmethod
    def of(cls, small: bool) -> Size:
        return cls(1, 20, 10, 80) if small else cls(3, 600, 25, 700)


@dataclass(frozen=True)
class Course:
    """One training, at each of its looks."""

    steps: Int64s
    nats: Float64s
    """[looks, D], divergence of each dimension over withheld notes."""
    active: Int64s
    """[looks], dimensions that say something (Burda et al.)."""
    lsd_db: float
    """Of withheld notes, at the end."""


def run(setting: Setting) -> Outcome:
    size = Size.of(setting.small)
    folder = setting.data or DATA
    notes = some_notes(_open(folder), size.notes)
    found: dict[str, list[Course]] = {way.name: [] for way in WAYS}
    jobs = [(way, setting.seed + seed) for seed in range(size.seeds) for way in WAYS]
    for way, seed in setting.track(jobs, "training"):
        place = setting.out / "runs" / f"{WAYS.index(way) + 1}-{seed}"
        found[way.name].append(course(way, seed, notes, folder, place, size))
    outcome = Outcome("Annealing")
    outcome.say(
        "A variational autoencoder pays for every nat that its codes say. Where that is dearer than what they are good "
        "for, they fall silent: the posterior collapses. A falling divergence alone is no sign of it, since it falls "
        f"in every training that begins with wild codes. Here: {len(notes)} notes, {LATENT} dimensions, {size.steps} "
        f"steps, {size.seeds} seeds; 0.5 x summed squares + beta x divergence, as the source has it."
    )
    _courses(outcome, found)
    _ends(outcome, found)
    _claims(outcome, found)
    outcome.section("Hear it")
    outcome.say(
        f"oscvae export {setting.out / 'runs' / f'4-{setting.seed}'} --out models/annealed.ts, and then, beside a "
        "daemon: oscvae ask /load annealed"
    )
    return outcome


def course(way: Way, seed: int, notes: NoteSet, data: Path, place: Path, size: Size) -> Course:
    """One training, in a run folder of its own: stopped, it goes on; done, it is read."""
    from oscvae.training.fit.train import train

    config = configured(way, seed, notes, size)
    silent = Console(file=io.StringIO())
    train(config, notes, data, place, (place / RECORD).is_file(), silent)
    board = EventAccumulator(str(place), {"scalars": 0})
    board.Reload()
    nats = [_scalars(board, f"latent/nats_{number}") for number in range(1, LATENT + 1)]
    steps = np.array(sorted(nats[0]))
    active = _scalars(board, "latent/active")
    lsd_db = _scalars(board, "withheld/lsd_db")
    return Course(
        steps=steps,
        nats=np.array([[dimension[step] for dimension in nats] for step in steps.tolist()]),
        active=np.array([round(active[step]) for step in steps.tolist()]),
        lsd_db=lsd_db[int(steps[-1])],
    )


def configured(way: Way, seed: int, notes: NoteSet, size: Size) -> TrainConfig:
    """The configuration of the model that ships, but for the published loss, and nothing that would help the codes."""
    analysis = notes.analysis
    knots = min(36, analysis.frames // 2)
    # the loss is a mean over bands and frames: half the sum is that times half their number
    weight = 2.0 * way.beta / (analysis.bands.n * analysis.frames)
    return load_config(
        find_config("plucked"),
        [
            "name=annealing",
            f"seed={seed}",
            f"latent={LATENT}",
            *(f"{part}.knots={knots}" for part in ("encoder", "decoder")),
            *(f"{part}.dense_knots={min(10, knots - 2)}" for part in ("encoder", "decoder")),
            "decoder.width=192",
            *("loss.convergence=0", "loss.looped=1", "loss.late=1", "swap.probability=0"),
            f"regulariser.weight={weight:.6g}",
            f"regulariser.schedule={way.schedule}",
            f"regulariser.warm_up_steps={size.steps // 2}",
            f"regulariser.free_nats={way.free_nats}",
            f"fit.steps={size.steps}",
            f"watch.every_steps={size.look_steps}",
            "watch.hear_every=0",
            "watch.keep=last",
        ],
    )


def some_notes(notes: NoteSet, most: int) -> NoteSet:
    """At most so many notes of a set, evenly from all of it."""
    if len(notes) <= most:
        return notes
    rows = np.linspace(0, len(notes) - 1, most).round().astype(int)
    columns = ("note", "program", "velocity", "level", "split", "timbre", "source", "f0_hz", "loop_s", "compared")
    chosen: dict[str, Any] = {name: getattr(notes, name)[rows] for name in columns}
    return replace(notes, x=np.array(notes.x[rows]), **chosen)


def _open(folder: Path) -> NoteSet:
    try:
        return open_dataset(folder)
    except DataError as error:
        raise DataError(
            f"{error}; this study trains on notes: `oscvae dataset build plucked {DATA}`, or --data with another set"
        ) from None


def _scalars(board: EventAccumulator, tag: str) -> dict[int, float]:
    return {event.step: event.value for event in board.Scalars(tag)}


def _courses(outcome: Outcome, found: dict[str, list[Course]]) -> None:
    outcome.section("The divergence while training")
    with rc_context(STYLE):
        figure = new_figure(height_in=3.8)
        left, right = figure.subplots(1, 2)
        for number, (name, courses) in enumerate(found.items()):
            colour = colormaps[_COLOURS](number / len(found))
            for first, one in enumerate(courses):
                label = name if first == 0 else None
                left.semilogy(one.steps, np.maximum(one.nats.sum(1), 1e-3), color=colour, linewidth=1.2, label=label)
                right.plot(one.steps, one.active, color=colour, linewidth=1.2)
        left.axhline(PUBLISHED_NATS[-1], color=FAINT, linewidth=0.8, linestyle=":")
        left.set(xlabel="step", ylabel="divergence from the prior, nats")
        right.set(xlabel="step", ylabel="active dimensions", ylim=(-0.2, LATENT + 0.2))
        left.legend()
    outcome.draw("courses", figure, "divergence and active dimensions against the step, a line for each training")
    outcome.say("Dotted: the 11 nats at which the source speaks of vanishing. A line for each seed.")


def _ends(outcome: Outcome, found: dict[str, list[Course]]) -> None:
    outcome.section("What is left at the end")
    rows, kept = [], {}
    for way in WAYS:
        courses = found[way.name]
        nats = np.array([one.nats[-1].sum() for one in courses])
        active = np.array([one.active[-1] for one in courses])
        lsd_db = np.array([one.lsd_db for one in courses])
        first = np.array([one.nats.sum(1).max() for one in courses])
        kept[way.name] = {
            "beta": way.beta,
            "most_nats": first.round(3).tolist(),
            "nats": nats.round(3).tolist(),
            "active": active.tolist(),
            "lsd_db": lsd_db.round(3).tolist(),
        }
        rows.append(
            (
                way.name,
                f"{way.beta:g}",
                _with(first, 1),
                _with(nats, 2),
                ", ".join(map(str, active.tolist())),
                _with(lsd_db, 2),
            )
        )
    outcome.table(
        ("way", "beta", "most, nats", "at the end, nats", f"active of {LATENT}, by seed", "LSD of withheld notes, dB"),
        rows,
        "mean and standard deviation over seeds; active: its codes vary by more than 0.01 and say more than "
        f"{COLLAPSED_NATS} nats",
    )
    outcome.figures["ways"] = kept
    with rc_context(STYLE):
        figure = new_figure(height_in=2.6)
        for axes, (name, courses) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
            sorted_nats = np.array([np.sort(one.nats[-1])[::-1] for one in courses]).mean(0)
            axes.bar(np.arange(1, LATENT + 1), sorted_nats, color=colormaps[_COLOURS](0.35))
            axes.set_title(name.replace(", ", ",\n", 1), fontsize=8.0)
            axes.set_xticks(range(1, LATENT + 1))
    outcome.draw("dimensions", figure, "nats of each dimension at the end, the largest first, for each way")


def _claims(outcome: Outcome, found: dict[str, list[Course]]) -> None:
    outcome.section("What was published, and what comes out")
    published, constant, _, cyclical, free = (found[way.name] for way in WAYS)
    falls = [one.nats.sum(1) for one in published]
    most, end = float(np.mean([fall.max() for fall in falls])), float(np.mean([fall[-1] for fall in falls]))
    alive = min(int(one.active[-1]) for one in published)
    dead = max(int(one.active[-1]) for one in constant)
    first, last = PUBLISHED_NATS[0], PUBLISHED_NATS[-1]
    outcome.claims(
        [
            Claim(
                f"a divergence that falls from {first} to {last} nats has vanished",
                f"with the published beta it is at most {most:.0f} and {end:.1f} nats at the end, and {alive} of "
                f"{LATENT} dimensions or more say something; silent ones show in the dimensions, not in their sum: "
                f"with beta {TOO_MUCH:g} at most {dead} are left",
                False if alive == LATENT and dead < LATENT else None,
            ),
            Claim("cyclical annealing is the cure", _against(cyclical, constant), _better(cyclical, constant)),
            Claim(
                f"(not in the source) {FREE_NATS:g} nats of each dimension that cost nothing are",
                _against(free, constant),
                _better(free, constant),
            ),
        ]
    )


def _against(one: Sequence[Course], other: Sequence[Course]) -> str:
    active, before = ([int(course.active[-1]) for course in courses] for courses in (one, other))
    lsd_db, was_db = (np.array([course.lsd_db for course in courses]) for courses in (one, other))
    return (
        f"{', '.join(map(str, active))} active dimensions instead of {', '.join(map(str, before))} (by seed), withheld "
        f"notes at {_with(lsd_db, 2)} dB instead of {_with(was_db, 2)}"
    )


def _better(one: Sequence[Course], other: Sequence[Course]) -> bool | None:
    """Whether more dimensions are active and the distance is less, each for every seed; None for a single seed."""
    if len(one) < 2:
        return None
    return all(
        mine.active[-1] > theirs.active[-1] and mine.lsd_db < theirs.lsd_db
        for mine, theirs in zip(one, other, strict=True)
    )


def _with(values: Float64s, digits: int) -> str:
    spread = f" ± {float(values.std(ddof=1)):.{digits}f}" if values.size > 1 else ""
    return f"{float(values.mean()):.{digits}f}{spread}"
