"""Model files of single frames: what is written is what was trained, in order, at the common loudness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from oscvae.errors import ConfigError, DataError, ModelError
from oscvae.model.document import read_document
from oscvae.model.frames import FramesDocument
from oscvae.model.torchscript import load, save, script
from oscvae.training.export.loudness import LOUDNESS_DB
from oscvae.training.export.wish import Wish
from oscvae.training.timbre.command import decodes_frames, export_frames_run
from oscvae.training.timbre.export import (
    FramesExported,
    decode_rows,
    encode_rows,
    open_frames_model,
    place_of,
    places_of,
)
from oscvae.training.timbre.frameset import TRAIN, open_frames
from oscvae.training.timbre.train import load_frames_run
from training.timbre.recordings import typed


@pytest.fixture(scope="module")
def exported(run: Path, tmp_path_factory: pytest.TempPathFactory) -> FramesExported:
    out = tmp_path_factory.mktemp("models") / "tiny.ts"
    made: FramesExported = export_frames_run(run, out, None, False, Wish(version="2", licence="CC0"))
    return made


def test_a_model_file_decodes_what_the_network_does_in_its_own_order(
    exported: FramesExported, run: Path, data: Path
) -> None:
    module, document = open_frames_model(exported.path)
    frames, trained = open_frames(data), load_frames_run(run).model
    x = np.array(frames.x[frames.rows_of(TRAIN)])
    axes = document.training["axes"]
    old, new = encode_rows(trained, x), encode_rows(module, x)
    turned = old[:, np.array(axes["order"]) - 1] * np.array(axes["signs"], np.float32)
    np.testing.assert_allclose(new, turned, atol=1e-5)
    np.testing.assert_allclose(decode_rows(module, new), decode_rows(trained, old), atol=1e-4)


def test_dimensions_are_in_the_order_of_their_variance(exported: FramesExported, data: Path) -> None:
    module, document = open_frames_model(exported.path)
    frames = open_frames(data)
    z = encode_rows(module, np.array(frames.x[frames.rows_of(TRAIN)]))
    variance = z.var(axis=0)
    assert (np.diff(variance) <= 1e-6).all()
    np.testing.assert_allclose(document.latent.std, np.sqrt(variance), atol=2e-3)
    np.testing.assert_allclose(document.latent.mean, z.mean(axis=0), atol=2e-3)


def test_every_recording_that_was_trained_on_is_a_named_place(exported: FramesExported, data: Path) -> None:
    frames, document = open_frames(data), exported.document
    assert [point.label for point in document.points] == [one.name for one in frames.of_split(TRAIN)]
    module, _ = open_frames_model(exported.path)
    first = frames.of_split(TRAIN)[0]
    z = encode_rows(module, frames.x[first.rows][frames.heard(first)])
    np.testing.assert_allclose(document.points[0].z, place_of(z), atol=1e-3)


def test_the_first_places_are_evenly_over_all_recordings() -> None:
    assert places_of(10) == list(range(10))
    places = places_of(133)
    assert sorted(places) == list(range(133))
    assert max(np.diff(places[:96])) == 2
    assert len(places_of(5000)) == 400


def test_a_place_is_one_of_the_frames_and_no_mean() -> None:
    z = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 9.0], [0.2, 0.3]], np.float32)
    assert any(np.array_equal(place_of(z), row) for row in z)
    assert not np.array_equal(place_of(z), z[2])


def test_a_model_file_says_what_it_is(exported: FramesExported, data: Path) -> None:
    document = exported.document
    assert isinstance(document, FramesDocument)
    assert (document.name, document.version, document.licence, document.level) == ("tiny", "2", "CC0", "apart")
    assert document.training["data"]["fingerprint"] == open_frames(data).fingerprint
    assert decodes_frames(exported.path)
    with pytest.raises(ModelError, match="output 'frames': this version plays"):
        read_document(exported.path)
    with pytest.raises(ModelError, match="output 'frames'"):
        load(exported.path)


def test_frames_do_not_know_each_other(exported: FramesExported) -> None:
    module, document = open_frames_model(exported.path)
    z = torch.randn(2, document.latent_size, 7)
    with torch.inference_mode():
        whole = module(z)
        for t in range(7):
            torch.testing.assert_close(module(z[:, :, t : t + 1])[:, :, 0], whole[:, :, t], atol=1e-5, rtol=0.0)
        mean, log_variance = module.encode(whole)
    assert mean.shape == log_variance.shape == z.shape


def test_the_median_place_has_the_common_loudness(exported: FramesExported) -> None:
    loudness = exported.loudness
    assert loudness.median_db == pytest.approx(LOUDNESS_DB, abs=0.01) or loudness.median_peak_db == pytest.approx(3.9)
    assert exported.document.training["loudness"]["notes"] == len(exported.document.points)


def test_half_the_bytes_move_the_distance_by_nothing_to_be_heard(
    run: Path, exported: FramesExported, tmp_path: Path
) -> None:
    half = export_frames_run(run, tmp_path / "half.ts", None, False, Wish(weights="float16"))
    assert half.document.weights == "float16"
    assert half.path.stat().st_size < exported.path.stat().st_size
    module, _ = open_frames_model(half.path)
    assert {value.dtype for value in module.parameters()} <= {torch.float32}


def test_a_network_that_says_the_same_of_every_frame_is_not_exported(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_frames_run(run)
    with torch.no_grad():
        loaded.model.codes.weight.zero_()
    monkeypatch.setattr("oscvae.training.timbre.train.load_frames_run", lambda *_: loaded)
    with pytest.raises(ModelError, match="every frame has the same place on latent dimension 1: train longer"):
        export_frames_run(run, tmp_path / "dead.ts", None, False, None)
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_with_an_export_is_said_in_one_line(
    run: Path, data: Path, exported: FramesExported, tmp_path: Path
) -> None:
    for words, code, complaint in (
        ((run, "--out", exported.path), 2, "is there already: --force replaces it"),
        ((run, "--out", tmp_path / "a.bin"), 2, "must end in .ts"),
        ((run, "--out", tmp_path / "a.ts", "--weights", "int8"), 2, "--weights must be float32 or float16"),
        ((run, "--out", tmp_path / "a.ts", "--data", tmp_path), 1, "holds no index.json"),
        ((exported.path, "--out", tmp_path / "a.ts"), 1, "output 'frames'"),
    ):
        found, said = typed("export", *words)
        assert (found, len(said.strip().splitlines())) == (code, 1), said
        assert complaint in said
    with pytest.raises(ConfigError):
        export_frames_run(run, exported.path, None, False, None)


def test_other_data_than_those_of_the_run_are_refused(run: Path, recordings: Path, tmp_path: Path) -> None:
    from training.timbre.recordings import build_small

    build_small(recordings, tmp_path / "other", "silence_db=-30")
    with pytest.raises(DataError, match="was trained on the data"):
        export_frames_run(run, tmp_path / "a.ts", tmp_path / "other", False, None)


class _Rememberer(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Each frame is a little more than the one before."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.bands = bands

    def forward(self, z: Tensor) -> Tensor:
        return torch.cumsum(z[:, :1].expand(-1, self.bands, -1) * 0.0 + 0.01, 2)


class _Wide(nn.Module):  # type: ignore[misc]  # torch is untyped here
    def forward(self, z: Tensor) -> Tensor:
        return z


class _Broken(nn.Module):  # type: ignore[misc]  # torch is untyped here
    def forward(self, z: Tensor) -> Tensor:
        raise ValueError("no")
        return z


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (_Rememberer(64), "another frame when it comes again"),
        (_Wide(), r"forward has the shape \[1, 3, 2\], its document says \[1, 64, 2\]"),
        (_Broken(), "fails to run"),
    ],
)
def test_a_file_that_breaks_the_word_of_its_document_is_refused(
    module: Any, message: str, exported: FramesExported, tmp_path: Path
) -> None:
    save(script(module), exported.document, tmp_path / "bad.ts")
    with pytest.raises(ModelError, match=message):
        open_frames_model(tmp_path / "bad.ts")


def test_a_file_of_notes_is_no_file_of_frames() -> None:
    from parts import ROOT

    with pytest.raises(ModelError, match="decodes whole notes, not a stream"):
        open_frames_model(ROOT / "models" / "plucked.ts")
