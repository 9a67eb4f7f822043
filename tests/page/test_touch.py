"""What a finger does on the page, and what it must not do: latch, map, faders, models and presets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

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
