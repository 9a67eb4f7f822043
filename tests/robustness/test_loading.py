"""Models that are broken or never answer: /load says why, what sounds goes on, and nothing is left of them."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from pathlib import Path

import psutil
import pytest

from oscvae.decode import decoder
from oscvae.errors import DecoderError, OscvaeError
from oscvae.osc.packets import Message
from oscvae.osc.parse import NO_MODEL
from oscvae.play.models.manager import ModelManager
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from parts import SOAK
from parts.daemon import READY_TIMEOUT_S, Daemon, decoders_of
from parts.models import REFUSED, TRAP
from parts.waiting import until
from robustness.rig import SOON_S, Rig

# each is a process that imports torch: these in the soak only
SLOW = ("complex", "other arguments", "gluttonous", "document only", "no tensor")
GROWTH_BYTES = 16 << 20


@pytest.mark.soak
@pytest.mark.parametrize("name", REFUSED if SOAK else [name for name in REFUSED if name not in SLOW])
def test_a_bad_model_is_one_clear_answer(shared_rig: Rig, name: str) -> None:
    rig = shared_rig
    rig.client.send("/stretch", 4.0)
    rig.client.send("/voice/new", 1, 50, 0.1, 0.1)  # 40 s
    assert until(lambda: rig.sounding >= 1, SOON_S)
    why = rig.refusal("/load", name)
    assert REFUSED[name][1] in why
    assert "\n" not in why and "Traceback" not in why
    assert not [reply for reply in rig.client.drain() if reply[0] == "/fail"], "it is answered twice"
    assert rig.sounding >= 1, "what sounded is gone"
    assert rig.sounds()
    assert rig.status().model == "honest"
    assert rig.has_one_decoder(), "a process is left of it"


@pytest.mark.parametrize(
    "name",
    ["", "..", "../honest", "honest.ts/../honest", "/etc/passwd", "honest.ts", "a/b", "\0", "x" * 300, "nothing"],
)
def test_a_name_that_is_none_is_one_clear_answer(shared_rig: Rig, name: str) -> None:
    assert shared_rig.refusal("/load", name)
    assert shared_rig.sounds() and shared_rig.status().model == "honest"


def test_a_daemon_whose_model_is_not_there_says_so_and_plays_another(model_folder: Path) -> None:
    with Daemon("audio.backend=silent", f"model.folder={model_folder}", "model.name=nope") as daemon:
        client = daemon.client
        assert until(lambda: " ready in " in daemon.log, READY_TIMEOUT_S), daemon.log
        warning = next(line for line in daemon.log.splitlines() if " error " in line)
        why = f"model.name nope: {model_folder / 'nope.ts'}: no such model file, the folder holds a link out, "
        assert f"no model to play, notes are /fail until one is loaded: {why}" in warning
        told = daemon.status()
        assert (told.model, told.dims, told.model_rate) == ("", 0, 0.0)
        kept = ("/model", "/presets", "/preset/save here", "/preset/recall here", "/preset/delete here")
        notes = ("/play 60 0 0", "/voice/new 1 60 0 0 0", "/interp 60 1 0 0 1 1", "/note 60 100")
        cursor = ("/z 0 0", "/z/9 0", "/unit/1 0", "/unit/9 0", "/pad/3 0 0", "/glide 1 0 0")
        for words in (*kept, *notes, *cursor):
            address, *args = words.split()
            numbers = [int(arg) if arg.isdecimal() else arg for arg in args]
            answer = client.ask(address, *numbers, timeout_s=SOON_S)
            assert answer == ("/fail", (address, NO_MODEL)), words
        loaded = client.ask("/load", "honest", answer=("/done",), timeout_s=SOON_S)
        assert loaded is not None and loaded[0] == "/done", daemon.log
        client.send("/notify", 1)
        client.send("/play", 60, 0, 0)
        heard = client.wait_for("/voice/on", "/fail", timeout_s=SOON_S)
        assert heard is not None and heard[0] == "/voice/on", heard


def test_a_model_that_never_answers_gives_way_to_the_next(rig: Rig) -> None:
    client = rig.client
    client.send("/load", "endless")
    assert until(lambda: len(rig.daemon.decoders()) == 2, SOON_S)
    time.sleep(2.5)  # it is loaded by now, and computes
    assert rig.sounds()
    began = time.monotonic()
    client.send("/load", "plucked")
    replies = [client.wait_for("/done", "/fail", timeout_s=60.0) for _ in range(2)]
    assert replies[0] == ("/fail", ("/load", "superseded"))
    assert replies[1] is not None and replies[1][:1] + replies[1][1][:2] == ("/done", "/load", "plucked")
    assert time.monotonic() - began < 50.0, "it waited for the one that hangs"
    assert rig.has_one_decoder()


def test_a_newer_load_supersedes_an_older(rig: Rig) -> None:
    rig.client.send("/load", "plucked")
    time.sleep(0.05)
    rig.client.send("/load", "plucked")
    first, second = (rig.client.wait_for("/done", "/fail", timeout_s=SOON_S) for _ in range(2))
    assert first == ("/fail", ("/load", "superseded"))
    assert second is not None and second[0] == "/done" and second[1][:3] == ("/load", "plucked", 4)
    assert rig.status().model == "plucked"


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="takes its whole time-out")
def test_a_model_that_never_answers_is_refused_in_the_end(rig: Rig) -> None:
    why = rig.refusal("/load", "endless", timeout_s=120.0)
    assert "did not decode a note within" in why
    assert rig.sounds()


def children() -> set[psutil.Process]:
    return set(decoders_of(os.getpid()))


def test_a_load_that_times_out_leaves_no_process(manager: ModelManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "ANSWER_TIMEOUT_S", 0.5)
    before = children()
    with pytest.raises(DecoderError, match=r"endless.ts: did not decode a note within 0 s|within 1 s"):
        manager.open("endless")
    assert until(lambda: children() == before, SOON_S)
    assert asyncio.run(manager.load("honest")).name == "honest"
    manager._contexts.close()


def test_a_killed_load_is_one_clear_answer(manager: ModelManager) -> None:
    async def body() -> None:
        known = children()
        loading = asyncio.create_task(manager.load("endless"))
        while not children() - known:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        for process in children() - known:
            process.kill()
        with pytest.raises(DecoderError, match="was killed by signal 9 while loading"):
            await loading

    asyncio.run(body())
    assert manager.current is None


def test_loads_leave_no_descriptor_behind(manager: ModelManager) -> None:
    def descriptors() -> int:
        return psutil.Process().num_fds()

    def load_all() -> None:
        for name in ("wrong shape", "noise", "nothing"):
            with pytest.raises(OscvaeError):
                manager.open(name)
        manager.open("honest").decoder.close()

    load_all()
    gc.collect()  # tests before this one may have left some, which go at any moment
    before = descriptors()
    load_all()
    gc.collect()
    assert descriptors() <= before


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="a few loads say little")
def test_loads_leave_no_memory_behind(rig: Rig) -> None:
    """With the collector off, as it is while anything sounds: a circle of objects would keep 30 MB a load."""
    rig.client.send("/stretch", 4.0)
    resident = 0
    turns = 40
    for turn in range(turns):
        z = [0.1] * (4 if rig.status().model == "plucked" else 2)
        rig.client.send("/play", 60, *z, 0.8, 3.0)  # over a swap or two: at most eight models may sound
        rig.load(("plucked", "honest")[turn % 2])
        rig.ask("/load", "wrong shape" if turn % 4 else "noise")
        if turn == 1:
            assert rig.has_one_decoder()
            resident = rig.daemon.resident_bytes()
    rig.client.send("/panic")
    assert rig.has_one_decoder()
    # a context's memory goes when the renderer has let go of it, which may be after its decoder has left
    settled = until(lambda: rig.daemon.resident_bytes() - resident < GROWTH_BYTES, SOON_S)
    grown = rig.daemon.resident_bytes() - resident
    assert settled, f"{grown / 2**20:.1f} MiB in {turns - 2} loads"


@pytest.mark.parametrize(
    ("name", "why"), [("not a number", "not finite"), ("raising trap", "failed"), ("short", "failed")]
)
def test_a_note_that_cannot_be_decoded_is_answered(rig: Rig, name: str, why: str) -> None:
    rig.load(name)
    rig.forget()
    process = rig.decoder()
    rig.hold(2)
    rig.client.send("/stretch", 1.0)
    text = rig.refusal("/play", 60, TRAP + 1.0, 0.0)
    assert why in text and name in text
    rig.client.send("/z", TRAP + 1.0, 0.0)  # what sounds stays as it is
    rig.client.send_bundle([("/play", 60, 0.1, 0.0), ("/play", 62, TRAP + 1.0, 0.0), ("/play", 64, 0.2, 0.0)])
    assert rig.client.wait_for("/fail", timeout_s=10.0) is not None
    assert until(lambda: rig.sounding == 4, SOON_S), "the others of its bundle do not sound"
    assert rig.sounds()
    assert rig.decoder() == process


def test_a_bundle_does_not_wait_for_a_note_that_failed(model_folder: Path) -> None:
    engine = OfflineEngine(load_config(None, [f"model.folder={model_folder}", 'model.name="not a number"']), 48_000)
    try:
        engine.render_block(64)
        for order in ((0, 1, 2), (1, 0, 2), (2, 1, 0)):
            first = engine.timeline.frame
            played = [("/play", (60 + i, TRAP + 1.0 if i == 0 else 0.1, 0.0, 0.8, 0.01)) for i in order]
            engine.execute([Message(address, args) for address, args in played])
            engine.render_block(64)
            onsets = [int(engine.engine.voices[voice.slot][at.V_ONSET_FRAME]) for voice in engine.pool]
            assert onsets == [first, first]
            assert "not finite" in engine.errors.pop() and engine.errors == []
            while not engine.pool.idle:
                engine.render_block(512)
            assert engine.models.current is not None
            assert len(engine.models.current.decoder.free_blocks) == engine.models.current.decoder.n_blocks
    finally:
        engine.close()
