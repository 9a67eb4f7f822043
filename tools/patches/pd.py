"""The Pure Data client: oscvae.pd, and oscvae-slider.pd, of which it makes one for each dimension.

Vanilla objects only, Pd 0.51 or later.
"""

from __future__ import annotations

from face import OUTLETS
from pdfile import Box, Canvas
from pdpart import heard, prefix

ALIVE_MS = 5000  # how often the client subscribes again: a daemon that was restarted is found within this time
SILENT_MS = 12000  # without an answer for so long it counts as gone
NOBODY_MS = 2000  # and for so long after it was opened, as not there
TITLE, NOBODY = "oscvae", "run oscvae serve"  # what it is called while somebody answers, and while nobody does
WIDTH = 156  # of what a parent sees of the client
ROW = 18  # height of a slider in it
FACE = (WIDTH, 30 + 4 * ROW)
INSIDE, BESIDE = 4, -16  # where a slider's label begins: its name, its number


# -- the client --------------------------------------------------------------------------------------------------------


def _connection() -> Canvas:
    """Reads host, port, D and the part from the creation arguments, connects, and subscribes again and again.

    Outlets: to netsend, a message for the daemon, D, the part.
    """
    c = Canvas(640, 420, "connection")
    loaded = c.obj(20, 20, "loadbang")
    order = c.obj(20, 50, "t b b b")
    c.text(150, 20, "creation arguments: host, port, D, part; each may be left out")
    asked = c.msg(220, 50, "args 0")
    args = c.obj(220, 80, "pdcontrol")
    first = c.obj(220, 110, "list split 1")
    second = c.obj(290, 140, "list split 1")
    third = c.obj(360, 170, "list split 1")
    fourth = c.obj(560, 170, "list split 1")
    host = c.obj(20, 220, "symbol 127.0.0.1")
    port = c.obj(130, 220, "f 9000")
    dims = c.obj(360, 220, "f 4")
    part = c.obj(560, 220, "f 1")
    both = c.obj(20, 250, "pack s f")
    connect = c.msg(20, 280, "connect $1 $2")
    to_net = c.obj(20, 380, "outlet")
    c.chain(loaded, order)
    c.chain(asked, args, first)
    c.wire(order, asked, 2)
    c.wire(first, host, 0, 1)
    c.wire(first, second, 1)
    c.wire(second, port, 0, 1)
    c.wire(second, third, 1)
    c.wire(third, dims, 0, 1)
    c.wire(third, fourth, 1)
    c.wire(fourth, part, 0, 1)
    ready = c.obj(100, 80, "t b b b b")
    c.wire(order, ready, 1)
    c.wire(ready, part, 3)
    c.wire(ready, dims, 2)
    c.wire(ready, port, 1)
    c.wire(ready, host, 0)
    c.chain(host, both, connect, to_net)
    c.wire(port, both, 0, 1)
    begin = c.msg(460, 250, "1")
    turn = c.obj(460, 220, "inlet")
    often = c.obj(460, 290, f"metro {ALIVE_MS}")
    again = c.msg(460, 330, "/notify 1")
    to_daemon = c.obj(460, 380, "outlet")
    to_sliders = c.obj(560, 380, "outlet")
    c.wire(part, c.obj(620, 380, "outlet"))
    c.text(480, 190, "0: let the subscription end")
    c.wire(order, begin, 0)
    c.chain(begin, often, again, to_daemon)
    c.wire(turn, often)
    c.wire(dims, to_sliders)
    return c


