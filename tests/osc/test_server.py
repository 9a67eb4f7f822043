"""The server over real sockets: UDP, foreign senders, taken ports, hostile bytes."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shutil
import socket
import subprocess

import pytest

from osc.listening import PING, Listening, listening, other_address, run
from oscvae.errors import ConfigError, PortTakenError
from oscvae.osc.packets import Bundle, Message, decode, encode_bundle, encode_message
from oscvae.osc.transport.ports import holders


class Sender:
    """A UDP socket that sends to the server and waits for answers."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((host, port))

    def send(self, packet: bytes) -> None:
        self.socket.send(packet)

    async def answer(self) -> Message:
        async with asyncio.timeout(10):
            packet = decode(await asyncio.get_running_loop().sock_recv(self.socket, 65536))
        assert isinstance(packet, Message)
        return packet


def test_udp_packets_are_heard_and_answered() -> None:
    async def body() -> None:
        async with listening() as one:
            sender = Sender(one.server.port)
            sender.send(PING)
            assert await sender.answer() == Message("/pong")
            sender.send(encode_bundle(1, [PING, encode_message("/z/1", (0.5,))]))
            await one.wait_for(2)
            assert one.heard[1] == Bundle(1, (Message("/ping"), Message("/z/1", (0.5,), "f")))
            client = one.clients[1]
            assert client.key == one.clients[0].key == ("udp", "127.0.0.1", sender.socket.getsockname()[1])
            assert client.is_loopback

    run(body)


def test_thousands_of_packets_arrive_whole_and_in_order() -> None:
    async def body() -> None:
        async with listening() as one:
            sender = Sender(one.server.port)
            for i in range(2000):
                sender.send(encode_message("/play", (i, 0.1, 0.2, 0.3, 0.4)))
            await one.wait_for(2000)
            assert [packet.args[0] for packet in one.heard] == list(range(2000))  # type: ignore[union-attr]

    run(body)


def test_hostile_datagrams_are_answered_and_survived() -> None:
    hostile = [b"", b"x", bytes(16), b"#bundle\0" + bytes(7) + b"\x01\xff\xff\xff\xfc/a\0\0", os.urandom(65_000)]

    async def body() -> None:
        async with listening() as one:
            sender = Sender(one.server.port)
            for data in hostile:
                sender.send(data)
                answer = await sender.answer()
                assert answer.address == "/fail"
                assert answer.args[0] == "packet"
            sender.send(PING)
            assert await sender.answer() == Message("/pong")
            assert one.server.malformed == len(hostile)
            assert len(one.heard) == 1

    run(body)


