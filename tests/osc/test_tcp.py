"""OSC over TCP: frames in pieces and in heaps, wrong ones, slow readers, too many connections."""

from __future__ import annotations

import asyncio
import socket

import pytest

from osc.listening import PING, listening, run
from oscvae.osc.client import Client
from oscvae.osc.packets import Message, decode, encode_message
from oscvae.osc.transport import accepting, tcp


class Connection:
    """A TCP client."""

    @classmethod
    async def open(cls, port: int | None) -> Connection:
        self = cls()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    def send(self, packet: bytes) -> None:
        self.writer.write(len(packet).to_bytes(4) + packet)

    async def answer(self) -> Message:
        async with asyncio.timeout(10):
            size = int.from_bytes(await self.reader.readexactly(4))
            packet = decode(await self.reader.readexactly(size))
        assert isinstance(packet, Message)
        return packet

    async def at_end(self) -> bool:
        async with asyncio.timeout(10):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True


def test_frames_may_come_byte_by_byte_and_in_heaps() -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            closed: list[Client] = []
            one.server.on_closed = closed.append
            line = await Connection.open(one.server.tcp_port)
            for byte in len(PING).to_bytes(4) + PING:  # one byte at a time
                line.writer.write(bytes([byte]))
                await line.writer.drain()
            assert await line.answer() == Message("/pong")
            for _ in range(3000):  # many frames in one piece
                line.send(PING)
            for _ in range(3000):
                assert await line.answer() == Message("/pong")
            line.send(encode_message("/big"))
            assert len((await line.answer()).args[0]) == 30_000
            line.send(b"bad!")
            assert (await line.answer()).address == "/fail"
            line.send(PING)
            assert await line.answer() == Message("/pong")
            line.writer.close()
            while not closed:
                await asyncio.sleep(0.001)
            assert closed[0] == one.clients[0]
            assert closed[0].transport == "tcp"

    run(body)


def test_frames_before_the_end_of_a_connection_are_obeyed() -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            line = await Connection.open(one.server.tcp_port)
            for i in range(20_000):
                line.send(encode_message("/z/1", (i,)))
            line.writer.close()
            await one.wait_for(20_000)

    run(body)


@pytest.mark.parametrize(
    "size", [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x05", b"\0\x01\0\x04", b"\x7f\xff\xff\xff"]
)
def test_a_wrong_frame_closes_the_connection(size: bytes) -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            line = await Connection.open(one.server.tcp_port)
            line.writer.write(size)
            answer = await line.answer()
            assert "connection closed" in answer.args[1]
            assert await line.at_end()
            other = await Connection.open(one.server.tcp_port)
            other.send(PING)
            assert await other.answer() == Message("/pong")

    run(body)


def test_a_slow_reader_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            line = await Connection.open(one.server.tcp_port)
            line.writer.transport.pause_reading()  # type: ignore[attr-defined]
            big = encode_message("/big")
            for _ in range(1000):
                line.send(big)
                if one.server.unsent:
                    break
                await asyncio.sleep(0.001)
            assert one.server.unsent == 1
            other = await Connection.open(one.server.tcp_port)
            other.send(PING)
            assert await other.answer() == Message("/pong")

    run(body)


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oscvae.osc.transport.tcp.MAX_CONNECTIONS", 4)  # three of them for this machine
    assert tcp.MAX_CONNECTIONS >= 4

    async def body() -> None:
        async with listening(tcp_port=0) as one:
            lines = [await Connection.open(one.server.tcp_port) for _ in range(3)]
            for line in lines:
                line.send(PING)
                assert await line.answer() == Message("/pong")
            assert await (await Connection.open(one.server.tcp_port)).at_end()
            lines.pop().writer.close()
            await asyncio.sleep(0.05)
            line = await Connection.open(one.server.tcp_port)
            line.send(PING)
            assert await line.answer() == Message("/pong")

    run(body)


def test_a_silent_peer_is_asked_whether_it_is_still_there() -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            line = await Connection.open(one.server.tcp_port)
            line.send(PING)
            assert await line.answer() == Message("/pong")
            (connection,) = one.server._tcp._connections
            assert connection._transport is not None
            taken = connection._transport.get_extra_info("socket")
            assert taken.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            there = [name for name in accepting.KEEPALIVE if hasattr(socket, name)]
            assert there
            for name in there:
                assert taken.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == accepting.KEEPALIVE[name]

    run(body)


def test_closing_ends_the_connections() -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            line = await Connection.open(one.server.tcp_port)
            line.send(PING)
            await line.answer()
        assert await line.at_end()

    run(body)
