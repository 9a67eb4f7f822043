"""Hypothesis strategies of OSC packets: well-formed, odd, nested, at known addresses and at others."""

from __future__ import annotations

import struct

from hypothesis import strategies as st

from oscvae.osc.packets import encode_bundle, encode_message
from oscvae.osc.vocabulary import REPLIES, TABLE

PATHS = [row.path.replace("N", str(n)) for row in TABLE for n in (1, 4)] + [reply.path for reply in REPLIES]

names = st.sampled_from(PATHS) | st.text("/abcz019*?[]{}", max_size=12).map("/".__add__)
arguments = st.lists(
    st.integers(-(2**31), 2**31 - 1)
    | st.floats(width=32)
    | st.sampled_from([60, 0.5, 0, 1, -1, "z", "gain", "../../etc/passwd", ""])
    | st.text(max_size=20)
    | st.binary(max_size=20),
    max_size=12,
)
messages = st.builds(encode_message, names, arguments)
timetags = st.sampled_from([0, 1, 2, 2**64 - 1]) | st.integers(0, 2**64 - 1)
bundles = st.recursive(
    messages, lambda inner: st.builds(encode_bundle, timetags, st.lists(inner, max_size=5)), max_leaves=8
)
tag_strings = st.text("ifsbhdtTFNIcrmS[]xyz\x80", max_size=16)
odd_messages = st.builds(
    lambda name, tags, body: _padded(name.encode()) + _padded(b"," + tags.encode("latin-1")) + body,
    names,
    tag_strings,
    st.binary(max_size=64).map(lambda body: body + bytes(-len(body) % 4)),
)


def _padded(text: bytes) -> bytes:
    return text + bytes(4 - len(text) % 4)


@st.composite
def damaged(draw: st.DrawFn, source: st.SearchStrategy[bytes]) -> bytes:
    """A packet of `source` that is cut, has bytes changed or sizes that lie."""
    data = bytearray(draw(source))
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["cut", "flip", "size", "insert"]))
        at = draw(st.integers(0, max(0, len(data) - 1)))
        if kind == "cut":
            del data[at:]
        elif kind == "flip" and data:
            data[at] = draw(st.integers(0, 255))
        elif kind == "size":
            lie = draw(st.sampled_from([-1, -4, 0, 3, 4, 8, 2**31 - 1, -(2**31), 65536]))
            data[at & ~3 : (at & ~3) + 4] = struct.pack(">i", lie)
        else:
            data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)
