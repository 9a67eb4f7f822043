"""Presets and morphs as the performer obeys them: what they move, in which order, and who is told."""

from __future__ import annotations

import pytest

from oscvae.osc.binding import bind
from oscvae.osc.packets import Message
from oscvae.play.moves import between
from oscvae.play.presets import Preset
from play.performing import Performing

MACROS = {
    "soften": {"/attack": (0.0, 0.4), "/release": (0.2, 2.2), "/pan": (0.0, -1.0)},
    "tilt": {"/unit/1": (0.5, 1.0), "/bend": (0.0, 12.0)},
}
FULL = Preset((1.0, -1.0), {"attack": 0.3, "release": 1.0, "stretch": 2.0}, {"soften": 0.5, "tilt": 1.0})


def stands(stage: Performing, *paths: str) -> list[float]:
    return [stage.performer.standing(path)[0] for path in paths]


def test_a_snapshot_is_the_cursor_or_everything() -> None:
    stage = Performing(MACROS)
    stage.do(("/macro", 2, 1.0), ("/macro/1", 0.5), ("/attack", 0.3), ("/release", 1.0), ("/stretch", 2.0))
    stage.do(("/z", 1.0, -1.0))
    assert stage.performer.moves.snapshot(everything=False) == Preset((1.0, -1.0))
    assert stage.performer.moves.snapshot(everything=True) == FULL


def test_a_recall_brings_everything_back_and_tells_all() -> None:
    stage = Performing(MACROS)
    stage.presets["full"] = FULL
    stage.do(("/preset/recall", "full"))
    assert stage.answers == []
    assert stage.performer.cursor == (1.0, -1.0), "what the macros move of the cursor is not its place"
    assert stands(stage, "/attack", "/release", "/stretch", "/macro/1", "/macro/2", "/pan", "/bend") == [
        *(0.3, 1.0, 2.0),  # not what soften makes of them
        *(0.5, 1.0),
        *(-0.5, 12.0),
    ]
    last = {path: (args, by) for path, args, by in stage.told}
    assert last["/attack"] == ((0.3,), None), "whoever asked for it as well"
    assert last["/z"] == ((1.0, -1.0), None)
    assert last["/preset/recall"] == (("full",), stage.client)
    assert not any(path.startswith("/unit") for path, _, _ in stage.told)


def test_a_preset_of_everything_holds_how_keys_play() -> None:
    stage = Performing()
    stage.do(("/mode", "legato"), ("/portamento", 0.5))
    lead = stage.performer.moves.snapshot(everything=True)
    assert (lead.mode, lead.sound["portamento"]) == ("legato", 0.5)
    stage.do(("/mode", "poly"), ("/portamento", 0.0))
    plain = stage.performer.moves.snapshot(everything=True)
    assert plain == Preset((0.0, 0.0), {"attack": 0.0, "release": 0.15, "stretch": 1.0})
    stage.presets |= {"lead": lead, "plain": plain}
    stage.told.clear()
    for name, mode, glide in (("lead", "legato", 0.5), ("near", "legato", 0.5), ("plain", "poly", 0.0)):
        stage.do(("/preset/recall", name))
        assert [stage.performer.standing(path) for path in ("/mode", "/portamento")] == [(mode,), (glide,)]
    assert [told for told in stage.told if told[0] == "/mode"] == [
        ("/mode", ("legato",), None),
        ("/mode", ("poly",), None),
    ], "only what changes: keys that are down would be let go"
    stage.do(("/preset/morph", "plain", "lead", 0.25))
    assert [stage.performer.standing(path) for path in ("/mode", "/portamento")] == [("poly",), (0.125,)]
    stage.do(("/preset/morph", "plain", "lead", 0.75))
    assert stage.performer.standing("/mode") == ("legato",)


def test_a_recall_leaves_alone_what_the_preset_does_not_hold() -> None:
    stage = Performing(MACROS)
    stage.presets["gone"] = Preset((0.0, 0.0), {}, {"a macro of last year": 1.0})
    stage.do(("/attack", 0.3), ("/macro/1", 1.0), ("/attack", 0.2))
    stage.do(("/preset/recall", "near"), ("/preset/recall", "gone"))
    assert stands(stage, "/attack", "/macro/1") == [0.2, 1.0]
    assert stage.answers == []


def test_a_recall_that_glides_jumps_nowhere_first() -> None:
    stage = Performing(MACROS)
    stage.presets["full"] = FULL
    stage.do(("/preset/recall", "full", 1.0))
    assert stage.performer.cursor == (0.0, 0.0)
    stage.timeline.now_s = 0.5
    stage.performer.tick()
    assert stage.performer.cursor == (0.5, -0.5)


@pytest.mark.parametrize(
    ("share", "z", "attack"), [(0.0, (9.0, 9.0), 0.1), (0.25, (7.0, 6.5), 0.15), (1.0, (1.0, -1.0), 0.3)]
)
def test_a_morph_mixes_what_both_hold(share: float, z: tuple[float, ...], attack: float) -> None:
    stage = Performing(MACROS)
    stage.presets |= {"far": Preset((9.0, 9.0), {"attack": 0.1}), "full": FULL}
    stage.do(("/preset/morph", "far", "full", share))
    assert stage.performer.cursor == pytest.approx(z)
    assert stands(stage, "/attack", "/release", "/macro/1") == pytest.approx([attack, 0.15, 0.0])
    assert ("/z", pytest.approx(z), None) in stage.told


def test_presets_are_mixed_linearly() -> None:
    other = Preset((3.0, 1.0), {"attack": 0.1, "stretch": 1.0}, {"tilt": 0.0})
    assert between(FULL, other, 0.5) == Preset(
        (2.0, 0.0), {"attack": pytest.approx(0.2), "stretch": 1.5}, {"tilt": 0.5}
    )


def test_a_morph_of_what_is_not_there_moves_nothing() -> None:
    stage = Performing()
    stage.do(("/preset/morph", "far", "nowhere", 0.5))
    assert [why for _, (_, why) in stage.answers] == ["no preset 'nowhere'"]
    assert stage.performer.cursor == (0.0, 0.0)


def test_a_macro_morphs_and_the_keys_follow_once() -> None:
    stage = Performing({"night": {'/preset/morph far "very near"': (0.0, 1.0), "/pan": (0.0, 1.0)}})
    stage.presets["very near"] = Preset((1.0, 1.0), {}, {"night": 1.0})
    stage.presets["far"] = Preset((9.0, 9.0), {}, {"night": 0.0})
    stage.do(("/note", 60, 100))
    stage.do(("/macro/1", 0.75))
    assert stage.pool.moves == [(3.0, 3.0)]
    assert ("/preset/morph", ("far", "very near", 0.75), None) in stage.told
    assert stands(stage, "/pan") == [0.75]
    assert stage.answers == []


def test_a_morph_is_bound_with_its_names() -> None:
    binding = bind('/preset/morph dark "very bright"')
    assert binding.at(0.5) == Message("/preset/morph", ("dark", "very bright", 0.5))
    assert binding.arg.name == "share"
