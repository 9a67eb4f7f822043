"""The study of embeddings: its network beside the published one, its pictures and splits, its checkpoints, its page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.model.level import level_frames
from oscvae.sound.levels import measure_level
from oscvae.sound.stft import magnitudes, to_log
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING, NoteSet
from oscvae.training.data.store import open_dataset, save_dataset
from oscvae.training.evaluate.metrics import distance
from oscvae.training.evaluate.realism import NAME, frechet, measure_realism
from oscvae.training.fit.run import CHECKPOINTS, load_run
from oscvae.training.studies.command import run
from oscvae.training.studies.embedding import clips as clipping
from oscvae.training.studies.embedding import residual, work
from oscvae.training.studies.embedding.checkpoints import at_step, subject_at, train_notes
from oscvae.training.studies.embedding.clips import (
    KNOWN,
    NEW,
    SECONDS,
    SIDE,
    URBAN,
    Clips,
    Round,
    note_pictures,
    open_clips,
    pictures,
    sound_pictures,
)
from oscvae.training.studies.embedding.measures import (
    PCA,
    TRAINED,
    UNTRAINED,
    Eyes,
    Network,
    all_pairs,
    decided,
    disturbances,
    disturbed,
    fidelity,
    generated,
    in_order,
    of_kind,
    split_rows,
)
from oscvae.training.studies.embedding.residual import Residual, embedded, moved, told, trained
from oscvae.training.studies.embedding.size import Size
from oscvae.training.studies.embedding.work import unlearnt
from oscvae.units import note_to_hz
from parts.soak import soaked
from training.timbre.recordings import noise, tone

ANALYSIS = AnalysisPart(
    n_fft=2048, hop=512, n_bands=100, frames=120, onset_sample=1536, note_min=60, note_max=72
).complete()
SMALL = replace(Size.of(True), checkpoints=(2, 4, 6), look_steps=3)
RATE = 22050


def make_notes() -> NoteSet:
    """Combs of three colours, at five velocities, that fade; the highest recordings are never trained on."""
    axis, h = ANALYSIS.band_axis(), np.arange(1, 13)
    rows = [(note, timbre, 20 * velocity) for timbre in range(3) for velocity in range(1, 6) for note in range(60, 73)]
    note, timbre, velocity = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    x = []
    for at in range(len(rows)):
        place = note_to_hz(float(note[at])) * ANALYSIS.n_fft / ANALYSIS.sample_rate * h
        level_db = -(2.0 + 4.0 * timbre[at] + 0.01 * velocity[at]) * (h - 1)
        near = np.abs(axis.centre[:, None] - place) < axis.spacing[:, None]
        fades_db = (0.1 + 0.3 * timbre[at]) * np.arange(ANALYSIS.frames)
        bands = 10.0 ** ((np.where(near, level_db, -90.0).max(axis=1) - fades_db[:, None]) / 20.0)
        level = measure_level(bands, axis, level_frames(ANALYSIS))
        x.append(to_log(bands, level, ANALYSIS.floor_db, ANALYSIS.ceiling_db).T)
    return NoteSet(
        x=np.stack(x),
        note=note,
        program=24 + timbre,
        velocity=velocity,
        level=np.ones(len(rows), np.float32),
        split=np.where(note > 69, WITHHELD_RECORDING, np.where(note % 5 == 0, WITHHELD_NOTE, TRAIN)).astype(np.int8),
        analysis=ANALYSIS,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "notes"
    save_dataset(make_notes(), folder)
    return folder


@pytest.fixture(scope="module")
def notes(data: Path) -> NoteSet:
    return open_dataset(data)


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of Sonic Pi's: four sources of one kind, two of another, one of a third, and what is of none."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for number, name in enumerate(("tabla_a1", "tabla_a2", "tabla_b1", "tabla_c1", "tabla_d1")):
        soundfile.write(folder / f"{name}.wav", tone(100.0 + 30.0 * number), RATE)
    for seed, name in enumerate(("drum_x", "drum_y", "ambi_alone", "misc_noise"), 1):
        soundfile.write(folder / f"{name}.wav", noise(seed), RATE)
    soundfile.write(folder / "drum_z.wav", noise(5, seconds=2.4 * SECONDS), RATE)
    (folder / "drum_broken.wav").write_text("no sound")
    monkeypatch.setattr(clipping, "RECORDINGS", str(folder))
    return folder


@pytest.fixture
def urban(tmp_path: Path) -> Path:
    """Clips in folds, as UrbanSound8K lays them out."""
    for fold in (1, 2, 10):
        place = tmp_path / "urban" / "audio" / f"fold{fold}"
        place.mkdir(parents=True)
        for label in (1, 4, 8):
            for part in range(3):
                sound = tone(100.0 * label + fold) if label != 4 else noise(10 * fold + part)
                soundfile.write(place / f"{100 * fold + label}-{label}-0-{part}.wav", sound, RATE)
        (place / ".DS_Store").write_text("")
    (tmp_path / "urban" / "audio" / "fold1" / "7-1-0-0.wav").write_text("no sound")
    return tmp_path / "urban"


def bars(count: int, seed: int = 1) -> Clips:
    """Pictures of two classes that only their directions tell apart."""
    rng = np.random.default_rng(seed)
    x = np.full((count, SIDE, SIDE), -1.0, np.float32)
    label = np.arange(count) % 3 // 2  # two of one for each of the other
    for picture, which in zip(x, label, strict=True):
        for at in rng.integers(0, SIDE, 6):
            (picture if which else picture.T)[at] = 1.0
    part = np.where(np.arange(count) < count * 2 // 3, TRAIN, WITHHELD_RECORDING)
    return Clips(x, label, tuple(map(str, range(count))), part, ("down", "across"), False)


def test_the_network_is_the_published_one_but_for_its_colours() -> None:
    network = Residual(1000)
    published, three_colours = 11_689_512, 2 * 64 * 7 * 7
    assert sum(part.numel() for part in network.parameters()) == published - three_colours
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert sum(not (isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1)) for layer in layers) == 18
    assert network.eval().features(torch.zeros(2, SIDE, SIDE)).shape == (2, 512)
    same, other = Residual(3, 8, seed=5), Residual(3, 8, seed=6)
    assert torch.equal(Residual(3, 8, seed=5).head.weight, same.head.weight)
    assert not torch.equal(other.head.weight, same.head.weight)


def test_a_picture_tells_levels_below_its_loudest_place_and_no_level() -> None:
    level_db = np.full((1, 192, 96), -200.0, np.float32)
    level_db[0, 40:42, 50:52] = -23.0
    level_db[0, 80:82, 50:52] = -63.0
    columns = 1 + (round(SECONDS * ANALYSIS.sample_rate) - ANALYSIS.n_fft) // ANALYSIS.hop
    long = np.repeat(level_db, 4, axis=2)
    found = pictures(long, ANALYSIS)
    assert found.shape == (1, SIDE, SIDE) and found.dtype == np.float32
    at = int((50 + 1) * 4 * SIDE / columns)
    assert found[0, 20, at] == pytest.approx(1.0) and found[0, 40, at] == pytest.approx(0.0, abs=1e-6)
    assert found.min() == -1.0 and np.all(found[0, 60:] == -1.0)
    np.testing.assert_allclose(pictures(long + 17.0, ANALYSIS), found, atol=1e-6)
    short = pictures(level_db, ANALYSIS)
    assert np.all(short[0, :, round(96 * SIDE / columns) + 1 :] == -1.0) and short.max() > -0.5


def test_a_note_and_its_sound_are_one_picture() -> None:
    t = np.arange(round(1.5 * ANALYSIS.sample_rate)) / ANALYSIS.sample_rate
    sound = (0.3 * sum(np.sin(2 * np.pi * 300.0 * h * t) / h for h in (1, 2, 5)) * np.exp(-2 * t)).astype(np.float32)
    bands = magnitudes(sound, ANALYSIS.n_fft, ANALYSIS.hop) @ ANALYSIS.band_axis().matrix().T
    wide = ANALYSIS.model_copy(update={"floor_db": -140.0})
    x = to_log(bands, ANALYSIS.n_fft / 4, wide.floor_db, wide.ceiling_db).T[None]
    np.testing.assert_allclose(note_pictures(x, wide), sound_pictures(sound, ANALYSIS), atol=2e-3)


def test_a_long_sound_is_cut_into_clips() -> None:
    sound = np.random.default_rng(1).standard_normal(round(2.5 * SECONDS * ANALYSIS.sample_rate)).astype(np.float32)
    assert sound_pictures(sound, ANALYSIS).shape[0] == 3
    assert sound_pictures(sound[: round(2.1 * SECONDS * ANALYSIS.sample_rate)], ANALYSIS).shape[0] == 2
    assert sound_pictures(sound[:100], ANALYSIS).shape[0] == 1


def test_no_recording_is_on_both_sides(notes: NoteSet, recordings: Path) -> None:
    clips = open_clips(notes, None, Size.of(True))
    assert clips.classes == (*notes.timbres, "drum kit", "tabla"), "a kind of one source cannot be split"
    assert clips.skipped == 1 and clips.shared == 0
    (of,) = clips.rounds(5)
    assert set(of.tests) == {NEW, KNOWN}
    heard = {clips.source[row] for row in of.train}
    assert heard.isdisjoint(clips.source[row] for row in of.tests[NEW])
    assert {clips.source[row] for row in of.tests[KNOWN]} <= set(notes.sources)
    for number in range(len(clips.classes)):
        assert np.sum(clips.label[of.train] == number) > 0 < np.sum(clips.label[of.tests[NEW]] == number)
    tablas = {clips.source[row] for row in np.flatnonzero(clips.label == clips.classes.index("tabla"))}
    assert len(tablas) == 4, "a1 and a2 are one source"
    assert sum("drum_z" in source for source in clips.source) == 3
    lost = replace_part(clips, TRAIN)
    assert lost.shared == 0 and replace_part(clips, WITHHELD_RECORDING).fingerprint != clips.fingerprint


def replace_part(clips: Clips, part: int) -> Clips:
    everywhere = np.full(len(clips), part, np.int64)
    return Clips(clips.x, clips.label, clips.source, everywhere, clips.classes, clips.folds)


def test_urban_sounds_are_tested_fold_by_fold(notes: NoteSet, urban: Path) -> None:
    clips = open_clips(notes, urban, Size.of(True))
    assert len(clips) == 27 and clips.classes == (URBAN[1], URBAN[4], URBAN[8]) and clips.skipped == 1
    assert [of.name for of in clips.rounds(10)] == ["fold 1", "fold 2", "fold 10"]
    for of in clips.rounds(2):
        assert len(of.train) == 18 and set(of.tests) == {NEW}
        assert {clips.source[row] for row in of.train}.isdisjoint(clips.source[row] for row in of.tests[NEW])
    assert clips.shared == 0
    moved_one = urban / "audio" / "fold2" / "101-1-0-9.wav"
    (urban / "audio" / "fold1" / "101-1-0-0.wav").rename(moved_one)
    assert open_clips(notes, urban, Size.of(True)).shared == 1, "the rest of that recording is in fold 1"


def test_what_is_no_such_folder_is_told(notes: NoteSet, tmp_path: Path) -> None:
    place = tmp_path / "audio" / "fold1"
    place.mkdir(parents=True)
    with pytest.raises(DataError, match="fsID-classID"):
        open_clips(notes, tmp_path, Size.of(True))
    for label in (1, 2):
        soundfile.write(place / f"{label}-{label}-0-0.wav", tone(200.0), RATE)
    with pytest.raises(DataError, match="one fold only"):
        open_clips(notes, tmp_path, Size.of(True))


def test_a_moved_picture_is_the_same_a_few_places_on() -> None:
    x = np.full((50, SIDE, SIDE), -1.0, np.float32)
    x[:, 40, 50] = 1.0
    found = moved(x, np.random.default_rng(1))
    assert found.shape == x.shape and set(np.unique(found).tolist()) == {-1.0, 1.0}
    _, up, late = np.nonzero(found == 1.0)
    assert set((up - 40).tolist()) == set(range(-3, 4)) and len(up) == 50
    assert (late - 50).min() == -6 and (late - 50).max() == 6


def test_it_learns_what_tells_classes_apart(tmp_path: Path) -> None:
    clips = bars(180)
    (of,) = clips.rounds(1)
    network, looks = trained(clips, of, 1, tmp_path, replace(Size.of(True), epochs=6))
    answer = told(network, clips.x[of.tests[NEW]])
    assert np.mean(answer == clips.label[of.tests[NEW]]) > 0.9
    assert looks[-1].step == 45 and looks[-1].right > 0.7
    assert embedded(network, clips.x[:5]).shape == (5, 64)


def test_a_training_that_is_stopped_goes_on_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residual, "_KEEP_STEPS", 2)
    clips = bars(60)
    (of,) = clips.rounds(1)
    size = replace(Size.of(True), epochs=2, batch=8)
    whole, looks = trained(clips, of, 1, tmp_path / "whole", size)
    left = iter(range(5))

    def cut(x: Float32s, rng: np.random.Generator) -> Float32s:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return moved(x, rng)

    monkeypatch.setattr(residual, "moved", cut)
    with pytest.raises(KeyboardInterrupt):
        trained(clips, of, 1, tmp_path / "cut", size)
    monkeypatch.setattr(residual, "moved", moved)
    gone_on, again = trained(clips, of, 1, tmp_path / "cut", size)
    assert again == looks
    states = whole.state_dict(), gone_on.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    with pytest.raises(DataError, match="other settings or data"):
        trained(bars(60, seed=2), of, 1, tmp_path / "cut", size)
    with pytest.raises(DataError, match="other settings or data"):
        trained(clips, Round("another", of.train, of.tests), 1, tmp_path / "cut", size)


def test_classes_are_drawn_as_often_as_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = bars(60)
    clips.x[:] = clips.label[:, None, None]
    (of,) = clips.rounds(1)
    drawn: list[float] = []

    def seen(x: Float32s, rng: np.random.Generator) -> Float32s:
        drawn.extend(x[:, 0, 0].tolist())
        return moved(x, rng)

    monkeypatch.setattr(residual, "moved", seen)
    trained(clips, of, 1, tmp_path, replace(Size.of(True), epochs=10))
    assert len(drawn) == 400 and np.mean(drawn) == pytest.approx(0.5, abs=0.08), "a third of the clips are of class 1"


def test_checkpoints_are_the_network_after_so_many_steps(
    notes: NoteSet, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_notes(notes, data, tmp_path / "whole", 1, SMALL)
    last = load_run(tmp_path / "whole").model.state_dict()
    kept = {step: load_run(tmp_path / "whole", at_step(step)).model.state_dict() for step in SMALL.checkpoints}
    assert all(torch.equal(kept[6][name], last[name]) for name in last)
    assert not all(torch.equal(kept[2][name], kept[4][name]) for name in last)
    stop_after(5, monkeypatch)
    with pytest.raises(CutError):
        train_notes(notes, data, tmp_path / "cut", 1, SMALL)
    monkeypatch.undo()
    assert not (tmp_path / "cut" / CHECKPOINTS / f"{at_step(6)}.ckpt").exists()
    train_notes(notes, data, tmp_path / "cut", 1, SMALL)
    for step in SMALL.checkpoints:
        again = load_run(tmp_path / "cut", at_step(step)).model.state_dict()
        assert all(torch.equal(kept[step][name], again[name]) for name in again)
    held = {path: path.stat().st_mtime_ns for path in tmp_path.glob("cut/checkpoints/*")}
    train_notes(notes, data, tmp_path / "cut", 1, SMALL)
    assert {path: path.stat().st_mtime_ns for path in held} == held
    (tmp_path / "cut" / CHECKPOINTS / f"{at_step(4)}.ckpt").unlink()
    with pytest.raises(DataError, match="no step-4"):
        subject_at(4, tmp_path / "cut", notes)


class CutError(Exception):
    pass


def stop_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next training of notes is interrupted in the step after these."""
    from oscvae.training.fit.learner import Learner

    step: Callable[..., torch.Tensor] = Learner.training_step

    def cut(self: Learner, *given: object) -> torch.Tensor:
        if self.global_step >= steps:
            raise CutError
        return step(self, *given)

    monkeypatch.setattr(Learner, "training_step", cut)


