"""Ties each row of the vocabulary to the method that obeys it.

    obeys = Handlers("performer")

    class Performer:
        @obeys("/stop")
        def _stop(self, command, client, due_ns): ...

A row that nobody obeys, or that two methods obey, is a fault of the program: `check_obeyed` finds it at the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, ParamSpec, TypeVar

from oscvae.osc.vocabulary import TABLE

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])
_ROWS = {row.path: row for row in TABLE}


class Handlers(Generic[P]):
    """The methods of one class by the path of the row that they obey. by: as `Address.by` of those rows."""

    def __init__(self, by: str) -> None:
        self._by = by
        self._methods: dict[str, Callable[..., None]] = {}

    def __call__(self, path: str) -> Callable[[F], F]:
        """Mark a method as the one that obeys `path`, as the table writes it. Raises ValueError for a row that is not
        there, is another's, or is obeyed already."""
        row = _ROWS.get(path)
        if row is None or row.by != self._by or path in self._methods:
            raise ValueError(f"{path} is no address that the {self._by} obeys, or is obeyed already")

        def mark(method: F) -> F:
            self._methods[path] = method
            return method

        return mark

    def of(self, owner: object) -> dict[str, Callable[P, None]]:
        """The methods bound to `owner`, by path."""
        return {path: method.__get__(owner) for path, method in self._methods.items()}


def check_obeyed(*paths: Iterable[str]) -> None:
    """Raises ValueError unless each row of the table is obeyed by exactly one of these."""
    obeyed = [path for some in paths for path in some]
    if sorted(obeyed) != sorted(_ROWS):
        raise ValueError(f"obeyed by nobody, or twice: {sorted(set(_ROWS) ^ set(obeyed))}")
