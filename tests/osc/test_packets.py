"""Packets: what is well-formed decodes exactly, what is not is refused with the byte where it went wrong."""

from __future__ import annotations

import contextlib
import math
import struct
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from oscvae.errors import PacketError
from oscvae.osc import packets
from oscvae.osc.packets import Bundle, Message, Opaque, decode, encode_bundle, encode_message

PLAY = encode_message("/play", (60, 0.5, -0.25, 0.125, 2.0))
NEGATIVE_ELEMENT = b"#bundle\0" + bytes(7) + b"\x01" + struct.pack(">i", -4) + b"/a\0\0"


def raw(address: str, tags: str, body: bytes = b"") -> bytes:
    def padded(text: str) -> bytes:
        return text.encode("latin-1") + bytes(4 - len(text) % 4)

    return padded(address) + padded("," + tags) + body


def test_numbers_of_every_width_are_read() -> None:
    body = struct.pack(">ifqdQI", -7, 0.5, -(2**40), 1e100, 2**63 + 1, 0xFF00FF00)
    assert decode(raw("/a", "ifhdtr", body)) == Message(
        "/a",
        (-7, 0.5, -(2**40), 1e100, Opaque("t", b"\x80" + bytes(6) + b"\1"), Opaque("r", b"\xff\0\xff\0")),
        "ifhdtr",
    )


def test_every_other_type_is_read() -> None:
    body = b"caf\xc3\xa9\0\0\0" + b"sym\0" + struct.pack(">i", 3) + b"\x01\x02\x03\0" + b"\0\0\0A" + b"\x01\x90\x3c\x7f"
    message = decode(raw("/a", "TFNIsSbcm", body))
    assert isinstance(message, Message)
    midi = Opaque("m", b"\x01\x90\x3c\x7f")
    assert message.args == (True, False, None, True, "café", "sym", b"\x01\x02\x03", "A", midi)


def test_numbers_beside_other_types_are_read() -> None:
    body = struct.pack(">ifqd", 1, 0.5, 2, 0.25)
    assert decode(raw("/a", "TifhdF", body)).args == (True, 1, 0.5, 2, 0.25, False)  # type: ignore[union-attr]


def test_what_a_blob_is_padded_with_is_not_looked_at() -> None:
    """sclang sends `n.sendMsg("/q", Int8Array[1, 2, 3])` with whatever stood in its buffer."""
    blob = raw("/q", "b", struct.pack(">i", 3) + b"\1\2\3\xcd")
    assert decode(encode_bundle(1, [blob, PLAY])) == Bundle(1, (Message("/q", (b"\1\2\3",), "b"), decode(PLAY)))
    with pytest.raises(PacketError, match="blob size 3"):
        decode(blob[:-4])


def test_arrays_are_flattened() -> None:
    message = decode(raw("/play", "i[f[f]]f", struct.pack(">ifff", 60, 0.5, 0.25, 1.0)))
    assert message == Message("/play", (60, 0.5, 0.25, 1.0), "i[f[f]]f")


def test_a_message_without_type_tags_has_no_arguments() -> None:
    assert decode(b"/stop\0\0\0") == Message("/stop")


def test_patterns_are_read_and_marked() -> None:
    for pattern in ("/z/*", "/z/?", "/z/[1-4]", "/z/[!1]", "/{gain,pan}", "/z/{1,2}"):
        message = decode(encode_message(pattern, (1,)))
        assert isinstance(message, Message)
        assert message.is_pattern
    assert not decode(PLAY).is_pattern  # type: ignore[union-attr]


def test_nested_bundles_keep_order() -> None:
    a, b, c = (encode_message(f"/{name}") for name in "abc")
    inner = encode_bundle(5, [b])
    assert decode(encode_bundle(1, [a, inner, c])) == Bundle(
        1, (Message("/a"), Bundle(5, (Message("/b"),)), Message("/c"))
    )


