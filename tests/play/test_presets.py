"""Presets: known at once, on disk soon and whole, never lost."""

from __future__ import annotations

import asyncio
import json
import math
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oscvae.errors import CommandError
from oscvae.files import NAME_BYTES
from oscvae.model.detail import checked
from oscvae.play import presets
from oscvae.play.presets import Preset, Presets, file_name
from oscvae.settings import disk

DETAIL = {"note": 60, "share": 1.0, "elsewhere": 0.5, "numbers": [3.0, -2.0, 0.0, 1.0, 0.0, 0.0, -9.5, 0.25]}
NOT_PRESETS = [
    "",
    "{",
    "[]",
    "null",
    '{"format": 5, "presets": {}}',
    '{"format": 4, "presets": {"a": {"z": [1], "mode": "duo"}}}',
    '{"format": 4, "presets": {"a": {"z": [1], "mode": 1}}}',
    '{"format": 4, "presets": {"a": {"z": [1], "portamento": "1"}}}',
    *(
        json.dumps({"format": 3, "presets": {"a": {"z": [1], "detail": wrong}}})
        for wrong in (
            {},
            [1],
            [DETAIL] * 5,
            [{**DETAIL, "more": 1}],
            [{key: value for key, value in DETAIL.items() if key != "share"}],
            *([{**DETAIL, key: value}] for key in DETAIL for value in (None, "1", -1, 1e9, True, 10**400, [math.nan])),
            [{**DETAIL, "numbers": [0.0] * 7}],
            [{**DETAIL, "numbers": [0.0] * 514}],
            [{**DETAIL, "numbers": [24.1] + [0.0] * 7}],
            [{**DETAIL, "note": 1.5}],
            [{**DETAIL, "share": 0}],
        )
    ),
    '{"format": 2, "presets": {"a": {"attack": 1}}}',
    '{"format": 2, "presets": {"a": {"z": [1], "gain": 1}}}',
    '{"format": 2, "presets": {"a": {"z": [1], "attack": "1"}}}',
    '{"format": 2, "presets": {"a": {"z": [1], "macros": [1]}}}',
    '{"format": 2, "presets": {"a": {"z": [1], "macros": {"soften": NaN}}}}',
    '{"format": 1}',
    '{"format": 1, "presets": {"a": 3}}',
    '{"format": 1, "presets": {"a": [true]}}',
    '{"format": 1, "presets": {"a": [NaN]}}',
    '{"format": 1, "presets": {"": [1]}}',
    "[" * 100_000,
    "\x00\xff",
]


