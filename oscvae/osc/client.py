"""Who sent a packet, and how to answer.

Beyond loopback, where a source address can be forged, an answer has at most 2 KiB, and all that one packet causes there
has at most 32 times its size together, however many messages its bundle holds and however late they are answered.
Errors are rate-limited per sender and command, and in total, so that a mistyped fader neither floods the stage network
nor hides that a model could not be loaded.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from oscvae.osc.packets import encode_message

UDP_REPLY_MAX = 2048  # bytes, beyond loopback
UDP_REPLY_FACTOR = 32  # times the request, all answers to it together, beyond loopback
UDP_MAX = 65507  # bytes that fit a datagram
_DONE = 24  # bytes of /done /notify 1
_WHY_MAX = 400  # characters of an error
_COUNTED_MAX = 256  # senders' commands whose errors are counted one by one
_TOTAL_FACTOR = 5  # all errors together, as a multiple of those about one command to one sender

Send = Callable[[bytes, "Client"], None]


class ErrorLimiter:
    """A token bucket for each sender and command, and one for all: `per_second` on average, twice that in a burst."""

    def __init__(self, per_second: float = 20.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.suppressed = 0  # since the start
        self._per_second = per_second
        self._clock = clock
        self._all = _Bucket(per_second * _TOTAL_FACTOR, clock())
        self._counted: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def allow(self, host: str, command: str) -> bool:
        """Whether one more error about `command` may go to `host` now."""
        now = self._clock()
        bucket = self._counted.get((host, command))
        if bucket is None:
            bucket = self._counted[host, command] = _Bucket(self._per_second, now)
            if len(self._counted) > _COUNTED_MAX:
                self._counted.popitem(last=False)
        if bucket.take(now) and self._all.take(now):
            return True
        self.suppressed += 1
        return False


class _Bucket:
    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._tokens = 2 * per_second
        self._filled = now

    def take(self, now: float) -> bool:
        self._tokens = min(2 * self._per_second, self._tokens + (now - self._filled) * self._per_second)
        self._filled = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Client:
    """One sender, as it stood when it sent one packet.

    key: stable over all its packets, and its own (transport, host, port). request_size: bytes of the packet that is
    being answered; 0 for a subscriber, who is sent events that nobody asked for just now. persistent: it has a
    connection, on which answers go back, however long.
    """

    __slots__ = (
        "_answered",
        "_limiter",
        "_send",
        "host",
        "is_loopback",
        "persistent",
        "port",
        "request_size",
        "transport",
    )

    def __init__(
        self,
        transport: str,
        host: str,
        port: int,
        is_loopback: bool,
        request_size: int,
        send: Send,
        limiter: ErrorLimiter,
        persistent: bool = False,
    ) -> None:
        self.transport = transport
        self.persistent = persistent
        self.host = host
        self.port = port
        self.is_loopback = is_loopback
        self.request_size = request_size
        self._answered = 0  # bytes of all answers so far
        self._send = send
        self._limiter = limiter

    @property
    def key(self) -> Hashable:
        return self.transport, self.host, self.port

    @property
    def address(self) -> str:
        """For people: udp 192.168.1.7:9001."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport} {host}:{self.port}"

    @property
    def reply_max(self) -> int:
        """Bytes that the next answer may have."""
        if self.persistent:
            return 2**31 - 1
        if self.is_loopback:
            return UDP_MAX
        return min(UDP_REPLY_MAX, self._left)

    @property
    def _left(self) -> int:
        """Bytes that all further answers may have together."""
        if self.persistent or self.is_loopback or not self.request_size:
            return 2**31 - 1
        return UDP_REPLY_FACTOR * self.request_size - self._answered

    def may_cause(self, size: int) -> bool:
        """Whether somebody may be told `size` bytes because of this packet, and it still be answered /done; counts them
        as an answer to it."""
        if size + _DONE > self._left:
            return False
        self._answered += size
        return True

    def send(self, packet: bytes) -> None:
        """Sends an encoded packet, if it is short enough for this client; whether it was is not told."""
        if len(packet) <= self.reply_max:
            self._answered += len(packet)
            self._send(packet, self)

    def reply(self, address: str, *args: Any) -> None:
        """Sends one message; one that is too long for UDP becomes `/fail address ... use TCP`."""
        packet = encode_message(address, args)
        if len(packet) <= self.reply_max:
            self.send(packet)
        else:
            command = str(args[0]) if address == "/done" else address.removesuffix(".reply")
            self.fail(command, f"the answer has {len(packet)} bytes, use TCP")

    def done(self, command: str, *result: Any) -> None:
        """`/done command result..`"""
        self.reply("/done", command, *result)

    def may_fail(self, command: str) -> bool:
        """Whether an error about `command` may go to this client now; counts as one. For errors whose message is
        expensive to build."""
        return self._limiter.allow(self.host, command)

    def fail(self, command: str, why: object) -> None:
        """`/fail command why`, unless there were too many errors lately."""
        if self.may_fail(command):
            self.fail_now(command, why)

    def fail_now(self, command: str, why: object) -> None:
        """As `fail`, after `may_fail` said yes."""
        text = str(why)
        if len(text) > _WHY_MAX:
            text = text[: _WHY_MAX - 3] + "..."
        packet = encode_message("/fail", (command, text))
        too_long = len(packet) - self.reply_max
        if too_long > 0:
            packet = encode_message("/fail", (command[:32], text.encode()[: -too_long - 36].decode(errors="ignore")))
        self.send(packet)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Client) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"Client({self.address})"
