"""The first note of a new user, from a clone to what is heard in the browser: how long, and how many clicks.

A clone of this checkout, nothing compiled, no JACK and no card that the daemon may use. Unless --whole is said, which
downloads 5 GB, the clone borrows this environment, and set-up is left out.
Usage: python tests/bench/bench_first_note.py [--whole] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.report import Row, show
from parts import ROOT
from parts.client import free_port, free_tcp_port
from parts.programs import CHROMIUM
from parts.tap import LOUD, TAP
from parts.waiting import until

READY_S = 3600.0
HEARD_MS = 120_000.0
_PAGE = re.compile(r"the page is at (http://\S+)")


class User:
    """Somebody at a browser, whose clicks are counted."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.clicks = 0

    def click(self, name: str) -> None:
        """In the middle."""
        self._page.locator(name).click()
        self.clicks += 1

    def hears(self) -> None:
        """Wait for a sound from the browser. Raises AssertionError."""
        assert until(lambda: bool(self._page.evaluate(LOUD)), HEARD_MS / 1000), "nothing was heard"


def first_note(browser: Browser, address: str) -> tuple[float, float, int]:
    """Seconds until the page can be played, and until a note is heard from then on; how many clicks that took."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(TAP)
    began = time.monotonic()
    page.goto(address)
    expect(page.locator("#model")).not_to_have_value("", timeout=HEARD_MS)
    page.wait_for_selector("#listen.offered", timeout=HEARD_MS)  # in words: press listen here
    opened, user = time.monotonic(), User(page)
    user.click("#listen")
    user.click("#map")
    user.hears()
    return opened - began, time.monotonic() - opened, user.clicks


def start(clone: Path, whole: bool) -> tuple[subprocess.Popen[str], str]:
    """`make serve` in a clone, or what it ends in; the address that it prints."""
    settings = (f"osc.port={free_port()}", f"http.port={free_tcp_port()}", "audio.backend=silent")
    arguments = " ".join(f"--set {setting}" for setting in settings)
    command = ["make", "serve", f"ARGS={arguments}"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(clone / "cache"), "XDG_DATA_HOME": str(clone / "data")}
    if not whole:
        command = [sys.executable, "-m", "oscvae", "serve", *arguments.split()]
        environment |= {"PYTHONPATH": str(clone)}
    process = subprocess.Popen(
        command, cwd=clone, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := _PAGE.search(line):
            return process, found[1]
    raise RuntimeError(f"it ended with {process.wait()}:\n{said}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--whole", action="store_true", help="with the set-up: downloads 5 GB")
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        clone = Path(place) / "oscvae"
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        cloned = time.monotonic()
        process, address = start(clone, options.whole)
        ready = time.monotonic()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            opened_s, heard_s, clicks = first_note(browser, address)
        finally:
            browser.close()
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
    show(
        "First note",
        [
            Row("git clone", f"{cloned - began:.1f} s"),
            Row("to the address of the page", f"{ready - cloned:.0f} s", "with set-up" if options.whole else "set up"),
            Row("the page can be played after", f"{opened_s:.1f} s"),
            Row("a note is heard after", f"{heard_s:.1f} s"),
            Row("clicks", str(clicks), "listen here, the map", "2"),
        ],
        "\nNothing compiled before; heard: what Chromium gives to its loudspeakers\n",
    )


if __name__ == "__main__":
    main()
