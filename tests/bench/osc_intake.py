"""OSC intake: how many well-formed /play messages a second go from a socket to a checked command, none lost.

    python tests/bench/osc_intake.py

Another process sends at a fixed rate, which doubles until something is lost; the executor behind the table does
nothing, so this is the share of packets, addresses and server. The peer in the same run is python-osc's own asyncio
server with a handler that does nothing.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Callable, Sequence

from pythonosc.dispatcher import Dispatcher as PeerDispatcher
from pythonosc.osc_server import AsyncIOOSCUDPServer

from oscvae.osc.client import Client
from oscvae.osc.dispatch import Dispatcher
from oscvae.osc.packets import encode_message
from oscvae.osc.parse import Command, ModelInfo
from oscvae.osc.server import OscServer

SECONDS = 3.0
RATES = (5_000, 10_000, 20_000, 40_000, 80_000)
MODEL = ModelInfo(4, (-3.0,) * 4, (3.0,) * 4)


class Null:
    """An executor that counts."""

    def __init__(self) -> None:
        self.n = 0

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        self.n += len(commands)

    def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
        self.n += len(commands)


def send(port: int, rate: int) -> None:
    """Sends SECONDS x `rate` messages, in bursts of a millisecond."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(("127.0.0.1", port))
    message = encode_message("/play", (60, 0.1, 0.2, 0.3, 0.4, 0.8))
    start, n_sent = time.perf_counter(), 0
    while n_sent < SECONDS * rate:
        due = min(SECONDS * rate, (time.perf_counter() - start) * rate)
        while n_sent < due:
            sender.send(message)
            n_sent += 1
        time.sleep(0.001)


async def measure(port: int, rate: int, count: Callable[[], int]) -> tuple[int, float]:
    """(messages lost, CPU in us for each that arrived)"""
    sender = multiprocessing.get_context("spawn").Process(target=send, args=(port, rate))
    before, cpu_s = count(), time.process_time()
    sender.start()
    arrived = -1
    while sender.is_alive() or arrived != count():
        arrived = count()
        await asyncio.sleep(0.1)
    n = count() - before
    return round(SECONDS * rate) - n, 1e6 * (time.process_time() - cpu_s) / max(n, 1)


async def main() -> None:
    null = Null()
    server = OscServer(Dispatcher(null, null, lambda part: MODEL).handle, port=0)
    await server.start()
    n_peer = 0

    def count_peer(*_: object) -> None:
        nonlocal n_peer
        n_peer += 1

    peer_dispatcher = PeerDispatcher()
    peer_dispatcher.map("/play", count_peer)
    peer = AsyncIOOSCUDPServer(("127.0.0.1", 0), peer_dispatcher, asyncio.get_running_loop())  # type: ignore[arg-type]
    transport, _ = await peer.create_serve_endpoint()
    peer_port = transport.get_extra_info("sockname")[1]
    print(f"{'messages/s':>10}  {'lost':>8}  {'us each':>8}  {'lost, python-osc':>17}  {'us each':>8}")
    for rate in RATES:
        lost, each_us = await measure(server.port, rate, lambda: null.n)
        peer_lost, peer_each_us = await measure(peer_port, rate, lambda: n_peer)
        print(f"{rate:>10}  {lost:>8}  {each_us:>8.1f}  {peer_lost:>17}  {peer_each_us:>8.1f}")
    transport.close()
    await server.close()


if __name__ == "__main__":
    asyncio.run(main())
