"""Where the presets of a model lie, in Pd: their names go to the pads and beside the numbered buttons.

A button recalls what is written beside it: an own preset that is called by its number, or else one of the others, in
the order in which they are told.
"""

from __future__ import annotations

from face import PADS, PRESETS
from pd import each, ranges, scale
from pdfile import Box, Canvas

ZERO, SPACE = 48, 32
ROOM = 34  # letters of a name that are written beside a button


def places(out: str) -> Canvas:
    """Asks for the places whenever there is another model, and shows them. out: where the question goes.

    Inlets: what /model says; /places.reply; a bang, which asks again.
    """
    c = Canvas(760, 520, "places")
    order = c.obj(20, 50, "t b b a")
    ask = c.msg(20, 110, "/places")
    c.chain(c.obj(20, 20, "inlet"), order, ask, c.obj(20, 140, out))
    known = Canvas(300, 400, "ranges")
    ranges(known, 20)
    c.wire(order, c.subpatch(120, 80, known), 2)
    c.wire(c.obj(340, 20, "inlet"), ask)

    # the model's name, D, and of each place its name and z1..zD
    whole, head, dims = c.obj(200, 50, "list append"), c.obj(200, 80, "list split 1"), c.obj(200, 110, "list split 1")
    kept, size = c.obj(200, 170, "list append"), c.obj(330, 170, "max 1")
    begin = c.obj(200, 140, "t b b f")
    c.chain(c.obj(200, 20, "inlet"), whole, head)
    c.wire(head, dims, 1)
    c.wire(dims, kept, 1, 1)
    c.chain(dims, begin, kept)
    c.wire(begin, more := c.obj(330, 145, "+ 1"), 2)
    c.wire(more, size)

    # each of them twice: names go where no dot is
    turns = c.obj(200, 200, "t l b l b")
    one = c.subpatch(200, 260, each())
    c.chain(kept, turns, one)
    c.wire(turns, one, 2)
    c.wire(size, one, 0, 1)
    words = [c.msg(330 + 120 * k, 230, f"symbol {word}") for k, word in enumerate(("dot", "name"))]
    c.wire(turns, words[0], 3)
    c.wire(turns, words[1], 1)

    both, name = c.obj(200, 290, "t l l"), c.obj(330, 350, "unpack f s")
    first, rest = c.obj(330, 320, "list split 2"), c.obj(200, 320, "list split 2")
    c.chain(one, both, rest)
    c.wire(both, first, 1)
    c.wire(first, name)
    shown = [c.subpatch(200 + 130 * k, 430, _shown(number)) for k, number in enumerate(PADS)]
    source, outlet = rest, 1
    for k, to_pad in enumerate(shown):
        pair = c.obj(200 + 130 * k, 380, "list split 2")
        c.wire(source, pair, outlet)
        c.wire(pair, to_pad)
        c.wire(name, to_pad, 1, 1)
        source, outlet = pair, 1

    buttons = c.subpatch(540, 430, _buttons())
    c.wire(name, buttons, 1)
    for word in words:
        for target, inlet in (*((to_pad, 2) for to_pad in shown), (buttons, 1)):
            c.wire(word, target, 0, inlet)
    fresh = c.obj(540, 170, "t b b")
    c.wire(order, fresh, 1)
    c.wire(begin, fresh, 1)
    c.wire(fresh, buttons, 1, 2)
    clear = c.msg(540, 200, "clear")
    c.wire(fresh, clear)
    for k, number in enumerate(PADS):
        c.wire(clear, c.obj(600, 230 + 30 * k, f"s demo-names-{number}"))
    return c


def _shown(number: int) -> Canvas:
    """A place, on a pad. Inlets: z of its two dimensions; the name; `dot` or `name`."""
    c = Canvas(420, 340, f"shown-{number}")
    z, scaled = c.obj(20, 50, "unpack f f"), c.subpatch(20, 110, scale())
    across, up = 2 * number - 1, 2 * number
    which, place = c.obj(20, 140, f"route {across} {up}"), c.obj(20, 180, "pack f f s")
    c.chain(c.obj(20, 20, "inlet"), z, c.obj(20, 80, f"list prepend {across}"), scaled, which, place)
    c.wire(z, second := c.obj(160, 80, f"list prepend {up}"), 1)
    c.wire(second, scaled)
    c.wire(which, place, 1, 1)
    c.wire(c.obj(200, 20, "inlet"), place, 0, 2)
    word = c.obj(20, 220, "list prepend")
    c.wire(c.obj(300, 20, "inlet"), word, 0, 1)
    c.chain(place, word, c.obj(20, 250, "list trim"), c.obj(20, 290, f"s demo-names-{number}"))
    return c


