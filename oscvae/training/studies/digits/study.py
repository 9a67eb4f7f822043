"""Why does an autoencoder make no new digits, what makes one that does, and what does that cost?

The source trained autoencoders on MNIST before it went on to sounds. Here the package's own network, losses and
regularisers are trained on the same pictures, with two dimensions, which can be drawn, and with eight, each in several
ways and from several seeds (`ways`); what is measured stands in `measures`.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from oscvae.arrays import Float32s
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.latent import path
from oscvae.training.evaluate.maps import tsne
from oscvae.training.fit.regularisers import COLLAPSED_NATS
from oscvae.training.studies.digits.claims import Found, judge, tell_slip, with_spread
from oscvae.training.studies.digits.drawing import (
    draw_grids,
    draw_moved,
    draw_nats,
    draw_rows,
    draw_scatters,
    film,
)
from oscvae.training.studies.digits.measures import DECODED, STEPS, Model, Reader, Told, told_of
from oscvae.training.studies.digits.mnist import CLASSES, DATA, SIDE, open_digits
from oscvae.training.studies.digits.ways import AE, ALPHA, BATCH, LATENTS, VAE, WAE, WAYS, Size, trained
from oscvae.training.studies.outcome import Outcome
from oscvae.training.studies.setting import Setting

PLANE, MORE = LATENTS
_SHOWN = (AE, VAE, WAE)
"""The ways that stand for their kind in a picture."""
_GRID = 12
_NEIGHBOURS = 12
_PATH = 12
_FILMED = 16
_UNFOLDED = 1000

Models = dict[tuple[str, int], Model]


def run(setting: Setting) -> Outcome:
    size = Size.of(setting.small)
    folder = setting.data or DATA
    digits = open_digits(folder, size.train, size.test)
    reader = Reader(digits)
    found: Found = {(way.name, latent): [] for latent in LATENTS for way in WAYS}
    models: Models = {}
    jobs = [(seed, latent, way) for latent in LATENTS for seed in range(size.seeds[latent]) for way in WAYS]
    for seed, latent, way in setting.track(jobs, "training"):
        place = setting.out / "runs" / f"{WAYS.index(way) + 1}-{latent}-{setting.seed + seed}"
        network = trained(way, latent, setting.seed + seed, digits, folder, place, size)
        model = Model(network, certain=way.kind != "kl")
        rng = np.random.default_rng((setting.seed, seed))
        found[way.name, latent].append(told_of(place, model, digits, reader, rng))
        models.setdefault((way.name, latent), model)
    outcome = Outcome("Digits")
    outcome.say(
        f"{size.train:,} handwritten digits of {SIDE} x {SIDE} pixels to learn from, {size.test:,} others to test "
        f"(MNIST); one network, {len(WAYS)} ways to train it, {size.steps:,} steps of {BATCH} pictures; "
        f"{', '.join(f'{latent} dimensions from {count} seeds' for latent, count in size.seeds.items())}. "
        "All figures are of test pictures; pictures are of the first seed."
    )
    rng = np.random.default_rng(setting.seed)
    _ways(outcome)
    _reconstructions(outcome, digits, reader, found, models)
    _plane(outcome, digits, reader, models)
    _neighbours(outcome, digits, reader, found, models, rng)
    _generation(outcome, reader, found, models, rng)
    _between(outcome, digits, reader, models)
    _unfolded(outcome, digits, reader, models)
    _collapse(outcome, found)
    tell_slip(outcome)
    outcome.section("What was published, and what comes out")
    outcome.claims(judge(found))
    _keep(outcome, found, reader)
    return outcome


def _ways(outcome: Outcome) -> None:
    outcome.section("The ways")
    outcome.table(
        ("way", "codes", *(f"weight beside the mean square error, {latent} dimensions" for latent in LATENTS)),
        [
            (
                way.name,
                "drawn from N(mean, variance)" if way.kind == "kl" else "certain",
                *(f"{way.weighs(latent):.3g}" for latent in LATENTS),
            )
            for way in WAYS
        ],
        "beta: of 0.5 x summed squares + beta x divergence; alpha: of mean squares + alpha x mean over dimensions of "
        "(s^2 + m^2 - 1 - log s^2), as Latent Timbre Synthesis has it; WAE: of mean squares + discrepancy",
    )
    same = {latent: f"{ALPHA * SIDE**2 / latent:.2g}" for latent in LATENTS}
    outcome.say(
        "Alpha and beta are the same thing on other scales, a mean and a sum: alpha = beta D / pixels. An alpha of "
        f"{ALPHA:g} is a beta of {same[PLANE]} for {PLANE} dimensions, and of {same[MORE]} for {MORE}. A figure "
        "without its scale cannot be taken over."
    )


def _reconstructions(outcome: Outcome, digits: NoteSet, reader: Reader, found: Found, models: Models) -> None:
    outcome.section("How they come back")
    chosen = _one_of_each(digits, reader)
    rows = [("original", digits.x[chosen])]
    rows += [
        (_label(name, latent), model.decode(model.encode(digits.x[chosen]).mean))
        for latent in LATENTS
        for name, model in _of(models, latent).items()
    ]
    outcome.draw("reconstructions", draw_rows(rows), "a test picture of each digit, and how each way brings it back")
    outcome.table(
        ("way", "error, grey levels", "sharpness", "digit read from the code by a linear probe, %"),
        [
            (
                _label(name, latent),
                with_spread([one.error for one in told], 3),
                with_spread([one.sharpness for one in told], 2),
                with_spread([100.0 * one.probe for one in told], 1),
            )
            for (name, latent), told in found.items()
        ],
        "mean and standard deviation over seeds; error: root mean square, black 0, white 1; sharpness: mean step "
        "between neighbouring pixels, that of the originals is 1",
    )


def _plane(outcome: Outcome, digits: NoteSet, reader: Reader, models: Models) -> None:
    outcome.section("Where the codes lie")
    here = _of(models, PLANE)
    codes = {name: model.encode(digits.x[reader.decoded]).mean for name, model in here.items()}
    outcome.draw(
        "scatter",
        draw_scatters(codes, digits.timbre[reader.decoded], prior=True),
        "codes of test pictures in two dimensions, coloured by digit",
    )
    outcome.say("Dotted: two standard deviations of the prior. An autoencoder's codes lie where they like.")
    outcome.draw(
        "grid",
        draw_grids({name: _grid(model) for name, model in here.items()}),
        f"{_GRID} x {_GRID} points of two dimensions, decoded",
    )
    outcome.say(
        f"{_GRID} x {_GRID} points, decoded: the quantiles of the prior, so that each cell stands for as much of it."
    )


def _neighbours(
    outcome: Outcome, digits: NoteSet, reader: Reader, found: Found, models: Models, rng: np.random.Generator
) -> None:
    outcome.section("What lies beside a code")
    outcome.say(
        "A code of a test picture, moved a little in a random direction and decoded: first at rest, then by steps in "
        "standard deviations of the codes, so that a space of any size is asked the same."
    )
    picture = digits.x[_one_of_each(digits, reader)[3:4]]
    noise = rng.standard_normal((_NEIGHBOURS - 1, MORE))
    rows = []
    for name in _SHOWN:
        model = models[name, MORE]
        spread = model.encode(digits.x[reader.decoded]).mean.std(0)
        z = model.encode(picture).mean
        for step in STEPS[1:]:
            rows.append((f"{name}, {step:g}", model.decode(np.concatenate([z, z + step * spread * noise]))))
    outcome.draw("neighbours", draw_rows(rows), "a decoded code, and its neighbours at three distances, for three ways")
    curves = {
        _label(name, latent): {
            step: (
                float(np.mean([one.moved[step].same for one in found[name, latent]])),
                float(np.mean([one.moved[step].away for one in found[name, latent]])),
            )
            for step in STEPS
        }
        for name in _SHOWN
        for latent in LATENTS
    }
    outcome.draw("moved", draw_moved(curves), "how often a moved code is the same digit, and how far from any digit")
    outcome.say(
        f"Read: by the nearest five of {len(reader.known):,} training pictures, which tell "
        f"{100 * reader.accuracy:.1f} % of test pictures right. Distance: from the nearest of them, "
        f"{reader.usual:.3f} grey levels for a test picture."
    )


def _generation(outcome: Outcome, reader: Reader, found: Found, models: Models, rng: np.random.Generator) -> None:
    outcome.section("What comes of points that no picture was encoded to")
    noise = rng.standard_normal((16, MORE))
    rows = [(name, model.decode(noise)) for name, model in _of(models, MORE).items()]
    outcome.draw("drawn", draw_rows(rows), f"sixteen points of N(0, 1) in {MORE} dimensions, decoded by each way")
    outcome.table(
        (
            "way",
            "deviation of the codes",
            "discrepancy from the prior",
            "of the prior itself, 95 %",
            "Frechet distance, codes of N(0, 1)",
            "codes of their own mean and deviation",
        ),
        [
            (
                _label(name, latent),
                with_spread([one.deviation for one in told], 2),
                with_spread([one.discrepancy for one in told], 4),
                f"{np.mean([one.chance for one in told]):.4f}",
                with_spread([one.prior for one in told], 2),
                with_spread([one.fitted for one in told], 2),
            )
            for (name, latent), told in found.items()
        ],
        f"mean and standard deviation over seeds. The Frechet distance is that of {DECODED:,} decoded points from as "
        "many test pictures, in 32 principal components of their grey levels; training pictures are "
        f"{reader.chance:.2f} from them",
    )


def _between(outcome: Outcome, digits: NoteSet, reader: Reader, models: Models) -> None:
    outcome.section("On the way from one digit to another")
    chosen = _one_of_each(digits, reader)
    ends = [(chosen[a], chosen[b]) for a, b in ((3, 8), (4, 9), (0, 7))]
    rows = [(name, _way(models[name, MORE], digits.x[list(pair)], _PATH)) for pair in ends for name in _SHOWN]
    outcome.draw("interpolation", draw_rows(rows), "three ways from one digit to another, each by three models")
    pairs = [(chosen[digit], chosen[(digit + 1) % CLASSES]) for digit in range(CLASSES)]
    frames = np.stack(
        [
            np.stack([_way(models[name, MORE], digits.x[list(pair)], _FILMED) for pair in pairs], axis=1)
            for name in _SHOWN
        ],
        axis=1,
    )
    outcome.animate("interpolation", film(frames), "each digit on its way to the next, by three models")
    outcome.say(f"From above: {', '.join(_SHOWN)}; each digit becomes the next one, {MORE} dimensions.")


def _unfolded(outcome: Outcome, digits: NoteSet, reader: Reader, models: Models) -> None:
    outcome.section(f"{MORE} dimensions on a plane")
    rows = reader.test[:_UNFOLDED]
    places = {_label(name, MORE): tsne(models[name, MORE].encode(digits.x[rows]).mean) for name in _SHOWN}
    places["pixels"] = tsne(digits.x[rows].reshape(len(rows), -1))
    outcome.draw("tsne", draw_scatters(places, digits.timbre[rows], prior=False), "codes unfolded by t-SNE, by digit")
    outcome.say(
        f"t-SNE of {len(rows):,} test pictures' codes, and of their pixels. It keeps who is near whom, and nothing of "
        "distances: islands in it are no proof of gaps in the space, and an autoencoder's look as good as any."
    )


def _collapse(outcome: Outcome, found: Found) -> None:
    outcome.section("Which dimensions say anything")
    told = {name: one for (name, latent), one in found.items() if latent == MORE and one[0].nats}
    mean = {name: np.mean([np.sort(one.nats) for one in seeds], axis=0) for name, seeds in told.items()}
    outcome.draw("dimensions", draw_nats(mean, COLLAPSED_NATS), "nats of each dimension, the largest first")
    outcome.table(
        ("way", "nats", "active, by seed"),
        [
            (
                _label(name, latent),
                with_spread([sum(one.nats) for one in seeds], 1) if seeds[0].nats else "",
                ", ".join(str(one.active) for one in seeds),
            )
            for (name, latent), seeds in found.items()
        ],
        f"active: the codes vary by more than 0.01, and say more than {COLLAPSED_NATS} nats (certain codes: by a "
        "hundredth of what the liveliest dimension varies)",
    )


def _keep(outcome: Outcome, found: Found, reader: Reader) -> None:
    outcome.figures["ways"] = {
        _label(name, latent): [_plain(one) for one in told] for (name, latent), told in found.items()
    }
    outcome.figures["reader"] = {
        "accuracy": round(reader.accuracy, 4),
        "usual": round(reader.usual, 5),
        "chance": round(reader.chance, 4),
    }


def _plain(told: Told) -> dict[str, object]:
    """One training's figures, by seed."""
    figures = {name: value for name, value in vars(told).items() if isinstance(value, int | float)}
    return {name: round(value, 5) for name, value in figures.items()} | {
        "nats": [round(value, 4) for value in told.nats],
        "moved": {f"{step:g}": [round(one.same, 4), round(one.away, 4)] for step, one in told.moved.items()},
    }


def _of(models: Models, latent: int) -> dict[str, Model]:
    return {name: model for (name, of), model in models.items() if of == latent}


def _label(name: str, latent: int) -> str:
    return f"{name}; D = {latent}"


def _one_of_each(digits: NoteSet, reader: Reader) -> list[int]:
    """The first test picture of each digit."""
    return [int(reader.test[digits.timbre[reader.test] == digit][0]) for digit in range(CLASSES)]


def _grid(model: Model) -> Float32s:
    """[rows, columns, 28, 28]: the quantiles of the prior, decoded, the second dimension upwards."""
    places = [NormalDist().inv_cdf((step + 0.5) / _GRID) for step in range(_GRID)]
    z = np.array([(across, up) for up in reversed(places) for across in places])
    return model.decode(z).reshape(_GRID, _GRID, SIDE, SIDE)


def _way(model: Model, ends: Float32s, steps: int) -> Float32s:
    """[steps + 1, 28, 28], from one picture's code straight to the other's."""
    one, other = model.encode(ends).mean
    return model.decode(path(one, other, steps))
