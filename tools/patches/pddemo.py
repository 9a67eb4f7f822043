"""demo.pd, everything on one page.

The widgets of the demo are moved from elsewhere by their receive names: demo-key-60, demo-pad-1 (x y), demo-gain,
demo-macro-1 .., and the names on its pads by demo-names-1, demo-names-2.
"""

from __future__ import annotations

from face import (
    DIMS,
    FADERS,
    GLIDE_S,
    KEYS,
    MACROS,
    MODES,
    OUTLETS,
    PADS,
    PRESETS,
    RECORDING,
    TRAVEL_S,
    is_black,
)
from pd import FACE
from pdfile import DARK, LIGHT, Canvas
from pdpad import FIELD
from pdplaces import places, recalled

OUT = "s $0-out"  # to the client
ROW = 286  # height of the topmost panels, pixels
KEY = 26  # pixels from one white key to the next
STATUS_MS = 2000
SPREAD = 2.0  # random points lie this far around the middle
BUTTONS = {"sustain": "/sustain $1", "stop": "/stop", "panic": "/panic", "models": "/models", "list": "/presets"}
FLOATS = " ".join("f" * DIMS)
BANGS = " ".join("b" * DIMS)
SHOWN = ("demo-done", "demo-fail", "demo-model", "demo-presets", "demo-models")
"""What the demo prints, in Pd's own window."""


# -- behind the face ---------------------------------------------------------------------------------------------------


def _told() -> Canvas:
    """What the client hears goes to the widgets. Inlets: as the client's outlets."""
    c = Canvas(1440, 580, "told")
    done, fail, on, off, level, xrun, status, model, rest = (
        c.obj(20 + 100 * k, 20, "inlet") for k in range(len(OUTLETS))
    )
    c.chain(done, c.obj(20, 60, "print demo-done"))
    unknown = c.obj(120, 60, "route /places")  # by an older daemon
    c.chain(fail, unknown)
    c.wire(unknown, c.obj(120, 90, "print demo-fail"), 1)
    c.chain(xrun, c.obj(520, 60, "s demo-xruns"))
    c.chain(model, c.obj(720, 60, "print demo-model"))
    c.chain(model, c.obj(720, 90, "t b"), c.msg(720, 120, "/macros"), c.obj(720, 150, OUT))

    counted = c.obj(220, 210, "max 0")
    keep = c.obj(220, 240, "t f f")
    for source, x, step in ((on, 220, "+ 1"), (off, 320, "- 1")):
        c.chain(source, c.obj(x, 90, "t b"), c.obj(x, 120, "v $0-voices"), c.obj(x, 150, step), counted)
    c.chain(counted, keep, c.obj(220, 270, "v $0-voices"))
    c.wire(keep, c.obj(320, 270, "s demo-voices"), 1)

    sides = c.obj(420, 60, "unpack f f")
    c.wire(level, sides)
    for k, side in enumerate(("left", "right")):
        c.wire(sides, c.obj(420 + 40 * k, 90 + 30 * k, f"s demo-{side}"), k)

    figures = c.obj(620, 180, "unpack f f f f f f")
    c.wire(status, figures)
    c.wire(figures, keep, 0)
    for outlet, name in ((1, "cpu"), (3, "underruns"), (4, "late"), (5, "xruns")):
        c.wire(figures, c.obj(620 + 20 * outlet, 210 + 30 * outlet, f"s demo-{name}"), outlet)

    names = [*(fader.name for fader in FADERS), "sustain"]
    told = "cursor presets.reply models.reply macro macros.reply mode places.reply"
    follow = c.obj(820, 60, f"route {' '.join(names)} {told}")
    c.wire(rest, follow)
    for k, name in enumerate(names):
        setter = c.msg(820 + 30 * k, 100 + 30 * k, "set $1")
        c.wire(follow, setter, k)
        c.chain(setter, c.obj(900 + 30 * k, 100 + 30 * k, f"s demo-{name}"))
        if name != "sustain":
            c.wire(setter, c.obj(1060 + 30 * k, 100 + 30 * k, f"s demo-{name}-number"))
    for k, words in enumerate(("s $0-cursor", "print demo-presets", "print demo-models")):
        c.wire(follow, c.obj(820 + 20 * k, 330 + 30 * k, words), len(names) + k)
    c.wire(follow, c.subpatch(900, 420, _macro_follows()), len(names) + 3)
    shown, again = c.subpatch(20, 420, places(OUT)), c.obj(120, 390, "t b")
    changed = c.obj(20, 360, "route /preset/save /preset/delete")
    c.wire(model, shown)
    c.wire(follow, shown, len(names) + 6, 1)
    c.wire(again, shown, 0, 2)
    c.wire(follow, again, len(names) + 1)
    c.wire(done, changed)
    for outlet in range(2):
        c.wire(changed, again, outlet)
    mode = c.obj(1300, 300, "list append")
    c.wire(follow, mode, len(names) + 5)
    c.chain(mode, c.msg(1300, 330, "label $1"), c.obj(1300, 360, "s demo-mode"))
    called = c.obj(1010, 390, "list append")
    each = c.obj(1010, 420, f"unpack {' '.join('s' * len(MACROS))}")
    c.wire(follow, called, len(names) + 4)
    c.chain(called, each)
    for k in range(len(MACROS)):
        label = c.msg(1010 + 40 * k, 450 + 30 * k, "label $1")
        c.wire(each, label, k)
        c.chain(label, c.obj(1090 + 40 * k, 450 + 30 * k, f"s demo-macro-{k + 1}"))
    return c


