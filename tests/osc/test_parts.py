"""The prefix of a part: what it stands before, what it does not, and what is said where it is wrong."""

from __future__ import annotations

import pytest

from oscvae.errors import CommandError, RuleError
from oscvae.osc.binding import bind, bind_controller
from oscvae.osc.echoes import Standing
from oscvae.osc.mapping import read_map
from oscvae.osc.packets import Message
from oscvae.osc.parse import Command, ModelInfo, parse_for
from oscvae.osc.parts import PARTS, bare, joined, split
from oscvae.osc.vocabulary import TABLE, is_reply, prefix_of
from oscvae.realtime import layout as at
from oscvae.settings.sections import MapRule

MODELS = {1: ModelInfo(4), 2: ModelInfo(2), 3: ModelInfo(is_loaded=False)}


def ask(address: str, *args: object) -> Command:
    command = parse_for(Message(address, args), lambda part: MODELS.get(part, ModelInfo()))
    assert command is not None
    return command


def test_a_prefix_names_the_part_and_the_rest_is_the_address() -> None:
    assert split("/part/2/voice/set") == (2, "/voice/set")
    assert split("/part/8/z/1") == (8, "/z/1")
    assert split("/play") == (1, "/play")
    assert split("/parts") == (1, "/parts")
    assert [joined(part, "/z") for part in (1, 2)] == ["/z", "/part/2/z"]
    assert [bare(path) for path in ("/part/3/gain", "/gain", "/part/9/gain")] == ["/gain", "/gain", "/part/9/gain"]
    assert PARTS == at.PARTS


@pytest.mark.parametrize("number", ["0", "9", "10", "-1", "01", "1.0", "x", "", "²", "x" * 500])
def test_a_part_that_there_is_not_is_told_with_those_that_there_are(number: str) -> None:
    with pytest.raises(CommandError, match=r"^no part '.{0,40}': there are 8, /part/1 to /part/8$"):
        ask(f"/part/{number}/play", 60)


@pytest.mark.parametrize("address", ["/part/2", "/part/2/"])
def test_a_prefix_alone_is_no_address(address: str) -> None:
    with pytest.raises(CommandError, match="a part alone is no address"):
        ask(address)


def test_a_prefix_stands_before_an_address_once() -> None:
    with pytest.raises(CommandError, match="unknown address"):
        ask("/part/2/part/3/play", 60)


def test_arguments_are_those_of_the_model_that_the_part_plays() -> None:
    command = ask("/part/2/play", 60, 0.5, 0.25)
    assert command.values["z"] == (0.5, 0.25)
    assert (command.part, command.path, command.address, command.row.path) == (2, "/part/2/play", "/play", "/play")
    with pytest.raises(CommandError, match="expected note z1 z2 z3 z4"):
        ask("/play", 60, 0.5, 0.25)
    with pytest.raises(CommandError, match="part 3 plays no model: /part/3/load one"):
        ask("/part/3/play", 60, 0.5)


def test_an_address_with_an_index_keeps_it() -> None:
    command = ask("/part/2/unit/2", 0.5)
    assert (command.part, command.address, command.values["n"]) == (2, "/unit/2", 2)
    with pytest.raises(CommandError, match="no dimension 3: the model has 2 dimensions"):
        ask("/part/2/unit/3", 0.5)


@pytest.mark.parametrize("row", [row for row in TABLE if row.scope == "daemon"], ids=lambda row: row.path)
def test_what_is_the_daemons_has_no_prefix(row: object) -> None:
    path = row.path  # type: ignore[attr-defined]
    required = {"int": 1, "string": "a", "bool": 1, "float": 1.0}
    args = [required[arg.kind] for arg in row.args if not arg.optional]  # type: ignore[attr-defined]
    ask(path, *args)
    with pytest.raises(CommandError, match=rf"^{path} is the daemon's, not of a part: send {path}$"):
        ask(f"/part/2{path}", *args)


def test_a_panic_is_for_all_parts_unless_it_names_one() -> None:
    assert ask("/panic").is_for_all
    assert not ask("/part/1/panic").is_for_all
    assert not ask("/part/2/panic").is_for_all
    assert not ask("/stop").is_for_all
    assert [row.path for row in TABLE if row.scope == "all"] == ["/panic"]


def test_a_pattern_is_refused_behind_a_prefix_too() -> None:
    for address in ("/part/2/pl*", "/part/*/play"):
        with pytest.raises(CommandError, match="address patterns are not supported"):
            parse_for(Message(address, (60,), is_pattern=True), lambda part: ModelInfo())


def test_controllers_and_foreign_addresses_may_move_another_part() -> None:
    assert bind("/part/2/gain").at(1.0) == Message("/part/2/gain", (6.0,))
    pressed = bind_controller("/part/3/preset/recall dark").at(1.0)
    assert pressed == Message("/part/3/preset/recall", ("dark",))
    mapped = read_map({"/1/fader1": MapRule(to="/part/2/unit/1")}).rewrite(Message("/1/fader1", (0.5,)))
    assert mapped == Message("/part/2/unit/1", (0.5,))
    with pytest.raises(CommandError, match="no part '9'"):
        bind("/part/9/gain")
    with pytest.raises(RuleError, match="/status is the daemon's, not of a part: say /status"):
        read_map({"/x": MapRule(to="/part/2/status")})
    with pytest.raises(CommandError, match=r"/part/2/gian is no address of oscvae, did you mean /gain\?"):
        bind("/part/2/gian")


def test_the_cursors_of_two_parts_stand_apart() -> None:
    standing = Standing()
    assert standing.moves("/z", (0.0, 0.0))
    assert standing.moves("/part/2/z", (1.0, 1.0))
    assert not standing.moves("/z", (0.0, 0.0)), "the other part's move has not moved this one"
    assert standing.moves("/part/2/unit/1", (0.5,))
    assert standing.moves("/part/2/z", (1.0, 1.0)), "its own has"
    assert [standing.cursor(path) for path in ("/pad/1", "/part/2/pad/1", "/part/2/gain")] == [1, 2, 0]


def test_a_prefix_of_ones_own_is_seen_before_that_of_a_part() -> None:
    assert prefix_of("/oscvae/part/2/play") == "/oscvae"


def test_what_a_daemon_tells_of_a_part_is_never_answered() -> None:
    assert is_reply("/part/2/loading") and is_reply("/loading")
    assert not is_reply("/part/2/play")
