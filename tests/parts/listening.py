"""What a recording is judged by: where notes begin, which they are, and whether the server kept time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscvae.sound.pitch import fundamental_hz
from oscvae.units import cents, note_to_hz
from parts.recorder import COUNT, FRAME, WOKEN_NS, Recorder

Sound = NDArray[np.float32]

SLIPPED = 5  # samples: more is no jitter
LEARNT_S = 2.5  # after which the frame clock knows that the server has slipped


def first_sound(samples: Sound) -> int:
    """Where the first sample is that is not zero, in either channel; raises AssertionError for silence."""
    loud = np.flatnonzero(np.any(np.atleast_2d(samples) != 0.0, axis=0))
    assert loud.size, "nothing was heard"
    return int(loud[0])


def onsets(samples: Sound, quiet: int = 600) -> list[int]:
    """Where sound begins after at least `quiet` samples of silence."""
    loud = np.flatnonzero(np.any(np.atleast_2d(samples) != 0.0, axis=0))
    return [int(index) for index in loud[np.flatnonzero(np.diff(loud, prepend=-10 * quiet) > quiet)]]


def out_of_tune(samples: Sound, rate: int, note: float) -> float:
    """Cents by which one note, somewhere in one channel, is off equal temperament; two semitones around it are seen."""
    begin = first_sound(samples) + round(0.05 * rate)
    part = samples[begin : begin + round(0.35 * rate)]
    return abs(cents(fundamental_hz(part, rate, note_to_hz(note - 2), note_to_hz(note + 2)), note_to_hz(note)))


def is_playing(samples: Sound, rate: int, note: float) -> bool:
    """Whether what begins in this channel is that note, not merely some note: an octave each way is searched."""
    begin = first_sound(samples) + round(0.05 * rate)
    part = samples[begin : begin + round(0.35 * rate)]
    found = fundamental_hz(part, rate, note_to_hz(note - 11), note_to_hz(note + 11))
    return abs(cents(found, note_to_hz(note))) < 20.0


def aligned(got: Sound, expected: Sound) -> tuple[Sound, Sound]:
    """Both at the length of the longer one, with silence where the other has nothing."""
    length = max(got.shape[1], expected.shape[1])
    return tuple(np.pad(sound, ((0, 0), (0, length - sound.shape[1]))) for sound in (got, expected))  # type: ignore[return-value]


def difference(a: Sound, b: Sound, tolerance: float = 0.0) -> str | None:
    """How much two sounds of one length differ, and from where on; None if by no more than the tolerance."""
    off = np.abs(a - b)
    where = np.flatnonzero(np.any(~(off <= tolerance), axis=0))
    if not where.size:
        return None
    return f"{where.size} of {a.shape[1]} samples differ, from {where[0]} on, by at most {off.max():.3g}"


def clock_slips(recorder: Recorder) -> list[int]:
    """The server's frames at which its clock was late, or jumped, against the real one while this was recorded.

    A dummy driver that a busy machine holds up goes on late, with or without skipped frames. A callback can be woken
    late and never early, so of each quarter of a second the earliest counts.
    """
    periods = recorder.periods
    late = periods[:, WOKEN_NS] * 1e-9 * recorder.rate - periods[:, FRAME]
    window = (periods[:, FRAME] - periods[0, FRAME]) // (recorder.rate // 4)
    starts = np.flatnonzero(np.diff(window, prepend=-1))
    earliest = np.minimum.reduceat(late, starts)[:-1]  # the last one is short
    slipped = periods[starts[1:-1], FRAME][np.abs(np.diff(earliest)) > SLIPPED]
    skipped = periods[1:, FRAME][np.diff(periods[:, FRAME]) != periods[:-1, COUNT]]
    return sorted(int(frame) for frame in (*slipped, *skipped))


def uneven(sound: Sound, recorder: Recorder, count: int, apart_s: float, tolerance: int) -> str | None:
    """What is wrong with `count` notes by timetags that should begin `apart_s` from each other, to `tolerance` samples.

    Judged are those after which the server has kept time for long enough that the daemon knows; at least half of them.
    """
    frames = np.array([recorder.frame_at(index) for index in onsets(sound)])
    if len(frames) != count:
        return f"{count} notes were sent, {len(frames)} heard"
    off = np.diff(frames) - round(apart_s * recorder.rate)
    slips = clock_slips(recorder)
    steady = np.array([not any(0 <= at - slip < LEARNT_S * recorder.rate for slip in slips) for at in frames[1:]])
    if np.any(np.abs(off[steady]) > tolerance):
        return (
            f"the distances are off by {off.tolist()} samples, judged were those of {np.flatnonzero(steady).tolist()}"
        )
    if steady.sum() < count // 2:
        return (
            f"the server kept time in {steady.sum()} of {len(off)} distances, which are off by {off.tolist()} samples"
        )
    return None
