"""The hop clock's promise, read from the machine code: no allocator, no interpreter, no raise."""

from __future__ import annotations

import re
from typing import Any

import numba
import numpy as np
import pytest

from oscvae.realtime.kernel import load
from oscvae.spectral.expand import expand
from oscvae.spectral.resample import resample
from oscvae.spectral.rtisi import push, reset

# References to an array's owner are counted (the render loop's arrays have none); nothing else of numba's runtime
FORBIDDEN = re.compile(r"NRT_(?!incref|decref|MemInfo_call_dtor)\w+|numba_\w+|Py[A-Z_]\w+|\bmalloc\b|\bfree\b|__cxa\w+")


@pytest.mark.parametrize("kernel", [push, reset, expand, resample], ids=lambda kernel: str(kernel.__name__))
def test_a_kernel_computes_and_nothing_else(kernel: Any) -> None:
    """Compiled once more, since numba does not show cached code, and without the wrapper that Python calls."""
    load(kernel)
    again = numba.jit(
        kernel.nopython_signatures,
        nopython=True,
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(kernel.py_func)
    for assembly in again.inspect_asm().values():
        assert "@function" in assembly
        assert not FORBIDDEN.findall(assembly)


def test_the_pattern_finds_what_it_should() -> None:
    allocating = numba.jit("float32[::1](int64)", nopython=True, no_cpython_wrapper=True)(_allocate)
    assert any(FORBIDDEN.findall(assembly) for assembly in allocating.inspect_asm().values())


def _allocate(n):  # type: ignore[no-untyped-def]
    return np.zeros(n, np.float32)
