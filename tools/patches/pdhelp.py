"""oscvae-help.pd, how the client is used."""

from __future__ import annotations

from face import HEARD, MESSAGES, OUTLETS
from pdfile import Canvas


def help_patch() -> Canvas:
    """oscvae-help.pd."""
    c = Canvas(940, 724, at=(40, 40))
    c.panel(20, 16, 900, 28, label="oscvae: a client for the latent-space synthesiser", back="#e4e0d8")
    c.text(
        20,
        52,
        "Any message goes to the daemon as OSC, with its slash or without: docs/osc.md lists them all. The client "
        "subscribes by itself, and again every five seconds, so that a daemon which is started later is found. The "
        "light says that it answers. Its D sliders move the cursor, and follow whoever else does. A model of another D "
        "gets as many.",
        122,
    )
    client = c.obj(20, 518, "oscvae 127.0.0.1 9000 4")
    for k, (words, meaning) in enumerate(MESSAGES):
        y = 118 + 24 * k
        c.wire(c.msg(20, y, words), client)
        c.text(310, y, meaning, 45)
    c.text(650, 118, "arguments: host, port, D, part. Without them 127.0.0.1, 9000, 4 and 1.", 36)
    c.text(650, 170, "outlets:")
    for k, (name, meaning) in enumerate(zip(OUTLETS, HEARD, strict=True)):
        c.text(650, 192 + 20 * k, f"{k + 1} {name}: {meaning}", 38)
        if name == "/level":  # twenty a second are to be seen, not printed
            sides = c.obj(20 + 95 * k, 634, "unpack f f")
            c.wire(client, sides, k)
            for side in range(2):
                shown = c.number(20 + 95 * k, 660 + 24 * side, -200, 6, label=("left", "right")[side])
                c.wire(sides, shown, side)
            continue
        printed = name.rpartition("/")[2].replace(" ", "-")
        c.wire(client, c.obj(20 + 95 * k, 634 + 26 * (k % 3), f"print {printed}"), k)
    c.text(
        650,
        390,
        "cursor N 0..1 z says where dimension N of the cursor is now, over the model's range and in its own numbers, "
        "whoever moved it.",
        36,
    )
    return c
