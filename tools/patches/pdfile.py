"""Writes Pure Data patches: boxes, wires, subpatches and the vanilla widgets.

The format is that of Pd's own files (one record a line, ended by a semicolon; boxes are counted from 0 in the order of
their records, and wires name them by that number).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

DARK, LIGHT, GREY, ACCENT = "#202020", "#fcfcfc", "#c0c0c0", "#d07040"
FONT, SMALL = 12, 10


@dataclass(frozen=True)
class Box:
    """One box of a canvas, by its number."""

    number: int


def escaped(text: str) -> str:
    """Text of a box as the file wants it: separators and dollars with a backslash."""
    return text.replace("$", "\\$").replace(",", " \\,").replace(";", " \\;")


def colour(code: str) -> int:
    """#rrggbb as the negative integer that every version of Pd reads."""
    red, green, blue = (int(code[k : k + 2], 16) >> 2 for k in (1, 3, 5))
    return -1 - (red << 12 | green << 6 | blue)


def _name(name: str) -> str:
    return re.sub(r"[$,; ]", r"\\\g<0>", name) or "empty"


def _names(send: str, receive: str, label: str) -> str:
    return f"{_name(send)} {_name(receive)} {_name(label)}"


def _colours(back: str, ink: str) -> str:
    return f"{colour(back)} {colour(ink)} {colour(DARK)}"


@dataclass
class Canvas:
    """A patch or subpatch; `show` = (x, y, width, height) is what its parent sees of it (graph on parent), `scale` the
    coordinates of its lower right corner for the scalars in it."""

    width: int
    height: int
    name: str = ""
    show: tuple[int, int, int, int] | None = None
    scale: tuple[int, int] = (1, 1)
    at: tuple[int, int] = (60, 60)
    _records: list[str] = field(default_factory=list)
    _wires: list[str] = field(default_factory=list)
    _count: int = 0

    def _add(self, record: str) -> Box:
        self._records.append(record)
        self._count += 1
        return Box(self._count - 1)

    def obj(self, x: int, y: int, text: str) -> Box:
        return self._add(f"#X obj {x} {y} {escaped(text)};")

    def msg(self, x: int, y: int, text: str) -> Box:
        return self._add(f"#X msg {x} {y} {escaped(text)};")

    def text(self, x: int, y: int, text: str, width: int = 0) -> Box:
        """A comment; width: in characters, 0 = as long as it is."""
        return self._add(f"#X text {x} {y} {escaped(text)}{f', f {width}' if width else ''};")

    def subpatch(self, x: int, y: int, inner: Canvas) -> Box:
        return self._add(f"{inner.inside()}\n#X restore {x} {y} pd {escaped(inner.name)};")

    # -- widgets: what they send and receive by name besides their wires -----------------------------------------------

    def bang(
        self,
        x: int,
        y: int,
        size: int = 18,
        *,
        send: str = "",
        receive: str = "",
        label: str = "",
        back: str = LIGHT,
        ink: str = ACCENT,
    ) -> Box:
        names, colours = _names(send, receive, label), _colours(back, ink)
        return self._add(f"#X obj {x} {y} bng {size} 150 50 0 {names} {size + 4} {size // 2} 0 {SMALL} {colours};")

    def toggle(self, x: int, y: int, size: int = 18, *, send: str = "", receive: str = "", label: str = "") -> Box:
        names, colours = _names(send, receive, label), _colours(LIGHT, ACCENT)
        return self._add(f"#X obj {x} {y} tgl {size} 0 {names} {size + 4} {size // 2} 0 {SMALL} {colours} 0 1;")

    def slider(
        self,
        x: int,
        y: int,
        low: float,
        high: float,
        *,
        width: int = 128,
        send: str = "",
        receive: str = "",
        label: str = "",
        label_x: int | None = None,
    ) -> Box:
        """Horizontal; opens at its low end."""
        names, colours = _names(send, receive, label), _colours(LIGHT, ACCENT)
        beside = width + 6 if label_x is None else label_x
        return self._add(
            f"#X obj {x} {y} hsl {width} 14 {low:g} {high:g} 0 0 {names} {beside} 8 0 {SMALL} {colours} 0 1;"
        )

    def number(
        self,
        x: int,
        y: int,
        low: float,
        high: float,
        *,
        start: float | None = None,
        width: int = 5,
        send: str = "",
        receive: str = "",
        label: str = "",
    ) -> Box:
        """A number box; one with a start value sends it when the patch is opened."""
        names, colours = _names(send, receive, label), _colours(LIGHT, DARK)
        return self._add(
            f"#X obj {x} {y} nbx {width} 16 {low:g} {high:g} 0 {int(start is not None)} {names} "
            f"{width * 8 + 20} 8 0 {SMALL} {colours} {start or 0:g} 256;"
        )

    def symbol(self, x: int, y: int, width: int, *, receive: str) -> Box:
        """Shows a name, of so many letters."""
        return self._add(f"#X symbolatom {x} {y} {width} 0 0 0 - {_name(receive)} -;")

    def array(
        self, x: int, y: int, name: str, values: Sequence[float], low: float, high: float, size: tuple[int, int]
    ) -> Box:
        """Numbers that are drawn by hand, and kept with the patch."""
        wide, tall = size
        ends = f"0 {high:g} {len(values) - 1} {low:g}"
        inner = [
            "#N canvas 0 0 450 300 (subpatch) 0;",
            f"#X array {_name(name)} {len(values)} float 3;",
            f"#A 0 {' '.join(f'{value:g}' for value in values)};",
            f"#X coords {ends} {wide} {tall} 1 0 0;",
        ]
        return self._add("\n".join([*inner, f"#X restore {x} {y} graph;"]))

    def meter(self, x: int, y: int, *, receive: str, scale: bool) -> Box:
        return self._add(
            f"#X obj {x} {y} vu 15 120 {_name(receive)} empty -1 -8 0 {SMALL} "
            f"{colour(DARK)} {colour(DARK)} {int(scale)} 0;"
        )

    def panel(
        self, x: int, y: int, width: int, height: int, *, receive: str = "", label: str = "", back: str = GREY
    ) -> Box:
        """A coloured ground with a title."""
        return self._add(
            f"#X obj {x} {y} cnv 15 {width} {height} empty {_name(receive)} {_name(label)} 8 12 0 {FONT} "
            f"{colour(back)} {colour(DARK)} 0;"
        )

    # -- wires and output ----------------------------------------------------------------------------------------------

    def wire(self, source: Box, target: Box, outlet: int = 0, inlet: int = 0) -> None:
        self._wires.append(f"#X connect {source.number} {outlet} {target.number} {inlet};")

    def chain(self, *boxes: Box) -> Box:
        """Wires each box's first outlet to the next one's first inlet; returns the last."""
        for source, target in pairwise(boxes):
            self.wire(source, target)
        return boxes[-1]

    def _body(self) -> list[str]:
        lines = [*self._records, *self._wires]
        if self.show is not None:
            x, y, width, height = self.show
            lines.append(f"#X coords 0 0 {self.scale[0]} {self.scale[1]} {width} {height} 2 {x} {y};")
        return lines

    def inside(self) -> str:
        """As a subpatch of another canvas."""
        x, y = self.at
        return "\n".join([f"#N canvas {x} {y} {self.width} {self.height} {escaped(self.name)} 0;", *self._body()])

    def file(self) -> str:
        """As a patch of its own."""
        x, y = self.at
        return "\n".join([f"#N canvas {x} {y} {self.width} {self.height} {FONT};", *self._body()]) + "\n"
