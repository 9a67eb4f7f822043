"""Two recordings at once, on the page: chosen, encoded, blended, and what a finger draws is what the daemon plays."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import FloatRect, Locator, Page, expect

from oscvae.osc.packets import decode
from parts.client import free_port
from parts.daemon import Daemon
from parts.judge import complaint
from parts.waiting import until

SIZES = [(1280, 800), (820, 1180), (360, 740)]
SOON_MS, SOON_S = 30_000.0, 30.0
BUTTON_LEAST = 44  # CSS pixels
RATE = 48_000
LOW_HZ, BRIGHT_HZ = 400.0, 2000.0
SECONDS = 2.0
TOUCHED = (
    "#sound-a",
    "#sound-b",
    "#curve",
    "#blend-start",
    "#blend-loop",
    "#blend-listen",
    "#blend-view",
    "#keys",
    "#panic",
)


sent: list[Any] = []
"""What the page has sent, as messages."""


def write_sounds(folder: Path) -> None:
    t = np.arange(round(SECONDS * RATE)) / RATE
    folder.mkdir(parents=True)
    soundfile.write(folder / "low.wav", 0.3 * np.sin(2.0 * np.pi * LOW_HZ * t), RATE)
    soundfile.write(folder / "high.wav", np.random.default_rng(1).uniform(-0.3, 0.3, len(t)), RATE)
    (folder / "text.wav").write_text("no sound", encoding="utf-8")


@pytest.fixture(scope="module")
def http_port() -> int:
    return free_port(socket.SOCK_STREAM)


@pytest.fixture(scope="module")
def daemon(http_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("blends")
    write_sounds(folder / "sounds")
    settings = ("audio.backend=silent", f"http.port={http_port}", "model.name=timbre", f"paths.sounds={folder}/sounds")
    with Daemon(*settings, folder=folder) as daemon:
        daemon.wait_ready()
        yield daemon


@pytest.fixture
def open_page(new_page: Callable[..., Page], daemon: Daemon, http_port: int) -> Iterator[Callable[..., Page]]:
    """`open_page(width, height)`: the page where timbre plays; it must say nothing to the console."""
    pages: list[Page] = []
    faults: list[str] = []
    sent.clear()

    def open_it(width: int = 1280, height: int = 800) -> Page:
        page = new_page(width, height)
        pages.append(page)
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("websocket", lambda line: line.on("framesent", lambda frame: sent.append(decode(frame))))
        page.goto(f"http://127.0.0.1:{http_port}/")
        expect(page.locator("#model")).to_have_value("timbre", timeout=SOON_MS)
        expect(page.locator("#blend")).to_be_visible(timeout=SOON_MS)
        expect(page.locator("#sound-a option[value='low.wav']")).to_be_attached(timeout=SOON_MS)
        return page

    yield open_it
    for page in pages:
        page.close()
    daemon.client.send("/panic")
    assert faults == []


def choose(page: Page, a: str = "low.wav", b: str = "high.wav") -> None:
    page.locator("#sound-a").select_option(a)
    page.locator("#sound-b").select_option(b)
    expect(page.locator("#blend-start")).to_be_enabled(timeout=SOON_MS)


def start(page: Page, daemon: Daemon) -> None:
    page.locator("#blend-start").click()
    assert until(lambda: daemon.status().voices == 1, SOON_S)


def said(page: Page, address: str) -> list[tuple[Any, ...]]:
    """What the page has sent to an address."""
    page.evaluate("0")  # what a page has done is noted only while Playwright waits for an answer of it
    return [message.args for message in sent if message.address == address]


def told(page: Page, name: str) -> float:
    """What the page's voice was set to last."""
    values = [args[2] for args in said(page, "/voice/set") if args[1] == name]
    return float(values[-1]) if values else float("nan")


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box is not None
    return box


