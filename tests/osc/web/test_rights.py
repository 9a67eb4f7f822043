"""Under which names the daemon may be asked, and from which pages."""

from __future__ import annotations

import socket

import pytest

from oscvae.osc.web.rights import Rights

RIGHTS = Rights(hosts=["stage.example"], origins=["https://faders.example/"])
HERE = socket.gethostname()


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", None),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("192.168.1.7:8000", "http://192.168.1.7:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        (f"{HERE}:8000", f"http://{HERE}:8000"),
        (f"{HERE}.local", f"http://{HERE}.local"),
        ("STAGE.example:8000", None),
        ("127.0.0.1:8000", "https://faders.example"),
    ],
)
def test_the_daemons_own_names_and_pages_may_ask(host: str, origin: str | None) -> None:
    assert RIGHTS.complaint(host, origin) == ""


@pytest.mark.parametrize(
    ("host", "origin", "right"),
    [
        ("evil.example:8000", None, "http.hosts"),
        ("127.0.0.1.evil.example", None, "http.hosts"),
        ("", None, "http.hosts"),
        ("127.0.0.1:8000", "http://evil.example", "http.origins"),
        ("127.0.0.1:8000", "http://127.0.0.1:8001", "http.origins"),
        ("127.0.0.1:8000", "http://localhost:8000", "http.origins"),
        ("127.0.0.1:8000", "null", "http.origins"),
        ("null", "null", "http.hosts"),
        ("[::1", None, "http.hosts"),
        ("[nothing]", None, "http.hosts"),
        ("127.0.0.1:8000", "http://[::1", "http.origins"),
        ("127.0.0.1:8000", "", "http.origins"),
    ],
)
def test_other_names_and_pages_are_refused_with_what_would_let_them(host: str, origin: str | None, right: str) -> None:
    assert right in RIGHTS.complaint(host, origin)