def _packets() -> Canvas:
    """Any message becomes an OSC packet: its first word is the address, which the part goes before.

    Inlets: messages, the part. Outlets: to netsend, the packet's bytes.
    """
    c = Canvas(460, 360, "packets")
    inlet = c.obj(20, 20, "inlet")
    whole = c.obj(20, 50, "list prepend")
    split = c.obj(20, 80, "list split 1")
    kept = c.obj(20, 200, "list append")
    then = c.obj(20, 120, "t b a a")
    address = c.obj(90, 150, "list prepend set")
    before = c.subpatch(180, 120, prefix())
    trimmed = c.obj(90, 180, "list trim")
    encoded = c.obj(20, 230, "oscformat")
    copy = c.obj(20, 260, "t a a")
    send = c.obj(20, 290, "list prepend send")
    plain = c.obj(20, 310, "list trim")
    to_net = c.obj(20, 330, "outlet")
    to_local = c.obj(200, 330, "outlet")
    c.text(160, 20, "/play 60 0.1 0.2 0.3 0.4 or play 60 ...: the slash may be left out", 34)
    c.chain(inlet, whole, split, then, kept, encoded, copy, send, plain, to_net)
    c.wire(split, kept, 1, 1)
    c.wire(then, address, 1)
    c.wire(then, before, 2)
    c.wire(c.obj(300, 60, "inlet"), before, 0, 1)
    c.wire(before, address, 0, 1)
    c.chain(address, trimmed, encoded)
    c.wire(copy, to_local, 1)
    return c


def _replies() -> Canvas:
    """Routes what the daemon says. Outlets: the client's nine; it lives; what may move the cursor; /model."""
    c = Canvas(900, 320, "replies")
    inlet = c.obj(20, 20, "inlet")
    route = c.obj(20, 60, "route done fail voice level xrun status.reply model")
    c.wire(inlet, route)
    done = c.obj(20, 110, "route /notify")
    voice = c.obj(250, 110, "route on off")
    c.wire(route, done, 0)
    c.wire(route, voice, 2)
    model = c.obj(520, 110, "t a a")
    c.wire(route, model, 6)
    rest = c.obj(640, 110, "t a a")
    c.wire(route, rest, 7)
    sources = ((done, 1), (route, 1), (voice, 0), (voice, 1), (route, 3), (route, 4), (route, 5), (model, 0), (rest, 0))
    for k, (source, outlet) in enumerate(sources):
        c.wire(source, c.obj(20 + 70 * k, 280, "outlet"), outlet)
    for k, (source, outlet) in enumerate(((done, 0), (rest, 1), (model, 1))):
        c.wire(source, c.obj(660 + 70 * k, 280, "outlet"), outlet)
    c.text(20, 250, "/done, /fail, /voice/on, /voice/off, /level, /xrun, /status.reply, /model, the rest")
    c.text(660, 250, "lives, cursor, model")
    return c


def each(size: int = 0) -> Canvas:
    """A list, `size` elements at a time, each part behind its number, counted from 1.

    size: 0 = as many as a second inlet says.
    """
    c = Canvas(360, 380, f"each-{size or 'part'}")
    inlet = c.obj(20, 20, "inlet")
    order = c.obj(20, 50, "t b l b")
    until = c.obj(20, 80, "until")
    kept = c.obj(20, 110, "list append")
    part = c.obj(20, 140, f"list split {size}")
    if not size:
        c.wire(c.obj(260, 20, "inlet"), part, 0, 1)
    c.chain(inlet, order, until, kept, part)
    c.wire(order, kept, 1, 1)
    c.wire(part, kept, 1, 1)
    c.wire(part, until, 2, 1)
    first = c.msg(200, 80, "1")
    count = c.obj(120, 230, "f 1")
    more = c.obj(200, 230, "+ 1")
    then = c.obj(20, 200, "t l b")
    numbered = c.obj(20, 280, "list prepend 1")
    c.wire(order, first, 2)
    c.wire(first, count, 0, 1)
    c.chain(part, then, numbered, c.obj(20, 320, "outlet"))
    c.wire(then, count, 1)
    c.wire(count, numbered, 0, 1)
    c.chain(count, more)
    c.wire(more, count, 0, 1)
    return c


