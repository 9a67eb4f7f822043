"""What becomes of recordings, frame by frame, in the latent space of Latent Timbre Synthesis, and what between them?

The source encodes single constant-Q frames, mixes the codes of two recordings along a drawn curve, and decodes. Here
its network is trained on recordings under four weights of its divergence, alpha, from several seeds, beside this
package's model of single frames on the same recordings (`network`, `subjects`); what is measured stands in `measures`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.training.config import find_config
from oscvae.training.evaluate.gallery import Block
from oscvae.training.fit.run import CONFIG, RECORD, check_unchanged
from oscvae.training.studies.outcome import Outcome
from oscvae.training.studies.setting import Setting
from oscvae.training.studies.timbre import network
from oscvae.training.studies.timbre.claims import PUBLISHED_NAME, Found, judge, name_of, with_spread
from oscvae.training.studies.timbre.constantq import BINS, HIGHEST_HZ, HOP, LOWEST_HZ, RATE, ConstantQ, constant_q
from oscvae.training.studies.timbre.drawing import cell, draw_alphas, draw_map, draw_off, draw_spectra, plane
from oscvae.training.studies.timbre.measures import MIXES, Ear, Heard, Pair, blended, draw, told_of
from oscvae.training.studies.timbre.network import ALPHAS, LATENT, Size
from oscvae.training.studies.timbre.subjects import Excerpt, Ours, Subject, Theirs
from oscvae.training.timbre.build import build_frames, files_of
from oscvae.training.timbre.config import TimbreConfig, load_timbre_config
from oscvae.training.timbre.frameset import TRAIN, UNSEEN, FrameSet, open_frames
from oscvae.training.timbre.network import FramesModel
from oscvae.training.timbre.recipe import load_frames_recipe

OURS = "this package's"
_DONE = "done"
"""An empty file in the folder of a run that is over."""

Subjects = dict[str, Subject]
"""Of the first seed."""


def run(setting: Setting) -> Outcome:
    torch.set_num_threads(1)
    size = Size.of(setting.small)
    recipe = load_frames_recipe("timbre" if setting.data is None else str(setting.data), ["augment.copies=0"])
    folder = setting.out / "frames"
    build_frames(recipe, folder)
    frames = open_frames(folder)
    paths = {file.name: file.path for file in files_of(recipe)}
    data = constant_q(frames, paths, setting.out / "constantq", size.recordings, setting.track)
    judged, pairs = _judged(data, size), _pairs(data, size)
    ear = Ear(frames, paths, size)
    found: Found = {name: [] for name in (*map(name_of, ALPHAS), OURS)}
    subjects: Subjects = {}
    jobs = [(seed, alpha) for seed in range(size.seeds) for alpha in (*ALPHAS, None)]
    for seed, alpha in setting.track(jobs, "training, measuring"):
        number = setting.seed + seed
        name = OURS if alpha is None else name_of(alpha)
        place = setting.out / "runs" / f"{'ours' if alpha is None else f'{alpha:g}'}-{number}"
        subject: Subject
        if alpha is None:
            subject = Ours(our_model(number, frames, folder, place, size), frames)
        else:
            subject = Theirs(network.trained(alpha, number, data, place, size), data, size.iterations, setting.seed)
        found[name].append(told_of(place, subject, ear, judged, pairs, size, number))
        subjects.setdefault(name, subject)
    rng = np.random.default_rng(setting.seed)
    outcome = Outcome("Timbre")
    outcome.say(
        f"{len(data.of_split(TRAIN))} recordings to learn from, {len(data.of_split(UNSEEN))} never heard; "
        f"{len(data.x):,} constant-Q frames ({BINS} bins from {LOWEST_HZ:.0f} Hz to {HIGHEST_HZ:,.0f} Hz, {HOP} "
        f"samples apart at {RATE / 1000:g} kHz); the published network of {LATENT} dimensions, {size.steps:,} steps of "
        f"{size.batch} frames for each alpha, and this package's model of single frames on the same recordings, "
        f"{size.ours_steps:,} steps; {size.seeds} seeds. Figures are of the first {size.judged_s:g} s of "
        f"{len(judged)} recordings never heard: {', '.join(judged)}."
    )
    ceilings = _ceilings(subjects, ear, judged, size)
    _figures(outcome, found, ceilings)
    _back(outcome, subjects, judged, size)
    _drawn(outcome, found)
    _between(outcome, found, subjects, pairs, size, rng)
    _map(outcome, subjects, pairs[0], size)
    outcome.section("What was published, and what comes out")
    outcome.claims(judge(found, OURS))
    outcome.figures["ways"] = {name: [_plain(one) for one in told] for name, told in found.items()}
    outcome.figures |= {"judged": list(judged), "pairs": [list(pair) for pair in pairs]}
    outcome.section("Hear it")
    outcome.say(
        f"oscvae export {setting.out / 'runs' / f'ours-{setting.seed}'} --out models/known.ts, and then "
        f"oscvae blend {paths[pairs[0][0]]} {paths[pairs[0][1]]} --model known --mix 0.5 --out both.wav"
    )
    return outcome


def our_model(seed: int, frames: FrameSet, data: Path, place: Path, size: Size) -> FramesModel:
    """One training of the configuration `timbre`, but for its length: stopped, it goes on; done, it is read."""
    from oscvae.training.timbre.train import load_frames_run, train_frames

    looks = min(200, size.ours_steps)
    config: TimbreConfig = load_timbre_config(
        find_config("timbre"),
        [f"seed={seed}", f"fit.steps={size.ours_steps}", "fit.threads=1", f"watch.every_steps={looks}"],
    )
    if (place / _DONE).is_file():
        check_unchanged(place, load_timbre_config(place / CONFIG), config, frames.fingerprint)
    else:
        train_frames(config, frames, data, place, (place / RECORD).is_file(), Console(file=io.StringIO()))
        (place / _DONE).touch()
    return load_frames_run(place).model


def _judged(data: ConstantQ, size: Size) -> list[str]:
    """Recordings never heard, evenly from all of them."""
    unseen = data.of_split(UNSEEN)
    if not unseen:
        raise DataError("no recording is withheld from training: at least two sources are needed, and better ten")
    places = np.linspace(0, len(unseen) - 1, min(size.judged, len(unseen))).round().astype(int)
    return [unseen[at].name for at in places]


def _pairs(data: ConstantQ, size: Size) -> list[Pair]:
    """Of recordings that are long enough, each with one from the other half of the names: neighbours are alike."""
    least = size.excerpt_s * RATE / HOP
    long = [one.name for one in data.of_split(TRAIN) if one.end - one.begin >= least]
    if len(long) < 2:
        raise DataError(f"{len(long)} recordings to learn from last {size.excerpt_s:g} s: two must, to be blended")
    half = len(long) // 2
    places = np.linspace(0, half - 1, min(size.pairs, half)).round().astype(int)
    return [(long[at], long[at + half]) for at in places]


def _ceilings(subjects: Subjects, ear: Ear, judged: Sequence[str], size: Size) -> dict[str, Heard]:
    """What the recordings' own frames sound like: no model can be nearer."""
    return {
        name: ear.mean(judged, subjects[name].sounds([subjects[name].excerpt(one, size.judged_s) for one in judged]))
        for name in (PUBLISHED_NAME, OURS)
    }


