"""Two recordings at once in TouchOSC: oscvae-blend.tosc, for a tablet and, as everything on it is large, a phone.

What the sounds folder holds is stepped through; start encodes what is not encoded yet and then begins. The curve is a
row of bars that the script draws where a finger goes over them. What the folder holds, what is encoded and what fails
is answered to whoever asks, so TouchOSC has to hear answers: over TCP it does.
"""

from __future__ import annotations

from pathlib import Path

import py2tosc
from face import BLEND_FADERS, BLEND_ID, LISTEN_ID, Fader
from py2tosc import AlignV, Control, Document, ui
from touchosc import ACCENT, COOL, DIM, PANEL, _button, _finished, _label, _notifying, _panic, _strip, _values, _way

SIZE = (1024, 640)
COLUMNS = 16  # of the curve
SCRIPT = Path(__file__).with_name("touchblend.lua")
HINT = "choose two sounds, then start"
POSITION, MIX, RATE = BLEND_FADERS
LETTERS, WORDS = 24.0, 20.0

_DRAWS = (
    "function onValueChanged(key)\n  if key ~= 'touch' then\n    root:notify('moved')\n"
    "  elseif self.values.touch then\n    root:notify('touched')\n  end\nend\n"
)


def _status() -> Control:
    """Over several lines, where the daemon's reason is long."""
    return py2tosc.text(
        name="status",
        background=False,
        outline=False,
        text_size=WORDS,
        text_align_v=AlignV.MIDDLE,
        values=[py2tosc.Value("text", default=HINT), py2tosc.Value("touch", default=False)],
    )


def _sound(side: str) -> Control:
    back, following = (
        _button(f"{name} {side}", script=_notifying("step"), caption=caption, size=LETTERS)
        for name, caption in (("back", "<"), ("next", ">"))
    )
    words = ui.column(
        _label(f"sound {side}", name=f"sound {side}", size=WORDS),
        _label("", name=f"place {side}", size=WORDS, color=DIM),
        name=f"words {side}",
    )
    return ui.row(back, words, following, sizes=(1, 4, 1), gap=6, name=f"side {side}")


def _curve() -> Control:
    """What is drawn, and over it, with nothing of its own to see, what is touched."""
    start = (MIX.start - MIX.low) / (MIX.high - MIX.low)
    bars = [
        py2tosc.fader(name=f"curve {k + 1}", color=COOL, interactive=False, cursor=False, values=_values(x=start))
        for k in range(COLUMNS)
    ]
    drawing = py2tosc.xy(
        name="drawing",
        color=PANEL,
        background=False,
        cursor=False,
        lines=False,
        grid_x=False,
        grid_y=False,
        script=_DRAWS,
        values=_values(x=0.5, y=start),
    )
    return ui.stack(ui.row(*bars, gap=2, name="bars"), drawing, name="field curve")


def _fader(fader: Fader) -> Control:
    return _strip(fader.name, "", fader.low, fader.high, fader.start, told="set", size=WORDS)


def _buttons() -> Control:
    buttons = [
        _button(name, script=_notifying(name), color=color, size=LETTERS)
        for name, color in (("start", ACCENT), ("stop", COOL))
    ]
    toggles = [
        _button(name, toggle=True, on=on, script=_notifying(name, released=True), size=LETTERS)
        for name, on in (("loop", True), ("listen", False))
    ]
    return ui.row(*buttons, *toggles, _panic(size=LETTERS), sizes=(2, 1, 1, 1, 1), gap=10, name="buttons")


def layout() -> Document:
    """Everything on one page, whose controls are a fingertip wide on a phone as well."""
    top = ui.row(_status(), _button("list", script=_notifying("list"), size=LETTERS), sizes=(6, 1), gap=10, name="top")
    drawn = ui.column(
        _curve(), _way(POSITION.name, POSITION.name, told="set", size=WORDS), sizes=(5, 2), gap=8, name="drawn"
    )
    body = ui.column(
        top,
        ui.row(_sound("a"), _sound("b"), gap=24, name="sounds"),
        ui.row(drawn, _fader(MIX), _fader(RATE), sizes=(7, 1, 1), gap=16, name="middle"),
        _buttons(),
        sizes=(1.2, 1.2, 5, 1.3),
        gap=12,
        pad=12,
        name="page",
    )
    ranges = ", ".join(f"{fader.name} = {{ {fader.low:g}, {fader.high:g} }}" for fader in BLEND_FADERS)
    words = {"VOICE": BLEND_ID, "LISTENER": LISTEN_ID, "COLUMNS": COLUMNS, "RANGES": ranges, "HINT": HINT}
    return _finished("blend", body, SIZE, SCRIPT, **words)
