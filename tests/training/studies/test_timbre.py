"""The study of timbres: its frames, its network and loss beside the published ones, what it measures, its page."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.errors import ConfigError, DataError
from oscvae.sound.files import read_sound
from oscvae.training.evaluate.summary import quietly
from oscvae.training.studies.command import run
from oscvae.training.studies.timbre import network
from oscvae.training.studies.timbre.constantq import (
    BINS,
    FLOOR_DB,
    HOP,
    LOWEST_HZ,
    PER_OCTAVE,
    RATE,
    ConstantQ,
    analyse,
    constant_q,
    shape_db,
    sounds,
)
from oscvae.training.studies.timbre.measures import Ear, blended, convergence_db, draw, lsd_db, measure
from oscvae.training.studies.timbre.network import LATENT, Published, Size, loss_of, trained
from oscvae.training.studies.timbre.subjects import HEARD_AT, Ours, Theirs
from oscvae.training.timbre.build import build_frames, files_of
from oscvae.training.timbre.config import load_timbre_config
from oscvae.training.timbre.frameset import TRAIN, UNSEEN, FrameSet, Recording, open_frames
from oscvae.training.timbre.network import make_frames_model
from oscvae.training.timbre.recipe import load_frames_recipe
from parts.soak import soaked
from training.timbre.recordings import record, tiny_config, tone

SMALL = Size.of(True)
SECOND = Size.of(False).judged_s


@pytest.fixture(scope="module", autouse=True)
def _filters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """librosa keeps its filters, which are the larger part of what it computes of a second; it asks when imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIBROSA_CACHE_DIR", str(tmp_path_factory.mktemp("librosa")))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("sounds") / "recordings")


@pytest.fixture(scope="module")
def paths(folder: Path) -> dict[str, Path]:
    return {file.name: file.path for file in files_of(load_frames_recipe(str(folder)))}


