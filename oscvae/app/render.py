"""`oscvae render`: one note, or a score, through the engine offline and into a sound file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from oscvae.errors import ConfigError, DataError, SoundFileError
from oscvae.settings.sections import Config
from oscvae.units import gain_to_db

log = logging.getLogger(__name__)

DEFAULT_VELOCITY = 0.8
ENDLESS_S = 4.0  # after which a voice is released that would never end


def main(
    config: Config,
    *,
    out: Path,
    note: float | None = None,
    z: Sequence[float] | None = None,
    velocity: float = DEFAULT_VELOCITY,
    seconds: float | None = None,
    score: Path | None = None,
    progress: bool = True,
) -> int:
    """Render `note` at the latent point `z` (None = the model's mean), or `score`, to the float WAV `out`.

    seconds: when the note is released; one that would never end, after ENDLESS_S. Returns 0, or 1 if something in a
    score could not be obeyed. Raises ConfigError for a combination that means nothing, DataError for a score that
    cannot be read, ModelError, DecoderError, and SoundFileError where `out` cannot be written.
    """
    if (note is None) == (score is None):
        raise ConfigError("give either a note (--note 60 --z 0.1,0.2,0.3,0.4) or a score (--score piece.osc)")
    from oscvae.app.kernels import load_beside_torch

    load_beside_torch()
    from oscvae.osc.packets import Message
    from oscvae.osc.score import Moment, read_score
    from oscvae.play.offline import OfflineEngine

    moments = read_score(score) if score is not None else []
    engine = OfflineEngine(config)
    try:
        if note is not None:
            loaded = engine.models.current
            assert loaded is not None
            point = tuple(z) if z is not None else loaded.document.latent.mean
            if len(point) != loaded.info.dims:
                raise ConfigError(f"--z has {len(point)} numbers, the model {loaded.name!r} has {loaded.info.dims}")
            if seconds is None and loaded.document.is_endless:
                seconds = ENDLESS_S
                log.info("the voices of %s are endless: released after %g s, --seconds says when", loaded.name, seconds)
            release = () if seconds is None else (float(seconds),)
            args = (float(note), *(float(value) for value in point), float(velocity), *release)
            moments = [Moment(0, (Message("/play", args, "," + "f" * len(args)),))]
        samples = render_moments(engine, moments, progress)
    finally:
        engine.close()
    if note is not None and engine.errors:
        raise DataError(engine.errors[0])
    write_sound(out, samples, engine.rate)
    return 1 if engine.errors else 0


def render_moments(engine: object, moments: Sequence[object], progress: bool):  # type: ignore[no-untyped-def]
    if not progress:
        return engine.play(moments)  # type: ignore[attr-defined]
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=Console(stderr=True)
    ) as bar:
        task = bar.add_task("rendering", total=None)
        return engine.play(  # type: ignore[attr-defined]
            moments, lambda seconds: bar.update(task, description=f"rendering {seconds:7.2f} s")
        )


def write_sound(out: Path, samples, rate: int) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    if not out.parent.is_dir():
        raise SoundFileError(f"{out} cannot be written: there is no folder {out.parent}")
    try:
        soundfile.write(out, samples.T, rate, subtype="FLOAT", format="WAV")
    except (OSError, RuntimeError) as error:
        raise SoundFileError(f"{out} cannot be written: {error}") from error
    peak_db = gain_to_db(float(abs(samples).max()) if samples.size else 0.0)
    log.info("%s: %.2f s, peak %.1f dBFS", out, samples.shape[1] / rate, peak_db)