@pytest.fixture(scope="module")
def eyes(notes: NoteSet) -> Eyes:
    x, split = note_pictures(notes.x, ANALYSIS), notes.split.astype(np.int64)
    clips = Clips(x, notes.timbre, ("",) * len(notes), split, notes.timbres, False)
    networks = [Network(UNTRAINED, seed, unlearnt(3, 8, seed, clips)) for seed in (1, 2)]
    return Eyes(notes, networks, split_rows(notes))


def test_each_embedding_sees_the_same_notes(eyes: Eyes, notes: NoteSet) -> None:
    assert eyes.names == [PCA, f"{UNTRAINED}, seed 1", f"{UNTRAINED}, seed 2"]
    rows = split_rows(notes)
    assert notes.split[rows["test"]].min() == WITHHELD_RECORDING and len(rows["test"]) == 45
    assert all(value > 0.0 for value in eyes.usual.values())
    again = eyes.see(eyes.recorded(rows["test"]))
    assert all(value < 1e-6 * eyes.usual[name] for name, value in eyes.distances(again).items())
    assert of_kind(eyes.usual, UNTRAINED) == list(eyes.usual.values())[1:] and of_kind(eyes.usual, TRAINED) == []
    assert eyes.ranks()[f"{UNTRAINED}, seed 1"][0] <= 44 < eyes.ranks()[f"{UNTRAINED}, seed 1"][1] == 64


