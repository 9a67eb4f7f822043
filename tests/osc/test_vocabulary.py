"""The table: every row is whole, every row is obeyed, and every mistake in it is told."""

from __future__ import annotations

import math
from typing import Any

import pytest

from oscvae.errors import CommandError
from oscvae.osc.packets import Message, decode, encode_message
from oscvae.osc.parse import NESTED, Command, ModelInfo, parse
from oscvae.osc.rows import Address, Arg
from oscvae.osc.vocabulary import REPLIES, TABLE, find, is_reply, nearest, prefix_of, reply_args, suggestion

MODEL = ModelInfo(4, (-3.0,) * 4, (3.0,) * 4, note_min=40, note_max=80)
EVERY_ADDRESS = [
    "/play",
    "/interp",
    "/note",
    "/stop",
    "/panic",
    "/voice/new",
    "/voice/set",
    "/blend",
    "/listen",
    "/curve",
    "/voice/stop",
    "/voices",
    "/z",
    "/z/N",
    "/unit/N",
    "/pad/N",
    "/glide",
    "/preset/save",
    "/preset/recall",
    "/preset/morph",
    "/preset/delete",
    "/presets",
    "/places",
    "/gain",
    "/pan",
    "/bend",
    "/release",
    "/attack",
    "/stretch",
    "/detail",
    "/freeze",
    "/mode",
    "/portamento",
    "/sustain",
    "/macro",
    "/macro/N",
    "/macros",
    "/note/N",
    "/off/N",
    "/panic/N",
    "/sustain/N",
    "/bend/N",
    "/gain/N",
    "/pan/N",
    "/shift/N",
    "/mpe",
    "/midi/learn",
    "/midi/forget",
    "/load",
    "/models",
    "/model",
    "/points",
    "/sounds",
    "/encode",
    "/record",
    "/monitor",
    "/scope",
    "/out",
    "/parts",
    "/status",
    "/version",
    "/help",
    "/get",
    "/ping",
    "/notify",
    "/sync",
    "/dumpOSC",
    "/clearSched",
    "/quit",
]


def ask(path: str, *args: Any, model: ModelInfo = MODEL) -> Command:
    command = parse(Message(path, args), model)
    assert command is not None
    return command


def sent(row: Address) -> str:
    """An address as a client would send it."""
    return row.path.replace("N", "1") if row.index else row.path


def example(arg: Arg) -> list[Any]:
    if arg.kind == "latent":
        return [0.5] * MODEL.dims
    if arg.kind == "setting":
        return ["z"]
    if arg.kind == "rest":
        return [0.5] * MODEL.dims
    if arg.kind == "curve":
        return [0.5, 1.0]
    if arg.kind == "string":
        return [arg.choices[0] if arg.choices else "name"]
    if arg.name == "note":
        return [60]
    return [1]


def full(row: Address) -> list[Any]:
    return [value for arg in row.args for value in example(arg)]


def test_the_table_has_every_address_once() -> None:
    assert [row.path for row in TABLE] == EVERY_ADDRESS


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.path)
def test_a_row_is_whole(row: Address) -> None:
    assert row.help.endswith(".")
    assert row.path.endswith("/N") == bool(row.index)
    optional = [arg.optional for arg in row.args]
    assert optional == sorted(optional), "what may be left out comes last"
    assert len({arg.name for arg in row.args}) == len(row.args)
    for arg in row.args:
        assert not arg.clip or (arg.low is not None and arg.high is not None)
    replies = {reply.path for reply in REPLIES}
    at_the_address_asked_for = [arg.name for arg in row.args if arg.name == "address"]
    assert all(reply.split()[0] in {*replies, *at_the_address_asked_for} for reply in row.replies)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.path)
def test_a_row_is_obeyed(row: Address) -> None:
    command = ask(sent(row), *full(row))
    assert command.row is row
    assert command.row is row
    assert command.path == sent(row)
    assert list(command.args) == full(row)
    assert set(command.values) == {arg.name for arg in row.args} | ({"n"} if row.index else set())


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.path)
def test_a_row_gives_its_defaults(row: Address) -> None:
    required = [value for arg in row.args if not arg.optional for value in example(arg)]
    values = ask(sent(row), *required).values
    for arg in row.args:
        if arg.optional:
            assert values[arg.name] == arg.default


