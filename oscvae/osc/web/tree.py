"""The vocabulary as an OSCQuery tree: one JSON node for each address, with type, range, unit and where it stands.

Source: OSCQuery proposal (Vidvox), github.com/Vidvox/OSCQueryProposal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from oscvae.errors import CommandError
from oscvae.osc.parts import FIRST, joined, split
from oscvae.osc.rows import TAGS, Address, Arg
from oscvae.osc.vocabulary import TABLE

Node = dict[str, Any]
Standing = Callable[[str], Sequence[Any]]
"""Where an address stands; CommandError for one that stands nowhere."""

READ, WRITE, READ_WRITE = 1, 2, 3
ATTRIBUTES = ("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE")
EXTENSIONS = {
    name: name in {"ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE", "LISTEN", "PATH_CHANGED"}
    for name in (
        *("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TAGS", "EXTENDED_TYPE", "UNIT", "CRITICAL", "CLIPMODE"),
        *("LISTEN", "PATH_CHANGED", "PATH_RENAMED", "PATH_ADDED", "PATH_REMOVED", "OVERLOADS", "HTML"),
    )
}
_TRIGGER = "I"  # the type of what takes no arguments
CURSOR = ("/z", "/unit/", "/pad/")
"""How the addresses begin that are one cursor: one moves the others."""
_ROOT = "What the synthesiser oscvae obeys."


@lru_cache(maxsize=8)  # building it takes 3 ms of the event clock
def build(dims: tuple[tuple[int, int], ...], n_macros: int) -> Node:
    """The tree without what changes: the root node, CONTENTS within.

    dims: of each part that is in use, its number and D of its model; n_macros: how many each has. Not to be changed:
    all who ask get the same one.
    """
    root: Node = {"FULL_PATH": "/", "DESCRIPTION": _ROOT, "ACCESS": 0, "CONTENTS": {}}
    for part, dimensions in dims:
        for row in TABLE:
            if part != FIRST and row.scope == "daemon":
                continue
            for path in paths(row, dimensions, n_macros):
                _add(root, joined(part, path), method(row, joined(part, path), dimensions))
    return root


def _add(root: Node, path: str, attributes: Node) -> None:
    node = root
    walked = ""
    for step in path[1:].split("/"):
        walked += f"/{step}"
        contents = node.setdefault("CONTENTS", {})
        node = contents.setdefault(step, {"FULL_PATH": walked, "ACCESS": 0})
    node.update(attributes)


def paths(row: Address, dims: int, n_macros: int) -> Iterator[str]:
    """The addresses that a row stands for: /z/N is /z/1 to /z/D."""
    if not row.index:
        yield row.path
        return
    count = row.count(dims)
    for n in range(1, (n_macros if count is None else count) + 1):
        yield row.path.removesuffix("N") + str(n)


@lru_cache(maxsize=1024)  # asked for everything that every page listens to, thirty times a second
def cursor_of(path: str) -> int:
    """The part whose cursor is at an address, in one form or another; 0 = none."""
    try:
        part, address = split(path)
    except CommandError:
        return 0
    return part if address.startswith(CURSOR) else 0


def alone(node: Mapping[str, Any]) -> Node:
    """A node without those within it."""
    return {name: value for name, value in node.items() if name != "CONTENTS"}


def as_it_stands(node: Mapping[str, Any], standing: Standing) -> Node:
    """A node, and all within it, with VALUE where an address stands; not of /model, which takes nothing."""
    found = dict(node)
    if "CONTENTS" in node:
        found["CONTENTS"] = {name: as_it_stands(one, standing) for name, one in node["CONTENTS"].items()}
    if "TYPE" in node and node["TYPE"] != _TRIGGER:
        try:
            found["VALUE"] = [_plain(value) for value in standing(node["FULL_PATH"])]
            found["ACCESS"] = READ_WRITE
        except CommandError:
            pass
    return found


def method(row: Address, path: str, dims: int) -> Node:
    """The attributes of one address. What may be left out is left out of its type."""
    args = [arg for arg in row.args if not arg.optional and arg.kind not in ("rest", "curve")]
    columns = [column for arg in args for column in [arg] * (dims if arg.kind == "latent" else 1)]
    node: Node = {
        "FULL_PATH": path,
        "TYPE": "".join(TAGS[column.kind][0] for column in columns) or _TRIGGER,
        "ACCESS": WRITE,
        "DESCRIPTION": row.help,
    }
    if columns:
        node["RANGE"] = [_range(column) for column in columns]
        node["CLIPMODE"] = ["both" if column.clip else "none" for column in columns]
        if any(column.unit for column in columns):
            node["UNIT"] = [column.unit or None for column in columns]
    return node


def _range(arg: Arg) -> Node:
    if arg.kind == "bool":
        return {"VALS": [0, 1]}
    if arg.choices:
        return {"VALS": list(arg.choices)}
    ends = {"MIN": arg.low, "MAX": arg.high}
    return {name: end for name, end in ends.items() if end is not None}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def find_node(root: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """The node at a path like /pad/1; None where there is none."""
    node: Mapping[str, Any] | None = root
    for part in path.strip("/").split("/") if path.strip("/") else ():
        node = node.get("CONTENTS", {}).get(part) if node is not None else None
    return node


def as_bytes(node: Mapping[str, Any]) -> bytes:
    """A node as the JSON that is sent."""
    return json.dumps(node, ensure_ascii=False, allow_nan=False).encode()
