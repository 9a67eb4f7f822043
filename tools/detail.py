"""What fine detail does for instruments that a model knows nothing of, as `oscvae evaluate` tells it of known ones.

python tools/detail.py models/plucked.ts data/strangers
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.detail import Share, measure_detail
from oscvae.training.evaluate.subject import Subject

SEED = 1
MOST = 2000


def tell(what: str, share: Share) -> None:
    shown = [f"{told.lsd_db:.2f} / {told.sc_db:.1f}" for told in (share.without, share.with_detail)]
    print(f"{what}: LSD / SC {shown[0]} dB without, {shown[1]} with detail, {share.without.n} notes")


def main() -> None:
    parser = argparse.ArgumentParser(description="What fine detail does for instruments that a model does not know.")
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    given = parser.parse_args()
    notes = open_dataset(given.data)
    found = measure_detail(Subject.open(given.model), notes, np.arange(len(notes)), MOST, np.random.default_rng(SEED))
    assert found is not None
    tell("the encoded notes", found.encoded)
    tell("the nearest other recording", found.elsewhere)


if __name__ == "__main__":
    main()
