"""Where a run begins that does not begin from nothing: at the network of a model file, or of another run.

A small set of one's own says too little to learn from it what a sound is. A network that was trained on many has that
already, and only has to learn what these sound like (fine-tuning).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from oscvae.errors import ConfigError, DataError, ModelError
from oscvae.model.analysis import NoteAnalysis
from oscvae.model.document import SUFFIX, model_path, read_document
from oscvae.model.torchscript import parameters
from oscvae.settings.sections import default_config_path
from oscvae.training.config import AdditiveDecoder, TrainConfig, has_partials
from oscvae.training.data.dataset import NoteSet
from oscvae.training.fit.run import RECORD, effects_of, load_run, read_record

NOTHING = "nothing"
EFFECTS_START = "hits"
"""The model that ships at which a small set with effects of its own begins."""
KEPT = ("latent", "encoder", "decoder", "refine")
"""The sections of a configuration that are those of the network, whatever it is trained with."""
PLACES = "encoder.places"
"""The parameter that says where effects lie."""
_FREE = {"note_min", "note_max"}


class Start(NamedTuple):
    """A trained network, and what it was trained with."""

    source: str
    """As the record of a run keeps it."""
    config: TrainConfig
    analysis: NoteAnalysis
    weights: dict[str, Any]
    """Its parameters by name, float32, on the CPU."""
    effects: tuple[str, ...] = ()
    """Of one that was trained with effects, their names, the dry sound first."""


def open_start(source: str, models: Path | None = None) -> Start:
    """The network of a run's folder, of a model file, or of the model called so in the folder `models`.

    models: by default the folder of the models that oscvae carries. Raises ConfigError where there is none, ModelError
    and DataError for one that cannot be read or that training cannot go on with.
    """
    path = Path(source)
    if (path / RECORD).is_file():
        run = load_run(path)
        effects = tuple(effects_of(read_record(path))) if run.config.effects.size else ()
        return Start(str(path.resolve()), run.config, run.analysis, dict(run.model.named_parameters()), effects)
    if path.suffix != SUFFIX and path.name == source:
        path = model_path(models or default_config_path().parent / "models", source)
    if not path.is_file():
        raise ConfigError(f"--from {source}: no model file and no run of `oscvae train`: {path} is not there")
    return _of_model(path)


def _of_model(path: Path) -> Start:
    document = read_document(path)
    try:
        config = TrainConfig(**document.training["config"])
    except (KeyError, TypeError, ValidationError):
        raise ModelError(f"{path} does not say how it was trained, so training cannot go on with it") from None
    analysis = NoteAnalysis(**{name: getattr(document, name) for name in NoteAnalysis.model_fields})
    effects = tuple(str(one["name"]) for one in document.training.get("effects", ()))
    return Start(f"{document.name} {document.version}", config, analysis, parameters(path), effects)


def why_not(start: Start, notes: NoteSet) -> str | None:
    """Why a network cannot go on with a data set; None where it can. The range of notes may differ."""
    if _has_pitch(start.config) and notes.root_note is not None:
        return f"{start.source} was trained with notes, and these data have no pitch"
    if not _has_pitch(start.config) and notes.root_note is None:
        return f"{start.source} was trained with sounds without pitch, and these data are notes"
    theirs, ours = (one.solved().model_dump(exclude=_FREE) for one in (start.analysis, notes.analysis))
    other = [key for key in theirs if theirs[key] != ours[key]]
    if not other:
        return None
    said = ", ".join(f"{key} {theirs[key]} and not {ours[key]}" for key in other)
    return f"{start.source} was trained with {said}"


def _has_pitch(config: TrainConfig) -> bool:
    return not isinstance(config.decoder, AdditiveDecoder) or config.decoder.partials > 0


def check_fits(start: Start, notes: NoteSet) -> None:
    """Raises DataError where a network cannot go on with a data set."""
    if (why := why_not(start, notes)) is not None:
        raise DataError(f"{why}: build the set so (`oscvae dataset build --set analysis.KEY=VALUE`), or --from nothing")


def go_on_from(start: Start, config: TrainConfig, overrides: Sequence[str] = ()) -> TrainConfig:
    """A configuration with the sections that are the network's own (`KEPT`).

    Without partials, nothing is asked of their pitch. Raises ConfigError where an override would have changed one of
    them.
    """
    for setting in overrides:
        section = setting.partition("=")[0].split(".")[0].strip()
        if section in KEPT:
            raise ConfigError(f"--set {setting}: {section} is that of {start.source}; --from nothing leaves it to you")
    told = config.model_copy(update={name: getattr(start.config, name) for name in KEPT})
    if has_partials(told.decoder):
        return told
    return told.model_copy(update={"loss": told.loss.model_copy(update={"pitch": 0.0})})


def load_into(model: Any, start: Start, effects: Sequence[str] = ()) -> None:
    """Its parameters into a fresh network of the same configuration. effects: those of the data that it is to go on
    with; where they are others, their places are left as they are. Raises ModelError where the parameters are others.
    """
    import torch

    left = {PLACES} if start.effects and tuple(effects) != start.effects else set()
    wanted = {name: value for name, value in model.named_parameters() if name not in left}
    given = {name: value for name, value in start.weights.items() if name not in left}
    if {name: value.shape for name, value in wanted.items()} != {n: v.shape for n, v in given.items()}:
        raise ModelError(f"{start.source} holds other parameters than its configuration says")
    with torch.no_grad():
        for name, value in wanted.items():
            value.copy_(given[name])
