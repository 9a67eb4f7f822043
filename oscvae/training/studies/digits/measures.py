"""What a trained model says of digits: how they come back, where their codes lie, what it makes of other codes.

Sources: Y. Burda, R. Grosse and R. Salakhutdinov, Importance Weighted Autoencoders, ICLR 2016 (active units);
G. Alain and Y. Bengio, Understanding Intermediate Layers Using Linear Classifier Probes, 2016; M. Heusel et al., GANs
Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, NIPS 2017 (the Frechet distance, here
between the first principal components of pixels, in squared grey levels summed over a picture).
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.model.torchscript import one_hots
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.latent import measure_discrepancy
from oscvae.training.evaluate.realism import Embedding, frechet
from oscvae.training.evaluate.subject import Codes, batches
from oscvae.training.fit.regularisers import activity
from oscvae.training.model.network import NoteModel
from oscvae.training.studies.digits.mnist import ANALYSIS, KEY, SIDE
from oscvae.training.studies.kept import write_json

STEPS = (0.1, 0.25, 0.5, 1.0)
"""How far codes are moved: times each dimension's standard deviation, times a normal number."""
KNOWN, DECODED, MOVED = 10_000, 2_000, 500
"""Training pictures that reader and probe know; test pictures that are decoded; codes that are moved."""
TOLD = "told.json"
"""What was found of a run, in its folder."""
_ACTIVE_VARIANCE = 0.01
_COMPONENTS = 32
_NEIGHBOURS = 5
_AT_ONCE = 500


class Model:
    """A trained network, asked for many pictures at once."""

    def __init__(self, network: NoteModel, certain: bool) -> None:
        self.network, self.certain = network, certain

    def encode(self, x: Float32s) -> Codes:
        """Of pictures [N, 28, 28]."""
        with torch.inference_mode():
            found = [
                self.network.encode(torch.from_numpy(x[part]), *_key(len(x[part])))
                for part in batches(len(x), _AT_ONCE)
            ]
        mean, log_variance = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
        return Codes(mean, log_variance)

    def decode(self, z: Float32s | Float64s) -> Float32s:
        """Codes [N, D] -> pictures [N, 28, 28]."""
        z = np.asarray(z, np.float32)
        with torch.inference_mode():
            parts = [self.network(torch.from_numpy(z[part]), *_key(len(z[part]))) for part in batches(len(z), _AT_ONCE)]
        decoded: Float32s = torch.cat(parts).numpy()
        return decoded


