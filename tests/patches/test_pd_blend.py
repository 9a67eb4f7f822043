"""blend.pd, two recordings at once, in Pd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from parts import judge
from parts.pd import Pd, demo_patch
from parts.programs import needs
from parts.silent import LOAD_S, SilentDaemon
from parts.waiting import until
from patches.fake import FakeDaemon

pytestmark = [pytest.mark.client, needs("pd")]

SOUNDS = ("a folder.x/low rain.v2.wav", 0.0, "high.wav", 2.0)
FLAT = [0.5] * 64


@pytest.fixture
def pd(tmp_path: Path, fake: FakeDaemon) -> Iterator[Pd]:
    """The patch, to which two sounds were listed and given."""
    with Pd(tmp_path, demo_patch(tmp_path, fake.port, "blend.pd")) as pd:
        fake.greet()
        fake.until("/sounds")
        fake.tell("/sounds.reply", *SOUNDS)
        pd.wait_for("blend-sound: 2 high.wav 2")
        yield pd
        assert pd.wrong() == []


def start(pd: Pd, fake: FakeDaemon) -> None:
    pd.send("blend-a", 1)
    assert fake.until("/encode").args == SOUNDS[:1]
    pd.send("blend-b", 2)
    fake.drain()
    pd.send("blend-start")
    assert fake.until("/blend").args == (1.0, "low rain.v2", "high", 0.5, 1.0)
    fake.drain()
    fake.tell("/voice/on", 1, 60.0)
    assert until(lambda: heard(pd, fake), 5.0)


def heard(pd: Pd, fake: FakeDaemon) -> bool:
    pd.send("blend-mix", 0.5)
    return [message.args for message in fake.drain()] == [(1.0, "mix", 0.5)]


def test_what_is_not_encoded_is_encoded_when_it_is_chosen_and_listed_again(pd: Pd, fake: FakeDaemon) -> None:
    pd.send("blend-b", 2)
    assert fake.drain() == [], "it is encoded already"
    pd.send("blend-a", 1)
    assert fake.until("/encode").args == SOUNDS[:1]
    fake.tell("/done", "/encode", SOUNDS[0], 60.0, 0.1, 0.2, "low rain.v2", 1.0, "")
    fake.until("/sounds")
    fake.tell("/fail", "/encode", "no sound")
    pd.wait_for("blend-fail: /encode no sound")


def test_faders_reach_the_voice_while_there_is_one(pd: Pd, fake: FakeDaemon) -> None:
    pd.send("blend-mix", 1.5)
    assert fake.drain() == [], "there is none yet"
    pd.send("blend-mix", 0.5)
    start(pd, fake)
    for name, value in (("mix", 1.5), ("rate", -2.0), ("position", 0.25), ("loop", 0.0)):
        pd.send(f"blend-{name}", value)
        assert fake.until("/voice/set").args == (1.0, name, value)
    pd.send("blend-start")  # another in its stead
    assert fake.until("/blend").args[3:] == (1.5, -2.0)
    fake.drain()
    fake.tell("/voice/on", 1, 60.0)
    fake.tell("/voice/off", 1, 60.0)
    fake.tell("/voice/off", 7, 60.0)
    pd.send("blend-rate", 1)
    assert fake.until("/voice/set").args == (1.0, "rate", 1.0), "the first was over, the second is not"
    pd.send("blend-stop")
    assert fake.until("/voice/stop").args == (1.0,)
    fake.tell("/voice/off", 1, 60.0)
    assert until(lambda: not heard(pd, fake), 5.0)


def test_a_curve_that_is_drawn_is_sent_until_the_mix_is_moved(pd: Pd, fake: FakeDaemon) -> None:
    start(pd, fake)
    drawn = [-1.0, 0.0, 1.0, *FLAT[3:-1], 9.0]
    pd.send("blend-curve", "0 " + " ".join(f"{value:g}" for value in drawn))
    curve = fake.until("/curve").args
    assert judge.complaint("/curve", curve) is None
    assert curve[0] == 1.0 and curve[1::2] == pytest.approx(np.linspace(0.0, 1.0, 64))
    assert list(curve[2::2]) == [*drawn[:-1], 2.0]
    pd.send("blend-start")
    assert fake.until("/curve").args == curve, "what begins has it"
    fake.drain()
    pd.send("blend-mix", 0.75)
    assert [message.args for message in fake.drain()] == [(1.0, "mix", 0.75)]
    pd.send("blend-start")
    assert "/curve" not in {message.address for message in fake.drain()}, "the mix goes before it"
    pd.send("blend-use", 1)
    assert fake.until("/curve").args == curve
    pd.send("blend-use", 0)
    assert fake.until("/voice/set").args == (1.0, "mix", 0.75)


def test_the_live_input_is_listened_to_while_the_toggle_is_on(pd: Pd, fake: FakeDaemon) -> None:
    pd.send("blend-listen", 1)
    assert fake.until("/listen").args == (2.0,)
    pd.send("blend-listen", 0)
    assert fake.until("/voice/stop").args == (2.0,)


def test_it_blends_with_a_real_daemon(mirrored: Callable[..., SilentDaemon], tmp_path: Path) -> None:
    daemon = mirrored("low", "high")
    with Pd(tmp_path / "pd", demo_patch(tmp_path, daemon.port, "blend.pd")) as pd:
        pd.wait_for("blend-sound: 2 low.wav 0")
        for side, number, name in (("a", 2, "low"), ("b", 1, "high")):
            pd.send(f"blend-{side}", number)
            pd.wait_for(rf"blend-sound: {number} {name}.wav 2\.", LOAD_S)
        pd.send("blend-start")
        assert until(lambda: daemon.status().voices == 1, LOAD_S)
        pd.send("blend-curve", "0 " + " ".join(["0"] * 64))
        pd.send("blend-rate", 2)
        pd.send("blend-loop", 0)
        assert until(lambda: daemon.status().voices == 0, LOAD_S)
        assert pd.printed("blend-fail") == [] and pd.wrong() == []