SOON_S = 30.0


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_a_preset_is_known_at_once_and_on_disk_when_done(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Presets(tmp_path / "new" / "folder")
        await kept.open("plucked")
        task = kept.save("plucked", "dark", Preset((0.5, -1, 0, 2)))
        assert kept.find("plucked", "dark", 4).z == (0.5, -1.0, 0.0, 2.0)
        await task
        await kept.save("plucked", "bright é", Preset((1, 2, 3, 4)))
        again = Presets(tmp_path / "new" / "folder")
        await again.open("plucked")
        assert again.names("plucked") == ["bright é", "dark"]
        assert again.find("plucked", "bright é", 4).z == (1.0, 2.0, 3.0, 4.0)
        await again.delete("plucked", "dark")
        assert again.names("plucked") == ["bright é"]
        await kept.close()

    run(body)
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert file.name == "plucked.json"
    assert json.loads(file.read_text()) == {"format": 1, "model": "plucked", "presets": {"bright é": [1, 2, 3, 4]}}


def test_what_a_preset_holds_besides_its_point_is_kept(tmp_path: Path) -> None:
    full = Preset((1.0, 2.0), {"attack": 0.1, "release": 0.5, "stretch": 2.0}, {"soften": 0.25})

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        await kept.save("m", "dark", Preset((3.0, 4.0)))
        await kept.save("m", "full", full)
        again = Presets(tmp_path)
        await again.open("m")
        assert (again.find("m", "full", 2), again.find("m", "dark", 2)) == (full, Preset((3.0, 4.0)))
        assert json.loads((tmp_path / "m.json").read_text()) == {
            "format": 2,
            "model": "m",
            "presets": {
                "dark": [3, 4],
                "full": {"z": [1, 2], "attack": 0.1, "release": 0.5, "stretch": 2, "macros": {"soften": 0.25}},
            },
        }
        await again.delete("m", "full")

    run(body)
    assert json.loads((tmp_path / "m.json").read_text())["format"] == 1, "what older programs read"


def test_how_keys_play_is_kept_and_what_older_programs_know_is_written_as_before(tmp_path: Path) -> None:
    lead = Preset((1.0,), {"attack": 0.0, "release": 0.5, "stretch": 1.0, "portamento": 0.2}, mode="legato")

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        await kept.save("m", "lead", lead)
        again = Presets(tmp_path)
        await again.open("m")
        assert again.find("m", "lead", 1) == lead
        written = json.loads((tmp_path / "m.json").read_text())
        assert written["format"] == 4
        assert (written["presets"]["lead"]["mode"], written["presets"]["lead"]["portamento"]) == ("legato", 0.2)
        await again.save("m", "lead", replace(lead, sound={"attack": 0.0, "release": 0.5, "stretch": 1.0}, mode=""))

    run(body)
    assert json.loads((tmp_path / "m.json").read_text())["format"] == 2


def test_two_spellings_are_one_preset(tmp_path: Path) -> None:
    one, two = "caf\u00e9", "cafe\u0301"
    (tmp_path / "m.json").write_text(json.dumps({"format": 1, "model": "m", "presets": {two: [1.0]}}))

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        assert kept.names("m") == [one]
        assert kept.find("m", one, 1) == kept.find("m", two, 1) == Preset((1.0,))
        await kept.save("m", two, Preset((2.0,)))
        assert kept.find("m", one, 1) == Preset((2.0,))
        await kept.delete("m", two)
        assert kept.names("m") == []

    run(body)


def test_models_have_their_own(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Presets(tmp_path)
        for model in ("a", "b", "../c"):
            await kept.open(model)
            await kept.save(model, "x", Preset((1.0,)))
        await kept.delete("a", "x")
        assert (kept.names("a"), kept.names("b"), kept.names("never opened")) == ([], ["x"], [])

    run(body)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["..%2Fc.json", "a.json", "b.json"]


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        await kept.save("m", "x", Preset((1.0, 2.0)))
        with pytest.raises(CommandError, match="no preset 'y' for m"):
            kept.find("m", "y", 2)
        with pytest.raises(CommandError, match="no preset 'y'"):
            kept.delete("m", "y")
        with pytest.raises(CommandError, match="2 dimensions, m has 4"):
            kept.find("m", "x", 4)

    run(body)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\0", "x" * 65])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    async def body() -> None:
        with pytest.raises(CommandError, match="1 to 64 printable"):
            Presets(tmp_path).save("m", name, Preset((1.0,)))

    run(body)
    assert list(tmp_path.iterdir()) == []


def test_a_preset_keeps_its_detail(tmp_path: Path) -> None:
    """To a hundredth of a dB."""
    detail = checked(61, [1.234, -24.0, 0.0, 7.0, 0.0, 120.0], 0.25)

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        await kept.save("m", "mine", Preset((1.0,), {"attack": 0.1}, {}, ((detail, 0.75), (detail, 0.25))))
        again = Presets(tmp_path)
        await again.open("m")
        mine = again.find("m", "mine", 1)
        assert (mine.z, mine.sound, [share for _, share in mine.detail]) == ((1.0,), {"attack": 0.1}, [0.75, 0.25])
        assert [(part.note, part.elsewhere) for part, _ in mine.detail] == [(61, 0.25)] * 2
        assert mine.detail[0][0].numbers.tolist() == [pytest.approx([1.23, -24.0, 0.0]), [7.0, 0.0, 120.0]]
        await again.delete("m", "mine")
        await again.save("m", "point", Preset((1.0,)))

    run(body)
    assert json.loads((tmp_path / "m.json").read_text())["format"] == 1, "older programs read it"


@pytest.mark.parametrize("text", NOT_PRESETS, ids=range(len(NOT_PRESETS)))
def test_a_damaged_file_is_kept_aside(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "m.json"
    file.write_bytes(text.encode("latin-1"))
    (tmp_path / "m.json.damaged-1").write_text("older")

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        assert kept.names("m") == []
        await kept.save("m", "x", Preset((1.0,)))

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
            kept.save("m", "x", Preset((1.0,)))
        await kept.open("m")
        assert kept.names("m") == []
        with pytest.raises(CommandError, match="have not been read"):
            kept.save("m", "x", Preset((1.0,)))
        (tmp_path / "m.json").rmdir()
        await kept.open("m")
        await kept.save("m", "x", Preset((1.0,)))

    run(body)
    assert "cannot be read" in caplog.text


def test_what_cannot_be_written_is_taken_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "folder"

    async def body() -> None:
        kept = Presets(folder)
        await kept.open("m")
        await kept.save("m", "x", Preset((1.0,)))
        folder.rename(tmp_path / "away")
        folder.write_text("in the way")
        changes = [kept.save("m", "x", Preset((2.0,))), kept.save("m", "y", Preset((3.0,))), kept.delete("m", "x")]
        assert kept.names("m") == ["y"], "until it is known"
        for change in changes:
            with pytest.raises(CommandError, match="presets cannot be written"):
                await change
        assert (kept.names("m"), kept.find("m", "x", 1).z) == (["x"], (1.0,))
        folder.unlink()
        (tmp_path / "away").rename(folder)
        await kept.save("m", "z", Preset((4.0,)))

    run(body)
    assert presets.read(folder / "m.json") == {"x": Preset((1.0,)), "z": Preset((4.0,))}
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
        await kept.save("m", "x", Preset((1.0,)))
        monkeypatch.setattr(presets, "write", full)
        refused = kept.save("m", "y", Preset((2.0,)))
        await asyncio.to_thread(begun.wait)
        later = [kept.save("m", "z", Preset((3.0,))), kept.delete("m", "y"), kept.save("m", "x", Preset((4.0,)))]
        go_on.set()
        with pytest.raises(CommandError, match="No space left"):
            await refused
        await asyncio.gather(*later)
        assert (kept.names("m"), kept.find("m", "x", 1).z) == (["x", "z"], (4.0,))

    run(body)
    assert presets.read(tmp_path / "m.json") == {"x": Preset((4.0,)), "z": Preset((3.0,))}


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.json"
    presets.write(file, "m", {"x": Preset((1.0,))})
    before = file.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        presets.write(file, "m", {"x": Preset((2.0,))})
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
            kept.save("m", "x", Preset((float(i),)))
        await kept.close()

    run(body)
    assert presets.read(tmp_path / "m.json") == {"x": Preset((199.0,))}
    assert len(threads) < 20, "what waits is written together"
    assert threading.get_ident() not in threads


def test_a_file_that_is_a_fifo_hangs_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "other.json")

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("other")
        with pytest.raises(CommandError, match=r"presets of other have not been read: .* not a file but a FIFO"):
            kept.save("other", "x", Preset((1.0,)))
        await kept.open("m")
        await kept.save("m", "x", Preset((1.0,)))

    run(body)


@pytest.mark.parametrize("model", ["琴" * 29, "é" * 126, "%" * 128, "x" * 128])
def test_a_long_name_keeps_presets(tmp_path: Path, model: str) -> None:
    other = model[:-1] + "y"

    async def body() -> None:
        kept = Presets(tmp_path)
        for name in (model, other):
            await kept.open(name)
            await kept.save(name, "x", Preset((float(len(name)),)))
        again = Presets(tmp_path)
        await again.open(model)
        assert again.names(model) == ["x"]
        (tmp_path / file_name(model)).write_text("damaged")
        damaged = Presets(tmp_path)
        await damaged.open(model)
        assert damaged.names(model) == []

    run(body)
    assert len({file_name(model), file_name(other)}) == 2
    assert all(len(file.name.encode()) <= NAME_BYTES for file in tmp_path.iterdir())


def test_names_that_fit_are_where_they_were() -> None:
    assert file_name("my model (2)") == "my model (2).json"
    assert file_name("x" * 240) == "x" * 240 + ".json"
    assert file_name("x" * 241).startswith("x" * 200 + "-")


class Stuck:
    """What hangs for one model, and goes on when it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, work: str, stem: str) -> None:
        self.goes_on = threading.Event()
        self.asked: list[tuple[Any, ...]] = []
        done = getattr(presets, work)

        def slowly(file: Path, *args: Any) -> Any:
            if file.stem == stem:
                self.asked.append(args)
                assert self.goes_on.wait(SOON_S)
            return done(file, *args)

        monkeypatch.setattr(presets, work, slowly)
        monkeypatch.setattr(disk, "ANSWER_S", 0.2)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Stuck]]:
    made: list[Stuck] = []

    def make(work: str, stem: str) -> Stuck:
        made.append(Stuck(monkeypatch, work, stem))
        return made[-1]

    yield make
    for one in made:
        one.goes_on.set()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.001)


def test_one_models_presets_that_hang_hold_up_no_others(
    tmp_path: Path, stuck: Callable[[str, str], Stuck], caplog: pytest.LogCaptureFixture
) -> None:
    presets.write(tmp_path / "a.json", "a", {"old": Preset((1.0,))})
    reading = stuck("read", "a")

    async def body() -> None:
        kept = Presets(tmp_path)
        opening = asyncio.create_task(kept.open("a"))
        await asyncio.sleep(0)
        await kept.open("b")
        await kept.save("b", "x", Preset((1.0,)))
        assert not opening.done()
        await opening
        for ask in (
            lambda: kept.save("a", "x", Preset((1.0,))),
            lambda: kept.delete("a", "x"),
            lambda: kept.find("a", "x", 1),
        ):
            with pytest.raises(
                CommandError, match="presets of a have not been read: the presets folder did not answer"
            ):
                ask()
        reading.goes_on.set()
        await until(lambda: kept.names("a") == ["old"])
        await kept.save("a", "new", Preset((2.0,)))

    run(body)
    assert presets.read(tmp_path / "a.json") == {"old": Preset((1.0,)), "new": Preset((2.0,))}
    assert caplog.text.count("a has no presets, and takes none: the presets folder did not answer") == 1


def test_presets_that_can_be_read_again_are(tmp_path: Path) -> None:
    (tmp_path / "m.json").mkdir()

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        (tmp_path / "m.json").rmdir()
        presets.write(tmp_path / "m.json", "m", {"old": Preset((1.0,))})
        with pytest.raises(CommandError, match="have not been read"):
            kept.find("m", "old", 1)
        await until(lambda: kept.names("m") == ["old"])

    run(body)


def test_what_was_refused_is_not_there_tomorrow_though_the_disk_wakes_up(
    tmp_path: Path, stuck: Callable[[str, str], Stuck]
) -> None:
    presets.write(tmp_path / "m.json", "m", {"old": Preset((1.0,))})
    writing = stuck("write", "m")

    async def body() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        with pytest.raises(CommandError, match="presets cannot be written: the presets folder did not answer"):
            await kept.save("m", "x", Preset((2.0,)))
        with pytest.raises(CommandError, match="presets cannot be written: busy"):
            await kept.delete("m", "old")
        assert kept.names("m") == ["old"]
        writing.goes_on.set()
        await until(lambda: "m" not in kept._disk._hanging)
        await kept.close()
        assert [sorted(points) for _, points in writing.asked] == [["old", "x"], ["old"]]
        assert presets.read(tmp_path / "m.json") == {"old": Preset((1.0,))}
        await kept.save("m", "y", Preset((3.0,)))

    run(body)
    assert presets.read(tmp_path / "m.json") == {"old": Preset((1.0,)), "y": Preset((3.0,))}


def test_presets_of_another_version_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def save() -> None:
        kept = Presets(tmp_path)
        await kept.open("m")
        for name, version in (("old", "3.1"), ("older", "2.0"), ("new", "4.0"), ("unknown", "")):
            await kept.save("m", name, Preset((1.0,), version=version))
        await kept.close()

    async def load(version: str) -> str:
        caplog.clear()
        again = Presets(tmp_path)
        await again.open("m")
        again.say_foreign("m", version)
        assert again.names("m") == ["new", "old", "older", "unknown"]
        return caplog.text

    asyncio.run(save())
    said = asyncio.run(load("4.1"))
    assert "2 presets were saved with m 2.0 and 3.1" in said and "'old', 'older'" in said and "'new'" not in said
    (tmp_path / "m.json").write_text(
        (tmp_path / "m.json").read_text().replace('"2.0"', '"4.2"').replace('"3.1"', '"4"')
    )
    assert asyncio.run(load("4.1")) == ""
