"""A real Chromium, a daemon that plays into nothing, and the page that the one opens of the other."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from oscvae.osc.packets import decode
from parts.client import free_port
from parts.daemon import Daemon
from parts.programs import CHROMIUM

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
ONE_PROCESS = ["--process-per-site", "--disable-features=SpareRendererForSitePerProcess"]
"""Pages of a profile share one: each of its own compiles the page anew, 0.6 s of processor time."""

SOON_MS = 20_000.0
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("not installed: Chromium (Debian: chromium-headless-shell)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *ONE_PROCESS])
        yield browser
        browser.close()


NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def still() -> Iterator[str]:
    """The address of a page of this machine on which nothing happens."""

    class Still(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Still) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def new_page(browser: Browser, still: str) -> NewPage:
    """`new_page(width, height, touch=..)`: an empty page in a profile that all tests share, one for fingers and one for
    mice: a profile takes a second of processor time, and the page keeps nothing in it. Who opens a page closes it."""
    profiles: dict[bool, BrowserContext] = {}

    def make(width: int = 1280, height: int = 800, *, touch: bool = False) -> Page:
        if touch not in profiles:
            profiles[touch] = browser.new_context(has_touch=touch)
            profiles[touch].new_page().goto(still)  # whose process stays
        page = profiles[touch].new_page()
        page.set_viewport_size({"width": width, "height": height})
        return page

    return make


@pytest.fixture(scope="session")
def http_port() -> int:
    return free_port(socket.SOCK_STREAM)


def own_address() -> str:
    """This machine's, as others see it: at http and an address of no loopback a page is no secure context."""
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 9))  # sends nothing
        return str(line.getsockname()[0])


@pytest.fixture
def far_host() -> str:
    """This machine's address as others see it."""
    return own_address()


@pytest.fixture(scope="session")
def _paged(http_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    settings = ("audio.backend=silent", f"http.port={http_port}", "osc.host=0.0.0.0", f"osc.allow=[{own_address()}]")
    with Daemon(*settings, folder=tmp_path_factory.mktemp("page")) as daemon:
        daemon.wait_ready()
        yield daemon


@pytest.fixture
def daemon(_paged: Daemon) -> Daemon:
    """The one that all tests of the page have, but those that end it: every control at its default, nothing sounding;
    what other tests were answered is read."""
    _paged.reset()
    return _paged


Said = Callable[[Page, str], list[tuple[Any, ...]]]


@pytest.fixture
def sent() -> list[Any]:
    """What the pages of the test have sent, as messages; noted only while Playwright waits for an answer."""
    return []


@pytest.fixture
def said(sent: list[Any]) -> Said:
    """`said(page, address)`: the arguments of each message that the page has sent to an address."""

    def at(page: Page, address: str) -> list[tuple[Any, ...]]:
        page.evaluate("0")
        return [message.args for message in sent if message.address == address]

    return at


@pytest.fixture
def open_page(new_page: NewPage, daemon: Daemon, http_port: int, sent: list[Any]) -> Iterator[OpenPage]:
    """`open_page(width, height)`: the page, connected; it must say nothing to the console. script: runs before it."""
    pages: list[Page] = []
    faults: list[str] = []

    def open_it(
        width: int = 1280, height: int = 800, *, touch: bool = False, script: str = "", host: str = "127.0.0.1"
    ) -> Page:
        page = new_page(width, height, touch=touch)
        pages.append(page)
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("websocket", lambda line: line.on("framesent", lambda frame: sent.append(decode(frame))))
        if script:
            page.add_init_script(script)
        page.goto(f"http://{host}:{http_port}/")
        expect(page.locator("#model")).to_have_value("plucked", timeout=SOON_MS)  # the policy forbids to evaluate text
        return page

    yield open_it
    for page in pages:
        page.close()
    daemon.client.send("/panic")
    assert faults == []