@pytest.mark.parametrize("row", [row for row in TABLE if row.path != "/curve"], ids=lambda row: row.path)
def test_a_row_counts_its_arguments(row: Address) -> None:
    n_required = len([value for arg in row.args if not arg.optional for value in example(arg)])
    for n in range(len(full(row)) + 3):
        if n_required <= n <= len(full(row)):
            continue
        with pytest.raises(CommandError, match=r"expected .*, got"):
            ask(sent(row), *[*full(row), 2, 1, 1][:n])


@pytest.mark.parametrize("row", [row for row in TABLE if row.args], ids=lambda row: row.path)
def test_a_row_refuses_wrong_types(row: Address) -> None:
    good = full(row)
    for i in range(len(good)):
        for bad in (math.nan, math.inf, -math.inf, None, b"blob"):
            with pytest.raises(CommandError, match="must be"):
                ask(sent(row), *good[:i], bad, *good[i + 1 :])


@pytest.mark.parametrize(
    ("row", "arg"),
    [
        (row, arg)
        for row in TABLE
        for arg in row.args
        if arg.low is not None and arg.high is not None and arg.kind != "curve"
    ],
    ids=lambda x: x.path if isinstance(x, Address) else x.name,
)
def test_an_argument_clips_or_fails(row: Address, arg: Arg) -> None:
    assert arg.low is not None
    assert arg.high is not None
    at = sum(len(example(other)) for other in row.args[: row.args.index(arg)])
    for far, end in ((arg.low - 1, arg.low), (arg.high + 1, arg.high)):
        args = full(row)
        args[at] = far
        if arg.clip:
            assert ask(sent(row), *args).values[arg.name] == end
        else:
            with pytest.raises(CommandError, match=rf"{arg.name} must be .* to .*, got"):
                ask(sent(row), *args)


def test_the_signature_is_in_the_failure() -> None:
    with pytest.raises(CommandError) as caught:
        ask("/play", 60, 0.1, 0.2)
    assert str(caught.value) == "expected note z1 z2 z3 z4 [velocity] [seconds], got 3 arguments"
    with pytest.raises(CommandError, match=r"^expected no arguments, and a button's 1 or 0 at most, got 1 argument$"):
        ask("/panic", 0.5)


@pytest.mark.parametrize(
    "args", [(60, 0, 1, 0, 0, True), (60.0, 0.0, 1.0, 0.0, 0.0, 1.0), (60, False, True, 0.0, 0, 2**40)]
)
def test_any_number_will_do(args: tuple[Any, ...]) -> None:
    assert ask("/play", *args).values == {"note": 60.0, "z": (0.0, 1.0, 0.0, 0.0), "velocity": 1.0, "seconds": None}


NO_NUMBERS = [
    ("72", "ff0000ff", "a colour"),
    ("6d", "00903c7f", "a MIDI message"),
    ("74", "0000000000000001", "a timetag"),
    ("62", "000000043f800000", "a blob, " + NESTED),
    ("4e", "", "nil"),
    ("63", "00000031", "'1'"),
    ("73", "31000000", "'1'"),
]


@pytest.mark.parametrize(("tag", "body", "named"), NO_NUMBERS, ids=[tag for tag, _, _ in NO_NUMBERS])
def test_what_is_no_number_is_named(tag: str, body: str, named: str) -> None:
    message = decode(bytes.fromhex(f"2f6761696e0000002c{tag}0000{body}"))  # /gain and its argument
    assert isinstance(message, Message)
    with pytest.raises(CommandError) as caught:
        parse(message, MODEL)
    assert str(caught.value) == f"gain must be a number, got {named}"


