"""What one host, or thousands of strangers, can take: a share of the places, one line of the log."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest

from osc.listening import PING, listening, run
from osc.slip import Stream
from oscvae.osc.packets import encode_message
from oscvae.osc.transport import sparing
from oscvae.osc.transport.framing import Lengths
from oscvae.osc.transport.shares import Shares, most_of
from oscvae.osc.transport.sparing import INTERVAL_S, Sparing
from oscvae.osc.transport.tcp import MAX_CONNECTIONS, TcpPort

ROOT = Path(__file__).parents[2]


# -- shares of places --------------------------------------------------------------------------------------------------


def test_one_host_holds_a_quarter_and_this_machine_three_quarters() -> None:
    shares = Shares(64)
    for i in range(16):
        assert shares.refusal("192.168.1.7", False, "places") == "", i
        shares.take("192.168.1.7", False)
    told = "one host has 16 places already, of 64 for all"
    assert (
        shares.refusal("192.168.1.7", False, "places") == shares.refusal("::ffff:192.168.1.7", False, "places") == told
    )
    assert shares.refusal("192.168.1.8", False, "places") == ""
    for i in range(48):
        assert shares.refusal(f"127.0.0.{1 + i}", True, "places") == ""
        shares.take(f"127.0.0.{1 + i}", True)
    assert shares.refusal("192.168.1.8", False, "places") == "there are 64 places already"
    shares.leave("192.168.1.7", False)
    assert shares.refusal("::1", True, "places") == "this machine has 48 places already, of 64 for all"
    assert shares.refusal("192.168.1.7", False, "places") == ""


def test_the_addresses_of_one_ipv6_host_share_a_share() -> None:
    shares = Shares(64)
    for i in range(16):
        shares.take(f"2001:db8::{i:x}", False)
    assert shares.refusal("2001:db8::beef", False, "places") != ""
    assert shares.refusal("2001:db8:0:1::beef", False, "places") == ""
    for i in range(16):
        shares.leave(f"2001:db8::{i:x}", False)
    assert shares.refusal("fe80::1%eth0", False, "places") == ""
    for i in range(1, 17):  # all of a network have these 64 bits
        assert shares.refusal(f"fe80::{i}%eth0", False, "places") == ""
        shares.take(f"fe80::{i}%eth0", False)
    assert shares.refusal("fe80::3%eth0", False, "places") == ""
    for i in range(1, 17):
        shares.leave(f"fe80::{i}%eth0", False)
    assert not shares._held


def test_connections_of_one_host_leave_room_for_others() -> None:
    async def body() -> None:
        async with listening(tcp_port=0, allow=[]) as one:
            port = one.server._tcp
            assert port is not None
            one.server._rights |= {f"10.0.0.{i}": (True, False) for i in range(9)}
            taken = [port._accepting._admit(f"10.0.0.{n % 2}", 5000 + n) for n in range(100)]
            assert sum(connection is not None for connection in taken) == 2 * most_of(MAX_CONNECTIONS, False)
            assert port._accepting._admit("10.0.0.5", 1) is not None
            for connection in taken:
                if connection is not None:
                    port.leave(connection)
            assert port._accepting._admit("10.0.0.0", 1) is not None

    run(body)


# -- lines of the log --------------------------------------------------------------------------------------------------


def test_thousands_of_strangers_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening() as one:
            for n in range(3000):
                assert one.server.judge(f"10.0.{n // 250}.{n % 250}") == (False, False)

    run(body)
    assert [record.getMessage() for record in caplog.records] == [
        "10.0.0.0 is outside osc.allow: what it sends is ignored"
    ]


def test_thousands_of_refused_connections_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            port = one.server._tcp
            assert isinstance(port, TcpPort)
            for n in range(3000):
                port._accepting._admit("127.0.0.1", n)

    run(body)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "TCP connection of 127.0.0.1 refused: this machine has 48 TCP connections already, of 64 for all"


def test_what_was_counted_is_said_with_the_last_of_it(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    lines = Sparing(logging.getLogger("a"), clock=lambda: now[0])
    for n in range(10):
        now[0] = float(n)
        lines.warn(f"host {n}")
    now[0] = INTERVAL_S
    lines.warn("host 10")
    lines.flush()
    now[0] = 3 * INTERVAL_S
    lines.warn("host 11")
    assert [record.getMessage() for record in caplog.records] == [
        "host 0",
        "host 9, and 8 more like it",
        "host 10",
        "host 11",
    ]


def test_what_was_counted_is_said_by_itself_on_the_event_clock(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparing, "INTERVAL_S", 0.05)

    async def body() -> None:
        lines = Sparing(logging.getLogger("a"))
        for n in range(100):
            lines.warn(f"host {n}")
        async with asyncio.timeout(10):
            while len(caplog.records) < 2:
                await asyncio.sleep(0.01)

    run(body)
    assert [record.getMessage() for record in caplog.records] == ["host 0", "host 99, and 98 more like it"]


# -- no descriptor left ------------------------------------------------------------------------------------------------

_SERVER = """
import asyncio, logging, resource, sys
from oscvae.osc.server import OscServer
logging.basicConfig(level=logging.INFO)

async def main():
    server = OscServer(lambda packet, client: client.reply("/pong"), port=0, tcp_port=0)
    await server.start()
    resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))
    print(server.tcp_port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close()

asyncio.run(main(), debug=False)
"""


def test_without_a_descriptor_connections_wait_and_the_log_stays_short() -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    port = int(server.stdout.readline())

    async def body() -> None:
        lines = [Stream(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(40)]
        for line in lines:
            line.writer.write(Lengths().wrap(PING))
        began = time.monotonic()
        pong = Lengths().wrap(encode_message("/pong"))
        for line in lines[:10]:
            assert await line.read(len(pong)) == pong
        await asyncio.sleep(2.5)  # several attempts
        for line in lines[:20]:
            line.writer.close()
        assert await lines[-1].read(len(pong)) == pong, "those that waited are taken when there is room"
        assert time.monotonic() - began < 60
        for line in lines[20:]:
            line.writer.close()

    try:
        run(body)
        _, said = server.communicate("", timeout=20)
    finally:
        server.kill()
        server.wait()
    assert said.count("no further TCP connection can be taken now: Too many open files; ulimit -n says how many") == 1
    assert len(said) < 2000, said