def test_an_empty_bundle_is_allowed() -> None:
    assert decode(encode_bundle(7, [])) == Bundle(7, ())
    assert decode(encode_bundle(7, [encode_bundle(8, [])])) == Bundle(7, (Bundle(8, ()),))


def test_depth_is_bounded() -> None:
    packet = PLAY
    for _ in range(packets.MAX_DEPTH):
        packet = encode_bundle(1, [packet])
    decode(packet)
    with pytest.raises(PacketError, match="deeper than 8"):
        decode(encode_bundle(1, [packet]))


def test_a_packet_of_nothing_but_depth_is_refused() -> None:
    packet = b""
    while len(packet) < 60_000:
        packet = encode_bundle(1, [packet] if packet else [])
    with pytest.raises(PacketError, match="deeper"):
        decode(packet)


def test_elements_are_bounded() -> None:
    decode(encode_bundle(1, [b"/a\0\0"] * (packets.MAX_ELEMENTS - 1)))
    with pytest.raises(PacketError, match="more than 256 elements"):
        decode(encode_bundle(1, [b"/a\0\0"] * packets.MAX_ELEMENTS))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"/a\0", "multiple of 4"),
        (bytes(65540), "at most 65536"),
        (b"\0\0\0\0", "neither a message"),
        (b"#bundel\0" + bytes(8), "neither a message"),
        (b"#bundle\0" + bytes(4), "cut short"),
        (b"/abc", "address without an end at byte 0"),
        (b"/abc/def", "address without an end"),
        (b"/a\0x", "padding"),
        (b"/a\0\0,i\0x" + bytes(4), "padding"),
        (b"/a\0\0,iii", "type tags without an end at byte 4"),
        (b"/a\0\0iii\0" + bytes(12), "begin with a comma at byte 4"),
        (raw("/a b", ""), "printable ASCII"),
        (raw("/a#", ""), "printable ASCII"),
        (raw("/a,b", ""), "printable ASCII"),
        (raw("/caf\xe9", ""), "printable ASCII"),
        (raw("/" + "a" * 300, ""), "at most 255"),
        (raw("/a", "ix", bytes(4)), "unknown type tag 'x' at byte 6"),
        (raw("/a", "i" * 600, bytes(2400)), "at most 512"),
        (raw("/a", "i"), "need 4"),
        (raw("/a", "i", bytes(8)), "need 4"),
        (raw("/a", "", bytes(4)), "need 0"),
        (raw("/a", "T", bytes(4)), "4 bytes left over"),
        (raw("/a", "Td", bytes(4)), r"argument 2 \(type d\) cut short"),
        (raw("/a", "[i", bytes(4)), "never closed"),
        (raw("/a", "i]", bytes(4)), "never opened"),
        (raw("/a", "[" * 9 + "]" * 9), "nested deeper than 8"),
        (raw("/a", "s"), "string without an end"),
        (raw("/a", "s", b"abcd"), "string without an end"),
        (raw("/a", "s", b"a\0\0x"), "padding"),
        (raw("/a", "s", b"a\xff\0\0"), "not UTF-8 at byte 9"),
        (raw("/a", "s", b"\xed\xa0\x80\0"), "not UTF-8"),
        (raw("/a", "b"), "blob size cut short"),
        (raw("/a", "b", struct.pack(">i", -1)), "blob size -1"),
        (raw("/a", "b", struct.pack(">i", 5) + bytes(4)), "blob size 5"),
        (raw("/a", "b", struct.pack(">i", 2**31 - 1) + bytes(4)), "blob size 2147483647"),
        (raw("/a", "c", struct.pack(">I", 0x110000)), "character code"),
        (raw("/a", "c", b"\0\0\0\0"), "character code"),
        (NEGATIVE_ELEMENT, "element size -4 at byte 16"),
        (encode_bundle(1, [])[:16] + bytes(4), "element size 0"),
        (encode_bundle(1, []) + bytes(2), "not a multiple of 4"),
        (encode_bundle(1, []) + struct.pack(">i", 5) + b"/a\0\0\0\0\0\0", "element size 5"),
        (encode_bundle(1, []) + struct.pack(">i", 8) + b"/a\0\0", "element size 8"),
        (encode_bundle(1, [b"abcd"]), "neither a message"),
        (encode_bundle(1, [b"#bundle\0"]), "cut short"),
    ],
)
def test_malformed_packets_say_what_is_wrong(data: bytes, why: str) -> None:
    with pytest.raises(PacketError, match=why):
        decode(data)


