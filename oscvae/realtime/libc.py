"""The few C functions that kernels call by symbol: semaphores, descriptors, clocks.

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
require(("sem_init", "sem_post", "sem_timedwait", "sem_trywait", "read", "write", "clock_gettime"), "libc.so.6")

_pointer = types.int64  # addresses travel as int64: the same register in every 64-bit C ABI

sem_post = types.ExternalFunction("sem_post", types.int32(_pointer))
sem_trywait = types.ExternalFunction("sem_trywait", types.int32(_pointer))
sem_timedwait = types.ExternalFunction("sem_timedwait", types.int32(_pointer, _pointer))
sem_reset = types.ExternalFunction("sem_init", types.int32(_pointer, types.int32, types.uint32))
read = types.ExternalFunction("read", types.int64(types.int32, _pointer, types.int64))
write = types.ExternalFunction("write", types.int64(types.int32, _pointer, types.int64))
clock_gettime = types.ExternalFunction("clock_gettime", types.int32(types.int32, _pointer))

CLOCK_REALTIME = 0
CLOCK_MONOTONIC = 1
SEMAPHORE_BYTES = 64  # sizeof(sem_t) is 32 on 64-bit Linux; a cache line of its own

sem_init = LIBC.sem_init
sem_init.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint)
sem_post_address = LIBC.sem_post
sem_post_address.argtypes = (ctypes.c_void_p,)
