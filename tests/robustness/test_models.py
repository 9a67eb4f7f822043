"""Models that are broken, and decoders that die, hang or are stopped: the daemon says so, and plays on."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from robustness.badmodels import (
    LOOP,
    NAN,
    RAISE,
    REFUSED,
    SHAPE,
    TRAP,
    Endless,
    EndlessEncoder,
    Honest,
    SlowEncoder,
    Trap,
    furnish,
    write,
)
from robustness.live import check_log, processes, resident_bytes, wait_until
from support import READY_TIMEOUT_S, ROOT, Daemon, OscClient

from oscvae.daemon import encoder
from oscvae.daemon.encoder import Encoder
from oscvae.decode import decoder
from oscvae.decode.wire import ENCODE, NOTE_ON, RECORD, Request
from oscvae.errors import BusyError, CommandError, DecoderError, OscvaeError
from oscvae.osc.packets import Message, encode_bundle, encode_message
from oscvae.osc.parse import NO_MODEL
from oscvae.osc.vocabulary import REPLY_BY_PATH
from oscvae.play import models
from oscvae.play.link import RendererLink
from oscvae.play.listener import Listener
from oscvae.play.loaded import Loaded
from oscvae.play.models import ModelManager
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.settings.sections import load_config
from oscvae.spectral.context import render_scratch_floats, sinc_table

SOAK = os.environ.get("OSCVAE_SOAK") == "1"
VOICES = 16
STATUS = [arg.name for arg in REPLY_BY_PATH["/status.reply"].args]
BUSY, SOUNDING, MODEL = 6, 0, 11  # places in /status.reply
# each is a process that imports torch: these in the soak only
SLOW = ("complex", "other arguments", "gluttonous", "bad encoder", "document only", "no tensor")
SOON_S = 60.0  # for what takes a moment, on a machine that is busy with something else
HANG_S = 60.0  # within which a decoder that hangs is ended, whoever ends it: the kernel or the daemon
GROWTH_BYTES = 16 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    furnish(made)
    for name, (make, _) in REFUSED.items():
        make(made / f"{name}.ts")
    write(made / "endless.ts", Endless())
    second = np.arange(48_000) / 48_000
    tone = sum(np.sin(2 * np.pi * 220 * k * second) / k for k in range(1, 12)) * np.exp(-4 * second)
    soundfile.write(made / "tone.wav", 0.3 * tone, 48_000)
    for name, kind in (("not a number", NAN), ("raising trap", RAISE), ("short", SHAPE), ("loop", LOOP)):
        write(made / f"{name}.ts", Trap(kind))
    return made


class Rig:
    """A daemon with the small honest model, and one client."""

    def __init__(self, folder: Path, *settings: str, environment: dict[str, str] | None = None) -> None:
        self.daemon = Daemon(
            "audio.backend=silent",
            f"engine.voices={VOICES}",
            f"model.folder={folder}",
            f"paths.sounds={folder}",
            "model.name=honest",
            "osc.errors_per_second=10000",
            *settings,
            environment=environment,
        )
        try:
            self.daemon.wait_ready()
        except BaseException:
            self.daemon.close()
            raise
        self._heard: Counter[str] = Counter()
        self._ids = itertools.count(1000)
        self.client = OscClient(self.daemon.port)
        self.ask("/notify", 1)

    def ask(self, address: str, *args: Any, timeout_s: float = 60.0) -> tuple[str, Any]:
        """/done or /fail, and what it says after the address."""
        self.client.send(address, *args)
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            reply = self.client.receive(left)
            if reply is not None and reply[0] in {"/done", "/fail"} and reply[1][0] == address:
                return reply[0], reply[1][1:]
        raise AssertionError(f"no answer to {address} {args}\n{self.daemon.log}")

    def load(self, name: str) -> None:
        answer = self.ask("/load", name)
        assert answer[0] == "/done" and answer[1][0] == name, answer

    def play(self, *, z: float = 0.1, note: float = 60.0, velocity: float = 0.8, seconds: float = 0.05) -> None:
        self.client.send("/play", note, z, 0.0, velocity, seconds)

    def hold(self, count: int) -> None:
        """Voices that sound for 40 s, and follow the cursor."""
        self.client.send("/stretch", 4.0)
        for i in range(count):
            self.client.send("/note", 45 + i, 100)
        assert wait_until(lambda: self.events()["/voice/on"] >= count, SOON_S)

    def events(self) -> Counter[str]:
        """What was heard since the last question, and counted in all."""
        self._heard.update(address for address, _ in self.client.drain())
        return self._heard

    def forget(self) -> None:
        self.client.drain()
        self._heard = Counter()

    def sounds(self) -> bool:
        """Whether a note that is played now is heard."""
        id_ = next(self._ids)
        self.client.send("/voice/new", id_, 60, 0.1, 0.1, 0.8, 0.05)
        while (reply := self.client.receive(10.0)) is not None:
            self._heard[reply[0]] += 1
            if reply[0] == "/fail" and reply[1][0] == "/voice/new":
                return False
            if reply[0] == "/voice/on" and reply[1][0] == id_:
                return True
        return False

    def encodes(self) -> bool:
        """Whether a sound is encoded now."""
        return self.ask("/encode", "tone.wav")[0] == "/done"

    @property
    def sounding(self) -> int:
        return int(self.daemon.status()[SOUNDING])

    def decoder(self) -> psutil.Process:
        """The one process there is, once the last one has left."""
        assert wait_until(lambda: len(processes(self.daemon)) == 1, HANG_S)
        return processes(self.daemon)[0]

    def said(self, text: str, timeout_s: float = SOON_S, times: int = 1) -> bool:
        """Whether the log says it so many times."""
        return wait_until(lambda: self.daemon.log.count(text) == times, timeout_s)

    def silent(self, timeout_s: float = SOON_S) -> bool:
        self.client.send("/sustain", 0)
        self.client.send("/stretch", 1.0)
        self.client.send("/stop")
        return wait_until(lambda: self.sounding == 0, timeout_s)

    def close(self) -> None:
        self.client.close()
        self.daemon.close()


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[Rig]:
    rig = Rig(folder)
    yield rig
    assert rig.daemon.process.poll() is None
    rig.client.close()
    assert rig.daemon.stop() == 0
    check_log(rig.daemon)


@pytest.fixture
def rig(shared: Rig) -> Iterator[Rig]:
    """The shared daemon with the honest model; and after the test as well, nothing stuck and every voice to be had."""
    if shared.daemon.status()[MODEL] != "honest":
        shared.load("honest")
    shared.forget()
    yield shared
    assert shared.daemon.process.poll() is None, shared.daemon.log
    assert shared.silent(), f"a voice is stuck: {shared.daemon.status()}"
    if shared.daemon.status()[MODEL] != "honest" or not processes(shared.daemon):
        shared.load("honest")
    shared.forget()
    for i in range(VOICES):
        shared.play(note=45 + i, seconds=5.0)
    assert wait_until(lambda: shared.events()["/voice/on"] == VOICES, SOON_S), f"voices are lost: {shared.events()}"
    assert shared.silent()


# -- what /load refuses ------------------------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.parametrize("name", REFUSED if SOAK else [name for name in REFUSED if name not in SLOW])
def test_a_bad_model_is_one_clear_answer(shared: Rig, name: str) -> None:
    rig = shared
    rig.client.send("/stretch", 4.0)
    rig.client.send("/voice/new", 1, 50, 0.1, 0.1)  # 40 s
    assert wait_until(lambda: rig.sounding >= 1, SOON_S)
    kind, (why,) = rig.ask("/load", name)
    assert kind == "/fail" and REFUSED[name][1] in why
    assert "\n" not in why and "Traceback" not in why
    assert not [reply for reply in rig.client.drain() if reply[0] == "/fail"], "it is answered twice"
    assert rig.sounding >= 1, "what sounded is gone"
    assert rig.sounds()
    assert rig.daemon.status()[MODEL] == "honest"
    assert wait_until(lambda: len(processes(rig.daemon)) == 1, SOON_S), "a process is left of it"


@pytest.mark.parametrize("name", ["", "..", "../honest", "/etc/passwd", "honest.ts", "a/b", "\0", "x" * 300, "nothing"])
def test_a_name_that_is_none_is_one_clear_answer(shared: Rig, name: str) -> None:
    kind, (why,) = shared.ask("/load", name)
    assert kind == "/fail" and why
    assert shared.sounds()


def test_a_daemon_whose_model_is_not_there_says_so_and_plays_another(folder: Path) -> None:
    with Daemon("audio.backend=silent", f"model.folder={folder}", "model.name=nope") as daemon:
        client = daemon.client
        assert wait_until(lambda: " ready in " in daemon.log, READY_TIMEOUT_S), daemon.log
        warning = next(line for line in daemon.log.splitlines() if " error " in line)
        why = f"model.name nope: {folder / 'nope.ts'}: no such model file, the folder holds a link out, "
        assert f"no model to play, notes are /fail until one is loaded: {why}" in warning
        told = dict(zip(STATUS, daemon.status(), strict=True))
        assert (told["model"], told["dims"], told["model_rate"]) == ("", 0, 0.0)
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
    assert wait_until(lambda: len(processes(rig.daemon)) == 2, SOON_S)
    time.sleep(2.5)  # it is loaded by now, and computes
    assert rig.sounds()
    began = time.monotonic()
    client.send("/load", "plucked")
    replies = [client.wait_for("/done", "/fail", timeout_s=60.0) for _ in range(2)]
    assert replies[0] == ("/fail", ("/load", "superseded"))
    assert replies[1] is not None and replies[1][:1] + replies[1][1][:2] == ("/done", "/load", "plucked")
    assert time.monotonic() - began < 50.0, "it waited for the one that hangs"
    assert wait_until(lambda: len(processes(rig.daemon)) == 1, SOON_S)


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="takes its whole time-out")
def test_a_model_that_never_answers_is_refused_in_the_end(rig: Rig) -> None:
    kind, (why,) = rig.ask("/load", "endless", timeout_s=120.0)
    assert kind == "/fail" and "did not decode a note within" in why
    assert rig.sounds()


@pytest.fixture
def manager(folder: Path) -> ModelManager:
    engine = Engine(4, 48_000, render_scratch_floats(), sinc_table())
    link = RendererLink(engine)
    link.tell = lambda *record: True  # type: ignore[method-assign]
    return ModelManager(engine, link, folder, Listener(), device="cpu", threads=1, look_ahead=1, iterations=2)


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def test_the_answer_to_a_model_that_never_answers(manager: ModelManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "ANSWER_TIMEOUT_S", 0.5)
    before = set(children())
    with pytest.raises(DecoderError, match=r"endless.ts: did not decode a note within 0 s|within 1 s"):
        manager.open("endless")
    assert set(children()) == before
    assert asyncio.run(manager.load("honest")).name == "honest"
    manager.close()


def test_a_killed_load_is_one_clear_answer(manager: ModelManager) -> None:
    async def body() -> None:
        known = set(children())
        loading = asyncio.create_task(manager.load("endless"))
        while not set(children()) - known:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        for process in set(children()) - known:
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
    before = descriptors()
    load_all()
    assert descriptors() == before


# -- models that turn bad later ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"), [("not a number", "not finite"), ("raising trap", "failed"), ("short", "failed")]
)
def test_a_note_that_cannot_be_decoded_is_answered(rig: Rig, name: str, why: str) -> None:
    rig.load(name)
    rig.forget()
    process = rig.decoder()
    rig.hold(2)
    rig.client.send("/stretch", 1.0)
    kind, (text,) = rig.ask("/play", 60, TRAP + 1.0, 0.0)
    assert kind == "/fail" and why in text and name in text
    rig.client.send("/z", TRAP + 1.0, 0.0)  # what sounds stays as it is
    rig.client.send_bundle([("/play", 60, 0.1, 0.0), ("/play", 62, TRAP + 1.0, 0.0), ("/play", 64, 0.2, 0.0)])
    assert rig.client.wait_for("/fail", timeout_s=10.0) is not None
    assert wait_until(lambda: rig.sounding == 4, SOON_S), "the others of its bundle do not sound"
    assert rig.sounds()
    assert rig.decoder() == process


def test_a_bundle_does_not_wait_for_a_note_that_failed(folder: Path) -> None:
    engine = OfflineEngine(load_config(None, [f"model.folder={folder}", 'model.name="not a number"']), 48_000)
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


def test_a_model_that_hangs_later_is_ended_and_reported(rig: Rig) -> None:
    rig.load("loop")
    rig.client.send("/z", 0.5, 0.5)
    rig.forget()
    rig.hold(3)
    process = rig.decoder()
    kind, (why,) = rig.ask("/play", 60, TRAP + 1.0, 0.0, timeout_s=HANG_S)
    assert kind == "/fail" and "died before the note was decoded" in why
    assert wait_until(lambda: not process.is_running(), SOON_S)
    assert rig.sounding == 3, "what sounded is gone"
    assert rig.said("'loop' was killed by signal 9; starting it again")
    assert wait_until(rig.sounds, SOON_S)
    # a model that hangs again, and the daemon does not wait for it to be ended
    rig.play(z=TRAP + 1.0)
    began = time.monotonic()
    rig.load("honest")
    assert time.monotonic() - began < 50.0, "it waited for the one that hangs"
    assert rig.sounds()
    assert wait_until(lambda: len(processes(rig.daemon)) == 1, HANG_S), "the old decoder hangs on"
    assert rig.silent(HANG_S), "the note that was never decoded holds its voice"


# -- decoders that die -------------------------------------------------------------------------------------------------


def test_a_decoder_that_dies_twice(rig: Rig) -> None:
    """Its voices sound on; it is started again once, at the same cursor, and then only by /load."""
    rig.load("honest")  # a loaded model has another life
    rig.client.send("/z", 0.5, -0.5)
    rig.forget()
    rig.hold(8)
    first = rig.decoder()
    first.kill()
    assert rig.said("'honest' was killed by signal 9; starting it again")
    assert rig.sounding == 8, "what sounded is gone"
    assert wait_until(lambda: [p.pid for p in processes(rig.daemon)] not in ([], [first.pid]), SOON_S)
    assert wait_until(rig.sounds, SOON_S)
    assert rig.sounding >= 8
    assert rig.ask("/preset/save", "here")[0] == "/done"
    saved = json.loads((rig.daemon.folder / "oscvae" / "presets" / "honest.json").read_text())
    assert saved["presets"]["here"] == [0.5, -0.5], "the cursor was lost"

    rig.decoder().kill()
    assert rig.said("'honest' was killed by signal 9 again; it is not started a second time")
    assert rig.sounding >= 8
    kind, (why,) = rig.ask("/play", 60, 0.1, 0.0)
    assert kind == "/fail" and "/load" in why
    rig.client.send("/z", 0.1, 0.1)  # nobody decodes it, and nothing happens
    assert processes(rig.daemon) == []
    rig.load("honest")
    assert rig.sounds()


@pytest.mark.parametrize("name", ["nothing", "wrong shape"])
def test_a_load_that_fails_does_not_keep_a_decoder_from_starting_again(rig: Rig, name: str) -> None:
    rig.load("honest")
    restarts = rig.daemon.log.count("starting it again")
    rig.decoder().kill()
    assert rig.said("starting it again", times=restarts + 1)
    assert rig.ask("/load", name)[0] == "/fail"
    assert wait_until(rig.sounds, SOON_S)
    assert wait_until(lambda: len(processes(rig.daemon)) == 1, SOON_S)


def test_a_load_wins_over_a_decoder_that_starts_again(rig: Rig) -> None:
    rig.load("honest")
    restarts = rig.daemon.log.count("starting it again")
    rig.decoder().kill()
    assert rig.said("starting it again", times=restarts + 1)
    rig.load("short")
    assert rig.sounds()
    assert wait_until(lambda: len(processes(rig.daemon)) == 1, SOON_S)
    assert rig.daemon.status()[MODEL] == "short"


def test_a_decoder_whose_file_is_gone_is_reported(rig: Rig, folder: Path) -> None:
    write(folder / "doomed.ts", Honest())
    rig.load("doomed")
    rig.forget()
    rig.hold(2)
    (folder / "doomed.ts").unlink()
    rig.decoder().kill()
    assert rig.said("doomed cannot be started again")
    assert rig.sounding == 2


@pytest.mark.soak
def test_a_decoder_that_dies_among_notes(rig: Rig) -> None:
    """Whatever was on its way is answered or sounds; nothing waits for ever."""
    for turn in range(10 if SOAK else 1):
        rig.load("honest")
        rig.forget()
        process = rig.decoder()
        for i in range(200):
            rig.play(note=45 + i % 30, seconds=0.02)
            if i == 20 + 15 * turn:
                process.kill()
        assert wait_until(lambda: rig.sounding == 0, SOON_S)
        assert wait_until(rig.sounds, SOON_S)


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
    name, note, *z = answers["/encode"]
    assert (name, note, len(z)) == ("tone.wav", 57.0, 4)
    assert wait_until(lambda: len(processes(rig.daemon)) == 1, SOON_S), "the decoder that has encoded stays"


def test_no_note_waits_for_an_encoding(manager: ModelManager, folder: Path) -> None:
    write(folder / "slow encoder.ts", SlowEncoder())
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
        assert wait_until(lambda: not asked.running(), SOON_S)
    finally:
        loaded.decoder.close()


def encoder_of(manager: ModelManager, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    """An encoder that takes any sound for noise, and so needs no time to analyse it."""

    async def noise(path: Path, loaded: Loaded) -> tuple[int, np.ndarray[Any, Any]]:
        document = loaded.document
        return 60, np.random.default_rng(1).uniform(-1.0, 0.0, (document.frames, document.bands.n)).astype(np.float32)

    made = Encoder(manager.folder)
    monkeypatch.setattr(made, "_analyse", noise)

    class Ears(Listener):
        def notice(self, notice: dict[str, Any]) -> None:
            made.notice(notice)

        def died(self, loaded: Loaded) -> None:
            made.lost(loaded)

    manager._listener = Ears()
    return made


async def watched(manager: ModelManager) -> None:
    while True:
        manager.watch()
        await asyncio.sleep(0.01)


def test_an_encoding_is_no_hang(manager: ModelManager, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes, its decoder plays; and it is given up, with those after it."""
    monkeypatch.setattr(models, "HANG_S", 0.1)
    monkeypatch.setattr(encoder, "TIMEOUT_S", 1.5)
    write(folder / "endless encoder.ts", EndlessEncoder())

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
        manager.close()


