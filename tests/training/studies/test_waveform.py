"""The study of waveforms: the printed network, its data, its losses, what it measures, how it goes on, its page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.training.data.soundfont import Timbre, midi_file
from oscvae.training.studies.command import run
from oscvae.training.studies.waveform.claims import last_fall, with_spread
from oscvae.training.studies.waveform.clips import MARK, RATE, SAMPLES, SECONDS, Clips, open_clips
from oscvae.training.studies.waveform.frames import Walk
from oscvae.training.studies.waveform.keeping import kept
from oscvae.training.studies.waveform.measures import Ear, flatness, log_mel
from oscvae.training.studies.waveform.published import PRINTED, Block, InstanceNorm, Network, count, reached
from oscvae.training.studies.waveform.rendering import render
from oscvae.training.studies.waveform.ways import BATCH, EYE, WAYS, Size, Way, again, trained
from oscvae.training.studies.waveform.work import BETTER, _row, alike, chunked
from parts import SOAK
from parts.soak import soaked
from training.data.soundfonts import needs_fluidsynth

SMALL = Network(400, 10)
COUNT = 26


def tune(seed: int) -> Float32s:
    """Half a minute of notes that fade, [240,000] at 8 kHz."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 2) / RATE
    notes = [
        sum(np.sin(2.0 * np.pi * h * 110.0 * 2.0 ** (semitone / 12.0) * t) / h for h in (1, 2, 3)) * np.exp(-3.0 * t)
        for semitone in rng.integers(0, 24, 2 * SECONDS)
    ]
    return (rng.uniform(0.05, 0.2) * np.concatenate(notes)).astype(np.float32)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of 22 scores, of some two."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(COUNT):
        score, clip = (number, 1) if number < 22 else (number - 22, 2)
        soundfile.write(folder / f"score{score:02}{MARK}{clip}.flac", tune(number), RATE)
    (folder / "index.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def clips(data: Path) -> Clips:
    return open_clips(data, 100, 1)


def test_the_network_has_as_many_parameters_as_the_summary_prints() -> None:
    network = Network(SAMPLES, 10)
    assert (count(network.encoder), count(network.decoder)) == PRINTED
    mean, log_variance = network.encode(torch.zeros(2, SAMPLES))
    assert mean.shape == log_variance.shape == (2, 10) and network(mean).shape == (2, SAMPLES)


def test_a_block_of_the_encoder_adds_a_constant_and_one_of_the_decoder_one_number() -> None:
    x = torch.randn(5, 64)
    encoder, decoder = Block(64, 64, 0.0, False), Block(64, 64, 0.0, True)
    assert torch.equal(encoder.branch(x), torch.zeros(5, 1)), "its shift, as it begins"
    assert decoder.branch(x).shape == (5, 1) and decoder.branch(x).detach().std() > 0.02
    several = InstanceNorm()(torch.randn(5, 1, 8))
    assert float(several.detach().std(2, unbiased=False).mean()) == pytest.approx(1.0, abs=0.02), (
        "of more steps it is no constant"
    )


def test_one_tap_of_a_kernel_learns_at_most() -> None:
    found = reached(SMALL, torch.randn(8, 400))
    assert len(found) == 8
    for name, kernel in found.items():
        taps = int((kernel.sum(0) > 0).sum())
        assert taps == (0 if name.startswith("encoder") else 1), name
        assert kernel.shape[1] > 1


def test_clips_are_split_by_what_they_are_of(data: Path, clips: Clips) -> None:
    assert len(clips) == COUNT and clips.x.shape == (COUNT, SAMPLES) and clips.sound.shape == (COUNT, SECONDS * RATE)
    assert clips.test.sum() == round(0.2 * COUNT)
    assert not set(clips.source[clips.test].tolist()) & set(clips.source[~clips.test].tolist())
    assert len(set(clips.source.tolist())) == 22
    fewer = open_clips(data, 20, 1)
    assert len(fewer) == 20 and fewer.fingerprint != clips.fingerprint
    assert open_clips(data, 20, 1).fingerprint == fewer.fingerprint != open_clips(data, 20, 2).fingerprint


def test_a_folder_without_enough_clips_says_what_is_needed(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="make study-waveform"):
        open_clips(tmp_path / "none", 100, 1)
    with pytest.raises(DataError, match="holds 0 sound files of 30 s"):
        open_clips(tmp_path, 100, 1)
    for number in range(25):
        soundfile.write(tmp_path / f"short{number}.wav", tune(number)[: 20 * RATE], RATE)
    with pytest.raises(DataError, match="holds 0 sound files of 30 s"):
        open_clips(tmp_path, 100, 1)


def test_noise_is_flat_and_a_tone_is_not() -> None:
    t = np.arange(SAMPLES) / 3000.0
    noise = np.random.default_rng(1).standard_normal(SAMPLES)
    told = flatness(np.stack([noise, np.sin(2.0 * np.pi * 300.0 * t)]).astype(np.float32))
    assert told[0] == pytest.approx(np.exp(-np.euler_gamma), abs=0.02) and told[1] < 1e-3
    full = log_mel(np.sin(2.0 * np.pi * 300.0 * t)[None].astype(np.float32))
    assert full.shape[1] == 40 and 0.7 < full.max() <= 1.0


def test_an_ear_tells_noise_from_clips(clips: Clips) -> None:
    ear = Ear(clips, Network(SAMPLES, EYE.latent).eval())
    rng = np.random.default_rng(1)
    real, noise = ear.real(rng), ear.judge(ear.noise(rng))
    assert noise.away.mel_test > 3.0 * real.mel_test and noise.within == 0.0
    assert noise.level_db == pytest.approx(0.0, abs=0.5)
    itself = ear.judge(clips.x[clips.test])
    assert itself.away.mel_test == pytest.approx(0.0, abs=1e-6) and itself.away.encoder_test == pytest.approx(
        0, abs=1e-6
    )
    assert ear.rank == (4, 20), "five clips have four deviations from their mean"


def test_its_loss_is_half_the_summed_squares_and_beta_times_the_divergence() -> None:
    x = (0.1 * np.random.default_rng(1).standard_normal((BATCH, 400))).astype(np.float32)
    _, (epoch,) = trained(Way("any", 0.0, 7.0, 3), x, 1, 5)
    network = Network(400, 3, 0.0, 5)
    torch.manual_seed(5)
    clips = torch.from_numpy(x)[torch.randperm(BATCH)]
    with torch.no_grad():
        mean, log_variance = network.encode(clips)
        made = network(mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance))
    heard = 0.5 * ((made - clips) ** 2).sum() / BATCH
    nats = 0.5 * (mean**2 + log_variance.exp() - 1.0 - log_variance).sum() / BATCH
    assert epoch.heard == pytest.approx(float(heard), rel=1e-4) and len(epoch.nats) == 3
    assert epoch.loss == pytest.approx(float(heard + 7.0 * nats), rel=1e-4)


