"""The Open Stage Control session: two pads, keys, presets, faders, macros, and what the daemon tells.

A widget without an address answers to its id: hence ids that are no addresses of the daemon. A session is JSON whose
properties are those of the program's own reference
(https://openstagecontrol.ammd.net/docs/widgets/properties-reference/); what is left out keeps its default.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from face import DIMS, FADERS, GLIDE_S, KEYS, MACROS, MODES, PADS, PRESETS, RECORDING, Fader, axes

VERSION = "1.25.0"  # of the program whose properties these are
RENEW_MS = 20_000  # the daemon forgets who has been silent for a minute
LATENT_RANGE = (-2.0, 2.0)  # until the daemon says what its model has
KEY_VELOCITY = 100
QUIET_DB = -60
SIDES = ("left", "right")

Widget = dict[str, Any]
Place = tuple[float, float, float, float]  # left, top, width, height, in percent

ACCENT, COOL, ALARM, GROUND, MACRO = "#d97338", "#598c9e", "#bf332e", "#1a1a1c", "#9e8ccc"


def _at(place: Place) -> Widget:
    left, top, width, height = (f"{part:g}%" for part in place)
    return {"left": left, "top": top, "width": width, "height": height}


def _script(*lines: str) -> str:
    return "\n".join(lines)


# -- what is touched ---------------------------------------------------------------------------------------------------


def _pad(number: int, place: Place) -> Iterable[Widget]:
    """Under what its axes are called, which the daemon tells."""
    left, top, width, height = place
    yield _text(f"pad_{number}_axes", axes(number), (left, top, width, 3))
    yield {
        "type": "xy",
        "id": f"pad_{number}",
        **_at((left, top + 3, width, height - 3)),
        "snap": True,
        "pips": False,
        "colorWidget": ACCENT,
        "default": [0.5, 0.5],
        "address": f"/pad/{number}",
        "typeTags": "ff",
        "decimals": 4,
    }


def _fader(fader: Fader, place: Place) -> Widget:
    return {
        "type": "fader",
        "id": fader.name,
        **_at(place),
        "html": f"{fader.name} {fader.unit}".strip(),
        "design": "compact",
        "range": {"min": fader.low, "max": fader.high},
        "origin": min(max(0.0, fader.low), fader.high),
        "default": fader.start,
        "colorWidget": ACCENT,
        "address": fader.address,
        "typeTags": "f",
        "decimals": 3,
    }


def _macro(number: int, name: str, left: float, width: float) -> Iterable[Widget]:
    """A fader that lies, under its name, which the daemon tells."""
    yield _text(f"macro_{number}_name", name, (left, 41, width, 3.5))
    yield {
        "type": "fader",
        "id": f"macro_{number}",
        **_at((left, 44.5, width, 5)),
        "horizontal": True,
        "design": "compact",
        "range": {"min": 0, "max": 1},
        "default": 0,
        "colorWidget": MACRO,
        "address": f"/macro/{number}",
        "typeTags": "f",
        "decimals": 4,
    }


def _glide(place: Place) -> Widget:
    """Seconds: only read by the scripts."""
    return {
        "type": "fader",
        "id": "glide_seconds",
        **_at(place),
        "html": "glide s",
        "design": "compact",
        "range": {"min": 0, "max": GLIDE_S},
        "default": 1,
        "colorWidget": COOL,
        "bypass": True,
    }


def _tap(identity: str, label: str, place: Place, script: str) -> Widget:
    """A button whose script sends, and not the button."""
    return {
        "type": "button",
        "id": identity,
        **_at(place),
        "label": label,
        "mode": "tap",
        "colorWidget": COOL,
        "bypass": True,
        "onValue": script,
    }


def _preset(number: int, place: Place) -> Widget:
    name = f"{{type: 's', value: '{number}'}}"
    return _tap(
        f"preset_{number}",
        str(number),
        place,
        _script(
            "if (get('save_next') === 1) {",
            "    set('save_next', 0)",
            f"    send('/preset/save', {name})",
            "} else {",
            f"    send('/preset/recall', {name}, {{type: 'f', value: get('glide_seconds')}})",
            "}",
        ),
    )


def _home(place: Place) -> Widget:
    zeros = ", ".join(["{type: 'f', value: 0}"] * DIMS)
    return _tap("glide_home", "home", place, f"send('/glide', {{type: 'f', value: get('glide_seconds')}}, {zeros})")


def _keyboard(place: Place) -> Widget:
    return {
        "type": "keyboard",
        "id": "keys",
        **_at(place),
        "keys": len(KEYS),
        "start": KEYS[0],
        "on": KEY_VELOCITY,
        "off": 0,
        "mode": "push",
        "address": "/note",
        "typeTags": "ii",
        "decimals": 0,
    }


def _switch(identity: str, place: Place, color: str, **more: Any) -> Widget:
    return {"type": "button", "id": identity, **_at(place), "label": identity, "colorWidget": color, **more}


def _switches(top: float, height: float) -> list[Widget]:
    record = f"if (value === 1) send('/record', {{type: 's', value: '{RECORDING}'}})\nelse send('/record')"
    across = 99 / (4 + len(MODES))
    places = [(1 + across * k, top, across - 1, height) for k in range(4 + len(MODES))]
    return [
        _switch("pedal", places[0], COOL, mode="toggle", address="/sustain", typeTags="i"),
        _switch("stop", places[1], COOL, mode="momentary", address="/stop"),
        _switch("panic", places[2], ALARM, mode="momentary", address="/panic"),
        _switch("recording", places[3], COOL, label="record", mode="toggle", bypass=True, onValue=record),
        *(
            _tap(
                f"mode_{mode}",
                mode,
                place,
                _script(f"send('/mode', {{type: 's', value: '{mode}'}})", _tell("shown_mode", f"'{mode}'")),
            )
            for mode, place in zip(MODES, places[4:], strict=True)
        ),
    ]


# -- what is shown -----------------------------------------------------------------------------------------------------


def _text(identity: str, text: str, place: Place) -> Widget:
    return {"type": "text", "id": identity, **_at(place), "default": text, "bypass": True}


def _meter(identity: str, place: Place) -> Widget:
    return {
        "type": "fader",
        "id": identity,
        **_at(place),
        "interaction": False,
        "horizontal": True,
        "design": "compact",
        "knobSize": 0,
        "range": {"min": QUIET_DB, "max": 0},
        "default": QUIET_DB,
        "colorWidget": COOL,
        "bypass": True,
    }


def _heard(identity: str, address: str, script: str) -> Widget:
    """Something that the daemon tells; nothing that it sets is sent back."""
    return {"type": "variable", "id": identity, "address": address, "bypass": True, "onValue": script}


def _tell(identity: str, value: str) -> str:
    return f"set('{identity}', {value}, {{send: false}})"


def _show(dimension: int, share: str) -> str:
    """A script that moves one axis of a pad to `share`."""
    pad, axis = (dimension - 1) // 2 + 1, (dimension - 1) % 2
    place = f"[{share}, get('pad_{pad}')[1]]" if axis == 0 else f"[get('pad_{pad}')[0], {share}]"
    return _tell(f"pad_{pad}", place)


def _share(dimension: int, value: str) -> str:
    k = dimension - 1
    return f"({value} - globals.low[{k}]) / (globals.high[{k}] - globals.low[{k}])"


def _listeners() -> Iterable[Widget]:
    moves = (_show(n, _share(n, f"value[{n - 1}]")) for n in range(1, DIMS + 1))
    yield _heard("heard_z", "/z", _script(f"if (Array.isArray(value) && value.length >= {DIMS}) {{", *moves, "}"))
    for n in range(1, DIMS + 1):
        yield _heard(f"heard_z_{n}", f"/z/{n}", _show(n, _share(n, "value")))
        yield _heard(f"heard_unit_{n}", f"/unit/{n}", _show(n, "value"))
    yield _heard(
        "heard_model",
        "/model",
        _script(
            _tell("shown_model", "value[0]"),
            "globals.low = value.slice(5).filter((end, k) => k % 2 === 0)",
            "globals.high = value.slice(5).filter((end, k) => k % 2 === 1)",
        ),
    )
    both = (f"names.length >= {2 * k} ? names[{2 * k - 2}] + ', ' + names[{2 * k - 1}] : '{axes(k)}'" for k in PADS)
    told = (_tell(f"pad_{k}_axes", name) for k, name in zip(PADS, both, strict=True))
    yield _heard("heard_labels", "/labels", _script("const names = [].concat(value).filter((name) => name)", *told))
    names = (_tell(f"macro_{n + 1}_name", f"[].concat(value)[{n}] || ''") for n in range(len(MACROS)))
    yield _heard("heard_macros", "/macros.reply", _script(*names))
    yield _heard("heard_level", "/level", _script(*(_tell(f"meter_{s}", f"value[{k}]") for k, s in enumerate(SIDES))))
    for identity, address, change in (("heard_on", "/voice/on", "+ 1"), ("heard_off", "/voice/off", "- 1")):
        count = f"globals.voices = Math.max(0, (globals.voices || 0) {change})"
        yield _heard(identity, address, _script(count, _tell("shown_voices", "globals.voices + ' voices'")))
    yield _heard("heard_mode", "/mode", _tell("shown_mode", "value"))
    yield _heard("heard_xrun", "/xrun", _tell("shown_xruns", "value + ' xruns'"))


# -- the session -------------------------------------------------------------------------------------------------------


def session() -> dict[str, Any]:
    """The whole file."""
    low, high = ([end] * DIMS for end in LATENT_RANGE)
    columns = len(FADERS) + 1
    strip = 98 / columns
    widgets = [
        *_listeners(),
        _text("title", "oscvae", (1, 1, 8, 4)),
        _text("shown_mode", MODES[0], (9, 1, 7, 4)),
        _text("shown_model", "model ?", (17, 1, 20, 4)),
        _text("shown_voices", "0 voices", (38, 1, 15, 4)),
        _text("shown_xruns", "0 xruns", (54, 1, 15, 4)),
        _meter("meter_left", (70, 1, 29, 2)),
        _meter("meter_right", (70, 3, 29, 2)),
        *(w for k in PADS for w in _pad(k, (1 + 37 * (k - 1), 6, 36, 34))),
        *(_preset(k, (75 + 12 * ((k - 1) % 2), 6 + 6.9 * ((k - 1) // 2), 11.5, 6.4)) for k in PRESETS),
        _switch("save_next", (75, 33.6, 11.5, 6.4), ACCENT, label="save the next", mode="toggle", bypass=True),
        _home((87, 33.6, 11.5, 6.4)),
        *(
            w
            for k, name in enumerate(MACROS)
            for w in _macro(k + 1, name, 1 + 98 / len(MACROS) * k, 98 / len(MACROS) - 1)
        ),
        *(_fader(fader, (1 + strip * k, 51, strip - 1, 21)) for k, fader in enumerate(FADERS)),
        _glide((1 + strip * (columns - 1), 51, strip - 1, 21)),
        *_switches(73.5, 5.5),
        _keyboard((1, 80.5, 98, 18.5)),
    ]
    root = {
        "type": "root",
        "id": "root",
        "colorBg": GROUND,
        "scroll": False,
        "onCreate": _script(
            f"globals.low = {json.dumps(low)}",
            f"globals.high = {json.dumps(high)}",
            # whoever is new is told how things stand, and so is a page that is opened again
            "send('/notify', {type: 'i', value: 0})",
            "send('/notify', {type: 'i', value: 1})",
            "send('/model')",
            "send('/macros')",
            f"setInterval(() => send('/notify', {{type: 'i', value: 1}}), {RENEW_MS})",
        ),
        "widgets": widgets,
        "tabs": [],
    }
    return {"createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root}


def content() -> bytes:
    """The bytes of the file."""
    return (json.dumps(session(), indent=2) + "\n").encode()