def test_a_sound_is_encoded_once_an_earlier_is_done(
    manager: ModelManager, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "slow encoder.ts", SlowEncoder())

    async def body() -> None:
        encodes = encoder_of(manager, monkeypatch)
        loaded = await manager.load("slow encoder")
        with monkeypatch.context() as short:
            short.setattr(encoder, "TIMEOUT_S", 0.05)
            with pytest.raises(CommandError, match="did not encode"):
                await encodes._ask(loaded, 60, np.zeros((2000, 64), np.float32))
        deadline = time.monotonic() + SOON_S
        while loaded.decoder.encoding and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        assert (await encodes.encode("tone.wav", loaded))[0] == 60

    try:
        asyncio.run(body())
    finally:
        manager.close()


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
    assert wait_until(rig.encodes, SOON_S)


# -- CUDA that fails ---------------------------------------------------------------------------------------------------


def test_cuda_that_fails_later_gives_way_to_the_cpu(folder: Path) -> None:
    """With a CPU for the device, which fails as CUDA does where the first latent is below -TRAP."""
    path = os.pathsep.join((str(Path(__file__).parent / "fakecuda"), str(ROOT)))
    rig = Rig(folder, "model.device=cuda", 'model.name="raising trap"', environment={"PYTHONPATH": path})
    try:
        rig.hold(2)
        first = rig.decoder()
        kind, (why,) = rig.ask("/play", 60, TRAP + 1.0, 0.0)
        assert kind == "/fail" and "failed at this point" in why
        assert rig.decoder() == first, "what the model raises is no fault of the device"

        kind, (why,) = rig.ask("/play", 60, -TRAP - 1.0, 0.0)
        assert kind == "/fail" and "died before the note was decoded" in why
        assert rig.said("raising trap: CUDA failed, going on on the CPU: CUDA error: out of memory")
        assert wait_until(rig.sounds, SOON_S)
        assert rig.sounding >= 2, "what sounded is gone"
        second = rig.decoder()
        assert second != first
        rig.forget()
        rig.play(z=-TRAP - 1.0)
        assert wait_until(lambda: rig.events()["/voice/on"] == 1, SOON_S), "it does not decode on the CPU"

        second.kill()
        assert rig.said("was killed by signal 9; starting it again"), "it had its one start already"
        assert wait_until(rig.sounds, SOON_S)
        assert sum("CUDA" in line for line in rig.daemon.log.splitlines()) == 1, "more than one warning"
        assert rig.daemon.process.poll() is None
        check_log(rig.daemon)
    finally:
        rig.close()


