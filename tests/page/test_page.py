"""The page in a real browser: what a player touches is heard, and what others do is seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from parts.daemon import Daemon

SIZES = [(1280, 800), (820, 1180), (360, 740)]
SOON_S = 10.0
BUTTON_LEAST = 44  # CSS pixels
COLOURS = """(() => {
  const map = document.querySelector("#map");
  const pixels = map.getContext("2d").getImageData(0, 0, map.width, map.height).data;
  const seen = new Set();
  for (let k = 0; k < pixels.length; k += 4) seen.add(pixels.slice(k, k + 3).join());
  return seen.size;
})()"""


def until(condition: Callable[[], Any], timeout_s: float = SOON_S) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return value


def standing(daemon: Daemon, address: str) -> tuple[Any, ...]:
    reply = daemon.client.ask("/get", address, answer=(address,))
    assert reply is not None and reply[0] == address
    return reply[1]


def voices(daemon: Daemon) -> int:
    reply = daemon.client.ask("/status", answer=("/status.reply",))
    assert reply is not None
    return int(reply[1][0])


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fits_without_scrolling_and_has_targets_for_fingers(
    open_page, daemon: Daemon, width: int, height: int
) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page(width, height)
    overflow = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert overflow[0] <= width and overflow[1] <= height
    for name in ("#panic", "#map", "#keys", "#presets button:first-child"):
        box = page.locator(name).bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= BUTTON_LEAST, name
        assert box["y"] + box["height"] <= height, name
    ratio = page.evaluate(
        "(() => { const c = document.querySelector('#map'), b = c.getBoundingClientRect();"
        " return [c.width / b.width, c.height / b.height]; })()"
    )
    assert ratio[0] == pytest.approx(ratio[1], abs=0.02), "the map is drawn out of shape"


def test_the_map_names_the_instruments_and_the_tiles_their_presets(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    until(lambda: "nylon guitar" in page.locator("#presets").inner_text())
    page.locator("#presets button", has_text="harp").click()
    harp = until(lambda: (z := standing(daemon, "/z")) and z[1] < -1.0 and z)
    assert len(harp) == 4
    painted = page.evaluate(COLOURS)
    assert painted > 12, "clouds of twelve instruments have twelve colours"


def test_a_touch_of_the_map_moves_the_cursor_and_is_heard(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    box = page.locator("#map").bounding_box()
    assert box is not None
    before = standing(daemon, "/z")
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    until(lambda: voices(daemon) == 1)
    x, y = until(lambda: standing(daemon, "/pad/1"))
    assert (x, y) == (pytest.approx((0.8 - 0.06) / 0.88, abs=0.03), pytest.approx((0.7 - 0.06) / 0.88, abs=0.03))
    page.mouse.up()
    until(lambda: voices(daemon) == 0)
    assert standing(daemon, "/z")[2:] == before[2:], "the second pad's dimensions stay"


def test_keys_by_mouse_and_by_the_computers_keyboard_are_notes_that_light(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    daemon.client.send("/notify", 1)
    box = page.locator("#keys").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 5)
    page.mouse.down()
    assert daemon.client.wait_for("/voice/on") is not None
    page.mouse.up()
    page.keyboard.down("k")
    on = daemon.client.wait_for("/voice/on")
    assert on is not None and on[1][1] == 60.0, "k is the octave above a, which is C3"
    page.keyboard.up("k")
    assert daemon.client.wait_for("/voice/off") is not None
    daemon.client.send("/notify", 0)


def test_what_others_do_is_seen(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    daemon.client.send("/gain", -30.0)
    gain = page.locator("#strip [aria-label=gain]")
    until(lambda: gain.get_attribute("aria-valuenow") == "-30")
    daemon.client.send("/gain", -12.0)
    daemon.client.send("/macro/2", 0.5)
    until(lambda: page.locator("#macros [aria-label=tape]").get_attribute("aria-valuenow") == "0.5")
    daemon.client.send("/macro/2", 0.0)


def test_what_goes_wrong_is_said_in_words(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    until(lambda: "no JACK server" in page.locator("#words").inner_text())
    page.evaluate("document.querySelector('#model').append(new Option('missing', 'missing'))")
    page.locator("#model").select_option("missing")
    until(lambda: "/load:" in page.locator("#words").inner_text())


def test_a_preset_is_kept_by_a_long_press_and_is_there_after_a_reload(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    tile = page.locator("#presets button").nth(7)
    until(lambda: tile.inner_text() != "+")
    tile.hover()
    page.mouse.down()
    page.wait_for_selector("#save[open]")
    page.mouse.up()
    page.locator("#save-name").fill("aaa mine")
    page.locator("#save button[value=save]").click()
    until(lambda: "aaa mine" in page.locator("#presets").inner_text())
    page.reload()
    until(lambda: "aaa mine" in page.locator("#presets").inner_text())
    daemon.client.send("/preset/delete", "aaa mine")


def test_a_preset_may_hold_the_sound_as_well(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    daemon.client.send("/release", 2.0)
    release = page.locator("#strip [aria-label=release]")

    def shown() -> float:
        return round(float(release.get_attribute("aria-valuenow") or 0.0), 3)

    until(lambda: shown() == 2.0)
    page.locator("#presets button").nth(7).hover()
    page.mouse.down()
    page.wait_for_selector("#save[open]")
    page.mouse.up()
    page.locator("#save-name").fill("aaa long")
    page.locator("#save-all").check()
    page.locator("#save button[value=save]").click()
    tile = page.locator("#presets button", has_text="aaa long")
    tile.wait_for()
    daemon.client.send("/release", 0.15)
    until(lambda: shown() == 0.15)
    tile.click()
    until(lambda: shown() == 2.0)
    assert standing(daemon, "/release") == (2.0,)
    daemon.client.send("/release", 0.15)
    daemon.client.send("/preset/delete", "aaa long")


def test_panic_is_silence(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    for note in (60, 64, 67):
        daemon.client.send("/play", note, 0.0, 0.0, 0.0, 0.0)
    until(lambda: voices(daemon) == 3)
    page.locator("#panic").click()
    until(lambda: voices(daemon) == 0)