def _figures(outcome: Outcome, found: Found, ceilings: dict[str, Heard]) -> None:
    outcome.section("How recordings come back")
    outcome.table(
        (
            "way",
            "LSD of its own bins, dB",
            "SC of its own bins, dB",
            "as heard: LSD, dB",
            "as heard: SC, dB",
            "silent bins, %",
            "nats",
            "active, by seed",
        ),
        [
            *(
                (
                    name,
                    with_spread([one.lsd_db for one in told], 2),
                    with_spread([one.sc_db for one in told], 1),
                    with_spread([one.heard.lsd_db for one in told], 2),
                    with_spread([one.heard.sc_db for one in told], 1),
                    with_spread([100.0 * one.silent for one in told], 0),
                    with_spread([one.nats for one in told], 0),
                    ", ".join(f"{one.active} of {one.dimensions}" for one in told),
                )
                for name, told in found.items()
            ),
            *(
                (f"frames of {name} themselves", "0", "", f"{one.lsd_db:.2f}", f"{one.sc_db:.1f}", "", "", "")
                for name, one in (("the constant-Q kind", ceilings[PUBLISHED_NAME]), (OURS, ceilings[OURS]))
            ),
        ],
        "mean and standard deviation over seeds; codes are the means. LSD: root mean square over bins of the "
        "difference in dB below each frame's level, floored at -80, mean over frames that sound; SC: "
        "20 log10(||S' - S|| / ||S||). As heard: of the sounds after the phase reconstruction, each kind's own, "
        f"by the same bands between {LOWEST_HZ:.0f} and {HIGHEST_HZ:,.0f} Hz; nats and active dimensions are of "
        "training frames",
    )
    outcome.draw("alphas", draw_alphas(found), "distances of means and of drawn codes, for each alpha and for ours")
    outcome.figures["ceilings"] = {name: vars(one) for name, one in ceilings.items()}


