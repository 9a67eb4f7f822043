"""Compiled loops of training: numba, without the GIL, cached on disk where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function, compiled at its first call. It computes in the order that it says: the same bytes at each run."""
    try:
        made: Function = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # nowhere to keep it: a package that cannot be written, without a home
        made = numba.njit(nogil=True)(function)
    return made