def _macro_follows() -> Canvas:
    """Moves the slider of a macro without making it speak. Inlet: its number, which is a symbol, and 0..1."""
    c = Canvas(360, 320, "follow-macro")
    split = c.obj(20, 50, "list split 1")
    pair = c.obj(20, 110, "pack f f")
    order = c.obj(20, 140, "unpack f f")
    number = c.obj(20, 170, "t b f")
    value = c.obj(20, 230, "f")
    named = c.obj(120, 200, "makefilename demo-macro-%d")
    to = c.obj(20, 290, "send")
    c.chain(
        c.obj(20, 20, "inlet"), split, c.obj(20, 80, "float"), pair, order, number, value, c.msg(20, 260, "set $1"), to
    )
    c.wire(split, pair, 1, 1)
    c.wire(order, value, 1, 1)
    c.wire(number, named, 1)
    c.wire(named, to, 0, 1)
    return c


def _keys() -> Canvas:
    """The note of each key, for as long as the box beside the keyboard says, and a MIDI keyboard."""
    c = Canvas(900, 520, "keys")
    velocity, length = c.obj(320, 380, "r $0-velocity"), c.obj(460, 380, "r $0-length")
    notes = c.obj(20, 410, "makenote 100 600")
    both = c.obj(20, 440, "pack f f")
    c.chain(notes, both, c.msg(20, 470, "/note $1 $2"), c.obj(20, 500, OUT))
    c.wire(notes, both, 1, 1)
    c.wire(velocity, notes, 0, 1)
    c.wire(length, notes, 0, 2)
    for k, note in enumerate(KEYS):
        x, y = 20 + 96 * (k % 9), 20 + 110 * (k // 9)
        c.chain(c.obj(x, y, f"r $0-key-{note}"), c.msg(x, y + 30, str(note)), notes)
    midi = c.obj(700, 410, "notein")
    played = c.obj(700, 440, "pack f f")
    c.chain(midi, played, c.msg(700, 470, "/note $1 $2"), c.obj(700, 500, OUT))
    c.wire(midi, played, 1, 1)
    return c


def _faders() -> Canvas:
    """Every fader and macro at its own address, and what has no value."""
    c = Canvas(1120, 480, "faders")
    for k, fader in enumerate(FADERS):
        x = 20 + 140 * k
        moved = c.obj(x, 20, f"r $0-{fader.name}")
        c.chain(moved, c.msg(x, 50, f"{fader.address} $1"), c.obj(x, 80, OUT))
        shown = c.msg(x, 105, "set $1")  # the slider and the number beside it follow each other
        c.wire(moved, shown)
        c.wire(shown, c.obj(x + 50, 105, f"s demo-{fader.name}"))
        c.wire(shown, c.obj(x + 50, 125, f"s demo-{fader.name}-number"))
        opened = c.obj(x, 260, "loadbang")
        start = c.msg(x, 290, f"set {fader.start:g}")
        c.chain(opened, start, c.obj(x, 320, f"s demo-{fader.name}"))
        c.wire(start, c.obj(x, 345, f"s demo-{fader.name}-number"))
    for k in range(1, len(MACROS) + 1):
        x = 20 + 140 * (k - 1)
        c.chain(c.obj(x, 370, f"r $0-macro-{k}"), c.msg(x, 400, f"/macro/{k} $1"), c.obj(x, 430, OUT))
    for k, (name, words) in enumerate(BUTTONS.items()):
        x = 20 + 140 * k
        c.chain(c.obj(x, 140, f"r $0-{name}"), c.msg(x, 170, words), c.obj(x, 200, OUT))
    for k, mode in enumerate(MODES):
        x = 20 + 140 * (len(MACROS) + k)
        pressed = c.obj(x, 370, f"r $0-{mode}")
        c.chain(pressed, c.msg(x, 400, f"/mode {mode}"), c.obj(x, 430, OUT))
        c.chain(pressed, c.msg(x + 60, 415, f"label {mode}"), c.obj(x, 455, "s demo-mode"))
    record = c.obj(880, 170, "sel 1 0")
    c.wire(c.obj(880, 140, "r $0-record"), record)
    for k, words in enumerate((f"/record {RECORDING}", "/record")):
        start_stop = c.msg(880 + 110 * k, 200, words)
        c.wire(record, start_stop, k)
        c.wire(start_stop, c.obj(880 + 110 * k, 230, OUT))
    often = c.obj(720, 130, f"metro {STATUS_MS}")
    c.chain(often, c.msg(720, 170, "/status"), c.obj(720, 200, OUT))
    c.wire(c.obj(720, 100, "loadbang"), often)
    return c


def _presets() -> Canvas:
    """Recalls, gliding; or saves, once, while the toggle is on."""
    c = Canvas(900, 340, "presets")
    number = c.obj(20, 80, "t f")
    for k in PRESETS:
        x = 20 + 100 * (k - 1)
        c.chain(c.obj(x, 20, f"r $0-preset-{k}"), c.msg(x, 50, str(k)), number)
    both = c.obj(20, 140, "pack f f")
    chosen = c.obj(20, 170, "list prepend 0")
    route = c.obj(20, 200, "route 0 1")
    recall = c.msg(20, 260, "/preset/recall $1 $2")
    save = c.msg(220, 240, "/preset/save $1")
    out = c.obj(20, 300, OUT)
    c.chain(number, both, chosen, route, c.subpatch(20, 230, recalled()), recall, out)
    c.wire(c.obj(140, 110, "r $0-glide"), both, 0, 1)
    c.wire(c.obj(240, 140, "r $0-save"), chosen, 0, 1)
    c.wire(route, save, 1)
    c.wire(save, out)
    off = c.obj(400, 240, "t b")
    c.wire(route, off, 1)
    c.chain(off, c.msg(400, 270, "0"), c.obj(400, 300, "s demo-save"))
    return c


def _points() -> Canvas:
    """Two points of the latent space, A and B, kept from the cursor, and a note that travels from one to the other."""
    c = Canvas(900, 520, "points")
    cursor = c.obj(20, 50, f"route {' '.join(str(n + 1) for n in range(DIMS))}")
    c.chain(c.obj(20, 20, "r $0-cursor"), cursor)
    for n in range(DIMS):
        pair = c.obj(20 + 120 * n, 80, "unpack f f")
        c.wire(cursor, pair, n)
        c.wire(pair, c.obj(50 + 120 * n, 110, f"v $0-z-{n}"), 1)

    kept = []
    for k, (name, start) in enumerate((("a", -1), ("b", 1))):
        x = 20 + 440 * k
        order = c.obj(x, 180, f"t {BANGS}")
        point = c.obj(x, 250, f"pack {FLOATS}")
        c.chain(c.obj(x, 150, f"r $0-{name}"), order)
        for n in range(DIMS):
            cell = c.obj(x + 90 * n, 215, f"v $0-z-{n}")
            c.wire(order, cell, n)
            c.wire(cell, point, 0, n)
        kept.append(c.obj(x, 310, "list append"))
        c.wire(point, kept[k], 0, 1)
        first = c.msg(x + 120, 280, " ".join([str(start)] * DIMS))
        c.chain(c.obj(x + 120, 250, "loadbang"), first)
        c.wire(first, kept[k], 0, 1)

    order = c.obj(300, 310, "t b b b")
    points = c.obj(20, 350, "list append")
    note = c.obj(300, 380, "f 60")
    head = c.obj(300, 410, "pack f f")
    whole = c.obj(300, 440, "list append")
    c.chain(c.obj(300, 285, "r $0-travel"), order, note, head, whole)
    c.chain(whole, c.obj(300, 465, "list prepend /interp"), c.obj(300, 490, "list trim"), c.obj(420, 490, OUT))
    c.wire(order, kept[1], 2)
    c.wire(order, kept[0], 1)
    c.wire(kept[1], points, 0, 1)
    c.wire(kept[0], points)
    c.wire(points, whole, 0, 1)
    c.wire(c.obj(400, 350, "r $0-travel-note"), note, 0, 1)
    c.wire(c.obj(520, 380, "r $0-travel-seconds"), head, 0, 1)
    return c


def _travel() -> Canvas:
    """The cursor glides to the middle, or to a point that nobody has chosen."""
    c = Canvas(700, 340, "travel")
    order = c.obj(20, 60, f"t {BANGS}")
    target = c.obj(20, 190, f"pack {FLOATS}")
    c.chain(c.obj(20, 20, "r $0-random"), order)
    for n in range(DIMS):
        draw = c.obj(20 + 110 * n, 90, "random 2001")
        place = c.obj(20 + 110 * n, 130, f"expr {SPREAD:g} * ($f1 / 1000 - 1)")
        c.wire(order, draw, n)
        c.chain(draw, place)
        c.wire(place, target, 0, n)
    seconds = c.obj(20, 220, "list prepend 1")
    middle = c.msg(240, 190, " ".join(["0"] * DIMS))
    c.chain(target, seconds, c.obj(20, 250, "list prepend /glide"), c.obj(20, 275, "list trim"), c.obj(20, 300, OUT))
    c.chain(c.obj(240, 160, "r $0-home"), middle, seconds)
    c.wire(c.obj(400, 190, "r $0-glide"), seconds, 0, 1)
    return c


# -- the face ----------------------------------------------------------------------------------------------------------


def _keyboard(c: Canvas, x: int, y: int) -> None:
    whites = [note for note in KEYS if not is_black(note)]
    for k, note in enumerate(whites):
        c.bang(x + KEY * k, y + 30, KEY - 2, send=f"$0-key-{note}", receive=f"demo-key-{note}", back=LIGHT)
        if is_black(note + 1) and note + 1 in KEYS:
            across = x + KEY * k + KEY // 2
            c.bang(across, y, KEY - 2, send=f"$0-key-{note + 1}", receive=f"demo-key-{note + 1}", back=DARK)


def _pads(c: Canvas, x: int, y: int) -> None:
    c.panel(x, y, 2 * FIELD + 40, ROW, label="two pads: four latent dimensions, presets at their places")
    for k in PADS:
        c.subpatch(x + 12 + (FIELD + 16) * (k - 1), y + 54, _pad(k))


def _pad(number: int) -> Canvas:
    """A pad, of which only the field is seen."""
    c = Canvas(300, 360, f"pad-{number}", show=(20, 60, FIELD, FIELD))
    follows, pad = c.subpatch(20, 20, _pad_follows(number)), c.obj(20, 60, "oscvae-pad")
    c.wire(follows, pad)
    c.wire(follows, pad, 1, 1)
    c.wire(c.obj(140, 20, f"r demo-names-{number}"), pad, 0, 2)
    c.wire(pad, c.subpatch(20, 300, _pad_moves(number)))
    return c


def _client() -> Canvas:
    """The client, of which only its face is seen, and where what it hears goes."""
    c = Canvas(300, 260, "client", show=(20, 60, *FACE))
    client, told = c.obj(20, 60, "oscvae 127.0.0.1 9000"), c.subpatch(20, 220, _told())
    c.wire(c.obj(20, 20, "r $0-out"), client)
    for k in range(len(OUTLETS)):
        c.wire(client, told, k, k)
    return c


def _preset_buttons(c: Canvas, x: int, y: int) -> None:
    c.panel(x, y, 270, ROW, label="presets of this model")
    for k in PRESETS:
        c.bang(x + 10, y + 4 + 23 * k, 20, send=f"$0-preset-{k}", receive=f"demo-preset-{k}", label=str(k))
    c.toggle(x + 10, y + 218, send="$0-save", receive="demo-save", label="save the next one")
    c.bang(x + 170, y + 218, send="$0-list", receive="demo-list", label="list them")
    c.number(x + 10, y + 241, 0, GLIDE_S, start=1, send="$0-glide", receive="demo-glide", label="seconds of the glide")
    c.bang(x + 10, y + 264, send="$0-home", receive="demo-home", label="glide to the middle")
    c.bang(x + 170, y + 264, send="$0-random", receive="demo-random", label="anywhere")


def _sound(c: Canvas, x: int, y: int) -> None:
    c.panel(x, y, 340, 190, label="sound")
    for k, fader in enumerate(FADERS):
        c.slider(
            x + 10,
            y + 28 + 19 * k,
            fader.low,
            fader.high,
            width=150,
            send=f"$0-{fader.name}",
            receive=f"demo-{fader.name}",
        )
        c.number(
            x + 166,
            y + 27 + 19 * k,
            fader.low,
            fader.high,
            send=f"$0-{fader.name}",
            receive=f"demo-{fader.name}-number",
            label=f"{fader.name} {fader.unit}".strip(),
        )
    c.toggle(x + 10, y + 164, send="$0-sustain", receive="demo-sustain", label="pedal")
    c.bang(x + 90, y + 164, send="$0-stop", receive="demo-stop", label="stop")
    c.bang(x + 160, y + 164, send="$0-panic", receive="demo-panic", label="panic")
    c.toggle(x + 240, y + 164, send="$0-record", receive="demo-record", label="record")


def _macros(c: Canvas, x: int, y: int) -> None:
    c.panel(x, y, 900, 60, label="macros: each moves several parameters, as macros.map in config.yaml says")
    for k, name in enumerate(MACROS):
        c.slider(
            x + 10 + 222 * k,
            y + 34,
            0,
            1,
            width=100,
            send=f"$0-macro-{k + 1}",
            receive=f"demo-macro-{k + 1}",
            label=name,
        )


def _journey(c: Canvas, x: int, y: int) -> None:
    c.panel(x, y, 260, 190, label="a note from A to B")
    for k, name in enumerate("ab"):
        c.bang(x + 10 + 120 * k, y + 32, 26, send=f"$0-{name}", receive=f"demo-{name}", label=f"{name.upper()} is here")
    for k, (name, low, high, start) in enumerate((("note", KEYS[0], KEYS[-1], 60), ("seconds", 0, TRAVEL_S, 3))):
        at, send, receive = y + 72 + 28 * k, f"$0-travel-{name}", f"demo-travel-{name}"
        c.number(x + 10, at, low, high, start=start, label=name, send=send, receive=receive)
    c.bang(x + 10, y + 134, 40, send="$0-travel", receive="demo-travel", label="play")


def _gauges(c: Canvas, x: int, y: int) -> None:
    c.panel(x, y, 280, 190, label="how it is")
    c.meter(x + 12, y + 34, receive="demo-left", scale=False)
    c.meter(x + 38, y + 34, receive="demo-right", scale=True)
    for k, name in enumerate(("voices", "cpu", "underruns", "late", "xruns")):
        c.number(x + 110, y + 28 + 24 * k, -1e9, 1e9, receive=f"demo-{name}", label=name)
    c.bang(x + 110, y + 158, send="$0-models", receive="demo-models", label="list models")


def demo() -> Canvas:
    """demo.pd."""
    c = Canvas(940, 784, at=(40, 40))
    c.text(
        20,
        10,
        "oscvae: start the daemon (oscvae serve), then play. The light says that it answers. "
        "What is answered appears in Pd's own window.",
        128,
    )
    c.panel(20, 40, 170, ROW, back="#e4e0d8")
    c.subpatch(26, 72, _client())
    _pads(c, 200, 40)
    _preset_buttons(c, 650, 40)
    _sound(c, 20, 336)
    _journey(c, 370, 336)
    _gauges(c, 640, 336)

    _macros(c, 20, 536)
    c.panel(20, 606, 820, 110, label="keys: they sound at the cursor and follow the pads")
    _keyboard(c, 30, 639)
    c.number(460, 639, 1, 127, start=100, send="$0-velocity", receive="demo-velocity", label="velocity")
    c.number(460, 671, 20, 10000, start=1500, send="$0-length", receive="demo-length", label="milliseconds")
    c.text(670, 631, "A MIDI keyboard plays too: Media, MIDI settings.", 22)
    c.panel(850, 606, 70, 110, receive="demo-mode", label=MODES[0])  # its title is how keys play now
    for k, mode in enumerate(MODES):
        c.bang(856, 635 + 26 * k, send=f"$0-{mode}", receive=f"demo-{mode}", label=mode)

    c.text(20, 730, "Behind it:")
    for k, inner in enumerate((_keys(), _faders(), _presets(), _points(), _travel())):
        c.subpatch(110 + 90 * k, 730, inner)
    c.text(590, 730, "Another model:")
    c.chain(c.msg(700, 726, "/load plucked"), c.obj(700, 752, OUT))
    return c


def _pad_follows(number: int) -> Canvas:
    """Where others, a glide or a preset take the cursor. Outlets: x, y."""
    c = Canvas(300, 200, f"follow-{number}")
    route = c.obj(20, 50, f"route {2 * number - 1} {2 * number}")
    c.chain(c.obj(20, 20, "r $0-cursor"), route)
    for k in range(2):
        share = c.obj(20 + 130 * k, 90, "unpack f f")
        c.wire(route, share, k)
        c.chain(share, c.obj(20 + 130 * k, 130, "outlet"))
    return c


def _pad_moves(number: int) -> Canvas:
    """Inlet: x and y, from the puck."""
    c = Canvas(360, 160, f"moves-{number}")
    words = c.msg(20, 60, f"/pad/{number} $1 $2")
    c.chain(c.obj(20, 20, "inlet"), words, c.obj(20, 100, OUT))
    c.chain(c.obj(160, 20, f"r demo-pad-{number}"), words)
    return c