@pytest.mark.parametrize(
    ("tag", "body", "gain"),
    [
        ("69", "00000002", 2.0),
        ("66", "40000000", 2.0),
        ("68", "0000000000000002", 2.0),
        ("64", "4000000000000000", 2.0),
        ("54", "", 1.0),
        ("46", "", 0.0),
        ("49", "", 1.0),
    ],
)
def test_what_is_a_number_is_taken_for_its_value(tag: str, body: str, gain: float) -> None:
    message = decode(bytes.fromhex(f"2f6761696e0000002c{tag}0000{body}"))
    assert isinstance(message, Message)
    assert parse(message, MODEL).args == (gain,)


def test_the_dimension_is_the_models() -> None:
    model = ModelInfo(dims=2)
    assert ask("/play", 60, 1, 2, model=model).values["z"] == (1.0, 2.0)
    assert ask("/interp", 60, 1, 1, 2, 3, 4, 0.5, model=model).values["b"] == (3.0, 4.0)
    with pytest.raises(CommandError, match="expected note z1 z2 "):
        ask("/play", 60, 1, model=model)


def test_latent_points_clip_to_the_model() -> None:
    assert ask("/z", 9, -9, 1, 0).values["z"] == (3.0, -3.0, 1.0, 0.0)
    assert ask("/z/2", -9).args == (-3.0,)
    assert ask("/voice/set", 1, "z", 9, 0, 0, 0).values["value"] == (9.0, 0.0, 0.0, 0.0), "where the voice is known"


def test_notes_reach_an_octave_beyond_the_model() -> None:
    assert ask("/play", 28, 0, 0, 0, 0).values["note"] == 28.0
    assert ask("/play", 60.5, 0, 0, 0, 0).values["note"] == 60.5
    for path, args in (("/play", (27.9, 0, 0, 0, 0)), ("/voice/new", (1, 93, 0, 0, 0, 0)), ("/note", (93, 64))):
        with pytest.raises(CommandError, match="40 to 80 and an octave either side"):
            ask(path, *args)
    ask("/note", 93, 0)  # whatever still sounds can be stopped, the model may have changed
    ask("/stop", 93)


def test_the_number_of_an_address_is_its_first_value() -> None:
    assert ask("/z/4", 1).values == {"n": 4, "value": 1.0}
    assert ask("/pad/2", 0.25, 2).values == {"n": 2, "x": 0.25, "y": 1.0}
    for path in ("/z/", "/z/1/2", "/pad", "/unit"):
        with pytest.raises(CommandError, match="unknown address"):
            ask(path, 1)


@pytest.mark.parametrize("number", ["0", "9", "01", "N", "-1", "١", "11111", "9" * 60_000])
@pytest.mark.parametrize("address", ["/z", "/unit", "/pad"])
def test_a_wrong_number_is_told_with_the_right_ones(address: str, number: str) -> None:
    what, last = ("pad", 2) if address == "/pad" else ("dimension", 4)
    with pytest.raises(CommandError) as caught:
        ask(f"{address}/{number}", 0.5, 0.5)
    told = str(caught.value)
    assert told.startswith(f"no {what} {number}:" if number in {"0", "9"} else f"no {what} '{number[:40]}':")
    assert told.endswith(f": the model has 4 dimensions, {address}/1 to {address}/{last}")


@pytest.mark.parametrize(
    ("address", "dims", "told"),
    [
        ("/pad/2", 2, "no pad 2: the model has 2 dimensions, only /pad/1"),
        ("/pad/1", 1, "no pad 1: the model has 1 dimension, and a pad moves two"),
        ("/unit/2", 1, "no dimension 2: the model has 1 dimension, only /unit/1"),
    ],
)
def test_a_number_that_a_small_model_lacks_is_told_with_those_that_it_has(address: str, dims: int, told: str) -> None:
    with pytest.raises(CommandError) as caught:
        ask(address, 0.5, model=ModelInfo(dims=dims))
    assert str(caught.value) == told


def test_without_a_model_nothing_is_said_of_its_dimensions() -> None:
    nothing = ModelInfo(is_loaded=False)
    for path, args in (("/play", (60, 0)), ("/z", (0, 0)), ("/glide", (1, *range(9))), ("/voice/new", (1, 60, 0))):
        with pytest.raises(CommandError, match=r"^no model is loaded: /load one, /models lists them$"):
            ask(path, *args, model=nothing)
    assert ask("/unit/9", 0.5, model=nothing).values["n"] == 9, "the performer says that there is no model"
    with pytest.raises(CommandError, match="expected gain, got 2 arguments"):
        ask("/gain", 1, 2, model=nothing)


