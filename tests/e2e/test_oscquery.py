"""OSCQuery over real HTTP: every node of the table is asked, for all that it has and for what it has not."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oscvae.osc.vocabulary import TABLE, find
from oscvae.osc.web.tree import ATTRIBUTES, EXTENSIONS, READ_WRITE, WRITE, paths
from oscvae.settings.sections import MacrosConfig
from parts.client import free_tcp_port
from parts.daemon import Daemon
from parts.judge import complaint

DIMS = 4
Node = dict[str, Any]


def walk(node: Node) -> Iterator[Node]:
    yield node
    for inner in node.get("CONTENTS", {}).values():
        yield from walk(inner)


def test_every_node_is_asked_for_each_of_its_attributes(tmp_path: Path) -> None:
    port = free_tcp_port()
    with Daemon.ready("audio.backend=silent", f"http.port={port}", folder=tmp_path) as daemon:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)

        def ask(path: str) -> tuple[int, Any]:
            line.request("GET", path)
            answer = line.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body else None

        status, root = ask("/")
        assert status == 200
        nodes = list(walk(root))
        methods = {node["FULL_PATH"]: node for node in nodes if "TYPE" in node}
        expected = {path: row for row in TABLE for path in paths(row, DIMS, len(MacrosConfig().map))}
        assert methods.keys() == expected.keys()
        for node in nodes:
            path = node["FULL_PATH"]
            assert ask(path) == (200, node), path
            for name in ATTRIBUTES:
                found = (200, {name: node[name]}) if name in node else (204, None)
                assert ask(f"{path}?{name}") == found, (path, name)
            for name in EXTENSIONS.keys() - ATTRIBUTES:
                assert ask(f"{path}?{name}") == (204, None), (path, name)
        for path, node in methods.items():
            row, _ = find(path, DIMS)
            assert node["DESCRIPTION"] == row.help
            if "VALUE" not in node:
                assert node["ACCESS"] == WRITE, path
                continue
            assert node["ACCESS"] == READ_WRITE and len(node["VALUE"]) == len(node["TYPE"])
            assert complaint(path, node["VALUE"]) is None, "what stands there may be sent there"
            standing = daemon.client.ask("/get", path, answer=(path,))
            assert standing == (path, tuple(map(same, node["VALUE"])))
        line.close()


def same(value: Any) -> Any:
    """As OSC has it, in 32 bits."""
    return value if isinstance(value, str) else pytest.approx(value, abs=1e-6)
