"""`oscvae ask /status`: one command to a running daemon, and what it answers, with the names that the table has."""

from __future__ import annotations

import json
import math
import random
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from oscvae.errors import CommandError, OscvaeError, PacketError
from oscvae.osc.packets import Message, decode, encode_message
from oscvae.osc.parts import bare
from oscvae.osc.rows import Address
from oscvae.osc.vocabulary import REPLY_BY_PATH, find

THERE_S = 2.0  # within which a daemon answers a question that costs nothing
STARTING_S = 0.3  # how often a daemon that is still starting is asked again
_PACKET_MOST = 65536


class NoDaemonError(OscvaeError):
    """Nobody answers at the address that was asked."""


class Answer(NamedTuple):
    """One message that came back."""

    address: str
    args: tuple[Any, ...]

    @property
    def is_failure(self) -> bool:
        return self.address == "/fail"

    def labelled(self) -> dict[str, Any]:
        """The arguments by their names; what the table has no names for is `values`."""
        names = _names(self)
        named = dict(zip(names, self.args, strict=False))
        rest = list(self.args[len(names) :])
        return {**named, **({"values": rest} if rest else {})}

    def lines(self) -> Iterator[str]:
        """For people: one argument a line where it has a name, else all on one."""
        if self.address in ("/fail", "/warn") and len(self.args) == 2:
            yield f"{self.args[0]}: {self.args[1]}"
            return
        named = self.labelled()
        rest = named.pop("values", [])
        reply = REPLY_BY_PATH.get(bare(self.address))
        units = {arg.name: arg.unit for arg in reply.args} if reply else {}
        yield self.address
        width = max((len(name) for name in named), default=0)
        for name, value in named.items():
            shown, *more = _shown(value).split("\n")
            yield f"  {name:{width}}  {shown} {units.get(name, '')}".rstrip()
            yield from (f"  {'':{width}}  {line}" for line in more)
        if rest:
            yield f"  {' '.join(_shown(value) for value in rest)}"


def main(host: str, port: int, address: str, words: Sequence[str], *, timeout_s: float, as_json: bool) -> int:
    """Print the answers; 1 if one was /fail. Raises NoDaemonError."""
    path = address if address.startswith("/") else f"/{address}"
    failed = False
    for answer in ask(host, port, path, arguments(path, words), timeout_s):
        failed = failed or answer.is_failure
        if as_json:
            print(json.dumps({"address": answer.address, **answer.labelled()}, ensure_ascii=False), flush=True)
        else:
            print("\n".join(answer.lines()), file=sys.stderr if answer.is_failure else sys.stdout, flush=True)
    return 1 if failed else 0


def arguments(path: str, words: Sequence[str]) -> list[int | float | str]:
    """Words of a command line as OSC arguments: numbers are numbers, but for what the table says is a string."""
    try:
        row: Address | None = find(bare(path))[0]
    except CommandError:
        row = None  # the daemon says what is wrong with it
    strings = {i for i, arg in enumerate(row.args) if arg.kind == "string"} if row else set()
    return [word if i in strings else _number(word) for i, word in enumerate(words)]


def ask(host: str, port: int, path: str, args: Sequence[Any], timeout_s: float) -> Iterator[Answer]:
    """Send one message and yield what is answered, until the daemon has finished it (`/sync` says when).

    Raises NoDaemonError where nobody answers at all, or not within `timeout_s`.
    """
    place = f"{host}:{port}"
    nobody = f"no daemon answers at {place}: start one by `oscvae serve`, or say where by --host and --port"
    number = random.randrange(1 << 30)
    try:
        family, kind, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except OSError as error:
        raise NoDaemonError(f"{host!r} is no host: {error.strerror or error}") from error
    with socket.socket(family, kind) as line:
        try:
            line.connect(target)
            if not _is_there(line, time.monotonic() + timeout_s):
                raise NoDaemonError(nobody)
            line.send(encode_message(path, args))
            line.send(encode_message("/sync", (number,)))
            for answer in _messages(line, time.monotonic() + timeout_s):
                if answer == Answer("/synced", (number,)):
                    return
                yield answer
        except ConnectionRefusedError:
            raise NoDaemonError(nobody) from None
        except OSError as error:
            raise NoDaemonError(f"{place} cannot be reached: {error.strerror or error}") from error
    raise NoDaemonError(f"{path} is not finished after {timeout_s:g} s (--timeout waits longer)")


def _is_there(line: socket.socket, deadline: float) -> bool:
    """Whether a daemon answers; one that is still starting is waited for."""
    while time.monotonic() < deadline:
        line.send(encode_message("/ping", ()))
        answer = next(_messages(line, time.monotonic() + THERE_S), None)
        if answer is None:
            return False
        if not answer.is_failure:
            return True
        time.sleep(STARTING_S)
    return False


def _messages(line: socket.socket, deadline: float) -> Iterator[Answer]:
    while (left := deadline - time.monotonic()) > 0.0 and select.select([line], [], [], left)[0]:
        try:
            packet = decode(line.recv(_PACKET_MOST))
        except PacketError as error:
            raise NoDaemonError(f"an answer cannot be read: {error}") from error
        if isinstance(packet, Message):
            yield Answer(packet.address, packet.args)


def _number(word: str) -> int | float | str:
    for kind in (int, float):
        try:
            value = kind(word)
        except ValueError:
            continue
        if math.isfinite(value) and abs(value) < 2**31:
            return value
    return word


def _names(answer: Answer) -> list[str]:
    """What the table calls the arguments of an answer."""
    if answer.address == "/done" and answer.args:
        return ["command", *_result_names(str(answer.args[0]), len(answer.args))]
    reply = REPLY_BY_PATH.get(bare(answer.address))
    if reply is None:
        return []
    return [arg.name for arg in reply.args if arg.kind != "rest"]


def _result_names(path: str, count: int) -> list[str]:
    """The names behind `/done /load name D rate frames`, of the answer that has so many arguments."""
    try:
        row, _ = find(bare(path))
    except CommandError:
        return []
    for reply in row.replies:
        word, command, *names = [*reply.split(), "", ""][: 2 + len(reply.split())]
        names = [name for name in names if name and not name.isdecimal()]
        if (word, command) == ("/done", row.path) and len(names) + 1 == count:
            return names
    return []


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
