"""The page in a real browser: what a player touches is heard, and what others do is seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from oscvae.osc.echoes import ECHO_S
from parts.daemon import Daemon

SIZES = [(1280, 800), (820, 1180), (360, 740), (740, 600), (844, 390)]
SOON_S = 10.0
BUTTON_LEAST = 44  # CSS pixels
WHITE_LEAST = 34  # of a white key
COLOURS = """(() => {
  const map = document.querySelector("#map");
  const pixels = map.getContext("2d").getImageData(0, 0, map.width, map.height).data;
  const seen = new Set();
  for (let k = 0; k < pixels.length; k += 4) seen.add(pixels.slice(k, k + 3).join());
  return seen.size;
})()"""

KEYBOARD = """
window.keyboard = { onmidimessage: null };
const inputs = new Map([["one", window.keyboard]]);
navigator.requestMIDIAccess = () => Promise.resolve({ inputs, onstatechange: null });
"""


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
    if page.locator("#more").is_visible():
        page.locator("#more").click()
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


WHITES = """(() => {
  const keys = document.querySelector("#keys"), { width, height } = keys.getBoundingClientRect();
  const scale = keys.width / width, row = Math.round((height - 4) * scale);
  const pixels = keys.getContext("2d").getImageData(0, row, keys.width, 1).data;
  const bright = (x) => pixels[4 * x] > 128;
  let whites = 0;
  for (let x = 0; x < keys.width; x++) whites += bright(x) && !(x && bright(x - 1));
  return whites;
})()"""


@pytest.mark.parametrize(("width", "whites", "least"), [(360, 7, 51), (390, 7, 52), (430, 8, 52)])
def test_an_upright_phone_has_one_octave_of_wide_keys_below_the_map_and_the_rest_in_a_drawer(
    open_page, daemon: Daemon, width: int, whites: int, least: int
) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page(width, 740)
    keys, area = box_of(page, "#keys"), box_of(page, "#map")
    assert until(lambda: page.evaluate(WHITES) == whites)
    assert keys["width"] / whites >= least and keys["height"] >= 2 * BUTTON_LEAST
    assert area["y"] + area["height"] <= keys["y"] and area["height"] > 400
    daemon.client.send("/notify", 1)
    heard = []
    for across in (0.5 / whites, 6.5 / whites):
        for name in ("", "#higher", "#lower"):
            if name:
                box = box_of(page, name)
                assert min(box["width"], box["height"]) >= BUTTON_LEAST
                page.locator(name).click()
            page.mouse.move(keys["x"] + across * keys["width"], keys["y"] + 0.9 * keys["height"])
            page.mouse.down()
            on = daemon.client.wait_for("/voice/on")
            page.mouse.up()
            assert on is not None
            heard.append(on[1][1])
    assert heard == [48.0, 60.0, 48.0, 59.0, 71.0, 59.0], "C to B, an octave higher and back"
    daemon.client.send("/notify", 0)
    more, gain = page.locator("#more"), page.locator("#strip [aria-label=gain]")
    assert not gain.is_visible() and more.get_attribute("aria-expanded") == "false"
    more.click()
    assert more.get_attribute("aria-expanded") == "true"
    gain.scroll_into_view_if_needed()
    for shown in (gain.bounding_box(), box_of(page, "#keys"), box_of(page, "#map")):
        assert shown is not None and shown["y"] + shown["height"] <= 740 and shown["height"] >= BUTTON_LEAST
    assert box_of(page, "#keys") == keys, "the drawer is no page of its own"
    more.click()
    assert not gain.is_visible() and box_of(page, "#map") == area


def test_the_map_names_the_instruments_and_the_tiles_their_presets(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    until(lambda: "nylon guitar" in page.locator("#presets").inner_text())
    page.locator("#presets button", has_text="harp").click()
    harp = until(lambda: (z := standing(daemon, "/z")) and z[1] < -1.0 and z)
    assert len(harp) == 4
    painted = page.evaluate(COLOURS)
    assert painted > 18, "clouds of eighteen instruments have eighteen colours"


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


def test_how_keys_play_is_chosen_and_seen(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    mode = page.locator("#mode")
    for name in ("mono", "legato", "poly"):
        mode.click()
        until(lambda name=name: standing(daemon, "/mode") == (name,))  # type: ignore[misc]
        assert mode.inner_text() == f"keys: {name}"
    time.sleep(2.0 * ECHO_S)  # what was told a moment ago and comes back would be taken for an echo
    daemon.client.send("/mode", "legato")
    until(lambda: mode.inner_text() == "keys: legato")
    time.sleep(2.0 * ECHO_S)
    daemon.client.send("/mode", "poly")
    until(lambda: mode.inner_text() == "keys: poly")


def test_a_keyboards_wheel_is_seen_beside_the_bend_of_all(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    bend = page.locator("#strip [aria-label=bend]")
    daemon.client.send("/bend", 1.0)
    until(lambda: "1.0 st" in bend.inner_text())
    assert not bend.locator("u").is_visible()
    daemon.client.send("/bend/3", -1.5)
    until(lambda: "1.0 st -1.5" in bend.inner_text())
    mark, whole = bend.locator("u").bounding_box(), bend.bounding_box()
    assert mark is not None and whole is not None
    assert (mark["x"] + 1.5 - whole["x"]) / whole["width"] == pytest.approx(11.5 / 24, abs=0.02)
    assert (standing(daemon, "/bend"), standing(daemon, "/bend/3")) == ((1.0,), (-1.5,)), "what is shown is not sent"
    daemon.client.send("/bend/3", 0.0)
    until(lambda: not bend.locator("u").is_visible())
    daemon.client.send("/bend", 0.0)


def test_a_midi_keyboard_at_the_browser_plays_its_own_channel(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page(script=KEYBOARD)
    press = "((...bytes) => window.keyboard.onmidimessage({ data: bytes }))"
    until(lambda: page.evaluate("window.keyboard.onmidimessage !== null"))
    page.evaluate(f"{press}(0x92, 60, 100)")
    page.evaluate(f"{press}(0xe2, 0x7f, 0x7f)")
    page.evaluate(f"{press}(0xb2, 64, 127)")
    until(lambda: standing(daemon, "/sustain/3") == (1,))
    assert standing(daemon, "/bend/3") == (pytest.approx(2.0, abs=0.001),)
    assert (standing(daemon, "/sustain"), standing(daemon, "/bend")) == ((0,), (0.0,))
    assert "+2.0" in page.locator("#strip [aria-label=bend]").inner_text()
    page.evaluate(f"{press}(0x82, 60, 0)")
    daemon.client.send("/ping")
    assert daemon.client.wait_for("/pong") is not None and voices(daemon) == 1, "its pedal is down"
    page.evaluate(f"{press}(0xb2, 64, 0)")
    page.evaluate(f"{press}(0xe2, 0, 0x40)")
    until(lambda: voices(daemon) == 0)
    assert standing(daemon, "/bend/3") == (0.0,)
    for number, mode in ((126, "mono"), (127, "poly")):
        page.evaluate(f"{press}(0xb2, {number}, 0)")
        until(lambda mode=mode: standing(daemon, "/mode") == (mode,))  # type: ignore[misc]


def test_what_goes_wrong_is_said_in_words(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    until(lambda: "no JACK server" in page.locator("#words").inner_text())
    page.evaluate("document.querySelector('#model').append(new Option('missing', 'missing'))")
    page.locator("#model").select_option("missing")
    until(lambda: "/load:" in page.locator("#words").inner_text())


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_what_is_said_moves_nothing_that_is_touched(open_page, width: int, height: int) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page(width, height)
    words = page.locator("#words")
    page.locator("#listen").click()  # so that there is nothing to say
    until(lambda: words.inner_text().strip() == "")
    before = [box_of(page, name) for name in ("#map", "#keys")]
    page.evaluate("document.querySelector('#model').append(new Option('x', 'x'))")
    page.locator("#model").select_option("x")
    until(lambda: "loading x" in words.inner_text() or "/load:" in words.inner_text())
    page.evaluate("document.querySelector('#words').textContent = 'harp plays'")
    assert [box_of(page, name) for name in ("#map", "#keys")] == before


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


class Fingers:
    """Touches of a real browser, by its own protocol: Playwright knows one finger only."""

    def __init__(self, page: Page) -> None:
        self._line = page.context.new_cdp_session(page)
        self._down: dict[int, tuple[float, float]] = {}

    def _send(self, kind: str, changed: dict[int, tuple[float, float]]) -> None:
        points = [{"id": finger, "x": x, "y": y} for finger, (x, y) in changed.items()]
        self._line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def put(self, finger: int, x: float, y: float) -> None:
        self._down[finger] = x, y
        self._send("touchStart", self._down)

    def move(self, **to: tuple[float, float]) -> None:
        self._down.update({int(finger.removeprefix("f")): place for finger, place in to.items()})
        self._send("touchMove", self._down)

    def lift(self, *fingers: int) -> None:
        """These; those that are still down stay."""
        self._send("touchEnd", {finger: self._down.pop(finger) for finger in fingers})

    def cancel(self) -> None:
        """The system takes all of them away, as for a call or a gesture of its own."""
        self._down.clear()
        self._send("touchCancel", {})


def box_of(page: Page, name: str) -> dict[str, float]:
    box = page.locator(name).bounding_box()
    assert box is not None
    return dict(box)


def key_places(page: Page, count: int) -> list[tuple[float, float]]:
    """Places on the first white keys: their lower parts, where no black key is."""
    box = box_of(page, "#keys")
    whites = min(max(int(box["width"] // WHITE_LEAST), 7), 18)
    step = box["width"] / whites
    assert whites >= count
    return [(box["x"] + (k + 0.5) * step, box["y"] + 0.85 * box["height"]) for k in range(count)]


@pytest.fixture
def frozen(daemon: Daemon) -> Iterator[None]:
    """No note ends but by its release: one that nobody lets go of hangs."""
    daemon.client.send("/freeze", 1)
    yield
    daemon.client.send("/freeze", 0)


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("how", ["touchend", "touchcancel"])
def test_ten_fingers_are_ten_notes_and_none_is_left(open_page, daemon: Daemon, how: str) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page(820, 1180, touch=True)
    fingers = Fingers(page)
    for finger, place in enumerate(key_places(page, 10)):
        fingers.put(finger, *place)
    until(lambda: voices(daemon) == 10)
    if how == "touchend":
        fingers.lift(0, 3, 9)
        until(lambda: voices(daemon) == 7)
        fingers.lift(1, 2, 4, 5, 6, 7, 8)
    else:
        fingers.cancel()
    until(lambda: voices(daemon) == 0)


@pytest.mark.usefixtures("frozen")
def test_fingers_play_keys_and_map_at_once(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    """Four keys are held while a finger moves the cursor, and a second one the other two dimensions."""
    page: Page = open_page(820, 1180, touch=True)
    fingers, area = Fingers(page), box_of(page, "#map")

    def at(x: float, y: float) -> tuple[float, float]:
        return area["x"] + x * area["width"], area["y"] + y * area["height"]

    places = key_places(page, 8)
    for finger in range(4):
        fingers.put(finger, *places[2 * finger])
    until(lambda: voices(daemon) == 4)
    fingers.put(7, *at(0.5, 0.5))
    fingers.move(f7=at(0.8, 0.3))
    until(lambda: standing(daemon, "/pad/1") == (pytest.approx(0.84, abs=0.03), pytest.approx(0.73, abs=0.03)))
    fingers.put(8, *at(0.5, 0.5))
    fingers.move(f8=at(0.28, 0.72))
    until(lambda: standing(daemon, "/pad/2") == (pytest.approx(0.25, abs=0.03), pytest.approx(0.25, abs=0.03)))
    assert standing(daemon, "/pad/1") == (pytest.approx(0.84, abs=0.03), pytest.approx(0.73, abs=0.03))
    assert voices(daemon) == 4, "keys are held: the map sounds none of its own"
    fingers.move(f0=places[1])
    fingers.lift(7, 8)
    until(lambda: voices(daemon) == 4)
    fingers.lift(0, 1, 2, 3)
    until(lambda: voices(daemon) == 0)
    fingers.put(5, *at(0.4, 0.4))
    until(lambda: voices(daemon) == 1)
    fingers.put(6, *places[0])
    until(lambda: voices(daemon) == 2)
    fingers.cancel()
    until(lambda: voices(daemon) == 0)


def test_panic_is_silence(open_page, daemon: Daemon) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    for note in (60, 64, 67):
        daemon.client.send("/play", note, 0.0, 0.0, 0.0, 0.0)
    until(lambda: voices(daemon) == 3)
    page.locator("#panic").click()
    until(lambda: voices(daemon) == 0)
