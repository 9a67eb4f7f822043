"""Views of flat arrays, and the bits of a float, for compiled code: what the spectral kernels need of C.

A voice, its tables and the scratch of a render thread are each one flat float32 array, so that the render loop can lay
out any number of voices in one arena. A kernel cuts its vectors out of them with `part`, which costs one addition; a
slice would also check bounds and count references.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, extending

from oscvae.arrays import Float32s

intrinsic: Any = extending.intrinsic  # numba's own type knows nothing of the call as a kernel makes it

LINE = 16  # floats of a cache line: every vector starts on one, which FFTW's SIMD plans also want


def padded(count: int) -> int:
    """`count` floats rounded up to whole cache lines."""
    return -(-count // LINE) * LINE


def aligned_floats(count: int) -> Float32s:
    """Zeroed float32 [count] that starts on a cache line."""
    room = np.zeros(count + LINE, np.float32)
    start = (-room.ctypes.data // room.itemsize) % LINE
    return room[start : start + count]


@intrinsic
def part(_context: Any, array: Any, start: Any, count: Any) -> Any:
    """`array[start : start + count]` of a one-dimensional contiguous array, unchecked."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = context.make_array(signature.args[0])(context, builder, args[0])
        view = context.make_array(signature.return_type)(context, builder)
        item = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(array.dtype)))
        context.populate_array(
            view,
            data=builder.gep(source.data, [args[1]]),
            shape=cgutils.pack_array(builder, [args[2]]),
            strides=cgutils.pack_array(builder, [item]),
            itemsize=item,
            meminfo=None,
            parent=None,
        )
        return view._getvalue()

    return array(array, types.intp, types.intp), code


@intrinsic
def address(_context: Any, array: Any) -> Any:
    """Where an array's data starts, as an int64."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.ptrtoint(source.data, ir.IntType(64))

    return types.int64(array), code


@intrinsic
def bits_of(_context: Any, value: Any) -> Any:
    """The 32 bits of a float32 as an int32."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), code


@intrinsic
def float_of(_context: Any, bits: Any) -> Any:
    """The float32 whose bits an int32 carries."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), code
