"""The configuration of a training run: one YAML file, every key typed and bounded.

The files beside this one in `configs/` are complete; `plucked` is the default. Loading needs no torch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from oscvae.errors import ConfigError
from oscvae.settings.reader import Document, Section, nearest

Output = Literal["deterministic", "stochastic"]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1, max_length=12)]
Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]

CONFIGS = Path(__file__).resolve().parent / "configs"
DEFAULT = "plucked"
OWN, OWN_SCRATCH = "own", "scratch"
"""That of a set of few notes, which begins at a model that ships, and where it begins at random weights."""
UNPITCHED = "drums"
"""That of sounds without pitch."""
EFFECTS, OWN_EFFECTS = "coast", "board"
"""That of a set with effects of its own, of many sounds and of few."""
_INSTEAD: dict[tuple[str, ...], str] = {("fit", "steps"): "epochs", ("fit", "epochs"): "steps"}
"""A key that is set by hand, and the one that it replaces."""


class KnotsEncoder(Section):
    """Spectra averaged around a few times, then convolutions over those."""

    kind: Literal["knots"] = "knots"
    output: Output = "stochastic"
    knots: Annotated[int, Field(ge=3, le=512)] = 28
    dense_knots: Annotated[int, Field(ge=2, le=511)] = 10
    release_knots: Annotated[int, Field(ge=0, le=256)] = 0
    release_frame: Annotated[int, Field(ge=0, le=4095)] = 0
    channels: Annotated[int, Field(ge=2, le=4096)] = 128


class ConvolutionalEncoder(Section):
    """Convolutions of stride 2 over bands and frames, each with batch normalisation, then dense layers."""

    kind: Literal["convolutional"]
    output: Output = "stochastic"
    channels: Counts = (16, 32, 64, 128, 256)
    kernel: Annotated[int, Field(ge=1, le=31)] = 5
    hidden: Counts = (1024, 256)


class AdditiveDecoder(Section):
    """Partials and noise bands at a few times, drawn as lobes at their exact frequencies."""

    kind: Literal["additive"] = "additive"
    output: Output = "deterministic"
    partials: Annotated[int, Field(ge=0, le=256)] = 48
    """0 for sounds without pitch."""
    knots: Annotated[int, Field(ge=3, le=512)] = 28
    dense_knots: Annotated[int, Field(ge=2, le=511)] = 10
    release_knots: Annotated[int, Field(ge=0, le=256)] = 0
    release_frame: Annotated[int, Field(ge=0, le=4095)] = 0
    bumps: Annotated[int, Field(ge=2, le=256)] = 19
    clear_partials: Annotated[int, Field(ge=0, le=256)] = 0
    noise_db: Annotated[float, Field(ge=-80, le=20)] | None = None
    noise_over_db: Annotated[float, Field(ge=-80, le=20)] | None = None
    gain_points: Annotated[int, Field(ge=0, le=256)] = 0
    width: Count = 384
    codes: Count = 96
    channels: Count = 192

    @model_validator(mode="after")
    def _check(self) -> Self:
        limits = (self.noise_db, self.noise_over_db)
        if self.partials == 0 and (self.clear_partials or any(limit is not None for limit in limits)):
            raise ValueError(
                "partials is 0: without partials, noise has none to keep clear of (clear_partials, noise_db, "
                "noise_over_db)"
            )
        return self


class ConvolutionalDecoder(Section):
    """Dense layers, then upsampling by two and a convolution, as often as there are channels."""

    kind: Literal["convolutional"]
    output: Output = "deterministic"
    hidden: Counts = (256, 1024)
    channels: Counts = (256, 128, 64, 32, 4)
    kernels: Counts = (5, 5, 7, 9, 7)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.kernels) != len(self.channels):
            raise ValueError(f"kernels has {len(self.kernels)} numbers, channels {len(self.channels)}: one for each")
        if any(kernel % 2 == 0 for kernel in self.kernels):
            raise ValueError(f"kernels holds an even number: {list(self.kernels)}, only odd ones have a middle")
        return self


class RegulariserConfig(Section):
    """What keeps the latent space near a standard normal, and how strongly over time."""

    kind: Literal["none", "kl", "mmd-rbf", "mmd-imq"] = "kl"
    weight: Weight = 3e-4
    variance: Weight = 0.0
    free_nats: Weight = 0.0
    width: Annotated[float, Field(gt=0, le=1e3)] | None = None
    schedule: Literal["constant", "linear", "cyclical"] = "constant"
    warm_up_steps: Annotated[int, Field(ge=0)] = 0
    cycles: Annotated[int, Field(ge=1, le=1000)] = 4
    ramp: Annotated[float, Field(gt=0, le=1)] = 0.5


class LossConfig(Section):
    """Weights of the parts of the reconstruction loss."""

    square: Weight = 1.0
    convergence: Weight = 0.05
    peak: Weight = 0.0
    pitch: Weight = 0.0
    looped: Share = 0.3
    late: Share = 1.0
    late_s: Annotated[float, Field(gt=0, le=60)] = 1.7


class RefineConfig(Section):
    """How `encode` goes on from the encoder's guess (`training.model.refining`); training knows nothing of it."""

    rounds: Annotated[int, Field(ge=0, le=16)] = 0
    seconds: Annotated[float, Field(gt=0, le=60)] = 1.7
    convergence: Weight = 0.0
    anchor: Weight = 0.0
    damping: Annotated[float, Field(gt=0, le=10)] = 0.1


