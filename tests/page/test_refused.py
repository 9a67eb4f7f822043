"""Why a page has no connection, in words, with what would be right: a browser itself tells a page nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from playwright.sync_api import Page, expect

from oscvae.osc.transport.shares import most_of
from oscvae.osc.web.door import MOST_SOCKETS
from parts.client import free_port
from parts.daemon import Daemon

SOON_MS = 20_000.0
Rewrite = Callable[[bytes], bytes]


class Proxy(socketserver.ThreadingTCPServer):
    """Passes each request on to a port with its head rewritten, and the rest as it comes."""

    daemon_threads = True

    def __init__(self, to: int, rewrite: Rewrite) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.to, self.rewrite = to, rewrite
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Passing(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := self.request.recv(65_536)):
                return
            head += data
        with socket.create_connection(("127.0.0.1", self.server.to)) as there:
            there.sendall(self.server.rewrite(head.replace(b"Connection: keep-alive", b"Connection: close")))
            threading.Thread(target=self.copy, args=(self.request, there), daemon=True).start()
            self.copy(there, self.request)

    @staticmethod
    def copy(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):  # either may be gone
            while data := one.recv(65_536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def through(http_port: int, daemon: Daemon) -> Iterator[Callable[[Rewrite], int]]:
    """`through(rewrite)`: the port of a proxy before the daemon."""
    made: list[Proxy] = []

    def make(rewrite: Rewrite) -> int:
        made.append(Proxy(http_port, rewrite))
        return made[-1].port

    yield make
    for proxy in made:
        proxy.shutdown()
        proxy.server_close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Iterator[Page]:
    page = new_page()
    yield page
    page.close()


def says(page: Page, connection: str, words: str) -> None:
    expect(page.locator("#connection")).to_have_text(connection, timeout=SOON_MS)
    expect(page.locator("#words")).to_have_text(words, timeout=SOON_MS)


def test_a_page_whose_origin_is_refused_says_what_would_let_it_in(
    page: Page, through: Callable[[Rewrite], int], http_port: int
) -> None:
    port = 0

    def rewrite(head: bytes) -> bytes:
        return head.replace(f"Host: 127.0.0.1:{port}".encode(), f"Host: 127.0.0.1:{http_port}".encode())

    port = through(rewrite)
    page.goto(f"http://127.0.0.1:{port}/")
    why = f"a page from 'http://127.0.0.1:{port}' may not ask: add it to http.origins to let it"
    says(page, "refused", f"The daemon refuses this page: {why}.")


def test_a_proxy_that_passes_no_websocket_on_is_told_from_a_daemon_that_is_away(
    page: Page, through: Callable[[Rewrite], int]
) -> None:
    port = through(lambda head: head.replace(b"Upgrade: websocket\r\n", b""))
    page.goto(f"http://127.0.0.1:{port}/")
    why = "The daemon answers, but no WebSocket reaches it: what is in between, as a proxy, has to pass it on."
    says(page, "refused", why)


def test_a_page_too_many_says_so_and_connects_once_there_is_room(page: Page, daemon: Daemon, http_port: int) -> None:
    most = most_of(MOST_SOCKETS, True)

    async def fill() -> None:
        async with aiohttp.ClientSession() as session:
            held = []
            while len(held) < most and not over.is_set():
                with contextlib.suppress(aiohttp.WSServerHandshakeError):  # a page of another test has not gone yet
                    held.append(await session.ws_connect(f"http://127.0.0.1:{http_port}/"))
            full.set()
            while not over.is_set():
                await asyncio.sleep(0.02)

    full, over = threading.Event(), threading.Event()
    others = threading.Thread(target=lambda: asyncio.run(fill()))
    others.start()
    try:
        assert full.wait(20.0)
        page.goto(f"http://127.0.0.1:{http_port}/")
        why = f"this machine has {most} WebSockets already, of {MOST_SOCKETS} for all"
        says(page, "refused", f"The daemon refuses this page: {why}.")
    finally:
        over.set()
        others.join()
    expect(page.locator("#connection")).to_have_text("connected", timeout=SOON_MS)
    expect(page.locator("#words")).not_to_contain_text("refuses", timeout=SOON_MS)


def test_a_tablet_that_reaches_no_daemon_is_told_of_osc_allow(
    new_page: Callable[..., Page], page: Page, far_host: str, tmp_path: Path
) -> None:
    port = free_port(socket.SOCK_STREAM)
    settings = ("audio.backend=silent", f"http.port={port}", "osc.host=0.0.0.0")
    with Daemon(*settings, f"osc.allow=[{far_host}]", folder=tmp_path) as daemon:
        daemon.wait_ready()
        page.goto(f"http://{far_host}:{port}/")
        expect(page.locator("#connection")).to_have_text("connected", timeout=SOON_MS)
    why = f"No daemon answers at {far_host}:{port}. If one runs there, its osc.allow does not name this device."
    says(page, "no daemon: run oscvae serve", why)
