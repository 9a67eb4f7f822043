"""A daemon that is found by zeroconf, and whatever happens to its announcer is felt by nobody."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from typing import Any

import ifaddr
import psutil
import pytest
from zeroconf import InterfaceChoice, IPVersion, ServiceInfo, Zeroconf

from oscvae.daemon import announcer
from oscvae.daemon.announcement import Announcement, is_wanted
from oscvae.settings.sections import OscConfig
from parts.client import free_tcp_port
from parts.daemon import Daemon, children_of
from parts.waiting import until

SOON_S = 30.0
KINDS = (announcer.OSC, announcer.OSCQUERY)


def networks() -> list[str]:
    return announcer.addresses("0.0.0.0")


needs_network = pytest.mark.skipif(not networks(), reason="this machine is at no network")


@pytest.fixture
def asker() -> Iterator[Zeroconf]:
    made = Zeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.V4Only)
    yield made
    made.close()


def find(asker: Zeroconf, kind: str, name: str) -> ServiceInfo | None:
    return asker.get_service_info(kind, f"{name}.{kind}", timeout=1000)


def announcers(daemon: Daemon) -> list[psutil.Process]:
    return [child for child in children_of(daemon.process.pid) if is_announcer(child)]


def is_announcer(process: psutil.Process) -> bool:
    return "oscvae.daemon.announcer" in process.cmdline()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def announced(daemon: Daemon) -> str:
    """The name under which it is announced, which has a number where another has it already."""
    assert until(lambda: "zeroconf: announced oscvae" in daemon.log, SOON_S), daemon.log
    return daemon.log.partition("zeroconf: announced ")[2].partition(f".{announcer.OSC}")[0]


def open_daemon(*settings: str) -> Daemon:
    return Daemon.ready("audio.backend=silent", "osc.host=0.0.0.0", f"osc.allow=[{networks()[0]}]", *settings)


@needs_network
def test_a_daemon_is_found_and_says_goodbye(asker: Zeroconf) -> None:
    http = free_tcp_port()
    with open_daemon(f"http.port={http}") as daemon:
        name = announced(daemon)
        for kind, port in zip(KINDS, (daemon.port, http), strict=True):
            found = find(asker, kind, name)
            assert found is not None and found.port == port
            assert networks()[0] in found.parsed_addresses()
        (process,) = announcers(daemon)
        assert daemon.stop() == 0
        assert until(lambda: gone(process), SOON_S)
        assert until(lambda: find(asker, announcer.OSC, name) is None, SOON_S), "it is announced still"
        daemon.check_log()


@needs_network
def test_a_daemon_waits_for_no_announcer_that_stalls() -> None:
    with open_daemon() as daemon:
        announced(daemon)
        (process,) = announcers(daemon)
        process.suspend()
        try:
            assert daemon.sounds()
            assert daemon.stop() == 0, "it waits for nothing but its fade"
        finally:
            process.resume()
        assert until(lambda: gone(process), SOON_S)


def test_an_announcer_that_dies_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        made = Announcement("127.0.0.1", 9000, 0)  # at no network, so that it says so
        await made.start()
        async with asyncio.timeout(SOON_S):
            while "announced nowhere: 127.0.0.1 is at no network" not in caplog.text:
                await asyncio.sleep(0.02)
            (process,) = (one for one in children_of(os.getpid()) if is_announcer(one))
            process.kill()
            while not told():
                await asyncio.sleep(0.02)
        made.close()

    def told() -> list[str]:
        return [record.message for record in caplog.records if "nobody is told" in record.message]

    caplog.set_level("INFO")
    asyncio.run(body())
    assert told() == ["zeroconf: nobody is told of this daemon any more: its process has ended"]


def test_nothing_is_announced_to_those_who_cannot_play() -> None:
    allowed = OscConfig.model_validate({"allow": ["192.168.1.0/24"]})
    assert is_wanted(allowed, is_loopback=False)
    assert not is_wanted(allowed, is_loopback=True)
    assert not is_wanted(allowed.model_copy(update={"zeroconf": False}), is_loopback=False)
    assert not is_wanted(OscConfig(), is_loopback=False)


def adapters(*ips: str) -> list[Any]:
    return [ifaddr.Adapter("eth", "eth", [ifaddr.IP(ip, 24, "eth") for ip in ips], index=1)]


def test_a_machine_without_a_network_has_no_address_to_announce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: adapters("127.0.0.1"))
    assert announcer.addresses("0.0.0.0") == []
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: adapters("127.0.0.1", "10.0.0.7", "192.168.1.2"))
    assert announcer.addresses("0.0.0.0") == ["10.0.0.7", "192.168.1.2"]
    assert announcer.addresses("192.168.1.2") == ["192.168.1.2"]
    assert announcer.addresses("127.0.0.1") == announcer.addresses("192.168.1.3") == []


class Speaker:
    closed = 0

    def close(self) -> None:
        type(self).closed += 1


def test_it_waits_for_a_network_and_follows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No network, one that refuses, one that works, another address: each is said once."""
    here = iter([[], [], ["10.0.0.7"], ["10.0.0.7"], ["10.0.0.7"], ["10.0.0.8"]])
    refusals = iter([True, False, False])
    ours, theirs = socket.socketpair()

    def addresses(host: str) -> list[str]:
        now = next(here)
        if now == ["10.0.0.8"]:
            theirs.close()
        return now

    def announce(name: str, here: list[str], ports: dict[str, int]) -> tuple[Speaker, list[str]]:
        if next(refusals):
            raise OSError("Network is unreachable")
        return Speaker(), [name]

    monkeypatch.setattr(announcer, "LOOK_S", 0.01)
    monkeypatch.setattr(announcer, "addresses", addresses)
    monkeypatch.setattr(announcer, "announce", announce)
    announcer.run("oscvae", "0.0.0.0", {announcer.OSC: 9000}, ours.fileno())
    ours.close()
    assert capsys.readouterr().out.splitlines() == [
        "nowhere: 0.0.0.0 is at no network",
        "nowhere: Network is unreachable",
        "oscvae at 10.0.0.7",
        "oscvae at 10.0.0.8",
    ]
    assert Speaker.closed == 2
