"""What a study found: its figures, its pictures, and the page that holds both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from oscvae.training.evaluate.drawing import png
from oscvae.training.evaluate.page import Page

INDEX, FIGURES, PICTURES = "index.html", "figures.json", "pictures"


@dataclass(frozen=True)
class Claim:
    """What the source says, what was found here, and whether it holds; None: this experiment cannot tell."""

    published: str
    found: str
    holds: bool | None

    @property
    def mark(self) -> str:
        kind, words = {True: ("g", "holds"), False: ("b", "does not hold"), None: ("f", "cannot be told from this")}[
            self.holds
        ]
        return f'<span class="mark {kind}">{words}</span>'


@dataclass
class Outcome:
    """A page that is written from top to bottom, with the figures of it."""

    title: str
    figures: dict[str, Any] = field(default_factory=dict)
    page: Page = field(default_factory=Page)
    pictures: dict[str, bytes] = field(default_factory=dict)
    """By file name."""

    def __post_init__(self) -> None:
        self.page.heading(self.title, 1)

    def say(self, text: str) -> None:
        """One paragraph."""
        self.page.text(text)

    def section(self, title: str) -> None:
        self.page.heading(title)

    def draw(self, name: str, figure: Figure, said: str) -> None:
        """A picture on the page, and as pictures/NAME.png. said: what it shows, for who cannot see it."""
        self._show(name, png(figure), said, "png")

    def animate(self, name: str, film: bytes, said: str) -> None:
        """A GIF, likewise, as pictures/NAME.gif."""
        self._show(name, film, said, "gif")

    def _show(self, name: str, data: bytes, said: str, kind: str) -> None:
        self.pictures[f"{name}.{kind}"] = data
        self.page.picture(data, said, kind)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> None:
        self.page.table(head, rows, caption)

    def claims(self, claims: Sequence[Claim]) -> None:
        """What was published beside what was found."""
        self.table(
            ("published", "found here", ""),
            [(claim.published, claim.found, claim.mark) for claim in claims],
            "what the source says, and what comes out",
        )
        self.figures["claims"] = [vars(claim) for claim in claims]

    def write(self, out: Path) -> Path:
        """index.html, figures.json and pictures/ in `out`; returns the page. Raises OSError."""
        (out / PICTURES).mkdir(parents=True, exist_ok=True)
        for name, data in self.pictures.items():
            (out / PICTURES / name).write_bytes(data)
        (out / FIGURES).write_text(json.dumps(self.figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (out / INDEX).write_text(self.page.html(self.title), encoding="utf-8")
        return out / INDEX
