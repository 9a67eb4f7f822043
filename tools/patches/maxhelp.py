"""oscvae.maxhelp: everything to play with on one page, every message of the client, and what leaves its outlets.

Each part is made at a place of its own in the patch; what is touched or looked at is in the presentation.
"""

from __future__ import annotations

from face import (
    FADERS,
    GLIDE_S,
    HEARD,
    KEYS,
    MACROS,
    MESSAGES,
    MODES,
    OUTLETS,
    PADS,
    PRESETS,
    RECORDING,
    TRAVEL_S,
    Fader,
)
from maxfile import Area, Place, Sheet
from maxmsp import HEIGHT, WIDTH
from py2max.core.box import Box

FINE = 1000  # steps of a pad, whose object knows whole numbers only
SLIDER = 127.0  # what a slider of Max gives at its end
QUIET_DB = -60
STATUS_MS = 2000
FOLLOWED = (
    *(fader.address for fader in FADERS),
    *(f"/macro/{k}" for k in range(1, len(MACROS) + 1)),
    "/sustain",
    "/mode",
    "pad",
    "voices",
    "/macros.reply",
    "/presets.reply",
    "/models.reply",
)
"""What the client says of this at its last outlet moves the face, or is printed."""
PLAIN = (
    "Without Node: [udpsend 127.0.0.1 9000] plays. [udpreceive 9001] hears what sounds and what others change, once "
    "/notify 1 9001 was sent and for as long as something is sent once a minute. Answers, /done and /fail, go to the "
    "socket of udpsend, where Max does not listen."
)


def _pad(s: Sheet, k: int, x: float, y: float, client: Box, told: Box, outlet: int) -> None:
    pad = s.ui(
        "pictslider",
        x,
        y,
        (210 + 180 * (k - 1), 70, 170, 170),
        f"pad-{k}",
        leftvalue=0,
        rightvalue=FINE,
        bottomvalue=0,
        topvalue=FINE,
    )
    both = s.obj(x, y + 215, "pack 0. 0.")
    for axis in range(2):
        share = s.obj(x + 90 * axis, y + 180, f"/ {FINE:g}.")
        s.wire(pad, share, axis)
        s.wire(share, both, 0, axis)
    s.chain(both, s.obj(x, y + 245, f"prepend /pad/{k}"), client)
    steps = s.obj(x, y + 285, f"vexpr $f1 * {FINE:g}.")
    s.wire(told, steps, outlet)
    s.chain(steps, s.obj(x, y + 315, "prepend set"), pad)


def _fader(s: Sheet, k: int, fader: Fader, x: float, y: float, client: Box, told: Box) -> None:
    """A slider and a number, each of which moves the other."""
    top = 268 + 23 * k
    low, high = float(fader.low), float(fader.high)
    slider = s.ui("slider", x, y, (20, top, 170, 20), f"{fader.name}-slider", orientation=1, floatoutput=1)
    number = s.number(x, y + 60, (196, top), fader.name, low, high)
    s.note(x, y + 130, f"{fader.name} {fader.unit}".strip(), (260, top))
    s.chain(slider, s.obj(x, y + 30, f"scale 0. {SLIDER} {low} {high}"), number)
    s.chain(number, s.obj(x, y + 90, f"prepend {fader.address}"), client)
    shown = s.obj(x + 90, y + 235, "prepend set")
    s.wire(told, shown, k)
    s.wire(shown, number)
    place = s.obj(x, y + 200, f"scale {low} {high} 0. {SLIDER}")
    s.wire(told, place, k)
    s.wire(number, place)
    s.chain(place, s.obj(x, y + 235, "prepend set"), slider)
    start = s.obj(x, y + 275, f"loadmess {float(fader.start)}")
    s.wire(start, place)
    s.wire(start, shown)