def _buttons() -> Canvas:
    """What each button stands for. Inlets: a name; `dot`, to look, or `name`, to write; a bang, which forgets."""
    c = Canvas(860, 680, "buttons")
    for k, array in enumerate(("own", "named")):  # 1 where there is one of that number, where a name is written
        c.obj(600, 20 + 30 * k, f"array define $0-{array} {len(PRESETS) + 1}")
    c.obj(600, 80, "text define $0-called")

    copies, letters = c.obj(20, 50, "t s s"), c.obj(20, 80, "list fromsymbol")
    twice, head = c.obj(20, 110, "t l l"), c.obj(20, 140, "list split 1")
    digit = c.obj(20, 175, f"expr if($f2 == 1 && $f1 > {ZERO} && $f1 <= {ZERO + len(PRESETS)}, $f1 - {ZERO}, 0)")
    kind = c.obj(20, 205, "moses 1")
    c.chain(c.obj(20, 20, "inlet"), copies, letters, twice, head, digit, kind)
    c.wire(twice, long := c.obj(120, 140, "list length"), 1)
    c.wire(long, digit, 0, 1)
    looks, writes = c.obj(220, 240, "spigot"), c.obj(20, 240, "spigot")
    c.wire(kind, looks, 1)
    c.wire(kind, writes)
    turn = c.obj(300, 50, "sel dot name")
    c.wire(c.obj(300, 20, "inlet"), turn)
    for outlet, (look, write) in enumerate(((1, 0), (0, 1))):
        for value, gate in ((look, looks), (write, writes)):
            c.wire(turn, said := c.msg(300 + 80 * outlet + 40 * (gate is looks), 90, str(value)), outlet)
            c.wire(said, gate, 0, 1)
    _mark(c, 220, 270, looks, "own")

    forget = c.obj(480, 50, "t b b b")
    c.wire(c.obj(480, 20, "inlet"), forget)
    c.wire(forget, none := c.msg(480, 110, "const 0"), 2)
    for k, array in enumerate(("own", "named")):
        c.wire(none, c.obj(480, 135 + 25 * k, f"s $0-{array}"))
    count, more = c.obj(20, 300, "f 1"), c.obj(80, 300, "+ 1")
    c.wire(forget, start := c.msg(440, 200, "1"), 1)
    c.wire(start, count, 0, 1)
    to = c.obj(20, 650, "send")
    c.wire(forget, numbers := c.msg(560, 200, ", ".join(str(k) for k in PRESETS)))
    bare, target = c.obj(560, 230, "t f f"), c.obj(300, 620, "makefilename demo-preset-%d")
    label = c.msg(20, 620, "label $1")
    c.chain(numbers, bare, c.obj(560, 260, "makefilename %d"), label, to)
    c.wire(bare, target, 1)
    c.wire(target, to, 0, 1)

    again, few = c.obj(20, 325, "t f f"), c.obj(20, 350, f"moses {len(PRESETS) + 1}")
    then, free, number = c.obj(20, 375, "t f b f f"), c.obj(20, 425, "sel 0"), c.obj(20, 450, "f")
    c.chain(writes, c.obj(20, 275, "t b"), count, again, few, then, c.obj(20, 400, "tabread $0-own"), free, number)
    c.wire(again, more, 1)
    c.wire(more, count, 0, 1)
    c.wire(then, number, 3, 1)
    line, entry, kept = c.obj(300, 400, "- 1"), c.obj(240, 425, "symbol"), c.obj(240, 450, "text set $0-called")
    c.wire(then, line, 2)
    c.wire(line, kept, 0, 1)
    c.wire(then, entry, 1)
    c.chain(entry, kept)
    all_of = c.obj(20, 475, "t b f f f")
    c.chain(number, all_of)
    _mark(c, 420, 475, all_of, "named", 3)
    c.wire(all_of, target, 2)
    before, ahead = c.obj(160, 500, f"+ {ZERO}"), c.obj(160, 525, f"list append {SPACE}")
    c.wire(all_of, before, 1)
    name = c.obj(20, 500, "symbol")
    for kept_name in (name, entry):
        c.wire(copies, kept_name, 1, 1)
    c.wire(all_of, name)
    cut, numbered = c.obj(20, 560, f"list split {ROOM}"), c.obj(160, 560, "list prepend")
    c.chain(name, c.obj(20, 530, "list fromsymbol"), cut, numbered, c.obj(160, 590, "list tosymbol"), label)
    c.wire(cut, numbered, 2)
    c.chain(before, ahead)
    c.wire(ahead, numbered, 0, 1)
    return c


def _mark(c: Canvas, x: int, y: int, source: Box, array: str, outlet: int = 0) -> None:
    """Writes 1 at the index that comes."""
    order, cell = c.obj(x, y, "t b f"), c.obj(x, y + 50, f"tabwrite $0-{array}")
    c.wire(source, order, outlet)
    c.chain(order, c.msg(x, y + 25, "1"), cell)
    c.wire(order, cell, 1, 1)


def recalled() -> Canvas:
    """What a button stands for. Inlet: its number, and seconds. Outlet: the preset's name, or that number; seconds."""
    c = Canvas(420, 300, "recalled")
    both, number = c.obj(20, 50, "unpack f f"), c.obj(20, 80, "t f f f")
    named, line = c.obj(20, 120, "tabread $0-named"), c.obj(20, 180, "f")
    which, plain = c.obj(20, 150, "sel 1 0"), c.obj(220, 180, "f")
    called, bare = c.obj(20, 240, "pack s f"), c.obj(220, 240, "pack f f")
    c.chain(c.obj(20, 20, "inlet"), both, number, named, which, line, c.obj(20, 210, "text get $0-called"), called)
    c.wire(both, called, 1, 1)
    c.wire(both, bare, 1, 1)
    c.wire(number, less := c.obj(120, 110, "- 1"), 1)
    c.wire(less, line, 0, 1)
    c.wire(number, plain, 2, 1)
    c.wire(which, plain, 1)
    c.chain(plain, bare)
    out = c.obj(20, 270, "outlet")
    c.wire(called, out)
    c.wire(bare, out)
    return c
