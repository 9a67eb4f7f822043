"""The site: `make site`, into build/site."""

from __future__ import annotations

import re
from importlib.metadata import version as installed

project = "oscvae"
author = "the authors of oscvae"
project_copyright = author
release = version = installed("oscvae")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 4  # headings can be linked to, by the names that forges give them
autodoc_typehints = "none"  # the docstrings say shapes and ranges
python_use_unqualified_type_names = True
nitpick_ignore = [("py:exc", "ValueError")]

html_theme = "furo"
html_title = "oscvae"
html_static_path = ["sounds"]
html_show_sphinx = False


def _as_fields(_app, _what, _name, _object, _options, lines):  # type: ignore[no-untyped-def]
    """Our docstrings are prose: `name: what it is`, `Returns ..`, `Raises X for ..`."""
    for i in range(len(lines)):
        for prose, field in (
            (r"^([a-z_]+): ", r":param \1: "),
            (r"^Returns ", ":returns: "),
            (r"^Raises (\w+) ", r":raises \1: "),
        ):
            lines[i] = re.sub(prose, field, lines[i])
    for i in reversed(range(1, len(lines))):  # what a field says may go on in the next line
        if lines[i] and not lines[i].startswith((":", " ")) and lines[i - 1].startswith((":", " ")):
            lines[i] = f"    {lines[i]}"


def setup(app):  # type: ignore[no-untyped-def]
    app.connect("autodoc-process-docstring", _as_fields)
