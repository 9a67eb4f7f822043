"""What each MIDI message means, and what controllers move."""

from __future__ import annotations

from typing import Any

import pytest

from midi.translating import translator
from oscvae.errors import CommandError, ConfigError
from oscvae.midi.learn import asked, read_rules
from oscvae.osc.binding import bind
from oscvae.osc.packets import Message
from oscvae.osc.vocabulary import TABLE
from oscvae.settings.sections import MidiRule


def meaning(*data: int, **settings: Any) -> list[tuple[Any, ...]]:
    return [(message.address, *message.args) for message in translator(**settings).messages(bytes(data))]


# -- what they mean ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ((0x90, 60, 100), [("/note", 60, 100)]),
        ((0x90, 60, 0), [("/note", 60, 0)]),
        ((0x80, 60, 64), [("/note", 60, 0)]),
        ((0x9F, 0, 127), [("/note", 0, 127)]),
        ((0xE0, 0, 64), [("/bend", 0.0)]),
        ((0xE0, 127, 127), [("/bend", 2.0)]),
        ((0xE0, 0, 0), [("/bend", -2.0)]),
        ((0xB0, 64, 64), [("/sustain", 1)]),
        ((0xB0, 64, 63), [("/sustain", 0)]),
        ((0xB0, 120, 0), [("/panic",)]),
        ((0xB0, 121, 0), [("/bend", 0.0), ("/sustain", 0)]),
        ((0xB0, 122, 0), []),
        ((0xB0, 123, 0), [("/stop",)]),
        ((0xB0, 126, 1), [("/stop",)]),
        ((0xB0, 1, 127), [("/unit/1", 1.0)]),
        ((0xB0, 2, 127), []),
        ((0xC0, 0), [("/preset/recall", "dawn")]),
        ((0xC0, 1), [("/preset/recall", "dusk")]),
        ((0xD0, 90), []),
        ((0xA0, 60, 90), []),
    ],
)
def test_a_message_means(data: tuple[int, ...], expected: list[tuple[Any, ...]]) -> None:
    assert meaning(*data) == expected


def test_the_wheel_reaches_what_is_configured() -> None:
    assert meaning(0xE0, 127, 127, bend_semitones=12.0) == [("/bend", 12.0)]
    assert meaning(0xE0, 0, 32, bend_semitones=12.0) == [("/bend", -6.0)]


@pytest.mark.parametrize("channel", range(17))
def test_only_the_configured_channel_is_heard(channel: int) -> None:
    heard = [n for n in range(1, 17) if meaning(0x90 | n - 1, 60, 100, channel=channel)]
    assert heard == ([channel] if channel else list(range(1, 17)))


def test_programs_are_named_in_the_configuration_or_sorted() -> None:
    assert meaning(0xC0, 2, programs=("a", "b", "c")) == [("/preset/recall", "c")]
    with pytest.raises(CommandError, match="program 3 has no preset, there are 2"):
        meaning(0xC0, 2)


# -- what controllers move ---------------------------------------------------------------------------------------------


def test_a_controller_spans_what_its_address_takes() -> None:
    gain = bind("/gain")
    assert [asked(gain, value).args[0] for value in (0, 64, 127)] == [-60.0, -27.0, 6.0]
    assert asked(bind("/pan"), 64).args == (0.0,)
    assert asked(bind("/unit/2"), 32).args == (0.25,)
    assert asked(bind("/pan", (1.0, -1.0)), 127).args == (-1.0,)
    assert asked(bind("/z/1", (-2.0, 2.0)), 0) == Message("/z/1", (-2.0,))
    assert [asked(bind("/sustain"), value).args[0] for value in (0, 63, 64, 127)] == [0.0, 0.0, 1.0, 1.0]


def test_a_switch_takes_only_its_two_ends() -> None:
    assert [asked(bind("/sustain", (1.0, 0.0)), value).args[0] for value in (0, 127)] == [1.0, 0.0]
    with pytest.raises(CommandError, match=r"^/sustain is a switch: its range is .* or \[1, 0\], got \[0, 127\]$"):
        bind("/sustain", (0.0, 127.0))


def test_every_controllable_address_can_be_bound() -> None:
    told = [row for row in TABLE if row.told and len(row.args) == 1 and row.args[0].kind != "latent"]
    assert len(told) >= 9
    for row in told:
        bind(row.path.replace("N", "1"), (0.0, 1.0))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/uint/1", "/uint/1 is no address of oscvae, did you mean /unit/N?"),
        ("/gian", "/gian is no address of oscvae, did you mean /gain?"),
        ("/z/0", "no dimension 0: they count from 1, like /z/1"),
        ("/play", "a controller cannot move /play, only /z/N, /unit/N"),
        ("/pad/1", "a controller cannot move /pad/1"),
        ("/panic", "a controller cannot move /panic"),
        ("/z/1", "/z/1 has no range of its own: use /unit/N"),
    ],
)
def test_what_no_controller_can_move_is_refused(address: str, why: str) -> None:
    with pytest.raises(CommandError) as caught:
        bind(address)
    assert str(caught.value).startswith(why)
    with pytest.raises(ConfigError, match=rf"^midi\.map\.74\.to: {why.split(maxsplit=1)[0]}"):
        read_rules({74: MidiRule(to=address)})