def test_an_untrained_network_lets_pictures_through(eyes: Eyes) -> None:
    codes = eyes.real["train"][f"{UNTRAINED}, seed 1"]
    assert np.isfinite(codes).all() and 1e-2 < codes.std(axis=0).mean() < 1e2


def test_the_statistics_are_those_of_the_evaluation(notes: NoteSet, data: Path, eyes: Eyes, tmp_path: Path) -> None:
    train_notes(notes, data, tmp_path / "run", 1, SMALL)
    subject = subject_at(6, tmp_path / "run", notes)
    codes = subject.encode(notes.x, notes.note)
    evaluated = measure_realism(subject, notes, codes, np.random.default_rng(3))
    assert evaluated is not None and evaluated.embedding == NAME
    assert eyes.usual[PCA] == pytest.approx(evaluated.training_to_test.distance, rel=1e-6)
    every = eyes.see(generated(subject, notes, codes, 1000, np.random.default_rng(3)))
    assert len(every[PCA]) == evaluated.generated_to_test.n
    assert eyes.distances(every)[PCA] == pytest.approx(evaluated.generated_to_test.distance, rel=1e-4)
    few = eyes.see(generated(subject, notes, codes, 20, np.random.default_rng(3)))
    assert len(few[PCA]) == 20
    assert frechet(few[PCA], eyes.real["test"][PCA]).distance == pytest.approx(eyes.distances(few)[PCA])


