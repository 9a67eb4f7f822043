"""/dumpOSC: what arrives, in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from oscvae.osc.client import Client
from oscvae.osc.packets import Bundle, Message, Opaque, Packet, timetag_to_unix_s

LINES_PER_SECOND = 200  # a terminal is slower than a fader
_LINE_MAX = 300  # characters

log = logging.getLogger(__name__)


class Dump:
    """Logs packets while `on`, at most LINES_PER_SECOND; says how many it left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.on = False
        self._clock = clock
        self._second = 0
        self._lines = 0

    def show(self, packet: Packet, client: Client) -> None:
        for line in lines(packet):
            second = int(self._clock())
            if second != self._second:
                if self._lines > LINES_PER_SECOND:
                    log.info("... and %d more", self._lines - LINES_PER_SECOND)
                self._second, self._lines = second, 0
            self._lines += 1
            if self._lines <= LINES_PER_SECOND:
                log.info("%s  %s", client.address, line)


def lines(packet: Packet, indent: str = "") -> Iterator[str]:
    """A packet as text, one line per message and bundle; depth is bounded by the decoder."""
    if isinstance(packet, Bundle):
        when = "now" if packet.timetag <= 1 else f"{timetag_to_unix_s(packet.timetag):.6f}"
        yield f"{indent}#bundle {when}"
        for element in packet.elements:
            yield from lines(element, indent + "  ")
    else:
        yield f"{indent}{text(packet)}"


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.7g}"
    return str(value) if isinstance(value, Opaque) else repr(value)[:_LINE_MAX]


def text(message: Message) -> str:
    """`/play ,iff 60 0.1 0.2`, cut at 300 characters."""
    words = [message.address, "," + message.tags]
    length = 0
    for value in message.args:
        words.append(_value(value))
        length += len(words[-1]) + 1
        if length > _LINE_MAX:
            words.append("...")
            break
    return " ".join(words)