def press(page: Page, locator: Locator, *places: tuple[float, float]) -> None:
    """A pointer goes from place to place, each a share of the width and of the height."""
    box = box_of(locator)
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def fader(page: Page, name: str) -> Locator:
    return page.locator(f"#blend-faders [aria-label={name}]")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_view_fits_without_scrolling_and_has_targets_for_fingers(
    open_page: Callable[..., Page], width: int, height: int
) -> None:
    page = open_page(width, height)
    overflow = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert overflow[0] <= width and overflow[1] <= height
    boxes = {name: box_of(page.locator(name)) for name in TOUCHED}
    boxes |= {name: box_of(fader(page, name)) for name in ("position", "mix", "rate")}
    for name, box in boxes.items():
        assert min(box["width"], box["height"]) >= BUTTON_LEAST, name
        assert box["x"] + box["width"] <= width and box["y"] + box["height"] <= height, name
    places = sorted(boxes.values(), key=lambda box: box["y"])
    for k, one in enumerate(places):
        for other in places[k + 1 :]:
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            assert apart or one["y"] + one["height"] <= other["y"], "one lies over another"


def test_sounds_are_encoded_when_they_are_chosen_and_a_voice_goes_along_both(
    open_page: Callable[..., Page], daemon: Daemon
) -> None:
    page = open_page()
    assert page.locator("#blend-start").is_disabled()
    choose(page)
    assert page.locator("#sound-a optgroup[label=encoded] option").all_inner_texts() == ["high.wav", "low.wav"]
    start(page, daemon)
    assert said(page, "/blend")[-1][1:] == ("low", "high", 0.5, 1)
    expect(page.locator("#blend-start")).to_have_text("stop")
    where = until(lambda: float(fader(page, "position").get_attribute("aria-valuenow") or 0.0), SOON_S)
    assert where and until(lambda: fader(page, "position").get_attribute("aria-valuenow") != str(where), SOON_S)
    page.locator("#blend-start").click()
    assert until(lambda: daemon.status().voices == 0, SOON_S)
    expect(page.locator("#blend-start")).to_have_text("start")


