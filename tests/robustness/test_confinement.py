"""A decoder whose code is hostile: it is refused or ended, the daemon says so, and plays on.

The code is not a model's: it is what a model could run if it broke out of TorchScript (hostile/sitecustomize.py). What
TorchScript itself lets a model try is in tests/decode/test_worker.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from oscvae.errors import DecoderError
from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts import ROOT, SOAK
from parts.waiting import until
from robustness.hostile.sitecustomize import MISCHIEF, latent
from robustness.rig import SOON_S, Rig

HOSTILE = os.pathsep.join((str(Path(__file__).parent / "hostile"), str(ROOT)))
REFUSED = ("cut_the_pool", "kill_the_daemon", "overtake_the_daemon")
ENDED = {
    "flood_the_pipe": "the decoder of 'honest' answers what nobody asked it: it is ended",
    "answer_beyond_the_pool": "the decoder of 'honest' answers what nobody asked it: it is ended",
    "write_scraps": "the decoder of 'honest' answers what nobody asked it: it is ended",
    "flood_the_socket": "the decoder says more than 200 things a second; it is ended",
    "say_nonsense": "the decoder answered nonsense",
    "crash": "the decoder of 'honest' was killed by signal 11; starting it again",
    "end": "the decoder of 'honest' ended with code 0; starting it again",
}
QUICK = {"flood_the_pipe", "flood_the_socket", "crash"}  # each is another process that imports torch


@pytest.fixture(scope="module")
def shared_rig(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("hostile"), model_folder, environment={"PYTHONPATH": HOSTILE})
    yield rig
    assert rig.daemon.alive
    rig.listener.close()
    assert rig.daemon.stop() == 0
    rig.daemon.check_log()


def test_every_mischief_is_tried() -> None:
    assert {*REFUSED, *ENDED, "scribble_on_the_pool"} == {function.__name__ for function in MISCHIEF}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_a_note_that_fails(rig: Rig, what: str) -> None:
    rig.hold(2)
    process = rig.decoder()
    why = rig.refusal("/play", 60, latent(what), 0.0)
    assert "failed at this point" in why
    assert rig.said("decoding failed: [Errno 1] Operation not permitted")
    assert rig.sounds() and rig.sounding >= 2
    assert rig.decoder() == process


@pytest.mark.soak
@pytest.mark.parametrize("what", ENDED if SOAK else [name for name in ENDED if name in QUICK])
def test_what_cannot_be_refused_ends_the_decoder_and_nothing_else(rig: Rig, what: str) -> None:
    rig.load("honest")  # a loaded model has another life
    rig.forget()
    rig.hold(2)
    first = rig.decoder()
    rig.play(z=latent(what))
    assert until(lambda: ENDED[what] in rig.daemon.log[rig._logged :], SOON_S), rig.daemon.log
    assert rig.said("starting it again")
    assert until(lambda: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE, SOON_S)
    assert until(rig.sounds, SOON_S), "it does not play on"
    assert rig.sounding >= 2, "what sounded is gone"
    assert len(rig.daemon.log[rig._logged :].splitlines()) < 300, "the log is flooded"


def test_scribble_in_the_pool_is_noise_and_no_more(rig: Rig) -> None:
    rig.hold(2)
    process = rig.decoder()
    rig.client.send("/voice/new", 1, 60, latent("scribble_on_the_pool"), 0.0, 0.8, 1.0)
    assert until(lambda: rig.sounding >= 3, SOON_S)
    levels = [reply[1] for _ in range(20) if (reply := rig.client.wait_for("/level", timeout_s=1.0)) is not None]
    assert levels and all(-200.0 < level <= 0.0 for pair in levels for level in pair), levels
    assert rig.sounds() and rig.decoder() == process


def test_a_flood_while_a_score_is_rendered_is_told(
    model_folder: Path, set_for_decoders: Callable[[str, str], None]
) -> None:
    """It would be rendered for ever."""
    set_for_decoders("PYTHONPATH", HOSTILE)
    engine = OfflineEngine(load_config(None, [f"model.folder={model_folder}", "model.name=honest"]), 48_000)
    try:
        notes = [Message("/play", (60, z, 0.0)) for z in (0.1, latent("flood_the_pipe"))]
        with pytest.raises(DecoderError, match="'honest' answers what nobody asked it"):
            engine.execute(notes)
            engine.render_block(64)
    finally:
        engine.close()


@pytest.mark.soak
def test_how_far_it_is_confined_is_logged_once(model_folder: Path, tmp_path: Path) -> None:
    rig = Rig(tmp_path, model_folder, "model.confine=false")
    try:
        rig.load("plucked")
        rig.load("honest")
        warnings = re.findall("model.confine is off: a model's code may do whatever you may", rig.daemon.log)
        assert len(warnings) == 1, rig.daemon.log
        assert rig.sounds()
    finally:
        rig.close()