def _back(outcome: Outcome, subjects: Subjects, judged: Sequence[str], size: Size) -> None:
    """One recording, as each way brings it back."""
    chosen = judged[len(judged) // 2]
    shown: list[tuple[str, str, Subject, Excerpt]] = []
    for name, subject in subjects.items():
        one = subject.excerpt(chosen, size.judged_s)
        if name in (name_of(ALPHAS[0]), OURS):
            own = "constant-Q frames" if name != OURS else f"{OURS} frames"
            shown.append((own, f"{chosen}:\n{own}", subject, one))
        back = Excerpt(subject.decode(subject.encode(one.x)[0]), one.level_db)
        shown.append((name, f"{name},\ndecoded", subject, back))
    theirs, ours = shown[:-2], shown[-2:]
    heard = [sound for kind in (theirs, ours) for sound in kind[0][2].sounds([one for *_, one in kind])]
    cells = [
        cell(caption, subject.shape_db(one.x), sound)
        for (caption, _, subject, one), sound in zip(shown, heard, strict=True)
    ]
    rows = [(title, subject.shape_db(one.x)) for _, title, subject, one in shown]
    ends = [f"{LOWEST_HZ:.0f} to {HIGHEST_HZ:.0f} Hz"] * (len(rows) - 2) + ["0 to 24 kHz"] * 2
    seconds = min(size.judged_s, (len(rows[0][1]) - 1) * HOP / RATE)
    outcome.draw(
        "back", draw_spectra(rows, seconds, ends), f"the frames of {chosen}, and how each way brings them back"
    )
    captions = tuple(one.caption for one in cells)
    outcome.page.sounds(Block(("",), captions, (tuple(cells),), ()))


def _drawn(outcome: Outcome, found: Found) -> None:
    outcome.section("The means, or a draw")
    outcome.say(
        "The source mixes means and log variances of two recordings, and then draws each frame's code for itself. What "
        "a draw is worth shows where nothing is mixed."
    )
    outcome.table(
        (
            "way",
            "LSD of the means, dB",
            "of a draw, dB",
            "SC as heard, means, dB",
            "a draw, dB",
            "flutter, means",
            "a draw",
            "two draws from each other, dB",
        ),
        [
            (
                name,
                with_spread([one.lsd_db for one in told], 2),
                with_spread([one.sampled_lsd_db for one in told], 2),
                with_spread([one.heard.sc_db for one in told], 1),
                with_spread([one.sampled_heard.sc_db for one in told], 1),
                with_spread([one.flutter for one in told], 2),
                with_spread([one.sampled_flutter for one in told], 2),
                with_spread([one.apart_db for one in told], 2),
            )
            for name, told in found.items()
        ],
        "flutter: how far a frame is from the one before it in dB, over the same of the recording",
    )


def _between(
    outcome: Outcome, found: Found, subjects: Subjects, pairs: Sequence[Pair], size: Size, rng: np.random.Generator
) -> None:
    outcome.section("Between two recordings, and beyond")
    outcome.say(
        f"{len(pairs)} pairs of recordings that were trained on, {size.excerpt_s:g} s of each, frame by frame: "
        f"{'; '.join(' and '.join(pair) for pair in pairs)}."
    )
    first, second = pairs[0]
    lines = []
    shown: list[tuple[str, Float32s]] = []
    for title, name, drawn in (
        (f"{PUBLISHED_NAME}, means", PUBLISHED_NAME, False),
        (f"{PUBLISHED_NAME}, a draw", PUBLISHED_NAME, True),
        (OURS, OURS, False),
    ):
        subject = subjects[name]
        parts = _blends(subject, (first, second), size, rng if drawn else None)
        shapes = [subject.shape_db(part.x) for part in parts]
        lines.append(
            (
                title,
                [
                    cell(f"{mix:g}", shape, sound)
                    for mix, shape, sound in zip(MIXES, shapes, subject.sounds(parts), strict=True)
                ],
            )
        )
        if not drawn:
            shown += [(f"{title},\nmix {mix:g}", shapes[MIXES.index(mix)]) for mix in (0.0, 0.5, 1.0)]
    ends = [f"{LOWEST_HZ:.0f} to {HIGHEST_HZ:.0f} Hz"] * 3 + ["0 to 24 kHz"] * 3
    said = f"{first}, {second} and what is decoded between them"
    outcome.draw("blend", draw_spectra(shown, size.excerpt_s, ends), said)
    outcome.page.sounds(
        Block(
            tuple(title for title, _ in lines),
            tuple(f"{mix:g}" for mix in MIXES),
            tuple(tuple(cells) for _, cells in lines),
            (),
        )
    )
    outcome.say(f"Mix 0 is {first}, 1 is {second}; click to hear. At -0.15 and 1.15 it goes beyond.")
    outcome.table(
        (
            "way",
            "ends from each other, dB",
            "middle from their cross-fade, dB",
            "from the mean of their dB",
            "detour",
            "beyond",
            *(f"code off, mix {mix:g}" for mix in MIXES),
        ),
        [
            (
                name,
                with_spread([one.ends_db for one in told], 1),
                with_spread([one.crossfade_db for one in told], 1),
                with_spread([one.geometric_db for one in told], 1),
                with_spread([one.detour for one in told], 2),
                with_spread([one.beyond for one in told], 2),
                *(with_spread([one.off[f"{mix:g}"] for one in told], 2) for mix in MIXES),
            )
            for name, told in found.items()
        ],
        "detour: from one end to the middle and on to the other, over their distance. Beyond: how far what is decoded "
        "beyond an end is from the other end, over the distance of the ends. Code off: what is decoded is encoded "
        "again, and how far it then is from the code that was asked, over the distance of the two ends; median over "
        "frames, mean over pairs",
    )
    outcome.draw("off", draw_off(found), "how far the code of a decoded blend is from the one that was asked")


def _blends(subject: Subject, pair: Pair, size: Size, rng: np.random.Generator | None) -> list[Excerpt]:
    """One for each mix; of drawn codes where there is a generator."""
    first, second = (subject.excerpt(name, size.excerpt_s) for name in pair)
    count = min(len(first.x), len(second.x))
    first, second = (
        Excerpt(one.x[:count], None if one.level_db is None else one.level_db[:count]) for one in (first, second)
    )
    codes = [subject.encode(one.x) for one in (first, second)]
    parts = []
    for mix in MIXES:
        mean, log_variance = (blended(one, other, mix) for one, other in zip(*codes, strict=True))
        z = mean if rng is None else draw(mean, log_variance, rng)
        parts.append(subject.mixed(first, second, mix, subject.decode(z)))
    return parts


def _map(outcome: Outcome, subjects: Subjects, pair: Pair, size: Size) -> None:
    outcome.section("On one map")
    found = {}
    for name in (PUBLISHED_NAME, OURS):
        subject = subjects[name]
        part = _blends(subject, pair, size, None)[MIXES.index(0.5)]
        one, other = (subject.encode(subject.excerpt(each, size.excerpt_s).x)[0][: len(part.x)] for each in pair)
        again = subject.encode(subject.again(part))[0]
        lines = plane([one, other, blended(one, other, 0.5), again], 2)
        names = (*pair, "half way, as asked", "the sound of it, encoded again")
        found[name] = dict(zip(names, lines, strict=True))
    outcome.draw("map", draw_map(found), f"trajectories of {pair[0]}, {pair[1]} and of their blend")
    outcome.say("The first two principal components of both recordings' codes; a dot for each frame.")


def _plain(told: object) -> dict[str, object]:
    figures: dict[str, object] = {}
    for name, value in vars(told).items():
        if isinstance(value, Heard):
            figures[name] = {key: round(number, 4) for key, number in vars(value).items()}
        elif isinstance(value, dict):
            figures[name] = {key: round(number, 4) for key, number in value.items()}
        else:
            figures[name] = round(value, 4)
    return figures
