"""Hostile senders and a live daemon: it answers /ping afterwards, and a note sounds.

A few thousand packets in the suite; OSCVAE_SOAK=1 pytest -m soak sends 100,000 (make soak).
"""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oscvae.osc.packets import BUNDLE, encode_message
from oscvae.osc.subscribers import SUBSCRIBERS_MAX
from oscvae.osc.transport.shares import most_of
from oscvae.osc.transport.tcp import MAX_CONNECTIONS
from parts import SOAK
from parts.client import OscClient, free_tcp_port
from parts.daemon import Daemon, Z
from parts.packets import arguments, bundles, damaged, messages, names, odd_messages
from parts.waiting import until

pytestmark = pytest.mark.soak

CASES = 100_000 if SOAK else 500
FLOOD = 20_000 if SOAK else 2_000
VOICES = 16

raw = st.binary(max_size=300) | st.binary(max_size=200).map((BUNDLE + bytes(8)).__add__)
huge = st.tuples(st.sampled_from([b"/", b"\0", b"/a\0\0,", b"#bundle\0", b"\xff", b"[" * 4]), st.integers(0, 9000)).map(
    lambda pair: (pair[0] * (pair[1] + 1))[:65_000]
)
numbers = st.floats(width=32) | st.integers(-(2**31), 2**31 - 1)
notes = st.builds(  # commands that make sound, or nearly
    encode_message,
    st.sampled_from(["/play", "/note", "/interp", "/voice/new", "/voice/set", "/z", "/pad/1", "/glide", "/stop"]),
    st.lists(numbers | st.floats(-3.0, 90.0), min_size=0, max_size=14),
)


packets = (
    raw
    | huge
    | odd_messages
    | messages
    | bundles
    | notes
    | damaged(bundles | notes)
    | st.builds(encode_message, names, arguments)
)
packets = packets.filter(lambda data: b"/quit" not in data)  # which is obeyed


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    settings_ = ("audio.backend=silent", f"engine.voices={VOICES}", "osc.errors_per_second=10000")
    with Daemon(*settings_, f"osc.tcp_port={free_tcp_port()}") as made:
        made.wait_ready()
        yield made
        assert made.stop() == 0
        made.check_log()


@pytest.fixture(autouse=True)
def _well(daemon: Daemon) -> Iterator[None]:
    """After each test: it answers, nothing of what was played is stuck, and every voice can be had."""
    yield
    assert daemon.process.poll() is None, daemon.log
    client = OscClient(daemon.port)
    assert answers(client)
    for address, value in (("/stretch", 1.0), ("/bend", 0.0), ("/attack", 0.0), ("/release", 0.05), ("/sustain", 0)):
        client.send(address, value)
    client.send("/clearSched")
    client.send("/dumpOSC", 0)
    client.send("/stop")
    assert until(lambda: daemon.status().voices == 0, 20.0), f"a voice is stuck: {daemon.status()}"
    assert daemon.sounds()
    assert until(lambda: daemon.status().voices == 0, 20.0)
    for i in range(VOICES):
        client.send("/play", 50 + i, *Z)
    assert until(lambda: daemon.status().voices == VOICES, 20.0), f"voices are lost: {daemon.status()}"
    client.send("/panic")
    assert until(lambda: daemon.status().voices == 0, 10.0)
    client.close()


def answers(client: OscClient) -> bool:
    """Whether /ping is answered, whatever else is."""
    client.send("/ping")
    return client.wait_for("/pong", timeout_s=20.0) is not None


def tcp_port(daemon: Daemon) -> int:
    arguments_ = list(map(str, daemon.process.args))  # type: ignore[arg-type]
    return int(next(text for text in arguments_ if text.startswith("osc.tcp_port=")).partition("=")[2])


def connect(daemon: Daemon) -> socket.socket:
    return socket.create_connection(("127.0.0.1", tcp_port(daemon)), timeout=10.0)


