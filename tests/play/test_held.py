"""What holds a note and what ends it, heard: a small model that sustains, through the engine, block by block."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts.knotted import whole_document, write_both
from parts.listening import Sound, first_sound
from parts.sustaining import BANDS, HOP, PASSED_S, RATE, WHOLE_S, swaying_textures, write_sustaining

Sent = tuple[float, str, *tuple[float | str, ...]]
BUFFER_S = 0.04  # engine.buffer_s
LATE_S = BUFFER_S + 0.02  # what is rendered ahead when a note is let go
WINDOW = 480
RELEASE_S = 0.3
Z = (0.0, 0.0)
PASS_S, HOLD_S = 0.2, 2.5
SWAY_FRAMES = 16.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    write_sustaining(made / "sustaining.ts")
    write_sustaining(made / "releasing.ts", release_s=RELEASE_S)
    write_sustaining(made / "textured.ts", swaying_textures(period=SWAY_FRAMES))
    write_both(made)
    return made


def started(folder: Path, name: str = "sustaining", *more: str) -> OfflineEngine:
    settings = [
        *more,
        f"model.folder={folder}",
        f"model.name={name}",
        "model.device=cpu",
        "engine.voices=4",
        "engine.spare=2",
        "engine.gain_db=0",
    ]
    return OfflineEngine(load_config(None, settings), RATE)


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[OfflineEngine]:
    made = started(folder)
    yield made
    assert made.engine.intact()
    made.close()


@pytest.fixture
def engine(shared: OfflineEngine) -> Iterator[OfflineEngine]:
    """An engine that plays `sustaining`, every control at its default."""
    shared.errors.clear()
    load(shared, "sustaining")
    yield shared
    assert shared.errors == []
    assert shared.pool.idle
    shared.execute([Message("/freeze", (0,), ""), Message("/sustain", (0,), ""), Message("/gain", (0.0,), "")])
    shared.execute([Message("/release", (0.15,), "")])


def load(engine: OfflineEngine, name: str) -> None:
    assert engine.models.current is not None
    if engine.models.current.name != name:
        engine.execute([Message("/load", (name,), "")])


def played(engine: OfflineEngine, *sent: Sent) -> Sound:
    """From the first sample on: [frames] of the left output."""
    begin_s = engine.timeline.frame / RATE + 0.05
    moments = [Moment(round(1e9 * (begin_s + at_s)), (Message(path, args, ""),)) for at_s, path, *args in sent]
    sound = engine.play(moments)[0]
    return sound[first_sound(sound) :]


def levels_db(sound: Sound) -> Sound:
    """Root mean square of each 10 ms, in dB."""
    parts = sound[: sound.size // WINDOW * WINDOW].reshape(-1, WINDOW)
    return 10.0 * np.log10(np.square(parts).mean(axis=1) + 1e-12)


def ends_s(sound: Sound) -> float:
    return float(np.flatnonzero(np.abs(sound) > 1e-6)[-1]) / RATE


def steady_until_s(sound: Sound) -> float:
    """Until when it is as loud as while it was held."""
    level = levels_db(sound)
    held = float(np.median(level[20:60]))
    return float(np.flatnonzero(level > held - 9.0)[-1] + 1) * WINDOW / RATE


LONG = ("/release", 5.0)


@pytest.mark.parametrize("begin", [("/voice/new", 1, 60, *Z), ("/note", 60, 100)])
def test_a_note_is_held_until_it_is_let_go(engine: OfflineEngine, begin: Sequence[float | str]) -> None:
    end = ("/voice/stop", 1) if begin[0] == "/voice/new" else ("/note", 60, 0)
    sound = played(engine, (0.0, *LONG), (0.0, *begin), (4.0, *end))
    level = levels_db(sound)
    assert np.ptp(level[20:400]) < 9.0, "it does not sound on"
    assert 4.0 < steady_until_s(sound) < 4.0 + LATE_S + 0.2
    assert ends_s(sound) == pytest.approx(4.0 + WHOLE_S - PASSED_S, abs=LATE_S + 0.05), "its recorded end is missing"


def test_the_pedal_holds_as_well(engine: OfflineEngine) -> None:
    sound = played(
        engine, (0.0, *LONG), (0.0, "/sustain", 1), (0.0, "/note", 60, 100), (0.5, "/note", 60, 0), (3.0, "/sustain", 0)
    )
    assert 3.0 < steady_until_s(sound) < 3.0 + LATE_S + 0.2


def test_who_says_no_end_passes_what_can_be_held_once(engine: OfflineEngine) -> None:
    sound = played(engine, (0.0, *LONG), (0.0, "/play", 60, *Z))
    assert ends_s(sound) == pytest.approx(WHOLE_S, abs=0.03)
    assert PASSED_S - 0.05 < steady_until_s(sound) < PASSED_S + 0.2


@pytest.mark.parametrize("seconds", [PASS_S, HOLD_S])
@pytest.mark.parametrize("path", ["/play", "/interp", "/voice/new"])
def test_with_seconds_it_is_held_that_long(engine: OfflineEngine, path: str, seconds: float) -> None:
    begin: tuple[float | str, ...] = {
        "/play": ("/play", 60, *Z, 0.8, seconds),
        "/interp": ("/interp", 60, seconds, *Z, 0.2, 0.2),
        "/voice/new": ("/voice/new", 1, 60, *Z, 0.8, seconds),
    }[path]
    sound = played(engine, (0.0, *LONG), (0.0, *begin))
    assert ends_s(sound) == pytest.approx(seconds + WHOLE_S - PASSED_S, abs=0.03)
    level = levels_db(sound)
    assert np.abs(np.diff(level[3 : round(100 * (seconds + 0.3))])).max() < 4.0, "its end is a step"


def test_the_release_begins_with_the_recorded_end(engine: OfflineEngine) -> None:
    dry = played(engine, (0.0, "/release", 10.0), (0.0, "/play", 60, *Z, 0.8, HOLD_S))
    engine.execute([Message("/release", (0.1,), "")])
    wet = played(engine, (0.0, "/play", 60, *Z, 0.8, HOLD_S))
    ended = round(HOLD_S * RATE)
    assert np.abs(wet[: ended - 1000]).max() > 0.01
    assert not np.allclose(wet[ended - 20_000 : ended], dry[ended - 20_000 : ended]), "two voices walk the same way"
    assert ends_s(wet) == pytest.approx(HOLD_S + 0.1, abs=0.03)


def test_a_models_own_release_is_that_of_its_notes_until_one_is_set(
    engine: OfflineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(engine, "releasing")
    monkeypatch.setattr(engine.performer.sound, "releases_as_told", False)  # as at the start
    own = played(engine, (0.0, "/play", 60, *Z, 0.8, 1.0))
    assert ends_s(own) == pytest.approx(1.0 + RELEASE_S, abs=0.03)
    changed = played(engine, (0.0, "/voice/new", 1, 60, *Z, 0.8, 1.0), (0.5, "/release", 0.1))
    assert ends_s(changed) == pytest.approx(1.1, abs=0.03)
    monkeypatch.setattr(engine.performer.sound, "releases_as_told", False)
    alone = played(
        engine,
        (0.0, "/voice/new", 1, 60, *Z, 0.8, 1.0),
        (0.0, "/voice/set", 1, "release", 0.2),
        (0.5, "/release", 0.05),
    )
    assert ends_s(alone) == pytest.approx(1.2, abs=0.03)


@pytest.mark.parametrize("name", ["sustaining", "textured"])
def test_a_rendering_of_held_notes_repeats_bit_by_bit(name: str, folder: Path) -> None:
    takes = []
    for _ in range(2):
        engine = started(folder, name)
        takes.append(
            played(
                engine,
                (0.0, "/voice/new", 1, 60, *Z),
                (0.1, "/note", 67, 90),
                (0.3, "/voice/set", 1, "z", 0.5, 0.0),
                (1.5, "/voice/stop", 1),
                (2.0, "/note", 67, 0),
            )
        )
        engine.close()
    assert np.array_equal(*takes)


def test_a_held_note_sounds_the_same_however_far_ahead_it_is_rendered(folder: Path) -> None:
    takes = []
    for buffer_s in (0.02, 0.2):
        engine = started(folder, "textured", f"engine.buffer_s={buffer_s}")
        takes.append(played(engine, (0.0, "/voice/new", 1, 60, *Z), (3.0, "/stop"))[: 2 * RATE])
        engine.close()
    assert np.array_equal(*takes)


def test_a_texture_moves_what_would_stand_still(engine: OfflineEngine) -> None:
    """It sways in all bands alike, so the level sways with it, at its own speed; in the release it does not."""
    sways = {}
    for name in ("sustaining", "textured"):
        load(engine, name)
        level = levels_db(played(engine, (0.0, *LONG), (0.0, "/voice/new", 1, 60, *Z), (4.0, "/stop")))
        course = level[40:390] - np.convolve(level, np.ones(11) / 11, "same")[40:390]
        spectrum = np.abs(np.fft.rfft(course * np.hanning(course.size)))
        near = spectrum**2 * (spectrum > 0.3 * spectrum.max())  # where the walk turns, the line becomes several
        sways[name] = (
            float(course.std()),
            float(np.average(np.fft.rfftfreq(course.size, WINDOW / RATE), weights=near)),
        )
    assert sways["textured"][0] > 2.0 + sways["sustaining"][0]
    assert sways["textured"][1] == pytest.approx(RATE / (SWAY_FRAMES * HOP), rel=0.1)


def test_a_held_note_has_its_fine_detail_and_its_texture(folder: Path, tmp_path: Path) -> None:
    tilt = [*np.linspace(-9.0, 9.0, BANDS).round(2).tolist(), *[0.0] * BANDS]
    mine = {"z": Z, "macros": {}, "detail": [{"note": 60, "share": 1.0, "elsewhere": 0.5, "numbers": tilt}]}
    (tmp_path / "textured.json").write_text(json.dumps({"format": 3, "model": "textured", "presets": {"mine": mine}}))
    engine = started(folder, "textured", f"paths.presets={tmp_path}")
    brightness, sway = [], []
    for place in (Z, ("mine",)):
        sound = played(engine, (0.0, *LONG), (0.0, "/voice/new", 1, 60, *place), (3.0, "/stop"))
        level = levels_db(sound)[40:290]
        power = np.abs(np.fft.rfft(sound[40 * WINDOW : 290 * WINDOW])) ** 2
        brightness.append(float(power[power.size // 2 :].sum() / power.sum()))
        sway.append(float((level - np.convolve(level, np.ones(11) / 11, "same"))[11:-11].std()))
    engine.close()
    assert brightness[1] > 2.0 * brightness[0]
    assert sway[1] == pytest.approx(sway[0], rel=0.3) and sway[1] > 2.0


def test_a_move_leaves_a_held_note_where_it_is(engine: OfflineEngine) -> None:
    sound = played(
        engine, (0.0, *LONG), (0.0, "/voice/new", 1, 60, *Z), (2.0, "/voice/set", 1, "z", -1.0, 0.0), (3.0, "/stop")
    )
    level = levels_db(sound)
    assert np.median(level[220:290]) == pytest.approx(np.median(level[100:190]) - 4.0, abs=1.0)
    assert level[20:290].min() > np.median(level[220:290]) - 6.0


def test_a_score_that_lets_go_of_nothing_ends(engine: OfflineEngine) -> None:
    sound = played(engine, (0.0, *LONG), (0.0, "/voice/new", 1, 60, *Z), (2.0, "/gain", 0.0))
    assert ends_s(sound) == pytest.approx(2.0 + WHOLE_S - PASSED_S, abs=LATE_S + 0.05)


# -- freeze and rate, of any model -------------------------------------------------------------------------------------


def test_freezing_holds_any_note_and_lets_it_go_on(engine: OfflineEngine) -> None:
    document = whole_document()
    whole_s = (document.n_samples - document.onset_sample) / RATE
    load(engine, "frames")
    sound = played(engine, (0.0, "/play", 60, *Z), (0.3, "/freeze", 1), (2.3, "/freeze", 0))
    assert ends_s(sound) == pytest.approx(whole_s + 2.0, abs=0.03)
    level = levels_db(sound)
    assert np.ptp(level[50:225]) < 4.0, "it changes while it is frozen"


@pytest.mark.parametrize(("rate", "times"), [(2.0, 0.5), (0.5, 2.0)])
def test_rate_is_the_speed_of_one_note(engine: OfflineEngine, rate: float, times: float) -> None:
    document = whole_document()
    whole_s = (document.n_samples - document.onset_sample) / RATE
    load(engine, "frames")
    sound = played(engine, (0.0, "/voice/new", 1, 60, *Z), (0.0, "/voice/set", 1, "rate", rate))
    assert ends_s(sound) == pytest.approx(whole_s * times, abs=0.04)


def test_a_note_that_stands_still_ends_with_its_score(engine: OfflineEngine) -> None:
    load(engine, "frames")
    sound = played(engine, (0.0, "/voice/new", 1, 60, *Z), (0.2, "/voice/set", 1, "rate", -1.0), (3.0, "/gain", 0.0))
    assert ends_s(sound) == pytest.approx(3.0 + 0.15, abs=0.03)