def test_every_truncation_is_refused_or_shorter() -> None:
    whole = encode_bundle(1, [PLAY, encode_bundle(2, [encode_message("/load", ("plucked",))]), PLAY])
    for n in range(len(whole)):
        if n == packets.BUNDLE_HEAD:  # a bundle of nothing
            continue
        with contextlib.suppress(PacketError):
            assert decode(whole[:n]) != decode(whole)


def test_the_cache_of_layouts_is_bounded() -> None:
    for i in range(3000):
        decode(encode_message(f"/address/{i}", (1.0,)))
    assert len(packets._layouts) <= packets._LAYOUT_CACHE_SIZE


def test_python_osc_reads_what_is_encoded() -> None:
    builder = OscMessageBuilder("/play")
    values = [(60, "i"), (0.1, "f"), (0.1, "d"), (2**40, "h"), ("name", "s"), (b"blob", "b"), (True, "T"), (None, "N")]
    for value, tag in values:
        builder.add_arg(value, tag)  # type: ignore[arg-type]
    theirs = builder.build()
    ours = decode(theirs.dgram)
    assert isinstance(ours, Message)
    assert list(ours.args) == theirs.params
    bundle = OscBundleBuilder(IMMEDIATELY)
    bundle.add_content(theirs)
    assert decode(bundle.build().dgram) == Bundle(1, (ours,))


def test_encodes_only_four_types() -> None:
    packet = encode_message("/r", (1, True, False, None, 0.5, "text", b"blob", b"", np.float32(0.5), np.int64(3)))
    message = decode(packet)
    assert isinstance(message, Message)
    assert message.tags == "iiiifsbbfi"
    assert message.args == (1, 1, 0, 0, 0.5, "text", b"blob", b"", 0.5, 3)
    assert OscMessage(encode_message("/r", (1, 0.5, "text"))).params == [1, 0.5, "text"]


@given(
    st.lists(st.integers(-(2**33), 2**33) | st.floats() | st.sampled_from([-math.inf, math.inf, math.nan]), max_size=8)
)
def test_numbers_alone_are_encoded_as_they_are_one_by_one(numbers: list[float]) -> None:
    together = decode(encode_message("/r", numbers))
    beside = decode(encode_message("/r", [*numbers, "text"]))
    assert isinstance(together, Message) and isinstance(beside, Message)
    np.testing.assert_array_equal(np.array(together.args, dtype=float), np.array(beside.args[:-1], dtype=float))
    assert together.tags + "s" == beside.tags


def test_encoding_clamps_and_cleans() -> None:
    message = decode(encode_message("/r", (2**40, -(2**40), 1e300, -math.inf, "a\0b", "\ud800")))
    assert isinstance(message, Message)
    largest = 3.4028234663852886e38
    assert message.args == (2**31 - 1, -(2**31), largest, -largest, "a b", "?")
    with pytest.raises(TypeError, match="no OSC type tag"):
        encode_message("/r", ([1],))


def test_timetags_are_exact() -> None:
    assert packets.timetag_to_ns((2_208_988_800 + 5) << 32 | 1 << 31) == 5_500_000_000
    now_ns = time.time_ns()
    for time_ns in (now_ns, now_ns + 1, 0, 2_085_978_495_999_999_999, 2_085_978_496_000_000_000, 3_000_000_000 * 10**9):
        assert packets.timetag_to_ns(packets.ns_to_timetag(time_ns)) == time_ns
    assert packets.timetag_to_unix_s(packets.ns_to_timetag(1_500_000_000)) == 1.5
