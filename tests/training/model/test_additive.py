"""The additive head: lobes at their exact places, knots, and a decoder that learns."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from oscvae.errors import ConfigError
from oscvae.model.bands import band_axis
from oscvae.model.knots import spread_matrix
from oscvae.model.level import level_frames
from oscvae.model.torchscript import one_hots
from oscvae.sound.levels import measure_level
from oscvae.sound.stft import log_to_db
from oscvae.training.config import AdditiveDecoder as DecoderConfig
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.evaluate.metrics import decode_all, distance, encode_all
from oscvae.training.fit.train import train
from oscvae.training.model.additive import (
    AdditiveDecoder,
    gather_matrix,
    knots_of,
    lobe_polynomial,
    lobe_reach,
    time_knots,
)
from oscvae.training.model.network import in_frames, make_model
from oscvae.units import note_to_hz
from training.tiny import ANALYSIS, make_notes, tiny_config

SMALL = DecoderConfig(knots=3, dense_knots=2, width=8, codes=4, channels=8)


def test_the_lobe_is_a_hann_windows() -> None:
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(2048) / 2048)
    spectrum = np.abs(np.fft.rfft(window, 16 * 2048))[:33] / window.sum()
    distance_bins = np.arange(33) / 16
    np.testing.assert_allclose(np.polyval(lobe_polynomial(), distance_bins**2), spectrum, atol=2e-5)


def test_knots_are_dense_at_the_attack_and_interpolate_linearly() -> None:
    knots = time_knots(28, 10, 160)
    np.testing.assert_array_equal(knots[:10], np.arange(10))
    assert knots[-1] == pytest.approx(159)
    assert np.all(np.diff(knots[9:], 2) > 0.0)
    spread = spread_matrix(knots, 160)
    np.testing.assert_allclose(spread.sum(axis=0), 1.0, atol=1e-6)
    np.testing.assert_allclose(knots.astype(np.float32) @ spread, np.arange(160), rtol=1e-5, atol=1e-5)
    gather = gather_matrix(knots, 160)
    np.testing.assert_allclose(gather.sum(axis=0), 1.0, atol=1e-6)
    np.testing.assert_array_equal(gather[:9, :9], np.eye(9))


def test_there_are_no_more_knots_than_frames() -> None:
    with pytest.raises(ConfigError, match=r"knots 36: the notes of these data have 24 frames"):
        knots_of(DecoderConfig(knots=36), ANALYSIS)


def test_knots_begin_anew_at_the_release() -> None:
    knots = time_knots(40, 10, 384, 10, 282)
    assert knots.size == 40
    np.testing.assert_array_equal(knots[:10], np.arange(10))
    assert knots[29] == pytest.approx(281)
    np.testing.assert_array_equal(knots[30:33], [282, 283, 284])
    assert knots[-1] == pytest.approx(383)
    assert np.all(np.diff(knots) > 0.9)
    with pytest.raises(ConfigError, match="release_frame 380: 30 knots before it and 10"):
        time_knots(40, 10, 384, 10, 380)


@pytest.mark.parametrize("note", [40, 55, 69, 88])
def test_partials_lie_at_their_exact_frequencies(note: int) -> None:
    """With B = 0, the centroid of each lobe of a linear axis is the partial's frequency."""
    analysis = AnalysisPart(band_kind="linear", n_bands=1025, frames=4).complete()
    decoder = AdditiveDecoder(SMALL, 4, analysis)
    lobes = decoder.lobes(torch.tensor([[float(note)]]), torch.zeros(1, 1))[0].numpy()
    f0_bins = note_to_hz(float(note)) * 2048 / 48000
    for partial in (1, 2, 5):
        lobe = np.sqrt(lobes[:, partial - 1])
        # The Hann window's lobe, sampled at bins, has its centroid exactly at its centre.
        assert np.average(np.arange(1025), weights=lobe) == pytest.approx(partial * f0_bins, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "n"), [("hybrid", 256), ("mel", 128), ("mel", 400), ("linear", 1025), ("linear", 200)]
)
def test_no_band_that_a_lobe_touches_is_left_out(kind: str, n: int) -> None:
    """Against the head's formula over all bands."""
    analysis = AnalysisPart(band_kind=kind, n_bands=n, frames=4).complete()
    axis = analysis.band_axis()
    decoder = AdditiveDecoder(SMALL, 4, analysis)
    note, stiffness = torch.tensor([[40.3], [71.0], [100.0]]), torch.tensor([[0.0], [7e-5], [5e-4]])
    got = decoder.lobes(note, stiffness).numpy()
    h = np.arange(1, 49)
    for row in range(3):
        b = float(stiffness[row])
        f_bins = note_to_hz(float(note[row])) * 2048 / 48000 * h * np.sqrt((1.0 + b * h**2) / (1.0 + 4.0 * b))
        d = np.abs(axis.centre[:, None] - f_bins) / axis.spacing[:, None]
        wanted = np.where(d < 2.0, np.polyval(lobe_polynomial(), np.minimum(d, 2.0) ** 2), 0.0) ** 2
        np.testing.assert_allclose(got[row], wanted, atol=2e-3)  # float32 places: a lobe is steep