def test_noise_is_as_loud_as_it_says_in_narrow_and_wide_bands() -> None:
    x = np.full((40, ANALYSIS.bands.n, ANALYSIS.frames), -1.0, np.float32)
    found = disturbed("noise", -40.0, x, ANALYSIS, np.random.default_rng(1))
    power = 10.0 ** (0.1 * (ANALYSIS.floor_db + (found + 1.0) * 0.5 * ANALYSIS.range_db))
    level_db = 10.0 * np.log10(power.mean(axis=(0, 2)))
    np.testing.assert_allclose(level_db, -40.0, atol=0.6)
    assert power[:, -1].std() < power[:, 1].std(), "a wide band is the mean of many bins"


def test_a_stronger_disturbance_takes_notes_farther_away(notes: NoteSet) -> None:
    x, rng = np.asarray(notes.x[:20]), np.random.default_rng(1)
    for kind, strengths in disturbances().items():
        away = [float(np.abs(disturbed(kind, strength, x, ANALYSIS, rng) - x).mean()) for strength in strengths]
        assert away == sorted(away) and away[0] > 0.0, kind
    even = np.full((1, ANALYSIS.bands.n, ANALYSIS.frames), 0.3, np.float32)
    for kind in ("smeared in time", "blurred in frequency"):
        np.testing.assert_allclose(disturbed(kind, 9, even, ANALYSIS, rng), even, atol=1e-6)


