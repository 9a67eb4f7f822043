"""MIDI learn: a controller is bound to what is moved next, kept in a file, and read again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from oscvae.errors import CommandError
from oscvae.midi import learn as module
from oscvae.midi.learn import Controllers, read, read_rules
from oscvae.osc.binding import Binding
from oscvae.osc.packets import Message
from oscvae.settings.sections import MidiRule

# -- what is learnt ----------------------------------------------------------------------------------------------------


def test_learning_binds_what_is_moved_next_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "learnt.json"

    async def body() -> None:
        kept = Controllers(read_rules({1: MidiRule(to="/unit/1")}), file)
        await kept.open()
        assert kept.moved(20, 127) is None
        moved = kept.learn("/unit/3")
        assert kept.moved(32, 1) is None, "a bank select is not learnt"
        assert not moved.done()
        assert kept.moved(20, 127) == Message("/unit/3", (1.0,))
        assert await moved == 20
        again = kept.learn("/unit/3")
        assert kept.moved(1, 0) == Message("/unit/3", (0.0,)), "what is learnt goes before the configuration"
        assert await again == 1
        assert kept.moved(20, 5) is None, "an address has one learnt controller"
        await kept.keep()
        await kept.close()

        other = Controllers(read_rules({1: MidiRule(to="/unit/1")}), file)
        await other.open()
        assert other.moved(1, 127) == Message("/unit/3", (1.0,))
        with pytest.raises(CommandError, match="no controller has learnt /gain"):
            other.forget("/gain")
        other.forget("1")
        assert other.moved(1, 127) == Message("/unit/1", (1.0,)), "the configuration is back"
        other.forget()
        await other.keep()

    asyncio.run(body())
    assert json.loads(file.read_text()) == {"format": 1, "controllers": {}}
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_learning_ends_unlearnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        kept = Controllers({}, tmp_path / "learnt.json")
        first = kept.learn("/unit/1")
        with pytest.raises(CommandError, match="did you mean /gain"):
            kept.learn("/gian")
        assert not first.done(), "a mistake supersedes nothing"
        second = kept.learn("/unit/2")
        with pytest.raises(CommandError, match="superseded"):
            await first
        kept.cancel()
        with pytest.raises(CommandError, match="cancelled"):
            await second
        kept.cancel()
        monkeypatch.setattr(module, "LEARN_S", 0.01)
        with pytest.raises(CommandError, match="no controller was moved"):
            await kept.learn("/unit/1")
        assert kept.moved(20, 1) is None

    asyncio.run(body())


def test_what_cannot_be_written_is_not_learnt(tmp_path: Path) -> None:
    folder = tmp_path / "midi"

    async def body() -> None:
        kept = Controllers({}, folder / "learnt.json")
        moved = kept.learn("/unit/1")
        kept.moved(20, 0)
        assert await moved == 20
        await kept.keep()
        folder.rename(tmp_path / "away")
        folder.write_text("in the way")
        kept.learn("/unit/2")
        assert kept.moved(21, 127) == Message("/unit/2", (1.0,)), "until it is known"
        kept.forget("20")
        told = await asyncio.gather(kept.keep(), kept.keep(), return_exceptions=True)
        assert [type(error) for error in told] == [CommandError] * 2
        assert "cannot be written" in str(told[1])
        assert kept.moved(21, 127) is None
        assert kept.moved(20, 127) == Message("/unit/1", (1.0,)), "nor forgotten"
        folder.unlink()
        kept.learn("/unit/3")
        kept.moved(22, 0)
        await kept.keep()

    asyncio.run(body())
    assert read(folder / "learnt.json") == {n: Binding(f"/unit/{to}", 0.0, 1.0) for n, to in ((20, 1), (22, 3))}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 2, "controllers": {}}',
        '{"format": 1}',
        '{"format": 1, "controllers": {"a": "/unit/1"}}',
        '{"format": 1, "controllers": {"200": "/unit/1"}}',
        '{"format": 1, "controllers": {"1": "/play"}}',
        '{"format": 1, "controllers": {"1": 5}}',
    ],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str) -> None:
    file = tmp_path / "learnt.json"
    file.write_text(text)
    assert read(file) == {}
    assert (tmp_path / "learnt.json.damaged-1").read_text() == text
    file.write_text('{"format": 1, "controllers": {"74": "/unit/2"}}')
    assert read(file) == {74: Binding("/unit/2", 0.0, 1.0)}
