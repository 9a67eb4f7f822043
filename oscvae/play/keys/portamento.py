"""Portamento: from which pitch the note of a key glides to its own, and in which time."""

from __future__ import annotations

from typing import NamedTuple

SPAN = 48.0  # semitones that a glide begins away from its note at most, which is as far as the resampler reads


class Slide(NamedTuple):
    """A glide of pitch, even in semitones. start, end: MIDI notes. began: the frame, or -1 where that is not known yet,
    and the second of the timeline. lasts: seconds; 0 = it is at its end.
    """

    start: float
    end: float
    began_frame: int
    began_s: float
    lasts_s: float

    @property
    def away(self) -> float:
        """Semitones from its end to its start."""
        return max(-SPAN, min(self.start - self.end, SPAN)) if self.lasts_s > 0.0 else 0.0

    def note_at(self, frame: int, moment_s: float, rate: int) -> float:
        """The pitch, as a MIDI note, at a frame (-1 = not known), which is that moment of the timeline."""
        if self.lasts_s <= 0.0:
            return self.end
        is_exact = frame >= 0 and self.began_frame >= 0
        passed_s = (frame - self.began_frame) / rate if is_exact else moment_s - self.began_s
        return self.end + self.away * (1.0 - min(max(passed_s / self.lasts_s, 0.0), 1.0))


class Portamento:
    """seconds: that a glide takes."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._last: Slide | None = None

    def towards(self, note: float, frame: int, moment_s: float, rate: int, *, glides: bool) -> Slide:
        """How the note of a key that begins then comes to its pitch, from where the last one is. `follow` it once the
        note is begun.

        frame: -1 where it is not known. moment_s: of the timeline. rate: frames a second.
        """
        if self._last is None or not glides:
            return Slide(note, note, frame, moment_s, 0.0)
        return Slide(self._last.note_at(frame, moment_s, rate), note, frame, moment_s, self.seconds)

    def follow(self, slide: Slide) -> None:
        """It is the last that was begun."""
        self._last = slide