def test_a_handler_that_raises_does_not_end_the_server(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening() as one:
            sender = Sender(one.server.port)
            sender.send(encode_message("/raise"))
            sender.send(PING)
            assert await sender.answer() == Message("/pong")

    run(body)
    assert "the daemon goes on" in caplog.text


def test_errors_are_limited() -> None:
    async def body() -> None:
        async with listening(errors_per_second=1) as one:
            sender = Sender(one.server.port)
            for _ in range(50):
                sender.send(b"bad!")
            sender.send(PING)
            answers = [await sender.answer()]
            while answers[-1].address != "/pong":
                answers.append(await sender.answer())
            assert len(answers) <= 4
            assert one.server.error_limiter.suppressed >= 46

    run(body)


def test_only_allowed_networks_are_heard(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening(allow=[ipaddress.ip_network("10.0.0.0/8")]) as one:
            judge = one.server.judge
            assert judge("127.0.0.1") == (True, True)
            assert judge("127.3.2.1") == (True, True)
            assert judge("::1") == (True, True)
            assert judge("::ffff:127.0.0.1") == (True, True)
            assert judge("10.1.2.3") == (True, False)
            assert judge("::ffff:10.1.2.3") == (True, False)
            assert judge("192.168.1.7") == (False, False)
            assert judge("fe80::1%eth0") == (False, False)
            assert judge("no address") == (False, False)

    run(body)
    assert caplog.text.count("192.168.1.7 is outside osc.allow") == 1


@pytest.mark.skipif(other_address() is None, reason="this machine has no address but loopback")
def test_a_sender_outside_gets_no_answer_and_one_inside_a_bounded_one() -> None:
    host = other_address()
    assert host is not None

    async def body() -> None:
        async with listening(host="0.0.0.0") as one:
            sender = Sender(one.server.port, host)
            sender.send(PING)
            sender.send(b"bad!")
            while one.server.refused < 2:
                await asyncio.sleep(0.001)
            assert one.heard == []
            with pytest.raises(BlockingIOError):
                sender.socket.recv(100)
        async with listening(host="0.0.0.0", allow=[ipaddress.ip_network(host)]) as one:
            sender = Sender(one.server.port, host)
            sender.send(encode_message("/big"))
            assert (await sender.answer()).args == ("/models", "the answer has 30024 bytes, use TCP")

    run(body)


def test_listening_beyond_loopback_without_allow_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening(host="0.0.0.0"):
            pass

    run(body)
    assert "osc.allow is empty: only this machine is heard" in caplog.text


def test_a_taken_port_says_who_is_there() -> None:
    async def body() -> None:
        async with listening(tcp_port=0) as one:
            with pytest.raises(PortTakenError, match=rf"UDP port {one.server.port} .* \(pid {os.getpid()}\)"):
                await Listening(port=one.server.port).server.start()
            with pytest.raises(PortTakenError, match=rf"TCP port {one.server.tcp_port} .*--set osc\.tcp_port=N"):
                await Listening(tcp_port=one.server.tcp_port).server.start()

    run(body)


def test_the_holder_of_a_port_is_found() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        assert holders("udp", udp.getsockname()[1]) == [f"{_own_name()} (pid {os.getpid()})"]
    assert holders("udp", 1) == []


def _own_name() -> str:
    with open("/proc/self/comm") as comm:  # noqa: PTH123
        return comm.read().strip()


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host.invalid"])
def test_an_address_that_is_not_here_is_told(host: str) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match=r"(listen|no address).*0\.0\.0\.0 all of its"):
            await Listening(host=host).server.start()

    run(body)


def test_it_listens_at_ipv6() -> None:
    async def body() -> None:
        try:
            context = listening(host="::1")
            one = await context.__aenter__()
        except ConfigError:
            pytest.skip("no IPv6 here")
        sender = Sender(one.server.port, "::1")
        sender.send(PING)
        assert await sender.answer() == Message("/pong")
        await context.__aexit__(None, None, None)

    run(body)


@pytest.mark.client
@pytest.mark.skipif(shutil.which("oscsend") is None, reason="needs liblo-tools")
def test_oscsend_is_heard() -> None:
    async def body() -> None:
        async with listening() as one:
            command = ["oscsend", "127.0.0.1", str(one.server.port), "/play", "ifdsTFc", "60", "0.5", "0.25", "é", "A"]
            process = await asyncio.create_subprocess_exec(*command)
            await process.wait()
            await one.wait_for(1)
            assert one.heard == [Message("/play", (60, 0.5, 0.25, "é", True, False, "A"), "ifdsTFc")]

    run(body)


@pytest.mark.client
@pytest.mark.skipif(shutil.which("oscdump") is None, reason="needs liblo-tools")
def test_oscdump_reads_what_we_send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    dump = subprocess.Popen(["oscdump", "-L", str(port)], stdout=subprocess.PIPE, text=True)
    assert dump.stdout is not None
    try:

        async def body() -> None:
            async with listening() as one:
                client = one.server.udp_client("127.0.0.1", port)
                for _ in range(100):  # until it listens
                    client.reply("/voice/on", -3, 60.5, "née")
                    await asyncio.sleep(0.01)

        run(body)
        assert '/voice/on ifs -3 60.500000 "née"' in dump.stdout.readline()
    finally:
        dump.kill()
        dump.wait()


def test_dump_shows_what_arrives(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def body() -> None:
        async with listening() as one:
            one.server.dump.on = True
            sender = Sender(one.server.port)
            sender.send(encode_bundle(1, [encode_message("/play", (60, 0.5, "x"))]))
            for _ in range(1000):
                sender.send(encode_message("/z/1", (0.5,)))
            await one.wait_for(1001)

    run(body)
    lines = [record.message.partition("  ")[2] for record in caplog.records]
    assert lines[:3] == ["#bundle now", "  /play ,ifs 60 0.5 'x'", "/z/1 ,f 0.5"]
    assert len(lines) < 800
