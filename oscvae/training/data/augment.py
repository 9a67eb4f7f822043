"""Augmentation: the same note as another microphone, room or day would have given it, and with parts of it gone.

Of spectra, at training time and in batches on any device: `Augment`, a callable on what an encoder sees. What a decoder
is to produce should stay clean: an autoencoder that learns noise plays noise. Of sounds, while a data set is built:
`detuned`, `faster`, `tilted`, `faded`, `louder`, `noisy`. All randomness of the first is torch's own, so a seed repeats
it; the second are functions of their arguments.

Source of the masks: D. S. Park et al., SpecAugment, Interspeech 2019, as in torchaudio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
import torchaudio
from torch import Tensor

from oscvae.arrays import Float32s
from oscvae.model.bands import BandAxis
from oscvae.sound.files import resample

SILENCE = -1.0
"""x of what is at or below the floor."""
# The ratio of a small interval by whole numbers up to this is right to within 0.01 cents; torchaudio's filters have as
# many phases.
_FINEST_RATIO = 512
_TINY = 1e-12
_TILTED_FROM_HZ = 40.0
"""Below, a tilt would raise nothing but rumble."""


@dataclass(frozen=True)
class Augment:
    """Random changes to log magnitudes x (B, bands, frames) in [-1, 1], others for each note; 0 leaves each out."""

    axis: BandAxis
    range_db: float = 80.0
    """From x = -1 to x = 1."""
    time_frames: int = 0
    """Up to so many neighbouring frames are silenced."""
    bands: int = 0
    """Up to so many neighbouring bands are silenced."""
    gain_db: float = 0.0
    """Up or down by up to this."""
    detune_cents: float = 0.0
    """Up or down by up to this; under 50, the note stays the nearest one."""
    noise_db: tuple[float, float] | None = None
    """Noise of a level between these, in dB against x = 1, white to 1/f."""

    def __call__(self, x: Tensor) -> Tensor:
        """(B, bands, frames) to the same shape, still in [-1, 1]; the argument is left as it was."""
        if self.detune_cents:
            cents = _uniform(x, -self.detune_cents, self.detune_cents)
            x = detune(x, cents, self.axis)
        if self.gain_db:
            x = gain(x, _uniform(x, -self.gain_db, self.gain_db), self.range_db)
        if self.noise_db is not None:
            x = noise(x, _uniform(x, *sorted(self.noise_db)), _uniform(x, 0.0, 1.0), self.axis, self.range_db)
        if self.time_frames:
            x = _mask(torchaudio.transforms.TimeMasking(self.time_frames, iid_masks=True), x)
        if self.bands:
            x = _mask(torchaudio.transforms.FrequencyMasking(self.bands, iid_masks=True), x)
        return x


def gain(x: Tensor, gain_db: Tensor, range_db: float = 80.0) -> Tensor:
    """x (B, bands, frames) louder by gain_db (B,); what was at the floor stays there."""
    louder = (x + gain_db[:, None, None] * (2.0 / range_db)).clamp(-1.0, 1.0)
    return torch.where(x > SILENCE, louder, SILENCE)


def detune(x: Tensor, cents: Tensor, axis: BandAxis) -> Tensor:
    """x (B, bands, frames) with every frequency higher by cents (B,), as resampling would: linear between bands."""
    centre = torch.from_numpy(axis.centre).to(x)
    wanted = centre * torch.exp2(-cents[:, None] / 1200.0)
    above = torch.searchsorted(centre, wanted).clamp(1, axis.n_bands - 1)
    low, high = centre[above - 1], centre[above]
    weight = ((wanted - low) / (high - low)).clamp(0.0, 1.0)[:, :, None]
    above = above[:, :, None].expand(-1, -1, x.shape[2])
    return x.gather(1, above - 1) * (1.0 - weight) + x.gather(1, above) * weight


def noise(x: Tensor, level_db: Tensor, slope: Tensor, axis: BandAxis, range_db: float = 80.0) -> Tensor:
    """x (B, bands, frames) with noise of level_db (B,) against x = 1, whose power falls as 1 / f^slope above bin 1.

    The powers add, as of sounds that know nothing of each other; each bin's is exponentially distributed.
    """
    to_power = 0.1 * 0.5 * range_db * math.log(10.0)
    centre = torch.from_numpy(axis.centre).to(x).clamp(min=1.0)
    level = level_db[:, None, None] * (0.1 * math.log(10.0)) - slope[:, None, None] * centre.log()[None, :, None]
    fluctuation = torch.empty_like(x).exponential_().clamp(min=_TINY).log()
    heard = torch.where(x > SILENCE, (x - 1.0) * to_power, -torch.inf)
    both = torch.logaddexp(heard, level + fluctuation)
    return (both / to_power + 1.0).clamp(-1.0, 1.0)


def detuned(sound: Float32s, cents: float) -> Float32s:
    """A sound [samples] higher and shorter by so many cents, by torchaudio's resampling."""
    ratio = Fraction(2.0 ** (cents / 1200.0)).limit_denominator(_FINEST_RATIO)
    if ratio == 1:
        return sound
    shifted = torchaudio.functional.resample(torch.from_numpy(sound), ratio.numerator, ratio.denominator)
    moved: Float32s = shifted.numpy()
    return moved