def _macros(s: Sheet, x: float, y: float, client: Box, told: Box) -> None:
    s.note(x, y - 30, "macros", (830, 70))
    first = s.obj(x, y, "t b")
    s.wire(client, first, OUTLETS.index("/model"))
    s.chain(first, s.msg(x, y + 30, "/macros"), client)
    names = s.obj(x + 100, y, f"unpack {' '.join('s' * len(MACROS))}")
    s.wire(told, names, FOLLOWED.index("/macros.reply"))
    for k, name in enumerate(MACROS):
        left, top = x + 190 * k, 96 + 28 * k
        slider = s.ui("slider", left, y + 80, (830, top, 130, 22), f"macro-{k + 1}", orientation=1, floatoutput=1)
        shares = s.obj(left, y + 120, f"scale 0. {SLIDER} 0. 1.")
        s.chain(slider, shares, s.obj(left, y + 150, f"prepend /macro/{k + 1}"), client)
        place = s.obj(left, y + 200, f"scale 0. 1. 0. {SLIDER}")
        s.wire(told, place, FOLLOWED.index(f"/macro/{k + 1}"))
        s.chain(place, s.obj(left, y + 230, "prepend set"), slider)
        called = s.note(left, y + 300, name, (966, top), wide=108, name=f"macro-{k + 1}-name")
        shown = s.obj(left, y + 270, "prepend set")
        s.wire(names, shown, k)
        s.wire(shown, called)


def _keys(s: Sheet, x: float, y: float, client: Box) -> None:
    keys = s.ui("kslider", x, y, (20, 470, 450, 60), "keys", offset=KEYS[0], range=len(KEYS), mode=0)
    notes = s.obj(x, y + 110, "makenote 100 1500")
    both = s.obj(x, y + 140, "pack 0 0")
    s.chain(keys, notes, both, s.obj(x, y + 170, "prepend /note"), client)
    s.wire(notes, both, 1, 1)
    for k, (name, start, low, high) in enumerate((("velocity", 100, 1, 127), ("milliseconds", 1500, 20, 10000))):
        left, top = x + 150 + 130 * k, 474 + 28 * k
        number = s.number(left, y + 110, (490, top), name, low, high)
        s.note(left, y + 140, name, (554, top))
        s.chain(s.obj(left, y + 80, f"loadmess {start}"), number)
        s.wire(number, notes, 0, 1 + k)
    midi = s.obj(x, y + 210, "notein")
    played = s.obj(x, y + 240, "pack 0 0")
    s.chain(midi, played, s.obj(x, y + 270, "prepend /note"), client)
    s.wire(midi, played, 1, 1)


def _seconds(s: Sheet, x: float, y: float, high: float, start: float, at: Place, name: str, text: str) -> Box:
    number = s.number(x, y + 30, at, name, 0.0, high)
    s.note(x + 70, y + 30, text, (at[0] + 64, at[1]))
    s.chain(s.obj(x, y, f"loadmess {start:g}"), number)
    return number


def _presets(s: Sheet, x: float, y: float, client: Box) -> None:
    names = [str(k) for k in PRESETS]
    s.note(x, y, "recall", (580, 70))
    s.note(x + 240, y, "save", (580, 118))
    recall = s.ui("tab", x, y + 30, (580, 92, 220, 24), "recall", tabs=names)
    save = s.ui("tab", x + 240, y + 30, (580, 140, 220, 24), "save", tabs=names)
    glide = _seconds(s, x + 120, y + 60, GLIDE_S, 1, (580, 174), "glide", "seconds of the glide")
    both = s.obj(x, y + 120, "pack 1 0.")
    s.chain(recall, s.obj(x, y + 60, "+ 1"), both, s.obj(x, y + 150, "prepend /preset/recall"), client)
    s.wire(glide, both, 0, 1)
    s.chain(save, s.obj(x + 360, y + 60, "+ 1"), s.obj(x + 360, y + 90, "prepend /preset/save"), client)
    for k, (text, word) in enumerate((("middle", "home"), ("anywhere", "wander"))):
        left = x + 180 * k
        button = s.button(left, y + 190, (580 + 112 * k, 206, 104, 24), word, text)
        kept = s.obj(left, y + 220, "f")
        s.wire(glide, kept, 0, 1)
        s.chain(button, kept, s.obj(left, y + 250, f"prepend {word}"), client)


