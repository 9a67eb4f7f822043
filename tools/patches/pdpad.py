"""oscvae-pad.pd: an XY pad in Pd, with a puck and with names at their places.

The puck is a scalar, so that it can be dragged in vanilla Pd. A scalar's text is as large as its patch's: names are
labels of widgets that the pad makes, in a canvas beneath the puck.
"""

from __future__ import annotations

from pdfile import Box, Canvas, colour

FIELD = 200  # pixels
PUCK = 12  # Pd grabs a corner from 6 pixels away, and so the whole puck
EDGE = 2  # what touches the edge of a field is not drawn
GROUND, DOT_INK, NAME_INK = "#f4f0e8", "#a08060", "#504840"
DOT = 3
TEXT = 10  # height of a name's letters: one of which is as wide with hinting as without
LETTER, LINE = 6, 12  # of a name, pixels
ACROSS, DOWN = FIELD // LETTER, FIELD // LINE  # cells of the table of what is taken
APART = 2  # cells that a name takes more than it has letters
STEP = ACROSS + APART  # from one line of the table to the next
NEAR = 4  # from a dot to its name
TRIES = "0 0, 1 0, 0 1, 1 1"  # right (0) or left of the dot, on its line (0) or on the one that is nearest then


def pad() -> Canvas:
    """oscvae-pad.pd.

    Inlets: x, y in 0..1, which move the puck and say nothing; `dot x y`, `name x y NAME` and `clear`. A name is left
    out where there is no room, and so comes after all dots. Outlet: x and y while the puck is dragged.
    """
    c = Canvas(760, 460, show=(20, 20, FIELD, FIELD))
    names = Canvas(300, 300, "$0-names", show=(0, 0, FIELD, FIELD))
    field = Canvas(300, 300, "$0-field", show=(0, 0, FIELD, FIELD), scale=(FIELD, FIELD))
    c.panel(20, 20, FIELD, FIELD, back=GROUND)  # here, because a scalar is always put beneath the widgets beside it
    c.subpatch(20, 20, names)
    c.subpatch(20, 20, field)
    puck = c.subpatch(300, 250, _puck())
    get = c.obj(300, 310, "get $0-puck x y")
    both = c.obj(300, 340, "pack f f")
    c.chain(puck, c.obj(300, 280, "route change"), get, both, c.obj(300, 380, "outlet"))
    c.wire(get, both, 1, 1)

    order = c.obj(300, 50, "t b b b")
    named = c.obj(480, 80, "symbol pd-$0-field")
    pointer = c.obj(400, 170, "pointer")
    twice = c.obj(300, 140, "t f f")
    append = c.obj(300, 200, "append $0-puck x y")
    c.chain(c.obj(300, 20, "loadbang"), order, c.msg(300, 110, "0.5"), twice, append)
    c.wire(order, named, 2)
    c.chain(named, c.obj(480, 110, "list prepend traverse"), c.obj(480, 140, "list trim"), pointer)
    c.wire(order, pointer, 1)
    c.wire(pointer, append, 0, 2)
    c.wire(twice, append, 1, 1)
    setters = [c.obj(20 + 130 * k, 310, f"set $0-puck {name}") for k, name in enumerate("xy")]
    for k, setter in enumerate(setters):
        c.chain(c.obj(20 + 130 * k, 240, "inlet"), c.obj(20 + 130 * k, 270, "clip 0 1"), setter)
        c.wire(append, setter, 0, 1)

    # what is drawn last lies above: the puck, drawn again where it is
    again, where = c.obj(560, 310, "pointer"), c.obj(560, 340, "get $0-puck x")
    c.wire(append, again, 0, 1)
    c.chain(c.obj(560, 240, "inlet"), c.subpatch(560, 270, _names()), again, where, setters[0])
    return c


def _puck() -> Canvas:
    """The template: a square whose corners follow x and y."""
    c = Canvas(700, 160, "$0-template")
    c.chain(c.obj(20, 20, "struct $0-puck float x float y"), c.obj(20, 110, "outlet"))
    end = FIELD - EDGE - PUCK
    near, far = f"(0:1)({EDGE}:{end})", f"(0:1)({EDGE + PUCK}:{end + PUCK})"
    up, down = f"(0:1)({end}:{EDGE})", f"(0:1)({end + PUCK}:{EDGE + PUCK})"
    corners = " ".join(f"x{x} y{y}" for x, y in ((near, up), (far, up), (far, down), (near, down)))
    c.obj(20, 60, f"filledpolygon 950 0 1 {corners}")
    return c


