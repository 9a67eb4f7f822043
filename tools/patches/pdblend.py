"""blend.pd: two recordings of the sounds folder, chosen by their numbers, a curve that is drawn, and faders.

Its widgets are moved from elsewhere by their receive names: blend-a, blend-b, blend-start, blend-mix ..; the curve is
the array blend-curve.
"""

from __future__ import annotations

from face import BLEND_FADERS, BLEND_ID, CURVE_POINTS, LISTEN_ID, OUTLETS
from pd import each
from pdfile import Canvas

OUT = "s $0-out"  # to the client
SOUNDS_MOST = 250  # as many as /sounds lists
LOOK_MS = 50  # how often the curve is looked at: Pd does not say that an array was drawn into
DOT, SLASH = 46, 47
GRAPH = (400, 150)
SIDES = "ab"
START = {fader.name: fader.start for fader in BLEND_FADERS}


# -- behind the face ---------------------------------------------------------------------------------------------------


def _told() -> Canvas:
    """What the client hears. Inlets: as the client's outlets."""
    c = Canvas(1000, 420, "told")
    done, fail, on, off, _, _, _, model, rest = (c.obj(20 + 100 * k, 20, "inlet") for k in range(len(OUTLETS)))
    again = c.obj(20, 120, "t b")
    c.chain(done, c.obj(20, 60, "route /encode"), again, c.msg(20, 150, "/sounds"), c.obj(20, 180, OUT))
    c.chain(fail, c.obj(120, 60, "print blend-fail"))
    refused = c.obj(120, 90, "route /blend")
    c.wire(fail, refused)
    c.chain(refused, c.obj(120, 120, "t b"), c.msg(120, 150, "0"), c.obj(120, 180, "s $0-heard"))
    c.wire(model, again)
    count, twice = c.obj(220, 210, "max 0"), c.obj(220, 240, "t f f")
    for source, x, step in ((on, 220, "+ 1"), (off, 320, "- 1")):
        own = c.obj(x, 60, f"route {BLEND_ID}")
        c.chain(source, own, c.obj(x, 90, "t b"), c.obj(x, 120, "v $0-voices"), c.obj(x, 150, step), count)
    c.chain(count, twice, c.obj(220, 270, "v $0-voices"))
    heard = c.obj(380, 240, "> 0")
    c.wire(twice, heard, 1)
    c.chain(heard, c.obj(380, 270, "s $0-heard"))
    c.wire(heard, c.obj(380, 300, "s blend-light"))
    c.chain(rest, c.obj(820, 60, "route sounds.reply"), c.obj(820, 90, "list append"), c.subpatch(820, 120, _listed()))
    return c


def _listed() -> Canvas:
    """Prints the sounds by their numbers, and keeps them. Inlet: of each its name, and its seconds, 0 = not encoded."""
    c = Canvas(420, 320, "listed")
    order, copies = c.obj(20, 50, "t l b"), c.obj(20, 140, "t l l l")
    number, sound = c.obj(100, 170, "list split 1"), c.obj(20, 170, "list split 1")
    line, kept = c.obj(100, 200, "- 1"), c.obj(20, 240, "text set $0-sounds")
    c.chain(c.obj(20, 20, "inlet"), order, c.subpatch(20, 110, each(2)), copies, sound)
    empty = c.msg(200, 80, "clear")
    c.wire(order, empty, 1)
    c.chain(empty, c.obj(200, 110, "text define $0-sounds"))
    c.wire(copies, c.obj(220, 170, "print blend-sound"), 2)
    c.wire(copies, number, 1)
    c.chain(number, line)
    c.wire(line, kept, 0, 1)
    c.wire(sound, kept, 1)
    return c


