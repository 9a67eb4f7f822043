"""Two recordings at once in Open Stage Control: blend.json.

What the sounds folder holds is stepped through, what is not encoded yet is encoded by the start button, and the curve
is a row of faders through which a finger draws. What the daemon tells may set widgets but makes none of them send, so
start is pressed again once both are encoded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from face import BLEND_FADERS, BLEND_ID, LISTEN_ID
from stagecontrol import (
    ACCENT,
    COOL,
    GROUND,
    RENEW_MS,
    VERSION,
    Widget,
    _at,
    _heard,
    _script,
    _switch,
    _tap,
    _tell,
    _text,
)

COLUMNS = 16  # of the curve
SIDES = ("a", "b")
VOICE, LISTENER = (f"{{type: 'i', value: {identity}}}" for identity in (BLEND_ID, LISTEN_ID))
LOW, HIGH, START = next((fader.low, fader.high, fader.start) for fader in BLEND_FADERS if fader.name == "mix")

_HANDLE = r"const handle = (file) => file.split('/').pop().replace(/(.)\.[^.]*$/, '$1')"


_LISTEN = f"if (value === 1) send('/listen', {LISTENER})\nelse send('/voice/stop', {LISTENER})"


def _name(side: str) -> str:
    """A script that shows which sound a side has."""
    return _tell(f"sound_{side}", f"globals.files.length ? globals.files[globals.{side}].name : 'no sounds'")


def _sounds(side: str, top: float) -> Iterable[Widget]:
    for step, label, left in ((-1, "\u25c0", 1.0), (1, "\u25b6", 92.0)):
        script = _script(
            "const n = globals.files.length",
            f"if (n) globals.{side} = (globals.{side} + {step} + n) % n",
            _name(side),
        )
        yield _tap(f"{'next' if step > 0 else 'back'}_{side}", label, (left, top, 7, 8), script)
    yield _text(f"sound_{side}", f"sound {side}", (9, top, 82, 8))


def _curve() -> str:
    points = (
        f"{{type: 'f', value: {k / (COLUMNS - 1):g}}}, {{type: 'f', value: get('curve_{k + 1}')}}"
        for k in range(COLUMNS)
    )
    return f"send('/curve', {VOICE}, {', '.join(points)})"


def _start() -> str:
    return _script(
        "const chosen = [globals.files[globals.a], globals.files[globals.b]]",
        "const missing = chosen.filter((file, k) => file && !(file.seconds > 0) && chosen.indexOf(file) === k)",
        _HANDLE,
        "if (!chosen[0] || !chosen[1]) {",
        "    send('/sounds')",
        "} else if (missing.length) {",
        "    " + _tell("shown_status", "'encoding ' + missing.map((file) => file.name).join(', ')"),
        "    for (const file of missing) send('/encode', {type: 's', value: file.name})",
        "} else {",
        f"    send('/blend', {VOICE}, {{type: 's', value: handle(chosen[0].name)}}, "
        "{type: 's', value: handle(chosen[1].name)}, {type: 'f', value: get('mix')}, {type: 'f', value: get('rate')})",
        f"    send('/voice/set', {VOICE}, {{type: 's', value: 'position'}}, {{type: 'f', value: get('position')}})",
        f"    send('/voice/set', {VOICE}, {{type: 's', value: 'loop'}}, {{type: 'f', value: get('loop')}})",
        f"    if (globals.drawn) {_curve()}",
        "}",
    )


def _set(name: str) -> str:
    """A script that sets the voice, where there is one."""
    voice = f"send('/voice/set', {VOICE}, {{type: 's', value: '{name}'}}, {{type: 'f', value: value}})"
    return _script(*(("globals.drawn = 0",) if name == "mix" else ()), f"if (globals.heard > 0) {voice}")


def _faders() -> Iterable[Widget]:
    for k, fader in enumerate(BLEND_FADERS):
        yield {
            "type": "fader",
            "id": fader.name,
            **_at((1, 67 + 7.5 * k, 98, 7)),
            "horizontal": True,
            "html": fader.name,
            "design": "compact",
            "range": {"min": fader.low, "max": fader.high},
            "default": fader.start,
            "colorWidget": ACCENT,
            "bypass": True,
            "onValue": _set(fader.name),
        }


def _columns() -> Widget:
    """The curve: a finger that goes across moves one fader after the other."""
    width = 100 / COLUMNS
    drawn = _script("globals.drawn = 1", f"if (globals.heard > 0) {_curve()}")
    return {
        "type": "panel",
        "id": "drawing",
        **_at((1, 27, 98, 38)),
        "traversing": True,
        "scroll": False,
        "innerPadding": False,
        "widgets": [
            {
                "type": "fader",
                "id": f"curve_{k + 1}",
                **_at((width * k, 0, width, 100)),
                "design": "compact",
                "range": {"min": LOW, "max": HIGH},
                "origin": 0,
                "default": START,
                "colorWidget": COOL,
                "bypass": True,
                "onValue": drawn,
            }
            for k in range(COLUMNS)
        ],
    }


def _listeners() -> Iterable[Widget]:
    yield _heard(
        "heard_sounds",
        "/sounds.reply",
        _script(
            "const told = value === undefined ? [] : [].concat(value)",
            "globals.files = []",
            "for (let k = 0; k + 1 < told.length; k += 2) globals.files.push({name: told[k], seconds: told[k + 1]})",
            *(f"globals.{side} = Math.min(globals.{side}, Math.max(0, globals.files.length - 1))" for side in SIDES),
            *(_name(side) for side in SIDES),
        ),
    )
    yield _heard(
        "heard_done",
        "/done",
        _script(
            "const [command, file] = [].concat(value)",
            "for (const one of globals.files) if (command === '/encode' && one.name === file) one.seconds = 1",
            "if (command === '/encode') " + _tell("shown_status", "file + ' is encoded'"),
        ),
    )
    yield _heard("heard_fail", "/fail", _tell("shown_status", "[].concat(value).join(': ')"))
    for identity, address, change in (("heard_on", "/voice/on", "+ 1"), ("heard_off", "/voice/off", "- 1")):
        count = f"globals.heard = Math.max(0, globals.heard {change})"
        yield _heard(
            identity,
            address,
            _script(
                f"if (value[0] === {BLEND_ID}) {{",
                count,
                _tell("shown_status", "globals.heard ? 'it is heard' : ''"),
                "}",
            ),
        )


def session() -> dict[str, Any]:
    """The whole file."""
    root = {
        "type": "root",
        "id": "root",
        "colorBg": GROUND,
        "scroll": False,
        "onCreate": _script(
            "globals.files = []",
            "globals.a = globals.b = globals.heard = globals.drawn = 0",
            "send('/notify', {type: 'i', value: 1})",
            "send('/sounds')",
            f"setInterval(() => send('/notify', {{type: 'i', value: 1}}), {RENEW_MS})",
        ),
        "widgets": [
            *_listeners(),
            _text("shown_status", "choose two sounds, then start", (1, 1, 79, 7)),
            _tap("list", "list sounds", (81, 1, 18, 7), "send('/sounds')"),
            *(widget for k, side in enumerate(SIDES) for widget in _sounds(side, 9 + 9 * k)),
            _columns(),
            *_faders(),
            _tap("begin", "start", (1, 90.5, 40, 8.5), _start()),
            _tap("end", "stop", (42, 90.5, 18, 8.5), f"send('/voice/stop', {VOICE})"),
            _switch("loop", (61, 90.5, 18, 8.5), COOL, mode="toggle", bypass=True, default=1, onValue=_set("loop")),
            _switch("live", (80, 90.5, 19, 8.5), COOL, label="listen", mode="toggle", bypass=True, onValue=_LISTEN),
        ],
        "tabs": [],
    }
    return {"createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root}


def content() -> bytes:
    """The bytes of the file."""
    return (json.dumps(session(), indent=2) + "\n").encode()
