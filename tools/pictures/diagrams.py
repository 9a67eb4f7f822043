"""The diagrams: the clocks, and a JACK graph."""

from __future__ import annotations

from svg import ACCENT, COOL, Drawing


def all_of_them() -> dict[str, str]:
    """Each as SVG, by the name of its file."""
    return {"clocks.svg": clocks(), "jack.svg": jack()}


def clocks() -> str:
    """The path of a note through the clocks, and what crosses from one to the next."""
    d = Drawing(900, 700, "The path of a note through the clocks of oscvae")
    d.box(20, 20, 110, 40, "OSC", "UDP, TCP", colour=COOL)
    d.box(20, 236, 110, 54, "MIDI", "stamped with its", "frame", colour=COOL)

    d.panel(20, 90, 860, 130, "")
    d.text(206, 112, "event clock", bold=True)
    d.text(300, 112, "one asyncio thread; never blocks, never touches a sample", size=11, colour="#6b7280")
    d.arrow((75, 60), (75, 140))
    for k, (name, what, below) in enumerate(
        (
            ("osc/", "packets, vocabulary,", "scheduler"),
            ("daemon/", "router: which command", "is whose; services"),
            ("play/", "part: performer, cursor,", "presets, macros"),
            ("play/", "voices: slots, stealing;", "models"),
        )
    ):
        d.box(34 + 172 * k, 140, 146, 66, name, what, below)
        if k:
            d.arrow((34 + 172 * k - 26, 173), (34 + 172 * k, 173))
    d.box(728, 140, 138, 66, "disk threads", "presets, recordings,", "sounds, models", bold=False)
    d.arrow((130, 270), (160, 270), (160, 206))
    d.text(168, 262, "midi/", bold=True, size=12)
    d.text(168, 276, "notes, controllers", size=11, colour="#6b7280")

    d.panel(20, 310, 420, 84, "decode clock: decode/", "a process for each model;")
    d.text(32, 362, "torch is loaded there", size=11, colour="#6b7280")
    d.box(290, 336, 130, 46, "decoder", "TorchScript")
    d.box(196, 336, 70, 46, "zygote", "forks it")
    d.arrow((266, 359), (290, 359))
    d.arrow((600, 206), (600, 290), (348, 290), (348, 336), words="the newest target of each voice", at=(400, 284))

    d.panel(20, 440, 860, 96, "hop clock: spectral/", "one compiled loop, without the GIL")
    for k, (name, what) in enumerate((("expand", "bands > bins"), ("RTISI-LA", "phase"), ("resample", "rate, bend"))):
        d.box(280 + 176 * k, 476, 138, 46, name, what)
        if k:
            d.arrow((280 + 176 * k - 38, 499), (280 + 176 * k, 499))
    d.arrow((348, 382), (348, 476), words="magnitude blocks in shared memory,", at=(358, 414))
    d.text(358, 429, "their numbers by a pipe", size=11, colour="#6b7280")
    d.arrow((640, 206), (640, 440), words="renderer link: arm, move, drop", at=(650, 330))
    d.arrow((850, 440), (850, 220))
    d.text(742, 370, "ring and eventfd:", size=11, colour="#6b7280")
    d.text(742, 385, "what came back", size=11, colour="#6b7280")

    d.panel(20, 584, 860, 96, "block clock: audio/", "the audio server's own thread, compiled, no Python")
    d.box(440, 624, 250, 46, "callback", "envelope, pan, mix, limiter, meters")
    d.box(740, 624, 126, 46, "out_1, out_2", "JACK", colour=ACCENT)
    d.arrow((690, 647), (740, 647))
    d.box(326, 624, 86, 46, "in_1", "JACK", colour=ACCENT)
    d.arrow((412, 647), (440, 647))
    d.arrow((701, 522), (701, 570), (600, 570), (600, 624), words="a ring of samples for each voice", at=(610, 600))
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
