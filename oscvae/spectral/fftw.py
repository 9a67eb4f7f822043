"""FFTW's single-precision transforms, planned from Python and executed by pointer from compiled kernels.

The only module that knows FFTW (which is GPL; pyfftw ships it), so that another transform could take its place. What
it offers is one complex transform of n points, out of place, on split arrays: n real parts, and n imaginary parts
`apart` floats further on. A real transform of 2 n points is built on it in `packed`, with the loops around it: FFTW's
own needs its timed planner to be as fast, and a timed plan differs from process to process, and with it the last bits
of the sound. Plans live as long as the process and may be executed by any number of threads at once.

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


class _Dimension(ctypes.Structure):
    """fftwf_iodim: a length, and the strides of input and output."""

    _fields_ = (("n", ctypes.c_int), ("input_stride", ctypes.c_int), ("output_stride", ctypes.c_int))


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
    raise OscvaeError("there is no FFTW library libfftw3f: install the Python package pyfftw, or libfftw3-single3")


_PATH = _library()
libc.require(("fftwf_plan_guru_split_dft", "fftwf_execute_split_dft"), _PATH)
_plan = ctypes.CDLL(_PATH).fftwf_plan_guru_split_dft
_plan.restype = ctypes.c_void_p
_plan.argtypes = (ctypes.c_int, ctypes.c_void_p) * 2 + (ctypes.c_void_p,) * 4 + (ctypes.c_uint,)

_address = types.int64
execute = types.ExternalFunction(
    "fftwf_execute_split_dft", types.void(_address, _address, _address, _address, _address)
)


@cache
def plans(n: int, apart: int) -> tuple[int, int]:
    """The plans (forward, backward) of `n` points for `execute`. Raises OscvaeError if FFTW has none."""
    source, target = aligned_floats(2 * apart), aligned_floats(2 * apart)
    re_in, re_out = source.ctypes.data, target.ctypes.data
    im_in, im_out = re_in + apart * source.itemsize, re_out + apart * target.itemsize
    size = ctypes.byref(_Dimension(n, 1, 1))
    with _lock:  # a split transform only knows forward: backward is the same with the parts exchanged
        forward = _plan(1, size, 0, None, re_in, im_in, re_out, im_out, _ESTIMATE)
        backward = _plan(1, size, 0, None, im_in, re_in, im_out, re_out, _ESTIMATE)
    if not forward or not backward:
        raise OscvaeError(f"FFTW cannot plan a transform of {n} points")
    return int(forward), int(backward)
