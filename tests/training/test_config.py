"""Configurations: typed, complete, and merciless to what is mistyped."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscvae.errors import ConfigError
from oscvae.training.config import ConvolutionalDecoder, find_config, load_config, packaged, to_yaml
from training.tiny import tiny_config, write_config


@pytest.mark.parametrize("name", sorted({*packaged()} - {"timbre"}))
def test_what_oscvae_carries_loads_and_survives_writing(name: str, tmp_path: Path) -> None:
    config = load_config(find_config(name))
    assert config.name == name
    again = tmp_path / "again.yaml"
    again.write_text(to_yaml(config), encoding="utf-8")
    assert load_config(again) == config


def test_the_published_recipe_is_reduced_only_without_a_gpu() -> None:
    full = load_config(find_config("published"), has_gpu=lambda: True)
    assert (full.regulariser.kind, full.optimiser.kind, full.optimiser.rate) == ("mmd-rbf", "adam", 1e-5)
    assert (full.optimiser.schedule, full.optimiser.halve_every_epochs) == ("halved", 100)
    reduced = load_config(find_config("published"), ["optimiser.rate=3e-5"])
    assert isinstance(reduced.decoder, ConvolutionalDecoder)
    assert isinstance(full.decoder, ConvolutionalDecoder)
    assert reduced.decoder.channels[0] < full.decoder.channels[0]
    assert reduced.fit.epochs is not None
    assert reduced.fit.epochs < 500
    assert reduced.optimiser.rate == 3e-5, "what is set by hand stands"
    assert not reduced.without_gpu


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("optimizer.rate=1", "optimizer: unknown key, did you mean optimiser?"),
        ("optimiser.rat=1", "optimiser.rat: unknown key, did you mean optimiser.rate?"),
        ("rate=1", "rate: unknown key, did you mean optimiser.rate?"),
        ("encoder.chanels=3", "encoder.chanels: unknown key, did you mean encoder.channels?"),
        ("decoder.kernels=3", "decoder.kernels: unknown key, it belongs to the kind convolutional, additive has "),
        ("decoder.kernells=3", "decoder.kernells: unknown key, did you mean decoder.kernels?"),
        ("regulariser.kind=mmd", "'none', 'kl', 'mmd-rbf' or 'mmd-imq', got 'mmd'"),
        ("encoder.kind=conv", "encoder.kind: must be one of 'knots', 'convolutional', got 'conv'"),
        ("optimiser.rate=-1", "optimiser.rate: must be above 0 and at most 10, got -1"),
        ("latent=0", "latent: must be 1 to 64, got 0"),
        ("fit={steps: 3, epochs: 3}", "fit: give either steps or epochs"),
        ("encoder.output=deterministic", "regulariser.kind kl needs a stochastic encoder"),
        ("regulariser.variance=1", "regulariser.variance belongs to mmd-rbf and mmd-imq"),
        ("encoder.dense_knots=8", "dense_knots 8 must be below knots 8"),
        ("decoder.release_knots=4", "dense_knots 4 must be below knots 8, less the 4 of the release"),
        ("decoder.release_knots=2", "release_knots and release_frame: give both, or neither"),
        ("nothing", "must be key=value, like optimiser.rate=1e-3"),
        ("watch=7", "watch: must hold keys (every_steps, log_steps, patience, keep, "),
        ("name=2024", 'name: must be text, got 2024: quote it, "2024"'),
        ("fit.batch=1", "fit.batch: must be 2 to 65536, got 1"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(setting: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        tiny_config(tmp_path, setting)
    assert complaint in str(raised.value)
    of_the_whole = ("needs a stochastic encoder", "belongs to", "must be below", "give both")
    assert f"--set {setting}" in str(raised.value) or any(words in complaint for words in of_the_whole)


def test_a_mistake_in_the_file_has_its_line(tmp_path: Path) -> None:
    path = write_config(tmp_path / "tiny.yaml", fit={"batch": 8, "step": 20})
    line = 1 + path.read_text(encoding="utf-8").splitlines().index("  step: 20")
    with pytest.raises(ConfigError, match=rf"tiny.yaml:{line}: fit.step: unknown key, did you mean fit.steps\?"):
        load_config(path)


def test_a_tab_in_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tabbed.yaml"
    path.write_text("fit:\n\tsteps: 20\n")
    with pytest.raises(ConfigError, match=r"tabbed\.yaml:2: tabs cannot indent YAML; use spaces$"):
        load_config(path)


def test_an_unknown_name_is_answered_with_the_known(tmp_path: Path) -> None:
    assert find_config("plucked").name == "plucked.yaml"
    with pytest.raises(ConfigError, match="did you mean plucked"):
        find_config("pluked")
    with pytest.raises(ConfigError, match="no such file"):
        find_config(str(tmp_path / "nowhere.yaml"))


def test_steps_set_by_hand_replace_epochs(tmp_path: Path) -> None:
    assert load_config(find_config("published"), ["fit.steps=7"]).fit.epochs is None
    assert tiny_config(tmp_path, "fit.epochs=0.5").fit.steps is None


def test_sections_of_several_kinds_take_the_default_one() -> None:
    config = load_config(find_config("plucked"), ["decoder={partials: 64}"])
    assert config.decoder.kind == "additive"
    swapped = load_config(find_config("plucked"), ["decoder={kind: convolutional, channels: [8, 4], kernels: [3, 3]}"])
    assert swapped.decoder.kind == "convolutional"
    with pytest.raises(ConfigError, match="kernels has 5 numbers, channels 2"):
        load_config(find_config("plucked"), ["decoder={kind: convolutional, channels: [8, 4]}"])
