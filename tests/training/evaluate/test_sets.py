"""What the evaluation says of sets of notes and codes, on sets whose answer is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from oscvae.model.document import read_document
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.fidelity import instrument_codes, median_codes, note_distances
from oscvae.training.evaluate.latent import measure_discrepancy, measure_places, path, rank_correlation
from oscvae.training.evaluate.metrics import distance
from oscvae.training.evaluate.playing import Tuning, clicks, faults, tuning
from oscvae.training.evaluate.realism import COMPONENTS, Embedding, choose_test, frechet, note_statistics
from oscvae.training.evaluate.subject import Codes
from oscvae.training.evaluate.summary import Spread, some
from oscvae.training.evaluate.targets import Target, targets
from parts import ROOT
from training.tiny import make_notes


@pytest.fixture(scope="module")
def notes() -> NoteSet:
    return make_notes()


def test_the_frechet_distance_of_two_normal_distributions_is_its_formula() -> None:
    rng = np.random.default_rng(1)
    spread = np.array([1.0, 2.0, 0.5])
    one = rng.standard_normal((200_000, 3))
    other = spread * rng.standard_normal((200_000, 3)) + np.array([0.0, 3.0, -1.0])
    found = frechet(one, other)
    assert found.distance == pytest.approx(10.0 + np.sum((spread - 1.0) ** 2), rel=0.01)
    assert (found.n, found.m) == (200_000, 200_000)


def test_the_frechet_distance_knows_correlations_and_identity() -> None:
    rng = np.random.default_rng(2)
    one = rng.standard_normal((100_000, 2))
    turned = one @ np.linalg.cholesky(np.array([[1.0, 0.8], [0.8, 1.0]])).T
    # tr(I + S - 2 sqrt(S)) for the eigenvalues 1.8 and 0.2 of S
    assert frechet(one, turned).distance == pytest.approx(4.0 - 2.0 * (np.sqrt(1.8) + np.sqrt(0.2)), abs=0.01)
    assert frechet(turned, one).distance == pytest.approx(frechet(one, turned).distance, rel=1e-6)
    assert frechet(one, one).distance == pytest.approx(0.0, abs=1e-9)
    assert frechet(one[:, :1], one[:, :1] + 2.0).distance == pytest.approx(4.0)


def test_the_embedding_keeps_the_principal_components_of_the_training_notes() -> None:
    rng = np.random.default_rng(3)
    plane = rng.standard_normal((300, 2)) @ rng.standard_normal((2, 40))
    embedding = Embedding(plane + 7.0, 2)
    assert embedding.explained == pytest.approx(1.0)
    embedded = embedding(plane + 7.0)
    np.testing.assert_allclose(embedded.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(
        np.linalg.norm(embedded[:1] - embedded, axis=1), np.linalg.norm(plane[:1] - plane, axis=1), rtol=1e-9
    )


def test_note_statistics_are_decibels_over_groups_and_stretches() -> None:
    x = np.zeros((2, 256, 160), np.float32)
    x[1] = 0.5
    flat = note_statistics(x, 40.0)
    assert flat.shape == (2, 64 * 6)
    assert np.sqrt(np.sum((flat[1] - flat[0]) ** 2)) == pytest.approx(20.0 * np.sqrt(5.0 / 6.0), rel=1e-6)
    steady = flat.reshape(2, 64, 6)
    np.testing.assert_allclose(steady[..., 5], 0.0)
    assert note_statistics(np.zeros((1, 5, 3), np.float32), 40.0).shape[0] == 1


def test_the_test_set_is_what_was_never_trained_on(notes: NoteSet) -> None:
    few = int(np.sum(notes.split == 2))
    assert few <= 2 * COMPONENTS
    assert choose_test(notes) is None
    doubled = NoteSet(
        np.repeat(notes.x[:1], 80, axis=0), *(np.repeat(notes.note[:1], 80),) * 3,
        np.ones(80, np.float32), np.repeat([0, 1], 40), notes.analysis,
    )  # fmt: skip
    assert choose_test(doubled) == 1


def test_distances_of_notes_have_the_means_of_the_metrics() -> None:
    rng = np.random.default_rng(4)
    x, target = (rng.uniform(-1.0, 1.0, (5, 8, 6)).astype(np.float32) for _ in range(2))
    found, told = note_distances(x, target, 40.0).mean(), distance(x, target, -80.0, 0.0)
    assert found.n == 5
    assert found.lsd_db == pytest.approx(told.lsd_db, rel=1e-5)
    assert found.sc_db == pytest.approx(told.sc_db, rel=1e-4)
    assert note_distances(target + 0.1, target, 40.0).lsd_db == pytest.approx(np.full(5, 4.0), rel=1e-5)


def test_codes_of_the_prior_are_no_farther_from_it_than_chance() -> None:
    rng = np.random.default_rng(5)
    same = Codes(np.zeros((250, 4), np.float32), np.zeros((250, 4), np.float32))
    found = measure_discrepancy(same, np.arange(250), False, rng)
    assert found.n == 250
    assert abs(found.rbf) < 3.0 * found.rbf_chance
    assert abs(found.imq) < 3.0 * found.imq_chance
    shifted = Codes(same.mean + 1.0, same.log_variance)
    far = measure_discrepancy(shifted, np.arange(250), False, rng)
    assert far.rbf > 30.0 * far.rbf_chance
    # E k = (1 + d) exp ..: for N(m, I) against N(0, I) and k = exp(-|x-y|^2 / 2s^2), 2 (s^2 / (s^2 + 2))^(D/2)
    # (1 - exp(-|m|^2 / 2 (s^2 + 2))), with s^2 = D = 4
    expected = 2.0 * (4.0 / 6.0) ** 2 * (1.0 - np.exp(-4.0 / 12.0))
    assert far.rbf == pytest.approx(expected, rel=0.25)


def test_instruments_are_told_by_the_nearest_centroid(notes: NoteSet) -> None:
    z = np.where(notes.timbre[:, None] == 0, -1.0, 1.0) * np.ones((1, 3))
    found = measure_places(notes, z.astype(np.float32))
    assert set(found.accuracy.values()) == {1.0}
    assert found.chance == 0.5
    assert sum(found.n.values()) == len(notes)
    wrong = z.copy()
    wrong[notes.split != 0] *= -1.0
    mistaken = measure_places(notes, wrong.astype(np.float32)).accuracy
    assert (mistaken["training"], mistaken["withheld notes"]) == (1.0, 0.0)


def test_medians_are_those_of_training_notes(notes: NoteSet) -> None:
    z = notes.velocity[:, None].astype(np.float32) + np.array([[0.0, 1.0]], np.float32)
    z[notes.split != 0] = 1e6
    medians = median_codes(notes, z)
    assert set(medians) == {(0, 60), (0, 110), (1, 60), (1, 110)}
    np.testing.assert_array_equal(medians[1, 60], [60.0, 61.0])
    assert set(instrument_codes(notes, z)) == set(notes.timbres)


def test_rank_correlation_is_spearmans() -> None:
    rng = np.random.default_rng(6)
    a = rng.standard_normal(200)
    assert rank_correlation(a, np.exp(3.0 * a)) == pytest.approx(1.0)
    assert rank_correlation(a, -(a**3)) == pytest.approx(-1.0)
    assert rank_correlation(a, np.where(np.arange(200) < 100, np.nan, a)) == pytest.approx(1.0)
    assert rank_correlation(a, np.ones(200)) == 0.0
    assert rank_correlation(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0.0
    ties = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0])
    assert rank_correlation(ties, ties) == pytest.approx(1.0)
    pitch = rng.standard_normal(200)
    assert abs(rank_correlation(pitch + 0.1 * a, pitch + 0.1 * rng.standard_normal(200), pitch)) < 0.2


def test_a_path_has_both_its_ends() -> None:
    one, other = np.zeros(2, np.float32), np.array([4.0, -2.0], np.float32)
    np.testing.assert_allclose(path(one, other, 4), [[0, 0], [1, -0.5], [2, -1], [3, -1.5], [4, -2]])


def test_a_spread_leaves_out_what_could_not_be_measured() -> None:
    assert Spread.of([1.0, np.nan, 3.0]) == Spread(2, 2.0, 2.9, 3.0)
    assert Spread.of([]) == Spread(0, 0.0, 0.0, 0.0)


def test_some_are_drawn_in_order_and_not_twice() -> None:
    rng = np.random.default_rng(7)
    drawn = some(np.arange(100), 20, rng)
    assert np.all(np.diff(drawn) > 0)
    np.testing.assert_array_equal(some(np.arange(5), 20, rng), np.arange(5))


def table(**columns: list[float]) -> dict[str, np.ndarray]:
    class Columns(dict):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return len(columns["octaves"]) if "octaves" in columns else len(next(iter(columns.values())))

    return Columns({name: np.array(values) for name, values in columns.items()})


def test_octave_errors_are_counted_apart() -> None:
    heard = table(error_cents=[0.5, -1.5, np.nan, 700.0], octaves=[0.0, 0.0, -1.0, np.nan])
    assert tuning(heard) == Tuning(4, 1.5, pytest.approx(630.15), 700.0, 0.5, 1)  # type: ignore[arg-type]


def test_clicks_are_counted_above_3_db() -> None:
    found = clicks(table(onset_click_db=[-10.0, 2.0, 4.0], end_click_db=[-50.0, 0.0, 0.0]))  # type: ignore[arg-type]
    assert (found.n, found.onset_clicks, found.end_clicks) == (3, 1, 0)


@pytest.mark.parametrize(
    ("peak", "octaves", "error", "said"),
    [
        (-10.0, 0.0, 3.0, ""),
        (-18.5, 0.0, 3.0, "peaks at -18.5 dB"),
        (12.5, 0.0, 3.0, "peaks at 12.5 dB"),
        (-10.0, 1.0, np.nan, "sounds +1 octave"),
        (-10.0, np.nan, 300.0, "has no clear pitch"),
        (-10.0, 0.0, -12.0, "is -12.0 cents off"),
        (-200.0, np.nan, 300.0, "peaks at -200.0 dB, has no clear pitch"),
    ],
)
def test_a_dead_corner_says_why(peak: float, octaves: float, error: float, said: str) -> None:
    heard = table(peak_db=[peak], octaves=[octaves], error_cents=[error])
    assert ", ".join(faults(heard, 0)) == said  # type: ignore[arg-type]


def test_a_target_is_reached_by_less_or_by_more() -> None:
    less = Target("", "", 5.0, 2.0, False, lambda _: None)
    more = Target("", "", 0.9, 1.0, True, lambda _: None)
    assert [less.reached(value) for value in (5.1, 5.0, 2.0)] == [0, 1, 2]
    assert [more.reached(value) for value in (0.8, 0.9, 1.0)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("plucked", {"LSD, unseen recordings": 4.9, "LSD, withheld notes": 4.1, "pitch error, median": 1.0}),
        ("sustained", {"LSD, unseen recordings": 5.5, "LSD, withheld notes": 5.0, "pitch error, median": 1.0}),
        ("hits", {"LSD, the same with fine detail": 5.5, "group of effects, from the effect's code": 0.35}),
        ("drums", {"LSD, unseen recordings": 7.0, "LSD, withheld notes": 4.1, "peak off the recording's, median": 3.0}),
    ],
)
def test_a_model_is_judged_by_what_is_asked_of_its_kind(model: str, asked: dict[str, float]) -> None:
    document = read_document(ROOT / "models" / f"{model}.ts")
    effects = SimpleNamespace(brightness_rank=0.9) if model == "hits" else None
    found = targets(document, SimpleNamespace(effects=effects))  # type: ignore[arg-type]
    names = [target.what for target in found]
    assert len(set(names)) == len(names), "one target for each figure"
    least = {target.what: target.least for target in found}
    assert {what: least[what] for what in asked} == asked
    assert ("pitch error, median" in least) == (model != "drums")