def scale() -> Canvas:
    """N and a latent number become N and 0..1, over the model's range of that dimension."""
    c = Canvas(420, 300, "scale")
    inlet = c.obj(20, 20, "inlet")
    both = c.obj(20, 50, "unpack f f")
    order = c.obj(20, 80, "t f b f f")
    value = c.obj(120, 120, "f")
    low = c.obj(200, 120, "tabread $0-low")
    high = c.obj(300, 150, "tabread $0-high")
    share = c.obj(120, 190, "expr ($f1 - $f2) / max($f3 - $f2, 0.000001)")
    result = c.obj(20, 230, "pack f f")
    c.chain(inlet, both, order, result, c.obj(20, 260, "outlet"))
    c.wire(both, value, 1, 1)
    c.wire(order, value, 1)
    c.wire(order, low, 2)
    c.wire(order, high, 3)
    c.wire(value, share)
    c.wire(low, share, 0, 1)
    c.wire(high, share, 0, 2)
    c.wire(share, result, 0, 1)
    return c


def _latent() -> Canvas:
    """N and 0..1 become N, 0..1 and the latent number: the inverse of `scale`."""
    c = Canvas(420, 300, "latent")
    both = c.obj(20, 50, "unpack f f")
    order = c.obj(20, 80, "t f b f f")
    share = c.obj(120, 120, "f")
    twice = c.obj(120, 150, "t f f")
    low = c.obj(200, 120, "tabread $0-low")
    high = c.obj(300, 150, "tabread $0-high")
    value = c.obj(160, 190, "expr $f2 + $f1 * ($f3 - $f2)")
    result = c.obj(20, 230, "pack f f f")
    c.chain(c.obj(20, 20, "inlet"), both, order, result, c.obj(20, 260, "outlet"))
    c.wire(both, share, 1, 1)
    c.wire(order, share, 1)
    c.wire(order, low, 2)
    c.wire(order, high, 3)
    c.wire(share, twice)
    c.wire(twice, value, 1)
    c.wire(twice, result, 0, 1)
    c.wire(low, value, 0, 1)
    c.wire(high, value, 0, 2)
    c.wire(value, result, 0, 2)
    return c


def _cursor() -> Canvas:
    """Where the cursor is, whoever moved it and in whichever words: z, z N, unit N, pad N, without a leading slash.

    Inlets: such messages; what /model says. Outlet: N, 0..1 and the latent number, for each dimension that moved.
    """
    c = Canvas(760, 420, "cursor")
    route = c.obj(20, 50, "route z unit pad")
    scaled = c.subpatch(20, 270, scale())
    out = c.subpatch(20, 340, _latent())
    c.chain(c.obj(20, 20, "inlet"), route)
    c.chain(scaled, out, c.obj(20, 380, "outlet"))

    whole = c.obj(20, 80, "route list float")
    c.text(140, 60, "a point begins with a number, /z/N with a symbol")
    single = c.subpatch(20, 140, each(1))
    c.wire(route, whole, 0)
    c.wire(whole, single, 0)
    c.wire(whole, single, 1)
    c.wire(single, scaled)

    _one(c, 120, whole, 2, scaled)
    _one(c, 240, route, 1, out)
    _two(c, 380, route, 2, out)
    ranges(c, 560)
    return c


def _one(c: Canvas, x: int, source: Box, outlet: int, target: Box) -> None:
    """/z/N, /unit/N: the symbol N and a number become two numbers."""
    split = c.obj(x, 140, "list split 1")
    pair = c.obj(x, 200, "pack f f")
    c.wire(source, split, outlet)
    c.chain(split, c.obj(x, 170, "float"), pair, target)
    c.wire(split, pair, 1, 1)


def _two(c: Canvas, x: int, source: Box, outlet: int, target: Box) -> None:
    """/pad/N: x and y are dimensions 2 N - 1 and 2 N."""
    split = c.obj(x, 140, "list split 1")
    order = c.obj(x, 230, "t f f")
    place = c.obj(x + 90, 170, "unpack f f")
    first, second = c.obj(x, 310, "pack f f"), c.obj(x + 90, 310, "pack f f")
    c.wire(source, split, outlet)
    c.chain(split, c.obj(x, 170, "float"), c.obj(x, 200, "* 2"), order, c.obj(x, 260, "- 1"), first, target)
    c.wire(split, place, 1)
    c.wire(place, first, 0, 1)
    c.wire(place, second, 1, 1)
    c.wire(order, second, 1)
    c.wire(second, target)


