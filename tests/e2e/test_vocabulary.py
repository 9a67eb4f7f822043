"""The vocabulary at a live daemon: every address, files, presets, subscribers, bad models, a decoder that dies."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from support import ROOT, Daemon, OscClient, Reply

from e2e import badmodels
from e2e.foreign import Framed
from e2e.stage import ATTEMPTS, Sound, Z, aligned, difference, first_sound, free_tcp_port, status, until
from oscvae.app import render
from oscvae.model.document import read_document
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.osc.vocabulary import REPLY_BY_PATH, TABLE, Address
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config

ANSWER_S = 20.0
LOAD_S = 60.0


class House:
    """A silent daemon with folders of its own: models, sounds, recordings, presets."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        self.models = folder / "models"
        self.data = folder / "oscvae"
        self.sounds, self.recordings, self.presets = (self.data / name for name in ("sounds", "recordings", "presets"))
        for place in (self.models, self.sounds):
            place.mkdir(parents=True, exist_ok=True)
        if not (self.models / "plucked.ts").exists():
            shutil.copy(ROOT / "models" / "plucked.ts", self.models)
        self.settings = ("audio.backend=silent", f"model.folder={self.models}", "model.device=cpu", *settings)
        self.daemon = self.open()

    def open(self) -> Daemon:
        """Start, or start again."""
        self.daemon = Daemon(*self.settings, folder=self.folder)
        try:
            self.daemon.wait_ready()
        except BaseException:
            self.daemon.close()
            raise
        return self.daemon

    @property
    def client(self) -> OscClient:
        return self.daemon.client

    def status(self) -> Any:
        return status(self.daemon)

    def ask(self, address: str, *args: Any, answer: str = "/done", timeout_s: float = ANSWER_S) -> Reply:
        """The answer at one of two addresses, that or /fail."""
        reply = self.client.ask(address, *args, answer=(answer,), timeout_s=timeout_s)
        assert reply is not None, f"no answer to {address}\n{self.daemon.log}"
        return reply

    def failure(self, address: str, *args: Any, timeout_s: float = ANSWER_S) -> str:
        """Why something fails: exactly one /fail comes, and nothing else."""
        name, (command, why) = self.ask(address, *args, timeout_s=timeout_s)
        assert (name, command) == ("/fail", address)
        self.client.send("/ping")
        more = self.client.receive()
        assert more == ("/pong", ()), f"after one /fail there came {more}"
        return str(why)

    def plays(self) -> bool:
        """Whether a note sounds when it is asked for."""
        self.client.send("/panic")
        assert until(lambda: self.status().voices == 0, ANSWER_S)
        self.client.drain()
        self.client.send("/notify", 1)
        self.client.send("/play", 60, *Z, 0.5, 0.1)
        try:
            reply = self.client.wait_for("/voice/on", "/fail", timeout_s=ANSWER_S)
            return reply is not None and reply[0] == "/voice/on"
        finally:
            self.client.send("/notify", 0)
            self.client.send("/ping")
            assert self.client.wait_for("/pong", timeout_s=ANSWER_S) is not None

    def close(self) -> None:
        self.daemon.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    place = House(tmp_path_factory.mktemp("house"), "midi.enabled=true")
    yield place
    place.close()


@pytest.fixture
def house(shared: House) -> House:
    """The shared daemon, silent, at its defaults, with the model it came with."""
    if shared.daemon.process.poll() is not None:
        shared.open()
    for message in (
        ("/panic",),
        ("/gain", -12.0),
        ("/pan", 0.0),
        ("/bend", 0.0),
        ("/release", 0.15),
        ("/stretch", 1.0),
    ):
        shared.client.send(*message)
    if shared.status().model != "plucked":
        assert shared.ask("/load", "plucked", timeout_s=LOAD_S)[0] == "/done"
    shared.client.drain()
    return shared


