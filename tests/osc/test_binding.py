"""What a controller is bound to: an address that it moves, or one that a button presses."""

from __future__ import annotations

from typing import Any

import pytest

from oscvae.errors import CommandError
from oscvae.osc.binding import Binding, Press, bind_controller
from oscvae.osc.vocabulary import TABLE


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("/preset/recall dark", ("dark",)),
        ("/preset/recall 'dark side' 2.5", ("dark side", 2.5)),
        ('/preset/recall "dark side"', ("dark side",)),
        ("/preset/recall 007", ("007",)),
        ("/panic", ()),
        ("/stop", ()),
        ("/stop 60", (60.0,)),
        ("/record", ()),
        ("/record take", ("take",)),
        ("/load bells", ("bells",)),
        ("/preset/save here", ("here",)),
        ("/sustain 1", (1.0,)),
        ("/gain -6", (-6.0,)),
        ("/z/2 0.5", (0.5,)),
        ("/z 0 0 0", (0.0, 0.0, 0.0)),
        ("/z dark", ("dark",)),
        ("/play 60 dark 0.5", (60.0, "dark", 0.5)),
        ("/glide 2 0.5 0.5", (2.0, 0.5, 0.5)),
        ("/play 60 0 0 0 0 0.5", (60.0, 0.0, 0.0, 0.0, 0.0, 0.5)),
        ("/interp 60 1 0 0 1 1", (60.0, 1.0, 0.0, 0.0, 1.0, 1.0)),
        ("/panic/3", ()),
        ("/mpe 1 15", (1.0, 15.0)),
    ],
)
def test_an_address_with_all_its_arguments_is_pressed(text: str, args: tuple[Any, ...]) -> None:
    bound = bind_controller(f" {text} ")
    assert isinstance(bound, Press)
    assert (bound.to, bound.message.address, bound.message.args) == (text, text.split(maxsplit=1)[0], args)
    assert (bound.at(0.49), bound.at(0.5)) == (None, bound.message)


@pytest.mark.parametrize("text", ["/gain", "/unit/3", "/sustain", "/sustain/2", "/macro/1"])
def test_an_address_that_takes_one_number_is_moved(text: str) -> None:
    assert isinstance(bind_controller(text), Binding)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/preset/recall", '^a controller cannot move /preset/recall; a button can, with its arguments, as "/preset/'),
        ("/preset/recall dark side", "^seconds must be a number, got 'side', put quotes around what has spaces in it$"),
        ("/preset/recall dark 1 2", r"^expected name \[seconds\], got 3 arguments$"),
        ("/preset/recall 'dark", "no address, or its quotes do not match"),
        ("", "no address, or its quotes do not match"),
        ("/gian 3", r"^/gian is no address of oscvae, did you mean /gain\?$"),
        ("/panic 1 2", "^expected no arguments, and a button's 1 or 0 at most, got 2 arguments$"),
        ("/sustain 2", "^down must be 0 or 1, got 2$"),
        ("/play 60", r"^expected note z1..zD \[velocity\] \[seconds\], got 60$"),
        ("/z 0 nan", "^expected z1..zD, got 0 nan$"),
        ("/z/0 1", "^no dimension 0"),
        ("/quit", "^a controller cannot move /quit, only "),
        ("/notify 1", "^no button stands for /notify: only what is heard, /preset/save, /load and /record$"),
        ("/voice/stop 3", "^no button stands for /voice/stop"),
    ],
)
def test_what_no_button_can_press(text: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        bind_controller(text)


def test_a_button_has_no_range() -> None:
    with pytest.raises(CommandError, match=r"^/panic is what a button does, and has no range$"):
        bind_controller("/panic", (0.0, 1.0))


def test_what_a_button_stands_for_is_what_the_error_says() -> None:
    pressed = {row.path for row in TABLE if row.is_pressed and row.by != "performer"}
    assert pressed == {"/preset/save", "/load", "/record"}
    assert {row.path for row in TABLE if row.is_heard and not row.is_pressed} == {
        "/voice/new",
        "/blend",
        "/listen",
        "/curve",
        "/voice/set",
        "/voice/stop",
    }
