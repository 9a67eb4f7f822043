"""The trainings that are compared: what the network is told of the note, its dimensions, how its decoder grows.

The network, its loss and its optimiser are the package's configuration `published`, its data half as wide and half as
long as the source's; the last way is `plucked`, which the package ships.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.training.config import ConvolutionalDecoder, ConvolutionalEncoder, TrainConfig, find_config, load_config
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.subject import Codes, batches
from oscvae.training.fit.learner import Learner
from oscvae.training.fit.run import CHECKPOINTS, LAST, RECORD, begin_run, check_resumed
from oscvae.training.fit.train import make_trainer, quieten
from oscvae.training.model.network import NoteModel, in_frames
from oscvae.training.studies.ukulelatent.networks import (
    NUMBER,
    ONE_HOTS,
    ToldEncoder,
    TransposedDecoder,
    shifted,
    told,
)

LATENT = 4
LATENTS = (2, 3, LATENT, 8)
DONE = "done"
"""An empty file in the folder of a run that is over."""


@dataclass(frozen=True)
class Way:
    """One way. tells: what the decoder is told, and the encoder where encoder_too; shifts: what is encoded is moved to
    one pitch; transposed: convolutions grow the spectrum; swaps: half of the notes are decoded from the code of another
    note of their instrument; config: of the package."""

    name: str
    place: str
    """Of its folders."""
    tells: str = ONE_HOTS
    encoder_too: bool = False
    shifts: bool = False
    transposed: bool = False
    swaps: bool = False
    config: str = "published"
    source: str = ""
    """What the source says came of it."""


SCALAR = Way("f0 as a number, to both", "number", NUMBER, True, source="bypassed")
SHIFT = Way("shifted to one pitch; a number", "shifted", NUMBER, shifts=True, source="fails to reconstruct")
SHIFT_ONE_HOTS = Way("shifted to one pitch; one-hots", "shifted-one-hots", shifts=True)
PUBLISHED = Way("one-hots of 7 and 12", "one-hots", source="it worked")
SWAPPED = Way("one-hots, codes swapped", "swapped", swaps=True)
OURS = Way("this package's plucked", "plucked", config="plucked")
TRANSPOSED = Way("one-hots, transposed convolutions", "transposed", transposed=True, source="checkerboard")
WAYS = (SCALAR, SHIFT, SHIFT_ONE_HOTS, PUBLISHED, SWAPPED, OURS)


@dataclass(frozen=True)
class Size:
    """How much is trained, and on how much."""

    seeds: int
    steps: int
    batch: int
    our_steps: int
    asked: int
    """Withheld notes that are decoded, as themselves and as others."""
    points: int
    """Random points that are heard for what each dimension does."""
    latents: tuple[int, ...]

    @classmethod
    def of(cls, small: bool) -> Size:
        return cls(1, 6, 8, 6, 6, 6, (2, LATENT)) if small else cls(3, 600, 16, 400, 140, 40, LATENTS)


def configured(way: Way, latent: int, seed: int, notes: NoteSet, size: Size) -> TrainConfig:
    """The configuration that the package has, made small enough for one core and a minute."""
    common = [
        "name=ukulelatent",
        f"seed={seed}",
        f"latent={latent}",
        *("loss.looped=1", "loss.late=1", "fit.threads=1", "watch.hear_every=0", "watch.keep=last"),
    ]
    if way.config == "plucked":
        knots = min(32, notes.analysis.frames // 2)
        return load_config(
            find_config(way.config),
            [
                *common,
                *(f"{part}.knots={knots}" for part in ("encoder", "decoder")),
                *(f"{part}.dense_knots={min(10, knots - 2)}" for part in ("encoder", "decoder")),
                "decoder.width=192",
                f"fit.steps={size.our_steps}",
                f"watch.every_steps={max(1, size.our_steps // 2)}",
            ],
        )
    return load_config(
        find_config(way.config),
        [
            *common,
            # exp(-|x - y|^2 / D^2); the report's loss, which has no part for the variances
            *(f"regulariser.width={2.0**-0.5 * latent:.4g}", "regulariser.variance=0"),
            f"swap.probability={0.5 if way.swaps else 0.0}",
            *("optimiser.rate=3e-3", "optimiser.schedule=cosine", "optimiser.warm_up_steps=20"),
            f"fit.steps={size.steps}",
            f"fit.batch={size.batch}",
            f"watch.every_steps={max(1, size.steps // 2)}",
        ],
    )


class WayLearner(Learner):
    """The package's learner, for a network that is told something else, or built otherwise."""

    def __init__(self, way: Way, config: TrainConfig, notes: NoteSet) -> None:
        super().__init__(config, notes)
        self.model = network(way, config, notes, self.model)
        self.octave, self.semitone = told(way.tells, notes.note, notes.analysis)
        self._seen = torch.from_numpy(shifted(notes.x, notes.note, notes.analysis)) if way.shifts else None

    def notes(self, rows: Tensor) -> Tensor:
        """What is encoded."""
        return super().notes(rows) if self._seen is None else self._seen[rows.to(self._seen.device)].to(self.device)