def test_pairs_are_counted_that_are_in_order() -> None:
    assert all_pairs(3) == [(0, 1), (0, 2), (1, 2)]
    assert in_order([5.0, 4.0, 3.0, 2.0, 1.0], all_pairs(5)) == (10, 10)
    assert in_order([1.0, 2.0, 3.0], all_pairs(3)) == (0, 3)
    assert in_order([1.0, 2.0, 2.0], [(1, 0), (2, 1)]) == (1, 2), "equal ones are in no order"


def test_a_pair_is_decided_where_most_recordings_say_the_same() -> None:
    rng = np.random.default_rng(1)
    recording = rng.normal(5.0, 3.0, 60)  # which differ by much more than the models do
    far, near, no_nearer = (recording + rng.normal(bias, 0.5, 60) for bias in (1.0, 0.0, 0.02))
    assert decided([far.tolist(), near.tolist(), no_nearer.tolist()]) == [(0, 1), (0, 2)]
    assert decided([near.tolist(), far.tolist()]) == [(1, 0)], "the later one may be the worse"


def test_distances_of_recordings_are_those_of_their_notes(notes: NoteSet, data: Path, tmp_path: Path) -> None:
    train_notes(notes, data, tmp_path, 1, SMALL)
    subject, rows = subject_at(6, tmp_path, notes), split_rows(notes)["test"]
    found = fidelity(subject, notes, rows)
    again = subject.decode(subject.encode(notes.x[rows], notes.note[rows]).mean, notes.note[rows])
    told = distance(again, notes.x[rows], ANALYSIS.floor_db, ANALYSIS.ceiling_db)
    assert found.lsd_db == pytest.approx(told.lsd_db, rel=1e-5) and found.sc_db == pytest.approx(told.sc_db, rel=1e-4)
    assert len(found.recordings) == len(set(notes.source[rows].tolist())) == 9
    one = np.flatnonzero(notes.source[rows] == notes.source[rows].min())
    assert found.recordings[0] == pytest.approx(fidelity(subject, notes, rows[one]).lsd_db, rel=1e-5)