def test_a_training_comes_to_the_same_from_the_same_seed() -> None:
    x = (0.1 * np.random.default_rng(1).standard_normal((20, 400))).astype(np.float32)
    way = Way("any", 0.3, 1.0, 2)
    (one, first), (other, second), (_, third) = (trained(way, x, 3, seed) for seed in (1, 1, 2))
    assert first == second != third
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_training_that_overflows_is_told_and_has_no_figures(clips: Clips, tmp_path: Path) -> None:
    way = Way("far too dear", 0.0, 1e39, 2)
    ear, size = Ear(clips, Network(SAMPLES, EYE.latent)), Size.of(True)
    assert _row(way, clips.x[~clips.test], ear, size, 1, tmp_path, None) == {"broken": True}
    assert with_spread([]) == "-"


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="the whole network, 240 steps")
def test_clips_that_are_alike_are_learnt() -> None:
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((80, 2)) @ rng.standard_normal((2, 400))).astype(np.float32)
    network, course = trained(Way("any", 0.0, 1.0, 4), x[:64], 60, 1)
    assert np.sum((again(network, x[64:]) - x[64:]) ** 2) < 0.5 * np.sum(x[64:] ** 2)
    assert course[-1].loss < 0.5 * course[0].loss


def test_a_loss_that_falls_no_more_is_told() -> None:
    course = [{"loss": loss} for loss in (100.0, 50.0, 20.0, 19.9, 19.9, 19.9)]
    assert last_fall(course) == 3
    assert last_fall([{"loss": loss} for loss in (4.0, 3.0, 900.0, 1.0)]) == 4


