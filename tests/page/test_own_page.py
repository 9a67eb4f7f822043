"""The example of a page of one's own, served from elsewhere as its README says: it plays, and is told."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from parts import ROOT
from parts.client import free_port
from parts.daemon import Daemon

SOON_MS = 20_000.0
FOLDER = ROOT / "patches" / "web"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(FOLDER))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_is_short() -> None:
    text = (FOLDER / "index.html").read_text()
    assert len(text.partition("<script")[2].splitlines()) <= 60


def test_it_plays_and_follows_and_finds_the_daemon_again(
    new_page: Callable[..., Page], origin: str, tmp_path: Path
) -> None:
    port = free_port(socket.SOCK_STREAM)
    settings = ("audio.backend=silent", f"http.port={port}", f"http.origins=[{origin}]")
    page = new_page(800, 400)
    try:
        page.goto(f"{origin}/?daemon=127.0.0.1:{port}")
        words, dot = page.locator("#words"), page.locator("#dot")
        expect(words).to_have_text(f"no daemon at 127.0.0.1:{port}", timeout=SOON_MS)
        for _ in range(2):
            with Daemon(*settings, folder=tmp_path) as daemon:
                daemon.wait_ready()
                expect(words).to_have_text("press anywhere", timeout=SOON_MS)
                assert daemon.client.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
                page.mouse.move(600, 100)
                page.mouse.down()
                told = daemon.client.wait_for("/voice/on")
                assert told is not None and told[1][1] == 60.0
                assert daemon.client.ask("/get", "/pad/1", answer=("/pad/1",)) == (
                    "/pad/1",
                    (pytest.approx(0.75, abs=0.01), pytest.approx(0.75, abs=0.01)),
                )
                page.mouse.up()
                assert daemon.client.wait_for("/voice/off") is not None
                daemon.client.send("/pad/1", 0.25, 0.5)
                expect(dot).to_have_attribute("style", "left: 25%; top: 50%;", timeout=SOON_MS)
            expect(words).to_have_text(f"no daemon at 127.0.0.1:{port}", timeout=SOON_MS)
    finally:
        page.close()


def test_it_plays_another_part_and_follows_no_other(new_page: Callable[..., Page], origin: str, tmp_path: Path) -> None:
    port = free_port(socket.SOCK_STREAM)
    settings = ("audio.backend=silent", "model.parts={2: drums}", f"http.port={port}", f"http.origins=[{origin}]")
    page = new_page(800, 400)
    try:
        with Daemon(*settings, folder=tmp_path) as daemon:
            daemon.wait_ready()
            page.goto(f"{origin}/?daemon=127.0.0.1:{port}&part=2")
            expect(page.locator("#words")).to_have_text("press anywhere", timeout=SOON_MS)
            assert daemon.client.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
            page.mouse.move(600, 100)
            page.mouse.down()
            assert daemon.client.wait_for("/part/2/voice/on") is not None
            page.mouse.up()
            daemon.client.send("/pad/1", 0.9, 0.9)
            daemon.client.send("/part/2/pad/1", 0.25, 0.5)
            expect(page.locator("#dot")).to_have_attribute("style", "left: 25%; top: 50%;", timeout=SOON_MS)
    finally:
        page.close()
