"""Held notes at a live daemon: a key holds its note, whatever it lasts, and its release ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.knotted import FRAMES, write_both
from parts.silent import ANSWER_S, SilentDaemon
from parts.sustaining import WHOLE_S, write_sustaining
from parts.waiting import until

Z = (0.0, 0.0)
HELD_S = 2.0 * WHOLE_S


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SilentDaemon]:
    folder = tmp_path_factory.mktemp("held")
    models = folder / "models"
    models.mkdir()
    write_sustaining(models / "sustaining.ts")
    write_both(models)
    made = SilentDaemon(folder, f"model.folder={models}", "model.name=sustaining")
    yield made
    made.close()


def voices(daemon: SilentDaemon) -> int:
    return int(daemon.status().voices)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (("/note", 60, 100), ("/note", 60, 0)),
        (("/voice/new", 1, 60, *Z), ("/voice/stop", 1)),
        (("/voice/new", 1, 60, *Z), ("/panic",)),
    ],
)
def test_a_note_sounds_until_it_is_let_go(daemon: SilentDaemon, begin: tuple[str], end: tuple[str]) -> None:
    daemon.client.send(*begin)
    assert until(lambda: voices(daemon) == 1, ANSWER_S)
    time.sleep(HELD_S)
    assert voices(daemon) == 1, "it has ended by itself"
    daemon.client.send(*end)
    assert until(lambda: voices(daemon) == 0, ANSWER_S)


def test_a_note_that_nobody_stops_ends(daemon: SilentDaemon) -> None:
    daemon.client.send("/play", 60, *Z)
    assert until(lambda: voices(daemon) == 1, ANSWER_S)
    assert until(lambda: voices(daemon) == 0, ANSWER_S)


def test_freezing_is_told_and_keeps_what_sounds(daemon: SilentDaemon, tmp_path: Path) -> None:
    listener = daemon.listen()
    kind, (_, name, dims, rate, frames) = daemon.ask("/load", "knots")
    assert (kind, name, dims, rate, frames) == ("/done", "knots", 2, 48_000.0, FRAMES)
    daemon.client.send("/play", 60, *Z)
    daemon.client.send("/freeze", 1)
    assert listener.wait_for("/freeze") == ("/freeze", (1,))
    time.sleep(HELD_S)
    assert voices(daemon) == 1
    daemon.client.send("/freeze", 0)
    assert until(lambda: voices(daemon) == 0, ANSWER_S)
