"""blend.maxpat, two recordings at once, in a small Max with real Node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from parts import judge
from parts.programs import needs
from parts.silent import LOAD_S, SilentDaemon
from parts.waiting import until
from patches.fake import FakeDaemon
from patches.maxhost import FULL, Max

pytestmark = [pytest.mark.client, needs("node")]

SOUNDS = ("a folder.x/low rain.v2.wav", 0.0, "high.wav", 2.0)


@pytest.fixture
def patch(fake: FakeDaemon) -> Iterator[Max]:
    """The patch, to which two sounds were listed."""
    with Max("blend.maxpat", fake.port) as patch:
        fake.greet()
        fake.until("/sounds")
        listed(patch, fake)
        yield patch
        assert patch.posted == []


def listed(patch: Max, fake: FakeDaemon) -> None:
    fake.tell("/sounds.reply", *SOUNDS)
    for side in "ab":
        assert until(lambda side=side: patch.hear()[f"sound-{side}"].kept == ["a sound", *SOUNDS[::2]], 5.0)


def sent(fake: FakeDaemon) -> list[tuple[str, tuple[Any, ...]]]:
    found = [(message.address, message.args) for message in fake.drain() if message.address != "/notify"]
    assert judge.complaints(found) == []
    return found


def test_what_is_chosen_is_encoded_and_goes_along_with_a_curve(patch: Max, fake: FakeDaemon) -> None:
    patch.touch("sound-b", 2)
    assert sent(fake) == [], "it is encoded already"
    patch.touch("sound-a", 1)
    assert sent(fake) == [("/encode", SOUNDS[:1])]
    fake.tell("/done", "/encode", SOUNDS[0], 60.0, 0.1, "low rain.v2", 1.0, "")
    fake.until("/sounds")
    listed(patch, fake)
    assert (patch["sound-a"].value, patch["sound-b"].value) == (1, 2)
    assert sent(fake) == []
    patch.touch("mix", 1.5)
    assert sent(fake) == [], "no voice yet"
    patch.touch("start")
    position, loop = (1, "position", 0), (1, "loop", 1)
    both = ("/blend", (1, "low rain.v2", "high", 1.5, 1))
    assert sent(fake) == [both, ("/voice/set", position), ("/voice/set", loop)]
    fake.tell("/voice/on", 1, 60.0)
    assert until(lambda: patch.hear()["heard"].value == 1, 5.0)
    patch.touch("curve", *np.linspace(-1.0, 2.0, 64).tolist())
    ((address, args),) = sent(fake)
    assert (address, args[0]) == ("/curve", 1)
    assert args[1::2] == pytest.approx(np.linspace(0.0, 1.0, 64))
    assert args[2::2] == pytest.approx(np.linspace(-1.0, 2.0, 64), abs=1e-6)
    assert until(lambda: patch.hear()["drawn"].value == 1, 5.0)
    patch.touch("start")
    assert [address for address, _ in sent(fake)] == ["/blend", "/voice/set", "/voice/set", "/curve"]
    patch.touch("plain")
    assert sent(fake) == [("/voice/set", (1, "mix", 1.5))]
    assert until(lambda: patch.hear()["drawn"].value == 0, 5.0)
    patch.touch("rate-slider", 0.0)
    patch.touch("position-slider", FULL / 2)
    patch.touch("loop", 0)
    patch.touch("stop")
    assert [args[1:] for _, args in sent(fake)] == [("rate", -4), ("position", 0.5), ("loop", 0), ()]
    fake.tell("/voice/off", 1, 60.0)
    assert until(lambda: patch.hear()["heard"].value == 0, 5.0)
    patch.touch("rate", 2.0)
    assert sent(fake) == []
    patch.touch("listen", 1)
    patch.touch("listen", 0)
    assert sent(fake) == [("/listen", (2,)), ("/voice/stop", (2,))]


def test_it_blends_with_a_real_daemon(mirrored: Callable[..., SilentDaemon]) -> None:
    daemon = mirrored("low", "high")
    with Max("blend.maxpat", daemon.port) as patch:
        names = ["a sound", "high.wav", "low.wav"]
        assert until(lambda: patch.hear()["sound-a"].kept == names, LOAD_S)
        for side, number in (("a", 2), ("b", 1)):
            patch.touch(f"sound-{side}", number)
        encoded = lambda: all(seconds > 0 for seconds in daemon.ask("/sounds", answer="/sounds.reply")[1][1::2])  # noqa: E731
        assert until(encoded, LOAD_S)
        patch.touch("start")
        assert until(lambda: daemon.status().voices == 1, LOAD_S)
        patch.touch("curve", *[0.5] * 64)
        patch.touch("loop", 0)
        assert until(lambda: daemon.status().voices == 0, LOAD_S), "it does not end with its recordings"
        assert patch.hear().prints["blend-fail"] == [] and patch.posted == []
