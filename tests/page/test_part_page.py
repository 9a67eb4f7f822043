"""The page of a daemon that plays several models: one part at a time is shown and played."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from oscvae.osc.vocabulary import TABLE
from parts import ROOT
from parts.client import free_port
from parts.daemon import Daemon

SOON_MS = 20_000.0
SETTINGS = ("audio.backend=silent", "model.parts={2: drums}", "audio.outputs=4", "audio.parts={2: 3}")
Opened = Callable[..., Page]
KEYBOARD = """
window.keyboard = { onmidimessage: null };
const inputs = new Map([["one", window.keyboard]]);
navigator.requestMIDIAccess = () => Promise.resolve({ inputs, onstatechange: null });
"""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(socket.SOCK_STREAM)


@pytest.fixture(scope="module")
def pair(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """plucked, and drums at outputs of their own."""
    with Daemon(*SETTINGS, f"http.port={port}", folder=tmp_path_factory.mktemp("pair")) as daemon:
        daemon.wait_ready()
        yield daemon


@pytest.fixture
def opened(new_page: Callable[..., Page], pair: Daemon, port: int) -> Iterator[Opened]:
    pages: list[Page] = []
    faults: list[str] = []

    def open_it(
        search: str = "", model: str = "plucked", width: int = 1280, height: int = 800, script: str = ""
    ) -> Page:
        page = new_page(width, height)
        page.add_init_script(script)
        pages.append(page)
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/{search}")
        expect(page.locator("#model")).to_have_value(model, timeout=SOON_MS)
        return page

    yield open_it
    for page in pages:
        page.close()
    pair.client.send("/panic")
    assert faults == []


def until(condition: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return value


def standing(daemon: Daemon, address: str) -> tuple[Any, ...]:
    reply = daemon.client.ask("/get", address, answer=(address,))
    assert reply is not None and reply[0] == address
    return reply[1]


def press(page: Page, name: str, across: float, up: float) -> None:
    box = page.locator(name).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"])
    page.mouse.down()


def gain(page: Page) -> str | None:
    return page.locator("#strip [aria-label=gain]").get_attribute("aria-valuenow")


def test_the_selector_turns_the_page_to_another_part(opened: Opened, pair: Daemon, tmp_path: Path) -> None:
    pair.client.send("/part/2/gain", -20.0)
    pair.client.send("/part/2/preset/save", "crash", "cursor")
    page = opened()
    selector = page.locator("#part")
    expect(selector).to_be_visible(timeout=SOON_MS)
    expect(selector.locator("option")).to_have_text(["1: plucked", "2: drums"], timeout=SOON_MS)
    until(lambda: "nylon guitar" in page.locator("#presets").inner_text())
    until(lambda: gain(page) == "-12")
    first = standing(pair, "/z")

    selector.select_option("2")
    expect(page.locator("#model")).to_have_value("drums", timeout=SOON_MS)
    until(lambda: gain(page) == "-20")
    until(lambda: "crash" in page.locator("#presets").inner_text())
    assert "nylon guitar" not in page.locator("#presets").inner_text()
    assert page.locator("#macros .fader").count() > 0
    assert page.url.endswith("/?part=2")
    press(page, "#map", 0.8, 0.7)
    until(lambda: standing(pair, "/part/2/pad/1")[0] == pytest.approx((0.8 - 0.06) / 0.88, abs=0.03))
    page.mouse.up()
    assert standing(pair, "/z") == first, "the first part stays where it is"
    pair.client.send("/gain", -33.0)
    pair.client.send("/part/2/gain", -21.0)
    until(lambda: gain(page) == "-21")
    page.locator("#presets button", has_text="crash").click()
    refused = [words for words in page.locator("#words.bad").all_inner_texts() if words.startswith("/")]
    assert refused == []
    page.screenshot(path=str(tmp_path / "part.png"))

    selector.select_option("1")
    expect(page.locator("#model")).to_have_value("plucked", timeout=SOON_MS)
    until(lambda: gain(page) == "-33")
    assert "part" not in page.url
    pair.client.send("/gain", -12.0)


def test_an_address_opens_a_part_whose_notes_light_and_end_with_the_turn(opened: Opened, pair: Daemon) -> None:
    page = opened("?part=2", "drums")
    expect(page.locator("#part")).to_have_value("2", timeout=SOON_MS)
    pair.client.send("/notify", 1)
    press(page, "#keys", 0.01, 0.05)
    on = pair.client.wait_for("/part/2/voice/on")
    assert on is not None
    page.locator("#part").select_option("1", force=True)
    assert pair.client.wait_for("/part/2/voice/off") is not None
    expect(page.locator("#model")).to_have_value("plucked", timeout=SOON_MS)
    page.mouse.up()
    pair.client.send("/notify", 0)


def test_the_meter_is_that_of_the_parts_outputs(opened: Opened, pair: Daemon) -> None:
    page, other = opened("?part=2", "drums"), opened()
    loudest = "Math.max(...[...document.querySelectorAll('#meter i')].map((bar) => +bar.style.transform.slice(7, -1)))"
    pair.client.send("/part/2/play", 60, 0.0, 0.0, 0.0, 0.0, 1.0)
    until(lambda: page.evaluate(loudest) > 0.3)
    assert other.evaluate(loudest) < 0.05


def test_a_part_that_plays_nothing_takes_a_model(opened: Opened, pair: Daemon) -> None:
    page = opened("?part=4", "")
    expect(page.locator("#part option")).to_have_text(["1: plucked", "2: drums", "4: nothing yet"], timeout=SOON_MS)
    press(page, "#map", 0.5, 0.5)
    page.mouse.up()
    page.locator("#model").select_option("drums")
    expect(page.locator("#part option")).to_have_text(["1: plucked", "2: drums", "4: drums"], timeout=60_000.0)
    expect(page.locator("#model")).to_have_value("drums")


@pytest.mark.parametrize("width", [360, 820, 1280])
def test_the_selector_has_room(opened: Opened, width: int) -> None:
    page = opened("?part=2", "drums", width, 740)
    expect(page.locator("#part option").nth(1)).to_have_text("2: drums", timeout=SOON_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#panic").bounding_box()
    assert box is not None and box["x"] + box["width"] <= width


def test_one_model_alone_has_no_selector(open_page) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    until(lambda: "nylon guitar" in page.locator("#presets").inner_text())
    expect(page.locator("#part")).to_be_hidden()


def test_the_page_knows_what_has_no_part() -> None:
    text = (ROOT / "oscvae" / "osc" / "web" / "page" / "part.js").read_text()
    daemons, told = (set(words.split()) for words in re.findall(r'^  "(.*)"\.split', text, re.M))
    assert daemons == {row.path.split("/")[1] for row in TABLE if row.scope == "daemon"}
    assert not {row.path.split("/")[1] for row in TABLE if row.scope != "daemon"} & (daemons | told)
    replies = {reply.split()[0][1:] for row in TABLE if row.scope == "daemon" for reply in row.replies}
    assert replies <= told


def test_what_fails_late_in_the_part_that_was_left_is_told_as_that_parts(opened: Opened, pair: Daemon) -> None:
    page = opened("?part=2", "drums")
    told = page.evaluate(
        """async () => {
          const { PartOsc } = await import("/part.js");
          const osc = new PartOsc(`ws://${location.host}/`, 2);
          const told = [];
          osc.on("/fail", (...args) => told.push(args));
          osc.tell("/fail", "/encode", "late");
          osc.tell("/fail", "/part/2/encode", "own");
          osc.tell("/fail", "packet", "odd");
          return told;
        }"""
    )
    assert told == [["/part/1/encode", "late"], ["/encode", "own"], ["packet", "odd"]]


def test_the_pedal_and_the_wheel_of_a_part_that_is_left_are_put_back(opened: Opened, pair: Daemon) -> None:
    page = opened(script=KEYBOARD)
    for status, first, second in ((0xB1, 64, 127), (0xE1, 0, 96), (0x91, 60, 100), (0x81, 60, 0)):
        page.evaluate("data => keyboard.onmidimessage({ data })", [status, first, second])
    until(lambda: standing(pair, "/sustain/2") == (1,) and standing(pair, "/bend/2") == (1.0,))
    page.locator("#part").select_option("2")
    until(lambda: standing(pair, "/sustain/2") == (0,) and standing(pair, "/bend/2") == (0.0,))
    assert standing(pair, "/part/2/sustain/2") == (0,)
