"""What a finger does on the page, and what it must not do: latch, map, faders, models and presets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from parts.daemon import Daemon
from parts.waiting import until

SOON_S = 20.0
WHITE_LEAST = 34  # CSS pixels of a white key
Opened = Callable[..., Page]
Said = Callable[[Page, str], list[tuple[Any, ...]]]


def at(locator: Locator, across: float, up: float) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + (1.0 - up) * box["height"]


def first_key(page: Page) -> tuple[float, float]:
    """The lower part of the first white key."""
    x, y = at(page.locator("#keys"), 0.0, 0.15)
    return x + 0.5 * WHITE_LEAST, y


def voices(daemon: Daemon) -> int:
    return daemon.status().voices


def standing(daemon: Daemon, address: str) -> tuple[Any, ...]:
    reply = daemon.client.ask("/get", address, answer=(address,))
    assert reply is not None and reply[0] == address
    return reply[1]


@pytest.fixture
def frozen(daemon: Daemon) -> Iterator[None]:
    """No note ends but by its release."""
    daemon.client.send("/freeze", 1)
    yield
    daemon.client.send("/freeze", 0)


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("place", ["key", "map"])
def test_panic_lets_go_of_what_is_latched(open_page: Opened, daemon: Daemon, place: str) -> None:
    page = open_page()
    page.locator("#latch").click()
    page.mouse.click(*first_key(page))
    assert until(lambda: voices(daemon) == 1, SOON_S)
    page.locator("#panic").click()
    assert until(lambda: voices(daemon) == 0, SOON_S)
    page.mouse.move(*(first_key(page) if place == "key" else at(page.locator("#map"), 0.3, 0.3)))
    page.mouse.down()
    assert until(lambda: voices(daemon) == 1, SOON_S), "silent after PANIC"
    page.mouse.up()
    assert page.locator("#latch").get_attribute("aria-pressed") == "true"


@pytest.mark.usefixtures("frozen")
def test_a_letter_that_was_let_go_in_a_dialog_plays_and_ends_again(open_page: Opened, daemon: Daemon) -> None:
    page = open_page()
    page.keyboard.down("a")
    assert until(lambda: voices(daemon) == 1, SOON_S)
    page.locator("#panic").click()
    page.locator("#mode").click(button="right")
    assert until(lambda: voices(daemon) == 0, SOON_S)
    page.keyboard.up("a")
    page.locator("#menu-close").click()
    page.keyboard.down("a")
    assert until(lambda: voices(daemon) == 1, SOON_S)
    page.keyboard.up("a")
    assert until(lambda: voices(daemon) == 0, SOON_S), "it hangs"


def test_a_latched_note_that_has_rung_out_is_latched_no_more(open_page: Opened, daemon: Daemon) -> None:
    page = open_page()
    page.locator("#latch").click()
    daemon.client.send("/stretch", 0.25)
    page.mouse.click(*first_key(page))
    assert until(lambda: voices(daemon) == 1, SOON_S)
    assert until(lambda: voices(daemon) == 0, SOON_S), "a plucked string ends by itself"
    page.wait_for_timeout(500)
    page.mouse.click(*first_key(page))
    assert until(lambda: voices(daemon) == 1, SOON_S), "pressed again it sounds again"
    daemon.client.send("/stretch", 1.0)


# -- the map -----------------------------------------------------------------------------------------------------------

A, B = (0.25, 0.3), (0.7, 0.75)
NEAR = 0.04


def tap(page: Page, place: tuple[float, float], moved: float = 0.0) -> None:
    """moved: how many pixels a finger shakes while it is down."""
    x, y = at(page.locator("#map"), *place)
    page.mouse.move(x, y)
    page.mouse.down()
    if moved:
        page.mouse.move(x + moved, y)
    page.mouse.up()


def slowly(page: Page) -> None:
    page.wait_for_timeout(500)  # no double click


def unit(share: float) -> float:
    return (share - 0.06) / 0.88


def test_a_double_click_glides_from_where_the_cursor_was(
    open_page: Opened, daemon: Daemon, sent: list[Any], said: Said
) -> None:
    page = open_page()
    for _ in range(10):  # a busy machine may be too slow for a double click
        tap(page, A)
        assert until(lambda: standing(daemon, "/pad/1")[0] == pytest.approx(unit(A[0]), abs=NEAR), SOON_S)
        start = standing(daemon, "/z")
        slowly(page)
        assert daemon.client.ask("/notify", 1, answer=("/done",)) is not None
        tap(page, B)
        tap(page, B, moved=2.0)
        if said(page, "/glide"):
            break
    ((seconds, *end),) = said(page, "/glide")
    moves = [message for message in sent if message.address in ("/pad/1", "/z", "/glide")]
    assert [message.address for message in moves[-3:]] == ["/pad/1", "/z", "/glide"], "a jump at once, then the glide"
    assert moves[-3].args == (pytest.approx(unit(B[0]), abs=NEAR), pytest.approx(unit(B[1]), abs=NEAR))
    assert moves[-2].args == pytest.approx(start, abs=1e-3) and seconds == 1.5
    passed = []
    deadline = time.monotonic() + SOON_S
    while not passed or passed[-1] != pytest.approx(end[0], abs=1e-3):
        assert time.monotonic() < deadline, passed
        told = daemon.client.wait_for("/z")
        passed += [told[1][0]] if told else []
    low, high = sorted((start[0], end[0]))
    assert any(low + 0.2 * (high - low) < z < high - 0.2 * (high - low) for z in passed), passed
    daemon.client.send("/notify", 0)


def test_two_quick_taps_at_different_places_are_two_jumps(open_page: Opened, daemon: Daemon, said: Said) -> None:
    page = open_page()
    for _ in range(3):
        tap(page, A)
        tap(page, B)
    assert until(lambda: standing(daemon, "/pad/1")[0] == pytest.approx(unit(B[0]), abs=NEAR), SOON_S)
    assert said(page, "/glide") == []
    assert len(said(page, "/pad/1")) == 6


KEYBOARD = """
window.keyboard = { onmidimessage: null };
const inputs = new Map([["one", window.keyboard]]);
window.midi = { inputs, onstatechange: null };
navigator.requestMIDIAccess = () => Promise.resolve(window.midi);
"""
PRESS = "((...bytes) => window.keyboard.onmidimessage({ data: bytes }))"


@pytest.mark.usefixtures("frozen")
def test_a_touch_of_the_map_moves_a_midi_key_that_is_held_at_the_page_and_sounds_none(
    open_page: Opened, daemon: Daemon, said: Said
) -> None:
    daemon.client.send("/release", 10.0)
    page = open_page(script=KEYBOARD)
    assert until(lambda: page.evaluate("window.keyboard.onmidimessage !== null"), SOON_S)
    page.evaluate(f"{PRESS}(0x92, 55, 100)")
    assert until(lambda: voices(daemon) == 1, SOON_S)
    tap(page, A)
    assert until(lambda: standing(daemon, "/pad/1")[0] == pytest.approx(unit(A[0]), abs=NEAR), SOON_S)
    assert said(page, "/note") == [] and voices(daemon) == 1
    page.evaluate(f"{PRESS}(0x82, 55, 0)")
    slowly(page)
    tap(page, B)
    assert until(lambda: len(said(page, "/note")) == 2, SOON_S), "it rings on, but nobody holds it"
    daemon.client.send("/release", 0.15)


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("by", ["another page", "/note", "/play"])
def test_what_sounds_elsewhere_keeps_no_touch_of_the_map_silent(
    open_page: Opened, daemon: Daemon, said: Said, by: str
) -> None:
    """A voice that another has let go of rings as one that is held."""
    daemon.client.send("/release", 10.0)
    page = open_page()
    if by == "another page":
        tap(open_page(), A)
        own = [(60, 100), (60, 0)] * 2
    else:
        daemon.client.send(by, 55, *((100,) if by == "/note" else (0.0,) * 4))
        own = [(60, 100), (60, 0)]
    assert until(lambda: said(page, "/voices") != [], SOON_S), "the page knows that it sounds"
    tap(page, B)
    assert until(lambda: said(page, "/note") == own, SOON_S)
    daemon.client.send("/release", 0.15)


@pytest.mark.usefixtures("frozen")
def test_the_notes_of_a_midi_keyboard_that_is_unplugged_end(open_page: Opened, daemon: Daemon) -> None:
    page = open_page(script=KEYBOARD)
    assert until(lambda: page.evaluate("window.keyboard.onmidimessage !== null"), SOON_S)
    page.evaluate(f"{PRESS}(0x92, 55, 100)")
    assert until(lambda: voices(daemon) == 1, SOON_S)
    page.evaluate("window.midi.onstatechange({ port: { state: 'disconnected' } })")
    assert until(lambda: voices(daemon) == 0, SOON_S)


@pytest.mark.usefixtures("frozen")
def test_what_rings_on_after_a_touch_of_the_map_keeps_no_other_touch_silent(
    open_page: Opened, daemon: Daemon, said: Said
) -> None:
    daemon.client.send("/release", 10.0)
    page = open_page()
    for k in (1, 2, 3):
        tap(page, A if k % 2 else B)
        assert until(lambda k=k: voices(daemon) == k, SOON_S)  # type: ignore[misc]
        slowly(page)
    assert len(said(page, "/note")) == 6
    daemon.client.send("/release", 0.15)


# -- models ------------------------------------------------------------------------------------------------------------


def test_a_model_that_is_refused_is_not_shown_as_the_one_that_plays(open_page: Opened) -> None:
    page = open_page()
    page.evaluate("document.querySelector('#model').append(new Option('missing', 'missing'))")
    page.locator("#model").select_option("missing")
    assert until(lambda: "/load:" in page.locator("#words").inner_text(), SOON_S)
    expect(page.locator("#model")).to_have_value("plucked")


# -- faders ------------------------------------------------------------------------------------------------------------


def gain_of(page: Page, daemon: Daemon, gain_db: float) -> Locator:
    """The fader of the gain, once it shows what another client has set."""
    gain = page.locator("#strip [aria-label=gain]")
    daemon.client.send("/gain", gain_db)
    assert until(lambda: float(gain.get_attribute("aria-valuenow") or 0.0) == gain_db, SOON_S)
    return gain


def test_a_long_press_of_a_fader_offers_its_line_and_moves_nothing(
    open_page: Opened, daemon: Daemon, said: Said
) -> None:
    page = open_page()
    gain = gain_of(page, daemon, -20.0)
    x, y = at(gain, 0.98, 0.5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 2, y)  # a finger shakes
    page.wait_for_selector("#menu[open]")
    page.mouse.move(x - 60, y)
    page.mouse.up()
    assert page.locator("#menu-line").inner_text() == "/gain -20.00"
    assert said(page, "/gain") == []
    daemon.client.send("/gain", -12.0)


def test_a_double_click_of_a_fader_resets_it_and_sends_nothing_else(
    open_page: Opened, daemon: Daemon, said: Said
) -> None:
    page = open_page()
    gain = gain_of(page, daemon, -30.0)
    page.mouse.dblclick(*at(gain, 0.98, 0.5))
    assert until(lambda: standing(daemon, "/gain") == (-12.0,), SOON_S)
    assert said(page, "/gain") == [(-12,)]


def test_a_fader_is_dragged_from_where_it_stands(open_page: Opened, daemon: Daemon, said: Said) -> None:
    page = open_page()
    gain = gain_of(page, daemon, -12.0)
    page.mouse.move(*at(gain, 0.95, 0.5))
    page.mouse.down()
    page.mouse.move(*at(gain, 0.75, 0.5), steps=20)
    assert until(lambda: said(page, "/gain") != [], SOON_S), "it moves while the finger does"
    page.mouse.up()
    values = [args[0] for args in said(page, "/gain")]
    assert values == sorted(values, reverse=True) and values[0] < -12.0
    share = ((values[-1] + 60.0) / 66.0) ** 2
    assert share == pytest.approx((48.0 / 66.0) ** 2 - 0.2, abs=0.04)
    page.mouse.move(*at(gain, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*at(gain, 0.05, 0.5), steps=10)
    page.mouse.move(*at(gain, 0.15, 0.5), steps=10)
    page.mouse.up()
    share = ((said(page, "/gain")[-1][0] + 60.0) / 66.0) ** 2
    assert share == pytest.approx(0.1, abs=0.04), "back from its end at once"
    daemon.client.send("/gain", -12.0)


# -- presets -----------------------------------------------------------------------------------------------------------

TILES = 8
SIZES = [(1280, 800), (820, 1180), (360, 740)]
BUTTON_LEAST = 44  # CSS pixels


def tiles(page: Page) -> list[str]:
    return page.locator("#presets button").all_text_contents()


def presets(page: Page, daemon: Daemon) -> list[str]:
    """Of the model that plays, once the page shows them."""
    reply = daemon.client.ask("/presets", answer=("/presets.reply",))
    assert reply is not None
    names = list(reply[1][1:])
    assert until(lambda: tiles(page) == names[:TILES], SOON_S)
    return names


def test_every_preset_can_be_reached(open_page: Opened, daemon: Daemon, said: Said) -> None:
    page = open_page()
    names = presets(page, daemon)
    assert len(names) > 2 * TILES
    page.locator("#presets-next").focus()
    seen = tiles(page)
    while len(seen) < len(names):
        page.keyboard.press("Enter")
        seen += tiles(page)
    assert seen == names + ["+"] * (len(seen) - len(names))
    page.locator("#presets button", has_text=names[-1]).click()
    assert until(lambda: [args[0] for args in said(page, "/preset/recall")] == [names[-1]], SOON_S)
    page.locator("#presets-next").click()
    assert tiles(page) == names[:TILES], "after the last the first"
    page.locator("#presets-before").click()
    assert tiles(page)[-1] == "+", "and before the first the last"


def test_what_is_kept_on_another_page_of_presets_is_shown(open_page: Opened, daemon: Daemon) -> None:
    page = open_page()
    presets(page, daemon)
    page.locator("#presets-before").click()
    page.locator("#presets button").last.click()
    page.locator("#save-name").fill("aaa kept")
    page.locator("#save button[value=save]").click()
    assert until(lambda: "aaa kept" in tiles(page), SOON_S)
    daemon.client.send("/preset/delete", "aaa kept")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_presets_are_turned_by_targets_for_fingers(open_page: Opened, daemon: Daemon, width: int, height: int) -> None:
    page = open_page(width, height)
    presets(page, daemon)
    if page.locator("#more").is_visible():
        page.locator("#more").click()
    boxes = [page.locator(name).bounding_box() for name in ("#presets-before", "#presets-next", "#presets")]
    for box in boxes:
        assert box is not None and min(box["width"], box["height"]) >= BUTTON_LEAST
        assert box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
    before, after, those = boxes
    assert before is not None and after is not None and those is not None
    assert before["y"] + before["height"] <= after["y"] and those["x"] + those["width"] <= before["x"]


def test_presets_that_others_save_move_and_delete_are_followed(open_page: Opened, daemon: Daemon) -> None:
    page, other = open_page(script=DRAWN), open_page()
    names = presets(page, daemon)
    first, second = (0.5, -0.4, 0.3, 0.2), (1.2, 0.9, 0.3, 0.2)

    def pins(at: tuple[float, ...] = first) -> list[list[float]]:
        page.evaluate("drawn.pins = []")
        daemon.client.send("/z", *at[:3], 0.21 + 0.001 * len(seen))  # it is drawn anew
        seen.append(None)
        assert until(lambda: page.evaluate("drawn.pins.length") > 0, SOON_S)
        return sorted(page.evaluate("drawn.pins"))

    seen: list[None] = []
    before = pins()
    daemon.client.send("/z", *first)
    assert daemon.client.ask("/preset/save", "aaa other", answer=("/done",)) is not None
    for each in (page, other):
        assert until(lambda each=each: tiles(each) == ["aaa other", *names[: TILES - 1]], SOON_S)  # type: ignore[misc]
    assert until(lambda: len(pins()) == len(before) + 1, SOON_S)
    saved = pins()
    daemon.client.send("/z", *second)
    other.locator("#presets button").first.click(button="right")
    other.locator("#save button[value=save]").click()  # the same name, elsewhere
    assert until(lambda: len(pins(second)) == len(saved) and pins(second) != saved, SOON_S)
    assert tiles(page) == ["aaa other", *names[: TILES - 1]]
    assert daemon.client.ask("/preset/delete", "aaa other", answer=("/done",)) is not None
    for each in (page, other):
        assert until(lambda each=each: tiles(each) == names[:TILES], SOON_S)  # type: ignore[misc]
    assert until(lambda: pins() == before, SOON_S)


def test_a_press_of_a_preset_means_what_was_there_when_it_began(open_page: Opened, daemon: Daemon, said: Said) -> None:
    page = open_page()
    names = presets(page, daemon)
    box = page.locator("#presets button").nth(1).bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 8, middle[1])  # no long press
    assert daemon.client.ask("/preset/save", "aaa other", answer=("/done",)) is not None
    assert until(lambda: tiles(page) == ["aaa other", *names[: TILES - 1]], SOON_S)
    page.mouse.up()
    assert until(lambda: said(page, "/preset/recall") != [], SOON_S)
    assert [name for name, _ in said(page, "/preset/recall")] == [names[1]]
    page.wait_for_timeout(400.0)  # the press is over
    page.locator("#learn").click()
    page.mouse.click(*middle)
    expect(page.locator("#save-name")).to_have_value(names[0])
    page.keyboard.press("Escape")
    assert daemon.client.ask("/preset/delete", "aaa other", answer=("/done",)) is not None


DRAWN = """
window.drawn = { pins: [], cursors: [], words: [] };
const { arc, fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.arc = function (x, y, radius, ...more) {
  if (this.canvas.id === "map" && radius === 4) window.drawn.pins.push([x, y + 9]);
  if (this.canvas.id === "map" && radius === 9) window.drawn.cursors.push([x, y]);
  return arc.call(this, x, y, radius, ...more);
};
CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
  window.drawn.words.push(text);
  return fillText.call(this, text, ...more);
};
"""


def test_presets_are_pins_where_they_lie_and_ones_own_have_their_names(open_page: Opened, daemon: Daemon) -> None:
    daemon.client.send("/z", 0.5, -0.4, 0.3, 0.2)
    assert daemon.client.ask("/preset/save", "aaa pin", answer=("/done",)) == ("/done", ("/preset/save", "aaa pin"))
    page = open_page(script=DRAWN)
    names = presets(page, daemon)
    page.locator("#presets button", has_text="aaa pin").click()
    assert until(lambda: standing(daemon, "/z") == pytest.approx((0.5, -0.4, 0.3, 0.2), abs=1e-4), SOON_S)
    page.wait_for_timeout(500)
    page.evaluate("drawn.pins = [], drawn.cursors = [], drawn.words = []")
    daemon.client.send("/z", 0.5, -0.4, 0.3, 0.21)
    assert until(lambda: page.evaluate("drawn.cursors.length") > 0, SOON_S)
    drawn = page.evaluate("drawn")
    pins = [pytest.approx(pin, abs=0.5) for pin in drawn["pins"]]
    assert len(drawn["pins"]) >= len(names) and drawn["cursors"][-1] in pins
    assert "aaa pin" in drawn["words"]
    daemon.client.send("/preset/delete", "aaa pin")