def network(way: Way, config: TrainConfig, notes: NoteSet, model: NoteModel) -> NoteModel:
    """The package's model, with the parts that a way has otherwise."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        if way.encoder_too and isinstance(config.encoder, ConvolutionalEncoder):
            model.encoder = ToldEncoder(config.encoder, config.latent, notes.analysis)
        if way.transposed and isinstance(config.decoder, ConvolutionalDecoder):
            model.decoder = TransposedDecoder(config.decoder, config.latent, notes.analysis)
    return model.to(memory_format=torch.channels_last) if way.config == "published" else model


def trained(way: Way, latent: int, seed: int, notes: NoteSet, data: Path, place: Path, size: Size) -> Model:
    """One training, in a run folder of its own: stopped, it goes on; done, it is read.

    Raises ConfigError and DataError for a folder that was begun otherwise.
    """
    config = configured(way, latent, seed, notes, size)
    begun = (place / RECORD).is_file()
    if begun:
        check_resumed(place, config, notes)
    quieten()
    torch.set_num_threads(1)
    learner = WayLearner(way, config, notes)
    last = place / CHECKPOINTS / f"{LAST}.ckpt"
    if not (place / DONE).is_file():
        keep = ModelCheckpoint(place / CHECKPOINTS, LAST, monitor=None, save_top_k=1, enable_version_counter=False)
        trainer = make_trainer({"accelerator": "cpu"}, config.optimiser.clip, learner, [keep], place)
        if not begun:
            begin_run(place, config, notes, data)
        trainer.fit(learner, ckpt_path=last if last.is_file() else None)
        (place / DONE).touch()
    learner.load_state_dict(torch.load(last, map_location="cpu", weights_only=True)["state_dict"])
    return Model(way, learner.model.eval(), notes)


class Model:
    """A trained network, asked for many notes at once."""

    def __init__(self, way: Way, module: NoteModel, notes: NoteSet) -> None:
        self._way, self._module, self._analysis = way, module, notes.analysis

    def encode(self, x: Float32s, note: Int64s) -> Codes:
        """Of spectra [N, bands, frames] of notes [N]."""
        seen = shifted(x, note, self._analysis) if self._way.shifts else x
        with torch.inference_mode():
            found = [
                self._module.encode(torch.from_numpy(seen[part]), *told(self._way.tells, note[part], self._analysis))
                for part in batches(len(note))
            ]
        mean, log_variance = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
        return Codes(mean, log_variance)

    def decode(self, z: Float32s | Float64s, note: Int64s) -> Float32s:
        """Codes [N, D] at notes [N] -> spectra [N, bands, frames]."""
        codes = torch.from_numpy(z.astype("float32"))
        with torch.inference_mode():
            parts = [
                in_frames(
                    self._module(codes[part], *told(self._way.tells, note[part], self._analysis)),
                    self._module.knots,
                    self._analysis.frames,
                )
                for part in batches(len(note))
            ]
        decoded: Float32s = torch.cat(parts).numpy()
        return decoded
