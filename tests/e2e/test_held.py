"""Held notes at a live daemon: a key holds its note, whatever it lasts, and its release ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oscvae.model.torchscript import save, script
from parts.knotted import FRAMES, Knotted, knotted_document, write_both
from parts.silent import ANSWER_S, SilentDaemon
from parts.sustaining import WHOLE_S, write_sustaining
from parts.waiting import until

Z = (0.0, 0.0)
LABELS, PADS = ("brightness", "damping"), ("tone",)
HELD_S = 2.0 * WHOLE_S


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SilentDaemon]:
    folder = tmp_path_factory.mktemp("held")
    models = folder / "models"
    models.mkdir()
    write_sustaining(models / "sustaining.ts")
    write_both(models)
    save(script(Knotted(whole=False)), knotted_document(labels=LABELS, pads=PADS), models / "labelled.ts")
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


def test_what_dimensions_and_pads_are_called_follows_the_model(daemon: SilentDaemon) -> None:
    """Asked, and told of another model; nothing where it has no names."""
    listener = daemon.listen()
    for name, labels, pads in (("labelled", LABELS, PADS), ("knots", (), ()), ("sustaining", (), ())):
        daemon.load(name)
        daemon.client.send("/model")
        for client in (daemon.client, listener):
            model = client.wait_for("/model", timeout_s=ANSWER_S)
            assert model is not None and model[1][0] == name
            told = [client.wait_for("/labels", "/pads", timeout_s=ANSWER_S) for _ in range(2)]
            assert told == [("/labels", labels), ("/pads", pads)]
