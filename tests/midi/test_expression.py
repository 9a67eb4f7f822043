"""What pressure and timbre may move, and how far."""

from __future__ import annotations

import pytest

from oscvae.errors import RuleError
from oscvae.midi.expression import read_expression
from oscvae.osc.packets import Message
from oscvae.settings.sections import Target


@pytest.mark.parametrize(
    ("to", "rising", "centred"),
    [("gain", (0.0, 6.0), (-6.0, 6.0)), ("pan", (0.0, 1.0), (-1.0, 1.0)), ("z/3", (0.0, 0.5), (-0.5, 0.5))],
)
def test_a_finger_at_rest_moves_nothing_unless_a_range_says_so(
    to: str, rising: tuple[float, float], centred: tuple[float, float]
) -> None:
    for is_centred, ends in ((False, rising), (True, centred)):
        expression = read_expression("mpe_timbre", Target(to), is_centred=is_centred)
        assert expression is not None and not expression.rests_elsewhere
        assert tuple(expression.at(2, value).args[-1] for value in (0, 127)) == ends
        assert expression.at(2, expression.rest).args[-1] == 0.0
        wider = read_expression("mpe_timbre", Target(to, (-1.0, 0.5)), is_centred=is_centred)
        assert wider is not None and wider.rests_elsewhere
    assert read_expression("mpe_timbre", None) is None


def test_a_dimension_is_shifted_by_a_share() -> None:
    expression = read_expression("mpe_timbre", Target("z/12", (0.0, -1.0)))
    assert expression is not None
    assert expression.at(16, 64) == Message("/shift/16", (12, -0.5))


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (Target("z"), "must be gain, pan or a dimension like z/2, got 'z'"),
        (Target("z/0"), "must be gain, pan or a dimension like z/2, got 'z/0'"),
        (Target("/z/2"), "must be gain, pan or a dimension like z/2, got '/z/2'"),
        (Target("gain/2"), "must be gain, pan or a dimension like z/2, got 'gain/2'"),
        (Target("bend"), "must be gain, pan or a dimension like z/2, got 'bend'"),
        (Target("gain", (0.0, 12.0)), r"its range must lie in -60 to 6 dB, got \[0, 12\]"),
        (Target("z/2", (-2.0, 0.0)), r"its range must lie in -1 to 1, got \[-2, 0\]"),
    ],
)
def test_what_nothing_can_move(target: Target, why: str) -> None:
    with pytest.raises(RuleError, match=f"^midi.mpe_timbre: {why}$") as caught:
        read_expression("mpe_timbre", target)
    assert caught.value.key == ("midi", "mpe_timbre")