def _chosen(side: str) -> Canvas:
    """A sound by its number: its name is shown, what is not encoded yet is encoded."""
    c = Canvas(520, 400, f"chosen-{side}")
    sound, order = c.obj(20, 140, "unpack s f"), c.obj(20, 170, "t b s s s")
    seconds, file = c.obj(20, 230, "f"), c.obj(20, 290, "symbol")
    line = c.obj(20, 80, "text get $0-sounds")
    c.chain(c.obj(20, 20, f"r $0-{side}"), c.obj(20, 50, "- 1"), line, c.obj(20, 110, "list split 2"), sound, order)
    c.wire(sound, seconds, 1, 1)
    c.chain(order, seconds, c.obj(20, 260, "sel 0"), file, c.msg(20, 320, "/encode $1"), c.obj(20, 350, OUT))
    c.wire(order, file, 1, 1)
    handle = c.subpatch(160, 230, _handle())
    c.wire(order, handle, 2)
    c.chain(handle, c.obj(160, 260, f"s $0-{side}-handle"))
    c.wire(order, c.obj(300, 230, f"s blend-{side}-name"), 3)
    return c


def _handle() -> Canvas:
    """The handle of a file: its name without folders and ending."""
    c = Canvas(560, 420, "handle")
    order = c.obj(20, 80, "t l b l l b")
    c.chain(c.obj(20, 20, "inlet"), c.obj(20, 50, "list fromsymbol"), order)
    none = c.msg(420, 110, "0")
    c.wire(order, none, 4)
    ends = c.obj(420, 290, "v $0-end"), c.obj(500, 290, "v $0-begin")
    for end in ends:
        c.wire(none, end)
    letters = c.subpatch(300, 110, each(1))
    place = c.obj(300, 140, "unpack f f")
    c.wire(order, letters, 3)
    c.chain(letters, place)
    for k, (letter, what) in enumerate(((DOT, "$f1 - 1"), (SLASH, "$f1"))):
        x = 300 + 130 * k
        found, past = c.obj(x, 180, f"expr if($f2 == {letter}, {what}, -1)"), c.obj(x, 210, "moses 0")
        c.wire(place, found, 1, 1)
        c.wire(place, found)
        c.chain(found, past)
        if letter == DOT:
            c.wire(past, ends[0], 1)
        else:  # what was an ending was a folder's
            both = c.obj(x, 240, "t f b")
            c.wire(past, both, 1)
            c.wire(both, none_again := c.msg(x + 40, 265, "0"), 1)
            c.wire(none_again, ends[0])
            c.wire(both, ends[1])
    count = c.obj(180, 110, "list length")
    long = c.obj(100, 200, "expr if($f1 > 0, $f1, $f2)")
    c.wire(order, count, 2)
    c.wire(count, long, 0, 1)
    known = c.obj(100, 110, "t b b")
    begin, end = c.obj(180, 150, "v $0-begin"), c.obj(100, 150, "v $0-end")
    cut, rest = c.obj(20, 250, "list split"), c.obj(20, 300, "list split")
    c.wire(order, known, 1)
    c.wire(known, begin, 1)
    c.wire(known, end)
    c.wire(begin, rest, 0, 1)
    c.chain(end, long)
    c.wire(long, cut, 0, 1)
    c.chain(order, cut, rest)
    name = c.obj(20, 340, "list tosymbol")
    c.wire(rest, name, 1)
    c.chain(name, c.obj(20, 370, "outlet"))
    return c


