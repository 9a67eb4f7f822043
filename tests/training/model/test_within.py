"""Where a pad ends: a point beyond all places sounds as the nearest one between them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from oscvae.training.model.within import Within

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.5, 0.5]])


@pytest.fixture
def within() -> Within:
    module = Within()
    module.hold(SQUARE)
    return module


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ((0.25, 0.75), (0.25, 0.75)),
        ((1.0, 1.0), (1.0, 1.0)),
        ((0.5, 3.0), (0.5, 1.0)),
        ((-2.0, 0.25), (0.0, 0.25)),
        ((4.0, -4.0), (1.0, 0.0)),
    ],
)
def test_a_place_beyond_goes_to_the_nearest_within_and_what_is_before_it_stays(
    within: Within, place: tuple[float, float], wanted: tuple[float, float]
) -> None:
    scripted = torch.jit.script(within)
    for module in (within, scripted):
        assert module(torch.tensor([[9.0, -9.0, *place]])).tolist() == [[9.0, -9.0, *wanted]]


def test_the_way_along_the_outside_has_no_jump(within: Within) -> None:
    angle = torch.linspace(0.0, 2.0 * torch.pi, 2000)
    around = torch.stack([0.5 + 3.0 * torch.cos(angle), 0.5 + 3.0 * torch.sin(angle)], 1)
    moved = within(around).diff(dim=0).norm(dim=1)
    assert moved.max() <= around.diff(dim=0).norm(dim=1).max() + 1e-6
    assert within(around).min() == 0.0 and within(around).max() == 1.0


def test_a_point_in_a_batch_is_where_it_is_alone(within: Within) -> None:
    points = torch.randn(50, 4) * 3.0
    assert torch.equal(within(points), torch.cat([within(point[None]) for point in points]))


@pytest.mark.parametrize("places", [[[0.0, 0.0], [2.0, 2.0]], [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]])
def test_places_on_a_line_leave_the_line_between_their_ends(places: list[list[float]]) -> None:
    module = Within()
    module.hold(np.array(places))
    points = torch.tensor([[1.0, 0.0], [0.5, 0.5], [9.0, 9.0], [-3.0, 1.0]])
    assert module(points).tolist() == [[0.5, 0.5], [0.5, 0.5], [2.0, 2.0], [0.0, 0.0]]


def test_without_corners_a_point_stays_where_it_is() -> None:
    point = torch.tensor([[5.0, -5.0]])
    assert torch.equal(Within()(point), point)
