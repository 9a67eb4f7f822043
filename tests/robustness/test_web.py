"""Hostile browsers and a live daemon: whatever comes over HTTP and WebSocket, it answers afterwards, and a note sounds.

A thousand requests and frames in the suite; 100,000 in make soak.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import socket
import statistics
import struct
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from oscvae.osc.packets import encode_message
from parts import SOAK
from parts.client import free_tcp_port
from parts.daemon import Daemon, Z
from parts.pages import PAGES, browse
from parts.waiting import until

CASES = 100_000 if SOAK else 500
A_ROUND = 50  # cases of one connection
GROWTH_BYTES = 12 << 20
PAGES_S = 600.0 if SOAK else 5.0
PAGES_GROWTH_BYTES = 4 << 20
TURN_S, MOVES, HEARING = 0.1, 20, 4  # a note and moves each turn; pages that hear the sound
LEAVE_S = 20.0

METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"HEAD", b"get", b"\xff\xfe", b"G" * 9000, b"")
PATHS = (
    b"/",
    b"/gain",
    b"/gain?VALUE",
    b"/?HOST_INFO",
    b"/?VALUE=%00&RANGE",
    b"/../../../../etc/passwd",
    b"/%2e%2e/%2e%2e/etc/passwd",
    b"/..%5c..%5cconfig.yaml",
    b"//etc/passwd",
    b"/page.js%00.html",
    b"/quit",
    b"/play?VALUE=60",
    b"/" + b"a/" * 4000,
    b"/\xff\xfe",
    b"*",
    b"http://elsewhere.example/",
)
HOSTS = (b"127.0.0.1", b"localhost", b"elsewhere.example", b"127.0.0.1:99999999", b"[::1", b"\xff", b"", b"a" * 3000)
ORIGINS = (None, b"null", b"http://elsewhere.example", b"http://127.0.0.1", b"\x00", b"file://")
TEXTS = (
    "",
    "{}",
    "[" * 2000,
    '{"COMMAND": "LISTEN", "DATA": "/gain"}',
    '{"COMMAND": "LISTEN", "DATA": "/z/99"}',
    '{"COMMAND": "IGNORE", "DATA": 7}',
    '{"COMMAND": ["LISTEN"], "DATA": {"a": 1}}',
    '{"COMMAND": "LISTEN", "DATA": "' + "a" * 5000 + '"}',
    "\u202e/play",
    "NaN",
)
MESSAGES = (
    encode_message("/play", (60, *Z, 0.5, 0.02)),
    encode_message("/gain", (-6.0,)),
    encode_message("/z", Z),
    encode_message("/notify", (1,)),
    encode_message("/status"),
    encode_message("/points"),
    encode_message("/load", ("../../etc/passwd",)),
)


@pytest.fixture(scope="module")
def port() -> int:
    """Of the page."""
    return free_tcp_port()


@pytest.fixture(scope="module")
def daemon(port: int) -> Iterator[Daemon]:
    with Daemon("audio.backend=silent", f"http.port={port}", "osc.errors_per_second=10000") as made:
        made.wait_ready()
        yield made
        assert made.stop() == 0
        made.check_log()


class Raw:
    """A TCP connection that reads whatever comes, and forgets it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10.0)

    def send(self, data: bytes) -> bool:
        """False once the other side has hung up."""
        try:
            self._socket.sendall(data)
            self._socket.settimeout(0.0)
            while self._socket.recv(1 << 16):
                pass
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self._socket.settimeout(10.0)
        return False

    def close(self) -> None:
        self._socket.close()

    def upgrade(self, port: int) -> None:
        """Become a WebSocket."""
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            got = self._socket.recv(4096)
            assert got, answer
            answer += got
        assert b" 101 " in answer.split(b"\r\n", 1)[0], answer


def request(draw: random.Random) -> bytes:
    """An HTTP request that is nearly one."""
    if draw.random() < 0.1:
        return draw.randbytes(draw.randrange(400))
    head = [b" ".join((draw.choice(METHODS), draw.choice(PATHS), draw.choice((b"HTTP/1.1", b"HTTP/9", b""))))]
    head.append(b"Host: " + draw.choice(HOSTS))
    origin = draw.choice(ORIGINS)
    if origin is not None:
        head.append(b"Origin: " + origin)
    extra = (
        b"Content-Length: 99999999999",
        b"Content-Length: -1",
        b"Transfer-Encoding: chunked",
        b"Upgrade: websocket\r\nConnection: Upgrade",
        b"X: " + b"y" * draw.randrange(20_000),
        b"\x00: \x00",
    )
    head += draw.sample(extra, draw.randrange(3))
    return b"\r\n".join(head) + b"\r\n\r\n" + draw.choice((b"", b"zzz\r\n", b"0\r\n\r\n"))


