"""Hostile input: nothing that arrives raises beyond the tree of errors, hangs, or ends the server.

A few thousand cases in the suite; OSCVAE_SOAK=1 pytest -m soak runs the full count (make soak).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage

from oscvae.errors import CommandError, PacketError
from oscvae.osc import packets
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.dispatch import Dispatcher
from oscvae.osc.packets import Bundle, Message, Packet, decode, encode_bundle, encode_message
from oscvae.osc.parse import Command, ModelInfo, parse
from oscvae.osc.server import OscServer
from oscvae.osc.vocabulary import TABLE
from parts import SOAK
from parts.packets import arguments, bundles, damaged, odd_messages

pytestmark = pytest.mark.soak

CASES = 20_000 if SOAK else 300  # of each property, six of them
STORM = 100_000 if SOAK else 2_000  # damaged datagrams over a real socket
fuzz = settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))

MODEL = ModelInfo(4, (-3.0,) * 4, (3.0,) * 4, 30, 90)


class Null:
    """An executor and scheduler that obey nothing."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        self.commands += commands

    def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
        self.commands += commands


def new_stage() -> tuple[Callable[[Packet, Client], None], Client, list[bytes]]:
    sent: list[bytes] = []
    client = Client("udp", "10.0.0.1", 9, False, 64, lambda packet, _: sent.append(packet), ErrorLimiter(10_000))
    null = Null()
    return Dispatcher(null, null, lambda part: MODEL).handle, client, sent


def survive(data: bytes) -> None:
    """Decodes and dispatches; anything but an answer is a failure of the test."""
    handle, client, sent = new_stage()
    with contextlib.suppress(PacketError):
        packet = decode(data)
        assert shape(packet)[0] <= packets.MAX_DEPTH
        assert shape(packet)[1] <= packets.MAX_ELEMENTS
        handle(packet, client)
    for answer in sent:
        assert len(answer) <= 2048
        message = decode(answer)
        assert isinstance(message, Message)
        assert message.address == "/fail"


def shape(packet: Packet) -> tuple[int, int]:
    """(depth, elements)"""
    if isinstance(packet, Message):
        return 0, 1
    inner = [shape(element) for element in packet.elements]
    return 1 + max((depth for depth, _ in inner), default=0), 1 + sum(n for _, n in inner)


@fuzz
@given(st.binary(max_size=300) | st.binary(max_size=200).map((packets.BUNDLE + bytes(8)).__add__))
def test_any_bytes_are_survived(data: bytes) -> None:
    survive(data + bytes(-len(data) % 4) if len(data) % 2 else data)


@fuzz
@given(odd_messages)
def test_any_type_tags_are_survived(data: bytes) -> None:
    survive(data)
    survive(encode_bundle(1, [data]))


@fuzz
@given(bundles)
def test_well_formed_packets_are_read(data: bytes) -> None:
    decode_or_refuse_for_size(data)
    survive(data)


def decode_or_refuse_for_size(data: bytes) -> None:
    try:
        decode(data)
    except PacketError as error:
        assert "nested deeper" in str(error) or "printable ASCII" in str(error)


@fuzz
@given(damaged(bundles))
def test_damaged_packets_are_survived(data: bytes) -> None:
    survive(data[:65536])


@fuzz
@given(st.sampled_from(TABLE), arguments, st.integers(0, 6))
def test_any_arguments_are_taken_or_refused_in_words(row: Any, args: list[Any], dims: int) -> None:
    model = ModelInfo(dims)
    try:
        command = parse(Message(row.path.replace("N", "1"), tuple(args)), model)
    except CommandError as error:
        assert str(error)
        assert len(str(error)) < 400
    else:
        if command is None:
            assert row.is_trigger and args[-1] == 0
            return
        assert command.row is row
        encode_message(command.path, command.args)  # what is accepted can be sent on


@fuzz
@given(st.lists(st.integers(-(2**31), 2**31 - 1) | st.floats(width=32, allow_nan=False) | st.text("abcé", max_size=9)))
def test_what_is_encoded_is_what_python_osc_reads(args: list[Any]) -> None:
    data = encode_message("/a", args)
    message = decode(data)
    assert isinstance(message, Message)
    clamped = [max(-3.4028234663852886e38, min(a, 3.4028234663852886e38)) if isinstance(a, float) else a for a in args]
    assert list(message.args) == OscMessage(data).params == clamped


@pytest.mark.parametrize("n_bytes", [65_532, 65_536])
def test_sixty_four_kilobytes_of_anything_are_survived(n_bytes: int) -> None:
    element = b"\0\0\0\4/a\0\0"
    deep = struct.pack(">i", 40) + packets.BUNDLE + bytes(8)
    for filling in (b"/", b"\0", b",", b"/a\0\0", element, deep, b"#bundle\0", b"[" * 4, b"i", b"\xff"):
        body = (filling * (n_bytes // len(filling) + 1))[:n_bytes]
        survive(body)
        survive((packets.BUNDLE + bytes(7) + b"\1" + body)[:n_bytes])
        survive((b"/a\0\0," + body)[:n_bytes])
        survive((b"/a\0\0,s\0\0" + body)[:n_bytes])
        survive((b"/a\0\0,b\0\0" + struct.pack(">i", n_bytes - 12) + body)[:n_bytes])


def test_the_server_answers_after_a_storm() -> None:
    generator = random.Random(1)
    seeds = [
        encode_message("/play", (60, 0.1, 0.2, 0.3, 0.4)),
        encode_message("/load", ("../../etc/passwd",)),
        encode_bundle(1, [encode_message("/z", (0.1, 0.2, 0.3, 0.4)), encode_bundle(9, [encode_message("/stop")])]),
    ]

    def storm() -> bytes:
        data = bytearray(generator.choice(seeds))
        for _ in range(generator.randrange(1, 4)):
            data[generator.randrange(len(data))] = generator.choice((0, 255, 47, 44, generator.randrange(256)))
        return bytes(data[: generator.choice((len(data), generator.randrange(1, len(data) + 1)))])

    async def body() -> None:
        null = Null()
        dispatcher = Dispatcher(null, null, lambda part: MODEL)
        pinged = 0

        def handle(packet: Packet, client: Client) -> None:
            nonlocal pinged
            if packet == Message("/ping") or packet == Bundle(1, (Message("/ping"),)):
                pinged += 1
            dispatcher.handle(packet, client)

        server = OscServer(handle, port=0, tcp_port=0, errors_per_second=10_000)
        await server.start()
        loop = asyncio.get_running_loop()
        sender, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", server.port)
        )
        n_sent = 0
        for i in range(STORM):
            sender.sendto(storm())
            n_sent += 1
            if i % 200 == 0:  # no more than the kernel keeps
                while server.packets < n_sent:
                    await asyncio.sleep(0.001)
                _, writer = await asyncio.open_connection("127.0.0.1", server.tcp_port)
                writer.write(b"".join(len(data).to_bytes(4) + data for data in (storm(), storm())) + storm())
                writer.close()
                await writer.wait_closed()
                await asyncio.sleep(0.01)
                n_sent = server.packets
        sender.sendto(encode_message("/ping"))
        async with asyncio.timeout(10):
            while not pinged:
                await asyncio.sleep(0.001)
        sender.close()
        await server.close()

    asyncio.run(body())
