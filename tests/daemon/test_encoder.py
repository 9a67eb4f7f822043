"""Finding the sound that /encode names, and what a helper and a model may answer."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from oscvae.daemon import helper
from oscvae.daemon.encoder import Encoded, Encoder
from oscvae.decode.wire import Request
from oscvae.errors import CommandError
from oscvae.osc.parse import ModelInfo
from oscvae.play.models.manager import Loaded

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


class Model:
    """A model of two dimensions, 2 frames of 3 bands, whose decoder answers `notice` to whatever it is to encode."""

    def __init__(self, notice: dict[str, Any]) -> None:
        self.name = "small"
        self.waiting = 0
        self.decoder = self
        self.encodes = self.alive = True
        self.encoding = False
        self.to_encode = np.zeros((2, 3), np.float32)
        self.info = ModelInfo(dims=2, z_low=(-2.0, -2.0), z_high=(2.0, 2.0), note_min=40, note_max=80)
        self.document = SimpleNamespace(
            frames=2,
            bands=SimpleNamespace(n=3),
            note_min=40,
            note_max=80,
            model_dump_json=lambda: "{}",
            unlike=lambda mean: "far away" if max(mean) > 3.0 else "",
            within_reach=lambda mean: tuple(min(max(value, -2.0), 2.0) for value in mean),
        )
        self._notice = {"distance_db": 4.5, "detail": [0.0] * 6, **notice}
        self.listener: Encoder | None = None

    def send(self, request: Request) -> bool:
        assert self.listener is not None
        self.listener.notice({"encoded": request.generation, **self._notice})
        return True


def analysed(note: int = 60, x: Any = 0.5) -> bytes:
    return np.int64(note).tobytes() + np.full((2, 3), x, np.float32).tobytes()


def encode(
    folder: Path, monkeypatch: pytest.MonkeyPatch, notice: dict[str, Any], data: bytes = b"", errors: bytes = b""
) -> Encoded:
    """What a sound is encoded to whose helper answers `data`, and its decoder `notice`."""
    (folder / "tone.wav").write_bytes(b"a sound")

    async def answer(*_args: str, **_settings: Any) -> tuple[bytes, bytes]:
        return data or analysed(), errors

    monkeypatch.setattr(helper, "ask", answer)
    model = Model(notice)
    model.listener = Encoder(folder)
    try:
        return asyncio.run(model.listener.encode("tone.wav", cast(Loaded, model)))
    finally:
        assert model.waiting == 0


def test_what_a_model_makes_of_a_sound_is_clipped_to_its_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = encode(tmp_path, monkeypatch, {"mean": [0.25, 3], "detail": [1.0, 2.0, 3.0, -4.0, 5.0, 6.0]})
    assert encoded[:4] == (60, (0.25, 2.0), "", 4.5)
    assert (encoded.detail.note, encoded.detail.numbers.tolist()) == (60, [[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]])


def test_what_is_doubted_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = analysed() + b"it has no clear pitch"
    for mean, why in ((1.0, "it has no clear pitch"), (17.0, "it has no clear pitch; far away")):
        assert encode(tmp_path, monkeypatch, {"mean": [0.0, mean]}, said).doubt == why
    assert encode(tmp_path, monkeypatch, {"mean": [0.0, 17.0]}, errors=b"a library warns").doubt == "far away"


@pytest.mark.parametrize("name", ["caf\u00e9.wav", "cafe\u0301.wav"])
def test_a_sound_is_found_in_either_spelling(tmp_path: Path, name: str) -> None:
    (tmp_path / "cafe\u0301.wav").write_bytes(b"a sound")
    assert Encoder(tmp_path).path(name) == tmp_path.resolve() / "cafe\u0301.wav"


@pytest.mark.parametrize(
    "notice",
    [
        {"mean": [0.1, 0.2, 0.3]},
        {"mean": [0.1]},
        {"mean": []},
        {"mean": [[0.1, 0.2]]},
        {"mean": [0.1, float("nan")]},
        {"mean": [0.1, "0.2"]},
        {"mean": 0.5},
        {"mean": None},
        {},
        {"mean": [0.1, 0.2], "distance_db": None},
        {"mean": [0.1, 0.2], "distance_db": float("inf")},
        {"mean": [0.1, 0.2], "detail": None},
        {"mean": [0.1, 0.2], "detail": [0.0] * 5},
        {"mean": [0.1, 0.2], "detail": [0.0] * 8},
        {"mean": [0.1, 0.2], "detail": [0.0] * 5 + [float("nan")]},
        {"mean": [0.1, 0.2], "detail": [0.0] * 5 + [1e9]},
        {"mean": [0.1, 0.2], "detail": [25.0] + [0.0] * 5},
    ],
)
def test_a_model_that_answers_another_shape_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notice: dict[str, Any]
) -> None:
    with pytest.raises(CommandError, match=r"tone\.wav: the model 'small' makes nothing of it"):
        encode(tmp_path, monkeypatch, notice)


def test_notices_that_nobody_waits_for_are_dropped(tmp_path: Path) -> None:
    encoder = Encoder(tmp_path)
    for number in (1, None, [1], "1", 1.5):
        encoder.notice({"encoded": number, "mean": [0.0]})


@pytest.mark.parametrize(
    ("data", "errors", "why"),
    [
        (analysed()[:-1], b"", r"tone\.wav crashed its analysis"),
        (analysed() + b"x" * 201, b"", r"tone\.wav crashed its analysis"),
        (b"x", b"\nTraceback\ntone.wav: it is silent\n", r"^tone\.wav: it is silent$"),
        (analysed(note=39), b"", "its analysis answered nonsense"),
        (analysed(note=-(2**62)), b"", "its analysis answered nonsense"),
        (analysed(x=1.5), b"", "its analysis answered nonsense"),
        (analysed(x=np.nan), b"", "its analysis answered nonsense"),
    ],
)
def test_a_helper_that_answers_nonsense_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, errors: bytes, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        encode(tmp_path, monkeypatch, {"mean": [0.0, 0.0]}, data, errors)


def test_a_helper_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tone.wav").write_bytes(b"a sound")

    async def refuse(*_args: str, **_settings: Any) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(helper, "ask", refuse)
    with pytest.raises(CommandError, match=r"no process can be started for tone\.wav: Too many open files"):
        asyncio.run(Encoder(tmp_path).encode("tone.wav", cast(Loaded, Model({}))))
