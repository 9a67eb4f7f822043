"""Where the controls of a TouchOSC layout are, and what is wrong with that."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from py2tosc import Control, ControlType

LETTER = 0.5  # width of a letter, as a share of its height, on average


class Leaf(NamedTuple):
    """A control without children, in the coordinates of the whole layout.

    page: of the pager, "" outside of it. pile: the group that it is in, of things that should lie on each other.
    """

    control: Control
    page: str
    pile: Control | None
    left: float
    top: float
    width: float
    height: float

    @property
    def name(self) -> str:
        return str(self.control.get("name"))


def leaves(
    parent: Control, page: str = "", pile: Control | None = None, left: float = 0.0, top: float = 0.0
) -> Iterator[Leaf]:
    if _is_pile(parent):
        pile = parent
    for child in parent.children:
        x, y, width, height = child.frame
        inner = str(child.get("name")) if parent.control_type is ControlType.PAGER else page
        if child.children:
            yield from leaves(child, inner, pile, left + x, top + y)
        else:
            yield Leaf(child, inner, pile, left + x, top + y, width, height)


def _is_pile(parent: Control) -> bool:
    """Pads, the curve, buttons under their captions, black keys."""
    name = str(parent.get("name"))
    return name.startswith("field ") or name.endswith(" button") or name == "keyboard"


def overlapping(found: Sequence[Leaf]) -> list[tuple[str, str]]:
    """Which controls lie on each other and should not."""
    return [
        (one.name, other.name)
        for one, other in itertools.combinations(found, 2)
        if (one.pile is None or one.pile is not other.pile)
        and (not one.page or not other.page or one.page == other.page)
        and one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
    ]


def cramped(found: Sequence[Leaf]) -> list[str]:
    """The words that have no room on their labels."""
    words = [leaf for leaf in found if leaf.control.control_type is ControlType.LABEL]
    return [leaf.name for leaf in words if not _has_room(leaf, str(_text(leaf.control)))]


def _has_room(leaf: Leaf, text: str) -> bool:
    size = float(leaf.control.get("textSize"))
    return LETTER * size * len(text) <= leaf.width and size <= leaf.height


def _text(label: Control) -> object:
    return next(value.default for value in label.values if value.key == "text")


def outside(root: Control) -> list[str]:
    """What has no size, or reaches beyond the layout."""
    _, _, width, height = root.frame

    def beyond(control: Control, left: float, top: float) -> Iterator[str]:
        x, y, across, down = control.frame
        left, top = left + x, top + y
        if not (across > 0 and down > 0 and 0 <= left <= left + across <= width and 0 <= top <= top + down <= height):
            yield str(control.get("name"))
        for child in control.children:
            yield from beyond(child, left, top)

    return list(beyond(root, 0, 0))