def render(folder: Path, out: Path, score: Sequence[tuple[float, Message]], *settings: str) -> str:
    """What `oscvae render` logs of a score that it can play, with that device for CUDA."""
    path = out.with_suffix(".osc")
    bundles = [
        encode_bundle(round(seconds * 2**32), [encode_message(message.address, message.args)])
        for seconds, message in score
    ]
    path.write_bytes(b"".join(len(bundle).to_bytes(4, "big") + bundle for bundle in bundles))
    command = [sys.executable, "-m", "oscvae", "render", "--score", str(path), "--out", str(out)]
    for setting in (f"model.folder={folder}", "model.name=honest", *settings):
        command += ["--set", setting]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent / "fakecuda"), str(ROOT)))}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=READY_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_cuda_that_fails_while_a_score_is_rendered_gives_way_to_the_cpu(folder: Path, tmp_path: Path) -> None:
    """From the start, whatever was played by then: a second model, and one of two notes that are asked for at once."""
    played = [
        (0.0, Message("/gain", (-20.0,))),
        (0.0, Message("/play", (60, 0.1, 0.2, 0.8, 0.2))),
        (0.1, Message("/load", ("raising trap",))),
        (0.1, Message("/play", (64, 0.1, 0.2, 0.8, 0.2))),
        (0.2, Message("/play", (67, 0.3, 0.2, 0.8, 0.2))),
        (0.2, Message("/play", (50, -TRAP - 1.0, 0.2, 0.8, 0.2))),
    ]
    told = render(folder, tmp_path / "cuda.wav", played, "model.device=cuda")
    assert told.count("CUDA") == 2 and "Traceback" not in told  # the word is in the driver's reason as well
    assert "raising trap: CUDA failed, rendering again on the CPU: CUDA error: out of memory" in told
    assert "CUDA" not in render(folder, tmp_path / "cpu.wav", played, "model.device=cpu")
    again, plain = (soundfile.read(tmp_path / name)[0] for name in ("cuda.wav", "cpu.wav"))
    assert plain.any() and np.array_equal(again, plain)


