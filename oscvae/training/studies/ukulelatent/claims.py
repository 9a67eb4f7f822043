"""What the source says of pitch, of its dimensions and of its decoder, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from oscvae.training.studies.outcome import Claim
from oscvae.training.studies.ukulelatent.measures import PROPERTIES, Told
from oscvae.training.studies.ukulelatent.ways import (
    LATENT,
    OURS,
    PUBLISHED,
    SCALAR,
    SHIFT,
    SHIFT_ONE_HOTS,
    SWAPPED,
    TRANSPOSED,
)

Found = dict[tuple[str, int], list[Told]]
"""By the name of the way and its dimensions, one for each seed."""

MOSTLY = 0.5
"""The rank correlation from which on a property lies along a dimension."""
ROBUST = 0.95
"""Of notes that a robust estimator hears right."""


def judge(found: Found, heard: tuple[float, float, float, int]) -> list[Claim]:
    """heard: how often recordings are heard right by this package, and by the source's estimator of all notes and of
    those that it looks for, and how many it does not look for."""
    number, shift, control, one_hots, swapped, ours, transposed = (
        found[way.name, LATENT] for way in (SCALAR, SHIFT, SHIFT_ONE_HOTS, PUBLISHED, SWAPPED, OURS, TRANSPOSED)
    )
    right, theirs, theirs_high, below = heard
    return [
        Claim(
            "f0 as one more number, to encoder and decoder, fails",
            f"{_share(number, 'asked')} % of the notes that are asked for come, within 50 cents (one-hots "
            f"{_share(one_hots, 'asked')} %)",
            _every(number, one_hots, lambda a, b: a.asked < b.asked),
        ),
        Claim(
            "and it fails because the network bypasses the number",
            f"{_share(number, 'stays')} % stay at the note that was encoded; the same code at two notes differs by "
            f"{_of(number, 'moved_db')} dB, with one-hots by {_of(one_hots, 'moved_db')}. The number is heeded where "
            "fewer stay than come",
            _all(number, lambda told: told.stays > told.asked),
        ),
        Claim(
            "what is shifted to one pitch and decoded from the note as a number cannot be reconstructed",
            f"withheld notes at {_of(shift, 'lsd_db')} dB (one-hots {_of(one_hots, 'lsd_db')}), "
            f"{_share(shift, 'own')} % of them in tune ({_share(one_hots, 'own')})",
            _every(shift, one_hots, lambda a, b: a.lsd_db > b.lsd_db and a.own < b.own),
        ),
        Claim(
            "(not in the source) it is the number that fails there, and not the shift",
            f"shifted as well, but with one-hots: {_of(control, 'lsd_db')} dB, {_share(control, 'own')} % in tune",
            _every(control, shift, lambda a, b: a.lsd_db < b.lsd_db and a.own > b.own),
        ),
        Claim(
            "one-hots of 7 and 12 work: the pitch can be chosen",
            f"{_share(one_hots, 'asked')} % of the notes that are asked for come, {_share(one_hots, 'stays')} % stay; "
            f"of the recordings' own spectra {100.0 * right:.0f} % are heard as the notes that they are",
            _all(one_hots, lambda told: told.asked > told.stays)
            and _every(one_hots, number, lambda a, b: a.asked > b.asked)
            and _every(one_hots, shift, lambda a, b: a.asked > b.asked),
        ),
        Claim(
            "its f0 by autocorrelation is robust",
            f"right of {100.0 * theirs:.0f} % of the recordings, and of {100.0 * theirs_high:.0f} % of those above its "
            f"least 100 Hz ({below} are below); this package's of {100.0 * right:.0f} %",
            theirs > ROBUST if len(one_hots) > 1 else None,
        ),
        Claim(
            "low end, damping and metal are what four dimensions say",
            "strongest rank correlation with any of them, by seed: "
            + "; ".join(f"{name} {', '.join(_strongest(told, name) for told in one_hots)}" for name in PROPERTIES),
            _all(one_hots, lambda told: all(_most(told, name) > MOSTLY for name in PROPERTIES)),
        ),
        Claim(
            "four dimensions may be too many for these data",
            "; ".join(f"D = {latent}: {_of(told, 'lsd_db', 2)} dB" for latent, told in by_latent(found).items()),
            _enough(found),
        ),
        Claim(
            "transposed convolutions leave a checkerboard, upsampling is smoother",
            "; ".join(
                f"along {axis} every second place stands out by "
                f"{with_spread([one.grain[axis] for one in transposed], 1)} dB, with upsampling by "
                f"{with_spread([one.grain[axis] for one in one_hots], 1)}"
                for axis in ("bands", "frames")
            )
            + ". The coarser axis decides",
            _every(transposed, one_hots, lambda a, b: a.grain_db > b.grain_db),
        ),
        Claim(
            "(not in the source) codes swapped with those of other notes of their instrument leave the note to "
            "the one-hots",
            f"{_share(swapped, 'asked')} % of the notes that are asked for come instead of "
            f"{_share(one_hots, 'asked')}; R^2 of the note in the code {_of(swapped, 'pitch_in_code', 2)} instead of "
            f"{_of(one_hots, 'pitch_in_code', 2)}",
            _every(swapped, one_hots, lambda a, b: a.asked > b.asked and a.pitch_in_code < b.pitch_in_code),
        ),
        Claim(
            "(not in the source) partials drawn where the note has them are in tune, and nearer",
            f"{_share(ours, 'asked')} % of the notes that are asked for, {_of(ours, 'lsd_db')} dB",
            _every(ours, one_hots, lambda a, b: a.asked > b.asked and a.lsd_db < b.lsd_db),
        ),
    ]


def by_latent(found: Found) -> dict[int, list[Told]]:
    """The published way, by its dimensions."""
    return {latent: told for (name, latent), told in sorted(found.items()) if name == PUBLISHED.name}


def _enough(found: Found) -> bool | None:
    """Whether three dimensions are as good as four: with every seed, with none, or neither."""
    three, four = (found.get((PUBLISHED.name, latent), []) for latent in (LATENT - 1, LATENT))
    if len(three) < 2:
        return None
    nearer = [a.lsd_db <= b.lsd_db for a, b in zip(three, four, strict=True)]
    return True if all(nearer) else False if not any(nearer) else None


def _most(told: Told, name: str) -> float:
    return max(abs(value) for value in told.heard[name])


def _strongest(told: Told, name: str) -> str:
    """The dimension that a property goes with most, and how much."""
    values = told.heard[name]
    at = int(np.argmax(np.abs(values)))
    return f"z{at + 1} {values[at]:+.2f}"


def _all(told: Sequence[Told], holds: Callable[[Told], bool]) -> bool | None:
    """Whether it holds for every seed; None for a single one."""
    return all(map(holds, told)) if len(told) > 1 else None


def _every(one: Sequence[Told], other: Sequence[Told], holds: Callable[[Told, Told], bool]) -> bool | None:
    if len(one) < 2:
        return None
    return all(holds(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def _of(told: Sequence[Told], name: str, digits: int = 1) -> str:
    return with_spread([getattr(one, name) for one in told], digits)


def _share(told: Sequence[Told], name: str) -> str:
    return with_spread([100.0 * getattr(one, name) for one in told], 0)


def with_spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over seeds."""
    found = np.array(values, np.float64)
    spread = f" ± {float(found.std(ddof=1)):.{digits}f}" if found.size > 1 else ""
    return f"{float(found.mean()):.{digits}f}{spread}"
