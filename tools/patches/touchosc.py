"""The TouchOSC layouts: two pads, keys, presets, faders, macros, and what the daemon tells, for a tablet and a phone.

Through py2tosc, because a .tosc is a compressed tree of XML whose vocabulary is TouchOSC's own. Ids are made of the
controls' places in the tree, so that the same layout gives the same file.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import py2tosc
from face import DIMS, FADERS, GLIDE_S, KEYS, MACROS, MODES, PADS, PRESETS, RECORDING, Fader, axes, is_black
from py2tosc import AlignH, AlignV, ButtonType, Control, Document, Orientation, Trigger, Value, ui

RECEIVE_PORT = 9001
TABLET, PHONE = (1024, 768), (812, 375)
LATENT_RANGE = (-2.0, 2.0)  # until the daemon says what its model has
KEY_VELOCITY = 100
COMMON, SCRIPT = (Path(__file__).with_name(name) for name in ("touch.lua", "touchosc.lua"))

GROUND, PANEL = (0.10, 0.10, 0.11, 1.0), (0.17, 0.17, 0.18, 1.0)
INK, DIM = (0.93, 0.92, 0.90, 1.0), (0.55, 0.54, 0.52, 1.0)
ACCENT, COOL, ALARM = (0.85, 0.45, 0.22, 1.0), (0.35, 0.55, 0.62, 1.0), (0.75, 0.20, 0.18, 1.0)
MACRO = (0.62, 0.55, 0.80, 1.0)
WHITE_KEY, BLACK_KEY = (0.90, 0.89, 0.86, 1.0), (0.22, 0.22, 0.24, 1.0)

_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "oscvae/touchosc")
_FLOAT, _INT = "FLOAT", "INTEGER"


def _number(value: float) -> Any:
    return ui.const(f"{value:g}", conversion=_INT if value == int(value) else _FLOAT)


def _label(text: str, *, name: str = "", size: float = 14, color: Any = INK, left: bool = False) -> Control:
    return py2tosc.label(
        name=name or f"label {text}",
        background=False,
        outline=False,
        text_size=size,
        text_color=color,
        text_align_h=AlignH.LEFT if left else AlignH.CENTER,
        values=[Value("text", default=text), Value("touch", default=False)],
    )


def _values(**starts: float) -> list[Value]:
    return [*(Value(name, default=start) for name, start in starts.items()), Value("touch", default=False)]


def _button(
    name: str,
    *messages: Any,
    color: Any = COOL,
    toggle: bool = False,
    on: bool = False,
    script: str = "",
    caption: str = "",
    size: float = 15,
) -> Control:
    """A button under its caption. on: a toggle that begins so."""
    button = py2tosc.button(name=name, color=color, corner_radius=3, messages=list(messages))
    if toggle:
        button.set("button_type", ButtonType.TOGGLE_PRESS)
    if on:
        button.values = _values(x=1)
    if script:
        button.set("script", script)
    return ui.labelled(button, caption or name, size=size, name=f"{name} button")


def _notifying(key: str, *, released: bool = False) -> str:
    """Tells the root that the control was pressed; released: that a toggle went back, too."""
    if released:
        return (
            f"function onValueChanged(key)\n  if key == 'x' then\n    root:notify('{key}', self.values.x)\n  end\nend\n"
        )
    return (
        f"function onValueChanged(key)\n  if key == 'x' and self.values.x == 1 then\n"
        f"    root:notify('{key}', self.name)\n  end\nend\n"
    )


# -- the parts ---------------------------------------------------------------------------------------------------------


def _pad(number: int) -> Control:
    """What is touched and sends, and over it, out of reach, what it moves and where the cursor is."""
    cursor = py2tosc.xy(
        name=f"cursor {number}",
        color=ACCENT,
        interactive=False,
        background=False,
        grid_x=False,
        grid_y=False,
        values=[
            py2tosc.Value("x", default=0.5),
            py2tosc.Value("y", default=0.5),
            py2tosc.Value("touch", default=False),
        ],
    )
    moved = [Trigger("x", "ANY"), Trigger("y", "ANY"), Trigger("touch", "FALL")]
    pad = py2tosc.xy(
        name=f"pad {number}",
        color=PANEL,
        cursor=False,
        lines=False,
        messages=[
            # once more where the finger leaves it, so that the last place is sent even if it is the one before
            ui.osc(f"/pad/{number}", args=[ui.value("x"), ui.value("y")], triggers=moved, receive=False),
            ui.connect(cursor, source="x", to="x"),
            ui.connect(cursor, source="y", to="y", var="y"),
        ],
        values=[
            py2tosc.Value("x", default=0.5),
            py2tosc.Value("y", default=0.5),
            py2tosc.Value("touch", default=False),
        ],
    )
    caption = _label(axes(number), name=f"pad {number} axes", size=13, color=DIM)
    caption.set("interactive", False)
    caption.set("text_align_v", AlignV.TOP)
    return ui.stack(pad, caption, cursor, name=f"field {number}")


def _shows_value(low: float, high: float, told: str = "") -> str:
    """Writes a fader's value into the label beside it; told: the key at which the root is told, too."""
    tells = f"    root:notify('{told}', self.name)\n" if told else ""
    return (
        f"function onValueChanged(key)\n  if key == 'x' then\n"
        f"    local shown = self.parent:findByName(self.name .. ' value', true)\n"
        f"    shown.values.text = string.format('%.4g', {low:g} + {high - low:g} * self.values.x)\n{tells}  end\nend\n"
    )


