"""What is wrong with a text that is not YAML, in one line: its own words speak of tokens, not of what to do."""

from __future__ import annotations

import yaml


def describe(error: yaml.YAMLError) -> str:
    """The fault without its place."""
    problem = str(getattr(error, "problem", None) or error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    if "'\\t'" not in problem or mark is None:
        return f"not YAML: {problem}"
    before = (mark.buffer or "")[: mark.pointer].rpartition("\n")[2]
    return "a tab cannot stand here; use spaces" if before.strip() else "tabs cannot indent YAML; use spaces"


def place(error: yaml.YAMLError, file: str) -> str:
    """`file:line`, or the file alone where the line is not known."""
    mark = getattr(error, "problem_mark", None)
    return file if mark is None else f"{file}:{mark.line + 1}"
