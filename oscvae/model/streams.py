"""What a model has that decodes endless voices: the chunks in which it is asked for them, and the notes that it plays.

A chunk is short, so that a move is soon heard, and long enough that asking for it costs little beside decoding it.
"""

from __future__ import annotations

import math

from oscvae.model.described import Described2

CHUNK_FRAMES = 2
"""Frames that a model of frames is asked for at a time."""
ENCODED_FRAMES = 512
"""Frames of a recording that a model of frames encodes at a time."""
ENCODED_SAMPLES = 1 << 16
"""Samples of a recording that a model of samples encodes at a time, or one latent frame where that is longer."""
CHUNK_SAMPLES = 2048
"""Samples that a model of samples is asked for at a time, or one latent frame where that is longer."""
MOST_CHUNK_FRAMES = 1024
"""Latent frames that a model of samples may be asked for at a time."""
PIECE_SAMPLES = 512
"""The most samples of a chunk that are rendered at a time."""
TRANSPOSED_MOST = 24
"""Semitones that a stream is transposed to either side: a faster one is decoded more often."""


class Streamed(Described2):
    """The part of a document that all models share which decode endless voices. They have no notes of their own: a
    note transposes them from `root_note`, by reading faster or slower.
    """

    @property
    def note_min(self) -> int:
        return max(0, self.root_note - TRANSPOSED_MOST)

    @property
    def note_max(self) -> int:
        return min(127, self.root_note + TRANSPOSED_MOST)

    @property
    def is_endless(self) -> bool:
        """Whether a voice lasts until it is stopped."""
        return True

    @property
    def region(self) -> tuple[int, int] | None:
        """As of a note's document: a stream walks in none."""
        return None

    @property
    def held_release_s(self) -> float | None:
        """As of a note's document: the release is the player's."""
        return None

    def decoded_note(self, note: float) -> int:
        """The MIDI note that is resampled to the one that is asked for."""
        return self.root_note


def chunk_samples(ratio: int) -> int:
    """Samples of a chunk of a model with `ratio` samples to a latent frame: whole frames."""
    return ratio * math.ceil(CHUNK_SAMPLES / ratio)
