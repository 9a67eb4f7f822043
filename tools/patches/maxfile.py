"""Patchers for Max, through py2max: boxes at places that are told, and a presentation of those that are a face.

py2max raises where a cord goes to a port that is not there, and warns of an attribute that Max's reference does not
know.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from py2max import Patcher
from py2max.core.box import Box
from py2max.core.common import Rect

LINE = 22  # height of a box
LETTER = 6.6  # width of one

Place = tuple[float, float]
Area = tuple[float, float, float, float]  # left, top, width, height


class Sheet:
    """A patcher whose window has that size. x and y: a box's place in the patch; at: its place in the presentation.

    name: a scripting name, by which [thispatcher] and the tests find what can be touched.
    """

    def __init__(self, width: float, height: float) -> None:
        self.patcher = Patcher(openinpresentation=1, on_invalid="raise", validate_attrs=True)
        self.patcher.rect = Rect(80.0, 100.0, width, height)

    def obj(self, x: float, y: float, text: str, *, ports: tuple[int, int] | None = None, width: float = 0) -> Box:
        """An object box. ports: (inlets, outlets) of what py2max's reference does not know."""
        known: dict[str, Any] = {}
        if ports is not None:
            known = {"numinlets": ports[0], "numoutlets": ports[1], "outlettype": [""] * ports[1]}
        return self.patcher.add_textbox(text, patching_rect=Rect(x, y, width or _width(text), LINE), **known)

    def msg(self, x: float, y: float, text: str, at: Place | None = None) -> Box:
        box = self.patcher.add_message(text, patching_rect=Rect(x, y, _width(text), LINE))
        return self._shown(box, (*at, _width(text), LINE)) if at else box

    def note(
        self,
        x: float,
        y: float,
        text: str,
        at: Place | None = None,
        *,
        size: float = 12,
        wide: float = 0,
        name: str = "",
    ) -> Box:
        """A comment. wide: where its lines break, if it has several. name: of one whose text is set."""
        letter = LETTER * size / 12
        width = wide or round(letter * len(text)) + 12.0
        lines = math.ceil(letter * len(text) / (width - 12)) if wide else 1
        height = lines * (size + 3) + 7
        named = {"varname": name} if name else {}
        box = self.patcher.add_comment(text, patching_rect=Rect(x, y, width, height), fontsize=float(size), **named)
        if lines > 1:
            box.linecount = lines
        return self._shown(box, (*at, width, height)) if at else box

    def ui(self, kind: str, x: float, y: float, at: Area, name: str, **attributes: Any) -> Box:
        """Something to touch or to look at."""
        place = Rect(x, y, *at[2:])
        box = self.patcher.add_textbox(kind, maxclass=kind, patching_rect=place, varname=name, **attributes)
        return self._shown(box, at)

    def button(self, x: float, y: float, at: Area, name: str, text: str) -> Box:
        """A button that says `text`, which `ui` would take for the object's own."""
        box = Box(
            maxclass="textbutton",
            id=self.patcher.get_id("textbutton"),
            numinlets=1,
            numoutlets=3,
            outlettype=["", "", "int"],
            patching_rect=Rect(x, y, *at[2:]),
            text=text,
            varname=name,
        )
        return self._shown(self.patcher.add_box(box), at)

    def number(
        self, x: float, y: float, at: Place, name: str, low: float | None = None, high: float | None = None
    ) -> Box:
        """A number box: of whole numbers where its range is. Without a range it only shows."""
        whole = isinstance(low, int | None)
        limits: dict[str, Any] = {"ignoreclick": 1} if low is None else {"minimum": low, "maximum": high}
        add = self.patcher.add_intbox if whole else self.patcher.add_floatbox
        return self._shown(add(patching_rect=Rect(x, y, 60, LINE), varname=name, **limits), (*at, 60, LINE))

    def bpatcher(self, x: float, y: float, at: Area, name: str, outlets: int, arguments: Sequence[Any]) -> Box:
        """Another file's presentation, with one inlet."""
        box = self.patcher.add_bpatcher(
            name,
            numinlets=1,
            numoutlets=outlets,
            outlettype=[""] * outlets,
            patching_rect=Rect(x, y, *at[2:]),
            args=list(arguments),
        )
        return self._shown(box, at)

    def wire(self, source: Box, target: Box, outlet: int = 0, inlet: int = 0) -> None:
        self.patcher.add_line(source, target, outlet=outlet, inlet=inlet)

    def chain(self, *boxes: Box) -> Box:
        """Wires first outlets to first inlets; the last box."""
        for source, target in pairwise(boxes):
            self.wire(source, target)
        return boxes[-1]

    def content(self) -> bytes:
        """The bytes of the file."""
        self.patcher.render()
        return (json.dumps(self.patcher.to_dict(), indent=4) + "\n").encode()

    def _shown(self, box: Box, at: Area) -> Box:
        box.add_to_presentation(list(at))
        return box


def _width(text: str) -> float:
    return max(40.0, round(LETTER * len(text)) + 16.0)
