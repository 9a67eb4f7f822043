"""The vocabulary as an OSCQuery tree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from oscvae.errors import CommandError
from oscvae.osc.packets import Message
from oscvae.osc.parse import ModelInfo, parse
from oscvae.osc.vocabulary import TABLE
from oscvae.osc.web import tree

DIMS, MACROS = 3, 2
STANDS = {"/gain": (-6.0,), "/sustain": (True,), "/z": (0.1, 0.2, 0.3), "/z/2": (0.2,)}


def standing(path: str) -> Sequence[Any]:
    if path in STANDS:
        return STANDS[path]
    raise CommandError("stands nowhere")


ROOT = tree.as_it_stands(tree.build(((1, DIMS),), MACROS), standing)


def nodes(node: tree.Node = ROOT) -> Iterator[tree.Node]:
    yield node
    for inner in node.get("CONTENTS", {}).values():
        yield from nodes(inner)


def test_every_address_is_a_node_and_nothing_else_is_a_method() -> None:
    methods = {node["FULL_PATH"] for node in nodes() if "TYPE" in node}
    assert methods == {path for row in TABLE for path in tree.paths(row, DIMS, MACROS)}
    assert {"/z/1", "/z/3", "/pad/1", "/macro/2"} <= methods and not {"/z/4", "/pad/2", "/macro/3"} & methods


@pytest.mark.parametrize("node", [node for node in nodes() if "TYPE" in node], ids=lambda node: node["FULL_PATH"])
def test_a_method_is_whole_and_its_type_is_what_the_address_takes(node: tree.Node) -> None:
    types, ranges = node["TYPE"], node.get("RANGE", [])
    assert node["DESCRIPTION"] and node["ACCESS"] in (tree.WRITE, tree.READ_WRITE)
    assert (node["ACCESS"] == tree.READ_WRITE) == ("VALUE" in node)
    if types == "I":
        assert "RANGE" not in node
        return
    assert len(types) == len(ranges) == len(node["CLIPMODE"])
    values = [limits["VALS"][-1] if "VALS" in limits else limits.get("MIN", 0.0) for limits in ranges]
    args = tuple(
        "x" if tag == "s" and not isinstance(value, str) else value for tag, value in zip(types, values, strict=True)
    )
    if node["FULL_PATH"] not in ("/voice/set", "/curve"):  # whose values depend on what is set, and come in pairs
        model = ModelInfo(DIMS, note_min=0.0)
        assert parse(Message(node["FULL_PATH"], args), model).path == node["FULL_PATH"]


def test_a_node_is_found_by_its_path_and_a_container_by_its_own() -> None:
    assert tree.find_node(ROOT, "/") is ROOT
    z = tree.find_node(ROOT, "/z")
    assert z is not None and z["TYPE"] == "fff" and sorted(z["CONTENTS"]) == ["1", "2", "3"]
    voice = tree.find_node(ROOT, "/voice")
    assert voice is not None and "TYPE" not in voice and voice["ACCESS"] == 0
    assert tree.find_node(ROOT, "/nix/da") is None


def test_where_things_stand_is_their_value_and_a_switch_has_two() -> None:
    gain, sustain = tree.find_node(ROOT, "/gain"), tree.find_node(ROOT, "/sustain")
    assert gain is not None and gain["VALUE"] == [-6.0] and gain["UNIT"] == ["dB"]
    assert sustain is not None and sustain["VALUE"] == [1] and sustain["RANGE"] == [{"VALS": [0, 1]}]


def test_a_choice_has_its_words() -> None:
    mode = tree.find_node(ROOT, "/mode")
    assert mode is not None and mode["TYPE"] == "s" and mode["RANGE"] == [{"VALS": ["poly", "mono", "legato"]}]


def test_what_is_sent_is_json_without_infinities() -> None:
    assert json.loads(tree.as_bytes(ROOT)) == json.loads(json.dumps(ROOT))