@soaked
def test_its_page_says_what_was_found_and_is_made_again_of_what_is_there(
    data: Path, recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("embedding", out, True, data, 1) == 0
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count("data:audio/flac") == 16 and "oscvae export" in page
    assert {path.stem for path in (out / "pictures").iterdir()} == {
        *("pictures", "courses", "confusion", "ladders", "checkpoints", "notes"),
    }
    figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))
    assert [one["step"] for one in figures["checkpoints"]] == list(Size.of(True).checkpoints)
    assert set(figures["pairs"]["by step"]) == {PCA, f"{TRAINED}, seed 1", f"{UNTRAINED}, seed 1"}
    assert len(figures["orders"]["by step"]) == 3 >= len(figures["orders"]["by withheld recordings"])
    assert set(figures["ladders"]) == set(disturbances()) and figures["shared"] == 0
    confusion = np.array(figures["classifiers"][0]["confusion"][NEW])
    assert np.trace(confusion) / confusion.sum() == pytest.approx(figures["classifiers"][0]["right"][NEW])
    assert all(claim["holds"] is None for claim in figures["claims"]), "one seed claims nothing"
    held = {path: path.stat().st_mtime_ns for path in out.glob("runs/**/*.*")}
    assert run("embedding", out, True, data, 1) == 0
    assert {path: path.stat().st_mtime_ns for path in out.glob("runs/**/*.*")} == held
    again = json.loads((out / "figures.json").read_text(encoding="utf-8"))
    assert again | {"minutes": 0} == figures | {"minutes": 0}


def test_urban_sounds_train_what_judges_the_notes(
    data: Path, urban: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "DATA", data)
    monkeypatch.setattr(Size, "of", lambda small: replace(SMALL, made=34))
    assert run("embedding", tmp_path / "out", True, urban, 1) == 0
    figures = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in figures["classifiers"]] == ["fold 1", "fold 2"]
    assert figures["classes"] == ["car horn", "drilling", "siren"]
    assert {name for name in figures["pairs"]["by step"] if name.startswith(f"{TRAINED}, seed")} == {
        *(f"{TRAINED}, seed 1", f"{TRAINED}, seed 2"),
    }


def test_it_says_which_data_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="make study-embedding"):
        run("embedding", tmp_path / "out", True, None, 1)
