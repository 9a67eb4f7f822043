"""What every surface shows: the same faders, macros, pads, keys and presets, in ranges that the table allows.

For the clients in Pd and Max also what leaves their outlets, and the messages on their help.
"""

from __future__ import annotations

from dataclasses import dataclass

from oscvae.osc.vocabulary import TABLE, find
from oscvae.settings.sections import MacrosConfig

DIMS = 4  # the default model's, on two pads
PADS = (1, 2)
PRESETS = tuple(range(1, 9))
MACROS = tuple(MacrosConfig().map)  # the names of those that come along, until the daemon says what its own are called
KEYS = range(48, 73)  # two octaves from C3
BLACK = frozenset({1, 3, 6, 8, 10})
RECORDING = "take"  # its name; the daemon adds a number where there is one already
GLIDE_S = 10.0
TRAVEL_S = 10.0


@dataclass(frozen=True)
class Fader:
    """A continuous control at its own address. start: what the daemon starts with."""

    name: str
    low: float
    high: float
    start: float

    @property
    def address(self) -> str:
        return f"/{self.name}"

    @property
    def unit(self) -> str:
        return find(self.address)[0].args[0].unit


# narrower than the table where a fader of its whole range would be too coarse to play
FADERS = (
    Fader("gain", -60, 6, -12),
    Fader("pan", -1, 1, 0),
    Fader("bend", -12, 12, 0),
    Fader("attack", 0, 2, 0),
    Fader("release", 0.005, 4, 0.15),
    Fader("stretch", 0.25, 4, 1),
    Fader("portamento", 0, 2, 0),
)
MODES = find("/mode")[0].args[0].choices  # of keys; the first is what the daemon starts with

# two recordings at once
BLEND_ID = 1  # of the voice
LISTEN_ID = 2  # of the one along the live input
BLEND_FADERS = (Fader("position", 0, 1, 0), Fader("mix", -1, 2, 0.5), Fader("rate", -4, 4, 1))
CURVE_POINTS = 64  # of the mix over the position, as many as /curve takes

# the clients in Pd and Max
OUTLETS = ("/done", "/fail", "/voice/on", "/voice/off", "/level", "/xrun", "/status.reply", "/model", "the rest")
# what has no part, by the first word of its address
OF_DAEMON = tuple(dict.fromkeys(row.path.split("/")[1] for row in TABLE if row.scope == "daemon"))
_REPLIES = (reply.split()[0][1:] for row in TABLE if row.scope == "daemon" for reply in row.replies)
TOLD_OF_DAEMON = tuple(dict.fromkeys(("done", "fail", "warn", "level", "xrun", "midi", *_REPLIES)))
HEARD = (  # at each outlet
    "a command is finished",
    "cannot be obeyed, and why",
    "id, note",
    "id, note",
    "left, right, dB",
    "counted",
    "voices, CPU ..",
    "name, D ..",
    "cursor, and what others change",
)
MESSAGES = (  # and what each does
    ("/play 60 0.1 0.2 0.3 0.4", "a note at a point of the latent space"),
    ("/interp 60 3 -1 -1 -1 -1 1 1 1 1", "a note that travels in three seconds"),
    ("/note 60 100", "a key goes down, at the cursor"),
    ("/note 60 0", "and up"),
    ("/pad/1 0.3 0.7", "moves the cursor, and the keys that are down"),
    ("/glide 4 0 0 0 0", "takes it there in four seconds"),
    ("/preset/save mine", "keeps the cursor"),
    ("/preset/recall mine 2", "goes back to it in two seconds"),
    ("/gain -12", "dB"),
    ("/macro/1 0.5", "several at once, as macros.map says"),
    ("/load plucked", "another model"),
    ("/record take", "records what is heard, until /record"),
    ("/status", "how it is"),
    ("/panic", "silence"),
    ("notify 0", "no more events, until notify 1"),
    ("connect 127.0.0.1 9000", "another daemon"),
)


def axes(pad: int) -> str:
    """What a pad moves, in words."""
    return f"dimensions {2 * pad - 1}, {2 * pad}"


def is_black(note: int) -> bool:
    return note % 12 in BLACK
