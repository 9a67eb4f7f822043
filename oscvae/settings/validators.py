"""What single keys of the daemon's configuration may hold, as pydantic's validators want it: ValueError says what."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import ValidationInfo

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Span = tuple[float, float]

CONTROLLERS_LAST = 119  # MIDI's controllers from 120 on are channel mode messages
MACRO_NAME_MOST = 16  # characters of a macro's name, which has to fit beside a fader


class Target(NamedTuple):
    """What pressure or timbre moves of a note, and how far; see config.yaml."""

    to: str
    span: Span | None = None


class Endpoint(NamedTuple):
    """A place to send to."""

    host: str
    port: int


def data_home() -> Path:
    """Where oscvae writes unless told otherwise: $XDG_DATA_HOME/oscvae."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "oscvae"


def folder(value: object, info: ValidationInfo) -> Path:
    """A path with ~ and $VARIABLES expanded, relative to the folder in the context."""
    if isinstance(value, Path):
        return value
    if isinstance(value, str) and value:
        base = (info.context or {}).get("folder", Path.cwd())
        return Path(base) / Path(os.path.expandvars(value)).expanduser()
    raise ValueError("must be a path")


def writable_folder(value: object, info: ValidationInfo) -> Path:
    return data_home() / str(info.field_name) if value is None else folder(value, info)


def network(value: object) -> Network:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    try:
        return ipaddress.ip_network(value if isinstance(value, str) else repr(value), strict=False)
    except ValueError:
        raise ValueError("must be a network like 192.168.1.0/24 or an address") from None


def endpoint(value: object) -> Endpoint:
    if isinstance(value, Endpoint):
        return value
    host, _, port = str(value).rpartition(":")
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError("must be host:port, with a port from 1 to 65535")
    return Endpoint(host, int(port))


def tcp_port(value: object) -> int | None:
    if value is None or value is False or value == 0:
        return None
    if isinstance(value, int) and value is not True and 1 <= value <= 65535:
        return value
    raise ValueError("must be a port from 1 to 65535, or null for none")


def connections(value: object) -> Literal["auto"] | tuple[str, ...]:
    if value == "auto":
        return "auto"
    if isinstance(value, list | tuple) and all(isinstance(port, str) for port in value):
        return tuple(value)
    raise ValueError("must be auto or a list of JACK ports")


def live_input(value: object) -> bool | tuple[str, ...]:
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple) and all(isinstance(port, str) for port in value):
        return tuple(value)
    raise ValueError("must be true, false or a list of JACK ports")


def switch(value: object) -> bool | Literal["auto"]:
    if value == "auto" or isinstance(value, bool):
        return value
    raise ValueError("must be auto, true or false")


def controller(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= CONTROLLERS_LAST:
        return value
    raise ValueError(f"must be the number of a controller, 0 to {CONTROLLERS_LAST}")


def part(value: object) -> int:
    return _whole(value, "a part", 1, 8)


def further_part(value: object) -> int:
    """model.name is the first part's."""
    return _whole(value, "a part", 2, 8)


def channel(value: object) -> int:
    return _whole(value, "a channel", 1, 16)


def first_output(value: object) -> int:
    number = _whole(value, "an output", 1, 15)
    if number % 2 == 0:
        raise ValueError("must be the first of two outputs, 1, 3, 5 ..")
    return number


def _whole(value: object, what: str, low: int, high: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise ValueError(f"must be the number of {what}, {low} to {high}")


def device(value: object) -> int | str | None:
    if value is None or isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("must be the number of a device or a part of its name, or null")


def span(value: object) -> Span:
    if isinstance(value, list | tuple) and len(value) == 2:
        low, high = value
        if all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)):
            return float(low), float(high)
    raise ValueError("must be [low, high]")


def source(value: object) -> Span:
    low, high = span(value)
    if low == high:
        raise ValueError("must be [low, high], and these differ")
    return low, high


def span_or_none(value: object) -> Span | None:
    return None if value is None else span(value)


def target(value: object) -> Target | None:
    if value is None or isinstance(value, Target):
        return value
    if isinstance(value, str):
        return Target(value)
    if isinstance(value, dict) and {"to"} <= set(value) <= {"to", "range"} and isinstance(value["to"], str):
        return Target(value["to"], span_or_none(value.get("range")))
    raise ValueError("must be like z/2, or like {to: z/2, range: [-0.5, 0.5]}, or null")


def mpe(value: object) -> Literal["auto", "off", "lower", "upper"]:
    if value is False or value == "off":  # which YAML takes for a truth value
        return "off"
    if value == "auto":
        return "auto"
    if value == "lower":
        return "lower"
    if value == "upper":
        return "upper"
    raise ValueError("must be auto, lower, upper or off")


def spans(value: object) -> tuple[Span, ...]:
    if isinstance(value, list | tuple) and value and all(isinstance(one, list | tuple) for one in value):
        return tuple(span(one) for one in value)
    return () if value is None or value == () else (span(value),)


def template(value: object) -> tuple[str | float, ...] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple) and all(isinstance(part, str | int | float) for part in value):
        return tuple(value)
    raise ValueError("must be a list of numbers, strings and incoming arguments ($1, $2 ..)")


def moves(value: object) -> object:
    if isinstance(value, dict) and value:
        return value
    raise ValueError("must hold addresses and what they go through, like {/release: [0.15, 2]}")


def macro_name(value: object) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= MACRO_NAME_MOST and value.isprintable():
        return value
    raise ValueError(f"must be the name of a macro, 1 to {MACRO_NAME_MOST} characters")


def prefix(value: object) -> str:
    """The beginning of addresses, without the slash at its end; "" = none."""
    if value is None or value == "":
        return ""
    if isinstance(value, str) and re.fullmatch(r"(/[^\s#,/?*\[\]{}]+)+/?", value, re.ASCII):
        return value.removesuffix("/")
    raise ValueError("must be the beginning of an address, like /oscvae")


def as_rule(value: object) -> object:
    """A bare address is a rule that only says where."""
    return {"to": value} if isinstance(value, str) else value


def as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
