"""oscvae-pad.pd: an XY pad in Pd, with a puck and with names at their places.

The puck is a scalar, so that it can be dragged in vanilla Pd. A scalar's text is as large as its patch's: names are
labels of widgets that the pad makes, in a canvas beneath the puck.
"""

from __future__ import annotations

from pdfile import Canvas, colour

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
TO_NAMES = "s pd-$0-names"  # to the canvas in which they are made
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
    c = Canvas(420, 260, "names")
    route = c.obj(20, 50, "route clear dot name")
    c.chain(c.obj(20, 20, "inlet"), route)
    c.obj(220, 20, f"array define $0-taken {STEP * DOWN}")
    fresh, none = c.obj(20, 90, "t b b"), c.msg(80, 120, "const 0")
    c.wire(route, fresh)
    c.chain(fresh, c.msg(20, 150, "clear"), c.obj(20, 180, TO_NAMES))
    c.wire(fresh, none, 1)
    c.wire(none, c.obj(80, 150, "s $0-taken"))
    out = c.obj(220, 220, "outlet")
    for k, inner in enumerate((_dot(), _name())):
        draws = c.subpatch(220 + 70 * k, 120, inner)
        c.wire(route, draws, 1 + k)
        c.wire(draws, out)
    return c


def _dot() -> Canvas:
    """A dot, where names do not go then. Inlet: x, y. Outlet: a bang."""
    c = Canvas(640, 300, "dot")
    place, both = c.subpatch(20, 50, _pixels()), c.obj(20, 80, "pack f f")
    order = c.obj(20, 110, "t b l b l")
    cell = c.obj(300, 140, f"expr int($f2 / {LINE}) * {STEP} + int($f1 / {LETTER})")
    one, taken = c.msg(220, 170, "1"), c.obj(220, 210, "tabwrite $0-taken")
    c.chain(c.obj(20, 20, "inlet"), place, both, order, c.obj(20, 270, "outlet"))
    c.wire(place, both, 1, 1)
    c.wire(order, cell, 3)
    c.wire(cell, taken, 0, 1)
    c.wire(order, one, 2)
    c.wire(one, taken)
    left, top = (c.obj(80 + 70 * k, 160, f"- {DOT // 2}") for k in range(2))
    corner, parts = c.obj(80, 190, "pack f f"), c.obj(80, 135, "unpack f f")
    c.wire(order, parts, 1)
    c.chain(parts, left, corner)
    c.wire(parts, top, 1)
    c.wire(top, corner, 0, 1)
    inks = f"{colour(DOT_INK)} {colour(NAME_INK)}"
    dot = c.msg(80, 235, f"obj $1 $2 cnv {DOT} {DOT} {DOT} empty empty empty 0 0 0 {TEXT} {inks} 0")
    c.chain(corner, dot, c.obj(80, 275, TO_NAMES))
    return c


def _name() -> Canvas:
    """A name, at the first of its places that is free. Inlet: x, y, the name. Outlet: a bang."""
    c = Canvas(820, 660, "name")
    place, name = c.subpatch(20, 50, _pixels()), c.obj(560, 80, "t s s")
    length = c.obj(560, 170, "t f f f")
    c.chain(c.obj(20, 20, "inlet"), place)
    c.wire(place, name, 2)
    c.chain(name, c.obj(560, 110, "list fromsymbol"), c.obj(560, 140, "list length"), length)

    order = c.obj(20, 80, "t b b f")
    begin, gate = c.msg(140, 110, "1"), c.obj(20, 170, "spigot")
    where = c.obj(
        20,
        210,
        f"expr if($f1, $f3 - {NEAR} - $f4 * {LETTER}, $f3 + {NEAR}) ; "
        f"int($f5 / {LINE}) + if($f2, if($f5 / {LINE} - int($f5 / {LINE}) < 0.5, -1, 1), 0)",
    )
    both, twice = c.obj(20, 280, "pack f f"), c.obj(20, 310, "t l l")
    fits = c.obj(
        140,
        310,
        f"expr $f3 > 0 && $f1 > {EDGE} && $f1 + $f3 * {LETTER} < {FIELD - EDGE} && $f2 >= 0 && $f2 < {DOWN}",
    )
    inside = c.obj(20, 370, "spigot")
    c.chain(place, order, c.msg(20, 140, TRIES), gate, where, both, twice, inside)
    c.wire(place, where, 1, 4)
    c.wire(order, where, 2, 2)
    c.wire(order, begin, 1)
    c.wire(begin, gate, 0, 1)
    c.wire(length, where, 2, 3)
    c.wire(where, both, 1, 1)
    c.wire(twice, fits, 1)
    c.wire(length, fits, 1, 2)
    c.wire(fits, inside, 0, 1)

    asked, kept = c.obj(20, 400, "t l l"), c.obj(20, 580, "list append")
    cells, room = c.obj(20, 460, "t f f"), c.obj(20, 490, "array sum $0-taken")
    found = c.obj(20, 550, "t b b b")
    c.chain(inside, asked, c.obj(20, 430, f"expr $f2 * {STEP} + int($f1 / {LETTER})"), cells, room)
    c.chain(room, c.obj(20, 520, "sel 0"), found, kept)
    c.wire(asked, kept, 1, 1)
    more, ones = c.obj(560, 430, f"+ {APART}"), c.msg(240, 520, " ".join(["1"] * STEP))
    as_many, takes = c.obj(240, 580, "list split"), c.obj(240, 610, "array set $0-taken")
    c.wire(length, more)
    c.wire(more, room, 0, 1)
    c.wire(more, as_many, 0, 1)
    c.wire(cells, takes, 1, 1)
    c.wire(found, ones, 2)
    c.chain(ones, as_many, takes)
    c.wire(found, enough := c.msg(160, 580, "0"), 1)
    c.wire(enough, gate, 0, 1)
    label = c.subpatch(20, 610, _label())
    c.chain(kept, label, c.obj(20, 640, "outlet"))
    c.wire(name, label, 1, 1)
    return c


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
        c.obj(160, 300, TO_NAMES),
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