def _names() -> Canvas:
    """Draws dots and names. Inlet: as the pad's third. Outlet: a bang after each."""
    c = Canvas(900, 640, "names")
    route = c.obj(20, 50, "route clear dot name")
    c.chain(c.obj(20, 20, "inlet"), route)
    c.obj(620, 20, f"array define $0-taken {STEP * DOWN}")

    fresh = c.obj(20, 80, "t b b")
    c.wire(route, fresh)
    c.chain(fresh, c.msg(20, 110, "clear"), c.obj(20, 140, "s pd-$0-names"))
    c.wire(fresh, none := c.msg(80, 110, "const 0"), 1)
    c.wire(none, c.obj(80, 165, "s $0-taken"))

    out = c.obj(20, 610, "outlet")
    drawn = c.obj(20, 580, "t b")
    c.wire(drawn, out)
    _dot(c, 180, route, drawn)
    _name(c, 380, route, drawn)
    return c


def _dot(c: Canvas, x: int, route: Box, drawn: Box) -> None:
    """A dot, where names do not go then."""
    place = c.subpatch(x, 80, _pixels())
    both = c.obj(x, 110, "pack f f")
    order = c.obj(x, 140, "t b l b l")
    cell = c.obj(x + 60, 170, f"expr int($f2 / {LINE}) * {STEP} + int($f1 / {LETTER})")
    taken = c.obj(x + 60, 230, "tabwrite $0-taken")
    one = c.msg(x + 20, 200, "1")
    c.wire(route, place, 1)
    c.chain(place, both, order, drawn)
    c.wire(place, both, 1, 1)
    c.wire(order, cell, 3)
    c.wire(cell, taken, 0, 1)
    c.wire(order, one, 2)
    c.wire(one, taken)
    corner = c.obj(x, 270, f"expr $f1 - {DOT // 2} ; $f2 - {DOT // 2}")
    packed = c.obj(x, 300, "pack f f")
    c.wire(order, corner, 1)
    c.wire(corner, packed)
    c.wire(corner, packed, 1, 1)
    inks = f"{colour(DOT_INK)} {colour(NAME_INK)}"
    c.chain(
        packed,
        c.msg(x, 330, f"obj $1 $2 cnv {DOT} {DOT} {DOT} empty empty empty 0 0 0 {TEXT} {inks} 0"),
        c.obj(x, 390, "s pd-$0-names"),
    )


