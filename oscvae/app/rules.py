"""The configuration with its maps checked: what they name must be addresses, and those are known here only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from oscvae.errors import CommandError, RuleError
from oscvae.midi.expression import read_expression
from oscvae.midi.learn import read_rules
from oscvae.osc.mapping import read_map
from oscvae.osc.parts import bare
from oscvae.osc.vocabulary import find
from oscvae.play.macros import read_macros
from oscvae.settings.sections import Config, load_config


def load(path: Path | None = None, overrides: Sequence[str] = ()) -> Config:
    """As `oscvae.settings.sections.load_config`, and the ConfigError tells of the rules of the maps as well."""
    return load_config(path, overrides, faults)


def faults(config: Config) -> Iterator[RuleError]:
    """Every rule of osc.map, midi and macros.map that could never work."""
    yield from _faults(read_map, config.osc.map)
    yield from _faults(read_rules, config.midi.map)
    yield from _expressions(config)
    yield from _outputs(config)
    wrong_macros = list(_faults(read_macros, config.macros.map))
    yield from wrong_macros or _macros_that_are_not_there(config)


def _macros_that_are_not_there(config: Config) -> Iterator[RuleError]:
    """Rules of the other maps that name a macro which macros.map has not."""
    macros = read_macros(config.macros.map)
    for section, targets in (
        ("osc", {name: rule.to for name, rule in config.osc.map.items()}),
        ("midi", {str(number): rule.to for number, rule in config.midi.map.items()}),
    ):
        for name, target in targets.items():
            try:
                n = _macro(target)
            except (CommandError, ValueError):
                continue  # which has been told
            try:
                if n is not None:
                    macros.messages(n, 0.0)
            except CommandError as error:
                yield RuleError((section, "map", name, "to"), str(error))


def _macro(target: str) -> int | None:
    """Which macro a target moves: `/macro/3`, and for a button `/macro 3 0.5`; None if another address."""
    address, *words = target.split() or [""]
    row, n = find(bare(address))
    if row.path == "/macro" and words:
        return int(float(words[0]))
    return n if row.index == "macro" else None


def _expressions(config: Config) -> Iterator[RuleError]:
    """What is wrong with pressure and timbre, each by itself; and a channel that a zone needs and nobody hears."""
    midi = config.midi
    for key, is_centred in (("pressure", False), ("mpe_pressure", False), ("mpe_timbre", True)):
        try:
            read_expression(key, getattr(midi, key), is_centred=is_centred)
        except RuleError as error:
            yield error
    for channel in midi.parts:
        if midi.channel not in (0, channel):
            yield RuleError(
                ("midi", "parts", str(channel)), f"is not heard: midi.channel is {midi.channel}, and must be 0 for all"
            )
    if midi.channel and midi.mpe in ("lower", "upper"):
        yield RuleError(("midi", "mpe"), f"{midi.mpe} needs all channels: midi.channel must be 0, got {midi.channel}")


def _outputs(config: Config) -> Iterator[RuleError]:
    """Parts that are to go to outputs that there are not."""
    outputs = config.audio.outputs
    for part, first in config.audio.parts.items():
        if first > outputs:
            yield RuleError(
                ("audio", "parts", str(part)),
                f"{first} is beyond the outputs: set audio.outputs to {first + 1} or more, it is {outputs}",
            )


def _faults(read: Callable[[Any], object], rules: Mapping[Any, Any]) -> Iterator[RuleError]:
    """What is wrong with each rule alone, or else with all of them together."""
    alone = [fault for name, rule in rules.items() for fault in _fault(read, {name: rule})]
    yield from alone or _fault(read, rules)


def _fault(read: Callable[[Any], object], rules: Mapping[Any, Any]) -> Iterator[RuleError]:
    try:
        read(rules)
    except RuleError as error:
        yield error
