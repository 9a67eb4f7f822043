"""TouchOSC as its manual has it: values, triggers, messages both ways, local messages, and scripts in a real Lua.

What it keeps to (https://hexler.net/touchosc/manual): a value that changes, by a finger, a message or a script, calls
the control's onValueChanged and then sends every message that it triggers; a received message that changes a value is
not sent back by itself unless its feedback is on; the root's onReceiveOSC sees every message first; scripts share
nothing but notifications.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import py2tosc
from lupa import lua51
from py2tosc import Control, LocalMessage, OscMessage

from oscvae.osc.packets import Message, decode, encode_message

Sent = tuple[str, tuple[Any, ...]]

_OBJECTS = """
function(get, set, find, notify)
  local function control(id)
    local values = setmetatable({}, {
      __index = function(_, key) return get(id, 'value', key) end,
      __newindex = function(_, key, value) set(id, key, value) end,
    })
    local methods = {
      values = values,
      findByName = function(_, name, recursive)
        local found = find(id, name, recursive or false)
        return found and control(found) or nil
      end,
      notify = function(_, key, value) notify(id, key, value) end,
    }
    return setmetatable(methods, {
      __index = function(_, key)
        if key == 'parent' then return control(get(id, 'parent', '')) end
        return get(id, 'property', key)
      end,
    })
  end
  return control