def _name(c: Canvas, x: int, route: Box, drawn: Box) -> None:
    """A name, at the first of its places that is free."""
    place = c.subpatch(x, 80, _pixels())
    name = c.obj(x + 200, 110, "t s s")
    length = c.obj(x + 200, 165, "t f f f f")
    c.wire(route, place, 2)
    c.wire(place, name, 2)
    c.chain(name, c.obj(x + 200, 138, "list fromsymbol"), c.obj(x + 300, 138, "list length"), length)

    order = c.obj(x, 110, "t b b f")
    tries, begin = c.msg(x, 165, TRIES), c.msg(x + 60, 138, "1")
    gate = c.obj(x, 195, "spigot")
    where = c.obj(
        x,
        225,
        f"expr if($f1, $f3 - {NEAR} - $f4 * {LETTER}, $f3 + {NEAR}) ; "
        f"int($f5 / {LINE}) + if($f2, if($f5 / {LINE} - int($f5 / {LINE}) < 0.5, -1, 1), 0)",
    )
    both, twice = c.obj(x, 280, "pack f f"), c.obj(x, 305, "t l l")
    fits = c.obj(
        x + 60,
        335,
        f"expr $f3 > 0 && $f1 > {EDGE} && $f1 + $f3 * {LETTER} < {FIELD - EDGE} && $f2 >= 0 && $f2 < {DOWN}",
    )
    inside = c.obj(x, 365, "spigot")
    c.chain(place, order, tries, gate, where, both, twice, inside)
    c.wire(place, where, 1, 4)
    c.wire(order, where, 2, 2)
    c.wire(order, begin, 1)
    c.wire(begin, gate, 0, 1)
    c.wire(length, where, 3, 3)
    c.wire(where, both, 1, 1)
    c.wire(twice, fits, 1)
    c.wire(length, fits, 2, 2)
    c.wire(fits, inside, 0, 1)

    asked, kept = c.obj(x, 395, "t l l"), c.obj(x - 120, 520, "list append")
    cell, cells = c.obj(x, 425, f"expr $f2 * {STEP} + int($f1 / {LETTER})"), c.obj(x, 450, "t f f")
    room, found = c.obj(x, 475, "array sum $0-taken"), c.obj(x, 520, "t b b b")
    c.chain(inside, asked, cell, cells, room, c.obj(x, 498, "sel 0"), found, kept)
    c.wire(asked, kept, 1, 1)
    more, all_taken = c.obj(x + 200, 450, f"+ {APART}"), c.msg(x + 120, 475, " ".join(["1"] * STEP))
    as_many, takes = c.obj(x + 120, 520, "list split"), c.obj(x + 120, 550, "array set $0-taken")
    c.wire(length, more, 1)
    c.wire(more, room, 0, 1)
    c.wire(more, as_many, 0, 1)
    c.wire(cells, takes, 1, 1)
    c.wire(found, all_taken, 2)
    c.chain(all_taken, as_many, takes)
    c.wire(found, enough := c.msg(x + 60, 550, "0"), 1)
    c.wire(enough, gate, 0, 1)
    label = c.subpatch(x - 120, 550, _label())
    c.chain(kept, label, drawn)
    c.wire(name, label, 1, 1)


def _label() -> Canvas:
    """Writes a name. Inlets: where it begins, in pixels, and its line; the name. Outlet: a bang."""
    c = Canvas(620, 380, "label")
    order = c.obj(20, 50, "t b b b b l")
    place = c.obj(320, 80, f"expr $f1 ; $f2 * {LINE} + {LINE // 2}")
    x, widget = c.obj(160, 200, "f"), c.obj(160, 230, "pack f f s")
    count, again = c.obj(240, 110, "f 1"), c.obj(240, 135, "t f f")
    called, target = c.obj(240, 160, "makefilename $0-name-%d"), c.obj(240, 185, "t s s")
    more = c.obj(420, 135, "+ 1")
    name, to = c.obj(90, 270, "symbol"), c.obj(90, 330, "send")
    c.chain(c.obj(20, 20, "inlet"), order, c.obj(20, 350, "outlet"))
    c.wire(order, place, 4)
    c.wire(place, x, 0, 1)
    c.wire(place, widget, 1, 1)
    c.wire(order, count, 3)
    c.chain(count, again, called, target)
    c.wire(again, more, 1)
    c.wire(more, count, 0, 1)
    c.wire(target, widget, 0, 2)
    c.wire(target, to, 1, 1)
    c.wire(order, x, 2)
    inks = f"{colour(GROUND)} {colour(NAME_INK)}"
    c.chain(
        x,
        widget,
        c.msg(160, 260, f"obj $1 $2 cnv 1 1 1 empty $3 empty 0 0 0 {TEXT} {inks} 0"),
        c.obj(160, 300, "s pd-$0-names"),
    )
    c.wire(order, name, 1)
    c.wire(c.obj(500, 20, "inlet"), name, 0, 1)
    c.chain(name, c.msg(90, 300, "label $1"), to)
    return c


def _pixels() -> Canvas:
    """x, y and perhaps a name. Outlets: where the middle of the puck would be, in pixels; the name."""
    c = Canvas(420, 220, "pixels")
    parts = c.obj(20, 50, "unpack f f s")
    c.chain(c.obj(20, 20, "inlet"), parts)
    first, way = EDGE + PUCK // 2, FIELD - 2 * EDGE - PUCK
    for k, share in enumerate(("$f1", "1 - $f1")):
        pixel = c.obj(20 + 20 * k, 80 + 40 * k, f"expr int({first} + {way} * min(max({share}, 0), 1) + 0.5)")
        c.wire(parts, pixel, k)
        c.wire(pixel, c.obj(20 + 90 * k, 180, "outlet"))
    c.wire(parts, c.obj(200, 180, "outlet"), 2)
    return c
