"""Which notes a step sees: everything by number, nothing by memory."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.errors import DataError
from oscvae.training.fit import batches
from oscvae.training.fit.batches import Sampler, augmentation_seed, partners, watched
from oscvae.training.fit.learner import Learner
from training.tiny import make_notes, tiny_config


def test_each_epoch_has_every_training_note_once_and_no_other(tmp_path: Path) -> None:
    notes, config = make_notes(), tiny_config(tmp_path)
    sampler = Sampler(notes, config)
    train = np.flatnonzero(notes.split == 0)
    assert sampler.epoch == train.size
    seen = torch.cat([sampler.batch(number).target for number in range(train.size)]).numpy()
    epochs = seen[: 8 * train.size].reshape(8, train.size)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), train)
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_batch_depends_on_its_number_and_the_seed_alone(tmp_path: Path) -> None:
    notes, config = make_notes(), tiny_config(tmp_path)
    forward = [Sampler(notes, config).batch(number) for number in (0, 7, 300)]
    sampler = Sampler(notes, config)
    backward = [sampler.batch(number) for number in (300, 7, 0)][::-1]
    for one, other in zip(forward, backward, strict=True):
        for left, right in zip(one, other, strict=True):
            assert torch.equal(left, right)
    other_seed = Sampler(notes, tiny_config(tmp_path, "seed=2")).batch(0)
    assert not torch.equal(other_seed.target, forward[0].target)


def test_processes_share_a_batch(tmp_path: Path) -> None:
    sampler = Sampler(make_notes(), tiny_config(tmp_path))
    whole, parts = sampler.batch(5), [sampler.batch(5, rank, 2) for rank in (0, 1)]
    assert sorted(torch.cat([part.target for part in parts]).tolist()) == sorted(whole.target.tolist())
    assert torch.equal(parts[1].noise, whole.noise[1::2])
    assert torch.equal(parts[0].prior, parts[1].prior)


def test_a_swap_stays_with_the_instrument_the_velocity_and_the_reach(tmp_path: Path) -> None:
    notes = make_notes()
    sampler = Sampler(notes, tiny_config(tmp_path, "swap.probability=1.0", "swap.semitones=3"))
    swapped = 0
    for number in range(50):
        batch = sampler.batch(number)
        target, source = batch.target.numpy(), batch.source.numpy()
        assert np.array_equal(notes.timbre[target], notes.timbre[source])
        assert np.array_equal(notes.velocity[target], notes.velocity[source])
        assert np.abs(notes.note[target] - notes.note[source]).max() <= 3
        assert not notes.split[source].any(), "a withheld note is never encoded"
        swapped += int((target != source).sum())
    assert swapped > 200
    never = Sampler(notes, tiny_config(tmp_path, "swap.probability=0.0")).batch(3)
    assert torch.equal(never.target, never.source)


def test_a_set_is_not_searched_for_partners_where_nothing_is_swapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which would take minutes and gigabytes for 60,000 notes."""
    searched = []
    monkeypatch.setattr(batches, "partners", lambda *given: searched.append(given) or partners(*given))
    Sampler(make_notes(), tiny_config(tmp_path, "swap.probability=0.0"))
    assert not searched
    Sampler(make_notes(), tiny_config(tmp_path, "swap.probability=0.1"))
    assert searched


def test_augmentation_changes_what_is_encoded_by_number_and_chance(tmp_path: Path) -> None:
    notes = make_notes()
    some = "augment={probability: 0.5, time_frames: 6, bands: 8, gain_db: 6, detune_cents: 20, noise_db: [-70, -50]}"
    plain, learner = (Learner(tiny_config(tmp_path, *more), notes) for more in ((), (some,)))
    batch = learner.sampler.batch(3)
    chosen = batch.chance < 0.5
    assert 0 < int(chosen.sum()) < 8
    state = torch.random.get_rng_state()
    with torch.no_grad():
        clean, once, again = (one.encode_sources(batch)[0] for one in (plain, learner, learner))
    assert torch.equal(torch.random.get_rng_state(), state), "nobody else's random numbers are used up"
    assert torch.equal(once, again)
    assert torch.equal((clean != once).any(1), chosen)
    assert augmentation_seed(1, 2, 0) != augmentation_seed(1, 2, 1) != augmentation_seed(1, 3, 0)


def test_partners_are_found_directly() -> None:
    notes = make_notes()
    for row, found in enumerate(partners(notes, 2, 0)):
        wanted = [
            other
            for other in range(len(notes))
            if notes.split[other] == 0
            and notes.timbre[other] == notes.timbre[row]
            and notes.velocity[other] == notes.velocity[row]
            and abs(int(notes.note[other]) - int(notes.note[row])) <= 2
        ]
        assert found.tolist() == wanted
    touched = partners(notes, 0, 127)[1]
    assert set(notes.velocity[touched].tolist()) == {60, 110}


def test_withheld_notes_are_watched_and_unknown_recordings_left_alone() -> None:
    notes = make_notes()
    assert set(notes.split[watched(notes)].tolist()) == {1}
    only_recordings = dataclasses.replace(notes, split=np.where(notes.split == 1, 0, notes.split).astype(np.int8))
    assert set(only_recordings.split[watched(only_recordings)].tolist()) == {2}
    nothing = dataclasses.replace(notes, split=np.zeros_like(notes.split))
    assert watched(nothing).size == len(notes)


def test_a_set_without_notes_to_train_on_is_refused(tmp_path: Path) -> None:
    notes = make_notes()
    withheld = dataclasses.replace(notes, split=np.ones_like(notes.split))
    with pytest.raises(DataError, match="0 notes to train on"):
        Sampler(withheld, tiny_config(tmp_path))