end
"""


class Tablet:
    """A layout in use. port: the daemon's. It sends from one socket and hears at another, as TouchOSC over UDP may.

    hearing: the port at which it hears; 0 = any. over: how, with "one port" it sends from there too.
    """

    def __init__(
        self,
        layout: Path,
        port: int | None = None,
        hearing: int = 0,
        over: Literal["two ports", "one port", "tcp"] = "two ports",
    ) -> None:
        self.document = py2tosc.load(layout)
        self.sent: list[Sent] = []
        self.ahead_s = 0.0  # of the time that scripts are told
        self.controls = {control.id: control for control in self.document.walk()}
        self._parents = {child.id: control for control in self.controls.values() for child in control.children}
        self._now = {key: {value.key: value.default for value in c.values} for key, c in self.controls.items()}
        self._hearing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._hearing.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._hearing.bind(("127.0.0.1", hearing))
        self._sending = self._hearing if over == "one port" else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._target = None if port is None else ("127.0.0.1", port)
        self._connection = None if over != "tcp" or port is None else socket.create_connection(("127.0.0.1", port))
        self._came = b""  # over it, not whole yet
        self._quiet: OscMessage | None = None  # what is being received, and so not sent back
        self._scripts: dict[str, Any] = {}
        self._scripts = {key: self._load(c) for key, c in self.controls.items() if c.has("script")}

    # -- the outside ---------------------------------------------------------------------------------------------------

    def control(self, name: str) -> Control:
        found = self.document.find(name)
        assert found is not None, f"no control {name!r}"
        return found

    def value(self, name: str, key: str = "x") -> Any:
        return self._now[self.control(name).id][key]

    def press(self, name: str, **values: float) -> None:
        """A finger comes down, with these values."""
        control = self.control(name)
        self._change(control, "touch", True)
        self.drag(name, **values)

    def drag(self, name: str, **values: float) -> None:
        for key, value in values.items():
            self._change(self.control(name), key, value)

    def lift(self, name: str, **values: float) -> None:
        self.drag(name, **values)
        self._change(self.control(name), "touch", False)

    def tap(self, name: str) -> None:
        """A button, down and up; a toggle changes over."""
        control = self.control(name)
        if int(control.get("buttonType")) == py2tosc.ButtonType.MOMENTARY:
            self.press(name, x=1.0)
            self.lift(name, x=0.0)
        else:
            self.press(name, x=1.0 - float(self.value(name)))
            self.lift(name)

    def frame(self) -> None:
        """What happens sixty times a second: what has arrived, then update()."""
        self.hear()
        self._call(self.document.root, "update")

    def frames(self, seconds: float, each: Callable[[float], None] = lambda share: None) -> None:
        """Sixty frames a second for so long, with something to do in each (0..1)."""
        began = time.monotonic()
        count = max(1, round(60 * seconds))
        for k in range(count):
            time.sleep(max(0.0, began + k / 60 - time.monotonic()))
            each(k / max(1, count - 1))
            self.frame()

    def hear(self) -> None:
        self._hearing.setblocking(False)
        for packet in list(self._packets()):
            message = decode(packet)
            assert isinstance(message, Message)
            self.receive(message.address, message.args, message.tags)

    def _packets(self) -> Iterator[bytes]:
        with contextlib.suppress(BlockingIOError):
            while True:
                yield self._hearing.recv(1 << 16)
        if self._connection is None:
            return
        with contextlib.suppress(BlockingIOError):
            while came := self._connection.recv(1 << 16, socket.MSG_DONTWAIT):
                self._came += came
        while len(self._came) >= 4 and len(self._came) >= 4 + (size := int.from_bytes(self._came[:4], "big")):
            yield self._came[4 : 4 + size]
            self._came = self._came[4 + size :]

    def receive(self, address: str, args: tuple[Any, ...], tags: str) -> None:
        if self._call_received(address, args, tags):
            return
        for control in self.controls.values():
            for message in control.messages:
                if isinstance(message, OscMessage) and message.enabled and message.receive:
                    self._take(control, message, address, args)

    @property
    def hearing(self) -> int:
        """The port at which it hears."""
        return int(self._hearing.getsockname()[1])

    def close(self) -> None:
        for one in (self._sending, self._hearing, self._connection):
            if one is not None:
                one.close()

    # -- values and messages -------------------------------------------------------------------------------------------

    def _change(self, control: Control, key: str, value: Any) -> None:
        before = self._now[control.id][key]
        if value == before:
            return
        self._now[control.id][key] = value
        self._call(control, "onValueChanged", key)
        for message in control.messages:
            if not message.enabled or message is self._quiet or not _fires(message, key, before, value):
                continue
            if isinstance(message, LocalMessage):
                content = self._content(control, message)
                self._change(self.controls[message.dst_id], message.dst_var, content)
            elif isinstance(message, OscMessage) and message.send:
                args = tuple(self._content(control, part) for part in message.arguments)
                self._send("".join(str(self._content(control, part)) for part in message.path), args)

    def _content(self, control: Control, part: Any) -> Any:
        kind, conversion = str(part.type), str(part.conversion)
        if kind == "VALUE":
            number = float(self._now[control.id][part.value])
            content: Any = part.scale_min + number * (part.scale_max - part.scale_min)
        elif kind == "PROPERTY":
            content = control.get(part.value)
        else:
            content = part.value
        return {"FLOAT": float, "INTEGER": lambda x: round(float(x)), "BOOLEAN": bool, "STRING": str}[conversion](
            content
        )

    def _take(self, control: Control, message: OscMessage, address: str, args: tuple[Any, ...]) -> None:
        if "".join(str(self._content(control, part)) for part in message.path) != address:
            return
        outer, self._quiet = self._quiet, None if message.feedback else message
        for part, arg in zip(message.arguments, args, strict=False):
            if str(part.type) == "VALUE":
                share = (float(arg) - part.scale_min) / (part.scale_max - part.scale_min)
                self._change(control, part.value, max(0.0, min(1.0, share)))
        self._quiet = outer

    def _send(self, address: str, args: tuple[Any, ...]) -> None:
        self.sent.append((address, args))
        packet = encode_message(address, args)
        if self._connection is not None:
            self._connection.sendall(len(packet).to_bytes(4, "big") + packet)
        elif self._target is not None:
            self._sending.sendto(packet, self._target)

    # -- scripts -------------------------------------------------------------------------------------------------------

    def _load(self, control: Control) -> Any:
        lua = lua51.LuaRuntime(unpack_returned_tuples=True, register_eval=False)
        objects = lua.eval(_OBJECTS)(self._get, self._set, self._find, self._notify)
        names = lua.globals()
        names.self, names.root = objects(control.id), objects(self.document.root.id)
        names.sendOSC = self._send_osc
        names.getMillis = lambda: 1000.0 * (time.monotonic() + self.ahead_s)
        for forbidden in ("pcall", "xpcall", "io", "os", "require", "python"):
            names[forbidden] = None
        # the port at which it hears is set in TouchOSC, beside the layout
        lua.execute(str(control.get("script")).replace("PORT = 9001", f"PORT = {self.hearing}"))
        return lua

    def _call(self, control: Control, name: str, *args: Any) -> Any:
        lua = self._scripts.get(control.id)
        function = lua.globals()[name] if lua is not None else None
        return None if function is None else function(*args)

    def _call_received(self, address: str, args: tuple[Any, ...], tags: str) -> bool:
        lua = self._scripts.get(self.document.root.id)
        if lua is None or lua.globals().onReceiveOSC is None:
            return False
        arguments = [lua.table(tag=tag, value=arg) for tag, arg in zip(tags, args, strict=True)]
        message = lua.table(address, lua.table_from(arguments))
        return bool(lua.globals().onReceiveOSC(message, lua.table_from([True] + [False] * 9)))

    def _get(self, key: str, kind: str, name: str) -> Any:
        if kind == "parent":
            return self._parents[key].id
        if kind == "value":
            return self._now[key][name]
        return self.controls[key].get(name)

    def _set(self, key: str, name: str, value: Any) -> None:
        assert name in self._now[key], f"{self.controls[key].get('name')} has no value {name}"
        self._change(self.controls[key], name, value)

    def _find(self, key: str, name: str, recursive: bool) -> str | None:
        control = self.controls[key]
        among = control.walk() if recursive else control.children
        return next((c.id for c in among if c.get("name") == name and c.id != key), None)

    def _notify(self, key: str, name: str, value: Any) -> None:
        self._call(self.controls[key], "onReceiveNotify", name, value)

    def _send_osc(self, address: str, *args: Any) -> None:
        """Every number of a script is a float on the wire."""
        self._send(address, tuple(float(a) if isinstance(a, int | float) and a is not True else a for a in args))


def _fires(message: Any, key: str, before: Any, value: Any) -> bool:
    rising = float(value) > float(before) if not isinstance(value, str) else False
    for trigger in message.triggers:
        if trigger.var == key:
            condition = str(trigger.condition)
            if condition == "ANY" or (condition == "RISE") == rising:
                return True
    return False