# -- every address -----------------------------------------------------------------------------------------------------

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
    "/z": ("/z", Z, None),
    "/z/N": ("/z/3", (0.25,), None),
    "/unit/N": ("/unit/4", (0.5,), None),
    "/pad/N": ("/pad/2", (0.5, 0.25), None),
    "/glide": ("/glide", (0.1, *Z), None),
    "/preset/save": ("/preset/save", ("example",), "/done"),
    "/preset/recall": ("/preset/recall", ("example", 0.05), None),
    "/presets": ("/presets", (), "/presets.reply"),
    "/preset/delete": ("/preset/delete", ("example",), "/done"),
    "/macro": ("/macro", (1, 0.25), None),
    "/macro/N": ("/macro/1", (0.0,), None),
    "/macros": ("/macros", (), "/macros.reply"),
    "/gain": ("/gain", (-12.0,), None),
    "/pan": ("/pan", (0.0,), None),
    "/bend": ("/bend", (0.0,), None),
    "/release": ("/release", (0.15,), None),
    "/attack": ("/attack", (0.0,), None),
    "/stretch": ("/stretch", (1.0,), None),
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
    "/encode": ("/encode", ("note.wav",), "/done"),
    "/record": ("/record", ("example",), "/done"),
    "/status": ("/status", (), "/status.reply"),
    "/version": ("/version", (), "/version.reply"),
    "/help": ("/help", ("/play",), "/help.reply"),
    "/ping": ("/ping", (), "/pong"),
    "/notify": ("/notify", (1,), "/done"),
    "/sync": ("/sync", (42,), "/synced"),
    "/dumpOSC": ("/dumpOSC", (0,), None),
    "/clearSched": ("/clearSched", (), None),
    "/quit": ("/quit", (), "/done"),
}


def matches(reply: Reply) -> bool:
    """Whether an answer has the arguments that the table promises, in kind and number."""
    address, args = reply
    row = REPLY_BY_PATH[address].args
    open_ended = bool(row) and row[-1].kind == "rest"
    fixed = row[:-1] if open_ended else row
    kinds = {"float": float, "int": int, "bool": int, "string": str}
    return (len(args) >= len(fixed) if open_ended else len(args) == len(fixed)) and all(
        isinstance(value, kinds[arg.kind]) for arg, value in zip(fixed, args, strict=False)
    )


def test_every_address_is_obeyed_and_answered_as_the_table_says(house: House, note_file: Path) -> None:
    assert set(EXAMPLES) == {row.path for row in TABLE}
    shutil.copy(note_file, house.sounds)
    for path, (sent, args, answer) in EXAMPLES.items():
        row = next(row for row in TABLE if row.path == path)
        if path == "/quit":
            continue
        assert bool(answer) == bool(row.replies), f"{path}: the table and this test disagree"
        if answer is None:
            house.client.send(sent, *args)
            reply = house.ask("/ping", answer="/pong")
            assert reply == ("/pong", ()), f"{sent} {args}: {reply}"
        else:
            reply = house.ask(sent, *args, answer=answer, timeout_s=LOAD_S)
            assert matches(reply), f"{sent}: {reply}"
            check_answer(row, sent, args, reply)
        if path == "/notify":
            house.client.send("/notify", 0)
        if path == "/record":
            name, (command, file, seconds) = house.ask("/record")
            assert (name, command, file) == ("/done", "/record", "example.wav") and seconds >= 0.0
        house.client.drain()
    assert not [line for line in house.daemon.log.splitlines() if "Traceback" in line]


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


def test_every_address_refuses_what_is_too_much(house: House) -> None:
    for path, (sent, args, _) in EXAMPLES.items():
        row = next(row for row in TABLE if row.path == path)
        number = 1.0 if path != "/voice/set" else "one"
        time.sleep(0.06)  # errors are limited to 20 a second
        why = house.failure(sent, *args, *([number] * 3))
        assert "expected " in why or "no arguments" in why, f"{row.path}: {why}"


def test_what_is_not_in_the_table_is_refused_with_what_was_meant(house: House) -> None:
    assert house.failure("/paly", 60) == "unknown address, did you mean /play?"
    assert "patterns are not supported" in house.failure("/vo*ce/stop", 1)
    assert "finite" in house.failure("/play", 60, float("nan"), 0.0, 0.0, 0.0)
    assert "out of the model's range" in house.failure("/play", 3, *Z)
    assert "no dimension 5" in house.failure("/z/5", 0.0)


def test_midi_without_jack_is_told_once_where_it_was_asked_for(house: House) -> None:
    assert house.failure("/midi/learn", "/unit/1") == "there is no MIDI port: it needs JACK, and midi.enabled"
    assert house.daemon.log.count("MIDI needs JACK") == 1


# -- files -------------------------------------------------------------------------------------------------------------


def rendered(out: Path, note: float, velocity: float, z: Sequence[float] = Z) -> Sound:
    """`oscvae render --note`: float32 [2, frames]."""
    config = load_config(ROOT / "config.yaml", ["model.device=cpu"])
    assert render.main(config, out=out, note=note, z=z, velocity=velocity, progress=False) == 0
    samples, _ = soundfile.read(out, dtype="float32", always_2d=True)
    sound: Sound = samples.T
    return sound


