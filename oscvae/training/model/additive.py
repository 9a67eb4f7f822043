"""The additive decoder and its encoder: notes described at a few times, partials drawn where they belong.

A plain decoder blurs the lobes of the partials, and blurred lobes detune low notes. The pitch is known at decode time,
so the network only says how loud each partial and each noise band is at a few times; the head then draws the window's
main lobe at every partial's exact frequency. Pitch is right by construction, and so is level.

Sources: X. Serra and J. O. Smith, Spectral Modeling Synthesis, CMJ 14(4), 1990 (partials and noise);
H. Fletcher, Normal Vibration Frequencies of a Stiff Piano String, JASA 36, 1964 (inharmonicity).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from oscvae.errors import ConfigError
from oscvae.model.analysis import N_OCTAVES, N_SEMITONES, NoteAnalysis
from oscvae.model.bands import BandAxis
from oscvae.model.knots import spread_matrix
from oscvae.model.level import LEVEL_S, STROKE_LEVEL_S, level_frames
from oscvae.training.config import AdditiveDecoder as DecoderConfig
from oscvae.training.config import KnotsEncoder as EncoderConfig
from oscvae.units import A4_HZ, A4_NOTE

# Where the head starts: partials in the middle of the range, noise at the floor, a guitar string's inharmonicity.
_PARTIAL_START = -0.3
_NOISE_START = -0.9
_INHARMONICITY_START = 7e-5
_INHARMONICITY_OCTAVES = 3.0
_LOUDEST = 1.5
_SILENCE = -8.0
"""In the units of x, far below the floor: what is silent may fade to no power at all, and has a logarithm still. A dark
effect takes a whole note down by 110 dB, which its level takes back: at -4, 172 dB below the middle of the range,
silence came along, 35 to 55 dB below the note, and hid the partials of 23 corners of `hits`."""
_LOBE_EDGE = 2.0
_LOBE_TERMS = 7
_LOBE_PLACES = 20_000
_UNDER_LOBE = 0.02
"""Power of a lobe, 1 at its top, from which on it has a band for itself: up to 1.55 bins to either side."""
_LOG_VARIANCE_START = -4.0
LOG_VARIANCES = (-10.0, 2.0)
"""Where a stochastic decoder's log variances are cut: a quarter of a decibel, and more than the whole range."""
_MOST_GAIN = 3.0
"""Of a gain curve, in the units of x: more than the whole range."""
CODE_LOG_VARIANCES = (-12.0, 6.0)
_RELEASE_DENSE = 3
"""Knots at single frames from the release on."""
_HEARD_S = 0.5
"""After the attack: what a pitch is heard by."""


def time_knots(
    knots: int, dense_knots: int, frames: int, release_knots: int = 0, release_frame: int = 0
) -> NDArray[np.float64]:
    """Frame positions [knots]: each of the first frames, then ever wider to the last.

    Of notes that are held and let go, so many of them begin anew at the frame of the release: it and the next two, then
    ever wider. Raises ConfigError where the frames have no room for that.
    """
    if release_knots == 0:
        dense = np.arange(dense_knots, dtype=np.float64)
        sparse = np.geomspace(dense[-1], frames - 1, knots - dense_knots + 1)[1:]
        return np.concatenate([dense, sparse])
    held, released = knots - release_knots, frames - release_frame
    if release_frame <= held or released <= release_knots:
        raise ConfigError(
            f"release_frame {release_frame}: {held} knots before it and {release_knots} from it on do not fit into "
            f"{frames} frames"
        )
    tail = time_knots(release_knots, min(_RELEASE_DENSE, release_knots - 1), released)
    return np.concatenate([time_knots(held, dense_knots, release_frame), release_frame + tail])


def knots_of(config: DecoderConfig | EncoderConfig, analysis: NoteAnalysis) -> NDArray[np.float64]:
    """The frame positions [knots] that a configuration means. Raises ConfigError for more of them than frames."""
    if config.knots > analysis.frames:
        raise ConfigError(
            f"knots {config.knots}: the notes of these data have {analysis.frames} frames, and no more knots"
        )
    release = (config.release_knots, config.release_frame)
    return time_knots(config.knots, config.dense_knots, analysis.frames, *release)


def gather_matrix(knots: NDArray[np.float64], frames: int) -> NDArray[np.float32]:
    """[frames, knots]: the mean of the frames around each knot, nearer ones counting more."""
    spread = spread_matrix(knots, frames).T
    return np.ascontiguousarray(spread / spread.sum(axis=0))


