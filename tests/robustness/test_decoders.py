"""Decoders that die, hang or are stopped: what sounds goes on, and each is started again once, or reported."""

from __future__ import annotations

import json
import select
import time
from pathlib import Path

import psutil
import pytest

from oscvae.errors import DecoderError
from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts import SOAK
from parts.models import TRAP, Honest, write
from parts.waiting import until
from robustness.rig import HANG_S, SOON_S, VOICES, Rig


def test_a_model_that_hangs_later_is_ended_and_reported(rig: Rig) -> None:
    rig.load("loop")
    rig.client.send("/z", 0.5, 0.5)
    rig.forget()
    rig.hold(3)
    process = rig.decoder()
    why = rig.refusal("/play", 60, TRAP + 1.0, 0.0, timeout_s=HANG_S)
    assert "died before the note was decoded" in why
    assert until(lambda: not process.is_running(), SOON_S)
    assert rig.sounding == 3, "what sounded is gone"
    assert rig.said("'loop' was killed by signal 9; starting it again")
    assert until(rig.sounds, SOON_S)
    # a model that hangs again, and the daemon does not wait for it to be ended
    rig.play(z=TRAP + 1.0)
    began = time.monotonic()
    rig.load("honest")
    assert time.monotonic() - began < 50.0, "it waited for the one that hangs"
    assert rig.sounds()
    assert rig.has_one_decoder(HANG_S), "the old decoder hangs on"
    assert rig.falls_silent(HANG_S), "the note that was never decoded holds its voice"


def test_a_decoder_that_dies_is_started_again_once(rig: Rig) -> None:
    """Its voices sound on; it is started again once, at the same cursor, and then only by /load."""
    rig.load("honest")  # a loaded model has another life
    rig.client.send("/z", 0.5, -0.5)
    rig.forget()
    rig.hold(8)
    first = rig.decoder()
    first.kill()
    assert rig.said("'honest' was killed by signal 9; starting it again")
    assert rig.sounding == 8, "what sounded is gone"
    assert until(lambda: [p.pid for p in rig.daemon.decoders()] not in ([], [first.pid]), SOON_S)
    assert until(rig.sounds, SOON_S)
    assert rig.sounding >= 8
    assert rig.ask("/preset/save", "here")[0] == "/done"
    saved = json.loads((rig.presets / "honest.json").read_text())
    assert saved["presets"]["here"] == [0.5, -0.5], "the cursor was lost"

    rig.decoder().kill()
    assert rig.said("'honest' was killed by signal 9 again; it is not started a second time")
    assert rig.sounding >= 8
    why = rig.refusal("/play", 60, 0.1, 0.0)
    assert "/load" in why
    rig.client.send("/z", 0.1, 0.1)  # nobody decodes it, and nothing happens
    assert rig.daemon.decoders() == []
    rig.load("honest")
    assert rig.sounds()


@pytest.mark.parametrize("name", ["nothing", "wrong shape"])
def test_a_load_that_fails_does_not_keep_a_decoder_from_starting_again(rig: Rig, name: str) -> None:
    rig.load("honest")
    rig.decoder().kill()
    assert rig.said("starting it again")
    assert rig.ask("/load", name)[0] == "/fail"
    assert until(rig.sounds, SOON_S)
    assert rig.has_one_decoder()


def test_a_load_wins_over_a_decoder_that_starts_again(rig: Rig) -> None:
    rig.load("honest")
    rig.decoder().kill()
    assert rig.said("starting it again")
    rig.load("short")
    assert rig.sounds()
    assert rig.has_one_decoder()
    assert rig.status().model == "short"


def test_a_decoder_whose_file_is_gone_is_reported(rig: Rig, model_folder: Path) -> None:
    write(model_folder / "doomed.ts", Honest())
    rig.load("doomed")
    rig.forget()
    rig.hold(2)
    (model_folder / "doomed.ts").unlink()
    rig.decoder().kill()
    assert rig.said("doomed cannot be started again")
    assert rig.sounding == 2


@pytest.mark.soak
def test_a_decoder_that_dies_among_notes_leaves_none_waiting(rig: Rig) -> None:
    """Whatever was on its way is answered or sounds; nothing waits for ever."""
    for turn in range(10 if SOAK else 1):
        rig.load("honest")
        rig.forget()
        process = rig.decoder()
        for i in range(200):
            rig.play(note=45 + i % 30, seconds=0.02)
            if i == 20 + 15 * turn:
                process.kill()
        assert until(lambda: rig.sounding == 0, SOON_S)
        assert until(rig.sounds, SOON_S)


def test_a_decoder_that_dies_while_a_score_is_rendered_is_told(model_folder: Path) -> None:
    """One of two notes is decoded, and the other never will be."""
    engine = OfflineEngine(load_config(None, [f"model.folder={model_folder}", "model.name=loop"]), 48_000)
    try:
        loaded = engine.models.current
        assert loaded is not None
        notes = [Message("/play", (60, z, 0.0)) for z in (0.1, TRAP + 1.0)]
        engine.execute(notes)
        assert until(lambda: bool(select.select([loaded.decoder.pipe_fd], [], [], 0.0)[0]), SOON_S)
        loaded.decoder.kill()
        with pytest.raises(DecoderError, match="the decoder of 'loop' was killed by signal 9"):
            engine.render_block(64)
    finally:
        engine.close()


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
        assert rig.status().busy > 0, "more notes wait than may"
        assert until(lambda: rig.sounding <= VOICES, SOON_S)
        kind, _ = rig.ask("/load", "missing")
        assert kind == "/fail"
        time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
    finally:
        process.resume()
    assert rig.falls_silent()
    assert rig.sounds()
    assert rig.decoder() == process, "it was taken for one that hangs"


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="takes its whole time-out")
def test_a_decoder_that_stays_stopped_is_ended(rig: Rig) -> None:
    rig.load("honest")
    process = rig.decoder()
    process.suspend()
    why = rig.refusal("/play", 60, 0.1, 0.0, timeout_s=HANG_S)
    assert "died before the note was decoded" in why
    assert rig.said("has not answered for")
    assert process not in rig.daemon.decoders()
    assert until(rig.sounds, SOON_S)


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
    assert until(rig.sounds, SOON_S)
    assert rig.decoder() == process


def test_a_stopped_decoder_is_replaced_by_load(rig: Rig) -> None:
    process = rig.decoder()
    process.suspend()
    rig.play()
    rig.load("plucked")
    assert until(lambda: rig.daemon.decoders() != [] and process not in rig.daemon.decoders(), HANG_S)
    assert rig.falls_silent(HANG_S)