def test_without_a_model_numbers_count_from_1() -> None:
    assert find("/pad/99")[1] == 99
    with pytest.raises(CommandError, match=r"^no pad 0: they count from 1, like /pad/1$"):
        find("/pad/0")


def test_how_many_macros_there_are_is_not_the_models_matter() -> None:
    assert ask("/macro/9", 2).values == {"n": 9, "value": 1.0}
    assert ask("/macro", 9.0, 0.5).args == (9, 0.5)
    with pytest.raises(CommandError, match=r"^no macro 0: they count from 1, like /macro/1$"):
        ask("/macro/0", 0.5)
    with pytest.raises(CommandError, match=r"n must be a whole number, got 1\.5"):
        ask("/macro", 1.5, 0.5)


def test_how_many_channels_there_are_is_not_the_models_matter() -> None:
    assert ask("/note/16", 60, 100, model=ModelInfo(1)).values == {"n": 16, "note": 60.0, "velocity": 100.0}
    for model in (MODEL, ModelInfo(is_loaded=False)):
        with pytest.raises(CommandError, match=r"^no channel 17: there are 16, /bend/1 to /bend/16$"):
            ask("/bend/17", 0, model=model)
    with pytest.raises(CommandError, match=r"^no channel 0: there are 16, /off/1 to /off/16$"):
        ask("/off/0")
    assert ask("/note/3", 60, 0).ends_notes and ask("/sustain/3", 0).ends_notes and ask("/off/3").ends_notes
    assert (ask("/note/3", 60, 9).channel, ask("/note", 60, 9).channel, ask("/z/3", 0).channel) == (3, 0, 0)


def test_what_a_voice_is_set_to_depends_on_what_is_set() -> None:
    assert ask("/voice/set", 3, "gain", 60).values["value"] == (6.0,)
    assert ask("/voice/set", 3.0, "bend", -50).args == (3, "bend", -48.0)
    with pytest.raises(
        CommandError, match="one of z, gain, pan, bend, attack, rate, release, detail, mix, position, loop, got 'pitch'"
    ):
        ask("/voice/set", 3, "pitch", 1)
    with pytest.raises(CommandError, match=r"expected id pan and 1 number\(s\), got 4 arguments"):
        ask("/voice/set", 3, "pan", 1, 2)


def test_a_name_stands_where_a_point_may() -> None:
    for message, values in (
        (("/play", 60, "dark"), {"note": 60.0, "z": "dark", "velocity": 0.8}),
        (("/play", 60, "dark", 0.5), {"z": "dark", "velocity": 0.5}),
        (("/interp", 60, 1.0, "a b", 0.0, 1.0, 0.5), {"a": "a b", "b": (0.0, 1.0), "velocity": 0.5}),
        (("/voice/set", 1, "z", "dark"), {"value": ("dark",)}),
        (("/glide", 2.0, "dark"), {"seconds": 2.0, "z": "dark"}),
    ):
        command = ask(*message, model=ModelInfo(2))
        assert command.values.items() >= values.items()
    for refused in (("/play", 60, "dark", "bright"), ("/play", 60, 0.5, "dark"), ("/voice/set", 1, "gain", "dark")):
        with pytest.raises(CommandError):
            ask(*refused, model=ModelInfo(2))
    with pytest.raises(CommandError, match="no model is loaded"):
        ask("/play", 60, "dark", model=ModelInfo(is_loaded=False))


def test_identities_are_whole_numbers() -> None:
    assert ask("/voice/stop", 7.0).values["id"] == 7
    with pytest.raises(CommandError, match=r"id must be a whole number, got 7\.5"):
        ask("/voice/stop", 7.5)
    with pytest.raises(CommandError, match="id must be -2147483647 to 2147483647, got 2147483648"):
        ask("/voice/stop", 2**31)
    assert ask("/sync", -(2**31)).values["id"] == -(2**31)


