"""The Pd patches, in Pd."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from parts.daemon import Z
from parts.listening import is_playing, out_of_tune
from parts.pd import FOLDER, Pd, client_patch, demo_patch
from parts.programs import needs
from parts.silent import SilentDaemon
from parts.stage import Stage
from parts.waiting import until
from patches.fake import MODEL, FakeDaemon

pytestmark = [pytest.mark.client, needs("pd")]

PATCHES = sorted(FOLDER.glob("*.pd"))
ALIVE, HURRIED, HURRIED_S = "metro 5000;", "metro 200;", 0.2  # how often the client subscribes


# -- opening -----------------------------------------------------------------------------------------------------------


def test_all_open_without_an_error(tmp_path: Path, fake: FakeDaemon) -> None:
    assert {path.name for path in PATCHES} >= {"oscvae.pd", "oscvae-help.pd", "demo.pd"}
    copies = []
    for path in PATCHES:
        copies.append(tmp_path / path.name)
        copies[-1].write_text(path.read_text().replace("127.0.0.1 9000", f"127.0.0.1 {fake.port}"))
    with Pd(tmp_path, *copies) as pd:
        fake.greet()
        fake.drain()
        assert pd.wrong() == []


def test_what_is_wrong_with_a_patch_is_seen(tmp_path: Path) -> None:
    patch = tmp_path / "broken.pd"
    patch.write_text("#N canvas 0 0 300 300 12;\n#X obj 20 20 no-such-object 3;\n")
    with Pd(tmp_path, patch) as pd:
        assert pd.wrong()


def test_none_needs_more_than_vanilla(tmp_path: Path) -> None:
    """Pd says nothing of a [declare] or an [import] that finds nothing to load."""
    for path in PATCHES:
        text = path.read_text()
        assert " declare " not in text and " import " not in text


# -- the client --------------------------------------------------------------------------------------------------------


def test_any_message_becomes_osc(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, client_patch(tmp_path, fake.port)) as pd:
        fake.until("/notify")
        fake.drain()
        for words in ("/play 60 0.5 -0.5 0.25 1", "play 60 0.5 -0.5 0.25 1", "/panic", "/preset/save mine", "/z/2 0.5"):
            pd.send("go", words)
        sent = [(message.address, message.args) for message in fake.drain()]
        note = ("/play", (60.0, 0.5, -0.5, 0.25, 1.0))
        assert sent == [note, note, ("/panic", ()), ("/preset/save", ("mine",)), ("/z/2", (0.5,))]


def test_each_reply_has_its_outlet(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, client_patch(tmp_path, fake.port)) as pd:
        fake.greet()
        fake.tell("/done", "/load", "plucked", 4, 48_000.0, 144)
        fake.tell("/fail", "/play", "expected note z1 z2")
        fake.tell("/voice/on", -3, 60.0)
        fake.tell("/voice/off", -3, 60.0)
        fake.tell("/level", -12.5, -13.5)
        fake.tell("/xrun", 2)
        fake.tell("/status.reply", 1, 2.5, 3.5)
        fake.tell("/presets.reply", "plucked", "one", "two words")
        pd.wait_for("outlet-9: presets.reply plucked one two words")
        assert pd.printed("outlet-1") == ["/load plucked 4 48000 144"], "the client's own subscription is not told"
        assert pd.printed("outlet-2") == ["/play expected note z1 z2"]
        assert pd.printed("outlet-3") == ["-3 60"]
        assert pd.printed("outlet-4") == ["-3 60"]
        assert pd.printed("outlet-5") == ["-12.5 -13.5"]
        assert pd.printed("outlet-6") == ["2"]
        assert pd.printed("outlet-7") == ["1 2.5 3.5"]
        assert pd.printed("outlet-8") == [" ".join(f"{x:g}" if isinstance(x, float) else str(x) for x in MODEL)]
        assert pd.wrong() == []


def test_the_cursor_is_followed_in_all_its_words(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, client_patch(tmp_path, fake.port)) as pd:
        fake.greet()
        fake.tell("/z", -2.0, 0.0, 1.0, 2.0)
        fake.tell("/z/2", 1.0)
        fake.tell("/unit/3", 0.25)
        fake.tell("/pad/2", 0.5, 0.75)
        pd.wait_for("outlet-9: pad 2")
        pd.send("go", "/unit/1 0.5")  # from this patch: the daemon tells it to others only
        pd.wait_for("outlet-9: cursor 1 0.5 0$")
        moves = [line.removeprefix("cursor ") for line in pd.printed("outlet-9") if line.startswith("cursor")]
        assert moves[:4] == ["1 0 -2", "2 0.5 0", "3 0.75 1", "4 1 2"]
        assert moves[4:6] == ["2 0.75 1", "3 0.25 -1"]
        assert set(moves[6:8]) == {"3 0.5 0", "4 0.75 1"}
        assert moves[8:] == ["1 0.5 0"]
        fake.drain()
        fake.tell("/z", 0.0, 0.0, 0.0, 0.0)
        assert fake.drain() == [], "what is followed is not sent back"


def test_there_is_a_slider_for_each_dimension(tmp_path: Path, fake: FakeDaemon) -> None:
    """Through the mouse, as a hand would: the third slider of a client that was told of three, then of five."""
    with Pd(tmp_path, client_patch(tmp_path, fake.port, dims=3)) as pd:
        fake.until("/notify")
        pd.send("pd-client.pd", "vis 1")
        pd.send("pd-client.pd", "map 1")

        def drag(slider: int) -> list[tuple[str, float]]:
            fake.drain()
            y = 100 + 26 + 18 * (slider - 1) + 9
            pd.send("pd-client.pd", f"mouse 100 {y} 1 0")
            pd.send("pd-client.pd", f"motion 120 {y} 0")
            pd.send("pd-client.pd", f"mouseup 120 {y} 1")
            return [(message.address, message.args[0]) for message in fake.drain() if message.address != "/notify"]

        moves = drag(3)
        assert {address for address, _ in moves} == {"/unit/3"} and 0 < moves[-1][1] < 1
        assert drag(5) == []
        fake.tell("/done", "/notify", 1)
        fake.tell("/model", "other", 5, 48_000.0, 40, 88, *[-1.0, 1.0] * 5)
        pd.wait_for("outlet-8: other 5")
        assert {address for address, _ in drag(5)} == {"/unit/5"}
        assert pd.wrong() == []


def test_sliders_are_called_what_the_model_calls_its_dimensions(tmp_path: Path, fake: FakeDaemon) -> None:
    slider = (FOLDER / "oscvae-slider.pd").read_text().rstrip()
    boxes = slider.count("#X obj") + slider.count("#X text")
    heard = f"#X obj 16 150 r \\$1-unit-\\$2;\n#X obj 16 170 print slider-\\$2;\n#X connect {boxes} 0 {boxes + 1} 0;"
    (tmp_path / "oscvae-slider.pd").write_text(f"{slider}\n{heard}\n")  # Pd looks beside the patch first
    with Pd(tmp_path, client_patch(tmp_path, fake.port)) as pd:
        fake.greet()
        pd.wait_for("slider-4: label_pos -16 8")
        fake.tell("/labels", "brightness", "z2", "low end", "damping")
        pd.wait_for("slider-4: label_pos 4 8")
        labels = {n: [line for line in pd.printed(f"slider-{n}") if line.startswith("label ")] for n in range(1, 5)}
        assert labels == {1: ["label 1", "label brightness"], 2: ["label 2", "label z2"]} | {
            3: ["label 3", "label low end"],
            4: ["label 4", "label damping"],
        }
        fake.tell("/model", *MODEL)  # another one, which does not say
        assert until(lambda: pd.printed("slider-4")[-1] == "label_pos -16 8", 5.0)
        assert pd.printed("slider-4")[-2] == "label 4"
        assert pd.wrong() == []


def test_a_daemon_that_comes_later_is_found(tmp_path: Path) -> None:
    text = (FOLDER / "oscvae.pd").read_text()
    assert ALIVE in text
    (tmp_path / "oscvae.pd").write_text(text.replace(ALIVE, HURRIED))  # Pd looks beside the patch first
    with FakeDaemon() as probe:
        port = probe.port
    with Pd(tmp_path, client_patch(tmp_path, port)) as pd:
        pd.send("go", "/play 60 0 0 0 0")  # into the void
        time.sleep(0.3)
        with FakeDaemon(port) as late:
            late.until("/notify")
            late.tell("/done", "/notify", 1)
            late.until("/model")
            pd.send("go", "notify 0")
            assert late.until("/notify").args == (0.0,)
            assert all(message.address != "/notify" for message in late.drain(quiet_s=5 * HURRIED_S))


# -- a real daemon -----------------------------------------------------------------------------------------------------


def test_a_scripted_pd_plays(tmp_path: Path, silent: SilentDaemon) -> None:
    """A note, a pad, a preset, and every reply that they bring."""
    listener = silent.listen()
    with Pd(tmp_path, client_patch(tmp_path, silent.port)) as pd:
        pd.wait_for("outlet-8: plucked 4 48000")
        pd.send("go", "/play 60 0.1 0.2 0.3 0.4 0.8 0.2")
        pd.wait_for(r"outlet-3: -\d+ 60$")
        pd.wait_for(r"outlet-4: -\d+ 60$")
        pd.wait_for(r"outlet-5: -\d")
        pd.send("go", "/pad/1 0.25 0.75")
        assert listener.wait_for("/pad/1") == ("/pad/1", (0.25, 0.75))
        pd.send("go", "/preset/save here")
        pd.wait_for("outlet-1: /preset/save here")
        pd.send("go", "/pad/1 0.5 0.5")
        assert listener.wait_for("/pad/1") == ("/pad/1", (0.5, 0.5))
        pd.send("go", "/preset/recall here 0.1")
        pd.wait_for(r"outlet-9: cursor 1 0\.(25|2499\d*|2500\d*) ")  # by way of the latent numbers
        pd.wait_for(r"outlet-9: cursor 2 0\.(75|7499\d*|7500\d*) ")
        pd.send("go", "/play 60")
        pd.wait_for(r"outlet-2: /play expected note z1 z2 z3 z4 \[velocity\] \[seconds\], got 1 argument")
        pd.send("go", "/status")
        pd.wait_for(r"outlet-7: \d+ .* silent plucked 4 ")
        assert pd.wrong() == []


def test_the_demo_plays(tmp_path: Path, silent: SilentDaemon) -> None:
    listener = silent.listen()
    tap = "#N canvas 0 0 300 300 12;\n#X obj 20 20 r demo-voices;\n#X obj 20 50 print voices;\n#X connect 0 0 1 0;\n"
    (tmp_path / "tap.pd").write_text(tap)
    with Pd(tmp_path, demo_patch(tmp_path, silent.port), tmp_path / "tap.pd") as pd:
        pd.wait_for("demo-model: plucked")
        pd.send("demo-key-60")
        pd.wait_for("voices: 1$")
        pd.send("demo-pad-2", "0.25 0.75")
        assert listener.wait_for("/pad/2") == ("/pad/2", (0.25, 0.75))
        pd.send("demo-save", 1)
        pd.send("demo-preset-3")
        pd.wait_for("demo-done: /preset/save 3")
        pd.send("demo-pad-2", "0.5 0.5")
        pd.send("demo-glide", 0)
        pd.send("demo-preset-3")
        assert listener.wait_for("/preset/recall") == ("/preset/recall", ("3", 0.0))
        pd.send("demo-a")
        pd.send("demo-pad-1", "1 1")
        pd.send("demo-b")
        pd.send("demo-travel-note", 65)
        pd.send("demo-travel")
        told = listener.wait_for("/voice/on")
        while told is not None and told[1][1] != 65.0:
            told = listener.wait_for("/voice/on")
        assert told is not None
        assert pd.printed("demo-fail") == []
        assert pd.wrong() == []


def test_the_macros_of_the_demo_follow_and_are_named(tmp_path: Path, fake: FakeDaemon) -> None:
    """Pd does not say what a slider is called: the file that it writes does."""
    patch = demo_patch(tmp_path, fake.port)
    with Pd(tmp_path, patch) as pd:
        fake.greet()
        assert fake.until("/macros").args == ()
        fake.tell("/macros.reply", "one", "two words", "3")
        fake.tell("/macro/2", 0.25)
        fake.tell("/bend", -3.0)
        assert [m for m in fake.drain() if m.address.startswith(("/macro", "/bend"))] == [], "no loop"
        pd.send("demo-macro-2")  # a slider says what it shows
        assert fake.until("/macro/2").args == (0.25,)
        pd.send("demo-macro-1", 0.5)
        assert fake.until("/macro/1").args == (0.5,)
        pd.send("pd-demo.pd", "menusave")
        assert until(lambda: "demo-macro-1 one " in patch.read_text(), 5.0)
        text = patch.read_text()
        assert "demo-macro-2 two\\ words " in text and "demo-macro-3 3 " in text and "demo-macro-4 drift " in text
        assert pd.wrong() == []


def test_the_demo_chooses_how_keys_play_and_shows_it(tmp_path: Path, fake: FakeDaemon) -> None:
    patch = demo_patch(tmp_path, fake.port)

    def shows(pd: Pd, mode: str) -> bool:
        pd.send("pd-demo.pd", "menusave")
        return until(lambda: f" demo-mode {mode} " in patch.read_text(), 2.0)

    with Pd(tmp_path, patch) as pd:
        fake.greet()
        fake.drain()
        pd.send("demo-legato")
        assert fake.until("/mode").args == ("legato",)
        assert shows(pd, "legato")
        fake.tell("/mode", "mono")
        assert until(lambda: shows(pd, "mono"), 5.0)
        assert fake.drain() == [], "what is followed is not sent back"
        assert pd.wrong() == []


@pytest.mark.parametrize(("name", "widgets", "grounds"), [("demo.pd", 50, 7), ("blend.pd", 12, 3)])
def test_nothing_lies_on_something_else(name: str, widgets: int, grounds: int) -> None:
    text = (FOLDER / name).read_text()
    depth, shown, panels = 0, [], []
    for line in text.splitlines():
        depth += line.startswith("#N canvas") - line.startswith("#X restore")
        words = line.rstrip(";").split()
        if depth != 1 or words[:2] != ["#X", "obj"]:
            continue
        x, y, kind = int(words[2]), int(words[3]), words[4]
        if kind in {"bng", "tgl"}:
            shown.append((x, y, int(words[5]), int(words[5])))
        elif kind == "hsl":
            shown.append((x, y, int(words[5]), int(words[6])))
        elif kind == "nbx":
            shown.append((x, y, 8 * int(words[5]) + 10, int(words[6])))
        elif kind == "cnv":
            panels.append((x, y, int(words[6]), int(words[7])))
    assert len(shown) > widgets and len(panels) >= grounds
    across, down = (int(size) for size in text.split()[4:6])
    for group in (shown, panels):
        for one, other in itertools.combinations(group, 2):
            (x, y, wide, high), (left, top, width, height) = one, other
            assert x + wide <= left or left + width <= x or y + high <= top or top + height <= y, (one, other)
        assert all(x + wide <= across and y + high <= down for x, y, wide, high in group)


def test_the_puck_is_dragged_by_the_mouse(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, demo_patch(tmp_path, fake.port)) as pd:
        fake.greet()
        pd.send("pd-demo.pd", "vis 1")
        pd.send("pd-demo.pd", "map 1")
        fake.drain()
        fake.tell("/places.reply", "plucked", 4, *("under the puck", 0.0, 0.0, 0.0, 0.0))
        x, y = 212 + 100, 94 + 100  # the middle of the first pad
        pd.send("pd-demo.pd", f"mouse {x} {y} 1 0")
        pd.send("pd-demo.pd", f"motion {x + 46} {y - 46} 0")
        pd.send("pd-demo.pd", f"motion {x + 500} {y - 500} 0")
        pd.send("pd-demo.pd", f"mouseup {x + 500} {y - 500} 1")
        moves = [message for message in fake.drain() if message.address == "/pad/1"]
        assert [message.args for message in moves] == [pytest.approx((0.75, 0.75)), (1.0, 1.0)]
        fake.tell("/pad/1", 0.5, 0.5)
        fake.tell("/places.reply", "plucked", 4, *("beside it", 0.5, 0.5, 0.0, 0.0))
        assert fake.drain() == [], "a puck that is moved from elsewhere, or drawn anew, says nothing"


def test_a_client_without_a_daemon_says_what_to_run(tmp_path: Path) -> None:
    with FakeDaemon() as probe:
        port = probe.port
    patch = tmp_path / "oscvae.pd"
    patch.write_text((FOLDER / "oscvae.pd").read_text().replace("f 9000;", f"f {port};"))

    def says(pd: Pd, title: str) -> bool:
        pd.send("pd-oscvae.pd", "menusave")
        return until(lambda: f"-title {title} 8" in patch.read_text(), 0.5)

    with Pd(tmp_path, patch) as pd:
        assert until(lambda: says(pd, "run\\ oscvae\\ serve"), 15.0)
        with FakeDaemon(port) as late:
            late.greet()
            assert until(lambda: says(pd, "oscvae"), 15.0)


def test_the_help_prints_no_levels(tmp_path: Path, fake: FakeDaemon) -> None:
    patch = tmp_path / "oscvae-help.pd"
    patch.write_text((FOLDER / "oscvae-help.pd").read_text().replace(" 9000 ", f" {fake.port} "))
    with Pd(tmp_path, patch) as pd:
        fake.greet()
        for level in range(5):
            fake.tell("/level", -10.0 - level, -12.0)
        fake.tell("/xrun", 3)
        pd.wait_for("xrun: 3")
        assert "level" not in pd.log and pd.wrong() == []


def test_a_fader_and_the_number_beside_it_follow_each_other(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, demo_patch(tmp_path, fake.port)) as pd:
        fake.greet()
        fake.drain()
        fake.tell("/gain", -20.0)
        assert fake.drain() == [], "what is followed is not sent back"
        for name in ("demo-gain", "demo-gain-number"):
            pd.send(name)  # says what it shows
            assert fake.until("/gain").args == (pytest.approx(-20.0, abs=0.5),)
        pd.send("demo-gain-number", -30)
        assert fake.until("/gain").args == (-30.0,)
        pd.send("demo-gain")
        assert fake.until("/gain").args == (pytest.approx(-30.0, abs=0.5),)
        assert [message.address for message in fake.drain()] == [], "neither makes the other speak"


# -- sound -------------------------------------------------------------------------------------------------------------

_RECORD = """#N canvas 0 0 400 300 12;
#X obj 20 20 adc~ 1 2;
#X obj 20 200 writesf~ 2;
#X obj 200 20 r tape;
#X obj 20 60 env~ 2048;
#X obj 20 90 print loudness;
#X connect 0 0 1 0;
#X connect 0 1 1 1;
#X connect 0 0 3 0;
#X connect 2 0 1 0;
#X connect 3 0 4 0;
"""


@pytest.mark.jack
def test_sound_goes_into_pd_through_jack(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "record.pd").write_text(_RECORD)
    client = client_patch(tmp_path, stage.daemon.port)
    audio = ("-jack", "-nojackconnect", "-jackname", "pd-test", "-r", "48000", "-inchannels", "2", "-outchannels", "2")
    with Pd(tmp_path, client, tmp_path / "record.pd", audio=audio, environment=stage.server.environment) as pd:
        pd.send("pd", "dsp 1")  # which is when Pd opens its ports
        assert until(lambda: "pd-test:input_2" in stage.server.connections(), 10.0), pd.log
        for k in (1, 2):
            stage.server.tool("jack_connect", f"oscvae:out_{k}", f"pd-test:input_{k}")
        notes = (55, 69)
        for note in notes:
            file = tmp_path / f"{note}.wav"
            pd.send("tape", f"open -bytes 4 {file}")
            pd.send("tape", "start")
            pd.send("go", f"/play {note} {' '.join(str(x) for x in Z)} 1 0.6")
            pd.wait_for(rf"outlet-3: -\d+ {note}$")
            pd.wait_for(rf"outlet-4: -\d+ {note}$")
            pd.send("tape", "stop")
        pd.wait_for("loudness: [5-9]\\d")  # env~ counts from 100 down: -50 dB and more
        time.sleep(0.3)  # writesf~ writes in a thread of its own
    for note in notes:
        sound, rate = soundfile.read(tmp_path / f"{note}.wav", dtype="float32", always_2d=True)
        assert rate == 48_000 and sound.shape[1] == 2
        left = np.ascontiguousarray(sound[:, 0])
        assert is_playing(left, rate, note), f"{note} was played, not heard"
        assert out_of_tune(left, rate, note) < 20.0
