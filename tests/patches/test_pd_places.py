"""The names of presets in demo.pd: on the pads, and beside the numbered buttons."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parts.pd import FOLDER, Pd, demo_patch
from parts.programs import needs
from parts.silent import SilentDaemon
from parts.waiting import until
from patches.fake import FakeDaemon

pytestmark = [pytest.mark.client, needs("pd")]

TAP = "#N canvas 0 0 300 300 12;\n" + "".join(
    f"#X obj 20 {20 + 60 * k} r demo-names-{k};\n#X obj 20 {50 + 60 * k} print pad-{k};\n" for k in (1, 2)
)
WIRES = "#X connect 0 0 1 0;\n#X connect 2 0 3 0;\n"
HARP, LUTE = ("harp", -2.0, 0.0, 1.0, 2.0), ("bass lute, 2", 0.0, 1.0, -1.0, 0.0)
AWKWARD = (
    "Moog 400 Hz, resonance 0.75",
    ";",
    ",",
    "bang",
    "list",
    "float",
    "a;b",
    "5 $1",
    "$0",
    "\\",
    "{",
    "}[",
    "é #1",
)


class Demo:
    """demo.pd, what its pads are told, and the daemon that it asks."""

    def __init__(self, folder: Path, fake: FakeDaemon) -> None:
        self.fake = fake
        self.patch = demo_patch(folder, fake.port)
        (folder / "tap.pd").write_text(TAP + WIRES)
        self.pd = Pd(folder, self.patch, folder / "tap.pd")
        fake.greet()
        fake.until("/places")

    def told(self, *places: Any, model: str = "plucked", dims: int = 4) -> tuple[list[str], list[str]]:
        """What each pad is told of such an answer."""
        before = [len(self.pd.printed(f"pad-{k}")) for k in (1, 2)]
        self.fake.tell("/places.reply", model, dims, *places)
        self.fake.tell("/fail", "/here", str(before))
        assert until(lambda: f"/here {before}" in self.pd.printed("demo-fail"), 5.0), self.pd.log
        first, second = (self.pd.printed(f"pad-{k}")[start:] for k, start in zip((1, 2), before, strict=True))
        return first, second

    def model(self, name: str, dims: int) -> None:
        """Another model, in the middle of whose ranges 0 is."""
        self.fake.tell("/model", name, dims, 48_000.0, 40, 88, *[-2.0, 2.0] * dims)
        self.fake.until("/places")

    def recalled(self, button: int) -> object:
        self.pd.send(f"demo-preset-{button}")
        return self.fake.until("/preset/recall").args[0]

    def written(self) -> dict[int, str]:
        """What is written beside each button: Pd does not say it, but the file that it writes does."""
        self.patch.unlink()
        self.pd.send("pd-demo.pd", "menusave")
        assert until(lambda: self.patch.exists() and self.patch.read_text().endswith(";\n"), 5.0)
        text = self.patch.read_text().replace("\n", " ")
        return {int(k): bare(label) for k, label in re.findall(r" demo-preset-(\d) ((?:\\.|[^ \\])+) ", text)}


def bare(word: str) -> str:
    """A word of a file without its backslashes."""
    return re.sub(r"\\(.)", r"\1", word)


@pytest.fixture
def demo(tmp_path: Path, fake: FakeDaemon) -> Iterator[Demo]:
    demo = Demo(tmp_path, fake)
    with demo.pd:
        yield demo
        assert demo.pd.wrong() == []


# -- the demo ----------------------------------------------------------------------------------------------------------


def test_names_go_to_both_pads_behind_all_dots(demo: Demo) -> None:
    assert demo.told(*HARP, *LUTE) == (
        ["clear", "dot 0 0.5 harp", "dot 0.5 0.75 bass lute, 2", "name 0 0.5 harp", "name 0.5 0.75 bass lute, 2"],
        ["clear", "dot 0.75 1 harp", "dot 0.25 0.5 bass lute, 2", "name 0.75 1 harp", "name 0.25 0.5 bass lute, 2"],
    )
    assert demo.told(*LUTE)[0] == ["clear", "dot 0.5 0.75 bass lute, 2", "name 0.5 0.75 bass lute, 2"]


def test_another_model_has_no_names_until_it_says_so(demo: Demo) -> None:
    demo.told(*HARP)
    demo.model("other", 4)
    assert [demo.pd.printed(f"pad-{k}")[-1] for k in (1, 2)] == ["clear", "clear"]
    assert demo.written() == {k: str(k) for k in range(1, 9)} and demo.recalled(1) == 1.0
    assert demo.told(model="other") == (["clear"], ["clear"])


@pytest.mark.parametrize("dims", [1, 2, 3, 5, 16])
def test_pads_show_the_dimensions_that_there_are(demo: Demo, dims: int) -> None:
    demo.model("other", dims)
    z = [0.0, 1.0, -1.0, -2.0, *[2.0] * 12][:dims]
    first, second = demo.told("one", *z, "two", *z, model="other", dims=dims)
    expected = [f"{word} {{}} {name}" for word in ("dot", "name") for name in ("one", "two")]
    assert first == ["clear", *(line.format("0.5 0.75") for line in expected if dims > 1)]
    assert second == ["clear", *(line.format("0.25 0") for line in expected if dims > 3)]
    assert demo.written()[2] == "2 two", "and the buttons have names in any case"


def test_a_daemon_that_does_not_know_places_is_not_complained_about(demo: Demo) -> None:
    demo.told(*HARP)
    demo.model("other", 4)
    demo.fake.tell("/fail", "/places", "unknown address")
    demo.fake.tell("/fail", "/play", "expected note z1 z2")
    demo.pd.wait_for("demo-fail: /play expected")
    assert demo.pd.printed("demo-fail")[1:] == ["/play expected note z1 z2"]
    assert demo.pd.printed("pad-1")[-1] == "clear"


def test_places_are_asked_for_when_presets_have_changed(demo: Demo) -> None:
    for told in (("/done", "/preset/save", "mine"), ("/done", "/preset/delete", "mine"), ("/presets.reply", "plucked")):
        demo.fake.drain()
        demo.fake.tell(*told)
        assert demo.fake.until("/places").args == ()
    demo.fake.drain()
    demo.fake.tell("/done", "/load", "plucked", 4, 48_000.0, 144)
    assert demo.fake.drain() == []


def test_a_button_recalls_what_is_written_beside_it(demo: Demo) -> None:
    assert demo.recalled(2) == 2.0, "before anything is known"
    demo.told(*HARP, *LUTE)
    assert demo.written() == {1: "1 harp", 2: "2 bass lute, 2"} | {k: str(k) for k in range(3, 9)}
    assert [demo.recalled(k) for k in (1, 2, 3)] == ["harp", "bass lute, 2", 3.0]
    demo.pd.send("demo-glide", 2.5)
    demo.pd.send("demo-preset-1")
    assert demo.fake.until("/preset/recall").args == ("harp", 2.5)
    demo.pd.send("demo-save", 1)
    demo.pd.send("demo-preset-1")
    assert demo.fake.until("/preset/save").args == (1.0,)


def test_an_own_preset_has_the_button_of_its_number(demo: Demo) -> None:
    demo.told("12", *HARP[1:], *HARP, "3", *HARP[1:], *LUTE, "1", *HARP[1:])
    assert demo.written() == {1: "1", 2: "2 harp", 3: "3"} | {k: str(k) for k in range(4, 9)}
    assert [demo.recalled(k) for k in (1, 2, 3, 4)] == [1.0, "harp", 3.0, 4.0]
    demo.told(*HARP, *LUTE, *HARP)
    assert [demo.recalled(k) for k in (1, 2, 3)] == ["harp", "bass lute, 2", "harp"]


def test_names_are_what_they_are_whatever_is_in_them(demo: Demo) -> None:
    for names in (AWKWARD[:8], AWKWARD[8:]):
        demo.told(*(value for name in names for value in (name, 0.0, 0.0, 0.0, 0.0)))
        assert [demo.recalled(k + 1) for k in range(len(names))] == list(names)
    demo.told("", 0.0, 0.0, 0.0, 0.0)
    assert demo.recalled(1) == 1.0


@pytest.mark.parametrize(("count", "dims"), [(64, 16), (100, 4)])
def test_a_long_list_arrives_as_a_whole(demo: Demo, count: int, dims: int) -> None:
    """As many as /places tells at once, and more; each name as long as there are."""
    demo.model("other", dims)
    names = [f"{k:064}" for k in range(count)]
    told = demo.told(*(value for name in names for value in (name, *[0.5] * dims)), model="other", dims=dims)
    for pad in told:
        assert [line.split()[-1] for line in pad[1:]] == [*names, *names]
        assert {line.split()[0] for line in pad[1 : count + 1]} == {"dot"}
    assert demo.written()[8] == f"8 {names[7][:34]}"


def test_the_demo_shows_the_presets_that_come_along_and_ones_own(tmp_path: Path, silent: SilentDaemon) -> None:
    (tmp_path / "tap.pd").write_text(TAP + WIRES)
    _, (model, dims, *places) = silent.ask("/places", answer="/places.reply")
    assert (model, dims) == ("plucked", 4)
    with Pd(tmp_path, demo_patch(tmp_path, silent.port), tmp_path / "tap.pd") as pd:
        for name in places[:: 1 + dims]:
            pd.wait_for(rf"pad-1: name [\d.]+ [\d.]+ {name}$")
        pd.send("demo-pad-1", "0.25 0.75")
        pd.send("demo-save", 1)
        pd.send("demo-preset-5")
        pd.wait_for(r"pad-1: name 0\.(25|2499\d*|2500\d*) 0\.(75|7499\d*|7500\d*) 5$")
        assert pd.printed("demo-fail") == [] and pd.wrong() == []


# -- the pad -----------------------------------------------------------------------------------------------------------


class Widget(NamedTuple):
    x: int
    y: int
    size: int
    label: str


class Pad:
    """One pad, and what is drawn on it, by the file that Pd writes."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "oscvae-pad.pd"
        shutil.copy(FOLDER / "oscvae-pad.pd", self.file)  # Pd looks beside the patch first
        patch = folder / "one.pd"
        patch.write_text(
            "#N canvas 0 0 400 300 12;\n#X obj 20 20 r place;\n#X obj 20 60 oscvae-pad;\n#X connect 0 0 1 2;\n"
        )
        self.pd = Pd(folder, patch)

    def drawn(self) -> list[Widget]:
        self.file.unlink()
        self.pd.send("pd-oscvae-pad.pd", "menusave")
        assert until(lambda: self.file.exists() and self.file.read_text().endswith(";\n"), 5.0)
        text = self.file.read_text().replace("\n", " ")
        inside = text.partition("$0-names 0;")[2].partition("#X restore 20 20")[0]
        pattern = r"#X obj (\d+) (\d+) cnv (\d) \d \d empty \S+ ((?:\\.|[^ \\])+) "
        found = re.findall(pattern, inside)
        assert len(found) == inside.count("#X obj")
        return [Widget(int(x), int(y), int(size), bare(label)) for x, y, size, label in found]


