"""The part of a client in Pd: what it sends begins with /part/N, and what is told of other parts is left out.

The first part has no prefix, and is told of the others with theirs.
"""

from __future__ import annotations

from face import OF_DAEMON, TOLD_OF_DAEMON
from pdfile import Box, Canvas

PREFIX = len("/part/2")  # letters, of each part


def prefix() -> Canvas:
    """What goes before an address in a packet. Inlets: an address, the part. Outlet: a list for oscformat.

    The daemon's own addresses, and those that name a part, stay as they are.
    """
    c = Canvas(700, 340, "prefix")
    asked = c.obj(20, 80, "t b a")
    encoded = c.obj(20, 170, "oscformat")
    path = c.obj(80, 110, "list prepend set")
    route = c.obj(20, 230, f"route part {' '.join(OF_DAEMON)}")
    c.chain(c.obj(20, 20, "inlet"), asked, encoded, c.obj(20, 200, "oscparse"), c.obj(120, 200, "list trim"), route)
    c.wire(asked, path, 1)
    c.chain(path, c.obj(80, 140, "list trim"), encoded)
    bare, known = c.msg(20, 300, "list set"), c.obj(20, 260, "t b")
    out = c.obj(20, 330, "outlet")
    c.chain(known, bare, out)
    for k in range(1 + len(OF_DAEMON)):
        c.wire(route, known, k)
    other, part = c.obj(400, 260, "t b"), c.obj(400, 285, "f 1")
    first = c.obj(400, 310, "sel 1")
    c.wire(route, other, 1 + len(OF_DAEMON))
    c.chain(other, part, first, bare)
    c.wire(c.obj(500, 20, "inlet"), part, 0, 1)
    named = c.msg(480, 330, "list set part $1")
    c.wire(first, named, 1)
    c.wire(named, out)
    return c


def heard() -> Canvas:
    """What concerns the part, without its prefix. Inlets: what was parsed, the part."""
    c = Canvas(1100, 460, "heard")
    both = c.obj(20, 50, "t a a")
    part = c.obj(500, 50, "t f f f f")
    c.chain(c.obj(20, 20, "inlet"), both)
    c.wire(c.obj(500, 20, "inlet"), part)
    out = c.obj(20, 430, "outlet")
    whole, others = c.obj(20, 110, "spigot"), c.obj(120, 110, "spigot")
    for k, (gate, question) in enumerate(((whole, "== 1"), (others, "!= 1"))):
        c.wire(both, gate, k)
        opens = c.obj(200 + 80 * k, 80, question)
        c.wire(part, opens, k)
        c.wire(opens, gate, 0, 1)
    c.wire(whole, out)

    route = c.obj(120, 140, "route part")
    number, rest = c.obj(120, 170, "list split 1"), c.obj(120, 260, "list append")
    equal = c.obj(120, 215, "==")
    c.chain(others, route, number, c.obj(120, 192, "float"), equal, c.obj(120, 237, "sel 1"), rest)
    c.wire(number, rest, 1, 1)
    c.wire(part, equal, 2, 1)
    c.chain(rest, c.obj(120, 290, "list trim"), out)

    daemons = c.obj(300, 170, f"route {' '.join(TOLD_OF_DAEMON)}")
    c.wire(route, daemons, 1)
    for k, word in enumerate(TOLD_OF_DAEMON):
        again = c.obj(300 + 60 * k, 380, f"list prepend {word}")
        c.chain(again, c.obj(300 + 60 * k, 405, "list trim"), out)
        if word in ("done", "fail"):
            command = c.subpatch(300 + 100 * k, 260, _command())
            c.wire(daemons, command, k)
            c.wire(command, again)
            c.wire(part, command, 3, 1)
        else:
            c.wire(daemons, again, k)
    return c


def _command() -> Canvas:
    """A list whose first word loses the prefix of the part. Inlets: the list, the part."""
    c = Canvas(560, 420, "command")
    first, copies = c.obj(20, 50, "list split 1"), c.obj(20, 80, "t a a")
    letters = c.obj(20, 140, f"list split {PREFIX}")
    whole, cut, last = c.obj(220, 270, "symbol"), c.obj(20, 270, "symbol"), c.obj(20, 340, "list append")
    c.chain(c.obj(20, 20, "inlet"), first, copies, c.obj(20, 110, "list fromsymbol"), letters)
    c.wire(first, last, 1, 1)
    c.wire(copies, whole, 1, 1)
    same: Box = c.obj(20, 220, "sel /part/1")
    c.chain(letters, c.obj(20, 180, "list tosymbol"), same, cut, last, c.obj(20, 380, "outlet"))
    behind = c.obj(120, 180, "list tosymbol")
    c.wire(letters, behind, 1)
    c.wire(behind, cut, 0, 1)
    other = c.obj(220, 240, "t b")
    c.wire(letters, other, 2)
    c.wire(same, other, 1)
    c.chain(other, whole, last)
    named = c.obj(400, 180, "makefilename /part/%d")
    c.wire(c.obj(400, 20, "inlet"), named)
    c.wire(named, same, 0, 1)
    return c
