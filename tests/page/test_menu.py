"""What a long press on the page offers: MIDI learn, and the OSC line to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from oscvae.osc.binding import Press, bind_controller
from parts.daemon import Daemon
from parts.waiting import until

SOON_S = 20.0
Opened = Callable[..., Page]
Said = Callable[[Page, str], list[tuple[Any, ...]]]


def learn(page: Page, words: str = "MIDI learn") -> None:
    """The daemon has no MIDI port here, and refuses: what was asked of it is what counts."""
    page.locator("#menu-learn button", has_text=words).click()
    expect(page.locator("#menu")).to_be_hidden()


def test_the_menu_of_the_mode_learns_it_and_does_not_change_it(open_page: Opened, daemon: Daemon, said: Said) -> None:
    page = open_page()
    page.locator("#mode").hover()
    page.mouse.down()
    page.wait_for_selector("#menu[open]")
    page.mouse.up()
    expect(page.locator("#menu-line")).to_have_text("/mode poly")
    learn(page)
    assert said(page, "/midi/learn") == [("/mode poly",)] and said(page, "/mode") == []
    assert bind_controller("/mode poly")
    page.locator("#mode").click()
    assert until(lambda: said(page, "/mode") == [("mono",)], SOON_S), "the next press is one"
    daemon.client.send("/mode", "poly")


def test_panic_that_is_held_is_silence_at_once_and_no_menu(open_page: Opened, daemon: Daemon) -> None:
    page = open_page()
    daemon.client.send("/freeze", 1)
    daemon.client.send("/play", 60, 0.0, 0.0, 0.0, 0.0)
    assert until(lambda: daemon.status().voices == 1, SOON_S)
    page.locator("#panic").hover()
    page.mouse.down()
    assert until(lambda: daemon.status().voices == 0, SOON_S)
    page.wait_for_timeout(1000)
    expect(page.locator("#menu")).to_be_hidden()
    page.mouse.up()
    daemon.client.send("/freeze", 0)


@pytest.mark.parametrize("by", ["right button", "key"])
def test_the_menu_of_panic_learns_it(open_page: Opened, said: Said, by: str) -> None:
    page = open_page()
    if by == "key":
        page.locator("#panic").focus()
        page.keyboard.press("ContextMenu")
    else:
        page.locator("#panic").click(button="right")
    learn(page)
    assert said(page, "/midi/learn") == [("/panic",)] and bind_controller("/panic")


def test_a_preset_is_learnt_by_its_name(open_page: Opened, daemon: Daemon, said: Said) -> None:
    name = "aaa's own"
    assert daemon.client.ask("/preset/save", name, answer=("/done",)) == ("/done", ("/preset/save", name))
    page = open_page()
    tile = page.locator("#presets button", has_text=name)
    tile.focus()
    page.keyboard.press("ContextMenu")
    page.locator("#save-menu").click()
    line = page.locator("#menu-line").inner_text()
    learn(page)
    assert said(page, "/midi/learn") == [(line,)]
    pressed = bind_controller(line)
    assert isinstance(pressed, Press) and pressed.message.args == (name,)
    tile.press("Enter")
    assert until(lambda: [args[0] for args in said(page, "/preset/recall")] == [name], SOON_S)
    daemon.client.send("/preset/delete", name)


def test_a_pad_offers_each_of_its_dimensions_and_plays_nothing(open_page: Opened, daemon: Daemon, said: Said) -> None:
    page = open_page()
    page.locator("#second").click(button="right")
    expect(page.locator("#menu-name")).to_have_text("dimensions 3 and 4")
    assert page.locator("#menu-line").inner_text().startswith("/pad/2 0.")
    learn(page, "up")
    assert said(page, "/midi/learn") == [("/unit/4",)] and bind_controller("/unit/4")
    assert said(page, "/note") == [] and said(page, "/pad/2") == []


@pytest.mark.parametrize("is_secure", [True, False], ids=["localhost", "this machine's own address"])
def test_the_line_is_copied(open_page: Opened, far_host: str, is_secure: bool) -> None:
    page = open_page(host="127.0.0.1" if is_secure else far_host)
    page.evaluate("addEventListener('copy', () => (window.copied = getSelection().toString()))")
    if is_secure:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#macros [aria-label=tape]").click(button="right")
    page.locator("#menu-copy").click()
    expect(page.locator("#menu-copy")).to_have_text("copied")
    copied = page.evaluate("navigator.clipboard.readText()" if is_secure else "window.copied.trim()")
    assert copied == page.locator("#menu-line").inner_text() == "/macro/2 0.000"
