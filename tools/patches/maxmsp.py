"""oscvae.maxpat: the client in Max 8 or later, to be shown in a bpatcher; one inlet, and outlets as in Pd.

Its work is done by oscvae.js in [node.script], which comes with Max. The plainer [udpsend] and [udpreceive] are two
sockets: the daemon answers the one that has sent (/done, /fail, /status.reply ..), where [udpreceive] does not listen,
and `/notify 1 port` only sends it what happens, not answers. They are enough to play, and the help says how; a client
that shows why a message failed needs one socket for both. In Node it has it, and its rules run in the tests as they do
in Max, which cannot be run there.
"""

from __future__ import annotations

from face import DIMS, OUTLETS
from maxfile import Sheet

WIDTH, HEIGHT = 174, 114  # of what a bpatcher shows
OWN = ("lives", "units", "size", "names")  # what the script says to this patch only


def client() -> Sheet:
    """oscvae.maxpat."""
    s = Sheet(960, 440)
    inlet = s.obj(30, 20, "inlet", width=30)
    tell = s.obj(30, 70, "prepend tell")
    node = s.obj(30, 120, "node.script oscvae.js @autostart 1 @args #1 #2 #3", ports=(1, 2))
    s.note(200, 20, "bpatcher oscvae.maxpat @args host port part: without them 127.0.0.1, 9000 and 1")
    route = s.obj(30, 200, f"route {' '.join((*OUTLETS[:-1], *OWN))}", width=640)
    s.chain(inlet, tell, node, route)
    to_rest = len(OUTLETS) - 1 + len(OWN)
    for k in range(len(OUTLETS)):
        s.wire(route, s.obj(30 + 50 * k, 380, "outlet", width=30), k if k < len(OUTLETS) - 1 else to_rest)
    lives, units, size, names = (len(OUTLETS) - 1 + k for k in range(len(OWN)))

    s.note(520, 380, "oscvae", (6, 4))
    light = s.ui("led", 840, 280, (150, 4, 18, 18), "lives")
    sliders = s.ui(
        "multislider",
        700,
        310,
        (6, 26, 162, 52),
        "units",
        size=DIMS,
        orientation=0,
        setminmax=[0.0, 1.0],
        setstyle=1,
        settype=1,
        contdata=1,
    )
    s.wire(route, light, lives)
    for x, outlet, word in ((520, units, "setlist"), (680, size, "size")):
        named = s.obj(x, 250, f"prepend {word}")
        s.wire(route, named, outlet)
        s.wire(named, sliders)
    labels = s.note(400, 330, " ".join(map(str, range(1, DIMS + 1))), (6, 79), size=9, wide=162, name="names")
    shown = s.obj(300, 250, "prepend set")
    s.wire(route, shown, names)
    s.wire(shown, labels)
    s.chain(sliders, s.obj(700, 410, "prepend tell units"), node)
    return s