def _strip(
    name: str,
    unit: str,
    low: float,
    high: float,
    start: float,
    *messages: Any,
    color: Any = ACCENT,
    told: str = "",
    size: float = 12,
) -> Control:
    """A fader over its name and its value, which its script writes."""
    fader = py2tosc.fader(
        name=name,
        color=color,
        corner_radius=3,
        script=_shows_value(low, high, told),
        messages=list(messages),
        values=_values(x=(start - low) / (high - low)),
    )
    caption = _label(f"{name} {unit}".strip(), size=size)
    shown = _label(f"{start:g}", name=f"{name} value", size=size, color=DIM)
    return ui.column(fader, caption, shown, sizes=(8, 1, 1), name=f"{name} strip")


def _fader(fader: Fader) -> Control:
    sent = ui.osc(fader.address, args=[ui.value("x", conversion=_FLOAT, scale=(fader.low, fader.high))])
    return _strip(fader.name, fader.unit, fader.low, fader.high, fader.start, sent)


def _glide() -> Control:
    """How long a preset takes: only read by the script."""
    return _strip("glide", "s", 0, GLIDE_S, 1, color=COOL)


def _way(name: str, caption: str, *messages: Any, color: Any = ACCENT, told: str = "", size: float = 13) -> Control:
    """A fader from 0 to 1 that lies, for a long way, over its caption and its value."""
    fader = py2tosc.fader(
        name=name,
        color=color,
        corner_radius=3,
        orientation=Orientation.EAST,
        script=_shows_value(0, 1, told),
        messages=list(messages),
        values=_values(x=0),
    )
    words = _label(caption, name=f"{name} name", size=size, left=True)
    shown = _label("0", name=f"{name} value", size=size, color=DIM)
    return ui.column(
        fader, ui.row(words, shown, sizes=(3, 1), name=f"{name} words"), sizes=(2, 1), name=f"{name} strip"
    )


def _macro(number: int, name: str) -> Control:
    """Its name is the one that the daemon tells."""
    sent = ui.osc(f"/macro/{number}", args=[ui.value("x", conversion=_FLOAT)])
    return _way(f"macro {number}", name, sent, color=MACRO)


def _macros() -> Iterator[Control]:
    for number, name in enumerate(MACROS, start=1):
        yield _macro(number, name)


