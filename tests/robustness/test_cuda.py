"""CUDA that fails, live and while a score is rendered: the CPU takes over.

The device is a CPU that fails as CUDA does where the first latent is below -TRAP (fakecuda/sitecustomize.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from oscvae.osc.packets import Message, encode_bundle, encode_message
from parts import ROOT
from parts.daemon import READY_TIMEOUT_S
from parts.models import TRAP
from parts.waiting import until
from robustness.rig import SOON_S, Rig

FAILING = os.pathsep.join((str(Path(__file__).parent / "fakecuda"), str(ROOT)))


def test_cuda_that_fails_later_gives_way_to_the_cpu(model_folder: Path, tmp_path: Path) -> None:
    settings = ("model.device=cuda", 'model.name="raising trap"')
    rig = Rig(tmp_path, model_folder, *settings, environment={"PYTHONPATH": FAILING})
    try:
        rig.hold(2)
        first = rig.decoder()
        why = rig.refusal("/play", 60, TRAP + 1.0, 0.0)
        assert "failed at this point" in why
        assert rig.decoder() == first, "what the model raises is no fault of the device"

        why = rig.refusal("/play", 60, -TRAP - 1.0, 0.0)
        assert "died before the note was decoded" in why
        assert rig.said("raising trap: CUDA failed, going on on the CPU: CUDA error: out of memory")
        assert until(rig.sounds, SOON_S)
        assert rig.sounding >= 2, "what sounded is gone"
        second = rig.decoder()
        assert second != first
        rig.forget()
        rig.play(z=-TRAP - 1.0)
        assert until(lambda: rig.events()["/voice/on"] == 1, SOON_S), "it does not decode on the CPU"

        second.kill()
        assert rig.said("was killed by signal 9; starting it again"), "it had its one start already"
        assert until(rig.sounds, SOON_S)
        assert sum("CUDA" in line for line in rig.daemon.log.splitlines()) == 1, "more than one warning"
        assert rig.daemon.alive
        rig.daemon.check_log()
    finally:
        rig.close()


def render(model_folder: Path, out: Path, score: Sequence[tuple[float, Message]], *settings: str) -> str:
    """What `oscvae render` logs of a score that it can play, with the failing device."""
    path = out.with_suffix(".osc")
    bundles = [
        encode_bundle(round(seconds * 2**32), [encode_message(message.address, message.args)])
        for seconds, message in score
    ]
    path.write_bytes(b"".join(len(bundle).to_bytes(4, "big") + bundle for bundle in bundles))
    command = [sys.executable, "-m", "oscvae", "render", "--score", str(path), "--out", str(out)]
    for setting in (f"model.folder={model_folder}", "model.name=honest", *settings):
        command += ["--set", setting]
    environment = {**os.environ, "PYTHONPATH": FAILING}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=READY_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_cuda_that_fails_while_a_score_is_rendered_gives_way_to_the_cpu(model_folder: Path, tmp_path: Path) -> None:
    """From the start, whatever was played by then: a second model, and one of two notes that are asked for at once."""
    played = [
        (0.0, Message("/gain", (-20.0,))),
        (0.0, Message("/play", (60, 0.1, 0.2, 0.8, 0.2))),
        (0.1, Message("/load", ("raising trap",))),
        (0.1, Message("/play", (64, 0.1, 0.2, 0.8, 0.2))),
        (0.2, Message("/play", (67, 0.3, 0.2, 0.8, 0.2))),
        (0.2, Message("/play", (50, -TRAP - 1.0, 0.2, 0.8, 0.2))),
    ]
    told = render(model_folder, tmp_path / "cuda.wav", played, "model.device=cuda")
    assert told.count("CUDA") == 2 and "Traceback" not in told  # the word is in the driver's reason as well
    assert "raising trap: CUDA failed, rendering again on the CPU: CUDA error: out of memory" in told
    assert "CUDA" not in render(model_folder, tmp_path / "cpu.wav", played, "model.device=cpu")
    again, plain = (soundfile.read(tmp_path / name)[0] for name in ("cuda.wav", "cpu.wav"))
    assert plain.any() and np.array_equal(again, plain)
