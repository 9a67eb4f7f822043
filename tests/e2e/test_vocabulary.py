"""Every address at a live daemon: obeyed, answered as the table says, and refused where it is too much."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oscvae.osc.vocabulary import TABLE, Address
from parts.client import Reply
from parts.daemon import Z
from parts.judge import is_as_promised
from parts.silent import LOAD_S, SilentDaemon

# what is sent to each row of the table, and the first answer that is due: None = none, unless it fails
EXAMPLES: dict[str, tuple[str, tuple[Any, ...], str | None]] = {
    "/play": ("/play", (60, *Z, 0.5, 0.1), None),
    "/interp": ("/interp", (60, 0.2, *Z, 0.0, 0.0, 0.0, 0.0, 0.5), None),
    "/note": ("/note", (60.5, 100), None),
    "/stop": ("/stop", (60,), None),
    "/panic": ("/panic", (), None),
    "/voice/new": ("/voice/new", (5, 62, *Z), None),
    "/voice/set": ("/voice/set", (5, "z", 0.0, 0.0, 0.0, 0.0), None),
    "/voice/stop": ("/voice/stop", (5,), None),
    "/blend": ("/blend", (6, "a", "b", 0.5), None),
    "/listen": ("/listen", (7,), None),
    "/curve": ("/curve", (6, 0.0, 0.0), None),
    "/voices": ("/voices", (), "/voices.reply"),
    "/z": ("/z", Z, None),
    "/z/N": ("/z/3", (0.25,), None),
    "/unit/N": ("/unit/4", (0.5,), None),
    "/pad/N": ("/pad/2", (0.5, 0.25), None),
    "/glide": ("/glide", (0.1, *Z), None),
    "/preset/save": ("/preset/save", ("example", "all"), "/done"),
    "/preset/recall": ("/preset/recall", ("example", 0.05), None),
    "/preset/morph": ("/preset/morph", ("example", "example", 0.5, 0.05), None),
    "/presets": ("/presets", (), "/presets.reply"),
    "/places": ("/places", (), "/places.reply"),
    "/preset/delete": ("/preset/delete", ("example",), "/done"),
    "/detail": ("/detail", (1.0,), None),
    "/freeze": ("/freeze", (0,), None),
    "/macro": ("/macro", (1, 0.25), None),
    "/macro/N": ("/macro/1", (0.0,), None),
    "/macros": ("/macros", (), "/macros.reply"),
    "/gain": ("/gain", (-12.0,), None),
    "/pan": ("/pan", (0.0,), None),
    "/bend": ("/bend", (0.0,), None),
    "/release": ("/release", (0.15,), None),
    "/attack": ("/attack", (0.0,), None),
    "/stretch": ("/stretch", (1.0,), None),
    "/mode": ("/mode", ("poly",), None),
    "/portamento": ("/portamento", (0.0,), None),
    "/sustain": ("/sustain", (0,), None),
    "/note/N": ("/note/2", (60, 100), None),
    "/bend/N": ("/bend/2", (12.0,), None),
    "/gain/N": ("/gain/2", (-6.0,), None),
    "/pan/N": ("/pan/2", (0.5,), None),
    "/shift/N": ("/shift/2", (2, 0.25), None),
    "/sustain/N": ("/sustain/2", (0,), None),
    "/off/N": ("/off/2", (), None),
    "/panic/N": ("/panic/2", (), None),
    "/mpe": ("/mpe", (1, 0), None),
    "/midi/learn": ("/midi/learn", (), "/done"),
    "/midi/forget": ("/midi/forget", (), "/done"),
    "/load": ("/load", ("plucked",), "/done"),
    "/models": ("/models", (), "/models.reply"),
    "/model": ("/model", (), "/model"),
    "/points": ("/points", (), "/points.reply"),
    "/sounds": ("/sounds", (), "/sounds.reply"),
    "/encode": ("/encode", ("note.wav",), "/done"),
    "/record": ("/record", ("example",), "/done"),
    "/monitor": ("/monitor", (0,), "/done"),
    "/scope": ("/scope", (0,), "/done"),
    "/out": ("/out", (1,), None),
    "/parts": ("/parts", (), "/parts.reply"),
    "/status": ("/status", (), "/status.reply"),
    "/version": ("/version", (), "/version.reply"),
    "/help": ("/help", ("/play",), "/help.reply"),
    "/get": ("/get", ("/gain",), "/gain"),
    "/ping": ("/ping", (), "/pong"),
    "/notify": ("/notify", (1,), "/done"),
    "/sync": ("/sync", (42,), "/synced"),
    "/dumpOSC": ("/dumpOSC", (0,), None),
    "/clearSched": ("/clearSched", (), None),
    "/quit": ("/quit", (), "/done"),
}


OF_BLENDS = ("/blend", "/listen", "/curve")
"""Of these a model of notes has nothing; `test_endless` has one of frames."""


def test_every_address_is_obeyed_and_answered_as_the_table_says(silent: SilentDaemon, note_file: Path) -> None:
    assert set(EXAMPLES) == {row.path for row in TABLE}
    shutil.copy(note_file, silent.sounds_folder)
    for path, (sent, args, answer) in EXAMPLES.items():
        row = next(row for row in TABLE if row.path == path)
        if path == "/quit":
            continue
        assert bool(answer) == bool(row.replies), f"{path}: the table and this test disagree"
        if path in OF_BLENDS:
            assert silent.failure(sent, *args)
            continue
        if answer is None:
            silent.client.send(sent, *args)
            reply = silent.ask("/ping", answer="/pong")
            assert reply == ("/pong", ()), f"{sent} {args}: {reply}"
        else:
            reply = silent.ask(sent, *args, answer=answer, timeout_s=LOAD_S)
            if path == "/get":  # answered at the address that it was asked for
                assert reply == ("/gain", (-12.0,))
                continue
            assert is_as_promised(reply), f"{sent}: {reply}"
            check_answer(row, sent, args, reply)
        if path == "/notify":
            silent.client.send("/notify", 0)
        if path == "/record":
            name, (command, file, seconds) = silent.ask("/record")
            assert (name, command, file) == ("/done", "/record", "example.wav") and seconds >= 0.0
        silent.client.drain()
    assert not [line for line in silent.daemon.log.splitlines() if "Traceback" in line]


def check_answer(row: Address, sent: str, args: Sequence[Any], reply: Reply) -> None:
    """The answer is what one of the row's patterns, like `/done /load name D rate frames`, spells out."""
    first = [text.split()[0] for text in row.replies]
    assert reply[0] in first, f"{sent} answered {reply[0]}, the table says {row.replies}"
    if reply[0] == "/done":
        assert reply[1][0] == sent
        pattern = next(text for text in row.replies if text.startswith("/done")).split()[2:]
        if pattern and not any(".." in word for word in pattern):
            assert len(reply[1]) - 1 == len(pattern), f"{sent}: {reply}, the table says {row.replies}"
    if reply[0] == "/synced":
        assert reply[1] == tuple(args)