def test_the_reach_is_a_handful_of_bands_where_bins_are_bands() -> None:
    assert lobe_reach(band_axis("linear", 1025, None, 2048, 48000)) == (2, 2)
    below, above = lobe_reach(band_axis("hybrid", 256, None, 2048, 48000))
    assert below + above <= 6


@pytest.mark.parametrize("note", [40, 55, 69])
@pytest.mark.parametrize("clear", [0, 3])
def test_noise_does_not_bend_the_lobes_of_the_lowest_partials(note: int, clear: int) -> None:
    """Loud noise changes the shape of none of the cleared lobes, up to a bin and a half from their tops."""
    change_db = change_by_noise(SMALL.model_copy(update={"clear_partials": clear}), note)
    f0_bins = note_to_hz(float(note)) * 2048 / 48000
    for partial in (1, 2, 3):
        under = np.abs(np.arange(1025) - partial * f0_bins) < 1.5
        assert (np.ptp(change_db[under, -1]) < 0.01) == (clear > 0)
        assert np.ptp(change_db[under, 0]) > 0.1, "the attack is as it comes"
    assert np.ptp(change_db[:, -1]) > 20.0, "noise sounds elsewhere"


@pytest.mark.parametrize("over_db", [None, -6.0])
@pytest.mark.parametrize("clear", [0, 2])
def test_below_and_between_the_lowest_partials_noise_stays_under_them(clear: int, over_db: float | None) -> None:
    """Softly, and only once the attack is over: the first knot is the first frame, the last the last one; over them by
    another limit, where that is asked."""
    config = SMALL.model_copy(update={"clear_partials": clear, "noise_db": -12.0, "noise_over_db": over_db})
    decoder = AdditiveDecoder(config, 4, AnalysisPart(frames=12).complete())
    note, stiffness = torch.tensor([[88.0]]), torch.tensor([[7e-5]])
    partials = torch.full((1, SMALL.partials, SMALL.knots), 2.0 / SMALL.partials)
    most = 2.0 * 10.0**-1.2
    f0_bins = note_to_hz(88.0) * 2048 / 48000
    centre = decoder.centre.numpy()
    low = centre < (clear + 0.5) * f0_bins
    beside = np.all([np.abs(centre - partial * f0_bins) > 12.0 for partial in range(1, clear + 1)], axis=0)
    for loud, heard in ((1e6, most), (most, 0.5 * most), (1e-3 * most, 1e-3 * most)):
        noise = torch.full((1, 256, SMALL.knots), loud)
        kept = decoder.kept_apart(noise, partials, decoder.lobes(note, stiffness), note)[0]
        np.testing.assert_allclose(kept[low & beside, -1], heard, rtol=2e-3)
        if over_db is None:
            np.testing.assert_array_equal(kept[~low & beside], noise[0, ~low & beside])
        else:
            limit = 2.0 * 10.0 ** (over_db / 10.0)
            np.testing.assert_allclose(kept[~low & beside, -1], loud * limit / (loud + limit), rtol=2e-3)
        np.testing.assert_array_equal(kept[:, 0], noise[0, :, 0])


def test_partials_that_fade_to_nothing_can_still_be_learnt() -> None:
    """Their powers are 0 in float32, and nothing else sounds under their lobes."""
    decoder = AdditiveDecoder(
        SMALL.model_copy(update={"clear_partials": 4, "noise_db": -18.0}), 4, AnalysisPart(frames=12).complete()
    )
    octave, semitone = one_hots([45, 88], AnalysisPart().complete().first_octave)
    with torch.no_grad():
        decoder.static.bias[: SMALL.partials] = -20.0
    x = decoder(torch.zeros(2, 4), octave, semitone)
    assert torch.isfinite(x).all()
    x.clamp(min=-1.0).mean().backward()
    assert all(torch.isfinite(weight.grad).all() for weight in decoder.parameters() if weight.grad is not None)


