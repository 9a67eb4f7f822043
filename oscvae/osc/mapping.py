"""osc.map and osc.prefix: foreign addresses become ours, so that a controller's layout works unedited.

Each rule renames one address and, where asked, rearranges its arguments and scales them linearly:

    /1/fader1: /unit/1                                          renamed, arguments as they come
    /1/fader2: {to: /gain, range: [-60, 6]}                     0..1 becomes -60..6
    /1/xy1:    {to: /pad/1, range: [[0, 1], [1, 0]]}            the second argument upside down
    /cc/7:     {to: /gain, from: [0, 127], range: [-60, 6]}
    /2/push1:  {to: /play, args: [60, 0, 0, 0, 0, $1], press: true}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from oscvae.errors import CommandError, RuleError, UnknownAddressError
from oscvae.osc.packets import Message
from oscvae.osc.parts import bare, split
from oscvae.osc.vocabulary import find, suggestion
from oscvae.settings.sections import MapRule

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one foreign address.

    to: our address. args: what to send there, "$1" being the first incoming argument; None = all as they come.
    source, spans: each incoming number goes linearly from `source` to its span, (low, high); one span serves all
    arguments, none = unscaled. What lies outside is extrapolated, and clipped by the command's own range.
    press: messages whose first argument is 0, a button's release, are dropped.
    """

    to: str
    args: tuple[str | float, ...] | None = None
    source: Span = (0.0, 1.0)
    spans: tuple[Span, ...] = ()
    press: bool = False


class AddressMap:
    """The rules by foreign address; an address without one passes unchanged, but for `prefix`, which it loses.

    prefix: like /oscvae; "" = none. A rule may name an address with it or without.
    """

    def __init__(self, rules: Mapping[str, Rule], prefix: str = "") -> None:
        self._rules = dict(rules)
        self._prefix = prefix
        self._start = f"{prefix}/"

    def rewrite(self, message: Message) -> Message | None:
        """The message for our table, or None if it is to be dropped; CommandError if an argument is missing."""
        rule = self._rules.get(message.address)
        if rule is None and self._prefix and message.address.startswith(self._start):
            message = message._replace(address=message.address[len(self._prefix) :])
            rule = self._rules.get(message.address)
        if rule is None:
            return message
        if rule.press and (not message.args or not message.args[0]):
            return None
        incoming = tuple(_scaled(value, i, rule) for i, value in enumerate(message.args))
        if rule.args is None:
            return Message(rule.to, incoming)
        return Message(rule.to, tuple(_filled(part, incoming, message.address) for part in rule.args))


def read_map(rules: Mapping[str, MapRule], prefix: str = "") -> AddressMap:
    """The map that osc.map and osc.prefix ask for. Raises RuleError for a rule that could never work."""
    return AddressMap({address: _read_rule(address, rule) for address, rule in rules.items()}, prefix)


def _read_rule(address: str, rule: MapRule) -> Rule:
    key = ("osc", "map", address)
    if not address.startswith("/"):
        raise RuleError(key, f"an address begins with a slash, /{address}")
    try:
        _, bare_address = split(rule.to)
        if find(bare_address)[0].scope == "daemon" and bare_address != rule.to:
            raise CommandError(f"{bare_address} is the daemon's, not of a part: say {bare_address}")
    except UnknownAddressError:
        hint = suggestion(bare(rule.to), "docs/osc.md lists the addresses")
        raise RuleError((*key, "to"), f"{rule.to} is no address of oscvae, {hint}") from None
    except CommandError as error:
        raise RuleError((*key, "to"), str(error)) from None
    for part in rule.args or ():
        if isinstance(part, str) and part.startswith("$") and reference(part) is None:
            raise RuleError((*key, "args"), f"{part} is no argument, they are $1, $2 and so on")
    return Rule(rule.to, rule.args, rule.source, rule.spans, rule.press)


def _scaled(value: object, index: int, rule: Rule) -> object:
    if not rule.spans or not isinstance(value, (int, float)) or not math.isfinite(value):
        return value
    low, high = rule.spans[min(index, len(rule.spans) - 1)]
    start, end = rule.source
    return low + (value - start) * (high - low) / (end - start)


def _filled(part: str | float, incoming: tuple[object, ...], address: str) -> object:
    """One part of a template: a constant, or an incoming argument."""
    n = reference(part)
    if n is None:
        return part
    if n > len(incoming):
        raise CommandError(f"osc.map wants argument {n} of {address}, got {len(incoming)}")
    return incoming[n - 1]


def reference(part: object) -> int | None:
    """The n of "$n", counted from 1; None for anything else."""
    if isinstance(part, str) and part[:1] == "$" and part[1:].isdecimal() and int(part[1:]) > 0:
        return int(part[1:])
    return None
