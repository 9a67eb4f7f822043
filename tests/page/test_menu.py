"""What a long press on the page offers: MIDI learn, and the OSC line to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from oscvae.osc.binding import Press, bind_controller
from parts.daemon import Daemon
from parts.judge import complaint
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
    page.context.clear_permissions()
    assert copied == page.locator("#menu-line").inner_text() == "/macro/2 0.000"


HELD = {
    "#latch": ("/sustain 1", "/sustain"),
    "#listen": ("/monitor 1", None),
}


@pytest.mark.parametrize("name", HELD)
def test_a_button_that_is_held_offers_its_line_and_is_not_pressed(open_page: Opened, said: Said, name: str) -> None:
    page = open_page()
    line, address = HELD[name]
    page.locator(name).hover()
    page.mouse.down()
    page.wait_for_selector("#menu[open]")
    page.mouse.up()
    expect(page.locator("#menu-line")).to_have_text(line)
    if address is None:
        expect(page.locator("#menu-learn button")).to_have_count(0)
        page.locator("#menu-close").click()
    else:
        learn(page)
        assert said(page, "/midi/learn") == [(address,)] and bind_controller(address)
    assert page.locator(name).get_attribute("aria-pressed") == "false" and said(page, "/monitor") == []
    page.wait_for_timeout(500)
    page.locator(name).click()
    expect(page.locator(name)).to_have_attribute("aria-pressed", "true")


LINES = {
    "#keys": "/note 48 100",
    "#model": "/load plucked",
    "#scope": "/scope 1",
    "#facts": "/status",
    "#meter": "/notify 1",
}


@pytest.mark.parametrize("name", LINES)
def test_the_right_button_offers_the_line_of_what_it_is_on(open_page: Opened, said: Said, name: str) -> None:
    page = open_page()
    spot = {"x": 10, "y": 100} if name == "#keys" else None
    page.locator(name).click(button="right", position=spot)  # type: ignore[arg-type]
    expect(page.locator("#menu-line")).to_have_text(LINES[name])
    address, *args = LINES[name].split()
    assert complaint(address, [arg if arg.isalpha() else int(arg) for arg in args]) is None
    expect(page.locator("#menu-learn button")).to_have_count(1 if name == "#model" else 0)
    assert said(page, "/note") == []


def test_of_what_is_learnt_a_touch_is_enough(open_page: Opened, daemon: Daemon, said: Said) -> None:
    """A finger has no right button, and one that stays down on pads and keys plays."""
    page = open_page(820, 1180, touch=True)
    button, menu, line = page.locator("#learn"), page.locator("#menu"), page.locator("#menu-line")
    expect(page.locator("#presets")).to_contain_text("nylon")
    lines = {"#map": "/pad/1 ", "#second": "/pad/2 ", "#keys": "/note ", "#latch": "/sustain 1",
             "#mode": "/mode poly", "#strip [aria-label=gain]": "/gain ", "#model": "/load plucked"}  # fmt: skip
    for name, begins in lines.items():
        button.tap()
        expect(button).to_have_attribute("aria-pressed", "true")
        page.locator(name).tap()
        expect(menu).to_be_visible()
        assert line.inner_text().startswith(begins), name
        expect(button).to_have_attribute("aria-pressed", "false")
        page.locator("#menu-close").tap()
    for address in ("/pad/1", "/pad/2", "/note", "/mode", "/gain", "/load"):
        assert said(page, address) == [], "it was no press"
    page.locator("#mode").tap()
    assert until(lambda: said(page, "/mode") == [("mono",)], SOON_S), "the next one is"
    button.tap()
    page.locator("#panic").tap()
    assert until(lambda: said(page, "/panic") != [], SOON_S), "PANIC always is"
    expect(menu).to_be_hidden()
    daemon.client.send("/mode", "poly")


def test_what_is_the_pages_own_has_nothing_to_learn(open_page: Opened, said: Said) -> None:
    page = open_page()
    button, words = page.locator("#learn"), page.locator("#words")
    button.click()
    expect(words).to_contain_text("Press what a MIDI controller shall move")
    page.locator("#higher").click()
    expect(words).to_contain_text("Nothing to learn there")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(500)
    button.click()
    button.click()  # never mind
    expect(button).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(500)
    page.locator("#keys").click(position={"x": 10, "y": 100})
    assert until(lambda: [args[0] for args in said(page, "/note")] == [48, 48], SOON_S)
    expect(page.locator("#menu")).to_be_hidden()