def _plays() -> Canvas:
    """Start and stop. What a voice begins with is sent behind it."""
    c = Canvas(640, 360, "plays")
    order = c.obj(20, 50, "t b b b b b")
    voice = c.obj(320, 140, f"pack {BLEND_ID} s s {START['mix']:g} {START['rate']:g}")
    c.chain(c.obj(20, 20, "r $0-start"), order)
    number = c.msg(320, 110, str(BLEND_ID))
    c.wire(order, number, 4)
    begun = c.msg(500, 110, "1")
    c.wire(order, begun, 3)
    c.chain(begun, c.obj(500, 200, "s $0-heard"))
    c.chain(number, voice, c.obj(320, 170, "list prepend /blend"), c.obj(320, 200, "list trim"), c.obj(320, 230, OUT))
    for k, name in enumerate(("a-handle", "b-handle", "mix", "rate")):
        c.wire(c.obj(320 + 80 * k, 50, f"r $0-{name}"), voice, 0, k + 1)
    for outlet, name in ((2, "position"), (1, "loop")):
        x = 20 + 130 * (2 - outlet)
        value = c.obj(x, 140, "f" if name == "position" else "f 1")
        c.wire(order, value, outlet)
        c.wire(c.obj(x + 30, 110, f"r $0-{name}"), value, 0, 1)
        c.chain(value, c.msg(x, 170, f"/voice/set {BLEND_ID} {name} $1"), c.obj(x, 200, OUT))
    drawn, if_drawn = c.obj(20, 250, "f"), c.obj(20, 280, "sel 1")
    c.wire(order, drawn)
    c.wire(c.obj(60, 220, "r $0-use"), drawn, 0, 1)
    none = c.msg(90, 190, "0")
    c.chain(c.obj(90, 165, "r $0-mix"), none)
    c.wire(none, drawn, 0, 1)
    c.chain(drawn, if_drawn, c.obj(20, 310, "s $0-send-curve"))
    c.chain(c.obj(180, 250, "r $0-stop"), c.msg(180, 280, f"/voice/stop {BLEND_ID}"), c.obj(180, 310, OUT))
    listens = c.obj(340, 270, "sel 1 0")
    c.wire(c.obj(340, 245, "r $0-listen"), listens)
    for k, message in enumerate((f"/listen {LISTEN_ID}", f"/voice/stop {LISTEN_ID}")):
        asked = c.msg(340 + 100 * k, 300, message)
        c.wire(listens, asked, k)
        c.wire(asked, c.obj(340 + 100 * k, 330, OUT))
    return c


def _faders() -> Canvas:
    """Each at its setting of the voice, while there is one."""
    c = Canvas(760, 380, "faders")
    for k, name in enumerate((*START, "loop")):
        x = 20 + 180 * k
        moved, gate = c.obj(x, 20, f"r $0-{name}"), c.obj(x, 140, "spigot")
        c.wire(c.obj(x + 60, 110, "r $0-heard"), gate, 0, 1)
        c.chain(moved, gate, c.msg(x, 170, f"/voice/set {BLEND_ID} {name} $1"), c.obj(x, 200, OUT))
        if name == "loop":
            continue
        shown, start = c.msg(x, 50, "set $1"), c.msg(x, 270, f"set {START[name]:g}")
        c.wire(moved, shown)
        c.chain(c.obj(x, 240, "loadbang"), start)
        for j, receiver in enumerate((f"s blend-{name}", f"s blend-{name}-number")):
            c.wire(shown, c.obj(x + 60, 50 + 25 * j, receiver))
            c.wire(start, c.obj(x, 300 + 30 * j, receiver))
    back = c.msg(230, 100, "set 0")  # a mix that is moved takes the curve back
    c.wire(c.obj(230, 75, "r $0-mix"), back)
    c.chain(back, c.obj(290, 100, "s blend-use"))
    c.chain(c.obj(560, 240, "loadbang"), c.msg(560, 270, "set 1"), c.obj(560, 300, "s blend-loop"))
    return c