def ranges(c: Canvas, x: int) -> None:
    """Low and high of each dimension, as /model has them, go into two arrays."""
    c.obj(x, 300, "array define $0-low 256")
    c.obj(x, 330, "array define $0-high 256")
    c.text(x + 60, 20, "name, D, rate, notes, then low and high of each dimension", 20)
    head = c.obj(x, 50, "list split 5")
    pairs = c.subpatch(x, 80, each(2))
    split = c.obj(x, 110, "list split 1")
    ends = c.obj(x + 90, 140, "unpack f f")
    order = c.obj(x, 140, "t b b f f")
    c.chain(c.obj(x, 20, "inlet"), head)
    c.wire(head, pairs, 1)
    c.chain(pairs, split, order)
    c.wire(split, ends, 1)
    for k, name in enumerate(("low", "high")):
        value = c.obj(x + 100 * k, 200, "f")
        array = c.obj(x + 100 * k, 230 + 30 * k, f"tabwrite $0-{name}")
        c.wire(ends, value, k, 1)
        c.wire(order, array, 2 + k, 1)
        c.wire(order, value, k)
        c.wire(value, array)


def slider() -> Canvas:
    """oscvae-slider.pd: one dimension of a client; arguments: the client's own number, the dimension."""
    c = Canvas(360, 200, show=(0, 0, WIDTH - 12, ROW))
    moved = c.slider(22, 1, 0, 1, receive="$1-unit-$2", width=WIDTH - 42, label="$2", label_x=BESIDE)
    c.chain(moved, c.obj(16, 60, "list prepend $2"), c.obj(16, 90, "s $1-moved"))
    c.text(16, 130, "made by oscvae.pd, one for each dimension")
    return c


def _sliders() -> Canvas:
    """What the parent sees of the sliders; it is filled as soon as D is known."""
    return Canvas(400, 300, "$0-sliders", show=(0, 0, WIDTH - 12, 4 * ROW))


def _fill() -> Canvas:
    """Makes D sliders in the canvas $0-sliders, whenever D changes. Inlet: D."""
    c = Canvas(700, 360, "fill")
    changed = c.obj(20, 50, "change")
    order = c.obj(20, 80, "t f b f")
    until = c.obj(20, 110, "until")
    c.chain(c.obj(20, 20, "inlet"), changed, order, until)
    to_sliders = c.obj(20, 300, "s pd-$0-sliders")
    height = c.obj(320, 80, f"* {ROW}")
    shape = c.msg(320, 110, f"coords 0 0 1 1 {WIDTH - 12} $1 2 0 0")
    whole = c.obj(320, 200, "+ 30")
    around = c.msg(320, 230, f"coords 0 0 1 1 {WIDTH} $1 2 20 20")
    c.wire(order, height, 2)
    c.chain(height, shape, to_sliders)
    c.chain(height, whole, around, c.obj(320, 260, "s $0-self"))
    fresh = c.msg(120, 110, "clear")
    first = c.msg(180, 110, "1")
    count = c.obj(20, 150, "f 1")
    more = c.obj(90, 150, "+ 1")
    c.wire(order, fresh, 1)
    c.wire(fresh, to_sliders)
    c.wire(order, first, 1)
    c.wire(first, count, 0, 1)
    c.chain(until, count)
    parts = c.obj(20, 180, "t b f f f")
    y = c.obj(160, 210, f"expr {ROW} * ($f1 - 1)")
    owner = c.obj(20, 210, "f $0")
    described = c.obj(20, 240, "pack f f f")
    c.chain(count, parts, owner, described, c.msg(20, 270, "obj 0 $2 oscvae-slider $1 $3"), to_sliders)
    c.wire(parts, described, 1, 2)
    c.wire(parts, y, 2)
    c.wire(y, described, 0, 1)
    c.wire(parts, more, 3)
    c.wire(more, count, 0, 1)
    return c


