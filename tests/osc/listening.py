"""A server over real sockets that keeps what it hears, for the tests of UDP and of TCP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from oscvae.osc.client import Client
from oscvae.osc.packets import Message, Packet, encode_message
from oscvae.osc.server import OscServer

PING = encode_message("/ping")


class Listening:
    """A server that keeps what it hears and answers /ping with /pong."""

    def __init__(self, **options: Any) -> None:
        self.heard: list[Packet] = []
        self.clients: list[Client] = []
        self.server = OscServer(self._handle, **{"port": 0, **options})

    def _handle(self, packet: Packet, client: Client) -> None:
        self.heard.append(packet)
        self.clients.append(client)
        if isinstance(packet, Message) and packet.address == "/ping":
            client.reply("/pong")
        if isinstance(packet, Message) and packet.address == "/big":
            client.reply("/models.reply", "x" * 30_000)
        if isinstance(packet, Message) and packet.address == "/raise":
            raise RuntimeError("a bug")

    async def wait_for(self, n: int) -> None:
        async with asyncio.timeout(10):
            while len(self.heard) < n:
                await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def listening(**options: Any) -> AsyncIterator[Listening]:
    one = Listening(**options)
    await one.server.start()
    try:
        yield one
    finally:
        await one.server.close()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def other_address() -> str | None:
    """An address of this machine that is not loopback, if it has one."""
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError), probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing
        return str(probe.getsockname()[0])
    return None