def test_a_walk_moves_as_what_it_was_told() -> None:
    rng = np.random.default_rng(1)
    told = []
    for _ in range(40):
        y = np.zeros((400, 2))
        for t in range(1, 400):
            y[t] = 0.9 * y[t - 1] + rng.standard_normal(2)
        told.append(y * [1.0, 3.0] + [5.0 + rng.standard_normal(), -20.0])
    walk = Walk.of(told)
    assert np.abs(np.diag(walk.step) - 0.9).max() < 0.05
    drawn = [walk.draw(400, rng) for _ in range(60)]
    for of in (np.mean, np.std):
        wanted, got = (np.mean([of(one, axis=0) for one in each], axis=0) for each in (told, drawn))
        np.testing.assert_allclose(got, wanted, atol=0.35 * np.abs(np.std(np.concatenate(told), axis=0)).max() / 3)
    assert max(one[:, -1].max() for one in drawn) <= walk.loudest_db
    lag = np.mean([np.corrcoef(one[:-1, 0], one[1:, 0])[0, 1] for one in drawn])
    assert lag == pytest.approx(np.mean([np.corrcoef(one[:-1, 0], one[1:, 0])[0, 1] for one in told]), abs=0.05)


def test_what_was_found_is_read_and_never_taken_for_something_else(tmp_path: Path) -> None:
    assert kept(tmp_path, {"seed": 1}, lambda: {"value": 3})["value"] == 3
    assert kept(tmp_path, {"seed": 1}, lambda: {"value": 4})["value"] == 3
    with pytest.raises(DataError, match="name another --out"):
        kept(tmp_path, {"seed": 2}, lambda: {"value": 4})


def test_chunks_are_the_clips_at_another_rate(clips: Clips) -> None:
    found = chunked(clips.sound[:2])
    assert found.shape == (20, 18_000)
    assert np.sqrt(np.mean(found**2)) == pytest.approx(np.sqrt(np.mean(clips.sound[:2] ** 2)), rel=0.05)
    assert alike(np.repeat(found[:1], 4, axis=0)) == pytest.approx(1.0) and abs(alike(found)) < 0.3


@needs_fluidsynth
def test_a_score_becomes_clips_of_half_a_minute(tmp_path: Path) -> None:
    scores = tmp_path / "scores"
    scores.mkdir()
    for name, notes in (("long", 70), ("short", 10)):
        (scores / f"{name}.mid").write_bytes(midi_file(Timbre(0, 100), [60 + n % 12 for n in range(notes)], 1.0))
    assert render(scores, tmp_path / "out") == 2
    assert sorted(path.name for path in (tmp_path / "out").glob("*.flac")) == [f"long{MARK}1.flac", f"long{MARK}2.flac"]
    sound, rate = soundfile.read(tmp_path / "out" / f"long{MARK}1.flac")
    assert rate == RATE and sound.shape == (SECONDS * RATE,) and 0.01 < np.abs(sound).max() <= 1.0
    assert json.loads((tmp_path / "out" / "index.json").read_text())["clips"] == [
        f"long{MARK}1.flac",
        f"long{MARK}2.flac",
    ]


@soaked
def test_its_page_says_what_was_found_and_is_made_again_of_what_is_there(data: Path, tmp_path: Path) -> None:
    assert run("waveform", tmp_path, True, data, 1) == 0
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("data:audio/flac") == 16 and "oscvae export" in page
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        *("kernels.png", "courses.png", "clips.png", "distances-24.png"),
    }
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    table = figures["tables"]["24"]
    assert set(table["ways"]) == {way.name for way in WAYS} | {BETTER}
    assert all(len(rows) == 1 and rows[0]["judged"]["away"]["mel_test"] > 0.0 for rows in table["ways"].values())
    assert figures["network"]["printed"] == figures["network"]["here"]
    assert figures["claims"][-1]["holds"] is None, "one seed claims nothing"
    held = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/*.*")}
    assert run("waveform", tmp_path, True, data, 1) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/*.*")} == held
    again = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert again | {"minutes": 0} == figures | {"minutes": 0}