def louder(sound: Float32s, gain_db: float) -> Float32s:
    """A sound with a gain in dB."""
    changed: Float32s = torchaudio.functional.gain(torch.from_numpy(sound), gain_db).numpy()
    return changed


def noisy(sound: Float32s, background: Float32s, below_db: float) -> Float32s:
    """A sound [samples] with a background [samples or more], whose energy is so many dB below its own."""
    mixed: Float32s = torchaudio.functional.add_noise(
        torch.from_numpy(sound), torch.from_numpy(background[: sound.size]), torch.tensor(below_db)
    ).numpy()
    return mixed


def faster(sound: Float32s, semitones: float, sample_rate: int) -> Float32s:
    """A sound [samples] played at another speed: higher and shorter, or lower and longer."""
    return resample(sound, sample_rate, sample_rate * 2.0 ** (-semitones / 12.0))


def tilted(sound: Float32s, octave_db: float, sample_rate: int) -> Float32s:
    """A sound [samples], each octave louder by so much than the one below, 1 kHz as it was; of minimum phase."""
    size = 1 << (sound.size + sample_rate // 10 - 1).bit_length()
    freq_hz = np.fft.rfftfreq(size, 1.0 / sample_rate).clip(min=_TILTED_FROM_HZ)
    fold = np.zeros(size)
    fold[0] = fold[size // 2] = 1.0
    fold[1 : size // 2] = 2.0
    cepstrum = np.fft.irfft(octave_db * math.log(10.0) / 20.0 * np.log2(freq_hz / 1000.0), size)
    filtered = np.fft.irfft(np.fft.rfft(sound, size) * np.exp(np.fft.rfft(cepstrum * fold)), size)
    return filtered[: sound.size].astype(np.float32)


def faded(sound: Float32s, fade_s: float, onset: int, sample_rate: int) -> Float32s:
    """A sound [samples] that falls to 1/e of what it was within `fade_s` after its onset, and so on."""
    time_s = np.maximum(np.arange(sound.size) - onset, 0) / sample_rate
    return (sound * np.exp(-time_s / fade_s)).astype(np.float32)


def pink_noise(size: int, rng: np.random.Generator) -> Float32s:
    """Noise [size] whose power falls as 1 / f."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1.0)), size).astype(np.float32)


def _uniform(x: Tensor, low: float, high: float) -> Tensor:
    return torch.empty(x.shape[0], dtype=x.dtype, device=x.device).uniform_(low, high)


def _mask(transform: torch.nn.Module, x: Tensor) -> Tensor:
    masked: Tensor = transform(x[:, None].clone(), mask_value=SILENCE)[:, 0]
    return masked
