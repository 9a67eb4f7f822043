"""The page's files, held in memory: no path of a request ever reaches the disk."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import NamedTuple

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self'{}; base-uri 'none'; frame-ancestors 'none'"
"""With the daemon's own WebSocket, which Safari before 16 does not count as 'self'."""
_HOST = re.compile(r"[A-Za-z0-9.:\[\]%_-]+")


class Page(NamedTuple):
    body: bytes
    headers: dict[str, str]


@cache
def pages() -> dict[str, Page]:
    """Every file by its path, /index.html and its like."""
    found = {}
    for file in resources.files("oscvae.osc.web").joinpath("page").iterdir():
        kind = TYPES.get("." + file.name.rpartition(".")[2])
        if kind is not None:
            headers = {
                "Content-Type": f"{kind}; charset=utf-8",
                "Cache-Control": "no-cache",
                "X-Content-Type-Options": "nosniff",
            }
            found[f"/{file.name}"] = Page(file.read_bytes(), headers)
    return found


def headers_of(page: Page, host: str) -> dict[str, str]:
    """What a page is sent with. host: under which it was asked for, as the request says."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return {**page.headers, "Content-Security-Policy": POLICY.format(sockets)}


QUERY = frozenset({"part"})  # what the page reads in its own address


def find(path: str, accept: str, has_query: bool) -> Page | None:
    """The file that is asked for: at / the page, for whoever takes HTML; OSCQuery's clients ask for JSON there.

    has_query: whether the address says more than QUERY.
    """
    if path == "/":
        return pages().get("/index.html") if "text/html" in accept and not has_query else None
    return pages().get(path)
