"""Presets: known at once, on disk soon and whole, never lost."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from oscvae.errors import CommandError
from oscvae.play import presets
from oscvae.play.presets import Presets

NOT_PRESETS = [
    "",
    "{",
    "[]",
    "null",
    '{"format": 2, "presets": {}}',
    '{"format": 1}',
    '{"format": 1, "presets": {"a": 3}}',
    '{"format": 1, "presets": {"a": [true]}}',
    '{"format": 1, "presets": {"a": [NaN]}}',
    '{"format": 1, "presets": {"": [1]}}',
    "[" * 100_000,
    "\x00\xff",
]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_a_preset_is_known_at_once_and_on_disk_when_done(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Presets(tmp_path / "new" / "folder")
        await kept.open("plucked")
        task = kept.save("plucked", "dark", (0.5, -1, 0, 2))
        assert kept.point("plucked", "dark", 4) == (0.5, -1.0, 0.0, 2.0)
        await task
        await kept.save("plucked", "bright é", (1, 2, 3, 4))
        again = Presets(tmp_path / "new" / "folder")
        await again.open("plucked")
        assert again.names("plucked") == ["bright é", "dark"]
        assert again.point("plucked", "bright é", 4) == (1.0, 2.0, 3.0, 4.0)
        await again.delete("plucked", "dark")
        assert again.names("plucked") == ["bright é"]
        await kept.close()

    run(body)
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert file.name == "plucked.json"
    assert json.loads(file.read_text()) == {"format": 1, "model": "plucked", "presets": {"bright é": [1, 2, 3, 4]}}


def test_models_have_their_own(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Presets(tmp_path)
        for model in ("a", "b", "../c"):
            await kept.open(model)
            await kept.save(model, "x", (1.0,))
        await kept.delete("a", "x")
        assert (kept.names("a"), kept.names("b"), kept.names("never opened")) == ([], ["x"], [])

    run(body)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["..%2Fc.json", "a.json", "b.json"]


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        await kept.save("m", "x", (1.0, 2.0))
        with pytest.raises(CommandError, match="no preset 'y' for m"):
            kept.point("m", "y", 2)
        with pytest.raises(CommandError, match="no preset 'y'"):
            kept.delete("m", "y")
        with pytest.raises(CommandError, match="2 dimensions, m has 4"):
            kept.point("m", "x", 4)

    run(body)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\0", "x" * 65])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    async def body() -> None:
        with pytest.raises(CommandError, match="1 to 64 printable"):
            Presets(tmp_path).save("m", name, (1.0,))

    run(body)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", NOT_PRESETS, ids=range(len(NOT_PRESETS)))
def test_a_damaged_file_is_kept_aside(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "m.json"
    file.write_bytes(text.encode("latin-1"))
    (tmp_path / "m.json.damaged-1").write_text("older")

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        assert kept.names("m") == []
        await kept.save("m", "x", (1.0,))

    run(body)
    assert (tmp_path / "m.json.damaged-2").read_bytes() == text.encode("latin-1")
    assert (tmp_path / "m.json.damaged-1").read_text() == "older"
    assert list(presets.read(file)) == ["x"]
    assert len(caplog.records) == 1
    assert "kept as m.json.damaged-2" in caplog.text


def test_what_cannot_be_read_is_never_overwritten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "m.json").mkdir()

    async def body() -> None:
        kept = Presets(tmp_path)
        with pytest.raises(CommandError, match="have not been read"):
            kept.save("m", "x", (1.0,))
        await kept.open("m")
        assert kept.names("m") == []
        with pytest.raises(CommandError, match="have not been read"):
            kept.save("m", "x", (1.0,))
        (tmp_path / "m.json").rmdir()
        await kept.open("m")
        await kept.save("m", "x", (1.0,))

    run(body)
    assert "cannot be read" in caplog.text


def test_what_cannot_be_written_is_taken_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "folder"

    async def body() -> None:
        kept = Presets(folder)
        await kept.open("m")
        await kept.save("m", "x", (1.0,))
        folder.rename(tmp_path / "away")
        folder.write_text("in the way")
        changes = [kept.save("m", "x", (2.0,)), kept.save("m", "y", (3.0,)), kept.delete("m", "x")]
        assert kept.names("m") == ["y"], "until it is known"
        for change in changes:
            with pytest.raises(CommandError, match="presets cannot be written"):
                await change
        assert (kept.names("m"), kept.point("m", "x", 1)) == (["x"], (1.0,))
        folder.unlink()
        (tmp_path / "away").rename(folder)
        await kept.save("m", "z", (4.0,))

    run(body)
    assert presets.read(folder / "m.json") == {"x": (1.0,), "z": (4.0,)}
    assert len(caplog.records) == 1


def test_what_is_changed_while_a_write_fails_is_written_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    write = presets.write

    def full(*_: Any) -> None:
        begun.set()
        go_on.wait()
        monkeypatch.setattr(presets, "write", write)
        raise OSError(28, "No space left on device")

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        await kept.save("m", "x", (1.0,))
        monkeypatch.setattr(presets, "write", full)
        refused = kept.save("m", "y", (2.0,))
        await asyncio.to_thread(begun.wait)
        later = [kept.save("m", "z", (3.0,)), kept.delete("m", "y"), kept.save("m", "x", (4.0,))]
        go_on.set()
        with pytest.raises(CommandError, match="No space left"):
            await refused
        await asyncio.gather(*later)
        assert (kept.names("m"), kept.point("m", "x", 1)) == (["x", "z"], (4.0,))

    run(body)
    assert presets.read(tmp_path / "m.json") == {"x": (4.0,), "z": (3.0,)}


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.json"
    presets.write(file, "m", {"x": (1.0,)})
    before = file.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        presets.write(file, "m", {"x": (2.0,)})
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_many_saves_are_written_in_order_and_off_the_event_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    write = presets.write

    def watched(*args: Any) -> None:
        threads.append(threading.get_ident())
        write(*args)

    monkeypatch.setattr(presets, "write", watched)

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        for i in range(200):
            kept.save("m", "x", (float(i),))
        await kept.close()

    run(body)
    assert presets.read(tmp_path / "m.json") == {"x": (199.0,)}
    assert len(threads) < 20, "what waits is written together"
    assert threading.get_ident() not in threads