def _lives() -> Canvas:
    """The light and the title, and a question about the model whenever the daemon answers after a silence.

    Inlet: an answer. Outlet: a message for the daemon.
    """
    c = Canvas(560, 300, "lives")
    order = c.obj(20, 50, "t b b")
    silence = c.obj(110, 80, f"del {SILENT_MS}")
    yes, no = c.msg(20, 80, "1"), c.msg(110, 110, "0")
    changed = c.obj(20, 140, "change")
    alive = c.obj(20, 170, "sel 1")
    light = c.obj(120, 200, "s $0-light")
    c.chain(c.obj(20, 20, "inlet"), order, yes, changed, alive, c.msg(20, 200, "/model"), c.obj(20, 260, "outlet"))
    c.wire(order, silence, 1)
    c.chain(silence, no, changed, light)
    title = c.obj(300, 260, "s $0-title")
    nobody = c.msg(430, 200, f"label {NOBODY.replace(' ', chr(92) + ' ')}")
    opened = c.obj(430, 110, f"del {NOBODY_MS}")
    c.chain(c.obj(430, 80, "loadbang"), opened, nobody, title)
    c.wire(alive, nobody, 1)
    found = c.obj(300, 170, "t b b")
    c.wire(alive, found)
    c.chain(found, c.msg(300, 200, f"label {TITLE}"), title)
    stop = c.msg(340, 140, "stop")
    c.wire(found, stop, 1)
    c.wire(stop, opened)
    return c


def _show() -> Canvas:
    """Moves slider N without making it speak. Inlet: N and 0..1."""
    c = Canvas(360, 240, "show")
    order = c.obj(20, 50, "unpack f f")
    value = c.obj(20, 120, "f")
    number = c.obj(20, 80, "t b f")
    named = c.obj(120, 120, "makefilename $0-unit-%d")
    to = c.obj(20, 180, "send")
    c.chain(c.obj(20, 20, "inlet"), order, number, value, c.msg(20, 150, "set $1"), to)
    c.wire(order, value, 1, 1)
    c.wire(number, named, 1)
    c.wire(named, to, 0, 1)
    return c


def _labels() -> Canvas:
    """What each dimension is called, in its slider; its number beside it where it has no name.

    Inlets: `labels` and the names, among others; what /model says.
    """
    c = Canvas(620, 400, "labels")
    names = c.subpatch(20, 80, each(1))
    c.chain(c.obj(20, 20, "inlet"), c.obj(20, 40, "route labels"), c.obj(20, 60, "list append"), names)
    named = c.obj(20, 110, "unpack f s")
    c.chain(names, named)
    head = c.obj(320, 50, "list split 5")
    ranges = c.subpatch(320, 80, each(2))
    number = c.obj(320, 110, "list split 1")
    c.chain(c.obj(320, 20, "inlet"), head)
    c.wire(head, ranges, 1)
    c.chain(ranges, number)
    to = c.obj(20, 350, "send")
    slider = c.obj(180, 290, "makefilename $0-unit-%d")
    c.wire(slider, to, 0, 1)
    for x, word, place in ((20, "symbol", INSIDE), (320, "makefilename %d", BESIDE)):
        text = c.obj(x, 200, word)
        order = c.obj(x, 230, "t b a")
        c.chain(text, order, c.msg(x, 290, f"label_pos {place} 8"), to)
        label = c.msg(x + 60, 260, "label $1")
        c.wire(order, label, 1)
        c.wire(label, to)
        if place == INSIDE:
            which = c.obj(x, 140, "t b f")
            c.wire(named, text, 1, 1)
            c.wire(named, which)
            c.wire(which, slider, 1)
            c.wire(which, text)
        else:
            which = c.obj(x, 140, "t f f")
            c.chain(number, which, text)
            c.wire(which, slider, 1)
    return c


