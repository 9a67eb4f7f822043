"""What another client does is on the page with the next picture that the browser draws after the daemon has told it.

A picture is 17 ms at 60 a second, so that 100 ms from the telling to the sight are kept wherever the browser is; how
long it took is printed, and no time is asserted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from parts.daemon import Daemon
from parts.waiting import until

SOON_S = 20.0
WATCHED = """
window.seen = { told: [], drawn: [], picture: 0 };
const next = () => requestAnimationFrame(() => (seen.picture++, next()));
next();
const Line = window.WebSocket;
window.WebSocket = class extends Line {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", ({ data }) => {
      const bytes = new Uint8Array(data);
      const address = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
      if (address === "/z") seen.told.push({ at: performance.now(), picture: seen.picture });
    });
  }
};
const { arc } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.arc = function (x, y, radius, ...more) {
  if (this.canvas.id === "map" && radius === 9) seen.drawn.push({ at: performance.now(), picture: seen.picture, x, y });
  return arc.call(this, x, y, radius, ...more);
};
"""


@pytest.mark.parametrize("by", ["/z", "/preset/recall"])
def test_a_move_of_the_cursor_is_drawn_with_the_next_picture(
    open_page: Callable[..., Page], daemon: Daemon, by: str
) -> None:
    page = open_page(script=WATCHED)
    passed = []
    assert until(lambda: page.evaluate("seen.drawn.length > 0"), SOON_S), "where it stands is drawn"
    for k in range(5):
        before: dict[str, Any] = page.evaluate("seen.drawn.at(-1)")
        page.evaluate("seen.told = [], seen.drawn = []")
        if by == "/z":
            daemon.client.send("/z", 0.3 + 0.1 * k, -0.5, 0.1, 0.2)
        else:
            daemon.client.send("/preset/recall", ("harp", "sitar")[k % 2])
        assert until(lambda: page.evaluate("seen.told.length > 0 && seen.drawn.length > 0"), SOON_S)
        page.wait_for_timeout(200)
        told, drawn = page.evaluate("[seen.told, seen.drawn]")
        end = drawn[-1]
        first = next(one for one in drawn if (one["x"], one["y"]) == (end["x"], end["y"]))
        assert (end["x"], end["y"]) != (before["x"], before["y"])
        assert first["picture"] - told[-1]["picture"] <= 1
        passed.append(first["at"] - told[-1]["at"])
    print(f"{by}: {', '.join(f'{ms:.0f}' for ms in passed)} ms from the telling to the sight")