class EffectsConfig(Section):
    """A latent of two parts, where the data keep their sounds: which sound, and then which effect is on it.

    size: how many of the last dimensions say the effect; 0 trains without effects. at_once: effects in a batch, the dry
    sound among them; each is put on each of batch / at_once sounds. dry: how often a sound's code is that of the dry
    sound, and not of it under another effect. table_rate: times the learning rate, for the places of the effects.
    regression: weight of what the encoder's codes are off these places. unseen: effects that are never trained on.
    unseen_pairs: share of the pairs of sound and effect that is never trained on.
    """

    size: Annotated[int, Field(ge=0, le=16)] = 0
    at_once: Annotated[int, Field(ge=2, le=64)] = 5
    dry: Share = 0.5
    table_rate: Annotated[float, Field(gt=0, le=100)] = 4.0
    regression: Weight = 0.03
    unseen: tuple[str, ...] = ()
    unseen_pairs: Annotated[float, Field(ge=0, le=0.5)] = 0.1


class SwapConfig(Section):
    """Decoding a note from the codes of other notes of its instrument."""

    probability: Share = 0.5
    semitones: Annotated[int, Field(ge=0, le=127)] = 12
    velocities: Annotated[int, Field(ge=0, le=127)] = 16


class AugmentConfig(Section):
    """What happens to some of the notes that are encoded, and never to those that are to come out.

    The fields are those of `oscvae.training.data.augment.Augment`.
    """

    probability: Share = 0.0
    time_frames: Annotated[int, Field(ge=0, le=4096)] = 0
    bands: Annotated[int, Field(ge=0, le=4096)] = 0
    gain_db: Annotated[float, Field(ge=0, le=80)] = 0.0
    detune_cents: Annotated[float, Field(ge=0, lt=50)] = 0.0
    noise_db: tuple[Annotated[float, Field(ge=-200, le=0)], Annotated[float, Field(ge=-200, le=0)]] | None = None


class OptimiserConfig(Section):
    kind: Literal["adam", "adamw"] = "adamw"
    rate: Annotated[float, Field(gt=0, le=10)] = 1.5e-3
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.98)
    weight_decay: Weight = 1e-4
    clip: Weight = 1.0
    schedule: Literal["constant", "halved", "cosine"] = "cosine"
    warm_up_steps: Annotated[int, Field(ge=0)] = 60
    halve_every_epochs: Count = 100


