"""The page says what a model calls its dimensions, to those who see the map and to those who do not."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from oscvae.model.torchscript import save, script
from parts.client import free_port
from parts.daemon import Daemon
from parts.knotted import Knotted, knotted_document, write_both

SOON_MS = 20_000.0
PLAIN = "Map of the latent space, dimensions 1 and 2"


def test_the_map_says_what_its_dimensions_are_called(new_page: Callable[..., Page], tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    write_both(models)
    save(script(Knotted(whole=False)), knotted_document(labels=("brightness", "damping")), models / "labelled.ts")
    port = free_port(socket.SOCK_STREAM)
    settings = ("audio.backend=silent", f"http.port={port}", f"model.folder={models}", "model.name=labelled")
    with Daemon(*settings, folder=tmp_path) as daemon:
        daemon.wait_ready()
        page = new_page()
        try:
            page.goto(f"http://127.0.0.1:{port}/")
            the_map = page.locator("#map")
            expect(the_map).to_have_attribute("aria-label", f"{PLAIN}: brightness across, damping up", timeout=SOON_MS)
            daemon.client.send("/load", "knots")
            expect(the_map).to_have_attribute("aria-label", PLAIN, timeout=SOON_MS)
        finally:
            page.close()