def lobe_polynomial() -> list[float]:
    """The Hann window's main lobe, 1 at its top, as a polynomial in the square of the distance in bins.

    W(d) = sin(pi d) / (pi d (1 - d^2)), |d| < 2. As a polynomial it has no singular points, and costs no sines. Within
    1e-5 of the lobe; highest power first.
    """
    square = 0.5 * _LOBE_EDGE**2 * (1.0 - np.cos(np.pi * (np.arange(400) + 0.5) / 400))
    distance = np.sqrt(square)
    lobe = np.sinc(distance) + 0.5 * np.sinc(distance - 1.0) + 0.5 * np.sinc(distance + 1.0)
    fit = np.polynomial.chebyshev.Chebyshev.fit(square, lobe, _LOBE_TERMS, domain=[0.0, _LOBE_EDGE**2])
    power = fit.convert(kind=np.polynomial.Polynomial)
    return [float(coefficient) for coefficient in power.coef[::-1]]


def lobe_reach(axis: BandAxis) -> tuple[int, int]:
    """How many bands below and from the first band at or above a partial its lobe can touch, wherever it lies."""
    place = np.linspace(0.0, axis.n_bins - 1.0, _LOBE_PLACES)
    touched = np.abs(axis.centre[None] - place[:, None]) < _LOBE_EDGE * axis.spacing[None]
    at = np.searchsorted(axis.centre, place)
    first = np.where(touched.any(axis=1), touched.argmax(axis=1), at)
    last = np.where(touched.any(axis=1), axis.n_bands - touched[:, ::-1].argmax(axis=1), at)
    return int(np.max(at - first)), int(np.max(last - at))


def turn_inputs(layer: nn.Linear, order: list[int], signs: Tensor) -> None:
    """Makes input order[i] of a layer, times signs[i], input i; the inputs behind these stay."""
    layer.weight[:, : len(order)] = layer.weight[:, order] * signs


def turn_outputs(layer: nn.Linear, order: list[int], signs: Tensor) -> None:
    """Makes output order[i] of a layer, times signs[i], output i; as many behind these, if any, only change places."""
    size = len(order)
    for values in (layer.weight, layer.bias):
        values[:size] = values[order] * (signs[:, None] if values.dim() > 1 else signs)
        if len(values) > size:
            values[size:] = values[[size + old for old in order]]