@pytest.fixture(scope="module")
def note_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered note."""
    out = tmp_path_factory.mktemp("sound") / "note.wav"
    rendered(out, 60.0, 0.8)
    return out


def test_a_recording_is_what_was_played_and_never_replaces_another(house: House, tmp_path: Path) -> None:
    expected = rendered(tmp_path / "note.wav", 60.0, 0.5)
    expected = expected[:, first_sound(expected) :]
    files: list[Path] = []
    complaint: str | None = "nothing was recorded"
    for attempt in range(ATTEMPTS):
        before = house.status()
        name, (_, file) = house.ask("/record", "take")
        assert (name, file) == ("/done", "take.wav" if attempt == 0 else f"take-{attempt + 1}.wav")
        assert "is being recorded" in house.failure("/record", "other")
        house.client.send("/play", 60, *Z, 0.5)
        assert until(lambda: house.status().voices == 1, ANSWER_S)
        assert until(lambda: house.status().voices == 0, ANSWER_S)
        time.sleep(0.1)
        name, (_, file, seconds) = house.ask("/record")
        assert name == "/done"
        files.append(house.recordings / file)
        samples, rate = soundfile.read(files[-1], dtype="float32", always_2d=True)
        info = soundfile.info(files[-1])
        assert (info.format, info.subtype, rate) == ("WAV", "FLOAT", 48_000)
        assert seconds == pytest.approx(len(samples) / rate, abs=1e-3)
        got = samples.T[:, first_sound(samples.T) :]
        complaint = difference(*aligned(got, expected))
        if complaint is None and len(files) > 1:
            break
        assert complaint is None or house.status().underruns > before.underruns, complaint
    assert len({file.name for file in files}) == len(files) and all(file.stat().st_size > 100_000 for file in files)
    assert "nothing is being recorded" in house.failure("/record")
    for name in ("../take", "a/b", "", ".hidden", "x" * 200):
        assert "a recording's name has" in house.failure("/record", name)
    if complaint is not None:
        pytest.skip(f"the machine disturbed the last of {ATTEMPTS} recordings: {complaint}")


def test_a_rendered_note_is_encoded_to_where_it_came_from(house: House) -> None:
    """For notes of the training data, because off them an autoencoder need not find back."""
    document = read_document(house.models / "plucked.ts")
    points = [document.points[round(share * (len(document.points) - 1))] for share in (0.1, 0.5, 0.9)]
    apart_s = 5.0
    engine = OfflineEngine(load_config(ROOT / "config.yaml", ["model.device=cpu"]))
    try:
        messages = [Message("/play", (point.note, *point.z, 1.0), "") for point in points]
        score = [Moment(round(number * apart_s * 1e9), (message,)) for number, message in enumerate(messages)]
        sound, rate = engine.play(score), engine.rate
    finally:
        engine.close()
    errors = []
    for number, point in enumerate(points):
        part = sound[:, round(number * apart_s * rate) : round((number + 0.9) * apart_s * rate)]
        soundfile.write(house.sounds / "trained.wav", part.T, rate, subtype="FLOAT")
        name, (command, file, note, *z) = house.ask("/encode", "trained.wav", timeout_s=LOAD_S)
        assert (name, command, file, note) == ("/done", "/encode", "trained.wav", float(point.note))
        errors.append(np.abs((np.array(z) - np.array(point.z)) / np.array(document.latent.std)).max())
    assert np.median(errors) < 0.5, f"off by {errors} standard deviations"


def test_what_is_unlike_any_note_is_told_or_can_be_played(house: House) -> None:
    """A model thinks what it likes of sounds that it does not know; what it answers is nonetheless what /play takes."""
    latent = read_document(house.models / "plucked.ts").latent
    square = np.sign(np.sin(2.0 * np.pi * 220.0 * np.arange(96_000) / 48_000)) * 0.5
    hiss = np.random.default_rng(1).uniform(-0.2, 0.2, square.size)
    answers = []
    for share in (0.0, 0.5, 1.0):
        soundfile.write(house.sounds / "organ.wav", (square + share * hiss).astype(np.float32), 48_000)
        name, said = house.ask("/encode", "organ.wav", timeout_s=LOAD_S)
        answers.append(name)
        if name == "/fail":
            assert "makes nothing of it" in said[1]
            continue
        assert said[:3] == ("/encode", "organ.wav", 57)
        far = (np.array(said[3:]) - np.array(latent.mean)) / np.array(latent.std)
        assert np.abs(far).max() < 6.001, "a point that /play would move"
    assert "/done" in answers
    assert house.plays()


def test_what_cannot_be_encoded_is_told(house: House, note_file: Path, tmp_path: Path) -> None:
    (house.sounds / "text.wav").write_text("this is no sound")
    soundfile.write(house.sounds / "silence.wav", np.zeros(48_000, np.float32), 48_000)
    for outside in (house.sounds.parent, tmp_path):
        shutil.copy(note_file, outside / "outside.wav")
    link = house.sounds / "link.wav"
    link.unlink(missing_ok=True)
    link.symlink_to(tmp_path / "outside.wav")
    for name, why in (
        ("missing.wav", "no sound 'missing.wav'"),
        ("../outside.wav", "a sound is named by its path inside"),
        (str(tmp_path / "outside.wav"), "a sound is named by its path inside"),
        ("link.wav", "leads out of"),
        ("text.wav", "cannot be read as a sound file"),
        ("silence.wav", "silent"),
        ("", "a sound is named"),
    ):
        assert why in house.failure("/encode", name, timeout_s=LOAD_S)
    assert house.plays()


# -- presets -----------------------------------------------------------------------------------------------------------


def test_presets_and_a_recording_survive_the_end_of_the_daemon(tmp_path: Path) -> None:
    house = House(tmp_path)
    try:
        assert house.ask("/record", "last")[0] == "/done"
        assert house.plays()
        for name, z in (("dark", Z), ("bright", (1.0, 0.5, -0.5, 0.25)), ("gone", (0.0, 0.0, 0.0, 0.0))):
            house.client.send("/z", *z)
            assert house.ask("/preset/save", name) == ("/done", ("/preset/save", name))
        assert house.ask("/preset/delete", "gone") == ("/done", ("/preset/delete", "gone"))
        assert "no preset 'gone'" in house.failure("/preset/delete", "gone")
        assert "no preset 'gone'" in house.failure("/preset/recall", "gone")
        assert "a preset's name has" in house.failure("/preset/save", "")
        assert house.ask("/quit") == ("/done", ("/quit",))
        assert house.daemon.process.wait(ANSWER_S) == 0
        samples, rate = soundfile.read(house.recordings / "last.wav", dtype="float32", always_2d=True)
        assert rate == 48_000 and samples.any()
        house.daemon.close()

        house.open()
        assert house.ask("/presets", answer="/presets.reply") == ("/presets.reply", ("plucked", "bright", "dark"))
        assert house.ask("/notify", 1) == ("/done", ("/notify", 1))
        house.client.send("/preset/recall", "bright")
        told = house.client.wait_for("/z")
        assert told is not None and told[1] == pytest.approx((1.0, 0.5, -0.5, 0.25))
        # after a /load they are there as soon as it is answered
        assert house.ask("/load", "plucked", timeout_s=LOAD_S)[0] == "/done"
        house.client.send("/preset/recall", "dark")
        while (told := house.client.wait_for("/z", "/fail")) is not None and told[0] == "/z":
            if told[1] == pytest.approx(Z):  # else that of the new model, which may come later than its /done
                break
        assert told is not None and told[0] == "/z"
    finally:
        house.close()


def is_saved(house: House, name: str, z: Sequence[float]) -> bool:
    """Whether a preset is there, as is told when it is recalled."""
    listener = OscClient(house.daemon.port)
    try:
        assert listener.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        listener.drain()
        house.client.send("/preset/recall", name)
        while (told := listener.wait_for("/z", timeout_s=ANSWER_S)) is not None:
            if told[1] == pytest.approx(z):  # else what an earlier test did, told late
                return True
        return False
    finally:
        listener.send("/notify", 0)
        listener.close()


def check_order(house: House, ahead_s: float | None) -> None:
    """What a bundle asks of the cursor and of the presets is done in its order."""
    there = (1.0, 0.5, -0.5, 0.25)
    house.client.send("/z", 0.0, 0.0, 0.0, 0.0)
    assert house.ask("/preset/save", "dawn") == ("/done", ("/preset/save", "dawn"))
    due_s = None if ahead_s is None else time.time() + ahead_s
    bundle = [("/z", *there), ("/preset/save", "dusk"), ("/preset/recall", "dawn"), ("/preset/delete", "dawn")]
    house.client.send_bundle([*bundle, ("/sync", 7)], due_s)
    answers = []
    while not answers or answers[-1][0] != "/synced":
        answer = house.client.wait_for("/done", "/fail", "/synced", timeout_s=ANSWER_S)
        assert answer is not None, f"nothing came after {answers}"
        answers.append(answer)
    done = [("/done", ("/preset/save", "dusk")), ("/done", ("/preset/delete", "dawn"))]
    assert sorted(answers) == sorted([*done, ("/synced", (7,))])
    if due_s is not None:  # it was answered before its moment, at which the cursor goes where it says
        time.sleep(max(0.0, due_s - time.time()))
    assert is_saved(house, "dusk", there)


@pytest.mark.parametrize("ahead_s", [None, 0.3])
def test_a_bundle_is_obeyed_in_order(house: House, ahead_s: float | None) -> None:
    check_order(house, ahead_s)


@pytest.mark.parametrize("latency_s", [0.02, 0.4])
def test_under_latency_a_bundle_is_obeyed_in_order(tmp_path: Path, latency_s: float) -> None:
    slow = House(tmp_path, f"osc.latency_s={latency_s}")
    try:
        check_order(slow, None)
        slow.client.send_bundle([("/notify", 1), ("/play", 60, *Z), ("/panic",), ("/play", 64, *Z, 0.5, 0.1)])
        told = slow.client.wait_for("/voice/on", timeout_s=ANSWER_S)
        assert told is not None and told[1][1] == 64.0, "the note before the panic is not heard, the one after it is"
    finally:
        slow.close()


# -- subscribers -------------------------------------------------------------------------------------------------------


def test_subscribers_are_told_what_happens_and_what_others_change(house: House) -> None:
    listener, actor = OscClient(house.daemon.port), OscClient(house.daemon.port)
    try:
        assert listener.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        actor.send("/voice/new", 77, 64, *Z, 1.0, 0.2)
        assert listener.wait_for("/voice/on") == ("/voice/on", (77, 64.0))
        assert listener.wait_for("/level", timeout_s=ANSWER_S) is not None
        assert listener.wait_for("/voice/off", timeout_s=ANSWER_S) == ("/voice/off", (77, 64.0))
        actor.send("/play", 65, *Z, 1.0, 0.1)
        started = listener.wait_for("/voice/on")
        assert started is not None and started[1][0] < 0 and started[1][1] == 65.0

        for path, args in (("/gain", (-3.0,)), ("/unit/2", (0.25,)), ("/pad/1", (0.5, 0.75)), ("/sustain", (0,))):
            actor.send(path, *args)
            assert listener.wait_for(path) == (path, args)
        actor.send("/ping")
        assert actor.receive() == ("/pong", ()), "who changes something is not told of it"
        listener.send("/gain", -4.0)
        listener.send("/ping")
        while (reply := listener.receive()) is not None and reply[0] != "/pong":
            assert reply[0] != "/gain", "the subscriber was told of its own change"
        assert reply == ("/pong", ())

        # a flood of changes is thinned out, and the last one always arrives
        for value in range(200):
            actor.send("/gain", -40.0 + value / 10.0)
        last = None
        while (reply := listener.wait_for("/gain", timeout_s=0.5)) is not None:
            last = reply
        assert last == ("/gain", (pytest.approx(-20.1),))

        os.kill(house.daemon.process.pid, signal.SIGSTOP)
        time.sleep(0.4)
        os.kill(house.daemon.process.pid, signal.SIGCONT)
        stalled = listener.wait_for("/xrun", timeout_s=ANSWER_S)
        assert stalled is not None and stalled[1][0] > 0

        actor.send("/load", "plucked")
        model = listener.wait_for("/model", timeout_s=LOAD_S)
        assert model is not None and model[1][0] == "plucked" and matches(model)
        cursor = listener.wait_for("/z")
        mean = read_document(house.models / "plucked.ts").latent.mean
        assert cursor is not None and cursor[1] == pytest.approx(mean), "where a new model has put the cursor"

        assert listener.ask("/notify", 0, answer=("/done",)) == ("/done", ("/notify", 0))
        listener.drain()
        actor.send("/gain", -12.0)
        assert listener.receive(0.3) is None
    finally:
        listener.close()
        actor.close()


def test_who_comes_late_is_told_how_things_stand(house: House) -> None:
    actor, late = OscClient(house.daemon.port), OscClient(house.daemon.port)
    try:
        for path, args in (("/z", Z), ("/gain", (-9.0,)), ("/macro/2", (0.5,)), ("/sustain", (1,))):
            actor.send(path, *args)
        assert actor.ask("/ping", answer=("/pong",)) == ("/pong", ())
        late.send("/notify", 1)
        told: dict[str, tuple[Any, ...]] = {}
        while (reply := late.receive()) is not None and reply[0] != "/done":
            told[reply[0]] = reply[1]
        assert reply == ("/done", ("/notify", 1))
        assert told["/model"][0] == "plucked" and told["/macros.reply"][0] == "soften"
        assert told["/z"] == pytest.approx(Z)
        moved = {"/gain": -9.0, "/bend": -6.0, "/stretch": 1.5, "/sustain": 1, "/macro/2": 0.5}
        assert {path: told[path][0] for path in moved} == pytest.approx(moved)
        assert {"/pan", "/attack", "/release", "/macro/1", "/macro/3", "/macro/4"} <= set(told)
        actor.send("/panic")
        assert late.wait_for("/sustain") == ("/sustain", (0,))
    finally:
        late.send("/notify", 0)
        for path, value in (("/macro/2", 0.0), ("/gain", -12.0)):
            actor.send(path, value)
        late.close()
        actor.close()


def test_a_macro_moves_several_parameters_and_all_are_told(house: House) -> None:
    """A flood of a macro: of each parameter the last value arrives, at the mover too, who did not move it itself."""
    listener, actor = OscClient(house.daemon.port), OscClient(house.daemon.port)
    try:
        assert actor.ask("/macros", answer=("/macros.reply",)) == (
            "/macros.reply",
            ("soften", "tape", "morph", "drift"),
        )
        for client in (listener, actor):
            assert client.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        for number in range(120):
            actor.send("/macro/2", number / 120)
            time.sleep(1 / 120)
        actor.send("/macro", 2, 0.75)
        time.sleep(0.2)
        told = listener.drain()
        for path, last in (("/macro/2", 0.75), ("/bend", -9.0), ("/stretch", 1.75)):
            values = [args for address, args in told if address == path]
            assert values[-1] == pytest.approx((last,)), path
            assert len(values) < 60, f"{path}: at most thirty a second are told"
        own = actor.drain()
        assert "/macro/2" not in [address for address, _ in own], "the mover was told of its own change"
        assert [args for address, args in own if address == "/bend"][-1] == pytest.approx((-9.0,))

        # what is moved alone, and a new model, leave the macro where it is
        actor.send("/bend", 1.0)
        assert listener.wait_for("/bend") == ("/bend", (1.0,))
        assert house.ask("/load", "plucked", timeout_s=LOAD_S)[0] == "/done"
        assert "/macro/2" not in [address for address, _ in listener.drain()]
        assert actor.ask("/macro/5", 0.5) == ("/fail", ("/macro/5", "no macro 5: there are 4, /macro/1 to /macro/4"))
        assert actor.ask("/macro", 0, 0.5) == ("/fail", ("/macro", "no macro 0: there are 4, /macro/1 to /macro/4"))
        assert house.failure("/midi/learn", "/macro/5").startswith("there is no MIDI port")
    finally:
        for client in (listener, actor):
            client.send("/notify", 0)
            client.close()


def test_macros_of_ones_own_by_other_names(tmp_path: Path) -> None:
    """Through osc.map, at a model of two dimensions that has not all that the macro would move."""
    badmodels.trap(tmp_path)  # two dimensions
    settings = (
        "audio.backend=silent",
        "model.device=cpu",
        f"model.folder={tmp_path}",
        "model.name=trap",
        "macros.map={far: {/gain: [-12, -40], /unit/3: ~, /pan: [1, -1]}}",
        "osc.map={/1/fader1: {to: /macro/1, from: [0, 127], range: [0, 1]}, /2/xy: {to: /macro, args: [1, $2]}}",
    )
    with Daemon(*settings) as daemon:
        daemon.wait_ready()
        listener = OscClient(daemon.port)
        try:
            assert listener.ask("/notify", 1, answer=("/done",)) is not None
            daemon.client.send("/1/fader1", 31.75)
            assert daemon.client.wait_for("/fail") == (
                "/fail",
                ("/macro/1", "no dimension 3: the model has 2 dimensions, /unit/1 to /unit/2"),
            )
            assert listener.wait_for("/gain") == ("/gain", (pytest.approx(-19.0),))
            assert listener.wait_for("/pan") == ("/pan", (pytest.approx(0.5),))
            assert listener.wait_for("/macro/1") == ("/macro/1", (0.25,))
            daemon.client.send("/2/xy", 0.1, 1.0)
            assert listener.wait_for("/macro/1") == ("/macro/1", (1.0,))
        finally:
            listener.close()


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("macros.map={a: {/gian: ~}}", "macros.map.a./gian: /gian is no address of oscvae, did you mean /gain?"),
        ("macros.map={a: {/gain: [0, 12]}}", "macros.map.a./gain: its range must be -60 to 6 dB, got 12"),
        ("macros.map={a: {/macro/1: ~}}", "macros.map.a./macro/1: a macro cannot move a macro"),
        ("macros.map={a: 3}", "macros.map.a: must hold addresses and what they go through"),
    ],
)
def test_a_macro_that_could_never_work_is_an_error_at_the_start(setting: str, why: str) -> None:
    with Daemon("audio.backend=silent", setting) as daemon:
        assert daemon.process.wait(LOAD_S) == 2
        assert why in daemon.log and "Traceback" not in daemon.log


def test_every_sender_has_voices_of_its_own(house: House) -> None:
    ears, one, other = (OscClient(house.daemon.port) for _ in range(3))
    try:
        assert ears.ask("/notify", 1, answer=("/done",)) is not None
        for sender, note in ((one, 60), (other, 64)):
            sender.send("/voice/new", 5, note, *Z)
            assert ears.wait_for("/voice/on") == ("/voice/on", (5, float(note)))
        assert house.status().voices == 2
        one.send("/voice/new", 5, 67, *Z)
        ended = ears.wait_for("/voice/off", timeout_s=ANSWER_S)
        assert ended == ("/voice/off", (5, 60.0)), "a voice is replaced by its owner's next of that id"
        other.send("/voice/stop", 5)
        assert ears.wait_for("/voice/off", timeout_s=ANSWER_S) == ("/voice/off", (5, 64.0))
        assert house.status().voices == 1
        reply = other.ask("/voice/set", 5, "pan", 0.5, answer=("/pong",))
        assert reply is not None and reply[0] == "/fail" and "no voice 5 of yours sounds" in reply[1][1]
    finally:
        for client in (ears, one, other):
            client.close()


def test_a_subscriber_may_name_another_port(house: House) -> None:
    ears = OscClient(house.daemon.port)
    try:
        assert house.ask("/notify", 1, ears.port) == ("/done", ("/notify", 1))
        model, macros = ears.wait_for("/model"), ears.wait_for("/macros.reply")
        assert model is not None and model[1][0] == "plucked" and matches(model)
        assert macros == ("/macros.reply", ("soften", "tape", "morph", "drift"))
        ears.drain()
        assert house.ask("/notify", 1, ears.port) == ("/done", ("/notify", 1))
        again = ears.wait_for("/model", "/macros.reply", timeout_s=0.3)
        assert again is None, "whoever is told already is told of them once"
        house.client.send("/play", 66, *Z, 0.5, 0.1)
        told = ears.wait_for("/voice/on")
        assert told is not None and told[1][1] == 66.0
        assert house.ask("/notify", 0, ears.port) == ("/done", ("/notify", 0))
    finally:
        ears.close()


# -- models ------------------------------------------------------------------------------------------------------------


def test_a_newer_load_supersedes_an_older(house: House) -> None:
    house.client.send("/load", "plucked")
    time.sleep(0.05)
    house.client.send("/load", "plucked")
    first = house.client.wait_for("/done", "/fail", timeout_s=LOAD_S)
    second = house.client.wait_for("/done", "/fail", timeout_s=LOAD_S)
    assert first == ("/fail", ("/load", "superseded"))
    assert second is not None and second[0] == "/done" and second[1][:3] == ("/load", "plucked", 4)
    assert house.plays()


@pytest.mark.parametrize("name", list(badmodels.MAKERS))
def test_a_bad_model_is_one_failure_and_the_old_one_plays_on(house: House, name: str) -> None:
    why = badmodels.make(name, house.models)
    told = house.failure("/load", name, timeout_s=LOAD_S)
    assert why in told and "\n" not in told, told
    assert house.status().model == "plucked"
    assert house.plays()


def test_paths_are_no_model_names(house: House) -> None:
    for name in ("../plucked", "/plucked", "plucked.ts/../plucked", "..", "", "nothing", "x" * 200):
        assert house.failure("/load", name)
    assert house.status().model == "plucked" and house.plays()


def test_a_model_that_fails_at_one_point_plays_at_the_others(house: House) -> None:
    badmodels.trap(house.models)
    assert house.ask("/load", "trap", timeout_s=LOAD_S)[0] == "/done"
    why = house.failure("/play", 60, 1.5, 0.0)
    assert "not finite" in why
    house.client.send("/play", 60, -0.5, 0.0)
    assert until(lambda: house.status().voices == 1, ANSWER_S)
    assert house.ask("/load", "plucked", timeout_s=LOAD_S)[0] == "/done"


def decoders(daemon: Daemon) -> list[psutil.Process]:
    """The decoder processes of a daemon."""
    found = []
    for process in psutil.Process(daemon.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "oscvae.decode.worker" in process.cmdline():
                found.append(process)
    return found


def test_a_decoder_that_is_killed_is_started_again_once(house: House) -> None:
    assert until(lambda: len(decoders(house.daemon)) == 1, ANSWER_S)
    (decoder,) = decoders(house.daemon)
    house.client.send("/play", 45, *Z)
    assert until(lambda: house.status().voices == 1, ANSWER_S)
    decoder.kill()
    assert until(lambda: "was killed by signal 9; starting it again" in house.daemon.log, ANSWER_S)
    assert until(lambda: [d.pid for d in decoders(house.daemon)] not in ([], [decoder.pid]), LOAD_S)

    assert until(house.plays, LOAD_S, 0.2), house.daemon.log  # errors are limited to 20 a second
    (again,) = decoders(house.daemon)
    again.kill()
    assert until(lambda: "it is not started a second time, /load a model" in house.daemon.log, ANSWER_S)
    assert "/load one" in house.failure("/play", 60, *Z)
    assert house.ask("/load", "plucked", timeout_s=LOAD_S)[0] == "/done"
    assert house.plays()


# -- who may send ------------------------------------------------------------------------------------------------------


def own_address() -> str | None:
    """An IPv4 address of this machine that is not loopback."""
    for interface in psutil.net_if_addrs().values():
        for address in interface:
            if address.family.name == "AF_INET" and not address.address.startswith("127."):
                return str(address.address)
    return None


class Outsider(OscClient):
    """A client that sends from, and to, an address beyond loopback."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(port)
        self.socket.close()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.target = (host, port)


