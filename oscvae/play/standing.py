"""Where things stand: the arguments at which each address that subscribers are told of would be told now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from oscvae.errors import CommandError
from oscvae.model.described import Latent
from oscvae.osc.vocabulary import TABLE, find
from oscvae.play.journey import Point


def at_the_start(gain_db: float, n_macros: int) -> dict[str, Sequence[Any]]:
    """Address to arguments, of all that stands somewhere but the cursor."""
    return {
        **{row.path: row.stands_at for row in TABLE if row.stands_at is not None},
        "/gain": (float(gain_db),),
        **{f"/macro/{n}": (0.0,) for n in range(1, n_macros + 1)},
    }


def of_cursor(path: str, cursor: Point, latent: Latent, others: Iterable[str]) -> Sequence[float]:
    """The arguments of an address that moves the cursor, such as /unit/2, with the cursor where it is.

    Raises CommandError for an address that stands nowhere; others: those that do, for its message.
    """
    row, n = find(path, len(cursor))
    if row.group != "Cursor" or not row.told or row.path == "/glide":
        raise CommandError(f"{path} stands nowhere: /z, {', '.join(others)} and /model do")
    if row.path == "/z":
        return cursor
    count = len(row.args)
    first = (n - 1) * count
    values = cursor[first : first + count]
    if row.path == "/z/N":
        return values
    ends = zip(values, latent.low[first : first + count], latent.high[first : first + count], strict=True)
    return [min(max((value - low) / (high - low), 0.0), 1.0) for value, low, high in ends]
