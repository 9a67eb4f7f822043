"""Boxes, arrows and words as SVG, on a ground of their own so that a dark page shows them too."""

from __future__ import annotations

from html import escape

INK, FAINT, GROUND, PANEL, BOX = "#1f2328", "#6b7280", "#ffffff", "#f3f4f6", "#ffffff"
ACCENT, COOL = "#c2571a", "#3f7286"
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"

Point = tuple[float, float]


class Drawing:
    """An SVG document of width x height points; y grows downwards."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" font-family="{FONT}" role="img">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="{FAINT}"/></marker></defs>',
            f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{GROUND}"/>',
        ]

    def panel(self, x: float, y: float, width: float, height: float, name: str, note: str = "") -> None:
        """A named area behind boxes."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" fill="{PANEL}" stroke="#d1d5db"/>'
        )
        self.text(x + 12, y + 20, name, bold=True)
        if note:
            self.text(x + 12, y + 37, note, size=11, colour=FAINT)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        name: str,
        *lines: str,
        colour: str = INK,
        bold: bool = True,
    ) -> None:
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" fill="{BOX}" stroke="{colour}"/>'
        )
        first = y + height / 2 + 5 - 7.5 * len(lines)
        self.text(x + width / 2, first, name, middle=True, bold=bold, colour=colour)
        for k, line in enumerate(lines):
            self.text(x + width / 2, first + 16 + 14 * k, line, size=11, middle=True, colour=FAINT)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 13,
        middle: bool = False,
        bold: bool = False,
        colour: str = INK,
    ) -> None:
        anchor = ' text-anchor="middle"' if middle else ""
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}"{anchor}{weight}>{escape(words)}</text>'
        )

    def arrow(self, *points: Point, words: str = "", at: Point | None = None, both: bool = False) -> None:
        """Along straight lines; `words` beside it, from `at` on."""
        path = " ".join(f"{'L' if k else 'M'}{x:g} {y:g}" for k, (x, y) in enumerate(points))
        start = ' marker-start="url(#tip)"' if both else ""
        self._parts.append(
            f'<path d="{path}" fill="none" stroke="{FAINT}" stroke-width="1.4" marker-end="url(#tip)"{start}/>'
        )
        if words and at is not None:
            self.text(*at, words, size=11, colour=FAINT)

    def cable(self, start: Point, end: Point, colour: str = ACCENT) -> None:
        """As a patch bay draws it."""
        bend = max(40.0, abs(end[0] - start[0]) / 2)
        self._parts.append(
            f'<path d="M{start[0]:g} {start[1]:g} C{start[0] + bend:g} {start[1]:g} {end[0] - bend:g} {end[1]:g} '
            f'{end[0]:g} {end[1]:g}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )

    def finish(self) -> str:
        return "\n".join([*self._parts, "</svg>\n"])