@pytest.fixture(scope="module")
def frames(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> FrameSet:
    built = build_frames(load_frames_recipe(str(folder)), tmp_path_factory.mktemp("frames") / "set")
    return open_frames(built.path)


@pytest.fixture(scope="module")
def data(frames: FrameSet, paths: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> ConstantQ:
    return constant_q(frames, paths, tmp_path_factory.mktemp("constantq"), 10, quietly)


@pytest.fixture(scope="module")
def noise() -> ConstantQ:
    x = np.abs(np.random.default_rng(1).standard_normal((60, BINS), np.float32))
    return ConstantQ(x, (Recording("noise", "noise", TRAIN, 0, 60),), "noise")


@soaked
def test_a_tone_is_highest_in_its_own_bin() -> None:
    t = np.arange(RATE) / RATE
    for hz in (110.0, 440.0, 3520.0):
        x = analyse(np.sin(2 * np.pi * hz * t).astype(np.float32))
        assert x.shape == (1 + RATE // HOP, BINS)
        assert int(x[len(x) // 2].argmax()) == round(PER_OCTAVE * np.log2(hz / LOWEST_HZ))


@soaked
def test_frames_that_are_laid_in_a_row_are_sounds_of_their_own() -> None:
    parts = [analyse(tone(hz, RATE).astype(np.float32)) for hz in (220.0, 700.0)]
    found = sounds(parts, 8, 1)
    assert [sound.size for sound in found] == [HOP * (len(part) - 1) for part in parts]
    for sound, part in zip(found, parts, strict=True):
        assert convergence_db(analyse(sound), part) < -6.0
    assert convergence_db(analyse(found[0]), parts[1]) > -3.0


@soaked
def test_recordings_are_those_that_the_other_model_hears_and_kept(
    data: ConstantQ, frames: FrameSet, paths: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {one.name for one in data.of_split(TRAIN)} <= {one.name for one in frames.of_split(TRAIN)}
    assert [one.name for one in data.of_split(UNSEEN)] == [one.name for one in frames.of_split(UNSEEN)]
    fewer = constant_q(frames, paths, tmp_path, 4, quietly)
    assert len(fewer.of_split(TRAIN)) == 3 and len(fewer.of_split(UNSEEN)) == 1
    monkeypatch.setattr("oscvae.training.studies.timbre.constantq.analyse", None)
    again = constant_q(frames, paths, tmp_path, 4, quietly)
    assert np.array_equal(again.x, fewer.x) and again.recordings == fewer.recordings
    name = fewer.recordings[0].name
    one, other = data.named(name), fewer.named(name)
    assert np.array_equal(data.x[one.rows], fewer.x[other.rows])


def test_its_network_is_the_published_one() -> None:
    assert [tuple(part.shape) for part in Published().parameters()] == [
        (2048, 384), (2048,), (512, 2048), (512,), (2048, 256), (2048,), (384, 2048), (384,),
    ]  # fmt: skip
    x = torch.rand(5, BINS)
    back, mean, log_variance = Published()(x, torch.zeros(5, LATENT))
    assert back.shape == x.shape and float(back.detach().min()) >= 0.0
    assert mean.shape == log_variance.shape == (5, LATENT)


def test_its_loss_is_the_published_one() -> None:
    generator = torch.Generator().manual_seed(1)
    x, back = (torch.rand(7, BINS, generator=generator) for _ in range(2))
    mean, log_variance = (torch.randn(7, LATENT, generator=generator) for _ in range(2))
    published = torch.mean((x - back) ** 2) - 5e-4 * torch.mean(log_variance - mean**2 - log_variance.exp() + 1.0)
    assert float(loss_of(x, back, mean, log_variance, 5e-4)) == pytest.approx(float(published), rel=1e-5)


def test_a_training_that_is_stopped_goes_on_as_if_it_had_not_been(
    noise: ConstantQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_KEEP_STEPS", 2)
    size = replace(SMALL, steps=6)
    whole = trained(5e-4, 1, noise, tmp_path / "whole", size)
    left = iter(range(5))

    def cut(*given: object) -> torch.Tensor:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return loss_of(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(network, "loss_of", cut)
    with pytest.raises(KeyboardInterrupt):
        trained(5e-4, 1, noise, tmp_path / "cut", size)
    monkeypatch.setattr(network, "loss_of", loss_of)
    gone_on = trained(5e-4, 1, noise, tmp_path / "cut", size)
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), gone_on.parameters(), strict=True))
    with pytest.raises(DataError, match="other settings or data"):
        trained(5e-3, 1, noise, tmp_path / "cut", size)


@soaked
def test_its_losses_fall(data: ConstantQ, tmp_path: Path) -> None:
    x = data.x[data.rows_of(TRAIN)]
    usual = float(np.mean((x - x.mean(0)) ** 2))
    model = trained(0.0, 1, data, tmp_path, replace(SMALL, steps=60))
    assert np.mean((network.decode(model, network.encode(model, x)[0]) - x) ** 2) < 0.5 * usual


def test_a_shape_knows_no_level() -> None:
    x = np.abs(np.random.default_rng(1).standard_normal((4, BINS), np.float32))
    np.testing.assert_allclose(shape_db(x), shape_db(100.0 * x), atol=1e-4)
    assert float(shape_db(np.zeros((1, BINS), np.float32)).max()) == FLOOR_DB


def test_an_ear_hears_the_recording_as_it_was_and_an_error_as_so_many_db(
    frames: FrameSet, paths: dict[str, Path]
) -> None:
    ear = Ear(frames, paths, SMALL)
    sound = read_sound(paths["tone c"], HEARD_AT)
    same, louder = (ear.near("tone c", gain * sound) for gain in (np.float32(1.0), np.float32(2.0)))
    assert same.lsd_db == 0.0 and same.sc_db < -100.0
    assert louder.sc_db == pytest.approx(0.0, abs=1e-3)
    assert 2.0 < louder.lsd_db <= 6.03, "what is floored in both stays"
    t = np.arange(sound.size) / HEARD_AT
    high = (0.1 * np.sin(2 * np.pi * 14000.0 * t)).astype(np.float32)
    assert ear.near("tone c", sound + high).sc_db < -30.0, "above 8.4 kHz constant-Q frames know nothing"


@soaked
def test_both_kinds_of_frames_sound_like_the_recording(
    frames: FrameSet, data: ConstantQ, paths: dict[str, Path], tmp_path: Path
) -> None:
    size = replace(SMALL, judged_s=SECOND)
    ear = Ear(frames, paths, size)
    ours = Ours(make_frames_model(tiny_config(tmp_path / "tiny.yaml"), frames.spectrum), frames)
    theirs = Theirs(Published(), data, 8, 1)
    for subject, least_db in ((ours, -15.0), (theirs, -6.0)):
        parts = [subject.excerpt(name, SECOND) for name in ("tone c", "tone d")]
        first, second = subject.sounds(parts)
        assert ear.near("tone c", first).sc_db < least_db
        assert ear.near("tone d", second).sc_db < least_db
        assert ear.near("tone c", second).sc_db > -3.0


def test_blends_are_straight_and_draws_are_of_their_variance() -> None:
    one, other = np.zeros((3, 2), np.float32), np.full((3, 2), 2.0, np.float32)
    assert blended(one, other, -0.15).tolist() == pytest.approx(np.full((3, 2), -0.3))
    assert blended(one, other, 0.5).tolist() == np.full((3, 2), 1.0).tolist()
    drawn = draw(
        np.full((4000, 1), 3.0, np.float32), np.full((4000, 1), np.log(4.0), np.float32), np.random.default_rng(1)
    )
    assert float(drawn.mean()) == pytest.approx(3.0, abs=0.15) and float(drawn.std()) == pytest.approx(2.0, abs=0.1)


@soaked
def test_a_model_that_draws_flutters_more_than_one_that_does_not(
    frames: FrameSet, data: ConstantQ, paths: dict[str, Path], tmp_path: Path
) -> None:
    judged, pairs = [data.of_split(UNSEEN)[0].name], [("tone a", "tone d")]
    size = replace(SMALL, steps=40, iterations=1)
    model = trained(5e-3, 1, data, tmp_path, size)
    told = measure(Theirs(model, data, 1, 1), Ear(frames, paths, size), judged, pairs, size, np.random.default_rng(1))
    assert told.sampled_flutter > 1.5 * told.flutter > 0.0
    assert told.apart_db > 1.0 and told.dimensions == LATENT
    assert told.ends_db > 0.0 and told.detour >= 1.0 - 1e-6, "no way is shorter than the straight one"
    one = Theirs(model, data, 1, 1).excerpt("tone a", 0.3).x
    assert lsd_db(shape_db(one), shape_db(one)) == 0.0


def test_it_says_which_package_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(ConfigError, match=r"librosa .* pip install 'oscvae\[study\]'"):
        analyse(np.zeros(RATE, np.float32))


@soaked
def test_its_page_says_what_was_found_and_goes_on_from_the_runs_that_are_there(folder: Path, tmp_path: Path) -> None:
    assert run("timbre", tmp_path, True, folder, 1) == 0
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    # pictures, spectra to click: five ways and two kinds of frames, three rows of seven mixes
    assert page.count("data:image/png") == 5 + 7 + 21 and page.count("data:audio/flac") == 7 + 21
    assert "oscvae blend" in page
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert set(figures["ways"]) == {"alpha 0", "alpha 5e-05", "alpha 0.0005", "alpha 0.005", "this package's"}
    assert all(len(told) == 1 for told in figures["ways"].values())
    assert all(claim["holds"] is None for claim in figures["claims"]), "one seed claims nothing"
    held = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/*")}
    assert run("timbre", tmp_path, True, folder, 1) == 0
    assert {path: path.stat().st_mtime_ns for path in held} == held
    again = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert {**again, "minutes": 0} == {**figures, "minutes": 0}


def test_our_model_is_the_configuration_that_ships_but_for_its_length(frames: FrameSet, tmp_path: Path) -> None:
    from oscvae.training.config import find_config
    from oscvae.training.studies.timbre.study import our_model

    size = replace(SMALL, ours_steps=2)
    model = our_model(3, frames, tmp_path, tmp_path / "run", size)
    shipped = load_timbre_config(find_config("timbre"))
    assert model.codes.out_features == 2 * shipped.latent
    kept = load_timbre_config(tmp_path / "run" / "config.yaml")
    assert kept.regulariser == shipped.regulariser and kept.loss == shipped.loss and kept.seed == 3
