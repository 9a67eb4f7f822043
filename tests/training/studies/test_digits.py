"""The study of digits: its data, its losses beside the published ones, what it measures, its page.

The digits here are scikit-learn's, of real hands as well, enlarged: MNIST is fetched by `make study-digits` alone.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from oscvae.errors import DataError
from oscvae.training.data.dataset import TRAIN, WITHHELD_RECORDING, NoteSet
from oscvae.training.fit.losses import reconstruction
from oscvae.training.fit.regularisers import divergence, penalty
from oscvae.training.fit.targets import FrameTargets
from oscvae.training.studies.command import run
from oscvae.training.studies.digits.claims import kullback_leibler, without_squares
from oscvae.training.studies.digits.drawing import film, mosaic
from oscvae.training.studies.digits.measures import Model, Reader, grey, measure
from oscvae.training.studies.digits.mnist import SIDE, open_digits, read_idx
from oscvae.training.studies.digits.ways import AE, ALPHA, VAE, WAYS, Size, Way, configured, trained
from parts.soak import soaked

TRAINED, TESTED = 900, 400
BY_NAME = {way.name: way for way in WAYS}


def write_idx(path: Path, values: NDArray[np.uint8]) -> None:
    head = bytes((0, 0, 8, values.ndim)) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    path.write_bytes(head + values.tobytes())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four files, of pictures of 8 x 8 that are three times as large and framed."""
    folder = tmp_path_factory.mktemp("digits")
    known = load_digits()
    large = np.kron(known.images, np.ones((3, 3))) * 255.0 / 16.0
    pictures = np.pad(large, ((0, 0), (2, 2), (2, 2))).round().astype(np.uint8)
    for part, rows in (("train", slice(0, TRAINED)), ("t10k", slice(TRAINED, TRAINED + TESTED))):
        write_idx(folder / f"{part}-images-idx3-ubyte", pictures[rows])
        write_idx(folder / f"{part}-labels-idx1-ubyte", known.target[rows].astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def digits(data: Path) -> NoteSet:
    return open_digits(data, TRAINED, TESTED)


def test_a_picture_is_what_the_file_holds_from_black_to_white(data: Path, digits: NoteSet) -> None:
    pixels = read_idx(data / "t10k-images-idx3-ubyte")
    assert digits.x.shape == (TRAINED + TESTED, SIDE, SIDE) and digits.x.dtype == np.float32
    assert digits.x.min() == -1.0 and digits.x.max() == 1.0
    np.testing.assert_allclose(grey(digits.x[TRAINED:]) * 255.0, pixels.reshape(TESTED, -1), atol=1e-4)
    assert digits.timbre[TRAINED:].tolist() == read_idx(data / "t10k-labels-idx1-ubyte").tolist()
    assert set(digits.split[:TRAINED].tolist()) == {TRAIN} and set(digits.split[TRAINED:].tolist()) == {
        WITHHELD_RECORDING
    }
    fewer = open_digits(data, 50, 20)
    assert len(fewer) == 70 and fewer.fingerprint != digits.fingerprint


def test_what_is_no_such_file_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="make study-digits"):
        open_digits(tmp_path, 10, 10)
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    short = (data / "t10k-images-idx3-ubyte").read_bytes()[:-1]
    for held in (short, b"", b"\0\0\x0d\1\0\0\0\1abcd", b"PK\3\4"):
        (tmp_path / "t10k-images-idx3-ubyte").write_bytes(held)
        with pytest.raises(DataError, match="no IDX file"):
            open_digits(tmp_path, 10, 10)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", np.zeros((3, 8, 8), np.uint8))
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.zeros(3, np.uint8))
    with pytest.raises(DataError, match=r"\(3, 8, 8\)"):
        open_digits(tmp_path, 10, 10)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", np.zeros((3, SIDE, SIDE), np.uint8))
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.full(3, 11, np.uint8))
    with pytest.raises(DataError, match="labels below 10"):
        open_digits(tmp_path, 10, 10)


