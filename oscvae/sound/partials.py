"""Which of several fundamentals the partials of a sound speak for: the autocorrelation mixes up those with a common
period, and hum or a stiff string makes it prefer one that lies octaves, or a twelfth, below."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.sound.pitch import fundamental_hz
from oscvae.units import cents

_ZERO_PADDING = 4
_ORDERS = 12
_REACH = 0.06  # of the fundamental
_BETWEEN = 0.1
"""Of the energy at a note's partials, what may lie at those of a fundamental below before that is believed."""
_SURE = 0.03
"""The same where no name speaks for the note."""
_BELOW = 1.0
"""The same below the note itself, where hum and rumble are, for a third of its fundamental and less."""
_HIGHEST_ORDER = 8
_PRIMES = (2, 3, 5, 7)
_NARROW_CENTS = 100.0
_TINY = 1e-30
# A chord repeats at a fundamental that none of its notes has: of a note, these partials are not missing together.
_FIRST_ORDERS = 5
_PRESENT, _MISSING = 0.01, 0.003


class Partials:
    """The power spectrum of a stretch of a sound, read at the partials of fundamentals."""

    def __init__(self, heard: Float32s, sample_rate: int) -> None:
        size = _ZERO_PADDING * heard.size
        self._power = np.abs(np.fft.rfft(heard * np.hanning(heard.size), size)) ** 2
        self._per_bin_hz = sample_rate / size

    def at(self, f0_hz: float, orders: Float64s, reach: float = _REACH) -> Float64s:
        """[orders], the energy within `reach` times f0_hz of each."""
        found = np.zeros(len(orders))
        for index, order in enumerate(orders):
            low, high = (order - reach) * f0_hz / self._per_bin_hz, (order + reach) * f0_hz / self._per_bin_hz
            found[index] = self._power[int(low) : int(np.ceil(high)) + 1].sum()
        return found

    def is_multiple(self, f0_hz: float, order: int, between: float = _BETWEEN) -> bool:
        """Whether the note is `order` times f0_hz: the other partials of f0_hz are faint."""
        every = np.arange(1.0, _ORDERS * order + 1.0)
        energy = self.at(f0_hz, every, min(_REACH * order, 0.3))
        own = every % order == 0
        return float(energy[~own].sum()) < between * float(energy[own].sum())

    def is_fundamental(self, f0_hz: float, multiples: Collection[int] = _PRIMES) -> bool:
        """Whether the note is none of these multiples of it: it has partials between those of each."""
        order = np.arange(1, max(_ORDERS, *multiples) + 1)
        energy = self.at(f0_hz, order.astype(np.float64))
        whole = float(energy.sum())
        return all(float(energy[order % times != 0].sum()) > _BETWEEN * whole for times in multiples)

    def speak_for(self, f0_hz: float, against_hz: float) -> bool:
        """Whether they are those of f0_hz, and not of against_hz, or of a fundamental between."""
        times = {2, 3, min(max(round(f0_hz / against_hz), 2), _HIGHEST_ORDER)}
        above = {*_PRIMES, *range(2, round(against_hz / f0_hz) + 1)}
        return self.is_fundamental(f0_hz, above) and all(self.is_multiple(f0_hz / order, order) for order in times)

    def settled_hz(self, f0_hz: float, high_hz: float) -> float:
        """f0_hz, or the multiple of it up to high_hz that has all the partials."""
        for order in range(_HIGHEST_ORDER, 1, -1):
            if order * f0_hz <= high_hz and self._is_surely_multiple(f0_hz, order):
                return order * f0_hz
        return f0_hz

    def _is_surely_multiple(self, f0_hz: float, order: int) -> bool:
        if order == 2:
            return self.is_multiple(f0_hz, order, _SURE)
        every = np.arange(1.0, _ORDERS * order + 1.0)
        energy = self.at(f0_hz, every, min(_REACH * order, 0.3))
        others = np.where(every % order == 0, 0.0, energy)
        own = float(energy.sum() - others.sum())
        return float(others[order:].sum()) < _SURE * own and float(others.sum()) < _BELOW * own

    def is_chord(self, f0_hz: float) -> bool:
        """Whether f0_hz is only what several notes have in common: it has no fundamental, and gaps above it."""
        energy = self.at(f0_hz, np.arange(1.0, 2.0 * _ORDERS + 1.0), 0.3)
        share = energy / max(float(energy.sum()), _TINY)
        return bool(share[0] < _PRESENT and share[1:_FIRST_ORDERS].min() < _MISSING)


def heard_hz(
    heard: Float32s,
    sample_rate: int,
    range_hz: tuple[float, float],
    named_hz: float | None = None,
) -> float:
    """The fundamental of a stretch of a sound within a range, in Hz. named_hz: the one that it is said to have.

    That is looked for where another is heard, since hum and short periods hide it, and believed where the partials
    speak for it. Raises SoundFileError for what is too short.
    """
    low_hz, high_hz = range_hz
    f0_hz = fundamental_hz(heard, sample_rate, low_hz, high_hz)
    partials = Partials(heard, sample_rate)
    if named_hz is not None:
        if abs(cents(f0_hz, named_hz)) <= _NARROW_CENTS:
            return f0_hz
        if low_hz <= named_hz <= high_hz:
            reach = 2.0 ** (_NARROW_CENTS / 1200.0)
            near_hz = fundamental_hz(heard, sample_rate, named_hz / reach, named_hz * reach)
            if abs(cents(near_hz, named_hz)) < _NARROW_CENTS and partials.speak_for(near_hz, f0_hz):
                return near_hz
    return partials.settled_hz(f0_hz, high_hz)
