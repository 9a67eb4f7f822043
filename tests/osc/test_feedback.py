"""osc.feedback: what cannot be reached is said once and tried again, and keeps nobody from playing."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from osc.listening import Listening, listening, other_address, run
from oscvae.errors import ConfigError
from oscvae.osc.client import Client
from oscvae.osc.packets import Message, decode
from oscvae.osc.subscribers import Subscribers
from oscvae.osc.transport import feedback as module
from oscvae.osc.transport.feedback import Feedback
from oscvae.osc.transport.reach import Reach, UnreachableError


@contextlib.contextmanager
def ear(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A UDP socket that listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        try:
            one.bind((host, 0))
        except OSError:
            pytest.skip(f"no {host} here")
        one.settimeout(10.0)
        yield one


def heard(one: socket.socket) -> str:
    message = decode(one.recv(65536))
    assert isinstance(message, Message)
    return message.address


@contextlib.asynccontextmanager
async def feedback(one: Listening, *places: tuple[str, int]) -> AsyncIterator[Feedback]:
    made = Feedback(places, one.server.udp, one.server.port)
    try:
        yield made
    finally:
        made.close()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_another_family_than_the_bound_one_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening() as one, feedback(one, ("::1", 9411)) as places:
            subscribers = Subscribers(one.server.udp_client, permanent=places)
            for i in range(100):
                subscribers.event("/xrun", i)
            assert list(places) == []
            assert one.server.unsent == 0

    run(body)
    assert said(caplog) == [
        "osc.feedback [::1]:9411: nothing is sent there: ::1 is IPv6, and osc.host 127.0.0.1 sends IPv4: "
        "name its IPv4 address, or osc.host: '::' reaches both"
    ]


def test_beyond_this_machine_from_loopback_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening() as one, feedback(one, ("192.0.2.1", 9001), ("255.255.255.255", 9412)) as places:
            Subscribers(one.server.udp_client, permanent=places).event("/xrun", 1)
            assert list(places) == []

    run(body)
    told = "which osc.host 127.0.0.1 cannot reach: osc.host: 0.0.0.0 can, together with osc.allow"
    assert said(caplog) == [
        f"osc.feedback {host}:{port}: nothing is sent there: {host} is beyond this machine, {told}"
        for host, port in (("192.0.2.1", 9001), ("255.255.255.255", 9412))
    ]


def test_clients_of_both_families_are_told_by_one_daemon() -> None:
    async def body() -> None:
        with ear() as old, ear("::1") as new:
            try:
                context = listening(host="::")
                one = await context.__aenter__()
            except ConfigError:
                pytest.skip("no IPv6 here")
            places = [("127.0.0.1", old.getsockname()[1]), ("::1", new.getsockname()[1])]
            async with feedback(one, *places) as known:
                assert [client.is_loopback for client in known] == [True, True]
                Subscribers(one.server.udp_client, permanent=known).event("/xrun", 1)
                assert heard(old) == heard(new) == "/xrun"
            await context.__aexit__(None, None, None)

    run(body)


@pytest.mark.skipif(other_address() is None, reason="this machine has no address but loopback")
def test_a_broadcast_goes_out(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as all_ears:
            all_ears.bind(("0.0.0.0", 0))
            all_ears.settimeout(10.0)
            port = all_ears.getsockname()[1]
            async with listening(host="0.0.0.0", allow=[]) as one, feedback(one, ("255.255.255.255", port)) as places:
                caplog.clear()
                Subscribers(one.server.udp_client, permanent=places).event("/xrun", 1)
                if not one.server.unsent:  # the system has somewhere to send it to
                    with contextlib.suppress(TimeoutError):  # which need not lead back here
                        all_ears.settimeout(0.5)
                        assert heard(all_ears) == "/xrun"
                assert one.server.udp._socket is not None
                assert one.server.udp._socket.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)

    run(body)
    assert not any("allow" in line for line in said(caplog)), said(caplog)


def test_errors_of_sending_are_said_once_for_each_place_and_reason(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that is away: nothing here can make a kernel refuse what it can route."""

    async def body() -> None:
        async with (
            listening(host="0.0.0.0", allow=[]) as one,
            feedback(one, ("192.0.2.1", 1), ("192.0.2.2", 2)) as places,
        ):
            caplog.clear()
            subscribers = Subscribers(one.server.udp_client, permanent=places)
            sending = Refusing(errno.ENETUNREACH)
            monkeypatch.setattr(one.server.udp, "_socket", sending)
            for i in range(50):
                subscribers.event("/xrun", i)
            sending.number = errno.EAGAIN  # a full buffer passes
            subscribers.event("/xrun", 50)
            sending.number = errno.EACCES  # the broadcast address of a network, unless it is refused again
            for i in range(3):
                subscribers.event("/xrun", i)
            assert sending.options == [(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)]
            assert one.server.unsent == 2 * 54
            monkeypatch.undo()

    run(body)
    lines = [f"osc.feedback 192.0.2.{n}:{n}: what is sent there is lost: Network is unreachable" for n in (1, 2)]
    refused = [f"osc.feedback 192.0.2.{n}:{n}: what is sent there is lost: Permission denied" for n in (2, 1)]
    assert said(caplog) == lines + refused