TRIGGERS = [row for row in TABLE if all(arg.optional for arg in row.args)]
NUMBERED = [row for row in TABLE if any(arg.identity for arg in row.args)]


def test_the_triggers_are_what_needs_no_argument() -> None:
    wanted = {
        "/parts",
        "/stop",
        "/panic",
        "/record",
        "/ping",
        "/status",
        "/clearSched",
        "/quit",
        "/midi/learn",
        "/midi/forget",
    }
    assert wanted <= {row.path for row in TRIGGERS} == {row.path for row in TABLE if row.is_trigger}
    assert [row.path for row in NUMBERED] == ["/midi/forget"]


@pytest.mark.parametrize("row", TRIGGERS, ids=lambda row: row.path)
def test_a_button_triggers_where_it_goes_down_and_nothing_where_it_comes_up(row: Address) -> None:
    bare = ask(sent(row))
    values = (True, False) if row in NUMBERED else (1, 1.0, True, 0, 0.0, False)
    for value in values:
        command = parse(Message(sent(row), (value,)), MODEL)
        if value:
            assert command == bare, "its 1 is no argument"
        else:
            assert command is None


@pytest.mark.parametrize("row", TRIGGERS, ids=lambda row: row.path)
def test_a_button_may_add_its_value_to_the_arguments(row: Address) -> None:
    args = full(row)
    assert ask(sent(row), *args, 1.0) == ask(sent(row), *args[: len(args)])
    assert parse(Message(sent(row), (*args, 0.0)), MODEL) is None
    for bad in (0.5, 127, "1", None, b"1"):
        with pytest.raises(CommandError, match=r"^expected .*, and a button's 1 or 0 at most, got \d arguments?"):
            ask(sent(row), *args, bad)


@pytest.mark.parametrize(
    ("packet", "meant"),
    [
        ("2f70616e696300002c6600003f800000", ("/panic", {})),  # /panic ,f 1.0
        ("2f70616e696300002c66000000000000", None),
        ("2f70616e696300002c540000", ("/panic", {})),
        ("2f70616e696300002c460000", None),
        ("2f70616e696300002c490000", ("/panic", {})),
        ("2f73746f700000002c6600003f800000", ("/stop", {"note": None})),  # /stop ,f 1.0
        ("2f73746f700000002c66000000000000", None),
        ("2f73746f700000002c66000042700000", ("/stop", {"note": 60.0})),
    ],
)
def test_a_button_on_the_wire_means_what_its_value_says(packet: str, meant: tuple[str, dict[str, Any]] | None) -> None:
    message = decode(bytes.fromhex(packet))
    assert isinstance(message, Message)
    command = parse(message, MODEL)
    assert (None if command is None else (command.path, command.values)) == meant


def test_a_number_that_names_something_is_no_button() -> None:
    assert ask("/midi/forget", 1).values["what"] == "1", "the modulation wheel"
    assert ask("/midi/forget", 0).values["what"] == "0"
    assert ask("/record", "1").values["name"] == "1", "a string is a name, whatever it says"
    assert ask("/record", 2).values["name"] == "2"


SWITCHES = [(row, arg) for row in TABLE for arg in row.args if arg.kind == "bool"]


@pytest.mark.parametrize(("row", "arg"), SWITCHES, ids=lambda x: x.path if isinstance(x, Address) else x.name)
def test_a_switch_is_0_or_1(row: Address, arg: Arg) -> None:
    at = row.args.index(arg)
    args = full(row)
    for value, meant in ((0, False), (1, True), (0.0, False), (1.0, True), (False, False), (True, True)):
        args[at] = value
        assert ask(sent(row), *args).values[arg.name] is meant
    for value in (2, 9, -1, 127, 0.5):
        args[at] = value
        with pytest.raises(CommandError, match=rf"^{arg.name} must be 0 or 1, got {value}$"):
            ask(sent(row), *args)


