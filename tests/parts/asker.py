"""A client without a socket, for what answers in this process."""

from __future__ import annotations

from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.packets import Message, decode
from parts.client import Reply


class Asker:
    """A client whose answers are kept, in order."""

    def __init__(self) -> None:
        self.answers: list[Reply] = []
        self.client = Client("udp", "127.0.0.1", 5000, True, 64, self._take, ErrorLimiter(1000))

    def _take(self, packet: bytes, client: Client) -> None:
        message = decode(packet)
        assert isinstance(message, Message)
        self.answers.append((message.address, message.args))
