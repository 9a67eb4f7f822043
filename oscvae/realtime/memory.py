"""Memory that several clocks share: arrays at an address, atomic words, bits of floats.

Every word that two threads touch is an int64 read by `load` (acquire) and written by `store` (release), and has one
writer. On x86 these cost a plain move; what they forbid is the compiler's hoisting (a plain stop flag was hoisted out
of the render loop, measured) and, on ARM, the processor's reordering.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.core import cgutils
from numba.core.extending import intrinsic
from numpy.typing import DTypeLike, NDArray

from oscvae.arrays import Float32s, Int64s
from oscvae.realtime.kernel import kernel

CACHE_LINE_BYTES = 64


@intrinsic
def _pointer(_context: Any, address: Any) -> Any:
    """An int64 as a void pointer."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), code


def _element(builder: Any, context: Any, signature: Any, args: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.gep(array.data, [args[1]])


@intrinsic
def load(_context: Any, words: Any, index: Any) -> Any:
    """Read `words[index]` (int64) with acquire ordering."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_element(builder, context, signature, args), "acquire", 8)

    return types.int64(words, types.int64), code


@intrinsic
def store(_context: Any, words: Any, index: Any, value: Any) -> Any:
    """Write int64 `value` to `words[index]` with release ordering; the word has no other writer."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[2], _element(builder, context, signature, args), "release", 8)
        return context.get_dummy_value()

    return types.void(words, types.int64, types.int64), code


@intrinsic
def float_bits(_context: Any, value: Any) -> Any:
    """The 64 bits of a float64 as an int64, so that a float can travel in an atomic word."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), code


@intrinsic
def bits_float(_context: Any, bits: Any) -> Any:
    """The float64 whose bits an int64 carries."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), code


@kernel("int64[::1](int64, int64)")
def words_at(address, count):  # type: ignore[no-untyped-def]
    """int64 [count] that lie at `address`."""
    return carray(_pointer(address), count, np.int64)


@kernel("float32[::1](int64, int64)")
def floats_at(address, count):  # type: ignore[no-untyped-def]
    """float32 [count] that lie at `address`."""
    return carray(_pointer(address), count, np.float32)


@kernel("uint8[::1](int64, int64)")
def bytes_at(address, count):  # type: ignore[no-untyped-def]
    """uint8 [count] that lie at `address`."""
    return carray(_pointer(address), count, np.uint8)


@kernel("float64[::1](int64, int64)")
def doubles_at(address, count):  # type: ignore[no-untyped-def]
    """float64 [count] that lie at `address`."""
    return carray(_pointer(address), count, np.float64)


@kernel("int64(int64[::1], int64)")
def load_word(words, index):  # type: ignore[no-untyped-def]
    """`load` for Python: read one shared word."""
    return load(words, index)


@kernel("void(int64[::1], int64, int64)")
def store_word(words, index, value):  # type: ignore[no-untyped-def]
    """`store` for Python: write one shared word."""
    store(words, index, value)


@kernel("void(int64[::1], int64, float64)")
def store_float(words, index, value):  # type: ignore[no-untyped-def]
    """Write a float64 into a shared word."""
    store(words, index, float_bits(value))


@kernel("float64(int64[::1], int64)")
def load_float(words, index):  # type: ignore[no-untyped-def]
    """Read a float64 out of a shared word."""
    return bits_float(load(words, index))


def lined_up(size_bytes: int) -> int:
    """`size_bytes` rounded up to whole cache lines."""
    return -(-size_bytes // CACHE_LINE_BYTES) * CACHE_LINE_BYTES


class Arena:
    """Page-aligned zeroed memory, cut once into cache-line-aligned arrays; nothing is ever returned to it.

    Lives as long as the object; the arrays are views and do not keep it alive by themselves.
    """

    def __init__(self, size_bytes: int) -> None:
        self._map = mmap.mmap(-1, max(size_bytes, mmap.PAGESIZE))
        self._bytes = np.frombuffer(self._map, dtype=np.uint8)
        self._used = 0

    @property
    def address(self) -> int:
        return int(self._bytes.ctypes.data)

    @property
    def size_bytes(self) -> int:
        return int(self._bytes.size)

    def take(self, count: int, dtype: DTypeLike) -> NDArray[Any]:
        """The next [count] items of `dtype`, zero, from the start of a cache line. Raises MemoryError."""
        start = self._used
        end = start + count * np.dtype(dtype).itemsize
        if end > self._bytes.size:
            raise MemoryError(f"arena of {self._bytes.size} bytes is too small by {end - self._bytes.size}")
        self._used = lined_up(end)
        return self._bytes[start:end].view(dtype)

    def words(self, count: int) -> Int64s:
        """int64 [count], zero."""
        return self.take(count, np.int64)

    def floats(self, count: int) -> Float32s:
        """float32 [count], zero."""
        return self.take(count, np.float32)
