"""The reference: docs/osc.md is what the table says, /help too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from oscvae.errors import CommandError
from oscvae.osc.reference import document, help_text
from oscvae.osc.vocabulary import REPLIES, TABLE

ROOT = Path(__file__).parents[2]


def test_the_document_is_in_step_with_the_table() -> None:
    assert (ROOT / "docs" / "osc.md").read_text() == document(), "make it: python -m oscvae.osc.reference > docs/osc.md"


def test_the_document_has_everything() -> None:
    text = document()
    for row in TABLE:
        assert f"### `{row.path}" in text
        assert row.help in text
    for reply in REPLIES:
        assert f"### `{reply.path}" in text


def test_the_index_leads_to_every_address() -> None:
    head, _, rest = document().partition("\n## Notes")
    links = dict(re.findall(r"\[`(/[^`]*)`\]\(#([^)]*)\)", head))
    assert list(links) == list(dict.fromkeys(re.findall(r"^### `(\S+?)[ `]", rest, re.M)))
    assert links["/play"] == "play-note-z1zd-velocity-seconds"
    assert links["/presets"] == "presets-1", "the group has the name first"


def test_the_module_prints_it() -> None:
    command = [sys.executable, "-m", "oscvae.osc.reference"]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout == document()


def test_help_lists_all_addresses_and_describes_one() -> None:
    lines = help_text(None, 4).splitlines()
    assert len(lines) == len(TABLE)
    assert "/play note z1 z2 z3 z4 [velocity] [seconds]" in lines
    assert "/panic" in lines
    assert help_text("gain").splitlines()[0] == "/gain gain"
    assert "-60 to 6 dB, clips" in help_text("/gain")
    assert help_text("/z/3") == help_text("/z/N")
    assert "`" not in help_text("/play")
    with pytest.raises(CommandError, match=r"unknown address, (did you mean|/help alone)"):
        help_text("/paly")
    with pytest.raises(CommandError, match=r"^no dimension 9: the model has 4 dimensions, /z/1 to /z/4$"):
        help_text("/z/9", 4)