def _curve() -> Canvas:
    """Looks whether the curve was drawn, and sends it."""
    c = Canvas(760, 420, "curve")
    flat = START["mix"] * CURVE_POINTS
    changed = c.obj(20, 110, f"change {flat:g}")
    c.chain(
        c.obj(20, 20, "loadbang"), c.obj(20, 50, f"metro {LOOK_MS}"), c.obj(20, 80, "array sum blend-curve"), changed
    )
    c.chain(changed, c.obj(20, 140, "t b"), c.msg(20, 170, "1"), c.obj(20, 200, "s blend-use"))
    used, gates = c.obj(200, 50, "sel 1 0"), []
    c.wire(c.obj(200, 20, "r $0-use"), used)
    for k in range(2):
        gates.append(c.obj(200 + 120 * k, 110, "spigot"))
        c.wire(c.obj(240 + 120 * k, 80, "r $0-heard"), gates[k], 0, 1)
    c.chain(used, gates[0], c.obj(200, 140, "s $0-send-curve"))
    mix = c.obj(320, 170, f"f {START['mix']:g}")
    c.wire(used, gates[1], 1)
    c.wire(c.obj(380, 140, "r $0-mix"), mix, 0, 1)
    c.chain(gates[1], mix, c.msg(320, 200, f"/voice/set {BLEND_ID} mix $1"), c.obj(320, 230, OUT))

    order = c.obj(520, 50, "t b b")
    values, place = c.subpatch(560, 110, each(1)), c.obj(560, 140, "unpack f f")
    c.chain(c.obj(520, 20, "r $0-send-curve"), order)
    got = c.obj(560, 80, "array get blend-curve")
    c.wire(order, got, 1)
    c.chain(got, values, place)
    kept, along = c.obj(560, 260, "f"), c.obj(560, 180, "t b f f f")
    clip = c.obj(660, 170, "clip -1 2")
    c.wire(place, clip, 1)
    c.wire(clip, kept, 0, 1)
    c.chain(place, along, kept)
    times, mixes = c.obj(400, 330, "tabwrite $0-pairs"), c.obj(560, 330, "tabwrite $0-pairs")
    c.wire(kept, mixes)
    for outlet, words, target, inlet in (
        (3, "expr 2 * $f1 - 1", mixes, 1),
        (2, "expr 2 * $f1 - 2", times, 1),
        (1, f"expr ($f1 - 1) / {CURVE_POINTS - 1}", times, 0),
    ):
        one = c.obj(400 + 80 * outlet, 210 + 25 * outlet, words)
        c.wire(along, one, outlet)
        c.wire(one, target, 0, inlet)
    c.obj(400, 380, f"array define $0-pairs {2 * CURVE_POINTS}")
    pairs = c.obj(400, 80, "array get $0-pairs")
    c.chain(
        order,
        pairs,
        c.obj(400, 110, f"list prepend /curve {BLEND_ID}"),
        c.obj(400, 140, "list trim"),
        c.obj(400, 165, OUT),
    )
    return c


# -- the face ----------------------------------------------------------------------------------------------------------


def blend() -> Canvas:
    """blend.pd."""
    c = Canvas(680, 460, at=(60, 60))
    c.text(
        20,
        10,
        "Two recordings at once. /load a model that encodes such, list what the sounds folder holds, choose.",
        90,
    )
    c.panel(20, 40, 170, 340, back="#e4e0d8")
    client = c.obj(26, 72, "oscvae 127.0.0.1 9000")
    c.wire(c.obj(26, 46, "r $0-out"), client)
    told = c.subpatch(26, 390, _told())
    for k in range(len(OUTLETS)):
        c.wire(client, told, k, k)
    c.panel(200, 40, 460, 100, label="sounds")
    c.bang(330, 46, send="$0-list", receive="blend-list", label="list them in Pd's own window")
    c.chain(c.obj(500, 390, "r $0-list"), c.msg(500, 415, "/sounds"), c.obj(570, 415, OUT))
    for k, side in enumerate(SIDES):
        y = 76 + 30 * k
        c.number(210, y, 1, SOUNDS_MOST, send=f"$0-{side}", receive=f"blend-{side}", width=4, label=side)
        c.symbol(290, y, 44, receive=f"blend-{side}-name")
    c.panel(200, 150, 460, 230, label="mix over the recordings: drawn, -1 to 2")
    c.toggle(530, 156, send="$0-use", receive="blend-use", label="this curve")
    c.array(220, 180, "blend-curve", [START["mix"]] * CURVE_POINTS, -1, 2, GRAPH)
    c.text(625, 246, "b")
    c.text(625, 296, "a")
    for k, fader in enumerate(BLEND_FADERS):
        x = 210 + 150 * k
        names = {"send": f"$0-{fader.name}", "label": fader.name}
        c.slider(x, 340, fader.low, fader.high, width=100, receive=f"blend-{fader.name}", send=names["send"])
        c.number(x, 358, fader.low, fader.high, receive=f"blend-{fader.name}-number", **names)
    c.bang(210, 390, 30, send="$0-start", receive="blend-start", label="start")
    c.bang(300, 390, 30, send="$0-stop", receive="blend-stop", label="stop")
    c.toggle(390, 396, send="$0-loop", receive="blend-loop", label="loop")
    c.toggle(450, 396, receive="blend-light")
    c.toggle(500, 396, send="$0-listen", receive="blend-listen", label="listen to in_1")
    c.text(20, 430, "Behind it:")
    for k, inner in enumerate((_chosen("a"), _chosen("b"), _plays(), _faders(), _curve())):
        c.subpatch(110 + 105 * k, 432, inner)
    return c
