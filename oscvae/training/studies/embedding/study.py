"""Does a classifier of spectrogram pictures know better than its plain statistics whether notes are like recorded ones?

The source fine-tunes a residual network that knows photographs on spectrogram pictures of UrbanSound8K, and takes its
last layer as an embedding. Here the same kind of network (`residual`) is trained from nothing on pictures of notes and
of CC0 recordings, or of UrbanSound8K (`clips`), and stands beside the embedding of `oscvae evaluate` (`measures`):
which of the two puts five checkpoints of one training (`checkpoints`), and disturbed notes, in the right order? `work`
does all of it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.training.evaluate.drawing import sheet, thumbnail
from oscvae.training.evaluate.gallery import Block, Cell, flac
from oscvae.training.studies.embedding.checkpoints import subject_at
from oscvae.training.studies.embedding.claims import (
    judge,
    names_of,
    orders,
    pairs_of,
    pairs_of_draws,
    percent,
    ratios,
    steps_of_ladder,
    with_spread,
)
from oscvae.training.studies.embedding.clips import FLOOR_DB, NEW, SECONDS, SIDE, Clips, by_class, open_clips
from oscvae.training.studies.embedding.drawing import (
    draw_checkpoints,
    draw_confusion,
    draw_courses,
    draw_ladders,
    draw_pictures,
)
from oscvae.training.studies.embedding.measures import CLEAR, PCA, TRAINED, UNTRAINED
from oscvae.training.studies.embedding.residual import WIDTH
from oscvae.training.studies.embedding.size import Size
from oscvae.training.studies.embedding.work import Found, find, mean_right, open_notes
from oscvae.training.studies.outcome import Outcome
from oscvae.training.studies.setting import Setting
from oscvae.units import note_name

KINDS = (PCA, TRAINED, UNTRAINED)
_SHOWN = 4
"""Notes that are seen and heard at each checkpoint."""


def run(setting: Setting) -> Outcome:
    size = Size.of(setting.small)
    notes, folder = open_notes(setting, size)
    clips = open_clips(notes, setting.data, size, setting.track)
    found = find(setting, size, notes, folder, clips)
    outcome = Outcome("Embedding")
    outcome.say(
        f"{len(clips):,} clips of {len(clips.classes)} classes, each a picture of {SIDE} x {SIDE}: bands, "
        f"{SECONDS:g} s, {-FLOOR_DB:g} dB from its loudest place downwards. A residual network of 18 layers, its first "
        f"of {size.width} channels (the published one has {WIDTH}), {size.epochs} epochs in batches of {size.batch}, "
        f"{len(found.classifiers)} times. {len(notes):,} notes, of which a model is trained for "
        f"{size.checkpoints[-1]:,} steps."
    )
    _pictures(outcome, clips)
    _classifiers(outcome, found)
    _ladders(outcome, found)
    _checkpoints(outcome, found, size)
    _heard(outcome, found, size)
    outcome.section("What was published, and what comes out")
    outcome.claims(judge(found))
    outcome.section("Hear it")
    outcome.say(
        f"oscvae export {found.place} --out models/embedding.ts, and then, beside a daemon: oscvae ask /load embedding"
    )
    outcome.figures |= _figures(found)
    return outcome


def _pictures(outcome: Outcome, clips: Clips) -> None:
    outcome.section("What the network sees")
    rows = clips.rounds(1)[0].train
    shown = [(name, clips.x[of[len(of) // 2]]) for name, of in by_class(clips, rows) if len(of)]
    outcome.draw("pictures", draw_pictures(shown), "a training picture of each class")
    outcome.table(
        ("class", "clips to learn from", *(f"of {name}" for name in clips.rounds(1)[0].tests), "recordings"),
        [
            (
                name,
                str(int(np.sum(clips.label[rows] == number))),
                *(str(int(np.sum(clips.label[of] == number))) for of in clips.rounds(1)[0].tests.values()),
                str(len({clips.source[row] for row in np.flatnonzero(clips.label == number)})),
            )
            for number, name in enumerate(clips.classes)
        ],
        f"files that could not be read: {clips.skipped}; recordings on both sides of a split: {clips.shared}",
    )


def _classifiers(outcome: Outcome, found: Found) -> None:
    outcome.section("Which class it is")
    outcome.draw(
        "courses",
        draw_courses({one.name: one.looks for one in found.classifiers}),
        "loss and share told right of training pictures, a line for each classifier",
    )
    tests = list(found.classifiers[0].right)
    outcome.table(
        ("classifier", *(f"{name}, %" for name in tests), *(f"linear, {name}, %" for name in tests)),
        [
            (
                one.name,
                *(f"{100.0 * one.right[name]:.1f}" for name in tests),
                *(f"{100.0 * one.plain[name]:.1f}" for name in tests),
            )
            for one in found.classifiers
        ],
        "clips told right; linear: a logistic regression of 64 principal components of the same pictures",
    )
    taken = sum(one.taken[NEW] for one in found.classifiers)
    outcome.draw(
        "confusion",
        draw_confusion(_shares(np.asarray(taken)), found.clips.classes),
        f"what clips of {NEW} are taken for",
    )
    outcome.say("All classifiers taken together.")


def _shares(taken: Float64s) -> Float64s:
    return np.asarray(taken / np.maximum(taken.sum(axis=1, keepdims=True), 1.0))


def _ladders(outcome: Outcome, found: Found) -> None:
    outcome.section("Notes of which nobody doubts the order")
    outcome.draw(
        "ladders",
        draw_ladders(found.ladders, found.eyes.usual),
        "distance of disturbed notes from training notes, by the strength of three disturbances",
    )
    outcome.table(
        ("disturbance", "strengths", *KINDS),
        [
            (
                kind,
                ", ".join(f"{strength:g}" for strength in steps),
                *(
                    ", ".join("{} of {}".format(*steps_of_ladder(found, kind, name)) for name in names_of(found, of))
                    for of in KINDS
                ),
            )
            for kind, steps in found.ladders.items()
        ],
        "pairs of strengths in the right order, by seed. Noise: dB of each bin from the note's level; the others: "
        "frames and bands that are averaged",
    )
    ranks = found.eyes.ranks()
    outcome.say(
        f"The test notes' covariance has a rank of {ranks[PCA][0]} of {ranks[PCA][1]} dimensions in the one, and of "
        + ", ".join(f"{ranks[name][0]} of {ranks[name][1]}" for name in names_of(found, TRAINED))
        + " in the other."
    )


def _checkpoints(outcome: Outcome, found: Found, size: Size) -> None:
    outcome.section("Checkpoints of one training")
    lsd_db = {one.step: one.new.lsd_db for one in found.checkpoints}
    known_db = {one.step: one.known.lsd_db for one in found.checkpoints if one.known is not None}
    relative = {
        one.step: [{name: value / found.eyes.usual[name] for name, value in draw.items()} for draw in one.test]
        for one in found.checkpoints
    }
    outcome.draw(
        "checkpoints",
        draw_checkpoints(lsd_db, known_db, relative, found.eyes.names),
        "distance of withheld notes from themselves, and of generated notes from recorded ones, by step",
    )
    outcome.table(
        ("step", "LSD, dB", "SC, dB", "LSD of other notes of known recordings, dB", *KINDS),
        [
            (
                f"{one.step:,}",
                f"{one.new.lsd_db:.2f}",
                f"{one.new.sc_db:.2f}",
                "" if one.known is None else f"{one.known.lsd_db:.2f}",
                *(with_spread([ratios(found, name)[at] for name in names_of(found, kind)], 2) for kind in KINDS),
            )
            for at, one in enumerate(found.checkpoints)
        ],
        "LSD and SC of withheld recordings, encoded and decoded; Frechet distances of generated notes from withheld "
        f"recordings over those of training notes from them, mean of {size.draws} draws; mean and standard deviation "
        "over the seeds of the classifier",
    )
    outcome.table(
        ("embedding", *(f"{who}{of}" for who in orders(found) for of in ("", ", draw by draw"))),
        [
            (
                name,
                *(
                    "{} of {}".format(*count(found, name, pairs))
                    for pairs in orders(found).values()
                    for count in (pairs_of, pairs_of_draws)
                ),
            )
            for name in found.eyes.names
        ],
        "pairs of checkpoints in order. By step: the later is the better. By withheld recordings: those pairs alone "
        f"whose LSD differs by more than {CLEAR:g} standard errors over {len(found.checkpoints[0].new.recordings)} "
        "recordings",
    )


def _heard(outcome: Outcome, found: Found, size: Size) -> None:
    outcome.section("The same notes at each of them")
    rows = _chosen(found)
    notes = found.notes
    columns = tuple(f"{notes.timbres[notes.timbre[row]]}, {note_name(notes.note[row])}" for row in rows)
    lines: list[tuple[str, Float32s]] = []
    for step in size.checkpoints:
        subject = subject_at(step, found.place, notes)
        x = np.asarray(notes.x[rows])
        lines.append((f"{step:,}", subject.decode(subject.encode(x, notes.note[rows]).mean, notes.note[rows])))
    lines.append(("recorded", np.asarray(notes.x[rows])))
    names = tuple(name for name, _ in lines)
    outcome.draw(
        "notes",
        sheet([list(x) for _, x in lines], names, columns, subject.document),
        "notes as each checkpoint brings them back",
    )
    rate = subject.document.sample_rate
    cells = tuple(tuple(Cell(name, thumbnail(one), flac(subject.sound(one), rate)) for one in x) for name, x in lines)
    outcome.page.sounds(Block(names, columns, cells, ()))
    outcome.say("Recordings that were never trained on, through the same phase reconstruction: click to hear.")


def _chosen(found: Found) -> Int64s:
    """Notes of recordings never heard, evenly from all of them."""
    tested = np.flatnonzero(found.notes.split == found.notes.split.max())
    return tested[np.linspace(0, len(tested) - 1, _SHOWN + 2).round().astype(int)[1:-1]]


def _figures(found: Found) -> dict[str, Any]:
    clips, names = found.clips, found.eyes.names
    return {
        "clips": len(clips),
        "classes": list(clips.classes),
        "shared": clips.shared,
        "right": percent(mean_right(found)),
        "classifiers": [
            {
                "name": one.name,
                "right": one.right,
                "linear": one.plain,
                "confusion": {name: taken.astype(int).tolist() for name, taken in one.taken.items()},
            }
            for one in found.classifiers
        ],
        "usual": found.eyes.usual,
        "ranks": found.eyes.ranks(),
        "checkpoints": [asdict(one) for one in found.checkpoints],
        "orders": orders(found),
        "pairs": {
            who: {name: [pairs_of(found, name, pairs), pairs_of_draws(found, name, pairs)] for name in names}
            for who, pairs in orders(found).items()
        },
        "ladders": {kind: {f"{by:g}": told for by, told in steps.items()} for kind, steps in found.ladders.items()},
        "ladder_pairs": {kind: {name: steps_of_ladder(found, kind, name) for name in names} for kind in found.ladders},
    }
