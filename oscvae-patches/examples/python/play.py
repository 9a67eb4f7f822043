"""oscvae from Python, by python-osc: python play.py [port [host]]

What every message means: docs/osc.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import SimpleUDPClient

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
HOST = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
Z = (0.1, 0.2, -0.3, 0.4)

client = SimpleUDPClient(HOST, PORT)


def replies(seconds: float) -> Iterator[OscMessage]:
    """What the daemon says in that time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if packet := client.receive(left):
            yield OscMessage(packet)


def ask(answer: str, address: str, *args: object) -> list[object]:
    """Sends a question; the arguments of its answer."""
    client.send_message(address, args)
    for reply in replies(5.0):
        if reply.address == "/fail":
            sys.exit(f"cannot: {' '.join(map(str, reply.params))}")
        if reply.address == answer:
            return list(reply.params)
    sys.exit(f"no answer to {address}: is the daemon there?")


def message(address: str, *args: object) -> OscMessage:
    built = OscMessageBuilder(address)
    for arg in args:
        built.add_arg(arg)
    return built.build()


name, dims, *_ = ask("/model", "/model")
print(f"{name} has {dims} dimensions")
ask("/done", "/notify", 1)  # be told of voices, levels, and what others change

client.send_message("/play", [60, *Z, 0.8, 0.5])  # a note, released after half a second
time.sleep(0.6)

# a chord in one frame, at a time of our own
chord = OscBundleBuilder(time.time() + 0.1)
for note in (48, 55, 63):
    chord.add_content(message("/play", note, *Z, 0.7, 0.5))
client.send(chord.build())
time.sleep(0.8)

# a key that is held follows the cursor
client.send_message("/z", [-1, 0, 0, 0])
client.send_message("/note", [52, 100])
client.send_message("/glide", [0.5, 1, 0, 0, 0])
time.sleep(0.6)
client.send_message("/note", [52, 0])

failed = False
for reply in replies(0.3):
    if reply.address.startswith("/voice/"):
        print(reply.address, *reply.params)
    failed |= reply.address == "/fail"
voices, cpu, *_ = ask("/status.reply", "/status")
print(f"{voices} voices, {cpu:.1f} % CPU")
client.send_message("/notify", 0)
sys.exit(failed)
