"""Finding the sound that /encode names."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from oscvae.daemon.encoder import Encoder
from oscvae.errors import CommandError
from oscvae.play.models import Loaded

SOON_S = 30.0


def a_model() -> Loaded:
    """As far as it is asked before the sound is found."""
    return cast(Loaded, SimpleNamespace(name="small", waiting=0, decoder=SimpleNamespace(encodes=True)))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nothing.wav", "no sound 'nothing.wav' in"),
        ("inside", "no sound 'inside' in"),
        ("out.wav", "'out.wav' leads out of"),
        ("round.wav", "'round.wav' cannot be read"),
        ("", "a sound is named by its path inside"),
        ("../x.wav", "a sound is named by its path inside"),
        ("/etc/passwd", "a sound is named by its path inside"),
        ("a\0b", "a sound is named by its path inside"),
        ("x" * 300, "cannot be read"),
    ],
)
def test_a_sound_that_is_none_is_one_clear_answer(tmp_path: Path, name: str, why: str) -> None:
    sounds = tmp_path / "sounds"
    (sounds / "inside").mkdir(parents=True)
    (tmp_path / "secret.wav").write_bytes(b"x")
    (sounds / "out.wav").symlink_to(tmp_path / "secret.wav")
    (sounds / "round.wav").symlink_to("round.wav")
    loaded = a_model()
    with pytest.raises(CommandError) as refused:
        asyncio.run(Encoder(sounds).encode(name, loaded))
    assert why in str(refused.value) and "\n" not in str(refused.value)
    assert loaded.waiting == 0


def test_a_slow_disk_holds_no_clock_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk answers only once the event clock has moved on."""
    moved_on = threading.Event()
    answers: list[bool] = []
    resolve = Path.resolve

    def slowly(path: Path, strict: bool = False) -> Path:
        answers.append(moved_on.wait(SOON_S))
        return resolve(path, strict)

    async def body() -> None:
        asking = asyncio.create_task(Encoder(tmp_path).encode("nothing.wav", a_model()))
        while not answers and not asking.done():
            await asyncio.sleep(0.01)
            moved_on.set()
        with pytest.raises(CommandError, match="no sound"):
            await asking

    with monkeypatch.context() as patched:
        patched.setattr(Path, "resolve", slowly)
        asyncio.run(body())
    assert answers and all(answers), "the event clock waited for the disk"
