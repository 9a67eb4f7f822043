"""blend.maxpat: two recordings of the sounds folder, a curve that is drawn, and faders; through oscvae.maxpat."""

from __future__ import annotations

from face import BLEND_FADERS, CURVE_POINTS, LISTEN_ID, OUTLETS
from maxfile import Sheet
from maxmsp import HEIGHT, WIDTH
from py2max.core.box import Box

SIDES = ("a", "b")
SLIDER = 127.0  # what a slider of Max gives at its end
LOW, HIGH = next((float(fader.low), float(fader.high)) for fader in BLEND_FADERS if fader.name == "mix")


def _sounds(s: Sheet, x: float, y: float, client: Box, told: Box) -> None:
    """Two menus. told: its first outlets are what fills them."""
    route = s.obj(x, y, "route a b")
    s.wire(told, route)
    for k, side in enumerate(SIDES):
        left = x + 260 * k
        menu = s.ui("umenu", left, y + 60, (210, 96 + 30 * k, 250, 22), f"sound-{side}")
        s.note(left, y + 30, f"sound {side}", (466, 96 + 30 * k))
        s.wire(route, menu, k)  # which is chosen
        s.wire(route, menu, 2)  # what there is
        s.chain(menu, s.obj(left, y + 100, f"prepend blend {side}"), client)
    button = s.button(x + 520, y, (210, 66, 120, 24), "list", "list sounds")
    s.chain(button, s.msg(x + 520, y + 40, "/sounds"), client)


def _curve(s: Sheet, x: float, y: float, client: Box, told: Box) -> None:
    s.note(x, y - 30, "mix over the recordings: drawn, -1 to 2; 0 is a, 1 is b", (20, 200))
    curve = s.ui(
        "multislider",
        x,
        y,
        (20, 226, 520, 150),
        "curve",
        size=CURVE_POINTS,
        setminmax=[LOW, HIGH],
        setstyle=1,
        settype=1,
        contdata=1,
    )
    s.chain(curve, s.obj(x, y + 170, "prepend blend curve"), client)
    drawn = s.ui("led", x + 560, y, (470, 200, 18, 18), "drawn")
    s.wire(told, drawn, 1)
    s.note(x + 600, y, "counts", (492, 198))
    button = s.button(x + 560, y + 60, (400, 196, 64, 24), "plain", "no curve")
    s.chain(button, s.msg(x + 560, y + 100, "blend plain"), client)


def _faders(s: Sheet, x: float, y: float, client: Box) -> None:
    """A slider and a number, each of which moves the other."""
    for k, fader in enumerate(BLEND_FADERS):
        left, top = x + 330 * k, 390 + 26 * k
        low, high = float(fader.low), float(fader.high)
        slider = s.ui("slider", left, y, (20, top, 300, 22), f"{fader.name}-slider", orientation=1, floatoutput=1)
        number = s.number(left, y + 60, (326, top), fader.name, low, high)
        s.note(left, y + 130, fader.name, (390, top))
        s.chain(slider, s.obj(left, y + 30, f"scale 0. {SLIDER} {low} {high}"), number)
        s.chain(number, s.obj(left, y + 90, f"prepend blend {fader.name}"), client)
        place = s.obj(left, y + 200, f"scale {low} {high} 0. {SLIDER}")
        s.wire(number, place)
        s.chain(place, s.obj(left, y + 235, "prepend set"), slider)
        start = s.obj(left, y + 275, f"loadmess {float(fader.start)}")
        s.wire(start, place)
        shown = s.obj(left, y + 310, f"loadmess set {float(fader.start)}")
        s.wire(shown, number)


def _buttons(s: Sheet, x: float, y: float, client: Box, told: Box) -> None:
    for k, name in enumerate(("start", "stop")):
        button = s.button(x + 120 * k, y, (20 + 110 * k, 476, 100, 30), name, name)
        s.chain(button, s.msg(x + 120 * k, y + 40, f"blend {name}"), client)
    loop = s.ui("toggle", x + 260, y, (250, 480, 24, 24), "loop")
    s.note(x + 300, y, "loop", (278, 481))
    s.chain(loop, s.obj(x + 260, y + 40, "prepend blend loop"), client)
    s.chain(s.obj(x + 260, y - 40, "loadmess set 1"), loop)
    heard = s.ui("led", x + 400, y, (320, 482, 18, 18), "heard")
    s.wire(told, heard, 2)
    s.note(x + 440, y, "it is heard", (342, 481))
    listen = s.ui("toggle", x + 560, y, (440, 480, 24, 24), "listen")
    s.note(x + 600, y, "listen", (468, 481))
    either = s.obj(x + 560, y + 40, "sel 1 0")
    s.wire(listen, either)
    for k, message in enumerate((f"/listen {LISTEN_ID}", f"/voice/stop {LISTEN_ID}")):
        asked = s.msg(x + 560 + 140 * k, y + 80, message)
        s.wire(either, asked, k)
        s.wire(asked, client)


def blend() -> Sheet:
    """blend.maxpat."""
    s = Sheet(570, 530)
    s.note(30, 10, "oscvae: two recordings at once", (20, 10), size=16)
    words = "/load a model that encodes, as timbre. What is chosen is encoded, if it is not yet."
    s.note(30, 1130, words, (20, 36), size=10, wide=530)
    client = s.bpatcher(30, 900, (20, 66, WIDTH, HEIGHT), "oscvae.maxpat", len(OUTLETS), ("127.0.0.1", 9000))
    told = s.obj(30, 1060, "route sounds drawn heard", width=300)
    s.wire(client, told, OUTLETS.index("the rest"))
    for k, name in enumerate(("/fail", "/model")):
        s.wire(client, s.obj(400 + 160 * k, 1060, f"print blend-{name[1:]}"), OUTLETS.index(name))
    for k, model in enumerate(("timbre", "plucked")):
        s.wire(s.msg(700 + 140 * k, 860, f"/load {model}", (340 + 100 * k, 66)), client)
    _sounds(s, 30, 90, client, told)
    _curve(s, 30, 320, client, told)
    _faders(s, 800, 90, client)
    _buttons(s, 800, 560, client, told)
    return s