def client() -> Canvas:
    """oscvae.pd."""
    c = Canvas(900, 640, show=(20, 20, *FACE))
    c.panel(20, 20, WIDTH - 1, 29 + 4 * ROW, receive="$0-title", label=TITLE, back="#e4e0d8")
    c.toggle(WIDTH - 4, 26, 15, receive="$0-light")
    c.subpatch(26, 46, _sliders())
    c.obj(300, 20, "namecanvas $0-self")
    c.text(300, 50, "[oscvae host port D part], without arguments 127.0.0.1, 9000, 4 and 1: see oscvae-help.pd.", 44)

    inlet = c.obj(200, 150, "inlet")
    direct = c.obj(200, 180, "route connect disconnect notify /notify part")
    packets = c.subpatch(200, 330, _packets())
    net = c.obj(200, 400, "netsend -u -b")
    c.chain(inlet, direct)
    c.wire(direct, packets, 5)
    c.wire(packets, net)
    for outlet, word in enumerate(("connect", "disconnect")):
        named = c.obj(20, 240 + 70 * outlet, f"list prepend {word}")
        c.wire(direct, named, outlet)
        c.chain(named, c.obj(20, 265 + 70 * outlet, "list trim"), net)

    connection = c.subpatch(480, 280, _connection())
    notify = c.obj(330, 210, "t l l")
    on = c.obj(480, 240, "list split 1")
    c.wire(direct, notify, 2)
    c.wire(direct, notify, 3)
    c.chain(notify, c.obj(330, 240, "list prepend /notify"), c.obj(330, 265, "list trim"), packets)
    c.wire(notify, on, 1)
    c.wire(on, connection)
    c.wire(connection, net)
    c.wire(connection, packets, 1)

    parse = c.obj(260, 430, "oscparse")
    mine, own_mine = c.subpatch(340, 460, heard()), c.subpatch(680, 390, heard())
    part = c.obj(560, 310, "t f f f")  # before the first message: the connection says it first
    c.wire(connection, part, 3)
    for outlet, target in enumerate((packets, mine, own_mine)):
        c.wire(part, target, outlet, 1)
    another = c.obj(400, 180, "t b b f")  # another part: how does it stand?
    c.wire(direct, another, 4)
    c.wire(another, part, 2)
    c.chain(another, c.msg(400, 240, "/get /z"), packets)
    c.wire(another, asked := c.msg(440, 210, "/model"), 1)
    c.wire(asked, packets)
    replies = c.subpatch(260, 490, _replies())
    outlets = [c.obj(40 + 60 * k, 600, "outlet") for k in range(len(OUTLETS))]
    lives_at, moves_at, model_at = len(OUTLETS), len(OUTLETS) + 1, len(OUTLETS) + 2
    c.wire(net, parse, 1)
    c.chain(parse, c.obj(260, 460, "list trim"), mine, replies)
    for k, there in enumerate(outlets):
        c.wire(replies, there, k)
    lives = c.subpatch(400, 540, _lives())
    c.wire(replies, lives, lives_at)
    c.wire(lives, packets)

    # the cursor, moved from here or by others
    own = c.obj(600, 360, "oscparse")
    cursor = c.subpatch(600, 430, _cursor())
    moved = c.obj(600, 460, "t l l")
    c.wire(packets, own, 1)
    c.chain(own, c.obj(600, 390, "list trim"), own_mine, cursor, moved)
    c.wire(replies, cursor, moves_at)
    c.wire(replies, cursor, model_at, 1)
    c.chain(moved, c.obj(600, 540, "list prepend cursor"), c.obj(600, 565, "list trim"), outlets[-1])
    show = c.subpatch(680, 490, _show())
    c.wire(moved, show, 1)

    # the sliders
    slid = c.obj(700, 240, "r $0-moved")
    c.chain(slid, c.msg(700, 270, "/unit/$1 $2"), packets)
    dims = c.obj(760, 400, "unpack s f")
    fill = c.subpatch(760, 430, _fill())
    c.wire(replies, dims, model_at)
    c.wire(dims, fill, 1)
    c.wire(connection, fill, 2)
    labels = c.subpatch(760, 540, _labels())
    c.wire(replies, labels, moves_at)
    c.wire(replies, labels, model_at, 1)
    return c