def test_every_address_refuses_what_is_too_much(silent: SilentDaemon) -> None:
    for path, (sent, args, _) in EXAMPLES.items():
        row = next(row for row in TABLE if row.path == path)
        number = 1.0 if path != "/voice/set" else "one"
        time.sleep(0.06)  # errors are limited to 20 a second
        why = silent.failure(sent, *args, *([number] * 3))
        assert "expected " in why or "no arguments" in why, f"{row.path}: {why}"


def test_what_is_not_in_the_table_is_refused_with_what_was_meant(silent: SilentDaemon) -> None:
    assert silent.failure("/paly", 60) == "unknown address, did you mean /play?"
    assert "patterns are not supported" in silent.failure("/vo*ce/stop", 1)
    assert "finite" in silent.failure("/play", 60, float("nan"), 0.0, 0.0, 0.0)
    assert "out of the model's range" in silent.failure("/play", 3, *Z)
    assert "no dimension 5" in silent.failure("/z/5", 0.0)


def test_midi_without_jack_is_told_once_where_it_was_asked_for(silent: SilentDaemon) -> None:
    assert silent.failure("/midi/learn", "/unit/1") == "there is no MIDI port: it needs JACK, and midi.enabled"
    assert silent.daemon.log.count("MIDI needs JACK") == 1