@pytest.fixture
def pad(tmp_path: Path) -> Iterator[Pad]:
    pad = Pad(tmp_path)
    with pad.pd:
        yield pad
        assert pad.pd.wrong() == []


def test_a_name_lies_beside_its_dot(pad: Pad) -> None:
    """The middle of the puck moves from 8 to 192 of 200 pixels; a name is as long as its letters, 6 pixels each."""
    for x, y, name in ((0, 1, "left"), (0.5, 0.5, "in\\ the\\ middle"), (1, 0, "right"), (7, -7, "beyond")):
        pad.pd.send("place", f"dot {x} {y}")
        pad.pd.send("place", f"name {x} {y} {name}")
    dots = [widget for widget in pad.drawn() if widget.size == 3]
    assert [(dot.x + 1, dot.y + 1) for dot in dots] == [(8, 8), (100, 100), (192, 192), (192, 192)]
    names = {widget.label: widget for widget in pad.drawn() if widget.size == 1}
    assert (names["left"].x, names["left"].y) == (12, 6)
    assert (names["in the middle"].x, names["in the middle"].y) == (104, 102)
    assert (names["right"].x + 6 * len("right"), names["right"].y) == (188, 186)
    assert "beyond" not in names, "there is no room beside the other, and no line below"


def test_names_do_not_lie_on_each_other_nor_on_dots(pad: Pad) -> None:
    places = [((k * 7) % 24 / 23, (k * 5) % 23 / 22, f"name\\ {k:02}") for k in range(24)]
    for word in ("dot", "name"):
        for x, y, name in places:
            pad.pd.send("place", f"{word} {x} {y} {name}")
    drawn = pad.drawn()
    names, dots = ([widget for widget in drawn if widget.size == size] for size in (1, 3))
    assert len(dots) == 24 and len(names) > 12
    boxes = [(name.x, name.y - 6, name.x + 6 * len(name.label), name.y + 6) for name in names]
    for k, (left, top, right, bottom) in enumerate(boxes):
        assert left > 0 and top >= 0 and right < 200 and bottom <= 200
        assert not [box for box in boxes[:k] if box[0] < right and left < box[2] and box[1] < bottom and top < box[3]]
        assert not [dot for dot in dots if left <= dot.x + 1 < right and top <= dot.y + 1 < bottom]


def test_a_pad_forgets_what_it_showed(pad: Pad) -> None:
    pad.pd.send("place", "name 0.5 0.5 one")
    first = pad.drawn()
    pad.pd.send("place", "clear")
    assert pad.drawn() == []
    pad.pd.send("place", "name 0.5 0.5 two")
    assert pad.drawn() == [first[0]._replace(label="two")]


def test_a_name_is_written_as_it_is(pad: Pad) -> None:
    for name in AWKWARD:
        pad.pd.send("place", "clear")
        pad.pd.send("place", "name 0 0.5 " + re.sub(r"[ ,;$\\]", r"\\\g<0>", name))
        assert [widget.label for widget in pad.drawn()] == [name]
    pad.pd.send("place", f"name 0 0.1 {'x' * 40}")
    assert len(pad.drawn()) == 1, "one that is longer than the pad is left out"
