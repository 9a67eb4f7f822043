"""OSC clients on loopback, over UDP and over TCP, and free ports for them."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

from oscvae.osc.packets import Message, decode, encode_bundle, encode_message, ns_to_timetag

TEST_PORTS = (20_000, 30_000)  # below those that Linux gives out by itself

Reply = tuple[str, tuple[Any, ...]]


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A UDP or TCP port on loopback that nobody has now, and that the system gives to nobody who asks for any port."""
    while True:
        port = random.randrange(*TEST_PORTS)
        with socket.socket(socket.AF_INET, kind) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def free_tcp_port() -> int:
    return free_port(socket.SOCK_STREAM)


class OscClient:
    """A UDP client that sends from `host`, which is loopback unless it is given, to `port` there."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind((host, 0))
        self.target = (host, port)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def send(self, address: str, *args: Any) -> None:
        self.socket.sendto(encode_message(address, args), self.target)

    def send_bundle(self, messages: Sequence[tuple[Any, ...]], due_s: float | None = None) -> None:
        """Messages (address, *args) as one bundle; due_s: Unix time of its timetag, None = now."""
        timetag = 1 if due_s is None else ns_to_timetag(round(due_s * 1e9))
        self.socket.sendto(encode_bundle(timetag, [encode_message(m[0], m[1:]) for m in messages]), self.target)

    def receive(self, timeout_s: float = 1.0) -> Reply | None:
        """The next reply, or None after the time-out."""
        self.socket.settimeout(max(timeout_s, 1e-3))
        try:
            message = decode(self.socket.recv(1 << 16))
        except (TimeoutError, ConnectionRefusedError):
            return None
        assert isinstance(message, Message)
        return message.address, message.args

    def wait_for(self, *addresses: str, timeout_s: float = 5.0) -> Reply | None:
        """The next reply at one of these addresses; others are dropped."""
        return self._wait(lambda reply: reply[0] in addresses, timeout_s)

    def ask(self, address: str, *args: Any, answer: Sequence[str] = (), timeout_s: float = 5.0) -> Reply | None:
        """Send, and wait for one of the answers, or for the /fail of this command; other replies are dropped."""
        self.send(address, *args)
        return self._wait(
            lambda reply: reply[0] in answer or (reply[0] == "/fail" and reply[1][0] == address), timeout_s
        )

    def _wait(self, wanted: Callable[[Reply], bool], timeout_s: float) -> Reply | None:
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            reply = self.receive(left)
            if reply is not None and wanted(reply):
                return reply
        return None

    def drain(self) -> list[Reply]:
        """Everything that has arrived."""
        replies = []
        while (reply := self.receive(0.0)) is not None:
            replies.append(reply)
        return replies

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> OscClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FramedClient:
    """OSC over TCP: each packet after its length, an int32 big-endian."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=30.0, source_address=(host, 0))

    @staticmethod
    def frame(path: str, *args: Any) -> bytes:
        packet = encode_message(path, args)
        return struct.pack(">i", len(packet)) + packet

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes; raises EOFError where the connection ends before."""
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self) -> Reply:
        (size,) = struct.unpack(">i", self.exactly(4))
        message = decode(self.exactly(size))
        assert isinstance(message, Message)
        return message.address, message.args

    def wait_for(self, *addresses: str) -> Reply:
        """The next at one of these addresses; others, such as the levels of what still sounds, are dropped."""
        while (reply := self.receive())[0] not in addresses:
            pass
        return reply

    def close(self) -> None:
        self.socket.close()