def test_names_may_be_numbers() -> None:
    assert ask("/preset/save", 1.0).values["name"] == "1"
    assert ask("/preset/recall", "dark", 2).values == {"name": "dark", "seconds": 2.0}


def test_patterns_are_refused() -> None:
    for pattern in ("/z/*", "/{gain,pan}"):
        message = decode(encode_message(pattern, (1,)))
        assert isinstance(message, Message)
        with pytest.raises(CommandError, match=r"^address patterns are not supported, name one address$"):
            parse(message, MODEL)


def test_a_nested_array_of_sclang_is_named() -> None:
    """n.sendMsg("/play", 60, [0.1, 0.2])"""
    message = decode(bytes.fromhex("2f706c61790000002c6962000000003c0000000c3dcccccd2c6600003e4ccccd"))
    assert isinstance(message, Message)
    with pytest.raises(CommandError) as caught:
        parse(message, MODEL)
    told = "expected note z1 z2 z3 z4 [velocity] [seconds], got 2 arguments, one of them a blob, as which sclang sends"
    assert str(caught.value) == f"{told} an array inside a message: put * before the array"


def test_a_long_value_is_cut_in_the_failure() -> None:
    with pytest.raises(CommandError) as caught:
        ask("/gain", "x" * 60_000)
    assert len(str(caught.value)) < 200


def test_replies_are_never_answered() -> None:
    assert is_reply("/fail")
    assert is_reply("/status.reply")
    assert not is_reply("/model"), "asked and answered at one address"
    assert not is_reply("/play")
    assert not is_reply("/nonsense")


def test_replies_have_the_tables_order_and_types() -> None:
    args = reply_args("/voice/on", note=60, id=-3)
    assert args == (-3, 60.0)
    assert isinstance(args[1], float)
    assert reply_args("/models.reply", names=["a", "b"]) == ("a", "b")
    with pytest.raises(KeyError):
        reply_args("/voice/on", id=1)
    with pytest.raises(TypeError, match="velocity"):
        reply_args("/voice/on", id=1, note=60, velocity=1)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.path)
def test_a_reply_can_be_sent(reply: Any) -> None:
    values = {
        arg.name: {"int": 1, "float": 1, "string": "s", "rest": [1.0], "blob": b"1234"}[arg.kind] for arg in reply.args
    }
    message = decode(encode_message(reply.path, reply_args(reply.path, **values)))
    assert isinstance(message, Message)
    assert set(message.tags) <= set("ifsb")


def test_the_order_of_status_is_kept() -> None:
    names = [arg.name for reply in REPLIES if reply.path == "/status.reply" for arg in reply.args]
    assert names[:6] == ["voices", "cpu_avg", "cpu_peak", "underruns", "late", "xruns"]
    assert names[-2:] == ["uptime", "confined"], "what is new comes last"


def test_the_nearest_address_is_found() -> None:
    assert nearest("/paly") == "/play"
    assert nearest("/PLAY") == "/play"
    assert nearest("/voice/knew") == "/voice/new"
    assert nearest("/qqqqqqqq") == ""
    assert prefix_of("/oscvae/play") == prefix_of("/oscvae/voice/new") == prefix_of("/oscvae/z/3") == "/oscvae"
    assert prefix_of("/a/b/unit/1") == "/a/b"
    assert prefix_of("/play") == prefix_of("/oscvae/paly") == prefix_of("/z/0/") == prefix_of("/" * 300) == ""
    assert suggestion("/oscvae/z/3", "no") == "did you mean /z/3?"
    assert find("/z/3")[1] == 3


def test_a_curve_is_pairs_that_rise_from_0_to_1_and_clips_what_it_says() -> None:
    assert ask("/curve", 1, 0.0, -3.0, 0.5, 1.0, 0.5, 9).values["mix"] == (0.0, -1.0, 0.5, 1.0, 0.5, 2.0)
    for points in ((), (0.5,), (0.5, 0.0, 0.4, 0.0), (-0.1, 0.0), (0.0, 0.0, 1.1, 0.0), (0.5, 0.0) * 65):
        with pytest.raises(CommandError, match=r"pairs|rise"):
            ask("/curve", 1, *points)
