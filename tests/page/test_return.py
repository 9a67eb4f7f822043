"""What a page says while its daemon, or the daemon's audio server, is gone, and that it goes on when they are back."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from parts.client import free_port
from parts.daemon import Daemon
from parts.jackd import PROGRAMS, JackServer
from parts.programs import skip_without
from parts.tap import LOUD, LOUDEST, TAP, WAVE
from parts.waiting import until

SOON_MS = 30_000.0
SOON_S = 30.0
LINES = """
window.lines = [];
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    lines.push(this);
  }
};
"""


def test_the_page_survives_the_restart_of_its_daemon(new_page: Callable[..., Page], tmp_path: Path) -> None:
    port = free_port(socket.SOCK_STREAM)
    settings = ("audio.backend=silent", f"http.port={port}")
    page = new_page()
    page.add_init_script(TAP)
    connection, listen, latch = (page.locator(f"#{name}") for name in ("connection", "listen", "latch"))
    try:
        with Daemon(*settings, folder=tmp_path) as daemon:
            daemon.wait_ready()
            page.goto(f"http://127.0.0.1:{port}/")
            expect(connection).to_have_text("connected", timeout=SOON_MS)
            listen.click()
            latch.click()
            page.keyboard.press("a")
            assert daemon.client.ask("/preset/save", "mine", answer=("/done",)) is not None
        expect(connection).to_have_text("no daemon: run oscvae serve", timeout=SOON_MS)
        with Daemon(*settings, folder=tmp_path) as daemon:
            daemon.wait_ready()
            expect(connection).to_have_text("connected", timeout=SOON_MS)
            expect(page.locator("#presets")).to_contain_text("mine", timeout=SOON_MS)
            daemon.client.send("/gain", -20.0)
            expect(page.locator("#strip [aria-label=gain]")).to_have_attribute("aria-valuenow", "-20", timeout=SOON_MS)
            expect(listen).to_have_attribute("aria-pressed", "true")
            expect(latch).to_have_attribute("aria-pressed", "true")
            assert daemon.client.ask("/notify", 1, answer=("/done",)) is not None
            page.evaluate("recorded.length = 0")
            daemon.client.send("/gain", 0.0)  # a wave of several rows
            daemon.client.send("/freeze", 1)  # that stays for as long as is looked
            page.keyboard.press("a")
            assert daemon.client.wait_for("/voice/on") is not None, "what was latched has ended with the daemon"
            again = until(lambda: page.evaluate(LOUD) and page.evaluate(WAVE) > 3, SOON_S)
            assert again, f"not heard and seen again: {page.evaluate(LOUDEST)}, a wave of {page.evaluate(WAVE)} rows"
            latch.click()
            assert daemon.client.wait_for("/voice/off") is not None
    finally:
        page.close()


@pytest.mark.parametrize(("place", "is_latched"), [("#keys", False), ("#keys", True), ("#map", False)])
def test_a_note_that_is_held_while_the_connection_breaks_ends_when_it_is_back(
    open_page: Callable[..., Page], daemon: Daemon, place: str, is_latched: bool
) -> None:
    daemon.client.send("/freeze", 1)
    page = open_page(script=LINES)
    if is_latched:
        page.locator("#latch").click()
    page.locator(place).hover()
    page.mouse.down()
    assert until(lambda: daemon.status().voices == 1, SOON_S)
    if is_latched:
        page.mouse.up()
    page.evaluate("lines.at(-1).close()")
    assert until(lambda: page.evaluate("lines.length") == 2, SOON_S)
    expect(page.locator("#connection")).to_have_text("connected", timeout=SOON_MS)
    assert until(lambda: daemon.status().voices == 0, SOON_S), "nobody can let go of it"
    page.mouse.up()
    daemon.client.send("/freeze", 0)


@pytest.mark.jack
def test_the_page_says_that_the_audio_server_is_away_and_when_it_is_back(
    new_page: Callable[..., Page], tmp_path: Path
) -> None:
    skip_without(*PROGRAMS)
    port = free_port(socket.SOCK_STREAM)
    server = JackServer().start()
    page = new_page()
    try:
        settings = ("audio.backend=jack", f"audio.server_name={server.name}", f"http.port={port}")
        with Daemon(*settings, folder=tmp_path) as daemon:
            daemon.wait_ready()
            page.goto(f"http://127.0.0.1:{port}/")
            facts, words = page.locator("#facts"), page.locator("#words")
            expect(facts).to_have_text(re.compile(r"jack$"), timeout=SOON_MS)
            server.stop()
            expect(words).to_have_text("jack (away): it plays again when the server is back", timeout=SOON_MS)
            server.start()
            expect(facts).to_have_text(re.compile(r"jack$"), timeout=SOON_MS)
            expect(words).not_to_contain_text("away", timeout=SOON_MS)  # a machine that is busy has other words
    finally:
        page.close()
        server.stop()
