"""What controllers do: what midi.map says, and what is learnt, of knobs, of pairs of controllers and of buttons."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from oscvae.errors import CommandError, ConfigError
from oscvae.midi import learn as module
from oscvae.midi.learn import Controllers, asked, read, read_rules
from oscvae.osc.binding import Binding, bind, bind_controller
from oscvae.osc.packets import Message
from oscvae.osc.vocabulary import TABLE
from oscvae.settings.sections import MidiRule

ONE = 1
"""The channel on which everything is moved."""


# -- what controllers move ---------------------------------------------------------------------------------------------


def test_a_controller_spans_what_its_address_takes() -> None:
    assert [asked(bind("/gain"), value) for value in (0, 64, 127)] == [
        Message("/gain", (gain_db,)) for gain_db in (-60.0, -27.0, 6.0)
    ]
    assert asked(bind("/pan"), 64) == Message("/pan", (0.0,))
    assert asked(bind("/unit/2"), 32) == Message("/unit/2", (0.25,))
    assert asked(bind("/pan", (1.0, -1.0)), 127) == Message("/pan", (-1.0,))
    assert asked(bind("/z/1", (-2.0, 2.0)), 0) == Message("/z/1", (-2.0,))
    assert [asked(bind("/sustain"), value) for value in (0, 63, 64, 127)] == [
        Message("/sustain", (down,)) for down in (0.0, 0.0, 1.0, 1.0)
    ]


def test_a_switch_takes_only_its_two_ends() -> None:
    assert asked(bind("/sustain", (1.0, 0.0)), 0) == Message("/sustain", (1.0,))
    with pytest.raises(CommandError, match=r"^/sustain is a switch: its range is .* or \[1, 0\], got \[0, 127\]$"):
        bind("/sustain", (0.0, 127.0))


def test_every_controllable_address_can_be_bound() -> None:
    told = [
        row for row in TABLE if row.told and len(row.args) == 1 and row.args[0].kind not in ("latent", "string", "int")
    ]
    assert len(told) >= 9
    for row in told:
        bind(row.path.replace("N", "1"), (0.0, 1.0))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/uint/1", "/uint/1 is no address of oscvae, did you mean /unit/N?"),
        ("/gian", "/gian is no address of oscvae, did you mean /gain?"),
        ("/z/0", "no dimension 0: they count from 1, like /z/1"),
        ("/play", "a controller cannot move /play; a button can, with its arguments, as "),
        ("/pad/1", "a controller cannot move /pad/1"),
        ("/status", "a controller cannot move /status, only /z/N, /unit/N"),
        ("/z/1", "/z/1 has no range of its own: use /unit/N"),
    ],
)
def test_what_no_controller_can_move(address: str, why: str) -> None:
    with pytest.raises(CommandError) as caught:
        bind_controller(address)
    assert str(caught.value).startswith(why)
    with pytest.raises(ConfigError, match=rf"^midi\.map\.74\.to: {why.split(maxsplit=1)[0]}"):
        read_rules({74: MidiRule(to=address)})


# -- what is learnt ----------------------------------------------------------------------------------------------------


def test_learning_binds_what_is_moved_next_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "learnt.json"

    async def body() -> None:
        kept = Controllers(read_rules({1: MidiRule(to="/unit/1")}), file)
        await kept.open()
        assert kept.moved(ONE, 20, 127) is None
        moved = kept.learn("/unit/3")
        assert kept.moved(ONE, 32, 1) is None, "a bank select is not learnt"
        assert kept.moved(ONE, 38, 1) is None, "nor a data entry"
        assert not moved.done()
        assert kept.moved(ONE, 20, 127) == Message("/unit/3", (1.0,))
        assert await moved == 20
        again = kept.learn("/unit/3")
        assert kept.moved(ONE, 1, 0) == Message("/unit/3", (0.0,)), "what is learnt goes before the configuration"
        assert await again == 1
        assert kept.moved(ONE, 20, 5) is None, "an address has one learnt controller"
        await kept.keep()
        await kept.close()

        other = Controllers(read_rules({1: MidiRule(to="/unit/1")}), file)
        await other.open()
        assert other.moved(ONE, 1, 127) == Message("/unit/3", (1.0,))
        with pytest.raises(CommandError, match="no controller has learnt /gain"):
            other.forget("/gain")
        other.forget("1")
        assert other.moved(ONE, 1, 127) == Message("/unit/1", (1.0,)), "the configuration is back"
        other.forget()
        await other.keep()

    asyncio.run(body())
    assert json.loads(file.read_text()) == {"format": 1, "controllers": {}}
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_learning_ends_unlearnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        kept = Controllers({}, tmp_path / "learnt.json")
        first = kept.learn("/unit/1")
        with pytest.raises(CommandError, match="did you mean /gain"):
            kept.learn("/gian")
        assert not first.done(), "a mistake supersedes nothing"
        second = kept.learn("/unit/2")
        with pytest.raises(CommandError, match="superseded"):
            await first
        kept.cancel()
        with pytest.raises(CommandError, match="cancelled"):
            await second
        kept.cancel()
        monkeypatch.setattr(module, "LEARN_S", 0.01)
        with pytest.raises(CommandError, match="no controller was moved"):
            await kept.learn("/unit/1")
        assert kept.moved(ONE, 20, 1) is None

    asyncio.run(body())


def test_what_cannot_be_written_is_not_learnt(tmp_path: Path) -> None:
    folder = tmp_path / "midi"

    async def body() -> None:
        kept = Controllers({}, folder / "learnt.json")
        moved = kept.learn("/unit/1")
        kept.moved(ONE, 20, 0)
        assert await moved == 20
        await kept.keep()
        folder.rename(tmp_path / "away")
        folder.write_text("in the way")
        kept.learn("/unit/2")
        assert kept.moved(ONE, 21, 127) == Message("/unit/2", (1.0,)), "until it is known"
        kept.forget("20")
        told = await asyncio.gather(kept.keep(), kept.keep(), return_exceptions=True)
        assert [type(error) for error in told] == [CommandError] * 2
        assert "cannot be written" in str(told[1])
        assert kept.moved(ONE, 21, 127) is None
        assert kept.moved(ONE, 20, 127) == Message("/unit/1", (1.0,)), "nor forgotten"
        folder.unlink()
        kept.learn("/unit/3")
        kept.moved(ONE, 22, 0)
        await kept.keep()

    asyncio.run(body())
    assert read(folder / "learnt.json") == {n: Binding(f"/unit/{to}", 0.0, 1.0) for n, to in ((20, 1), (22, 3))}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 2, "controllers": {}}',
        '{"format": 1}',
        '{"format": 1, "controllers": {"a": "/unit/1"}}',
        '{"format": 1, "controllers": {"200": "/unit/1"}}',
        '{"format": 1, "controllers": {"1": "/play"}}',
        '{"format": 1, "controllers": {"1": "/preset/recall dark side"}}',
        '{"format": 1, "controllers": {"1": 5}}',
    ],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str) -> None:
    file = tmp_path / "learnt.json"
    file.write_text(text)
    assert read(file) == {}
    assert (tmp_path / "learnt.json.damaged-1").read_text() == text
    file.write_text('{"format": 1, "controllers": {"74": "/unit/2"}}')
    assert read(file) == {74: Binding("/unit/2", 0.0, 1.0)}


# -- pairs of controllers ----------------------------------------------------------------------------------------------


def learnt_from(tmp_path: Path, *numbers: int, pause_s: float = 0.0) -> int:
    """The controller that is learnt where these move, `pause_s` apart."""

    async def body() -> int:
        kept = Controllers({}, tmp_path / "learnt.json")
        moved = kept.learn("/unit/1")
        for number in numbers:
            kept.moved(ONE, number, 20)
            await asyncio.sleep(pause_s)
        return await asyncio.wait_for(moved, 5.0)

    return asyncio.run(body())


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((3, 35), 3), ((35, 3), 3), ((35, 35), 35), ((35,), 35), ((35, 70, 35), 35), ((35, 70, 3), 3), ((70, 35), 70)],
)
def test_the_coarse_half_of_a_pair_is_learnt_and_a_fine_one_alone(
    tmp_path: Path, numbers: tuple[int, ...], expected: int
) -> None:
    assert learnt_from(tmp_path, *numbers) == expected


def test_a_fine_half_whose_coarse_one_moved_long_ago_is_alone(tmp_path: Path) -> None:
    assert learnt_from(tmp_path, 35, 3, pause_s=2 * module.TOGETHER_S) == 35

    async def moved_before(pause_s: float) -> int:
        kept = Controllers({}, tmp_path / "learnt.json")
        kept.moved(ONE, 3, 1)
        await asyncio.sleep(pause_s)
        moved = kept.learn("/unit/1")
        kept.moved(ONE, 35, 1)
        return await asyncio.wait_for(moved, 5.0)

    assert asyncio.run(moved_before(0.0)) == 3
    assert asyncio.run(moved_before(2 * module.TOGETHER_S)) == 35


def test_learning_that_ends_takes_no_fine_half_afterwards(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Controllers({}, tmp_path / "learnt.json")
        first = kept.learn("/unit/1")
        kept.moved(ONE, 35, 1)
        second = kept.learn("/unit/2")
        with pytest.raises(CommandError, match="superseded"):
            await first
        await asyncio.sleep(2 * module.TOGETHER_S)
        assert not second.done()
        kept.moved(ONE, 3, 1)
        assert await second == 3

    asyncio.run(body())


def test_a_pair_moves_in_14_bits_and_a_bound_fine_half_is_a_controller_of_its_own() -> None:
    kept = Controllers(
        read_rules({3: MidiRule(to="/unit/1"), 4: MidiRule(to="/unit/2"), 36: MidiRule(to="/unit/3")}), Path()
    )
    assert kept.moved(ONE, 3, 64) == Message("/unit/1", (0.5,))
    assert kept.moved(ONE, 35, 64) == Message("/unit/1", (0.5 + 64 / (2 * 8191),))
    assert kept.moved(ONE, 4, 64) == Message("/unit/2", (0.5,))
    assert kept.moved(ONE, 36, 127) == Message("/unit/3", (1.0,))
    assert kept.moved(ONE, 37, 127) is None
    assert kept.moved(2, 35, 64) is None, "on another channel nothing coarse has come"


# -- buttons and footswitches ------------------------------------------------------------------------------------------


def test_a_button_acts_each_time_it_is_pressed_and_does_nothing_when_it_is_let_go(tmp_path: Path) -> None:
    file = tmp_path / "learnt.json"

    async def body() -> None:
        kept = Controllers(read_rules({81: MidiRule(to="/panic"), 82: MidiRule(to="/sustain")}), file)
        moved = kept.learn("/preset/recall 'dark side' 2")
        recall = Message("/preset/recall", ("dark side", 2.0))
        assert kept.moved(ONE, 80, 127) == recall
        assert await moved == 80
        assert [kept.moved(ONE, 80, value) for value in (0, 63, 64, 127, 127)] == [None, None, recall, recall, recall]
        assert [kept.moved(ONE, 81, value) for value in (127, 0)] == [Message("/panic", ()), None]
        assert [kept.moved(ONE, 82, value) for value in (127, 0)] == [
            Message("/sustain", (1.0,)),
            Message("/sustain", (0.0,)),
        ]
        other = kept.learn("/preset/recall bright")
        kept.moved(ONE, 83, 127)
        assert await other == 83
        await kept.keep()
        kept.forget("/preset/recall bright")
        assert kept.moved(ONE, 83, 127) is None
        assert kept.moved(ONE, 80, 127) == recall, "another preset is another target"

    asyncio.run(body())
    assert json.loads(file.read_text()) == {
        "format": 1,
        "controllers": {"80": "/preset/recall 'dark side' 2", "83": "/preset/recall bright"},
    }
    assert read(file)[80] == bind_controller("/preset/recall 'dark side' 2")


def test_a_button_that_comes_with_a_fine_half_acts_once(tmp_path: Path) -> None:
    kept = Controllers(read_rules({3: MidiRule(to="/panic")}), tmp_path)
    told = [
        kept.moved(ONE, number, value) for number, value in ((3, 127), (35, 127), (3, 127), (35, 127), (3, 0), (35, 0))
    ]
    assert told == [Message("/panic", ()), None] * 2 + [None, None]