def _journey(s: Sheet, x: float, y: float, client: Box) -> None:
    s.note(x, y, "a note from A to B", (490, 268))
    for k, name in enumerate("ab"):
        button = s.button(x + 120 * k, y + 30, (490 + 96 * k, 294, 90, 24), name, f"{name.upper()} is here")
        s.chain(button, s.msg(x + 120 * k, y + 60, f"keep {name}"), client)
    note = s.number(x + 120, y + 130, (490, 324), "travel-note", KEYS[0], KEYS[-1])
    s.note(x + 190, y + 130, "note", (554, 324))
    s.chain(s.obj(x + 120, y + 100, "loadmess 60"), note)
    seconds = _seconds(s, x + 240, y + 100, TRAVEL_S, 3, (490, 350), "travel-seconds", "seconds")
    play = s.button(x, y + 100, (490, 380, 104, 30), "travel", "play")
    kept = s.obj(x, y + 150, "i 60")
    both = s.obj(x, y + 180, "pack 60 3.")
    s.wire(note, kept, 0, 1)
    s.wire(seconds, both, 0, 1)
    s.chain(play, kept, both, s.obj(x, y + 210, "prepend travel"), client)


def _buttons(s: Sheet, x: float, y: float, client: Box, told: Box) -> None:
    pedal = s.ui("toggle", x, y, (20, 430, 24, 24), "pedal")
    s.note(x + 40, y, "pedal", (48, 431))
    s.chain(pedal, s.obj(x, y + 40, "prepend /sustain"), client)
    back = s.obj(x, y + 70, "prepend set")
    s.wire(told, back, FOLLOWED.index("/sustain"))
    s.wire(back, pedal)
    shown = s.obj(x + 1000, y + 120, "prepend set")
    s.wire(told, shown, FOLLOWED.index("/mode"))
    s.wire(shown, s.note(x + 1000, y + 150, MODES[0], (624, 431), wide=60, name="mode-shown"))
    chosen = s.obj(x + 700, y + 180, "prepend /mode")
    s.wire(chosen, client)
    for k, mode in enumerate(MODES):
        button = s.button(x + 700 + 100 * k, y + 120, (400 + 74 * k, 430, 70, 24), mode, mode)
        word = s.msg(x + 700 + 100 * k, y + 150, mode)
        s.chain(button, word, chosen)
        s.wire(word, shown)
    record = s.ui("toggle", x + 600, y, (310, 430, 24, 24), "record")
    s.note(x + 640, y, "record", (338, 431))
    choice = s.obj(x + 600, y + 40, "sel 1 0")
    s.wire(record, choice)
    for k, words in enumerate((f"/record {RECORDING}", "/record")):
        box = s.msg(x + 600 + 120 * k, y + 70, words)
        s.wire(choice, box, k)
        s.wire(box, client)
    places = {"stop": (110, 430), "panic": (200, 430), "models": (646, 474), "presets": (740, 474)}
    for k, (name, place) in enumerate(places.items()):
        button = s.button(x + 150 + 100 * k, y, (*place, 84, 24), name, name)
        s.chain(button, s.msg(x + 150 + 100 * k, y + 40, f"/{name}"), client)
    s.note(x + 150, y + 80, "are printed in the Max console", (646, 502))


