"""Sound files at a live daemon: what is recorded, and what is encoded."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from e2e.rendering import rendered
from oscvae.model.document import read_document
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts import ROOT
from parts.daemon import Z
from parts.listening import aligned, difference, first_sound
from parts.silent import ANSWER_S, LOAD_S, SilentDaemon
from parts.waiting import until

ATTEMPTS = 8  # at a recording that no underrun of a shared machine disturbs
PLUCKED = ROOT / "models" / "plucked.ts"


def test_a_recording_is_what_was_played_and_never_replaces_another(silent: SilentDaemon, tmp_path: Path) -> None:
    expected = rendered(tmp_path / "note.wav", 60.0, 0.5)
    expected = expected[:, first_sound(expected) :]
    files: list[Path] = []
    complaint: str | None = "nothing was recorded"
    for attempt in range(ATTEMPTS):
        before = silent.status()
        name, (_, file) = silent.ask("/record", "take")
        assert (name, file) == ("/done", "take.wav" if attempt == 0 else f"take-{attempt + 1}.wav")
        assert "is being recorded" in silent.failure("/record", "other")
        silent.client.send("/play", 60, *Z, 0.5)
        assert until(lambda: silent.status().voices == 1, ANSWER_S)
        assert until(lambda: silent.status().voices == 0, ANSWER_S)
        time.sleep(0.1)
        name, (_, file, seconds) = silent.ask("/record")
        assert name == "/done"
        files.append(silent.recordings / file)
        samples, rate = soundfile.read(files[-1], dtype="float32", always_2d=True)
        info = soundfile.info(files[-1])
        assert (info.format, info.subtype, rate) == ("WAV", "FLOAT", 48_000)
        assert seconds == pytest.approx(len(samples) / rate, abs=1e-3)
        got = samples.T[:, first_sound(samples.T) :]
        complaint = difference(*aligned(got, expected))
        if complaint is None and len(files) > 1:
            break
        assert complaint is None or silent.status().underruns > before.underruns, complaint
    assert len({file.name for file in files}) == len(files) and all(file.stat().st_size > 100_000 for file in files)
    assert "nothing is being recorded" in silent.failure("/record")
    for name in ("../take", "a/b", "", ".hidden", "x" * 200):
        assert "a recording's name has" in silent.failure("/record", name)
    if complaint is not None:
        pytest.skip(f"the machine disturbed the last of {ATTEMPTS} recordings: {complaint}")


def test_a_rendered_note_is_encoded_to_where_it_came_from(silent: SilentDaemon) -> None:
    """For notes of the training data, because off them an autoencoder need not find back."""
    document = read_document(PLUCKED)
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
        soundfile.write(silent.sounds_folder / "trained.wav", part.T, rate, subtype="FLOAT")
        name, (command, file, note, *z, handle, distance_db, doubt) = silent.ask(
            "/encode", "trained.wav", timeout_s=LOAD_S
        )
        assert (name, command, file, note) == ("/done", "/encode", "trained.wav", float(point.note))
        assert (handle, doubt) == ("trained", "") and 0.0 < distance_db < 6.0
        assert silent.ask("/encode", "trained.wav", point.note, timeout_s=LOAD_S)[1][2] == note, "told, not heard"
        errors.append(np.abs((np.array(z) - np.array(point.z)) / np.array(document.latent.std)).max())
    assert np.median(errors) < 0.5, f"off by {errors} standard deviations"
    silent.client.send("/z", "trained")
    assert silent.ask("/get", "/z", answer="/z")[1] == pytest.approx(z, abs=1e-5)
    assert silent.ask("/preset/save", "kept", timeout_s=LOAD_S)[0] == "/done"
    for name in ("trained", "kept"):
        silent.client.send("/play", note, name)
    silent.client.send("/play", note, "nobody")
    refused = silent.client.wait_for("/fail", timeout_s=ANSWER_S)
    assert refused is not None and "no sound was encoded as 'nobody'" in refused[1][1]
    silent.ask("/load", "plucked", timeout_s=LOAD_S)
    name, (_, why) = silent.ask("/z", "trained", answer="/fail")
    assert "no sound was encoded as 'trained'" in why, "gone on /load"


def test_what_is_unlike_any_note_is_told_or_can_be_played(silent: SilentDaemon) -> None:
    """A model thinks what it likes of sounds that it does not know; what it answers is nonetheless what /play takes."""
    latent = read_document(PLUCKED).latent
    square = np.sign(np.sin(2.0 * np.pi * 220.0 * np.arange(96_000) / 48_000)) * 0.5
    hiss = np.random.default_rng(1).uniform(-0.2, 0.2, square.size)
    answers = []
    for share in (0.0, 0.5, 1.0):
        soundfile.write(silent.sounds_folder / "organ.wav", (square + share * hiss).astype(np.float32), 48_000)
        name, said = silent.ask("/encode", "organ.wav", timeout_s=LOAD_S)
        answers.append(name)
        if name == "/fail":
            assert "makes nothing of it" in said[1]
            continue
        assert said[:3] == ("/encode", "organ.wav", 57)
        far = (np.array(said[3:7]) - np.array(latent.mean)) / np.array(latent.std)
        assert np.abs(far).max() < 6.001, "a point that /play would move"
    assert "/done" in answers
    soundfile.write(silent.sounds_folder / "hiss.wav", hiss.astype(np.float32), 48_000)
    kind, said = silent.ask("/encode", "hiss.wav", answer="/warn", timeout_s=LOAD_S)
    assert (kind, said[0]) == ("/warn", "/encode")
    assert said[1].startswith("hiss.wav: it has no clear pitch: a noise, a chord, or several sounds")
    answer = silent.client.wait_for("/done", timeout_s=ANSWER_S)
    assert answer is not None and answer[1][:2] == ("/encode", "hiss.wav"), "and it is encoded all the same"
    assert f"hiss.wav: {answer[1][-1]}" == said[1], "the answer says why as well"
    assert silent.plays()


def test_what_cannot_be_encoded_is_told(silent: SilentDaemon, note_file: Path, tmp_path: Path) -> None:
    (silent.sounds_folder / "text.wav").write_text("this is no sound")
    soundfile.write(silent.sounds_folder / "silence.wav", np.zeros(48_000, np.float32), 48_000)
    for outside in (silent.sounds_folder.parent, tmp_path):
        shutil.copy(note_file, outside / "outside.wav")
    link = silent.sounds_folder / "link.wav"
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
        assert why in silent.failure("/encode", name, timeout_s=LOAD_S)
    assert silent.plays()
