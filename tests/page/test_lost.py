"""Ends of presses that never come, and events that tell no pointer: nothing hangs, nothing is swallowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from parts.daemon import Daemon
from parts.waiting import until

SOON_S = 20.0
MOUSE = 1  # Chromium's pointerId of it
Opened = Callable[..., Page]
Said = Callable[[Page, str], list[tuple[Any, ...]]]


def lose(page: Page, element: Locator) -> None:
    """The end of a press of the mouse goes elsewhere."""
    box = element.bounding_box()
    assert box is not None
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 1, y)  # from here on it is captured
    element.evaluate(f"(element) => element.releasePointerCapture({MOUSE})")
    page.mouse.move(2, 2)
    page.mouse.up()


@pytest.mark.parametrize("place", ["#keys", "#map"])
def test_a_press_whose_end_is_lost_leaves_no_note(open_page: Opened, daemon: Daemon, said: Said, place: str) -> None:
    daemon.client.send("/freeze", 1)
    page = open_page()
    lose(page, page.locator(place))
    assert until(lambda: len(said(page, "/note")) == 2, SOON_S) and said(page, "/note")[1][1] == 0
    assert until(lambda: daemon.status().voices == 0, SOON_S)
    daemon.client.send("/freeze", 0)


def test_a_fader_whose_press_was_lost_follows_no_pointer_that_is_up(open_page: Opened, said: Said) -> None:
    page = open_page()
    gain = page.locator("#strip [aria-label=gain]")
    lose(page, gain)
    gain.hover(position={"x": 10, "y": 5})
    gain.hover(position={"x": 40, "y": 5})
    assert said(page, "/gain") == []


CONTEXT_MENU = "(element) => element.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))"


def test_a_context_menu_that_tells_no_pointer_is_that_of_the_last_one(open_page: Opened) -> None:
    page = open_page(touch=True)
    pad, menu = page.locator("#second"), page.locator("#menu")
    pad.tap()
    pad.evaluate(CONTEXT_MENU)
    expect(menu).to_be_hidden()
    pad.click()
    pad.evaluate(CONTEXT_MENU)
    expect(menu).to_be_visible()


def test_a_click_without_a_pointer_is_a_press_after_a_hold(open_page: Opened, daemon: Daemon, said: Said) -> None:
    page = open_page()
    mode = page.locator("#mode")
    mode.hover()
    page.mouse.down()
    page.wait_for_selector("#menu[open]")
    page.mouse.up()
    page.locator("#menu-close").click()
    page.wait_for_timeout(500)
    assert said(page, "/mode") == []
    mode.evaluate("(button) => button.click()")
    assert until(lambda: said(page, "/mode") == [("mono",)], SOON_S)
    daemon.client.send("/mode", "poly")