def test_a_decoder_that_dies_while_a_score_is_rendered_is_told(folder: Path) -> None:
    """One of two notes is decoded, and the other never will be."""
    engine = OfflineEngine(load_config(None, [f"model.folder={folder}", "model.name=loop"]), 48_000)
    try:
        loaded = engine.models.current
        assert loaded is not None
        notes = [Message("/play", (60, z, 0.0)) for z in (0.1, TRAP + 1.0)]
        engine.execute(notes)
        assert wait_until(lambda: bool(select.select([loaded.decoder.pipe_fd], [], [], 0.0)[0]), SOON_S)
        loaded.decoder.kill()
        with pytest.raises(DecoderError, match="the decoder of 'loop' was killed by signal 9"):
            engine.render_block(64)
    finally:
        engine.close()


# -- decoders that are stopped -----------------------------------------------------------------------------------------


def test_a_stopped_decoder_holds_nobody_up(rig: Rig) -> None:
    rig.hold(4)
    process = rig.decoder()
    process.suspend()
    try:
        began = time.monotonic()
        for i in range(600):
            rig.play(note=45 + i % 30)
            rig.client.send("/z", 0.1 * (i % 7), 0.2)
            if i % 50 == 0:
                assert rig.daemon.client.ask("/ping", answer=("/pong",)) == ("/pong", ())
        assert rig.daemon.status()[BUSY] > 0, "more notes wait than may"
        assert wait_until(lambda: rig.sounding <= VOICES, SOON_S)
        kind, _ = rig.ask("/load", "missing")
        assert kind == "/fail"
        time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
    finally:
        process.resume()
    assert rig.silent()
    assert rig.sounds()
    assert rig.decoder() == process, "it was taken for one that hangs"


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="takes its whole time-out")
def test_a_decoder_that_stays_stopped_is_ended(rig: Rig) -> None:
    rig.load("honest")
    process = rig.decoder()
    process.suspend()
    kind, (why,) = rig.ask("/play", 60, 0.1, 0.0, timeout_s=HANG_S)
    assert kind == "/fail" and "died before the note was decoded" in why
    assert rig.said("has not answered for")
    assert process not in processes(rig.daemon)
    assert wait_until(rig.sounds, SOON_S)


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="takes a time-out of its own")
def test_a_daemon_that_was_stopped_blames_no_decoder(rig: Rig) -> None:
    rig.load("honest")
    process = rig.decoder()
    process.suspend()
    rig.play()
    time.sleep(0.2)
    daemon = psutil.Process(rig.daemon.process.pid)
    daemon.suspend()
    process.resume()
    time.sleep(7.0)
    daemon.resume()
    assert wait_until(rig.sounds, SOON_S)
    assert rig.decoder() == process


