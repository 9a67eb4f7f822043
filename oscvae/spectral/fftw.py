"""FFTW's single-precision real transforms, planned from Python and executed by pointer from compiled kernels.

The only module that knows FFTW (which is GPL; pyfftw ships it), so that another transform could take its place.
A plan is an int64 that `execute_r2c` and `execute_c2r` take; both run out of place on arrays that start on a cache
line, the spectrum as interleaved (re, im) of n / 2 + 1 bins, neither direction scaled. Plans are kept for the life of
the process and may be executed by any number of threads at once.

Source: M. Frigo and S. G. Johnson, "The design and implementation of FFTW3", Proc. IEEE 93(2), 2005.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
import threading
from functools import cache
from pathlib import Path

from numba import types

from oscvae.errors import OscvaeError
from oscvae.realtime import libc
from oscvae.spectral.views import aligned_floats

_ESTIMATE = 1 << 6  # FFTW_ESTIMATE: no timing, hence the same plan and the same bits in every process
_lock = threading.Lock()  # FFTW's planner is not thread-safe


def _library() -> str:
    """The path or soname of libfftw3f: pyfftw's own, else the system's. Raises OscvaeError if there is none."""
    try:
        files = importlib.metadata.files("pyfftw") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if path.name.startswith("libfftw3f") and not path.name.startswith("libfftw3f_") and path.exists():
            return str(path)
    if found := ctypes.util.find_library("fftw3f"):
        return found
    raise OscvaeError(
        "the FFTW library libfftw3f was not found: install the Python package pyfftw, or libfftw3-single3"
    )


_PATH = _library()
libc.require(
    ("fftwf_plan_dft_r2c_1d", "fftwf_plan_dft_c2r_1d", "fftwf_execute_dft_r2c", "fftwf_execute_dft_c2r"), _PATH
)
_FFTW = ctypes.CDLL(_PATH)
for _planner in (_FFTW.fftwf_plan_dft_r2c_1d, _FFTW.fftwf_plan_dft_c2r_1d):
    _planner.restype = ctypes.c_void_p
    _planner.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint)

_address = types.int64
_execute = types.void(_address, _address, _address)

execute_r2c = types.ExternalFunction("fftwf_execute_dft_r2c", _execute)
"""(plan, address of n floats, address of n / 2 + 1 complex bins); the input is kept."""

execute_c2r = types.ExternalFunction("fftwf_execute_dft_c2r", _execute)
"""(plan, address of n / 2 + 1 complex bins, address of n floats); destroys its input, gives n times the signal."""


@cache
def plans(n: int) -> tuple[int, int]:
    """The plans (r2c, c2r) for real transforms of `n` points. Raises OscvaeError if FFTW has none."""
    signal, spectrum = aligned_floats(n), aligned_floats(n + 2)
    with _lock:
        forward = _FFTW.fftwf_plan_dft_r2c_1d(n, signal.ctypes.data, spectrum.ctypes.data, _ESTIMATE)
        inverse = _FFTW.fftwf_plan_dft_c2r_1d(n, spectrum.ctypes.data, signal.ctypes.data, _ESTIMATE)
    if not forward or not inverse:
        raise OscvaeError(f"FFTW cannot plan a real transform of {n} points")
    return int(forward), int(inverse)
