"""What changes nothing is not told, what comes back is not obeyed: three hubs in a ring fall silent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from osc.listening import run
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.dispatch import Dispatcher
from oscvae.osc.echoes import ECHO_S, KNOWN_S, Echoes, Standing
from oscvae.osc.packets import Packet, encode_message
from oscvae.osc.parse import Command, ModelInfo
from oscvae.osc.server import OscServer
from oscvae.osc.subscribers import Subscribers
from oscvae.osc.transport.feedback import Feedback
from parts.client import OscClient

MODEL = ModelInfo(4, (-3.0,) * 4, (3.0,) * 4)


def client(port: int) -> Client:
    return Client("udp", "127.0.0.1", port, True, 0, lambda packet, to: None, ErrorLimiter())


# -- what changes nothing ----------------------------------------------------------------------------------------------


def test_the_same_again_changes_nothing() -> None:
    standing = Standing()
    assert standing.moves("/gain", (-6.1,))
    assert not standing.moves("/gain", (-6.1,))
    assert not standing.moves("/gain", (-6.099999904632568,)), "as it comes back, with 32 bits"
    assert standing.moves("/gain", (-6.0,))
    assert standing.moves("/gain", (-6.1,))
    assert standing.moves("/sustain", (True,)) and not standing.moves("/sustain", (1,))
    standing.clear()
    assert standing.moves("/gain", (-6.1,))


@pytest.mark.parametrize(
    ("first", "between", "is_moved"),
    [
        ("/unit/1", "/unit/2", False),
        ("/unit/1", "/unit/1", False),
        ("/unit/1", "/z/1", True),
        ("/unit/1", "/pad/1", True),
        ("/unit/3", "/pad/1", False),
        ("/pad/2", "/z/4", True),
        ("/pad/2", "/pad/1", False),
        ("/z", "/unit/4", True),
        ("/unit/4", "/z", True),
        ("/glide", "/z", True),
        ("/preset/recall", "/unit/1", True),
        ("/unit/1", "/preset/recall", True),
        ("/gain", "/z", False),
        ("/z", "/gain", False),
        ("/macro/1", "/unit/1", False),
    ],
)
def test_what_moves_the_same_lets_it_stand_no_longer(first: str, between: str, is_moved: bool) -> None:
    standing = Standing()
    assert standing.moves(first, (0.5, 0.5))
    standing.moves(between, (0.5, 0.5))
    assert standing.moves(first, (0.5, 0.5)) is is_moved


# -- what comes back ---------------------------------------------------------------------------------------------------


def test_what_a_daemon_sends_back_is_an_echo_for_a_while() -> None:
    now = [100.0]
    echoes = Echoes(lambda: now[0])
    surface, daemon, other = client(1), client(2), client(3)
    echoes.hears_daemon(daemon)
    echoes.told("/gain", (-6.1,), surface)
    assert not echoes.is_echo("/gain", (-6.0,), daemon)
    assert not echoes.is_echo("/pan", (-6.1,), daemon)
    assert echoes.is_echo("/gain", (-6.099999904632568,), daemon)
    assert not echoes.is_echo("/gain", (-6.1,), surface), "who has made a move may make it again"
    assert not echoes.is_echo("/gain", (-6.1,), other), "another surface may move where it has just been"
    now[0] += ECHO_S + 0.01
    assert not echoes.is_echo("/gain", (-6.1,), daemon)


def test_who_sends_back_again_and_again_is_taken_for_a_daemon() -> None:
    now = [100.0]
    echoes = Echoes(lambda: now[0])
    bridge = client(7)
    echoes.told("/gain", (0.0,), None)
    told = []
    for gain in (-1.0, -2.0, -3.0):
        echoes.told("/gain", (gain,), None)
        told.append(echoes.is_echo("/gain", (gain + 1.0,), bridge))
    assert told == [False, True, True]
    assert echoes.is_daemon(bridge) and not echoes.is_daemon(client(8))
    now[0] += KNOWN_S + 1.0
    assert not echoes.is_daemon(bridge), "whoever has its port now is somebody else"


def test_who_sets_what_stands_already_is_no_daemon() -> None:
    """A surface that starts sends where all its faders stand, and that is where they were told to be."""
    echoes = Echoes(lambda: 100.0)
    surface = client(7)
    for address in ("/gain", "/pan", "/bend", "/attack", "/release"):
        echoes.told(address, (0.0,), None)
    for address in ("/gain", "/pan", "/bend", "/attack", "/release"):
        assert not echoes.is_echo(address, (0.0,), surface)
    assert not echoes.is_daemon(surface)


def test_what_is_remembered_is_bounded() -> None:
    now = [0.0]
    echoes = Echoes(lambda: now[0])
    for i in range(10_000):
        now[0] += 0.001
        echoes.told("/gain", (float(i),), None)
        echoes.hears_daemon(client(i))
    assert len(echoes._told) <= 2 * ECHO_S / 0.001 + 2
    assert len(echoes._returned) <= 256


# -- a ring ------------------------------------------------------------------------------------------------------------


class Daemon:
    """A hub that keeps where each address stands and tells it on, without a synthesiser."""

    def __init__(self) -> None:
        self.stands: dict[str, tuple[object, ...]] = {}
        self.history: dict[str, list[tuple[object, ...]]] = {}
        self.server = OscServer(self._handle, port=0)

    def join(self, following: int) -> None:
        echoes = Echoes()
        self.feedback = Feedback([("127.0.0.1", following)], self.server.udp, self.server.port)
        self.subscribers = Subscribers(self.server.udp_client, permanent=self.feedback, echoes=echoes)
        self.dispatcher = Dispatcher(self, self, lambda part: MODEL, echoes=echoes)

    def _handle(self, packet: Packet, client: Client) -> None:
        self.subscribers.renew(client)
        self.dispatcher.handle(packet, client)

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        for command in commands:
            self.stands[command.path] = command.args
            self.history.setdefault(command.path, []).append(command.args)
            if command.row.told:
                self.subscribers.changed(command.path, command.args, client)

    def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
        raise AssertionError("no bundle was sent")


@contextlib.asynccontextmanager
async def ring(n: int = 3) -> AsyncIterator[list[Daemon]]:
    daemons = [Daemon() for _ in range(n)]
    for daemon in daemons:
        await daemon.server.start()
    for i, daemon in enumerate(daemons):
        daemon.join(daemons[(i + 1) % n].server.port)
    try:
        yield daemons
    finally:
        for daemon in daemons:
            daemon.subscribers.close()
            daemon.feedback.close()
            await daemon.server.close()


async def silence(daemons: Sequence[Daemon]) -> None:
    """Until nothing has arrived anywhere for ten times the longest that a change waits."""
    async with asyncio.timeout(20):
        while True:
            before = [daemon.server.packets for daemon in daemons]
            await asyncio.sleep(0.35)
            if before == [daemon.server.packets for daemon in daemons]:
                return


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_ring_of_daemons_falls_silent_and_loses_no_move(n: int) -> None:
    async def body() -> None:
        async with ring(n) as daemons:
            surface = OscClient(daemons[0].server.port)
            for i in range(300):
                surface.send("/gain", -i / 10)
                surface.send("/unit/1", i / 300)
                surface.send("/unit/2", 1 - i / 300)
                if i % 20 == 0:
                    surface.send("/sustain", i // 20 % 2)
                await asyncio.sleep(0.002)
            surface.send("/pad/2", 0.25, 0.75)
            surface.send("/z", 0.1, 0.2, 0.3, 0.4)
            surface.send("/pad/2", 0.25, 0.75)
            await silence(daemons)
            surface.close()
            for daemon in daemons:
                expected = {
                    "/gain": (-29.9,),
                    "/unit/1": (299 / 300,),
                    "/unit/2": (1 - 299 / 300,),
                    "/sustain": (False,),
                    "/pad/2": (0.25, 0.75),
                    "/z": (0.1, 0.2, 0.3, 0.4),
                }
                assert {path: pytest.approx(args) for path, args in daemon.stands.items()} == expected
            gains = [args[0] for args in daemons[0].history["/gain"]]
            assert gains == sorted(gains, reverse=True), "a move came back and undid those after it"
            packets = [daemon.server.packets for daemon in daemons]
            assert max(packets[1:]) < 300, f"{packets} for three faders in less than a second"

    run(body)


def test_a_surface_at_each_daemon_of_a_ring_moves_all() -> None:
    async def body() -> None:
        async with ring() as daemons:
            surfaces = [OscClient(daemon.server.port) for daemon in daemons]
            for turn in range(2):
                for i, surface in enumerate(surfaces):
                    surface.send("/gain", -10.0 * turn - i)
                    await silence(daemons)
                    assert [daemon.stands["/gain"] for daemon in daemons] == [(-10.0 * turn - i,)] * 3
            for surface in surfaces:
                surface.close()

    run(body)


def test_a_ring_that_two_surfaces_fight_over_falls_silent() -> None:
    async def body() -> None:
        async with ring() as daemons:
            surfaces = [OscClient(daemon.server.port) for daemon in daemons[:2]]
            for i in range(100):
                for sign, surface in zip((-1, 1), surfaces, strict=True):
                    surface.send("/pan", sign * i / 100)
                await asyncio.sleep(0.003)
            await silence(daemons)
            for surface in surfaces:
                surface.close()

    run(body)


def test_whoever_listens_hears_that_a_daemon_speaks() -> None:
    async def body() -> None:
        async with ring(2) as (one, other):
            OscClient(one.server.port).socket.sendto(encode_message("/gain", (-1.0,)), ("127.0.0.1", one.server.port))
            await silence([one, other])
            assert other.dispatcher._echoes.is_daemon(client(one.server.port))

    run(body)