def frame(packet: bytes) -> bytes:
    return len(packet).to_bytes(4) + packet


def ping_over(connection: socket.socket) -> bool:
    """Whether /ping is answered there."""
    try:
        connection.sendall(frame(encode_message("/ping")))
        return connection.recv(4096).endswith(frame(encode_message("/pong")))
    except OSError:
        return False


@pytest.mark.timeout(0 if SOAK else 300)
def test_any_packet_is_survived(daemon: Daemon) -> None:
    client = OscClient(daemon.port)
    recent: deque[bytes] = deque(maxlen=64)
    count = 0

    # no shrinking: what a packet does depends on those before it, and a daemon that is down is down for all
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(packets)
    def storm(data: bytes) -> None:
        nonlocal count
        count += 1
        recent.append(data)
        with contextlib.suppress(OSError):
            client.socket.sendto(data, client.target)
        if count % 50 == 0:
            client.drain()
            assert answers(client), [packet.hex() for packet in recent]

    storm()
    assert count >= CASES // 2  # hypothesis counts those that the filter refused
    client.send("/notify", 0)
    client.close()


@pytest.mark.timeout(0 if SOAK else 300)
def test_garbage_over_tcp_is_survived(daemon: Daemon) -> None:
    draw = random.Random(3)
    for _ in range(CASES // 30):
        with connect(daemon) as connection, contextlib.suppress(OSError):
            for _ in range(draw.randrange(1, 4)):
                kind = draw.randrange(5)
                size = draw.randrange(0, 400)
                if kind == 0:  # anything
                    connection.sendall(draw.randbytes(size))
                elif kind == 1:  # a frame with anything in it
                    connection.sendall(frame(draw.randbytes(size & ~3)))
                elif kind == 2:  # half a frame
                    connection.sendall(frame(encode_message("/play", (60, *Z)))[: draw.randrange(1, 30)])
                elif kind == 3:  # a size that lies
                    connection.sendall(draw.choice((b"\x7f\xff\xff\xff", b"\xff" * 4, bytes(4))) + draw.randbytes(64))
                else:
                    connection.sendall(frame(encode_message("/play", (60, *Z))) * draw.randrange(1, 20))
    with connect(daemon) as connection:
        assert ping_over(connection)


def test_of_a_hundred_connections_those_that_are_taken_are_served(daemon: Daemon) -> None:
    """Some are refused; those that are taken are served, and all of their places come back."""
    for turn in range(3):
        connections = [connect(daemon) for _ in range(100)]
        if turn == 1:  # half a frame each, and no more
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.sendall(frame(encode_message("/ping"))[:7])
        else:
            served = sum(ping_over(connection) for connection in connections)
            assert served == most_of(MAX_CONNECTIONS, is_loopback=True)
        assert answers(daemon.client)
        for connection in connections:
            connection.close()
        assert until(lambda: _served(daemon), 5.0)


def _served(daemon: Daemon) -> bool:
    with connect(daemon) as connection:
        return ping_over(connection)


def test_a_reader_that_never_reads_is_cut_off(daemon: Daemon) -> None:
    """It asks for long answers without end: it is cut off, and nobody else waits for it."""
    with connect(daemon) as connection:
        connection.settimeout(10.0)
        question = frame(encode_message("/help")) * 100
        with pytest.raises(OSError):
            for _ in range(10_000):
                connection.sendall(question)
                assert answers(daemon.client)
    assert until(lambda: "does not read its answers" in daemon.log, 5.0)


def test_a_flood_of_notes_is_answered_and_ends(daemon: Daemon) -> None:
    """What finds no voice is answered busy, each; all that is said to sound ends."""
    client = OscClient(daemon.port)
    client.send("/notify", 1)
    client.send("/panic")
    assert until(lambda: daemon.status().voices == 0, 20.0), "what sounded before would be counted when it ends"
    time.sleep(0.2)  # all that was to be told of it
    client.drain()
    busy = daemon.status().busy
    heard: Counter[str] = Counter()
    for i in range(FLOOD):
        client.send("/play", 40 + i % 40, *Z, 0.8, 0.01)
        if i % 500 == 499:  # as much as a socket takes
            client.send("/ping")
            while (reply := client.receive(10.0)) is not None and reply[0] != "/pong":
                heard[reply[0]] += 1
    assert until(lambda: daemon.status().voices == 0, 20.0)

    def all_ended() -> bool:
        heard.update(address for address, _ in client.drain())
        return heard["/voice/on"] == heard["/voice/off"] > 0

    assert until(all_ended, 10.0), heard
    client.send("/notify", 0)
    client.close()
    refused = daemon.status().busy - busy
    assert heard["/fail"] == refused > 0
    assert heard["/voice/on"] + refused <= FLOOD


def test_a_flood_of_loads_is_answered_one_by_one(daemon: Daemon) -> None:
    """One answer each: done, superseded, missing, or busy; and the last one plays."""
    client = OscClient(daemon.port)
    client.send("/play", 60, *Z)
    n = 300
    for i in range(n):
        client.send("/load", "plucked" if i % 3 else "missing")
    heard: Counter[str] = Counter()
    while sum(heard.values()) < n:
        reply = client.receive(60.0)
        assert reply is not None, heard
        assert reply[1][0] == "/load"
        heard["done" if reply[0] == "/done" else str(reply[1][1]).rpartition(": ")[2]] += 1
    assert heard["superseded"] > 0 and heard["done"] <= 3, heard
    # whatever the flood has left behind, a load after it is obeyed
    done = client.ask("/load", "plucked", answer=("/done",), timeout_s=60.0)
    assert done is not None and done[0] == "/done" and done[1][:2] == ("/load", "plucked")
    client.close()


def test_a_flood_of_recordings_is_answered(daemon: Daemon) -> None:
    client = OscClient(daemon.port)
    n = 400
    for i in range(n):
        client.send("/record", *([f"take{i}"] if i % 2 == 0 else []))
    heard: Counter[str] = Counter()
    while sum(heard.values()) < n:
        reply = client.receive(60.0)
        assert reply is not None and reply[1][0] == "/record", reply
        heard[reply[0]] += 1
    assert heard["/done"] > 0 and heard["/fail"] > 0
    client.ask("/record", answer=("/done",))
    client.close()


def test_a_flood_of_questions_is_answered(daemon: Daemon) -> None:
    client = OscClient(daemon.port)
    client.send("/load", "plucked")
    for i in range(FLOOD):
        client.send(
            ("/sync", "/status", "/help", "/presets", "/version", "/models")[i % 6], *([i] if i % 6 == 0 else [])
        )
        if i % 100 == 99:
            assert answers(client)
            client.drain()
    assert client.ask("/sync", 77, answer=("/synced",), timeout_s=60.0) is not None
    client.close()


def test_a_flood_of_subscribers_is_bounded(daemon: Daemon) -> None:
    """From many ports, and one that names many: this machine's share is taken, the others told so."""
    clients = [OscClient(daemon.port) for _ in range(200)]
    replies = [client.ask("/notify", 1, answer=("/done",)) for client in clients]
    taken = [client for client, reply in zip(clients, replies, strict=True) if reply == ("/done", ("/notify", 1))]
    assert len(taken) == most_of(SUBSCRIBERS_MAX, True)
    greedy = clients[-1]
    for port in range(20_000, 20_000 + FLOOD // 2):
        greedy.send("/notify", 1, port)
        if port % 100 == 99:
            assert answers(greedy)
    for client in clients:
        client.send("/notify", 0)
        client.close()
    greedy = OscClient(daemon.port)
    assert until(lambda: greedy.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1)), 5.0)
    greedy.ask("/notify", 0, answer=("/done",))
    greedy.close()