def frame(draw: random.Random) -> bytes:
    """A WebSocket frame, most of them well formed."""
    if draw.random() < 0.03:
        return draw.randbytes(draw.randrange(1, 60))
    payload, opcode = draw.choice(TEXTS).encode(), 1
    if draw.random() < 0.7:
        opcode, data = 2, bytearray(draw.choice(MESSAGES))
        for _ in range(draw.choice((0, 0, 1, 4))):
            data[draw.randrange(len(data))] = draw.randrange(256)
        payload = bytes(data)
    elif draw.random() < 0.1:
        opcode = draw.choice((0, 3, 8, 9, 10, 15))
    first = (0x80 if draw.random() < 0.98 else draw.choice((0x00, 0xC0, 0xF0))) | opcode
    return framed(first, payload, draw.randbytes(4))


def framed(first: int, payload: bytes, mask: bytes) -> bytes:
    """A client's WebSocket frame of at most 64 KiB; first: its flags and opcode."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
    return bytes([first]) + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


@pytest.mark.soak
@pytest.mark.timeout(0 if SOAK else 300)
def test_a_hundred_thousand_requests_and_frames_leave_it_playing(daemon: Daemon, port: int) -> None:
    seed = int.from_bytes(os.urandom(4))
    draw = random.Random(seed)
    process = psutil.Process(daemon.process.pid)
    before: tuple[int, int] | None = None
    for number in range(CASES // A_ROUND):
        connection = Raw(port)
        is_socket = draw.random() < 0.5
        if is_socket:
            connection.upgrade(port)
        for _ in range(A_ROUND):
            if not connection.send(frame(draw) if is_socket else request(draw)):
                connection.close()
                connection = Raw(port)
                if is_socket:
                    connection.upgrade(port)
        connection.close()
        assert daemon.process.poll() is None, f"seed {seed}, round {number}: {daemon.log}"
        if number == CASES // A_ROUND // 4:
            before = process.num_fds(), daemon.resident_bytes()
    assert before is not None
    assert until(lambda: process.num_fds() <= before[0] + 4, 30.0), f"seed {seed}: descriptors are left"
    assert daemon.resident_bytes() <= before[1] + GROWTH_BYTES, f"seed {seed}"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/?HOST_INFO", timeout=10) as response:
        assert json.load(response)["NAME"] == "oscvae"
    daemon.reset()
    assert daemon.sounds(), f"seed {seed}: {daemon.status()}\n{daemon.log[-2000:]}"


def test_keys_that_a_page_held_are_let_go_when_it_is_gone(daemon: Daemon, port: int) -> None:
    daemon.reset()
    client, page, other = daemon.client, Raw(port), Raw(port)
    assert client.ask("/notify", 1, answer=("/done",)) is not None
    client.send("/freeze", 1)  # no note ends by itself
    try:
        for connection, note in ((page, 60), (other, 67)):
            connection.upgrade(port)
            connection.send(framed(0x82, encode_message("/note", (note, 100)), b"mask"))
            assert client.wait_for("/voice/on") is not None
        page.close()
        assert client.wait_for("/voice/off") is not None
        assert daemon.status().voices == 1, "the other page still holds its key"
    finally:
        other.close()
        client.send("/freeze", 0)
        client.send("/notify", 0)


@pytest.mark.soak
@pytest.mark.timeout(0 if SOAK else 120)
def test_twenty_pages_take_no_more_memory_with_time(tmp_path: Path) -> None:
    """Beside moves of the cursor, 200 a second, and a note every tenth of a second."""
    http = free_tcp_port()
    draw, counts, over = random.Random(1), [0] * PAGES, threading.Event()
    settings = ("audio.backend=silent", f"http.port={http}")
    with Daemon(*settings, folder=tmp_path) as daemon, ThreadPoolExecutor(1) as threads:
        daemon.wait_ready()
        pages = threads.submit(lambda: asyncio.run(browse(http, counts, HEARING, over)))
        resident = []
        try:
            for _ in range(round(PAGES_S / TURN_S)):
                daemon.client.send("/play", draw.randint(45, 84), *Z, 0.5, 0.7)
                for _ in range(MOVES):
                    daemon.client.send("/z", *(draw.uniform(-2.0, 2.0) for _ in Z))
                daemon.client.drain()
                assert not pages.done(), pages.exception()
                resident.append(daemon.resident_bytes())
                time.sleep(TURN_S)
        finally:
            over.set()
        pages.result(LEAVE_S)
        assert min(counts) > 10 * PAGES_S, "a page that is told nothing"
        daemon.quiet()
        daemon.check_log()
    if SOAK:
        quarter = len(resident) // 4
        earlier, later = (statistics.median(part) for part in (resident[quarter : 2 * quarter], resident[-quarter:]))
        assert later - earlier < PAGES_GROWTH_BYTES, f"{(later - earlier) / 2**20:.1f} MiB more"
