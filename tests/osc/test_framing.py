"""Streams: two framings told apart by the first byte, answered as they come, and whatever else is named."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc.listening import PING, listening, run
from osc.slip import Stream, slip, unslip
from oscvae.errors import PacketError
from oscvae.osc.packets import Message, decode, encode_message
from oscvae.osc.transport.framing import SLIP_MAX, Framing, Lengths, Slip, recognise

ESCAPED = encode_message("/play", (192, 219, b"\xc0\xdb\xdc\xdd\xdb\xc0", "é"))


SPECIAL = st.lists(st.sampled_from([0xC0, 0xDB, 0xDC, 0xDD]), min_size=1).map(bytes)


def split_all(framing: Framing, data: bytes) -> list[bytes]:
    buffer, position, packets = bytearray(data), 0, []
    while True:
        packet, position = framing.split(buffer, position)
        if packet is None:
            return packets
        packets.append(packet)


@settings(deadline=None)
@given(
    st.lists(
        st.binary(min_size=1, max_size=40) | st.text("\xc0\xdb\xdc\xdd", min_size=1).map(lambda t: t.encode("latin-1"))
    )
)
def test_slip_agrees_with_rfc_1055(packets: list[bytes]) -> None:
    framing = Slip()
    wrapped = b"".join(map(framing.wrap, packets))
    assert wrapped == b"".join(map(slip, packets))
    assert list(unslip(wrapped)) == packets == split_all(framing, wrapped)


@pytest.mark.parametrize("framing", [Slip, Lengths])
def test_what_comes_in_pieces_is_put_together(framing: type[Slip | Lengths]) -> None:
    reader, buffer = framing(), bytearray()
    packets = []
    for byte in reader.wrap(ESCAPED) + reader.wrap(PING):
        buffer.append(byte)
        packet, taken = reader.split(buffer, 0)
        del buffer[:taken]
        packets += [] if packet is None else [packet]
    assert packets == [ESCAPED, PING]
    assert not buffer


def test_slip_without_an_end_is_given_up() -> None:
    framing, buffer = Slip(), bytearray(b"\xc0")
    with pytest.raises(PacketError, match=f"at most {SLIP_MAX}"):
        while len(buffer) < 4 * SLIP_MAX:
            buffer += bytes(10_000)
            packet, taken = framing.split(buffer, 0)
            assert packet is None
            del buffer[:taken]


def test_ends_alone_are_nothing_and_are_not_kept() -> None:
    framing, buffer = Slip(), bytearray(b"\xc0" * 1_000_000)
    assert framing.split(buffer, 0) == (None, len(buffer))
    assert split_all(framing, b"\xc0" * 1000 + PING + b"\xc0" * 1000) == [PING]


def test_a_stray_escape_damages_its_own_packet_only() -> None:
    assert split_all(Slip(), b"\xc0/a\xdb\0\xc0\xc0" + slip(PING)) == [b"/a\xdb\0", PING]


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (
            PING,
            "OSC without framing ('/ping'): each packet needs its length as an int32 before it (OSC 1.0), or SLIP's",
        ),
        (b"#bundle\0" + bytes(8), "OSC without framing ('#bundle'): "),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", "an HTTP request ('GET / HTTP/1.1'): "),
        (b"POST /play HTTP/1.1\r\n", "an HTTP request ('POST /play HTTP/'): "),
        (b"\x16\x03\x01\x02\x00\x01", "TLS: "),
        (b"gain -6;\n", "text ('gain -6;'): "),
        (b"g", "text ('g'): "),
        (b"\xff\xff\xff\xff", "a frame of -1 bytes (ff ff ff ff): "),
        (len(PING).to_bytes(4, "little") + PING, "a frame of 201326592 bytes (0c 00 00 00): "),
    ],
)
def test_what_is_no_framing_is_named(data: bytes, named: str) -> None:
    with pytest.raises(PacketError) as caught:
        recognise(data)
    assert str(caught.value).startswith(named)


def test_slip_is_answered_in_slip() -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            line = await Stream.open(one)
            line.writer.write(bytes.fromhex("c02f70696e670000002c000000c0"))
            pong = slip(encode_message("/pong"))
            assert await line.read(len(pong)) == pong
            line.writer.write(slip(ESCAPED) + slip(PING) * 2)
            assert await line.read(2 * len(pong)) == 2 * pong
            assert one.heard[1] == decode(ESCAPED)
            line.writer.write(slip(b"bad!"))
            async with asyncio.timeout(10):
                answer = await line.reader.readuntil(b"\xc0") + await line.reader.readuntil(b"\xc0")
            (packet,) = unslip(answer)
            message = decode(packet)
            assert isinstance(message, Message) and message.args[0] == "packet", "a bad packet ends no connection"
            one.clients[0].reply("/voice/on", -64, 60.0)  # as a subscriber
            told = slip(encode_message("/voice/on", (-64, 60.0)))
            assert b"\xdb\xdc" in told
            assert await line.read(len(told)) == told

    run(body)


@pytest.mark.parametrize("data", [PING, b"GET / HTTP/1.1\r\n\r\n", b"#bundle\0" + bytes(8), b"hello\n"])
def test_what_is_no_framing_is_answered_said_and_closed(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            for _ in range(3):
                line = await Stream.open(one)
                line.writer.write(data)
                async with asyncio.timeout(10):
                    answer = await line.reader.read()
                message = decode(answer[4:])
                assert isinstance(message, Message) and message.address == "/fail"
                assert message.args[1].endswith("SLIP's byte 192 around it (OSC 1.1): connection closed")
            assert one.heard == []

    run(body)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("tcp 127.0.0.1:") and " sends " in line and "SLIP's byte 192" in line


@pytest.mark.client
@pytest.mark.skipif(shutil.which("oscsend") is None, reason="needs liblo-tools")
def test_liblo_is_understood_over_tcp() -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            command = ["oscsend", f"osc.tcp://127.0.0.1:{one.server.tcp_port}/", "/play", "if", "60", "0.5"]
            process = await asyncio.create_subprocess_exec(*command)
            await process.wait()
            await one.wait_for(1)
            assert one.heard == [Message("/play", (60, 0.5), "if")]

    run(body)
