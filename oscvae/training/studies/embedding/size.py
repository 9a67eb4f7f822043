"""How much the study of embeddings trains, and on how much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Of one run of the study."""

    seeds: int
    """Classifiers, where the data have no folds of their own."""
    folds: int
    """Where they have, so many are tested at most."""
    width: int
    """Channels of the classifier's first layer; 64 in the paper."""
    epochs: int
    batch: int
    """Of the classifier."""
    notes: int
    """Of the data set, at most."""
    recordings: int
    """Likewise."""
    checkpoints: tuple[int, ...]
    """Steps of the model of notes at which its network is kept; the last one ends the training."""
    look_steps: int
    made: int
    """Notes that are generated at each of them, in each draw."""
    draws: int

    def steps(self, clips: int) -> int:
        """Of a classifier that has so many clips to learn from."""
        return max(1, round(self.epochs * clips / self.batch))

    @classmethod
    def of(cls, small: bool) -> Size:
        if small:
            return cls(1, 2, 8, 1, 16, 230, 40, (2, 4, 6), 2, 40, 1)
        return cls(3, 10, 16, 10, 32, 10_000, 1_000, (100, 400, 1000, 2000, 4500), 250, 300, 3)