@pytest.mark.parametrize("latent", [2, 8])
@pytest.mark.parametrize("way", [Way("any", "kl", beta=3.0), Way("any", "kl", alpha=ALPHA)], ids=["beta", "alpha"])
def test_its_losses_are_the_published_ones_on_another_scale(way: Way, latent: int, digits: NoteSet) -> None:
    config = configured(way, latent, 1, Size.of(True))
    rows = torch.arange(6)
    target = FrameTargets(torch.from_numpy(digits.x), digits, config.loss, 0.05)(rows)
    generator = torch.Generator().manual_seed(1)
    x = torch.tanh(torch.randn(target.x.shape, generator=generator))
    mean, log_variance = (torch.randn(6, latent, generator=generator) for _ in range(2))
    ours = reconstruction(x, torch.empty(0), target, config.loss, 0.05)
    ours = ours + config.regulariser.weight * penalty(config.regulariser, mean, log_variance, mean, mean)
    square = (x - target.x) ** 2
    if way.alpha:
        published = square.mean() + ALPHA * (log_variance.exp() + mean**2 - 1.0 - log_variance).mean()
        scale = 1.0
    else:
        published = 0.5 * square.sum((1, 2)).mean() + 3.0 * divergence(mean, log_variance).sum()
        scale = 0.5 * SIDE**2
    assert scale * float(ours) == pytest.approx(float(published), rel=1e-3)


def test_a_divergence_without_squares_pays_for_far_codes() -> None:
    for mean, deviation in ((0.0, 1.0), (2.0, 0.5), (-3.0, 2.0)):
        exact = divergence(torch.tensor([[mean]]), torch.tensor([[2.0 * np.log(deviation)]]))
        assert kullback_leibler(mean, deviation) == pytest.approx(float(exact), rel=1e-5)
    assert without_squares(0.0, 1.0) == 0.0
    assert without_squares(-10.0, 1.0) < without_squares(-2.0, 1.0) < 0.0


def test_a_reader_tells_digits_apart_and_knows_what_it_has_seen(digits: NoteSet) -> None:
    reader = Reader(digits)
    assert reader.accuracy > 0.85
    assert reader.nearest(digits.x[:20]).max() < 1e-6 < reader.usual
    assert reader.unlike(digits.x[reader.decoded]) < 1e-6 < reader.chance
    noise = np.random.default_rng(1).uniform(-1.0, 1.0, (100, SIDE, SIDE)).astype(np.float32)
    assert reader.unlike(noise) > 10.0 * reader.chance


def test_an_autoencoder_that_learns_is_told_from_one_that_does_not(digits: NoteSet, data: Path, tmp_path: Path) -> None:
    reader = Reader(digits)
    told = {}
    for name, steps in (("long", 60), ("short", 1)):
        size = Size({8: 1}, steps, steps, TRAINED, TESTED)
        network = trained(BY_NAME[AE], 8, 1, digits, data, tmp_path / name, size)
        told[name] = measure(Model(network, True), digits, reader, np.random.default_rng(1))
    usual = float(np.sqrt(np.mean((grey(digits.x[reader.decoded]) - reader.seen.mean(0)) ** 2)))
    assert told["long"].error < usual < told["short"].error
    assert told["long"].probe > 0.5 and told["long"].nats == () and 0 < told["long"].active <= 8
    assert told["long"].moved[0.1].same > told["long"].moved[1.0].same


def test_a_training_that_is_done_is_read(digits: NoteSet, data: Path, tmp_path: Path) -> None:
    size = Size.of(True)
    first = trained(BY_NAME[VAE], 2, 1, digits, data, tmp_path / "run", size)
    kept = tmp_path / "run" / "checkpoints" / "last.ckpt"
    held = kept.stat().st_mtime_ns
    again = trained(BY_NAME[VAE], 2, 1, digits, data, tmp_path / "run", size)
    assert kept.stat().st_mtime_ns == held
    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), again.parameters(), strict=True))


def test_a_mosaic_and_a_film_hold_every_picture() -> None:
    pictures = np.zeros((2, 3, SIDE, SIDE), np.float32)
    pictures[1, 2] = 1.0
    whole = mosaic(pictures)
    assert whole.shape == (2 * SIDE, 3 * SIDE) and whole[SIDE:, 2 * SIDE :].min() == 1.0
    assert whole.sum() == SIDE**2
    moving = np.stack([pictures - 1.0, pictures, pictures - 0.5])
    with Image.open(io.BytesIO(film(moving))) as image:
        assert image.size == (2 * 3 * SIDE, 2 * 2 * SIDE) and image.n_frames == 4 and image.is_animated


@soaked
def test_its_page_says_what_was_found_for_every_way(data: Path, tmp_path: Path) -> None:
    assert run("digits", tmp_path, True, data, 1) == 0
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == 9 and page.count("data:image/gif") == 1
    assert (tmp_path / "pictures" / "interpolation.gif").read_bytes()[:3] == b"GIF"
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert set(figures["ways"]) == {f"{way.name}; D = {latent}" for way in WAYS for latent in (2, 8)}
    assert all(len(told) == 1 and told[0]["error"] > 0.0 for told in figures["ways"].values())
    assert len(figures["claims"]) == 6
    assert all(claim["holds"] is None for claim in figures["claims"]), "one seed claims nothing"
