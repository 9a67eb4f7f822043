"""A daemon that only listens: everything a patch sends, and answers on demand."""

from __future__ import annotations

import socket
import time
from typing import Any

from oscvae.osc.packets import Bundle, Message, decode, encode_message

MODEL = ("plucked", 4, 48_000.0, 40, 88, *(end for _ in range(4) for end in (-2.0, 2.0)))


class FakeDaemon:
    """A UDP socket on loopback. `/ping`, by which a client looks whether anybody is there, is answered and not told."""

    def __init__(self, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", port))
        self.peer: Any = None
        self.pings = 0

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def receive(self, timeout_s: float = 1.0) -> list[Message]:
        """The messages of the next packet; none after the time-out."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 1e-3))
            try:
                packet, self.peer = self.socket.recvfrom(1 << 16)
            except TimeoutError:
                return []
            messages = list(_flat(decode(packet)))
            if messages[0].address != "/ping":
                return messages
            self.pings += 1
            self.tell("/pong")

    def until(self, address: str, timeout_s: float = 10.0) -> Message:
        """The next message at this address; others are dropped."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            for message in self.receive(left):
                if message.address == address:
                    return message
        raise AssertionError(f"{address} was not sent in {timeout_s} s")

    def drain(self, quiet_s: float = 0.2) -> list[Message]:
        """All that comes until nothing has come for `quiet_s`."""
        messages: list[Message] = []
        while found := self.receive(quiet_s):
            messages += found
        return messages

    def tell(self, address: str, *args: Any) -> None:
        """To whoever has sent last."""
        assert self.peer is not None, "nobody has sent anything"
        self.socket.sendto(encode_message(address, args), self.peer)

    def greet(self) -> None:
        """Answer a subscriber as the daemon does, so that it knows of the model."""
        self.until("/notify")
        self.tell("/done", "/notify", 1)
        self.tell("/model", *MODEL)

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> FakeDaemon:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _flat(packet: Any) -> list[Message]:
    if isinstance(packet, Bundle):
        return [message for element in packet.elements for message in _flat(element)]
    return [packet]
