"""A Max that opens our patches: the few objects that they use, with Node itself for [node.script].

After Max's reference (https://docs.cycling74.com/reference/): what leaves an object goes to the right-most receiver
first, outlets speak from right to left, left inlets are hot. A message is a tuple of atoms, the empty one is a bang.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from parts import ROOT

FOLDER = ROOT / "patches" / "max"
FULL = 127.0  # of a slider

Atoms = tuple[Any, ...]


class Box:
    """One object. value: what it shows or keeps."""

    def __init__(self, patch: Patch, data: dict[str, Any]) -> None:
        self.patch, self.data = patch, data
        self.text = patch.filled(data.get("text", ""))
        words = self.text.split()
        typed = data["maxclass"] in {"newobj", "message"}
        self.kind = words[0] if data["maxclass"] == "newobj" else data["maxclass"]
        self.args: Atoms = tuple(atom(word) for word in words[1:]) if typed else ()
        self.value: Any = 0
        self.kept: list[Any] = list(self.args)
        self.cords: defaultdict[int, list[tuple[Box, int]]] = defaultdict(list)
        self.inner: Patch | None = None
        self.node: subprocess.Popen[str] | None = None
        if not hasattr(self, self._name("_do")):
            raise AssertionError(f"no object {self.kind}")

    def out(self, outlet: int, *atoms: Any) -> None:
        for box, inlet in sorted(self.cords[outlet], key=lambda end: end[0].place, reverse=True):
            box.take(inlet, *atoms)

    def take(self, inlet: int, *atoms: Any) -> None:
        """A message arrives."""
        getattr(self, self._name("_do"))(inlet, atoms)

    def touch(self, *values: Any) -> None:
        """By hand."""
        assert not self.data.get("ignoreclick"), f"{self.data.get('varname')} only shows"
        if self.kind == "textbutton":
            self.out(0)
        elif self.kind in {"pictslider", "kslider", "notein"}:
            for outlet in (1, 0):
                self.out(outlet, values[outlet])
        elif self.kind == "multislider":
            self.value = list(values)
            self.out(0, *values)
        elif self.kind == "umenu":
            self.value = values[0]
            self.out(1, self.kept[values[0]])
            self.out(0, values[0])
        elif self.kind == "tab":
            assert 0 <= values[0] < len(self.data["tabs"])
            self.out(0, values[0])
        else:
            self.take(0, *values)

    @property
    def place(self) -> tuple[float, float]:
        x, y = self.data["patching_rect"][:2]
        return x, y

    def _name(self, prefix: str) -> str:
        plain = {"/": "divide", "+": "add", "flonum": "number", "newobj": "nothing", "i": "store", "f": "store"}
        return f"{prefix}_{plain.get(self.kind, self.kind).replace('.', '_')}"

    # -- what can be typed ---------------------------------------------------------------------------------------------

    def _do_inlet(self, _: int, atoms: Atoms) -> None:
        self.out(0, *atoms)

    def _do_outlet(self, _: int, atoms: Atoms) -> None:
        self.patch.leaves(self, atoms)

    def _do_prepend(self, _: int, atoms: Atoms) -> None:
        self.out(0, *self.args, *atoms)

    def _do_route(self, _: int, atoms: Atoms) -> None:
        if atoms and atoms[0] in self.args:
            self.out(self.args.index(atoms[0]), *atoms[1:])
        else:
            self.out(len(self.args), *atoms)

    def _do_pack(self, inlet: int, atoms: Atoms) -> None:
        for k, value in enumerate(atoms, start=inlet):
            self.kept[k] = type(self.args[k])(value)
        if inlet == 0:
            self.out(0, *self.kept)

    def _do_unpack(self, _: int, atoms: Atoms) -> None:
        for k, (like, value) in reversed(list(enumerate(zip(self.args, atoms, strict=False)))):
            self.out(k, type(like)(value))

    def _do_scale(self, _: int, atoms: Atoms) -> None:
        low, high, to_low, to_high = self.args
        self.out(0, to_low + (atoms[0] - low) * (to_high - to_low) / (high - low))

    def _do_divide(self, _: int, atoms: Atoms) -> None:
        self.out(0, atoms[0] / self.args[0])

    def _do_add(self, _: int, atoms: Atoms) -> None:
        self.out(0, atoms[0] + self.args[0])

    def _do_vexpr(self, _: int, atoms: Atoms) -> None:
        assert self.args[:2] == ("$f1", "*")
        self.out(0, *(value * self.args[2] for value in atoms))

    def _do_store(self, inlet: int, atoms: Atoms) -> None:
        if atoms:
            self.kept = [float(atoms[0]) if self.kind == "f" else int(atoms[0])]
        if inlet == 0:
            self.out(0, *(self.kept or [0]))

    def _do_t(self, _: int, atoms: Atoms) -> None:
        for k, what in reversed(list(enumerate(self.args))):
            self.out(k, what)

    def _do_loadmess(self, _: int, atoms: Atoms) -> None:
        self.out(0, *self.args)

    def _do_sel(self, _: int, atoms: Atoms) -> None:
        if atoms[0] in self.args:
            self.out(self.args.index(atoms[0]))
        else:
            self.out(len(self.args), *atoms)

    def _do_metro(self, _: int, atoms: Atoms) -> None:
        self.patch.host.cancel(self)
        if atoms[0]:
            self._tick()

    def _tick(self) -> None:
        self.out(0)
        self.patch.host.later(self, self.args[0] / 1000, self._tick)

    def _do_makenote(self, inlet: int, atoms: Atoms) -> None:
        if inlet:
            self.kept[inlet - 1] = int(atoms[0])
            return
        velocity, length_ms = self.kept
        note = int(atoms[0])

        def sound(loud: int) -> None:
            self.out(1, loud)
            self.out(0, note)

        sound(velocity)
        self.patch.host.later(self, length_ms / 1000, lambda: sound(0))

    def _do_notein(self, _: int, atoms: Atoms) -> None:
        raise AssertionError("[notein] takes no messages here")

    def _do_print(self, _: int, atoms: Atoms) -> None:
        self.patch.host.prints[str(self.args[0])].append(atoms)

    def _do_message(self, inlet: int, atoms: Atoms) -> None:
        self.out(0, *(atom(word) for word in self.text.split()))

    def _do_node_script(self, _: int, atoms: Atoms) -> None:
        assert self.node is not None and self.node.stdin is not None
        self.node.stdin.write(json.dumps(atoms) + "\n")
        self.node.stdin.flush()

    # -- what can be touched or looked at ------------------------------------------------------------------------------

    def _do_comment(self, _: int, atoms: Atoms) -> None:
        assert atoms[:1] == ("set",) and len(atoms) == 2, f"a comment is only set here, not {atoms}"
        self.value = atoms[1]

    def _do_textbutton(self, _: int, atoms: Atoms) -> None:
        raise AssertionError("a button takes no messages here")

    _do_tab = _do_kslider = _do_textbutton

    def _shows(self, atoms: Atoms, low: float, high: float) -> None:
        """`set` shows, a number speaks too."""
        silent = atoms[0] == "set"
        (value,) = atoms[1:] if silent else atoms
        assert isinstance(value, int | float)
        self.value = min(max(value, low), high)
        if not silent:
            self.out(0, self.value)

    def _do_toggle(self, _: int, atoms: Atoms) -> None:
        self._shows(atoms, 0, 1)

    def _do_led(self, _: int, atoms: Atoms) -> None:
        self._shows(atoms, 0, 1)

    def _do_slider(self, _: int, atoms: Atoms) -> None:
        self._shows(atoms, 0, FULL)

    def _do_number(self, _: int, atoms: Atoms) -> None:
        like = float if self.kind == "flonum" else int
        typed = tuple(value if isinstance(value, str) else like(value) for value in atoms)
        self._shows(typed, self.data.get("minimum", -1e9), self.data.get("maximum", 1e9))

    def _do_umenu(self, _: int, atoms: Atoms) -> None:
        word, *values = atoms
        if word == "clear":
            self.kept = []
        elif word == "append":
            self.kept.append(" ".join(map(str, values)))
        else:
            assert word == "set" and 0 <= values[0] < len(self.kept)
            self.value = values[0]

    def _do_pictslider(self, _: int, atoms: Atoms) -> None:
        word, x, y = atoms
        assert word == "set"
        self.value = [x, y]

    def _do_multislider(self, _: int, atoms: Atoms) -> None:
        word, *values = atoms
        if word == "size":
            self.value = [0.0] * values[0]
        else:
            assert word == "setlist" and len(values) == len(self.value or values)
            self.value = values

    def _do_bpatcher(self, inlet: int, atoms: Atoms) -> None:
        assert self.inner is not None and inlet == 0
        self.inner.tell(*atoms)


class Patch:
    """A file, or what a bpatcher holds. args: of #1, #2 ..; holder: the bpatcher."""

    def __init__(self, host: Max, content: dict[str, Any], args: Atoms = (), holder: Box | None = None) -> None:
        self.host, self.args, self.holder = host, args, holder
        boxes = {data["box"]["id"]: Box(self, data["box"]) for data in content["patcher"]["boxes"]}
        self.boxes = list(boxes.values())
        for line in content["patcher"]["lines"]:
            (source, outlet), (target, inlet) = line["patchline"]["source"], line["patchline"]["destination"]
            boxes[source].cords[outlet].append((boxes[target], inlet))
        self.outlets = sorted((box for box in self.boxes if box.kind == "outlet"), key=lambda box: box.place)
        for box in self.boxes:
            if box.kind == "node.script":
                host.start(box)
            elif box.kind == "bpatcher":
                file = json.loads((FOLDER / box.data["name"]).read_text())
                box.inner = Patch(host, file, tuple(box.data["args"]), box)
        for box in self.boxes:
            if box.kind == "loadmess":
                box.take(0)

    def filled(self, text: str) -> str:
        """#1 .. are the arguments; those that are not given are 0 in a bpatcher, and stay in a file of its own."""
        given = {f"#{k}": str(arg) for k, arg in enumerate(self.args, start=1)}
        return re.sub(r"#\d", lambda found: given.get(found[0], "0" if self.holder else found[0]), text)

    def tell(self, *atoms: Any) -> None:
        """To its inlet."""
        (inlet,) = (box for box in self.boxes if box.kind == "inlet")
        inlet.take(0, *atoms)

    def leaves(self, outlet: Box, atoms: Atoms) -> None:
        k = self.outlets.index(outlet)
        if self.holder is not None:
            self.holder.out(k, *atoms)
        else:
            self.host.said[k + 1].append(atoms)


