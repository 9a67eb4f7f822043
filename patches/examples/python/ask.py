"""Asks the daemon, and prints what it answers: python ask.py [--port 9000] [--host 127.0.0.1] [--wait 5] /status

    python ask.py /load plucked
    python ask.py /help /play

What every message means: docs/osc.md.
"""

from __future__ import annotations

import argparse
import sys

from pythonosc.osc_message import OscMessage
from pythonosc.udp_client import SimpleUDPClient

SILENCE_S = 0.3  # after which nothing more is coming
PING_S = 1.0


def read(word: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word


parser = argparse.ArgumentParser()
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=9000)
parser.add_argument("--wait", type=float, default=5.0, metavar="SECONDS", help="for the first answer")
parser.add_argument("address")
parser.add_argument("arguments", nargs="*")
given, more = parser.parse_known_args()  # negative numbers among the arguments look like options

client = SimpleUDPClient(given.host, given.port)
client.send_message(given.address, [read(word) for word in (*given.arguments, *more)])
failed, wait_s = None, given.wait
while packet := client.receive(wait_s):
    reply = OscMessage(packet)
    print(reply.address, *reply.params)
    failed, wait_s = reply.address == "/fail", SILENCE_S
if failed is None:
    client.send_message("/ping", [])
    if not client.receive(PING_S):
        sys.exit(f"nothing answers at {given.host}:{given.port}: is oscvae serve running, and is this its osc.port?")
    print(f"no answer to {given.address}; the daemon is there, and not every command has one")
sys.exit(failed)
