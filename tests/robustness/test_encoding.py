"""Encodings that take long, or whose decoder leaves: no note waits for one, and each is answered."""

from __future__ import annotations

import asyncio
import os
import select
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oscvae.daemon import encoder
from oscvae.daemon.encoder import Encoded, Encoder
from oscvae.decode.wire import ENCODE, NOTE_ON, RECORD, Request
from oscvae.errors import BusyError, CommandError
from oscvae.model.document import ModelDocument
from oscvae.play.listener import Listener
from oscvae.play.models import contexts
from oscvae.play.models.loaded import Loaded
from oscvae.play.models.manager import ModelManager
from parts.knotted import BANDS, FRAMES, write_both
from parts.models import EndlessEncoder, SlowEncoder, write
from parts.waiting import until
from robustness.rig import SOON_S, Rig


def test_an_encoding_survives_a_load(rig: Rig) -> None:
    rig.load("plucked")
    rig.client.send("/encode", "tone.wav")
    rig.client.send("/load", "honest")
    answers: dict[str, Any] = {}
    while len(answers) < 2:
        reply = rig.client.wait_for("/done", "/fail", timeout_s=60.0)
        assert reply is not None and reply[0] == "/done", (reply, answers)
        answers[reply[1][0]] = reply[1][1:]
    assert answers["/load"][0] == "honest"
    name, note, *z, handle, distance_db, _ = answers["/encode"]
    assert (name, note, len(z), handle) == ("tone.wav", 57.0, 4, "tone") and distance_db > 0.0
    assert rig.has_one_decoder(), "the decoder that has encoded stays"


def test_no_note_waits_for_an_encoding(manager: ModelManager, model_folder: Path) -> None:
    write(model_folder / "slow encoder.ts", SlowEncoder())
    loaded = manager.open("slow encoder")
    try:
        asked = loaded.decoder
        assert asked.send(Request(ENCODE, 0, 1, 0, 0, 60, ()))
        for _ in range(3):
            assert asked.send(Request(NOTE_ON, 0, 1, 1, 0, 60, (0.0, 0.0)))
            assert select.select([asked.pipe_fd], [], [], SOON_S)[0]
            assert len(os.read(asked.pipe_fd, RECORD.size)) == RECORD.size
        assert asked.receive(0.0) is None, "it was encoded before the notes were decoded"
        asked.dismiss()
        notice = asked.receive(SOON_S)
        assert notice is not None and notice["encoded"] == 1, "a decoder finishes what it was asked"
        assert until(lambda: not asked.running(), SOON_S)
    finally:
        loaded.decoder.close()


def encoder_of(manager: ModelManager, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    """An encoder that takes any sound for noise, and so needs no time to analyse it."""

    async def noise(path: Path, document: ModelDocument, note: int | None) -> tuple[int, np.ndarray[Any, Any], str]:
        shape = document.frames, document.bands.n
        return 60, np.random.default_rng(1).uniform(-1.0, 0.0, shape).astype(np.float32), ""

    made = Encoder(manager._opener.folder)
    monkeypatch.setattr(made, "_analyse", noise)

    class Ears(Listener):
        def notice(self, notice: dict[str, Any]) -> None:
            made.notice(notice)

        def died(self, loaded: Loaded) -> None:
            made.lost(loaded)

    manager._listener = Ears()
    return made


def test_a_model_that_decodes_knots_hears_every_frame(
    manager: ModelManager, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_both(model_folder)

    async def body() -> Encoded:
        encodes = encoder_of(manager, monkeypatch)
        return await encodes.encode("tone.wav", await manager.load("knots"))

    try:
        note, z, *_ = asyncio.run(body())
    finally:
        manager._contexts.close()
    heard = np.random.default_rng(1).uniform(-1.0, 0.0, (FRAMES, BANDS)).astype(np.float32)
    assert (note, z) == (60, pytest.approx((heard[3, 0], heard[200, 0])))


async def watched(manager: ModelManager) -> None:
    while True:
        manager._contexts.watch()
        await asyncio.sleep(0.01)


def test_an_encoding_is_no_hang(manager: ModelManager, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes, its decoder plays; and it is given up, with those after it."""
    monkeypatch.setattr(contexts, "HANG_S", 0.1)
    monkeypatch.setattr(encoder, "TIMEOUT_S", 1.5)
    write(model_folder / "endless encoder.ts", EndlessEncoder())

    async def body() -> None:
        encodes = encoder_of(manager, monkeypatch)
        loaded = await manager.load("endless encoder")
        watching = asyncio.create_task(watched(manager))
        with pytest.raises(CommandError, match="did not encode within 2 s"):
            await encodes.encode("tone.wav", loaded)
        watching.cancel()
        asked = loaded.decoder
        assert asked.alive and asked.running(), "it was taken for one that hangs"
        assert asked.send(Request(NOTE_ON, 0, 1, 1, 0, 60, (0.0, 0.0)))
        assert select.select([asked.pipe_fd], [], [], SOON_S)[0], "no note is decoded any more"
        with pytest.raises(BusyError, match="still encodes an earlier sound"):
            await encodes.encode("tone.wav", loaded)

    try:
        asyncio.run(body())
    finally:
        manager._contexts.close()


def test_a_sound_is_encoded_once_an_earlier_is_done(
    manager: ModelManager, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(model_folder / "slow encoder.ts", SlowEncoder())

    async def body() -> None:
        encodes = encoder_of(manager, monkeypatch)
        loaded = await manager.load("slow encoder")
        with monkeypatch.context() as short:
            short.setattr(encoder, "TIMEOUT_S", 0.05)
            with pytest.raises(CommandError, match="did not encode"):
                await encodes._ask(loaded, Request(ENCODE, 0, 0, 0, 0, 60, ()), lambda to_encode: None)
        deadline = time.monotonic() + SOON_S
        while loaded.decoder.encoding and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        assert (await encodes.encode("tone.wav", loaded)).note == 60

    try:
        asyncio.run(body())
    finally:
        manager._contexts.close()


def test_an_encoding_ends_with_its_decoder(rig: Rig) -> None:
    rig.load("plucked")
    process = rig.decoder()
    process.suspend()
    rig.client.send("/encode", "tone.wav")
    time.sleep(2.0)
    began = time.monotonic()
    process.kill()
    reply = rig.client.wait_for("/done", "/fail", timeout_s=60.0)
    assert reply is not None and reply[0] == "/fail" and reply[1][0] == "/encode"
    assert time.monotonic() - began < 50.0, "it waited for an answer that could not come"
    assert until(rig.encodes, SOON_S)
