"""Sixteen float32 in one register: kernels that are vector code by construction, not by the compiler's leave.

LLVM vectorises a loop only where it can prove, or cheaply check, that no two of its arrays overlap, which it gives up
beyond a handful of arrays. A kernel written in lanes needs no proof, does the same operations in the same order at
every address, and runs on whatever the processor has: one AVX-512 register, two of AVX, four of SSE or NEON.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils, extending
from numba.core.datamodel.models import PrimitiveModel
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

from oscvae.spectral.views import intrinsic

LANES = 16
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_I32 = ir.IntType(32)
_FAST = ("contract", "nsz", "arcp", "afn", "reassoc")


class LanesType(types.Type):  # type: ignore[misc]
    """The numba type of sixteen float32."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


lanes = LanesType()


@extending.register_model(LanesType)
class _LanesModel(PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _VECTOR)


def _shuffle(builder: Any, value: Any, order: list[int]) -> Any:
    return builder.shuffle_vector(value, value, ir.Constant(ir.VectorType(_I32, LANES), order))


def _spread(builder: Any, value: Any) -> Any:
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(_I32, 0))
    return _shuffle(builder, one, [0] * LANES)


def _each(builder: Any, name: str, value: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
    return builder.call(function, [value], fastmath=_FAST)


def _define(operation: Any, method: str) -> None:
    """Let `operation` take lanes on either side, a float32 on the other standing for sixteen of it."""

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, _kws: Any) -> Any:
            fits = len(args) == 2 and lanes in args and all(a in (lanes, types.float32) for a in args)
            return signature(lanes, *args) if fits else None

    def code(_context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b = (v if t == lanes else _spread(builder, v) for v, t in zip(args, sig.args, strict=True))
        return getattr(builder, method)(a, b, flags=_FAST)

    infer_global(operation)(Template)
    for left, right in ((lanes, lanes), (lanes, types.float32), (types.float32, lanes)):
        lower_builtin(operation, left, right)(code)


for _operation, _method in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _define(_operation, _method)


def _place(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    source = context.make_array(sig.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(source.data, [args[1]]), _VECTOR.as_pointer())


@intrinsic
def take(_context: Any, array: Any, start: Any) -> Any:
    """The sixteen float32 from `array[start]` on, unchecked."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_place(context, builder, sig, args), align=4)

    return lanes(array, types.intp), code


@intrinsic
def put(_context: Any, array: Any, start: Any, value: Any) -> Any:
    """Store sixteen float32 from `array[start]` on, unchecked."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _place(context, builder, sig, args), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), code


@intrinsic
def take_some(_context: Any, array: Any, start: Any, count: Any) -> Any:
    """The first `count` of the sixteen float32 from `array[start]` on, zeros for the rest, which is not read."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        wide = ir.VectorType(ir.IntType(64), LANES)
        one = builder.insert_element(ir.Constant(wide, ir.Undefined), args[2], ir.Constant(_I32, 0))
        limit = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES))
        mask = builder.icmp_signed("<", ir.Constant(wide, list(range(LANES))), limit)
        kind = ir.FunctionType(_VECTOR, [_VECTOR.as_pointer(), _I32, mask.type, _VECTOR])
        read = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.v{LANES}f32.p0v{LANES}f32")
        place = _place(context, builder, sig, args)
        return builder.call(read, [place, ir.Constant(_I32, 4), mask, ir.Constant(_VECTOR, [0.0] * LANES)])

    return lanes(array, types.intp, types.intp), code


@intrinsic
def count_up(_context: Any) -> Any:
    """The lanes 0, 1, ... 15."""

    def code(_ctx: Any, _builder: Any, _sig: Any, _args: Any) -> Any:
        return ir.Constant(_VECTOR, [float(lane) for lane in range(LANES)])

    return lanes(), code


@intrinsic
def magnitude(_context: Any, value: Any) -> Any:
    """Each lane without its sign."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return _each(builder, "fabs", args[0])

    return lanes(lanes), code


@intrinsic
def nearest(_context: Any, value: Any) -> Any:
    """Each lane rounded to the nearest whole number, halves to the even one."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return _each(builder, "rint", args[0])

    return lanes(lanes), code


@intrinsic
def total(_context: Any, value: Any) -> Any:
    """The sum of the lanes, a float32, always in the same order."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        value, width = args[0], LANES
        while width > 1:  # halves onto each other
            width //= 2
            order = [(lane + width) % LANES for lane in range(LANES)]
            value = builder.fadd(value, _shuffle(builder, value, order), flags=("contract", "nsz"))
        return builder.extract_element(value, ir.Constant(_I32, 0))

    return types.float32(lanes), code


@intrinsic
def spread(_context: Any, value: Any) -> Any:
    """All lanes the same float32."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return _spread(builder, args[0])

    return lanes(types.float32), code


@intrinsic
def reverse(_context: Any, value: Any) -> Any:
    """The lanes in the opposite order."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return _shuffle(builder, args[0], list(range(LANES - 1, -1, -1)))

    return lanes(lanes), code


@intrinsic
def root(_context: Any, value: Any) -> Any:
    """The square root of each lane."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return _each(builder, "sqrt", args[0])

    return lanes(lanes), code


@intrinsic
def larger(_context: Any, a: Any, b: Any) -> Any:
    """The larger of each pair of lanes."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[0], args[1])

    return lanes(lanes, lanes), code


@intrinsic
def largest(_context: Any, value: Any) -> Any:
    """The largest lane, a float32."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.FloatType(), [_VECTOR])
        return builder.call(
            cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fmax.v{LANES}f32"), args
        )

    return types.float32(lanes), code


@intrinsic
def above(_context: Any, value: Any, limit: Any) -> Any:
    """Which lanes are larger than a float32: bit i of an int64 for lane i."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        larger = builder.fcmp_ordered(">", args[0], _spread(builder, args[1]))
        return builder.zext(builder.bitcast(larger, ir.IntType(LANES)), ir.IntType(64))

    return types.int64(lanes, types.float32), code


@intrinsic
def lowest_bit(_context: Any, bits: Any) -> Any:
    """The index of the lowest set bit of a non-zero int64."""

    def code(_ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), code


@intrinsic
def interleave(_context: Any, array: Any, start: Any, even: Any, odd: Any) -> Any:
    """Store thirty-two float32 from `array[start]` on: even[0], odd[0], even[1], and so on."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        order = [lane + side * LANES for lane in range(LANES) for side in (0, 1)]
        both = builder.shuffle_vector(args[2], args[3], ir.Constant(ir.VectorType(_I32, 2 * LANES), order))
        source = context.make_array(sig.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(source.data, [args[1]]), both.type.as_pointer())
        builder.store(both, place, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes, lanes), code
