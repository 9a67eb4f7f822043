"""What the pages tell one to type: fenced blocks by their language, commands, and code within sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from parts import ROOT

PAGES = (ROOT / "README.md", ROOT / "patches" / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_COMMENT = re.compile(r"\s+# .*$")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Code:
    """Something to type. language: sh, yaml .., `indented` for a block that says nothing, `span` within a sentence."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _read(page: Path) -> Iterator[Code]:
    for token in _MARKDOWN.parse(page.read_text(encoding="utf-8")):
        line = (token.map or [0])[0] + 1
        if token.type == "fence":
            language = token.info.split()[0] if token.info.split() else "none"
            yield Code(page, line, language, token.content)
        elif token.type == "code_block":
            yield Code(page, line, "indented", token.content)
        for child in token.children or ():
            if child.type == "code_inline":
                yield Code(page, line, "span", child.content)


CODE = tuple(code for page in PAGES for code in _read(page))


def of(language: str) -> list[Code]:
    return [code for code in CODE if code.language == language]


def _commands(block: Code) -> Iterator[Code]:
    """Each command of a shell block: a line, with those that it is continued in."""
    started, parts = 0, ""
    for number, line in enumerate(block.text.splitlines()):
        if not parts:
            started = number
        parts += line
        if parts.endswith("\\"):
            parts = parts[:-1]
            continue
        if parts.strip() and not parts.lstrip().startswith("#"):
            yield Code(block.page, block.line + 1 + started, "sh", _COMMENT.sub("", parts.strip()))
        parts = ""


COMMANDS = tuple(command for block in of("sh") for command in _commands(block))
