"""From a sound file to what an encoder wants: onset, pitch, log magnitudes on a model's band axis.

Run as a process of its own by the daemon (`python -m oscvae.analysis FILE MODEL.ts`), because decoding a foreign file
may take long or crash: the note as an int64 and then float32 [frames, bands], to standard output; exit code 1 and one
line on standard error for a file that cannot be used.

Source: the biased autocorrelation estimator of the fundamental, as in the Ukulelatent report (IRCAM ATIAM 2018/19),
refined by parabolic interpolation.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscvae.errors import OscvaeError, SoundFileError
from oscvae.modelfile import ModelDocument, read_document
from oscvae.stft import magnitudes, to_log
from oscvae.units import hz_to_note, note_to_hz

Float32s = NDArray[np.float32]

MOST_S = 600.0  # a longer file is no note
ONSET_LEVEL = 0.1  # of the peak
PRE_ONSET_S = 0.001
PITCH_WINDOW_S = 0.25
_SETTLE_S = 0.03  # a plucked string starts sharp
_SILENT = 1e-4


def read_mono(path: Path, sample_rate: int) -> Float32s:
    """A sound file as mono float32 at `sample_rate`. Raises SoundFileError: missing, foreign, damaged, silent, long."""
    import soundfile
    import soxr

    try:
        info = soundfile.info(path)
        if info.duration > MOST_S:
            raise SoundFileError(f"{path.name} is {info.duration:.0f} s long, at most {MOST_S:.0f} s are read")
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise SoundFileError(f"{path.name} cannot be read as a sound file: {error}") from error
    mono = samples.mean(axis=1)
    if not np.isfinite(mono).all():
        raise SoundFileError(f"{path.name} holds samples that are not finite")
    if mono.size == 0 or float(np.abs(mono).max()) < _SILENT:
        raise SoundFileError(f"{path.name} is silent")
    resampled: Float32s = soxr.resample(mono, rate, sample_rate, quality="VHQ").astype(np.float32)
    return resampled


def find_onset(samples: Float32s, sample_rate: int) -> int:
    """The sample shortly before the signal first reaches a tenth of its peak."""
    level = np.abs(samples)
    rise = int(np.argmax(level >= ONSET_LEVEL * level.max()))
    return max(0, rise - round(PRE_ONSET_S * sample_rate))


def align(samples: Float32s, onset: int, onset_sample: int, length: int) -> Float32s:
    """float32 [length] in which what was at `onset` lies at `onset_sample`; silence around it."""
    out = np.zeros(length, np.float32)
    part = samples[onset : onset + length - onset_sample]
    out[onset_sample : onset_sample + part.size] = part
    return out


def fundamental_hz(samples: Float32s, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """The fundamental of a sound between two frequencies, in Hz, by the biased autocorrelation."""
    spectrum = np.fft.rfft(samples, 2 * samples.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: samples.size]
    shortest = max(1, int(sample_rate / high_hz))
    longest = min(samples.size - 2, int(np.ceil(sample_rate / low_hz)))
    if longest <= shortest:
        return low_hz
    lag = shortest + int(np.argmax(correlation[shortest : longest + 1]))
    before, here, after = (float(value) for value in correlation[lag - 1 : lag + 2])
    curve = before - 2.0 * here + after
    offset = 0.5 * (before - after) / curve if curve < 0.0 else 0.0
    return sample_rate / (lag + min(max(offset, -0.5), 0.5))


def analyse(path: Path, document: ModelDocument) -> tuple[int, Float32s]:
    """(MIDI note, log magnitudes [frames, bands] in [-1, 1]) of a recorded note, for `document`'s encoder.

    Raises SoundFileError.
    """
    rate = document.sample_rate
    samples = read_mono(path, rate)
    onset = find_onset(samples, rate)
    begin = onset + round(_SETTLE_S * rate)
    stretch = samples[begin : begin + round(PITCH_WINDOW_S * rate)]
    if stretch.size < rate // 100:
        stretch = samples[onset:]
    low, high = note_to_hz(document.note_min - 1), note_to_hz(document.note_max + 1)
    note = round(hz_to_note(fundamental_hz(stretch, rate, low, high)))
    note = min(max(note, document.note_min), document.note_max)
    sound = align(samples, onset, document.onset_sample, document.n_samples)
    bands = document.band_axis().to_bands(magnitudes(sound, document.n_fft, document.hop))
    x = to_log(bands, float(bands.max()), document.floor_db, document.ceiling_db)
    return note, np.ascontiguousarray(x, np.float32)


def main() -> int:
    try:
        note, x = analyse(Path(sys.argv[1]), read_document(Path(sys.argv[2])))
    except OscvaeError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(np.int64(note).tobytes() + x.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