def _presets(columns: int) -> Control:
    recall = _notifying("preset")
    buttons = [_button(str(k), script=recall, size=18) for k in PRESETS]
    tools = [
        _button("save", color=ACCENT, toggle=True, caption="save the next", size=13),
        _button("home", script=_notifying("home")),
    ]
    return ui.column(
        ui.tiles(*buttons, columns=columns, gap=6, name="presets"),
        ui.row(*tools, gap=6, name="preset tools"),
        sizes=(len(PRESETS) // columns, 1),
        gap=6,
        name="preset column",
    )


def _pedal() -> Control:
    return _button("pedal", ui.osc("/sustain", args=[ui.value("x", conversion=_INT)]), toggle=True)


def _stop() -> Control:
    return _button("stop", ui.osc("/stop", args=[], on="RISE", receive=False))


def _panic(size: float = 15) -> Control:
    return _button("panic", ui.osc("/panic", args=[], on="RISE", receive=False), color=ALARM, size=size)


def _record() -> Control:
    return _button("record", toggle=True, script=_notifying("record", released=True))


def _modes() -> Iterator[Control]:
    for mode in MODES:
        yield _button(mode, script=_notifying("mode"))


def _switches() -> Control:
    return ui.row(_pedal(), _stop(), _panic(), _record(), *_modes(), gap=6, name="switches")


def _meter(name: str) -> Control:
    return py2tosc.fader(name=name, color=COOL, interactive=False, cursor=False, orientation=Orientation.EAST)


def _state(*more: Control) -> Control:
    """What the daemon tells, with `more` at its end."""
    return ui.row(
        _label("oscvae", size=18, left=True),
        _label("model ?", name="model", color=DIM),
        _label("0 voices", name="voices", color=DIM),
        _label("0 xruns", name="xruns", color=DIM),
        _label(MODES[0], name="mode", color=DIM),
        _label("", name="keyboards", color=ACCENT),
        ui.column(_meter("left"), _meter("right"), gap=2, name="meters"),
        *more,
        gap=6,
        name="state",
    )


def _keyboard(notes: range) -> Control:
    """Placed by `_place_keys`, once its frame is known."""
    whites = [note for note in notes if not is_black(note)]
    blacks = [note for note in notes if is_black(note)]
    return py2tosc.group(name="keyboard", children=[_key(note) for note in [*whites, *blacks]])  # black ones on top


def _key(note: int) -> Control:
    played = ui.osc(
        "/note", args=[_number(note), ui.value("x", conversion=_FLOAT, scale=(0, KEY_VELOCITY))], receive=False
    )
    return py2tosc.button(name=f"key {note}", color=BLACK_KEY if is_black(note) else WHITE_KEY, messages=[played])


def _place_keys(keyboard: Control) -> None:
    keys = {int(key.name.split()[1]): key for key in keyboard.children}
    whites = [note for note in sorted(keys) if not is_black(note)]
    _, _, across, down = keyboard.frame
    width = across / len(whites)
    for note, key in keys.items():
        if is_black(note):
            key.set(
                "frame", (round((whites.index(note - 1) + 0.68) * width), 0, round(0.64 * width), round(0.6 * down))
            )
        else:
            left = round(whites.index(note) * width)
            key.set("frame", (left, 0, round((whites.index(note) + 1) * width) - left - 1, round(down)))


# -- the layouts -------------------------------------------------------------------------------------------------------


def tablet() -> Document:
    """Everything on one page."""
    body = ui.column(
        _state(),
        ui.row(*(_pad(k) for k in PADS), _presets(2), sizes=(3, 3, 2), gap=12, name="top"),
        ui.row(*_macros(), gap=12, name="macros"),
        ui.row(*map(_fader, FADERS), _glide(), gap=12, name="faders"),
        _switches(),
        _keyboard(KEYS),
        sizes=(1, 8, 1.8, 5, 1.2, 4),
        gap=10,
        pad=12,
        name="page",
    )
    return _playing("tablet", body, TABLET)


def phone() -> Document:
    """Four pages: pads with their keys, presets, sound, macros; panic is above all of them."""
    switches = ui.column(_pedal(), _stop(), _record(), gap=6, name="switches")
    top = ui.row(*(_pad(k) for k in PADS), switches, sizes=(4, 4, 1), gap=8, name="top")
    play = ui.column(top, _keyboard(KEYS), sizes=(4, 3), gap=8, pad=8, name="play")
    presets = ui.column(_presets(4), pad=8, name="recall")
    faders = ui.row(*map(_fader, FADERS), _glide(), gap=8, name="faders")
    sound = ui.column(faders, ui.row(*_modes(), gap=6, name="modes"), sizes=(5, 1), gap=8, pad=8, name="sound")
    macros = ui.column(*_macros(), gap=8, pad=8, name="macros")
    pages = ui.pager(play, presets, sound, macros, name="pages")
    body = ui.column(_state(_panic()), pages, sizes=(1.2, 8.8), name="page")
    return _playing("phone", body, PHONE)


def _playing(name: str, body: Control, size: tuple[int, int]) -> Document:
    low, high = (", ".join(f"{end:g}" for _ in range(DIMS)) for end in LATENT_RANGE)
    return _finished(name, body, size, SCRIPT, GLIDE_S=f"{GLIDE_S:g}", LOW=low, HIGH=high, RECORDING=RECORDING)


def _finished(name: str, body: Control, size: tuple[int, int], path: Path, **words: object) -> Document:
    """A layout with its frames, ids and script: that of all layouts, then its own, each @WORD@ in it written out."""
    script = f"{COMMON.read_text()}\n{path.read_text()}"
    for key, text in {"PORT": RECEIVE_PORT, **words}.items():
        script = script.replace(f"@{key}@", str(text))
    document = Document(root=ui.stack(body, name="oscvae", color=GROUND, script=script, frame=(0, 0, *size)))
    document.resolve()
    for control in document.walk():
        if control.get("name") == "keyboard":
            _place_keys(control)
    _settle_ids(document.root, name)
    if issues := document.validate():
        raise ValueError(f"{name}: {'; '.join(map(str, issues))}")
    return document


def _settle_ids(root: Control, layout: str) -> None:
    """Every id from the control's place in the tree, local messages included."""
    settled: dict[str, str] = {}

    def visit(control: Control, path: str) -> None:
        settled[control.id] = str(uuid.uuid5(_NAMES, path))
        for k, child in enumerate(control.children):
            visit(child, f"{path}/{k}")

    visit(root, layout)
    for control in root.walk():
        object.__setattr__(control, "id", settled[control.id])
        for message in control.messages:
            if isinstance(message, py2tosc.LocalMessage):
                message.dst_id = settled[message.dst_id]


def content(document: Document) -> bytes:
    """The bytes of the file."""
    return zlib.compress(py2tosc.dumps(document, pretty=False).encode())
