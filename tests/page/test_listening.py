"""Listening in a real browser: what the page gives to its loudspeakers is recorded there, and its pitch measured; and
looking, which needs no listening."""

from __future__ import annotations

import socket
import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from oscvae.sound.pitch import fundamental_hz
from parts.daemon import Daemon
from parts.tap import TAP, WAVE

NOTE, HZ = 69, 440.0
TONE_S = 0.25  # of which the pitch is measured
ATTEMPTS = 4  # on a machine that others use, a browser's clock is late now and then
CENTS = 25.0  # the ring's length is kept by bending up to 9
HEARD_S = 20.0
MANY = 16  # colours of a spectrogram: silence and the wave have a few
COLOURS = """(() => {
  const scope = document.querySelector("#scope");
  const pixels = scope.getContext("2d").getImageData(0, 0, scope.width, scope.height).data;
  const seen = new Set();
  for (let k = 0; k < pixels.length; k += 4) seen.add(pixels.slice(k, k + 3).join());
  return seen.size;
})()"""


def own_address() -> str:
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 9))  # sends nothing
        return str(line.getsockname()[0])


def recorded(page: Page) -> np.ndarray[Any, Any]:
    """Everything that the page has given to its loudspeakers since the last time."""
    blocks = page.evaluate("window.recorded.splice(0)")
    return np.concatenate([np.array(block, np.float32) for block in blocks]) if blocks else np.zeros(0, np.float32)


def hear_note(page: Page, daemon: Daemon) -> np.ndarray[Any, Any]:
    """What is heard from the onset of a note on."""
    recorded(page)
    daemon.client.send("/play", NOTE, 0.0, 0.0, 0.0, 0.0, 1.0)
    heard = np.zeros(0, np.float32)
    deadline = time.monotonic() + HEARD_S
    while time.monotonic() < deadline:
        heard = np.concatenate([heard, recorded(page)])
        loud = np.flatnonzero(np.abs(heard) > 0.01)
        if loud.size and heard.size - loud[0] > 2 * TONE_S * 48_000:
            return heard[loud[0] :]
        time.sleep(0.05)
    raise AssertionError(f"nothing was heard in {heard.size} samples")


@pytest.mark.parametrize("is_secure", [True, False])
def test_a_note_is_heard_in_the_browser_at_its_pitch(open_page, daemon: Daemon, is_secure: bool) -> None:  # type: ignore[no-untyped-def]
    host = "127.0.0.1" if is_secure else own_address()
    page: Page = open_page(script=TAP, host=host)
    assert page.evaluate("[isSecureContext, 'audioWorklet' in AudioContext.prototype]") == [is_secure, is_secure]
    listen = page.locator("#listen")
    page.wait_for_selector("#listen.offered")  # no JACK server, no card
    listen.click()
    assert listen.get_attribute("aria-pressed") == "true"
    cents = []
    for _ in range(ATTEMPTS):
        note = hear_note(page, daemon)
        rate = page.evaluate("window.rate")
        assert rate == 48_000
        tone = note[round(0.1 * rate) :][: round(TONE_S * rate)]
        cents.append(1200.0 * np.log2(fundamental_hz(tone, rate, 300.0, 600.0) / HZ))
        if abs(cents[-1]) < CENTS:
            break
    assert abs(cents[-1]) < CENTS, f"{cents} cents off"
    listen.click()
    assert listen.get_attribute("aria-pressed") == "false"


ROW = """((hz) => {
  const scope = document.querySelector("#scope"), top = Math.round(0.3 * scope.height), height = scope.height - top;
  const { data } = scope.getContext("2d").getImageData(scope.width - 40, top, 40, height);
  const light = Array.from({ length: height }, (_, y) => {
    let sum = 0;
    for (let k = 160 * y; k < 160 * (y + 1); k += 4) sum += data[k] + data[k + 1];
    return sum;
  });
  const lowest = light.findLastIndex((sum) => sum > 0.6 * Math.max(...light));
  return [1 - lowest / height, Math.log(hz / 40) / Math.log(16000 / 40)];
})"""


def test_what_is_played_is_seen_without_listening_at_its_pitch(open_page, daemon: Daemon, said: Any) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page()
    assert page.locator("#scope").is_visible() and page.locator("#listen").get_attribute("aria-pressed") == "false"
    deadline = time.monotonic() + HEARD_S
    while page.evaluate(COLOURS) < MANY:
        assert time.monotonic() < deadline, "the notes have left no trace"
        daemon.client.send("/play", NOTE, 0.0, 0.0, 0.0, 0.0, 1.0)
        page.wait_for_timeout(300)
    lowest, expected = page.evaluate(f"{ROW}({HZ})")
    assert lowest == pytest.approx(expected, abs=0.04)
    assert said(page, "/monitor") == [] and said(page, "/scope") == [(1,)]
    page.set_viewport_size({"width": 1280, "height": 760})
    page.wait_for_timeout(500)
    assert page.evaluate(COLOURS) >= MANY, "what was drawn stays where the room changes"
    daemon.client.send("/panic")
    while page.evaluate(WAVE) > 3:
        assert time.monotonic() < deadline + HEARD_S, "what has ended is no wave that stands still"
        page.wait_for_timeout(100)


def test_who_does_not_see_the_scope_is_sent_no_pictures(open_page, said: Any) -> None:  # type: ignore[no-untyped-def]
    page: Page = open_page(360, 740)
    more = page.locator("#more")
    assert said(page, "/scope") == [], "it is in the drawer"
    for sent in ([(1,)], [(1,), (0,)], [(1,), (0,), (1,)]):
        more.click()
        deadline = time.monotonic() + HEARD_S
        while said(page, "/scope") != sent:
            assert time.monotonic() < deadline, said(page, "/scope")
            page.wait_for_timeout(20)


def test_sound_goes_over_a_websocket_only(daemon: Daemon) -> None:
    assert daemon.client.ask("/monitor", 1, answer=("/done",)) == (
        "/fail",
        ("/monitor", "sound goes over a WebSocket only, at http.port"),
    )


def test_pictures_go_over_a_websocket_only(daemon: Daemon) -> None:
    assert daemon.client.ask("/scope", 1, answer=("/done",)) == (
        "/fail",
        ("/scope", "pictures go over a WebSocket only, at http.port"),
    )