def _key(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    octave, semitone = one_hots([KEY], ANALYSIS.first_octave)
    return octave.expand(count, -1), semitone.expand(count, -1)


def grey(x: Float32s) -> Float64s:
    """Pictures [N, 28, 28] as grey levels [N, 784], 0 black and 1 white."""
    return np.asarray(0.5 * (x.reshape(len(x), -1) + 1.0), np.float64)


class Reader:
    """Who has seen many pictures: tells which digit one is, and how far it is from all that were seen."""

    def __init__(self, digits: NoteSet) -> None:
        train, test = (np.flatnonzero((digits.split == TRAIN) == wanted) for wanted in (True, False))
        self.known, self.test = train[:KNOWN], test
        self.decoded = test[:DECODED]
        self.seen = grey(digits.x[self.known])
        self._squares = (self.seen**2).sum(1)
        self.embed = Embedding(self.seen, _COMPONENTS)
        self._neighbours = KNeighborsClassifier(_NEIGHBOURS).fit(self.embed(self.seen), digits.timbre[self.known])
        tested = digits.x[self.decoded]
        self.tested = self.embed(grey(tested))
        self.accuracy = float(np.mean(self.read(tested) == digits.timbre[self.decoded]))
        self.usual = float(np.median(self.nearest(tested)))
        """Grey levels from a test picture to the nearest that was seen."""
        self.chance = self.unlike(digits.x[self.known[:DECODED]])
        """Of training pictures, which are as good as any that a model could make."""

    def read(self, x: Float32s) -> Int64s:
        """Which digit each is, [N]."""
        told: Int64s = self._neighbours.predict(self.embed(grey(x)))
        return told

    def nearest(self, x: Float32s) -> Float64s:
        """Root mean square grey levels from the nearest picture that was seen, [N]."""
        found = grey(x)
        square = (found**2).sum(1)[:, None] + self._squares - 2.0 * found @ self.seen.T
        away: Float64s = np.sqrt(np.maximum(square.min(1), 0.0) / SIDE**2)
        return away

    def unlike(self, x: Float32s) -> float:
        """The Frechet distance of a set of pictures from the test pictures."""
        return frechet(self.embed(grey(x)), self.tested).distance


@dataclass(frozen=True)
class Moved:
    """Codes that were moved by one step, decoded."""

    same: float
    """Share that is read as the digit that it was before."""
    away: float
    """Median distance from the nearest picture that was seen, over that of a test picture from it."""


@dataclass(frozen=True)
class Told:
    """Of one training."""

    error: float
    """Root mean square grey levels of test pictures, encoded and decoded."""
    sharpness: float
    """Mean step between neighbouring pixels, over that of the originals."""
    active: int
    nats: tuple[float, ...]
    """Divergence of each dimension; empty where the encoder is certain."""
    deviation: float
    """Of the codes, root mean square over dimensions."""
    probe: float
    """Share of test pictures whose digit a linear classifier reads from the code."""
    discrepancy: float
    """Squared MMD (RBF) of codes from the prior."""
    chance: float
    """What 95 % of the prior's own sets stay below."""
    prior: float
    """Frechet distance of pictures from codes of N(0, 1)."""
    fitted: float
    """From codes of a normal distribution with the codes' own mean and deviation."""
    moved: dict[float, Moved]
    """By step."""


def told_of(place: Path, model: Model, digits: NoteSet, reader: Reader, rng: np.random.Generator) -> Told:
    """What `measure` finds of the run in the folder `place`, kept there."""
    kept = place / TOLD
    if not kept.is_file():
        write_json(kept, asdict(measure(model, digits, reader, rng)))
    held = json.loads(kept.read_text(encoding="utf-8"))
    moved = {float(step): Moved(**one) for step, one in held["moved"].items()}
    return Told(**(held | {"nats": tuple(held["nats"]), "moved": moved}))


def measure(model: Model, digits: NoteSet, reader: Reader, rng: np.random.Generator) -> Told:
    known, tested = (model.encode(digits.x[rows]) for rows in (reader.known, reader.test))
    z = tested.mean
    original = digits.x[reader.decoded]
    back = model.decode(z[: len(original)])
    log_variance = None if model.certain else torch.from_numpy(tested.log_variance)
    units = activity(torch.from_numpy(z), log_variance, _ACTIVE_VARIANCE, relative=model.certain)
    away = measure_discrepancy(tested, np.arange(len(z)), model.certain, rng)
    noise = rng.standard_normal((len(original), z.shape[1]))
    return Told(
        error=math.sqrt(float(np.mean((grey(back) - grey(original)) ** 2))),
        sharpness=_steps(back) / _steps(original),
        active=sum(units.active),
        nats=units.nats,
        deviation=math.sqrt(float(z.var(0).mean())),
        probe=_probe(known.mean, digits.timbre[reader.known], z, digits.timbre[reader.test]),
        discrepancy=away.rbf,
        chance=away.rbf_chance,
        prior=reader.unlike(model.decode(noise)),
        fitted=reader.unlike(model.decode(z.mean(0) + z.std(0) * noise)),
        moved=_moved(model, z[:MOVED], z.std(0), reader, rng),
    )


def _steps(x: Float32s) -> float:
    return float(np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=2)).mean())


def _probe(known: Float32s, labels: Int64s, tested: Float32s, wanted: Int64s) -> float:
    mean, deviation = known.mean(0), np.maximum(known.std(0), 1e-9)
    read = LogisticRegression(max_iter=1000).fit((known - mean) / deviation, labels)
    return float(np.mean(read.predict((tested - mean) / deviation) == wanted))


def _moved(
    model: Model, z: Float32s, deviation: Float32s, reader: Reader, rng: np.random.Generator
) -> dict[float, Moved]:
    before = reader.read(model.decode(z))
    found = {}
    for step in STEPS:
        x = model.decode(z + step * deviation * rng.standard_normal(z.shape))
        same = float(np.mean(reader.read(x) == before))
        found[step] = Moved(same, float(np.median(reader.nearest(x))) / reader.usual)
    return found
