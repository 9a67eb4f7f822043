"""The few C functions that kernels call by symbol: descriptors and clocks.

A symbol whose library is not loaded is a segmentation fault at the first call, so `require` looks each one up before a
kernel that uses it is compiled. libjack's symbols stay in `audio/jack.py`, FFTW's in `spectral/fftw.py`.
"""

from __future__ import annotations

import ctypes
import ctypes.util

import llvmlite.binding as llvm
from numba import types

from oscvae.errors import OscvaeError


def require(symbols: tuple[str, ...], library: str) -> None:
    """Load `library` (a path or soname) and check that it has every symbol.

    Raises OscvaeError naming the library and the missing symbol.
    """
    try:
        llvm.load_library_permanently(library)
    except RuntimeError as error:
        raise OscvaeError(f"cannot load the library {library!r}: {error}") from error
    for symbol in symbols:
        if not llvm.address_of_symbol(symbol):
            raise OscvaeError(f"the library {library!r} has no function {symbol!r}")


LIBC = ctypes.CDLL(None, use_errno=True)
require(("poll", "read", "write", "clock_gettime"), "libc.so.6")

_pointer = types.int64  # addresses travel as int64: the same register in every 64-bit C ABI

poll = types.ExternalFunction("poll", types.int32(_pointer, types.uint64, types.int32))
read = types.ExternalFunction("read", types.int64(types.int32, _pointer, types.int64))
write = types.ExternalFunction("write", types.int64(types.int32, _pointer, types.int64))
clock_gettime = types.ExternalFunction("clock_gettime", types.int32(types.int32, _pointer))

CLOCK_REALTIME = 0
CLOCK_MONOTONIC = 1
POLLIN = 1