class Max:
    """One open patch. port: of the daemon, in place of 9000. said: by outlet, from 1 on, of a client.

    more: a client's further arguments.
    """

    def __init__(self, name: str, port: int, *more: int) -> None:
        self.said: defaultdict[int, list[Atoms]] = defaultdict(list)
        self.prints: defaultdict[str, list[Atoms]] = defaultdict(list)
        self.posted: list[str] = []
        self._waits: list[tuple[float, Box, Any]] = []
        self._heard: queue.Queue[tuple[Box, Atoms]] = queue.Queue()
        self._nodes: list[subprocess.Popen[str]] = []
        content = json.loads((FOLDER / name).read_text())
        for data in content["patcher"]["boxes"]:
            if data["box"]["maxclass"] == "bpatcher":
                assert data["box"]["args"] == ["127.0.0.1", 9000]
                data["box"]["args"] = ["127.0.0.1", port, *more]
        self.patch = Patch(self, content, ("127.0.0.1", port, *more))

    @property
    def boxes(self) -> list[Box]:
        """All that are shown, those in bpatchers too."""
        inner = [box.inner for box in self.patch.boxes if box.inner is not None]
        return [box for patch in (self.patch, *inner) for box in patch.boxes]

    def __getitem__(self, name: str) -> Box:
        """By its scripting name."""
        (found,) = (box for box in self.boxes if box.data.get("varname") == name)
        return found

    def touch(self, name: str, *values: Any) -> None:
        self[name].touch(*values)

    def click(self, text: str) -> None:
        """The message box that is shown with this text."""
        (found,) = (
            box for box in self.boxes if box.kind == "message" and box.text == text and "presentation" in box.data
        )
        found.take(0)

    def tell(self, *atoms: Any) -> None:
        self.patch.tell(*atoms)

    def hear(self, for_s: float = 0.0) -> Max:
        """Let what has arrived, and what is due, happen."""
        until_s = time.monotonic() + for_s
        while True:
            try:
                box, atoms = self._heard.get(timeout=0.005)
                box.out(0, *atoms)
                continue
            except queue.Empty:
                pass
            for wait in sorted((w for w in self._waits if w[0] <= time.monotonic()), key=lambda w: w[0]):
                self._waits.remove(wait)
                wait[2]()
            if time.monotonic() >= until_s:
                return self

    def later(self, box: Box, delay_s: float, what: Any) -> None:
        self._waits.append((time.monotonic() + delay_s, box, what))

    def cancel(self, box: Box) -> None:
        self._waits = [wait for wait in self._waits if wait[1] is not box]

    def start(self, box: Box) -> None:
        """The process of a [node.script], which goes on its own as in Max."""
        script, *attributes = box.args
        assert attributes[:3] == ["@autostart", 1, "@args"]
        box.node = subprocess.Popen(
            ["node", str(FOLDER / script), *map(str, attributes[3:])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NODE_PATH": str(Path(__file__).parent)},  # where max-api.js is
        )
        self._nodes.append(box.node)
        threading.Thread(target=self._read, args=(box,), daemon=True).start()
        threading.Thread(target=self._complaints, args=(box,), daemon=True).start()

    def _read(self, box: Box) -> None:
        assert box.node is not None and box.node.stdout is not None
        for line in box.node.stdout:
            self._heard.put((box, tuple(json.loads(line))))

    def _complaints(self, box: Box) -> None:
        assert box.node is not None and box.node.stderr is not None
        for line in box.node.stderr:
            self.posted.append(line.rstrip())

    def close(self) -> None:
        for node in self._nodes:
            assert node.stdin is not None
            node.stdin.close()
            node.wait(10)

    def __enter__(self) -> Max:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def atom(word: str) -> Any:
    """As Max reads it: 60 is an int, 60. a float, the rest symbols."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
