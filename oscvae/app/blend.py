"""`oscvae blend`: two recordings into one sound file, by the engine that plays `/blend`, the same bits each time."""

from __future__ import annotations

from pathlib import Path

from oscvae.app.render import render_moments, write_sound
from oscvae.errors import ConfigError, DataError
from oscvae.files import why
from oscvae.osc.rows import CURVE_MOST
from oscvae.play.voice.voice import SLOWEST
from oscvae.settings.sections import Config

_A, _B, _ID = "a", "b", 1
_LEAST, _MOST = -1.0, 2.0


def read_curve(path: Path) -> tuple[float, ...]:
    """The points of a curve from a text file, `place mix` a line, as /curve takes them. Raises DataError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {why(error) if isinstance(error, OSError) else error}") from error
    numbers: list[float] = []
    for count, line in enumerate(text.splitlines(), 1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            place, mix = map(float, words)
        except ValueError:
            raise DataError(f"{path}, line {count}: {line.strip()!r} must be a place, 0 to 1, and a mix") from None
        if not (numbers[-2] if numbers else 0.0) <= place <= 1.0 or not _LEAST <= mix <= _MOST:
            raise DataError(
                f"{path}, line {count}: the place must rise from 0 to 1, the mix be {_LEAST:g} to {_MOST:g}"
            )
        numbers += [place, mix]
    if not 0 < len(numbers) <= 2 * CURVE_MOST:
        raise DataError(f"{path} holds {len(numbers) // 2} points: a curve has 1 to {CURVE_MOST}")
    return tuple(numbers)


def main(
    config: Config, a: Path, b: Path, *, mix: float, curve: Path | None, rate: float, out: Path, progress: bool = True
) -> int:
    """Blend recordings `a` and `b` into the float WAV `out`.

    mix: 0 is a, 1 is b; a `curve` over the position goes before it. rate: how fast they are read, not 0.
    Raises ConfigError, DataError, ModelError, DecoderError, and SoundFileError for what cannot be read or written.
    """
    if abs(rate) < SLOWEST:
        raise ConfigError(f"--rate {rate:g} would stand still for ever: it must be {SLOWEST} to 4, or {-SLOWEST} to -4")
    points = read_curve(curve) if curve is not None else ()
    from oscvae.app.kernels import load_beside_torch

    load_beside_torch()
    from oscvae.osc.packets import Message
    from oscvae.osc.score import Moment
    from oscvae.play.offline import OfflineEngine
    from oscvae.sound.trajectory import read_trajectory

    engine = OfflineEngine(config)
    try:
        for path, handle in ((a, _A), (b, _B)):
            engine.encode(*read_trajectory(path, engine.encoding), handle)
        messages = [Message("/blend", (_ID, _A, _B, mix, rate, 1.0), "")]
        if points:
            messages.append(Message("/curve", (_ID, *points), ""))
        samples = render_moments(engine, [Moment(0, tuple(messages))], progress)
    finally:
        engine.close()
    if engine.errors:
        raise DataError(engine.errors[0])
    write_sound(out, samples, engine.rate)
    return 0
