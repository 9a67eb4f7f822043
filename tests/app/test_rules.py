"""The maps of the configuration: what is wrong with them is told like everything else, and with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscvae.app import rules
from oscvae.errors import ConfigError
from oscvae.settings.sections import Config, Target, load_config

WRONG = """\
osc:
  prot: 9001
  map:
    /1/fader1: /unit/1
    /1/fader2: /gian
    /1/fader3:
      range: [0, 1]
      to: /z/0
    3: /gain
    1/push1: /panic
    /1/push2: {to: /play, args: [60, $0]}
    /1/push3: {too: /stop}
midi:
  channel: 17
  map:
    7: /gain
    8: /play
    9: {to: /sustain, range: [0, 127]}
    130: /gain
macros:
  map:
    blur: {/unit/2: ~, /attack: [0, 11]}
    glow: {/gian: ~}
"""


def complaints(text: str, folder: Path, *overrides: str) -> list[str]:
    file = folder / "show.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        rules.load(file, overrides)
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def test_all_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    told = complaints(WRONG, tmp_path)
    expected = {
        "show.yaml:2: osc.prot: unknown key, did you mean osc.port?",
        "show.yaml:5: osc.map./1/fader2.to: /gian is no address of oscvae, did you mean /gain?",
        "show.yaml:8: osc.map./1/fader3.to: no dimension 0: they count from 1, like /z/1",
        "show.yaml:10: osc.map.1/push1: an address begins with a slash, /1/push1",
        "show.yaml:11: osc.map./1/push2.args: $0 is no argument, they are $1, $2 and so on",
        "show.yaml:12: osc.map./1/push3.to: must be given",
        "show.yaml:12: osc.map./1/push3.too: unknown key, did you mean osc.map./1/push3.to?",
        "show.yaml:14: midi.channel: must be 0 to 16, got 17",
        "show.yaml:18: midi.map.9.to: /sustain is a switch: its range is [0, 1] or [1, 0], got [0, 127]",
        "show.yaml:19: midi.map.130: must be the number of a controller, 0 to 119, got 130",
        "show.yaml:22: macros.map.blur./attack: its range must be 0 to 10 s, got 11",
        "show.yaml:23: macros.map.glow./gian: /gian is no address of oscvae, did you mean /gain?",
    }
    assert expected <= set(told)
    others = sorted(set(told) - expected)
    assert [line.partition(": ")[0] for line in others] == ["show.yaml:17", "show.yaml:9"], others
    assert len(told) == len(expected) + len(others)


def test_a_macro_that_is_not_there_is_no_target(tmp_path: Path) -> None:
    text = "osc: {map: {/x: /macro/2, /y: /macro/1}}\nmidi:\n  map:\n    7: /macro/3\nmacros: {map: {a: {/gain: ~}}}\n"
    assert complaints(text, tmp_path) == [
        "show.yaml:1: osc.map./x.to: no macro 2: only /macro/1",
        "show.yaml:4: midi.map.7.to: no macro 3: only /macro/1",
    ]
    assert complaints(text.replace("~", "7"), tmp_path)[0].startswith("show.yaml:5: macros.map.a./gain: must be")


def test_a_button_needs_an_address_with_all_its_arguments(tmp_path: Path) -> None:
    text = """\
midi:
  map:
    80: /preset/recall dark side
    81: /macro 9 0.5
    82: {to: /panic, range: [0, 1]}
    83: /quit
    84: /preset/recall 'dark side' 2
    85: /record take
    86: /macro 1 0.5
"""
    told = complaints(text, tmp_path)
    assert told[0] == (
        "show.yaml:3: midi.map.80.to: seconds must be a number, got 'side', put quotes around what has spaces in it"
    )
    assert told[1] == "show.yaml:5: midi.map.82.to: /panic is what a button does, and has no range"
    assert told[2].startswith("show.yaml:6: midi.map.83.to: a controller cannot move /quit, only ")
    assert told[3:] == ["show.yaml:4: midi.map.81.to: no macro 9: there are 4, /macro/1 to /macro/4"]


def test_what_a_finger_cannot_do_is_told(tmp_path: Path) -> None:
    text = "midi:\n  channel: 3\n  mpe: lower\n  mpe_pressure: bend\n  mpe_timbre: {to: gain, range: [0, 9]}\n"
    assert complaints(text, tmp_path) == [
        "show.yaml:4: midi.mpe_pressure: must be gain, pan or a dimension like z/2, got 'bend'",
        "show.yaml:5: midi.mpe_timbre: its range must lie in -60 to 6 dB, got [0, 9]",
        "show.yaml:3: midi.mpe: lower needs all channels: midi.channel must be 0, got 3",
    ]
    for wrong, why in (
        ("mpe: both", "midi.mpe: must be auto, lower, upper or off, got 'both'"),
        (
            "pressure: [z/2]",
            "midi.pressure: must be like z/2, or like {to: z/2, range: [-0.5, 0.5]}, or null, got ['z/2']",
        ),
        ("pressure: {to: z/2, rnage: [0, 1]}", "midi.pressure: must be like z/2, or like {to: z/2, range: "),
        ("mpe_bend_semitones: 97", "midi.mpe_bend_semitones: must be 0 to 96, got 97"),
    ):
        (told,) = complaints(f"midi:\n  {wrong}\n", tmp_path)
        assert told.startswith(f"show.yaml:2: {why}")
    file = tmp_path / "show.yaml"
    file.write_text("midi: {mpe: off, pressure: ~, mpe_timbre: {to: z/3}}\n")
    config = rules.load(file).midi
    assert (config.mpe, config.pressure, config.mpe_timbre) == ("off", None, Target("z/3"))


def test_a_rule_from_the_command_line_names_it(tmp_path: Path) -> None:
    told = complaints("osc:\n  map:\n    /x: /gain\n", tmp_path, "osc.map={/x: {to: /gian}}")
    assert told == [
        "--set osc.map={/x: {to: /gian}}: osc.map./x.to: /gian is no address of oscvae, did you mean /gain?"
    ]


def test_what_is_wrong_elsewhere_hides_no_rule(tmp_path: Path) -> None:
    told = complaints("osc: {map: {/x: /gian}}\nmidi: 3\naudoi: {}\n", tmp_path)
    assert [line.split(": ")[1] for line in told] == ["midi", "audoi", "osc.map./x.to"]


def test_too_many_macros_are_told_with_their_line(tmp_path: Path) -> None:
    many = "".join(f"    m{n}: {{/gain: ~}}\n" for n in range(9))
    assert complaints(f"macros:\n  map:\n{many}", tmp_path) == [
        "show.yaml:2: macros.map: must hold at most 8 macros, got 9"
    ]


def test_what_is_right_is_loaded_as_ever(tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text("osc: {map: {/x: /gain}}\nmidi: {map: {74: /unit/2}}\n")
    assert rules.load(file) == load_config(file)
    assert rules.load() == Config()
