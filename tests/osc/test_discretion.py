"""What strangers are told: the reason, and no path of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from oscvae.osc.discretion import Discretion

from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.packets import Message, decode
from oscvae.osc.vocabulary import REPLIES, TABLE

FOLDERS = {Path("/home/jane doe/my models"): "the models folder", Path("/home/jane doe"): "home", Path("/"): "root"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no sound 'a' in /home/jane doe/my models", "no sound 'a' in the models folder"),
        ("/home/jane doe/my models/pluckd.ts: no such model file", "pluckd.ts: no such model file"),
        ("presets /home/jane doe/presets/a.json are damaged", "presets presets/a.json are damaged"),
        ("cannot open /usr/lib/x/libjack.so.0: no such file", "cannot open libjack.so.0: no such file"),
        ("[Errno 24] Too many open files: '/dev/shm/a/'", "[Errno 24] Too many open files: 'a'"),
        ("no space is left in /tmp", "no space is left in tmp"),
        ("in (/etc/oscvae/config.yaml)", "in (config.yaml)"),
        ("unknown address, did you mean /preset/recall?", "unknown address, did you mean /preset/recall?"),
        (
            "no pad 3: the model has 4 dimensions, /pad/1 to /pad/2",
            "no pad 3: the model has 4 dimensions, /pad/1 to /pad/2",
        ),
        ("/uint/1 is no address of oscvae", "/uint/1 is no address of oscvae"),
        ("44.1/48 kHz and/or a/usr/b", "44.1/48 kHz and/or a/usr/b"),
    ],
)
def test_a_path_is_taken_out_and_an_address_stays(text: str, told: str) -> None:
    assert Discretion(FOLDERS).of(text) == told


def test_every_address_stays() -> None:
    for row in (*TABLE, *REPLIES):
        text = f"{row.path}: {row.help}"
        assert Discretion(FOLDERS).of(text) == text


@pytest.mark.parametrize(("host", "is_loopback"), [("127.0.0.1", True), ("192.168.1.7", False)])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_only_this_machine_is_told_where_a_file_lies(host: str, is_loopback: bool, transport: str) -> None:
    sent: list[bytes] = []
    limiter = ErrorLimiter()
    client = Client(transport, host, 1, is_loopback, 400, lambda packet, to: sent.append(packet), limiter)
    client.fail("/load", "/usr/share/models/pluckd.ts: no such model file")
    message = decode(sent[0])
    assert isinstance(message, Message)
    where = "/usr/share/models/" if is_loopback else ""
    assert message.args == ("/load", f"{where}pluckd.ts: no such model file")