class Refusing:
    """A socket that cannot send."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.options: list[tuple[int, ...]] = []

    def sendto(self, packet: bytes, address: tuple[str, int]) -> None:
        raise OSError(self.number, {13: "Permission denied", 101: "Network is unreachable"}.get(self.number, "busy"))

    def setsockopt(self, *option: int) -> None:
        self.options.append(option)


def test_a_name_is_looked_up_until_it_is_known_and_followed(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_UP_S", 0.02)
    addresses: list[str | None] = [None, None, None, "127.0.0.1", "127.0.0.1", None, "127.0.0.2"]
    asked_from: set[str] = set()

    def address(self: Reach, host: str) -> str:
        asked_from.add(threading.current_thread().name.partition("_")[0])
        found = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        if found is None:
            raise UnreachableError(f"{host} is no host that is known here (away)")
        return found

    async def body() -> None:
        with ear() as one_ear:
            port = one_ear.getsockname()[1]
            async with listening() as one, feedback(one, ("tablet.local", port)) as places:
                monkeypatch.setattr(Reach, "address", address)
                introduced: list[Client] = []
                places.found = introduced.append
                subscribers = Subscribers(one.server.udp_client, permanent=places)
                subscribers.event("/xrun", 1)
                looking = asyncio.get_running_loop().create_task(places.run())
                async with asyncio.timeout(10):
                    while len(introduced) < 2:
                        await asyncio.sleep(0.005)
                        if places:
                            subscribers.event("/xrun", 2)
                looking.cancel()
                assert [client.host for client in introduced] == ["127.0.0.1", "127.0.0.2"]
                assert heard(one_ear) == "/xrun"

    run(body)
    assert asked_from == {"oscvae-names"}, "the event clock waits for a name server"
    (line,) = said(caplog)
    assert line.startswith("osc.feedback tablet.local:") and line.endswith("it is tried again every 0 s")


def test_a_name_that_nobody_knows_keeps_nobody_from_playing(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening() as one, feedback(one, ("no such host.invalid", 9001), ("127.0.0.1", 9001)) as places:
            assert len(places) == 1
            looking = asyncio.get_running_loop().create_task(places.run())
            async with asyncio.timeout(60):
                while not said(caplog):
                    await asyncio.sleep(0.01)
            assert not looking.done()
            looking.cancel()

    run(body)
    (line,) = said(caplog)
    what = "nothing is sent there: no such host.invalid is no host that is known here ("
    assert line.startswith(f"osc.feedback no such host.invalid:9001: {what}")
    assert line.endswith("; it is tried again every 60 s")


def test_the_daemons_own_port_is_refused_at_the_start_and_said_of_a_name(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> None:
        async with listening() as one:
            for host in ("127.0.0.1", "localhost", "127.0.0.9"):
                with pytest.raises(ConfigError, match=rf"^osc\.feedback: {host}:\d+ is oscvae's own port$"):
                    Feedback([(host, one.server.port)], one.server.udp, one.server.port)
            async with feedback(one, ("me.local", one.server.port)) as places:
                monkeypatch.setattr(Reach, "address", lambda reach, host: "127.0.0.1")
                looking = asyncio.get_running_loop().create_task(places.run())
                async with asyncio.timeout(10):
                    while not said(caplog):
                        await asyncio.sleep(0.01)
                looking.cancel()
                assert not places

    run(body)


@pytest.mark.parametrize(
    ("host", "bound", "address"),
    [
        ("localhost", "127.0.0.1", "127.0.0.1"),
        ("10.1.2.3", "0.0.0.0", "10.1.2.3"),
        ("fe80::1%lo", "::", "fe80::1%lo"),
        ("10.1.2.3", "::", "::ffff:10.1.2.3"),
        ("127.0.0.5", "127.0.0.1", "127.0.0.5"),
    ],
)
def test_what_a_host_means_to_a_socket(host: str, bound: str, address: str) -> None:
    family = socket.AF_INET6 if ":" in bound else socket.AF_INET
    assert Reach(family, bound, bound == "::").address(host) == address


def test_the_reach_of_a_socket_is_read_off_it() -> None:
    def reach(host: str) -> Reach:
        with ear(host) as one:
            return Reach.of(one)

    assert reach("127.0.0.1") == Reach(socket.AF_INET, "127.0.0.1")
    assert reach("::").is_dual
    assert not reach("::1").is_dual