def test_listening_is_asked_for_and_what_it_takes_is_said(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.locator("#blend-listen").click()
    expect(page.locator("#words")).to_contain_text("audio.input: true", timeout=SOON_MS)
    assert said(page, "/listen")[-1][0] > 2**30
    expect(page.locator("#blend-listen")).to_have_attribute("aria-pressed", "false")


def test_a_file_that_is_no_recording_is_told_and_chosen_no_more(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.locator("#sound-a").select_option("text.wav")
    expect(page.locator("#words")).to_contain_text("text.wav", timeout=SOON_MS)
    expect(page.locator("#sound-a")).to_have_value("")
    assert page.locator("#blend-start").is_disabled()


def test_mix_rate_position_and_loop_reach_the_voice(open_page: Callable[..., Page], daemon: Daemon) -> None:
    page = open_page()
    choose(page)
    start(page, daemon)
    for name, share, value in (("mix", 0.9, 1.7), ("rate", 0.25, -2.0), ("position", 0.3, 0.3)):
        press(page, fader(page, name), (share, 0.5))
        assert until(lambda name=name, value=value: told(page, name) == pytest.approx(value, abs=0.05), SOON_S), name
    page.locator("#blend-loop").click()
    assert until(lambda: daemon.status().voices == 0, SOON_S), "it does not end with its recordings"
    expect(page.locator("#blend-start")).to_have_text("start")
    assert not page.locator("#words").inner_text().startswith("/"), "something failed"


def test_a_curve_that_is_drawn_is_the_mix_until_the_mix_is_moved(
    open_page: Callable[..., Page], daemon: Daemon
) -> None:
    page = open_page()
    choose(page)
    start(page, daemon)
    press(page, page.locator("#curve"), (0.005, 0.9), (0.5, 0.1), (0.995, 0.9))
    assert until(lambda: said(page, "/curve") != [], SOON_S)

    def drawn() -> bool:
        _, *pairs = said(page, "/curve")[-1]
        places, mixes = pairs[::2], pairs[1::2]
        assert len(places) == 64 and (places[0], places[-1]) == (0.0, 1.0)
        return bool(mixes[32] == pytest.approx(1.75, abs=0.2) and max(mixes[0], mixes[-1]) < -0.6)

    assert until(drawn, SOON_S), f"it is not the curve: {said(page, '/curve')[-1]}"
    before = len(said(page, "/voice/set"))
    press(page, fader(page, "mix"), (0.5, 0.5))
    assert until(lambda: len(said(page, "/voice/set")) > before, SOON_S)
    assert told(page, "mix") == pytest.approx(0.5, abs=0.05)
    expect(page.locator("#curve")).to_have_attribute("aria-valuetext", re.compile("no curve"))


def test_keys_alone_start_it_and_draw_the_curve(open_page: Callable[..., Page], daemon: Daemon) -> None:
    page = open_page()
    choose(page)
    page.locator("#blend-start").focus()
    page.keyboard.press("Space")
    assert until(lambda: daemon.status().voices == 1, SOON_S)
    count = len(said(page, "/curve"))
    page.locator("#curve").focus()
    page.keyboard.press("ArrowRight")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#curve")).to_have_attribute("aria-valuetext", "13 to 25 %: mix 0.70")
    assert until(lambda: len(said(page, "/curve")) > count, SOON_S)
    page.keyboard.press("Delete")
    assert until(lambda: told(page, "mix") == pytest.approx(0.5, abs=0.01), SOON_S)
    fader(page, "mix").focus()
    page.keyboard.press("ArrowRight")
    assert until(lambda: told(page, "mix") == pytest.approx(0.56, abs=0.01), SOON_S)


def test_what_the_mix_does_is_heard(open_page: Callable[..., Page], daemon: Daemon) -> None:
    page = open_page()
    choose(page)
    bright = []
    for share in (1 / 3, 2 / 3):  # all the one, all the other
        press(page, fader(page, "mix"), (share, 0.5))
        start(page, daemon)
        reply = daemon.client.ask("/record", f"mix{share:.1f}", answer=("/done", "/fail"))
        assert reply is not None and reply[0] == "/done"
        time.sleep(1.0)  # of sound
        reply = daemon.client.ask("/record", answer=("/done", "/fail"))
        assert reply is not None and reply[0] == "/done"
        page.locator("#blend-start").click()
        assert until(lambda: daemon.status().voices == 0, SOON_S)
        (path,) = daemon.folder.rglob(f"mix{share:.1f}*.wav")
        sound = soundfile.read(path)[0][:, 0]
        power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
        hz = np.fft.rfftfreq(len(sound), 1.0 / RATE)
        bright.append(power[hz > BRIGHT_HZ].sum() / power.sum())
    assert bright[0] < 0.01 and bright[1] > 0.2


def test_a_model_that_blends_nothing_shows_its_map(open_page: Callable[..., Page], daemon: Daemon) -> None:
    page = open_page()
    page.locator("#blend-view").click()
    expect(page.locator("#map")).to_be_visible()
    page.locator("#blend-view").click()
    expect(page.locator("#blend")).to_be_visible()
    for name, visible in (("drums", False), ("timbre", True)):
        daemon.client.send("/load", name)
        expect(page.locator("#model")).to_have_value(name, timeout=SOON_MS)
        expect(page.locator("#blend")).to_be_visible(visible=visible, timeout=SOON_MS)
        expect(page.locator("#map")).to_be_visible(visible=not visible, timeout=SOON_MS)


LINES = {
    "#sound-a": "/encode low.wav",
    "#curve": "/curve ",
    "#blend-faders [aria-label=mix]": "/voice/set ",
    "#blend-start": "/blend ",
    "#blend-loop": "/voice/set ",
    "#blend-listen": "/listen ",
}


def test_the_right_button_offers_the_line_of_each_and_moves_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page()
    choose(page)
    offered = {}
    for name, begins in LINES.items():
        page.locator(name).click(button="right")
        line = page.locator("#menu-line").inner_text()
        assert line.startswith(begins), name
        address, *words = line.split()
        offered[name] = words
        args = [float(word) if word[-1].isdigit() else word for word in words]
        assert complaint(address, args) is None, line
        expect(page.locator("#menu-learn button")).to_have_count(0)
        page.locator("#menu-close").click()
    assert [args for address in ("/blend", "/curve", "/voice/set", "/listen") for args in said(page, address)] == []
    expect(page.locator("#curve")).to_have_attribute("aria-valuetext", re.compile("no curve"))
    page.locator("#blend-start").click()
    assert until(lambda: said(page, "/blend") != [], SOON_S)
    assert str(said(page, "/blend")[0][0]) == offered["#blend-start"][0] == offered["#curve"][0], "the voice's own id"
