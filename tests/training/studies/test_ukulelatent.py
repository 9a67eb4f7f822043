"""The study of a latent ukulele: what its network is told, its decoders, what is heard, how it goes on, its page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.arrays import Float32s
from oscvae.errors import ConfigError, DataError
from oscvae.model.torchscript import one_hots
from oscvae.training.config import ConvolutionalDecoder, ConvolutionalEncoder
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.recipes import load_recipe
from oscvae.training.data.store import open_dataset
from oscvae.training.fit.losses import reconstruction
from oscvae.training.fit.regularisers import penalty
from oscvae.training.fit.targets import FrameTargets
from oscvae.training.model.convolutional import ConvolutionalEncoder as PackagesEncoder
from oscvae.training.studies.command import run
from oscvae.training.studies.ukulelatent.measures import (
    FARTHEST,
    Ear,
    grain_db,
    properties,
    published_hz,
    share_at,
    spectrum_of,
)
from oscvae.training.studies.ukulelatent.networks import (
    NUMBER,
    ONE_HOTS,
    ToldEncoder,
    TransposedDecoder,
    coverage,
    shifted,
    told,
)
from oscvae.training.studies.ukulelatent.study import RECIPE
from oscvae.training.studies.ukulelatent.ways import (
    LATENT,
    OURS,
    PUBLISHED,
    SCALAR,
    SHIFT,
    SWAPPED,
    TRANSPOSED,
    WAYS,
    Size,
    WayLearner,
    configured,
    trained,
)
from oscvae.units import note_to_hz
from training.tiny import ANALYSIS, make_notes, store_notes

SMALL = Size.of(True)
RATE = 22050


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_notes(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def notes(data: Path) -> NoteSet:
    return open_dataset(data)


def tone(hz: float, t60_s: float = 4.0, partials: int = 8) -> Float32s:
    """A note of three quarters of a second that fades."""
    t = np.arange(round(0.75 * RATE)) / RATE
    body = sum(np.sin(2.0 * np.pi * h * hz * t) / h for h in range(1, partials + 1))
    return np.asarray(body * 10.0 ** (-3.0 * t / t60_s), np.float32)


def test_its_recipe_is_of_about_500_notes_with_strings_of_metal_and_of_other_stuff() -> None:
    (font,) = load_recipe(str(RECIPE)).soundfonts
    count = sum(one.notes[1] - one.notes[0] + 1 for one in font.instruments) * len(font.velocities)
    assert 450 < count < 550
    assert {one.name for one in font.instruments} > {"steel guitar", "banjo"}


def test_a_note_is_told_as_one_hots_or_as_one_number_in_their_place() -> None:
    octave, semitone = told(ONE_HOTS, [60, 67], ANALYSIS)
    wanted = one_hots([60, 67], ANALYSIS.first_octave)
    assert torch.equal(octave, wanted[0]) and torch.equal(semitone, wanted[1])
    octave, semitone = told(NUMBER, np.array([60, 66, 72]), ANALYSIS)
    assert octave[:, 0].tolist() == [-1.0, 0.0, 1.0]
    assert octave.shape == (3, 7) and semitone.shape == (3, 12)
    assert float(octave[:, 1:].abs().sum() + semitone.abs().sum()) == 0.0


def test_what_is_shifted_has_its_fundamental_where_the_middle_note_has_it(notes: NoteSet) -> None:
    rows = np.flatnonzero((notes.timbre == 0) & (notes.velocity == 60))
    x, note = np.array(notes.x[rows]), notes.note[rows]
    centre_hz = ANALYSIS.band_axis().centre * ANALYSIS.sample_rate / ANALYSIS.n_fft

    def fundamental(spectrum: Float32s, hz: float) -> int:
        near = np.abs(np.arange(len(centre_hz)) - np.interp(hz, centre_hz, np.arange(len(centre_hz)))) < 2.0
        return int(np.argmax(np.where(near, spectrum[:, 4], -2.0)))

    moved = shifted(x, note, ANALYSIS)
    middle_hz = note_to_hz(66.0)
    found = [fundamental(one, middle_hz) for one in moved]
    assert max(found) - min(found) <= 1
    before = [fundamental(one, note_to_hz(float(which))) for one, which in zip(x, note, strict=True)]
    assert max(before) - min(before) > 1
    at = int(np.flatnonzero(note == 66)[0])
    assert np.array_equal(moved[at], x[at])
    low = int(np.flatnonzero(note == 60)[0])
    by = round(float(np.interp(middle_hz, centre_hz, range(48)) - np.interp(note_to_hz(60.0), centre_hz, range(48))))
    assert by > 0 and np.array_equal(moved[low, by:], x[low, :-by]) and (moved[low, :by] == -1.0).all()


def test_an_encoder_that_is_told_heeds_it_and_the_packages_does_not() -> None:
    x = torch.rand(2, ANALYSIS.bands.n, ANALYSIS.frames) - 0.5
    config = ConvolutionalEncoder(kind="convolutional", channels=(4, 8), kernel=3, hidden=(16,))
    low, high = told(NUMBER, [60, 60], ANALYSIS), told(NUMBER, [72, 72], ANALYSIS)
    with torch.inference_mode():
        listens = ToldEncoder(config, 3, ANALYSIS).eval()
        assert not torch.equal(listens(x, *low)[0], listens(x, *high)[0])
        deaf = PackagesEncoder(config, 3, ANALYSIS).eval()
        assert torch.equal(deaf(x, *low)[0], deaf(x, *high)[0])
        mean, log_variance = listens(x, *low)
    assert mean.shape == log_variance.shape == (2, 3)


@pytest.mark.parametrize("frames", [24, 25])
def test_transposed_convolutions_come_to_the_whole_spectrum(frames: int) -> None:
    analysis = ANALYSIS.model_copy(update={"frames": frames})
    config = ConvolutionalDecoder(kind="convolutional", hidden=(16,), channels=(8, 4, 4, 2), kernels=(3, 3, 5, 3))
    decoder = TransposedDecoder(config, 3, analysis)
    x = decoder(torch.randn(2, 3), *told(ONE_HOTS, [60, 72], analysis))
    assert x.shape == (2, analysis.bands.n, frames)
    assert not any(isinstance(part, torch.nn.Upsample) for part in decoder.modules())


def test_a_transposed_convolution_covers_its_outputs_unevenly() -> None:
    layer = torch.nn.ConvTranspose1d(1, 1, 3, stride=2, padding=1, output_padding=1, bias=False)
    torch.nn.init.ones_(layer.weight)
    assert layer(torch.ones(1, 1, 6)).flatten().tolist() == coverage(6, 3, 2) == [1, 2] * 5 + [1, 1]
    assert set(coverage(6, 4, 2)[2:-2]) == {2}, "a kernel that the stride divides covers all alike"


def test_grain_is_what_alternates_at_every_second_place() -> None:
    rng = np.random.default_rng(1)
    smooth = rng.standard_normal((4, 128, 32)).cumsum(1).cumsum(2).astype(np.float32)
    sign = np.where(np.arange(128) % 2, 1.0, -1.0)[:, None]
    rough = smooth + 0.5 * np.abs(smooth).mean() * sign.astype(np.float32)
    assert grain_db(rough, 1) > 10.0 and grain_db(smooth, 1) < 3.0
    assert grain_db(rough, 2) == pytest.approx(grain_db(smooth, 2), abs=1.0)
    alone = np.broadcast_to(sign, (1, 128, 8)).astype(np.float32)
    assert int(np.argmax(spectrum_of(alone, 1))) == 64


def test_the_published_estimator_counts_whole_samples_and_knows_nothing_below_100_hz() -> None:
    for lag in (40, 60, 100, 180):
        assert published_hz(tone(RATE / lag), RATE) == pytest.approx(RATE / lag)
    high_hz = RATE / 33.5
    assert published_hz(tone(high_hz), RATE) == pytest.approx(high_hz / 2.0), (
        "twice the period is whole, and fits better"
    )
    assert published_hz(tone(note_to_hz(40.0)), RATE) >= 100.0
    assert share_at(np.array([440.0, 452.0, 453.0]), np.array([69, 69, 69])) == pytest.approx(2 / 3)


def test_properties_are_what_they_are_called() -> None:
    low, damped, dull = properties(tone(110.0, 1.0, 2), RATE)
    high, ringing, bright = properties(tone(1500.0, 3.0, 4), RATE)
    assert low > -0.1 and high < -20.0
    assert damped == pytest.approx(1.0, rel=0.1) and ringing == pytest.approx(3.0, rel=0.1)
    assert dull < -30.0 and bright > -10.0


def test_another_note_is_asked_for_within_an_octave(notes: NoteSet) -> None:
    ear = Ear(notes, replace(SMALL, asked=100), 1)
    assert len(ear.rows) == int((notes.split > 0).sum()) and (notes.split[ear.rows] > 0).all()
    away = np.abs(ear.asked - notes.note[ear.rows])
    assert away.min() >= 1 and away.max() <= FARTHEST
    assert ear.asked.min() >= ANALYSIS.note_min and ear.asked.max() <= ANALYSIS.note_max
    assert Ear(notes, SMALL, 1).asked.tolist() == Ear(notes, SMALL, 1).asked.tolist()


def test_its_loss_is_mean_squares_and_the_discrepancy_of_the_prior(notes: NoteSet) -> None:
    config = configured(PUBLISHED, LATENT, 1, notes, SMALL)
    decades = ANALYSIS.range_db / 20.0
    rows = torch.arange(4)
    target = FrameTargets(torch.from_numpy(notes.x), notes, config.loss, decades)(rows)
    x = target.x + 0.1 * torch.rand(target.x.shape)
    heard = reconstruction(x, torch.empty(0), target, config.loss, decades)
    assert float(heard) == pytest.approx(float(((x - target.x) ** 2).mean()), rel=1e-4)
    z, prior = torch.randn(64, LATENT), torch.randn(64, LATENT)
    asked = penalty(config.regulariser, z, torch.full_like(z, -9.0), z, prior)

    def mean(a: torch.Tensor, b: torch.Tensor, itself: bool) -> float:
        kernel = torch.exp(-(torch.cdist(a, b) ** 2) / LATENT**2)
        return float((kernel.sum() - 64.0) / (64 * 63)) if itself else float(kernel.mean())

    wanted = mean(z, z, True) + mean(prior, prior, True) - 2.0 * mean(z, prior, False)
    assert config.regulariser.weight == 1.0 and float(asked) == pytest.approx(wanted, abs=1e-4)


def test_each_way_sees_what_it_is_called_after() -> None:
    notes = make_notes()
    size = replace(SMALL, batch=16)
    learners = {
        way.name: WayLearner(way, configured(way, 3, 1, notes, size), notes) for way in (*WAYS, TRANSPOSED)
    }  # fmt: skip
    rows = torch.arange(6)
    x = torch.from_numpy(notes.x[:6])
    assert torch.equal(learners[PUBLISHED.name].notes(rows), x)
    assert torch.equal(learners[SHIFT.name].notes(rows), torch.from_numpy(shifted(notes.x, notes.note, ANALYSIS)[:6]))
    assert torch.equal(learners[SHIFT.name].targets(rows).x, x), "what is to come out is not shifted"
    assert float(learners[SCALAR.name].semitone.abs().sum()) == 0.0
    assert isinstance(learners[SCALAR.name].model.encoder, ToldEncoder)
    assert isinstance(learners[TRANSPOSED.name].model.decoder, TransposedDecoder)
    for way, swaps in ((PUBLISHED, False), (SWAPPED, True), (OURS, True)):
        batch = learners[way.name].sampler.batch(0)
        assert bool((batch.source != batch.target).any()) is swaps
    assert learners[OURS.name].config.decoder.kind == "additive"


def test_a_training_is_read_where_it_is_done_and_never_taken_for_another(data: Path, tmp_path: Path) -> None:
    notes = make_notes()
    x, note = notes.x[:5], notes.note[:5]
    for way in (SCALAR, TRANSPOSED):
        place = tmp_path / way.place
        first = trained(way, 3, 1, open_dataset(data), data, place, SMALL).encode(x, note)
        held = (place / "checkpoints" / "last.ckpt").stat().st_mtime_ns
        again = trained(way, 3, 1, open_dataset(data), data, place, SMALL)
        assert np.array_equal(again.encode(x, note).mean, first.mean)
        assert again.decode(first.mean, note).shape == x.shape
        assert (place / "checkpoints" / "last.ckpt").stat().st_mtime_ns == held
    with pytest.raises(ConfigError, match="begun otherwise"):
        trained(SCALAR, 3, 2, open_dataset(data), data, tmp_path / SCALAR.place, SMALL)


def test_a_training_that_is_stopped_comes_to_the_same(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = open_dataset(data)
    whole = trained(SCALAR, 3, 1, notes, data, tmp_path / "whole", SMALL)
    step = WayLearner.training_step

    def stop(self: WayLearner, batch: object, number: int) -> torch.Tensor:
        if self.global_step == 4:
            raise KeyboardInterrupt
        return step(self, batch, number)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(WayLearner, "training_step", stop)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            trained(SCALAR, 3, 1, notes, data, tmp_path / "stopped", SMALL)
    assert not (tmp_path / "stopped" / "done").exists()
    rest = trained(SCALAR, 3, 1, notes, data, tmp_path / "stopped", SMALL)
    x, note = notes.x[:5], notes.note[:5]
    np.testing.assert_allclose(rest.encode(x, note).mean, whole.encode(x, note).mean, atol=1e-6)


def test_a_folder_without_notes_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="make study-ukulelatent"):
        run("ukulelatent", tmp_path / "out", True, tmp_path, 1)


def test_its_page_says_what_was_found_and_is_made_again_of_what_is_there(data: Path, tmp_path: Path) -> None:
    assert run("ukulelatent", tmp_path, True, data, 1) == 0
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("data:audio/flac") == 2 * (len(WAYS) + 1) and "oscvae export" in page
    assert {path.stem for path in (tmp_path / "pictures").iterdir()} == {
        *("asked", "shift", "fifth", "latents", "dimensions", "tsne", "checkerboard", "grain"),
    }
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    kinds = [(way, LATENT) for way in (*WAYS, TRANSPOSED)] + [(PUBLISHED, 2)]
    assert set(figures["ways"]) == {f"{way.name}; D = {latent}" for way, latent in kinds}
    for (one,) in figures["ways"].values():
        assert 0.0 <= one["asked"] <= 1.0 and one["asked"] + one["stays"] <= 1.0 and one["lsd_db"] > 0.0
    assert all(claim["holds"] is None for claim in figures["claims"]), "one seed claims nothing"
    held = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/*.json")}
    assert len(held) == 2 * len(kinds)
    assert run("ukulelatent", tmp_path, True, data, 1) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/*.json")} == held
    again = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert again | {"minutes": 0} == figures | {"minutes": 0}
