"""The page in the browser, on a desk and on a phone, while it plays: docs/pictures/page.png and page-phone.png; and two
recordings at once, page-blend.png.

A daemon of its own that plays into nothing, and Chromium, which listens to it.
"""

from __future__ import annotations

import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from oscvae.osc.packets import encode_message

SIZES = {"page.png": (1280, 800, 1.0), "page-phone.png": (390, 780, 2.0)}
NOTES = ((48, 0.0), (55, 0.4), (64, 0.4), (67, 0.4), (60, 0.8), (72, 0.3), (76, 0.3))
READY_MS = 120_000.0
BLENDED = ("drift.mp3", "beat.mp3")  # of docs/sounds
BLEND_SIZE = (1280, 800)


def make(folder: Path) -> None:
    """Writes both into folder/pictures."""
    port = _free_port()
    settings = ["audio.backend=silent", f"http.port={port}", f"paths.sounds={folder / 'sounds'}"]
    settings.append(f"osc.port={_free_port(socket.SOCK_DGRAM)}")
    command = [sys.executable, "-m", "oscvae", "serve", *(word for one in settings for word in ("--set", one))]
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(command, env={**os.environ, "XDG_DATA_HOME": home}) as daemon,
    ):
        try:
            _photograph(folder / "pictures", port, int(settings[-1].rpartition("=")[2]))
        finally:
            daemon.terminate()


def _free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _photograph(folder: Path, port: int, osc_port: int) -> None:
    with sync_playwright() as playwright, socket.socket(type=socket.SOCK_DGRAM) as line:
        line.connect(("127.0.0.1", osc_port))
        chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (width, height, scale) in SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
            page = context.new_page()
            _open(page, port)
            page.locator("#listen").click()
            for note, apart_s in NOTES:
                time.sleep(apart_s)
                line.send(encode_message("/play", (float(note), -0.4, 0.3, 0.2, -0.1, 0.9)))
            line.send(encode_message("/pad/1", (0.42, 0.55)))
            line.send(encode_message("/note", (60, 100)))
            time.sleep(0.3)
            page.screenshot(path=folder / name)
            line.send(encode_message("/panic", ()))
            context.close()
        _blend(browser, folder, port)
        browser.close()


def _blend(browser: Browser, folder: Path, port: int) -> None:
    width, height = BLEND_SIZE
    page = browser.new_page(viewport={"width": width, "height": height})
    _open(page, port)
    page.locator("#model").select_option("timbre")
    expect(page.locator("#blend")).to_be_visible(timeout=READY_MS)
    page.locator("#listen").click()
    for side, name in zip("ab", BLENDED, strict=True):
        page.locator(f"#sound-{side}").select_option(name, timeout=READY_MS)
    expect(page.locator("#blend-start")).to_be_enabled(timeout=READY_MS)
    page.locator("#blend-start").click()
    box = page.locator("#curve").bounding_box()
    assert box is not None
    for k, share in enumerate(x / 126 for x in range(127)):
        mix = 0.5 - 0.3 * math.sin(9.0 * share) * (1.0 - share)
        page.mouse.move(box["x"] + share * (box["width"] - 1), box["y"] + mix * box["height"])
        if k == 0:
            page.mouse.down()
    page.mouse.up()
    time.sleep(6.0)
    page.screenshot(path=folder / "page-blend.png")


def _open(page: Page, port: int) -> None:
    deadline = time.monotonic() + READY_MS / 1000
    while True:
        try:
            page.goto(f"http://127.0.0.1:{port}/")
            break
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    expect(page.locator("#model")).to_have_value("plucked", timeout=READY_MS)
    expect(page.locator("#presets")).to_contain_text("nylon", timeout=READY_MS)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "docs")