class FitConfig(Section):
    """How long, and how much at once. An epoch is as many notes as there are to train on, their copies not counted."""

    steps: Annotated[int, Field(ge=1)] | None = None
    epochs: Annotated[float, Field(gt=0)] | None = None
    batch: Annotated[int, Field(ge=2, le=65536)] = 32
    threads: Annotated[int, Field(ge=1, le=256)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        return self


class WatchConfig(Section):
    """What is looked at while training, and when."""

    every_steps: Count = 250
    log_steps: Count = 20
    patience: Annotated[int, Field(ge=0)] = 0
    keep: Literal["best", "last"] = "best"
    hear_every: Annotated[int, Field(ge=0)] = 4
    hear_notes: Annotated[int, Field(ge=1, le=32)] = 4
    active_variance: Annotated[float, Field(gt=0, le=1)] = 0.01


class TrainConfig(Section):
    """Everything that a run depends on, besides its data."""

    example = "optimiser.rate=1e-3"

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    latent: Annotated[int, Field(ge=1, le=64)] = 4
    encoder: Annotated[KnotsEncoder | ConvolutionalEncoder, Field(discriminator="kind")] = KnotsEncoder()
    decoder: Annotated[AdditiveDecoder | ConvolutionalDecoder, Field(discriminator="kind")] = AdditiveDecoder()
    regulariser: RegulariserConfig = RegulariserConfig()
    loss: LossConfig = LossConfig()
    refine: RefineConfig = RefineConfig()
    swap: SwapConfig = SwapConfig()
    effects: EffectsConfig = EffectsConfig()
    augment: AugmentConfig = AugmentConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    fit: FitConfig
    watch: WatchConfig = WatchConfig()
    trainer: dict[str, Any] = Field(default_factory=dict)
    without_gpu: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _fill_kinds(cls, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        kinds = {"encoder": "knots", "decoder": "additive"}
        filled = {key: {"kind": kind, **tree[key]} for key, kind in kinds.items() if isinstance(tree.get(key), dict)}
        return {**tree, **filled}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.regulariser.kind == "kl" and self.encoder.output == "deterministic":
            raise ValueError("regulariser.kind kl needs a stochastic encoder: a point has no divergence; use mmd-rbf")
        if self.regulariser.variance > 0.0 and not self.regulariser.kind.startswith("mmd"):
            raise ValueError("regulariser.variance belongs to mmd-rbf and mmd-imq: kl has it already")
        if self.regulariser.free_nats > 0.0 and self.regulariser.kind != "kl":
            raise ValueError("regulariser.free_nats belongs to kl: only a divergence is counted in nats")
        for section in (self.encoder, self.decoder):
            if isinstance(section, KnotsEncoder | AdditiveDecoder):
                _check_knots(section)
        if self.effects.size:
            self._check_effects()
        if self.loss.pitch > 0.0 and not has_partials(self.decoder):
            raise ValueError("loss.pitch is asked of partials: it wants a decoder of kind additive that has some")
        return self

    def _check_effects(self) -> None:
        if self.effects.size >= self.latent:
            raise ValueError(
                f"effects.size {self.effects.size} must be below latent {self.latent}: the rest is the sound"
            )
        if not isinstance(self.encoder, KnotsEncoder) or not isinstance(self.decoder, AdditiveDecoder):
            raise ValueError("effects want an encoder of kind knots and a decoder of kind additive")
        if knot_keys(self.encoder) != knot_keys(self.decoder):
            raise ValueError("effects want the same knots in encoder and decoder")
        if self.encoder.output != "stochastic" or self.decoder.output != "deterministic":
            raise ValueError("effects want a stochastic encoder and a deterministic decoder")
        if self.regulariser.kind != "kl":
            raise ValueError("effects want regulariser.kind kl")
        if self.fit.batch % self.effects.at_once or self.fit.batch < 2 * self.effects.at_once:
            raise ValueError(
                f"fit.batch {self.fit.batch} must be a multiple of effects.at_once {self.effects.at_once}, two or more"
            )


def has_partials(decoder: AdditiveDecoder | ConvolutionalDecoder) -> bool:
    return isinstance(decoder, AdditiveDecoder) and decoder.partials > 0


def knot_keys(section: KnotsEncoder | AdditiveDecoder) -> tuple[int, ...]:
    """What says where the knots of a section lie."""
    return section.knots, section.dense_knots, section.release_knots, section.release_frame


def _check_knots(section: KnotsEncoder | AdditiveDecoder) -> None:
    held = section.knots - section.release_knots
    if section.dense_knots >= held:
        less = f", less the {section.release_knots} of the release" if section.release_knots else ""
        raise ValueError(f"dense_knots {section.dense_knots} must be below knots {section.knots}{less}")
    if (section.release_knots == 0) != (section.release_frame == 0):
        raise ValueError("release_knots and release_frame: give both, or neither")
    if section.release_knots == 1:
        raise ValueError("release_knots is 1: it must be 0, or 2 and more")


def packaged() -> list[str]:
    """The names of the configurations that oscvae carries."""
    return sorted(path.stem for path in CONFIGS.glob("*.yaml"))


def find_config(name: str) -> Path:
    """The file that `--config` means: a path, or the name of one that oscvae carries. Raises ConfigError."""
    path = Path(name)
    if path.is_file():
        return path
    if path.name == name and not path.suffix:
        carried = CONFIGS / f"{name}.yaml"
        if carried.is_file():
            return carried
        raise ConfigError(f"no configuration {name!r}: a file, or one that oscvae carries; {nearest(name, packaged())}")
    raise ConfigError(f"cannot read the configuration {name}: no such file")


def load_config(path: Path, overrides: Sequence[str] = (), has_gpu: Callable[[], bool] = lambda: False) -> TrainConfig:
    """The configuration in `path`; without a GPU its section `without_gpu` applies, and `overrides` in any case.

    The section is used up: what is returned says what is trained. Raises ConfigError that lists all that is wrong.
    """
    document = Document.read(TrainConfig, path)
    config = document.check()
    for key, value in config.without_gpu.items() if config.without_gpu and not has_gpu() else ():
        where = document.where(("without_gpu", str(key)))
        document.put(tuple(str(key).split(".")), value, f"{where}: without_gpu")
    document.drop(("without_gpu",))
    for setting in overrides:
        given = document.set(setting)
        if given in _INSTEAD:
            document.drop((given[0], _INSTEAD[given]))
    return document.check()


def to_yaml(config: Section) -> str:
    """A configuration as a file that `load_config` reads as the same."""
    tree = copy.deepcopy(config.model_dump(mode="json"))
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))
