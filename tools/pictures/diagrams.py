"""The diagrams: the clocks, and a JACK graph."""

from __future__ import annotations

from svg import ACCENT, COOL, Drawing


def all_of_them() -> dict[str, str]:
    """Each as SVG, by the name of its file."""
    return {"clocks.svg": clocks(), "jack.svg": jack()}


def clocks() -> str:
    """The path of a note through the clocks, and what crosses from one to the next."""
    d = Drawing(900, 660, "The path of a note through the clocks of oscvae")
    d.box(20, 20, 150, 44, "OSC", "UDP, TCP", colour=COOL)

    d.panel(20, 96, 860, 112, "")
    d.text(202, 117, "event clock: oscvae/control", bold=True)
    d.text(410, 116, "one asyncio thread; never blocks, never touches a sample", size=11, colour="#6b7280")
    d.arrow((95, 64), (95, 146))
    for k, (name, what) in enumerate(
        (
            ("packets", "validate"),
            ("addresses", "types, ranges"),
            ("scheduler", "timetag > frame"),
            ("performer", "voices, stealing"),
        )
    ):
        d.box(34 + 168 * k, 146, 138, 46, name, what)
        if k:
            d.arrow((34 + 168 * k - 30, 169), (34 + 168 * k, 169))
    d.box(720, 146, 146, 46, "disk threads", "/record /encode presets", bold=False)

    d.panel(20, 256, 400, 96, "decode clock: oscvae/decode", "a process of its own, the only one with torch")
    d.box(230, 300, 176, 42, "decoder", "TorchScript, CPU or CUDA")
    d.arrow((570, 192), (570, 232), (318, 232), (318, 300), words="the newest target of each voice", at=(330, 226))

    d.panel(20, 400, 860, 96, "hop clock: oscvae/spectral", "one compiled loop, without the GIL")
    for k, (name, what) in enumerate((("expand", "bands > bins"), ("RTISI-LA", "phase"), ("resample", "rate, bend"))):
        d.box(250 + 176 * k, 436, 138, 46, name, what)
        if k:
            d.arrow((250 + 176 * k - 38, 459), (250 + 176 * k, 459))
    d.arrow((318, 342), (318, 436), words="magnitude blocks in shared memory,", at=(330, 374))
    d.text(330, 389, "their numbers by a pipe", size=11, colour="#6b7280")
    d.arrow((650, 192), (650, 400), words="ring: arm, move, drop", at=(660, 290))
    d.arrow((850, 400), (850, 208))
    d.text(738, 330, "ring and eventfd:", size=11, colour="#6b7280")
    d.text(738, 345, "what came back", size=11, colour="#6b7280")

    d.panel(20, 544, 860, 96, "block clock: oscvae/audio", "the audio server's own thread, compiled, no Python")
    d.box(440, 584, 250, 46, "callback", "envelope, pan, mix, limiter, meters")
    d.box(740, 584, 126, 46, "out_1, out_2", "JACK", colour=ACCENT)
    d.arrow((690, 607), (740, 607))
    d.arrow((671, 482), (671, 584), words="a ring of samples for each voice", at=(681, 528))
    return d.finish()


PORT = 22.0


def _client(
    d: Drawing, x: float, y: float, width: float, name: str, inputs: list[str], outputs: list[str]
) -> dict[str, tuple[float, float]]:
    """A client with its ports; where each port is."""
    rows = max(len(inputs), len(outputs))
    d.panel(x, y, width, 34 + PORT * rows, name)
    places: dict[str, tuple[float, float]] = {}
    for k, port in enumerate(inputs):
        d.text(x + 12, y + 46 + PORT * k, port, size=12)
        places[port] = (x, y + 42 + PORT * k)
    for k, port in enumerate(outputs):
        d.text(x + width - 12 - 6.3 * len(port), y + 46 + PORT * k, port, size=12)
        places[port] = (x + width, y + 42 + PORT * k)
    return places


def jack() -> str:
    """A stage: clients by OSC on the left, the daemon, an effect and a recorder in JACK, the loudspeakers."""
    d = Drawing(900, 330, "oscvae in a JACK graph")
    for k, name in enumerate(("Pd, Max", "SuperCollider", "a tablet", "a script")):
        d.box(20, 24 + 56 * k, 124, 36, name, colour=COOL, bold=False)
        d.arrow((144, 42 + 56 * k), (186, 42 + 56 * k), (186, 104), (238, 104))
    d.text(152, 66, "OSC", size=11, colour="#6b7280")
    keyboard = _client(d, 20, 248, 124, "a keyboard", [], ["MIDI"])
    daemon = _client(d, 240, 76, 160, "oscvae", ["midi_in"], ["out_1", "out_2"])
    d.cable(keyboard["MIDI"], daemon["midi_in"], COOL)
    effect = _client(d, 490, 24, 150, "an effect", ["in_1", "in_2"], ["wet_1", "wet_2"])
    recorder = _client(d, 730, 190, 150, "jack_capture", ["input1", "input2"], [])
    speakers = _client(d, 730, 24, 150, "system", ["playback_1", "playback_2"], [])
    for k in (1, 2):
        d.cable(daemon[f"out_{k}"], effect[f"in_{k}"])
        d.cable(effect[f"wet_{k}"], speakers[f"playback_{k}"])
        d.cable(daemon[f"out_{k}"], recorder[f"input{k}"])
    return d.finish()