def test_a_stopped_decoder_is_replaced_by_load(rig: Rig) -> None:
    process = rig.decoder()
    process.suspend()
    rig.play()
    rig.load("plucked")
    assert wait_until(lambda: processes(rig.daemon) != [] and process not in processes(rig.daemon), HANG_S)
    assert rig.silent(HANG_S)


# -- memory ------------------------------------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="a few loads say little")
def test_loads_leave_no_memory_behind(rig: Rig) -> None:
    """With the collector off, as it is while anything sounds: a circle of objects would keep 30 MB a load."""
    rig.client.send("/stretch", 4.0)
    resident = 0
    turns = 40
    for turn in range(turns):
        z = [0.1] * (4 if rig.daemon.status()[MODEL] == "plucked" else 2)
        rig.client.send("/play", 60, *z, 0.8, 3.0)  # over a swap or two: at most eight models may sound
        rig.load(("plucked", "honest")[turn % 2])
        rig.ask("/load", "wrong shape" if turn % 4 else "noise")
        if turn == 1:
            assert wait_until(lambda: len(processes(rig.daemon)) == 1, SOON_S)
            resident = resident_bytes(rig.daemon)
    rig.client.send("/panic")
    assert wait_until(lambda: len(processes(rig.daemon)) == 1, SOON_S)
    # a context's memory goes when the renderer has let go of it, which may be after its decoder has left
    settled = wait_until(lambda: resident_bytes(rig.daemon) - resident < GROWTH_BYTES, SOON_S)
    grown = resident_bytes(rig.daemon) - resident
    assert settled, f"{grown / 2**20:.1f} MiB in {turns - 2} loads"
