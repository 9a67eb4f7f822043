"""Macros: what they are made of, what one asks for, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from oscvae.errors import CommandError, ConfigError
from oscvae.osc.binding import bind
from oscvae.osc.packets import Message
from oscvae.osc.parse import ModelInfo, parse
from oscvae.osc.vocabulary import find
from oscvae.play.macros import MOST, MOVES_MOST, Macros, read_macros
from oscvae.settings.sections import Config, MacrosConfig, load_config

MODEL = ModelInfo(4, note_min=40, note_max=88)


def macros(text: str) -> Macros:
    return read_macros(Config.model_validate({"macros": {"map": yaml.safe_load(text)}}).macros.map)


def asked(text: str, n: int, value: float) -> list[tuple[Any, ...]]:
    return [(message.address, *message.args) for message in macros(text).messages(n, value)]


def test_each_parameter_goes_through_its_own_range() -> None:
    text = "{one: {/gain: [-12, 0], /bend: [0, -12]}, two: {/z/3: [1, -1], /pan: ~, /unit/2: [0.5, 0.5]}}"
    assert macros(text).names == ("one", "two")
    assert asked(text, 1, 0.0) == [("/gain", -12.0), ("/bend", 0.0)]
    assert asked(text, 1, 0.25) == [("/gain", -9.0), ("/bend", -3.0)]
    assert asked(text, 1, 1.0) == [("/gain", 0.0), ("/bend", -12.0)]
    assert asked(text, 2, 0.75) == [("/z/3", -0.5), ("/pan", 0.5), ("/unit/2", 0.5)]


def test_a_morph_is_moved_between_its_presets() -> None:
    assert asked("{a: {/preset/morph dark 'very bright': [1, 0]}}", 1, 0.25) == [
        ("/preset/morph", "dark", "very bright", 0.75)
    ]


@pytest.mark.parametrize(("value", "down"), [(0.0, 0.0), (0.49, 0.0), (0.5, 1.0), (1.0, 1.0)])
def test_a_switch_is_on_from_the_middle(value: float, down: float) -> None:
    assert asked("{a: {/sustain: ~}}", 1, value) == [("/sustain", down)]
    assert asked("{a: {/sustain: [1, 0]}}", 1, value) == [("/sustain", 1.0 - down)]


@pytest.mark.parametrize("n", [0, -1, 3, 10**9])
def test_a_macro_that_is_not_there_is_told_with_those_that_are(n: int) -> None:
    with pytest.raises(CommandError) as caught:
        macros("{a: {/gain: ~}, b: {/pan: ~}}").messages(n, 0.5)
    assert str(caught.value) == f"no macro {n}: there are 2, /macro/1 to /macro/2"


def test_where_there_is_one_macro_or_none_that_is_told() -> None:
    with pytest.raises(CommandError, match=r"^no macro 2: only /macro/1$"):
        macros("{a: {/gain: ~}}").messages(2, 0.5)
    with pytest.raises(CommandError, match=r"^no macro 1: macros\.map in config\.yaml has none$"):
        macros("{}").messages(1, 0.5)
    assert macros("{}").names == ()


@pytest.mark.parametrize(
    ("moves", "why"),
    [
        ("{/gian: ~}", "/gian: /gian is no address of oscvae, did you mean /gain?"),
        ("{/play: [0, 1]}", "/play: a macro cannot move /play, only /z/N, /unit/N, /preset/morph a b, /gain, "),
        ("{/pad/1: [0, 1]}", "/pad/1: a macro cannot move /pad/1, only "),
        ("{/macro/2: [0, 1]}", "/macro/2: a macro cannot move a macro"),
        ("{/preset/morph dark: ~}", "/preset/morph dark: a macro cannot move /preset/morph dark, only /z/N, "),
        ("{/preset/morph a b: [0, 2]}", "/preset/morph a b: its range must be 0 to 1, got 2"),
        (
            "{'/preset/morph a \"b': ~}",
            "/preset/morph a \"b: '/preset/morph a \"b' is no address, or its quotes do not",
        ),
        ("{/macro: [0, 1]}", "/macro: a macro cannot move a macro"),
        ("{/unit/0: [0, 1]}", "/unit/0: no dimension 0: they count from 1, like /unit/1"),
        ("{/gain: [-61, 0]}", "/gain: its range must be -60 to 6 dB, got -61"),
        ("{/gain: [0, 7]}", "/gain: its range must be -60 to 6 dB, got 7"),
        ("{/release: [.nan, 1]}", "/release: its range must be 0.005 to 10 s, got nan"),
        ("{/z/1: [0, .inf]}", "/z/1: its range must be a finite number, got inf"),
        ("{/z/1: ~}", "/z/1: /z/1 has no range of its own: use /unit/N, or give a range in config.yaml"),
        ("{/sustain: [0, 2]}", "/sustain: /sustain is a switch: its range is [0, 1] or [1, 0], got [0, 2]"),
        ("{/pan: ~, gain: [0, 1]}", "gain: gain is no address of oscvae, did you mean /gain?"),
    ],
)
def test_a_macro_that_could_never_work_is_refused(moves: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        macros(f"{{good: {{/pan: ~}}, bad: {moves}}}")
    assert str(caught.value).startswith(f"macros.map.bad.{why}")


def test_there_are_not_too_many() -> None:
    assert len(macros(f"{{{', '.join(f'm{k}: {{/pan: ~}}' for k in range(MOST))}}}").names) == MOST
    with pytest.raises(ConfigError, match=r"^macros\.map: must hold at most 8 macros, got 9$"):
        macros(f"{{{', '.join(f'm{k}: {{/pan: ~}}' for k in range(MOST + 1))}}}")
    with pytest.raises(ConfigError, match=r"^macros\.map\.a: must move at most 16 parameters, got 17$"):
        macros(f"{{a: {{{', '.join(f'/unit/{k + 1}: ~' for k in range(MOVES_MOST + 1))}}}}}")


# -- those that come along ---------------------------------------------------------------------------------------------

STARTS: Mapping[str, float] = {"/attack": 0.0, "/release": 0.15, "/bend": 0.0, "/stretch": 1.0, "/pan": 0.0}


def test_the_default_ones_can_be_played_and_leave_all_as_it_is_at_0() -> None:
    found = read_macros(load_config().macros.map)
    assert len(found.names) == 4
    moved: list[str] = []
    for n in range(1, 5):
        for value in (0.0, 0.5, 1.0):
            for message in found.messages(n, value):
                command = parse(message, MODEL)
                assert command.args == message.args, "clipped"
        assert len(found.messages(n, 0.0)) >= 2
        for message in found.messages(n, 0.0):
            assert message.args == (STARTS.get(message.address, 0.5),)
            assert message.address in STARTS or message.address.startswith("/unit/")
            moved.append(message.address)
    assert len(set(moved)) == len(moved), "two of them would fight over one parameter"
    assert "/gain" not in moved, "a level that somebody has set for the room must not jump"


def test_a_macro_is_a_target_as_any_fader() -> None:
    assert bind("/macro/2").at(1.0) == Message("/macro/2", (1.0,))
    assert find("/macro/2")[0].told
    assert set(MacrosConfig().map) == set(load_config().macros.map)