def _gauges(s: Sheet, x: float, y: float, client: Box, told: Box) -> None:
    s.note(x, y, "how it is", (690, 268))
    levels = s.obj(x, y + 30, "unpack 0. 0.")
    s.wire(client, levels, OUTLETS.index("/level"))
    for k in range(2):
        area: Area = (690 + 24 * k, 294, 20, 120)
        meter = s.ui("slider", x + 210 * k, y + 90, area, ("left", "right")[k], orientation=2, ignoreclick=1)
        decibels = s.obj(x + 210 * k, y + 60, f"scale {QUIET_DB}. 0. 0. {SLIDER}")
        s.wire(levels, decibels, k)
        s.wire(decibels, meter)
    figures = s.obj(x + 420, y + 30, "unpack 0 0. 0. 0 0 0")
    s.wire(client, figures, OUTLETS.index("/status.reply"))
    numbers = {}
    for k, (name, outlet) in enumerate((("voices", 0), ("cpu", 1), ("underruns", 3), ("late", 4), ("xruns", 5))):
        left, top = x + 420 + 90 * k, 294 + 26 * k
        numbers[name] = s.number(left, y + 90, (744, top), name)
        s.note(left, y + 120, name, (808, top))
        s.wire(figures, numbers[name], outlet)
    s.wire(told, numbers["voices"], FOLLOWED.index("voices"))
    s.wire(client, numbers["xruns"], OUTLETS.index("/xrun"))
    first = s.obj(x + 420, y + 160, "t 1")
    s.wire(client, first, OUTLETS.index("/model"))
    s.chain(first, s.obj(x + 420, y + 190, f"metro {STATUS_MS}"), s.msg(x + 420, y + 220, "/status"), client)


def _messages(s: Sheet, x: float, y: float, client: Box) -> None:
    """In two columns."""
    s.note(x, y - 30, "Any message goes to the daemon, with its slash or without: docs/osc.md lists them.", (20, 533))
    rows = -(-len(MESSAGES) // 2)
    for k, (words, meaning) in enumerate(MESSAGES):
        column, row = divmod(k, rows)
        left, top = 20 + 560 * column, 556 + 23 * row
        box = s.msg(x + 300 * column, y + 30 * row, words, (left, top))
        s.note(x + 600 + 320 * column, y + 30 * row, meaning, (left + 236, top))
        s.wire(box, client)


def _outlets(s: Sheet, x: float, y: float, client: Box, told: Box) -> None:
    s.note(x, y - 30, "outlets", (890, 268))
    for k, (name, meaning) in enumerate(zip(OUTLETS, HEARD, strict=True)):
        s.note(x, y + 30 * k, f"{k + 1} {name}: {meaning}", (890, 294 + 23 * k))
    for k, name in enumerate(("/done", "/fail", "/model")):
        box = s.obj(x + 340, y + 30 * k, f"print oscvae-{name[1:]}")
        s.wire(client, box, OUTLETS.index(name))
    for k, name in enumerate(("/presets.reply", "/models.reply")):
        box = s.obj(x + 340, y + 90 + 30 * k, f"print oscvae-{name[1:].partition('.')[0]}")
        s.wire(told, box, FOLLOWED.index(name))
    s.note(x - 500, y + 280, PLAIN, (20, 741), wide=1180)


def help_patch() -> Sheet:
    """oscvae.maxhelp."""
    s = Sheet(1220, 780)  # what small screens show
    s.note(30, 10, "oscvae: a client for the latent-space synthesiser", (20, 10), size=16)
    s.note(30, 45, "Start the daemon (oscvae serve), then play. The light says that it answers.", (20, 40))
    client = s.bpatcher(30, 920, (20, 70, WIDTH, HEIGHT), "oscvae.maxpat", len(OUTLETS), ("127.0.0.1", 9000))
    s.note(30, 890, "arguments: host, port", (20, 186))
    told = s.obj(30, 1080, f"route {' '.join(FOLLOWED)}", width=660)
    s.wire(client, told, OUTLETS.index("the rest"))
    pads = s.obj(700, 1080, f"route {' '.join(map(str, PADS))}")
    s.wire(told, pads, FOLLOWED.index("pad"))
    for k in PADS:
        _pad(s, k, 30 + 230 * (k - 1), 90, client, pads, k - 1)
    for k, fader in enumerate(FADERS):
        _fader(s, k, fader, 500 + 210 * k, 90, client, told)
    _macros(s, 2010, 90, client, told)
    _keys(s, 30, 480, client)
    _presets(s, 560, 480, client)
    _journey(s, 1100, 480, client)
    _buttons(s, 560, 800, client, told)
    _gauges(s, 300, 1140, client, told)
    _messages(s, 30, 1460, client)
    _outlets(s, 1250, 1460, client, told)
    return s