def test_strangers_hear_nothing_and_guests_may_play_but_not_quit() -> None:
    host = own_address()
    if host is None:
        pytest.skip("this machine has no address beyond loopback")
    tablet = OscClient(1)  # it only listens: where osc.feedback sends
    tcp_port = free_tcp_port()
    settings = ("audio.backend=silent", "osc.host=0.0.0.0")
    layout = (
        f"osc.feedback=[127.0.0.1:{tablet.port}]",
        "osc.map={/1/xy1: {to: /pad/1, range: [[0, 1], [1, 0]]}}",
    )
    with (
        Daemon(*settings, "osc.allow=[10.255.255.0/24]", f"osc.tcp_port={tcp_port}") as closed,
        Daemon(*settings, f"osc.allow=[{host}/32]", *layout) as opened,
    ):
        closed.wait_ready()
        opened.wait_ready()
        stranger, guest = Outsider(host, closed.port), Outsider(host, opened.port)
        try:
            for message in (("/ping",), ("/nonsense",), ("/play", 60, *Z), ("/quit",)):
                stranger.send(*message)
            assert stranger.receive(0.7) is None, "a stranger was answered"
            assert f"{host} is outside osc.allow" in closed.log
            assert closed.log.count("outside osc.allow") == 1
            with pytest.raises((ConnectionError, EOFError)):
                refused = Framed(tcp_port, host)
                refused.socket.sendall(Framed.frame("/ping"))
                refused.exactly(1)
            assert status(closed).voices == 0

            assert guest.ask("/ping", answer=("/pong",)) == ("/pong", ())
            reply = guest.ask("/quit", answer=("/done",))
            assert reply is not None and reply[0] == "/fail" and "from this machine only" in reply[1][1]
            reply = guest.ask("/help", answer=("/help.reply",))
            assert reply is not None and reply[0] == "/fail" and "use TCP" in reply[1][1]

            # a layout that was never made for oscvae moves the cursor, and its tablet is told
            guest.send("/1/xy1", 0.25, 0.25)
            assert tablet.wait_for("/pad/1") == ("/pad/1", (0.25, 0.75))
            assert opened.process.poll() is None and closed.process.poll() is None
        finally:
            tablet.close()
            stranger.close()
            guest.close()
