"""The maps: what a press moves and leaves alone, and what is laid out once."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from oscvae.osc.packets import decode
from parts.client import free_port
from parts.daemon import Daemon
from parts.models import Honest, write
from parts.waiting import until

SOON_S = 20.0
SOON_MS = 1000.0 * SOON_S
Opened = Callable[..., Page]
Said = Callable[[Page, str], list[tuple[Any, ...]]]

HEARD = """
window.heard = [];
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", ({ data }) => heard.push(new TextDecoder().decode(data).split("\\0")[0]));
  }
};
"""
MEASURED = """
window.drawn = { measured: 0, words: [], cursors: 0 };
const { arc, fillText, measureText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.arc = function (x, y, radius, ...more) {
  if (this.canvas.id === "map" && radius === 9) drawn.cursors++;
  return arc.call(this, x, y, radius, ...more);
};
CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
  if (this.canvas.id === "map") drawn.words.push(text);
  return fillText.call(this, text, ...more);
};
CanvasRenderingContext2D.prototype.measureText = function (text) {
  if (this.canvas.id === "map") drawn.measured++;
  return measureText.call(this, text);
};
"""


def press(page: Page, across: float, up: float) -> None:
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across * box["width"], box["y"] + (1.0 - up) * box["height"])


def slowly(page: Page) -> None:
    page.wait_for_timeout(500)  # no double click


def test_a_model_of_three_dimensions_sounds_at_a_second_finger_and_keeps_its_third(
    new_page: Callable[..., Page], tmp_path: Path
) -> None:
    latent = {"mean": [0.0] * 3, "std": [1.0] * 3, "low": [-2.0] * 3, "high": [2.0] * 3}
    (tmp_path / "models").mkdir()
    write(tmp_path / "models" / "three.ts", Honest(), name="three", latent=latent)
    port = free_port(socket.SOCK_STREAM)
    settings = ("audio.backend=silent", f"http.port={port}", f"model.folder={tmp_path}/models", "model.name=three")
    sent: list[Any] = []
    page = new_page()
    page.on("websocket", lambda line: line.on("framesent", lambda frame: sent.append(decode(frame))))

    def told(address: str) -> list[tuple[Any, ...]]:
        page.evaluate("0")
        return [message.args for message in sent if message.address == address]

    try:
        with Daemon(*settings, folder=tmp_path) as daemon:
            daemon.wait_ready()
            page.goto(f"http://127.0.0.1:{port}/")
            expect(page.locator("#model")).to_have_value("three", timeout=SOON_MS)
            page.keyboard.down("Shift")
            for _ in range(2):
                press(page, 0.8, 0.8)
            page.keyboard.up("Shift")
            assert until(lambda: len(told("/note")) == 4, SOON_S), "both sound"
            assert told("/pad/2") == []
            for _ in range(10):  # a busy machine may be too slow for a double click
                slowly(page)
                press(page, 0.3, 0.3)
                press(page, 0.3, 0.3)
                if told("/glide"):
                    break
            ((_, *end),) = told("/glide")
            assert end[2] == pytest.approx(0.0, abs=1e-3) and told("/z")[-1][2] == pytest.approx(0.0, abs=1e-3)
    finally:
        page.close()


def test_a_glide_leaves_a_dimension_where_a_controller_has_moved_it(
    open_page: Opened, daemon: Daemon, said: Said
) -> None:
    page = open_page(script=HEARD)
    for k in range(40):  # a busy machine may be too slow for a double click
        third = 0.1 + 0.02 * k
        slowly(page)
        press(page, 0.7, 0.7)
        page.evaluate("heard.length = 0")
        daemon.client.send("/z/3", third)
        assert until(lambda: {"/z", "/z/3"} & set(page.evaluate("heard")), SOON_S)
        press(page, 0.7, 0.7)
        if said(page, "/glide"):
            break
    ((_, *end),) = said(page, "/glide")
    assert end[2] == pytest.approx(third, abs=1e-3)
    assert said(page, "/z")[-1][2] == pytest.approx(third, abs=1e-3)


def test_names_are_laid_out_once_and_drawn_at_each_move_of_the_cursor(open_page: Opened, daemon: Daemon) -> None:
    page = open_page(script=MEASURED)
    assert until(lambda: "nylon guitar" in page.evaluate("drawn.words"), SOON_S)
    slowly(page)
    page.evaluate("Object.assign(drawn, { measured: 0, words: [], cursors: 0 })")
    for k in range(4):
        daemon.client.send("/z/1", 0.1 * k)
        assert until(lambda k=k: page.evaluate("drawn.cursors") > k, SOON_S)
    assert "nylon guitar" in page.evaluate("drawn.words")
    assert page.evaluate("drawn.measured") == 0
