"""An Open Stage Control session in use: stage_control.js in Node, and sockets on this side."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parts.client import OscClient

Sent = tuple[str, tuple[Any, ...]]

RUNTIME = Path(__file__).with_name("stage_control.js")


# The properties of each widget in the program's reference
# (https://openstagecontrol.ammd.net/docs/widgets/properties-reference/), as far as somebody might use them here.
_COMMON = "type id visible interaction comments lock"
_GEOMETRY = "left top width height expand"
_STYLE = (
    "colorText colorWidget colorStroke colorFill alphaStroke alphaFillOff alphaFillOn lineWidth borderRadius padding "
    "html css"
)
_VALUE = "value default linkId"
_OSC = "address preArgs typeTags decimals target ignoreDefaults bypass"
_SCRIPTS = "onCreate onValue"
_WIDGET = f"{_COMMON} {_GEOMETRY} {_STYLE} {_VALUE} {_OSC} {_SCRIPTS}"
_PANEL = (
    "colorBg layout justify gridTemplate contain scroll innerPadding tabsPosition variables traversing widgets tabs "
    "onTouch"
)
PROPERTIES = {
    "root": f"type id lock comments width height colorText colorWidget alphaFillOn borderRadius padding html css "
    f"hideMenu onPreload {_PANEL} {_VALUE} {_OSC} {_SCRIPTS}",
    "button": f"{_WIDGET} colorTextOn label vertical wrap on off mode doubleTap decoupled",
    "fader": f"{_WIDGET} design knobSize colorKnob horizontal pips dashed gradient snap touchZone spring doubleTap "
    "range logScale sensitivity steps origin onTouch",
    "xy": f"{_WIDGET} pointSize ephemeral pips label snap spring rangeX rangeY logScaleX logScaleY stepsX stepsY clipX "
    "clipY axisLock doubleTap sensitivity onTouch",
    "keyboard": f"{_WIDGET} colorWhite colorBlack keys start traversing on off velocity mode",
    "text": f"{_COMMON} {_GEOMETRY} {_STYLE} {_VALUE} vertical wrap align address preArgs decimals target bypass "
    f"{_SCRIPTS}",
    "variable": f"type id lock comments {_VALUE} {_OSC} {_SCRIPTS}",
}


def widgets(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield data
    for child in (*data.get("widgets", ()), *data.get("tabs", ())):
        yield from widgets(child)


class StageControl:
    """A session. port: the daemon's; it sends and hears at one socket, as the program does."""

    def __init__(self, session: Path, port: int | None = None) -> None:
        self.sent: list[Sent] = []
        self._client = None if port is None else OscClient(port)
        self._process = subprocess.Popen(
            ["node", str(RUNTIME), str(session)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.value("root")  # what was sent when it was opened

    def touch(self, widget: str, value: Any) -> None:
        """By hand."""
        self._happen("touch", widget, value)

    def receive(self, address: str, *args: Any) -> None:
        self._happen("receive", address, *args)

    def value(self, widget: str) -> Any:
        return self._happen("value", widget)

    def interval(self) -> None:
        self._happen("interval")

    def hear(self) -> None:
        """Take all that has arrived."""
        assert self._client is not None
        for address, args in self._client.drain():
            self.receive(address, *args)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        if self._client is not None:
            self._client.close()

    def _happen(self, *what: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        for address, *args in answer["sent"]:
            plain = tuple(float(arg["float"]) if isinstance(arg, dict) else arg for arg in args)
            self.sent.append((address, plain))
            if self._client is not None:
                self._client.send(address, *plain)
        return answer["value"]