@pytest.mark.parametrize("down", [0.0, -2.6, -3.5])
def test_silence_is_not_heard_however_far_down_a_note_is_taken(down: float) -> None:
    """-2.6 is 112 dB below the middle of the range: what a low-pass at 50 Hz does to a high note."""
    torch.manual_seed(0)
    decoder = AdditiveDecoder(SMALL, 2, ANALYSIS)
    with torch.no_grad():
        for layer in (decoder.static, decoder.to_amplitudes):
            layer.weight.zero_()
        decoder.static.bias.fill_(-20.0)
        decoder.static.bias[0] = down  # the fundamental alone
        x = decoder(torch.zeros(1, 2), *one_hots([60], ANALYSIS.first_octave))[0]
    lobe = np.abs(ANALYSIS.band_axis().centre - note_to_hz(60.0) * ANALYSIS.n_fft / ANALYSIS.sample_rate) < 4.0
    assert float(x[lobe].max()) > 0.5
    assert float(x[~lobe].max()) < -1.0, "the floor"


def change_by_noise(config: DecoderConfig, note: int) -> np.ndarray:
    """What 40 dB more of an uneven noise change in each bin and frame, in dB."""
    analysis = AnalysisPart(band_kind="linear", n_bands=1025, frames=12).complete()
    decoder = AdditiveDecoder(config, 4, analysis)
    octave, semitone = one_hots([note], analysis.first_octave)
    uneven = torch.rand(1025, generator=torch.Generator().manual_seed(1))
    decoded = []
    for loudest in (-0.9, 0.1):
        with torch.no_grad():
            decoder.static.bias[config.partials :] = loudest - 0.5 * uneven
        with torch.inference_mode():
            decoded.append(40.0 * decoder(torch.zeros(1, 4), octave, semitone)[0].numpy())
    return np.asarray(decoded[1] - decoded[0])


def test_soft_semitones_are_quarter_tones() -> None:
    analysis = AnalysisPart().complete()
    decoder = AdditiveDecoder(SMALL, 4, analysis)
    octave, semitone = one_hots([60, 61], analysis.first_octave)
    note = decoder.note(octave, semitone)
    assert note[:, 0].tolist() == [60.0, 61.0]
    assert float(decoder.note(octave[:1], semitone.mean(0)[None])) == 60.5


@pytest.mark.parametrize("seed", range(3))
def test_every_point_at_every_note_has_the_level_of_the_data(seed: int) -> None:
    """Within 0.1 dB where z can be; 2 dB ten times farther out, where bands go apart between knots as they like."""
    torch.manual_seed(seed)
    decoder = AdditiveDecoder(SMALL, 4, ANALYSIS)
    octave, semitone = one_hots(list(range(60, 73)), ANALYSIS.first_octave)
    with torch.inference_mode():
        for scale, least in ((0.0, 0.99), (3.0, 0.99), (30.0, 0.8)):
            x = decoder(scale * torch.randn(13, 4, generator=torch.Generator().manual_seed(1)), octave, semitone)
            frames = in_frames(x, decoder.knots, ANALYSIS.frames).numpy()
            bands = 10.0 ** (log_to_db(frames, ANALYSIS.floor_db, ANALYSIS.ceiling_db) / 20.0)
            levels = [measure_level(note.T, ANALYSIS.band_axis(), level_frames(ANALYSIS)) for note in bands]
            assert least < min(levels) and max(levels) < 1.01


def test_a_tiny_model_learns(tmp_path: Path) -> None:
    notes, config = make_notes(), tiny_config(tmp_path, "fit.steps=200", "watch.every_steps=200", "optimiser.rate=1e-2")
    learner = train(config, notes, tmp_path, tmp_path / "run", console=Console(file=io.StringIO()))
    learnt, fresh = learner.model.eval(), make_model(config, notes.analysis).eval()
    found = []
    for model in (learnt, fresh):
        z = encode_all(model, notes, notes.analysis.first_octave)
        x = decode_all(model, z, notes.note.tolist(), notes.analysis.first_octave)
        x = in_frames(torch.from_numpy(x), model.knots, notes.analysis.frames).numpy()
        known, analysis = notes.split == 0, notes.analysis
        found.append(distance(x[known], notes.x[known], analysis.floor_db, analysis.ceiling_db))
    assert found[0].sc_db < -2.5 < found[1].sc_db
    assert found[0].lsd_db < 0.8 * found[1].lsd_db