class Levelled(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Log magnitudes (B, bands, knots) brought to the level that every note of the data has (`oscvae.sound.levels`).

    So two neighbouring notes, or points, are as loud as each other whatever the network says. Between knots the level
    of a whole frame is taken to go as that of each band does.
    """

    def __init__(self, spread: Tensor, analysis: NoteAnalysis, level_s: float) -> None:
        super().__init__()
        range_db = analysis.range_db
        self.frames = level_frames(analysis, level_s)
        self.log_power = math.log(10.0) * range_db / 20.0
        width = torch.from_numpy(analysis.band_axis().width())
        self.register_buffer("log_width", torch.log(width).float()[None, :, None])
        self.register_buffer("spread", spread, persistent=False)
        self.level = 1.0 - 2.0 * analysis.ceiling_db / range_db  # x of 0 dB

    def forward(self, x: Tensor) -> Tensor:
        loud = torch.logsumexp(self.log_power * x + self.log_width, 1) @ self.spread
        top = loud.amax(1, keepdim=True).detach()
        loudest = functional.avg_pool1d(torch.exp(loud - top), self.frames, 1).amax(1, keepdim=True)
        return x - ((top + torch.log(loudest)) / self.log_power - self.level)[:, :, None]


class AdditiveDecoder(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(z (B, D), octave (B, 7), semitone (B, 12)) -> log magnitudes (B, bands, knots), unclamped.

    Frames lie linearly between the knots; whoever plays or judges a note makes them (`oscvae.model.knots`).
    """

    def __init__(self, config: DecoderConfig, latent: int, analysis: NoteAnalysis) -> None:
        super().__init__()
        axis = analysis.band_axis()
        self.stochastic = config.output == "stochastic"
        self.n_codes, self.n_knots, self.n_partials = config.codes, config.knots, config.partials
        self.n_clear = config.clear_partials
        self.under_lobe = _UNDER_LOBE
        self.share = 0.0 if config.noise_db is None else 10.0 ** (config.noise_db / 10.0)
        self.share_over = 0.0 if config.noise_over_db is None else 10.0 ** (config.noise_over_db / 10.0)
        self.lobe = lobe_polynomial()
        # TorchScript sees attributes, not the constants of a module.
        # Powers are in units where the middle of the range, x = 0, is 1: x = ln(power) / log_power.
        self.log_power = math.log(10.0) * analysis.range_db / 20.0
        self.loudest, self.silence = _LOUDEST, math.exp(_SILENCE * self.log_power)
        self.edge = _LOBE_EDGE**2
        self.a4_note = float(A4_NOTE)
        self.a4_bins = A4_HZ * analysis.n_fft / analysis.sample_rate
        self.stiffness_start = _INHARMONICITY_START
        self.stiffness_octaves = _INHARMONICITY_OCTAVES
        low, high = analysis.note_min - 2.0, analysis.note_max + 2.0
        self.bump_width = (high - low) / (config.bumps - 1)
        self.register_buffer("bumps", torch.linspace(low, high, config.bumps)[None])
        self.register_buffer("octave_note", 12.0 * (torch.arange(N_OCTAVES).float()[:, None] + analysis.first_octave))
        self.register_buffer("semitone_note", torch.arange(N_SEMITONES).float()[:, None])
        partial = torch.arange(1, config.partials + 1).float()
        self.register_buffer("partial", partial[None])
        self.register_buffer("partial_square", partial[None] ** 2)
        self.register_buffer("centre", torch.from_numpy(axis.centre))
        self.register_buffer("spacing", torch.from_numpy(axis.spacing))
        self.reach_below, above = lobe_reach(axis)
        reach = min(axis.n_bands, self.reach_below + above)
        self.n_bands, self.last_base = axis.n_bands, axis.n_bands - reach
        self.register_buffer("reach", torch.arange(reach)[None, :, None])
        knots = knots_of(config, analysis)
        self.knots = tuple(knots.tolist())
        after_attack = (analysis.onset_sample + analysis.n_fft) / analysis.hop  # a window's length after the onset
        settled = torch.from_numpy(knots >= after_attack).float()[None, None]
        self.register_buffer("settled", settled, persistent=False)
        spread = torch.from_numpy(spread_matrix(knots, analysis.frames))
        first = min(math.ceil(after_attack), analysis.frames - 1)
        heard = spread[:, first : first + max(1, round(_HEARD_S * analysis.sample_rate / analysis.hop))].sum(1)
        self.register_buffer("heard", heard.float(), persistent=False)
        self.levelled = Levelled(spread, analysis, LEVEL_S if config.partials else STROKE_LEVEL_S)

        inputs = latent + N_OCTAVES + N_SEMITONES + config.bumps
        self.trunk = nn.Sequential(
            nn.Linear(inputs, config.width),
            nn.SiLU(),
            nn.Linear(config.width, config.width),
            nn.SiLU(),
            nn.Linear(config.width, config.width),
            nn.SiLU(),
        )
        outputs = config.partials + axis.n_bands
        self.to_codes = nn.Linear(config.width, config.codes * config.knots)
        self.mix = nn.Conv1d(config.codes, config.channels, 3, padding=1)
        self.to_amplitudes = nn.Conv1d(config.channels, outputs, 1, bias=False)
        self.static = nn.Linear(config.width, outputs)
        self.stiffness = nn.Linear(config.width, 1)
        self.variance = nn.Linear(config.width, axis.n_bands) if self.stochastic else nn.Identity()
        self.gain = GainCurve(config, axis) if config.gain_points else NoGain()
        self.has_gain = config.gain_points > 0
        with torch.no_grad():
            self.static.weight.mul_(0.3)
            self.static.bias[: config.partials] = _PARTIAL_START
            self.static.bias[config.partials :] = _NOISE_START
            self.stiffness.weight.mul_(0.1)
            self.stiffness.bias.zero_()
            if self.stochastic:
                self.variance.weight.mul_(0.1)
                self.variance.bias.fill_(_LOG_VARIANCE_START)

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        note = self.note(octave, semitone)
        return self.draw(self.features(z, octave, semitone, note), note)

    def describe(self, z: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        """As forward, and the log variances (B, bands, 1); a deterministic decoder has none, (B, 0, 1)."""
        note = self.note(octave, semitone)
        trunk = self.features(z, octave, semitone, note)
        if not self.stochastic:
            return self.draw(trunk, note), trunk[:, :0, None]
        low, high = LOG_VARIANCES
        return self.draw(trunk, note), self.variance(trunk)[:, :, None].clamp(low, high)

    @torch.jit.unused
    def turn(self, order: list[int], signs: Tensor) -> None:
        """Makes dimension order[i] of z, times signs[i], dimension i."""
        turn_inputs(self.trunk[0], order, signs)

    def note(self, octave: Tensor, semitone: Tensor) -> Tensor:
        """The MIDI note (B, 1); a soft semitone lies between."""
        return octave @ self.octave_note + semitone @ self.semitone_note

    def f0_bins(self, note: Tensor) -> Tensor:
        """The fundamental of a note (B, 1), in bins."""
        return self.a4_bins * torch.exp2((note - self.a4_note) / 12.0)

    def features(self, z: Tensor, octave: Tensor, semitone: Tensor, note: Tensor) -> Tensor:
        """What all outputs are read from (B, width)."""
        bumps = torch.exp(-0.5 * ((note - self.bumps) / self.bump_width) ** 2)
        return self.trunk(torch.cat([z, octave, semitone, bumps], 1))

    def draw(self, trunk: Tensor, note: Tensor) -> Tensor:
        """Log magnitudes (B, bands, knots) of the features (B, width) at a note (B, 1)."""
        partials, lobes, noise = self.powers(trunk, note)
        if self.n_partials > 0:
            noise = torch.baddbmm(noise, lobes, partials)
        return self.levelled(torch.log(noise + self.silence) / self.log_power)

    def powers(self, trunk: Tensor, note: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of the partials (B, partials, knots), their lobes (B, bands, partials), and the noise (B, bands, knots)."""
        codes = self.to_codes(trunk).view(-1, self.n_codes, self.n_knots)
        mixed = functional.silu(self.mix(codes))
        amplitudes = self.to_amplitudes(mixed) + self.static(trunk)[:, :, None]
        stiffness = self.inharmonicity(trunk)
        if self.has_gain:
            amplitudes = amplitudes + self.gain(mixed, trunk, self.places(note, stiffness))
        power = torch.exp(amplitudes.clamp(max=self.loudest) * self.log_power)
        partials, noise = power[:, : self.n_partials], power[:, self.n_partials :]
        if self.n_partials == 0:
            return partials, partials[:, :, 0], noise
        lobes = self.lobes(note, stiffness)
        return partials, lobes, self.kept_apart(noise, partials, lobes, note)

    def kept_apart(self, noise: Tensor, partials: Tensor, lobes: Tensor, note: Tensor) -> Tensor:
        """Powers of the noise bands (B, bands, knots) that cannot be taken for a partial, once the attack is over.

        partials: their powers (B, partials, knots). A band of noise beside a partial moves its lobe's top, and at E2 a
        hundredth of a bin is five cents: what the lobes of the lowest partials cover is theirs alone. One below or
        between them that is as loud sounds as another note, one over them as a tone of its own: softly limited to
        shares of the partials' power.
        """
        if self.n_clear > 0:
            covered = lobes[:, :, : self.n_clear].sum(2, keepdim=True)
            noise = noise * (1.0 - self.settled * (covered / self.under_lobe).clamp(max=1.0))
        if self.share > 0.0 or self.share_over > 0.0:
            # Detached: partials are not to be raised to make room for noise.
            power = partials.sum(1, keepdim=True).detach()
            low = (self.centre < (self.n_clear + 0.5) * self.f0_bins(note))[:, :, None] * self.settled
            if self.share > 0.0:
                noise = self.softly(noise, low, self.share * power)
            if self.share_over > 0.0:
                noise = self.softly(noise, self.settled - low, self.share_over * power)
        return noise

    def softly(self, noise: Tensor, where: Tensor, most: Tensor) -> Tensor:
        """Powers of noise (B, bands, knots) that come near to `most` (B, 1, knots), and no further, where that is 1."""
        most = most + self.silence
        return noise * (1.0 - where) + where * noise * (most / (most + noise))

    def inharmonicity(self, trunk: Tensor) -> Tensor:
        """B of Fletcher's stiff string (B, 1)."""
        octaves = self.stiffness_octaves * torch.tanh(self.stiffness(trunk))
        return self.stiffness_start * torch.exp2(octaves)

    def places(self, note: Tensor, stiffness: Tensor) -> Tensor:
        """Where the partials lie (B, partials), in bins."""
        stretch = torch.sqrt((1.0 + stiffness * self.partial_square) / (1.0 + 4.0 * stiffness))
        return self.f0_bins(note) * self.partial * stretch

    def lobes(self, note: Tensor, stiffness: Tensor) -> Tensor:
        """Power of each partial's lobe in each band (B, bands, partials), 1 at the top.

        A lobe touches a handful of bands: only those are computed, and put where they belong.
        """
        place = self.places(note, stiffness)
        base = torch.searchsorted(self.centre, place.detach()) - self.reach_below
        band = base.clamp(0, self.last_base)[:, None, :] + self.reach
        distance = (self.centre[band] - place[:, None, :]) / self.spacing[band]
        square = torch.square(distance).clamp(max=self.edge)
        lobe = torch.full_like(square, self.lobe[0])
        for coefficient in self.lobe[1:]:
            lobe = lobe * square + coefficient
        empty = torch.zeros(place.shape[0], self.n_bands, place.shape[1], dtype=place.dtype, device=place.device)
        return empty.scatter(1, band, torch.square(lobe))


class NoGain(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Instead of a `GainCurve`, where TorchScript wants something of its signature."""

    def forward(self, mixed: Tensor, trunk: Tensor, place: Tensor) -> Tensor:
        return mixed.new_zeros(1, 1, 1)


class GainCurve(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """What a filter does to partials and noise: a gain over frequency at each knot, a few points of it.

    It is read at the place of each partial before its lobe is drawn: multiplied onto the bands, it would bend the
    lobes, and so detune them. In the units of amplitudes, those of x.
    """

    def __init__(self, config: DecoderConfig, axis: BandAxis) -> None:
        super().__init__()
        points = config.gain_points
        self.scale = (points - 1.0) / (axis.n_bands - 1.0)
        self.last, self.most = points - 1, _MOST_GAIN
        self.register_buffer("centre", torch.from_numpy(axis.centre))
        position = self.scale * torch.arange(axis.n_bands).float()[None]
        self.register_buffer("bands", position)
        self.moving = nn.Conv1d(config.channels, points, 1, bias=False)
        self.still = nn.Linear(config.width, points)
        with torch.no_grad():
            self.moving.weight.mul_(0.3)
            self.still.weight.mul_(0.3)
            self.still.bias.zero_()

    def forward(self, mixed: Tensor, trunk: Tensor, place: Tensor) -> Tensor:
        """(mixed (B, channels, knots), trunk (B, width), places of the partials in bins (B, partials)) -> gains (B,
        partials + bands, knots)."""
        curve = (self.moving(mixed) + self.still(trunk)[:, :, None]).clamp(-self.most, self.most)
        above = torch.searchsorted(self.centre, place).clamp(1, self.centre.shape[0] - 1)
        low, high = self.centre[above - 1], self.centre[above]
        band = (above - 1) + ((place - low) / (high - low)).clamp(0.0, 1.0)
        position = torch.cat([self.scale * band, self.bands.expand(place.shape[0], -1)], 1)
        first = position.floor().clamp(0, self.last - 1)
        share = (position - first)[:, :, None]
        at = first.long()[:, :, None].expand(-1, -1, curve.shape[2])
        return torch.gather(curve, 1, at) * (1.0 - share) + torch.gather(curve, 1, at + 1) * share


class KnotsEncoder(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(log magnitudes (B, bands, frames), octave, semitone) -> (mean (B, D), log variance (B, D))."""

    def __init__(self, config: EncoderConfig, latent: int, analysis: NoteAnalysis) -> None:
        super().__init__()
        knots = knots_of(config, analysis)
        self.knots = tuple(knots.tolist())
        self.register_buffer("gather", torch.from_numpy(gather_matrix(knots, analysis.frames)))
        channels = config.channels
        self.gathered = nn.Sequential(
            nn.Conv1d(analysis.bands.n, channels, 3, padding=1),
            nn.SiLU(),
            nn.Conv1d(channels, channels // 2, 3, padding=1),
            nn.SiLU(),
            nn.Flatten(),
        )
        self.head = nn.Sequential(
            nn.Linear(channels // 2 * config.knots + N_OCTAVES + N_SEMITONES, 2 * channels),
            nn.SiLU(),
            nn.Linear(2 * channels, 2 * channels),
            nn.SiLU(),
            nn.Linear(2 * channels, 2 * latent if config.output == "stochastic" else latent),
        )
        self.latent = latent
        self.deterministic = config.output == "deterministic"
        self.log_variances = CODE_LOG_VARIANCES

    def forward(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        return self.of_knots(x @ self.gather, octave, semitone)

    @torch.jit.unused
    def turn(self, order: list[int], signs: Tensor) -> None:
        """As of the decoder."""
        turn_outputs(self.head[-1], order, signs)

    def of_knots(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        """As forward, of log magnitudes (B, bands, knots) that were averaged around the knots already."""
        both = self.head(torch.cat([self.gathered(x), octave, semitone], 1))
        mean, (low, high) = both[:, : self.latent], self.log_variances
        if self.deterministic:
            return mean, torch.full_like(mean, low)
        return mean, both[:, self.latent :].clamp(low, high)
