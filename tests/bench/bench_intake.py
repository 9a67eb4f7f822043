"""OSC messages a second that the daemon takes without losing one, while voices sound undisturbed.

Peer: python-osc's own blocking server in a process of its own, counting the same messages with an empty handler.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Row, show
from support import Daemon, free_port

from oscvae.control.packets import encode_message

SECONDS = 5.0
RATES = (5000, 10_000, 20_000, 30_000, 40_000)
_PEER = """
import sys
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer
count = 0
def take(address, *args):
    global count
    count += 1
def tell(client, address, *args):
    return ("/count", [count])
d = Dispatcher()
d.map("/z", take)
d.map("/count", lambda client, address, *args: ("/count", [count]), needs_reply_address=True)
BlockingOSCUDPServer(("127.0.0.1", int(sys.argv[1])), d).serve_forever()
"""


def flood(port: int, rate: int, seconds: float) -> tuple[int, float]:
    """Send /z at an even rate; returns how many, and in how many seconds."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packets = [encode_message("/z", (0.001 * i, 0.1, 0.2, 0.3)) for i in range(100)]
    began = time.perf_counter()
    sent = 0
    while (now := time.perf_counter() - began) < seconds:
        due = int(now * rate)
        while sent < due:
            sender.sendto(packets[sent % 100], ("127.0.0.1", port))
            sent += 1
        time.sleep(0.0005)
    took = time.perf_counter() - began
    sender.close()
    return sent, took


def dropped(port: int) -> int:
    """Datagrams that the kernel dropped at this port, because its buffer was full."""
    wanted = f":{port:04X}"
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(wanted):
            return int(fields[-1])
    return 0


def measure_daemon() -> tuple[int, str]:
    best = 0
    detail = ""
    with Daemon("audio.backend=silent") as daemon:
        daemon.wait_ready()
        for rate in RATES:
            for i in range(8):
                daemon.client.send("/play", 48 + i, 0.1, 0.2, 0.3, 0.4)
            lost = dropped(daemon.port)
            underruns = daemon.status()[3]
            sent, took = flood(daemon.port, rate, SECONDS)
            began = time.perf_counter()
            answer = daemon.client.ask("/ping", answer=("/pong",), timeout_s=20.0)
            drained = time.perf_counter() - began
            lost = dropped(daemon.port) - lost
            underruns = daemon.status()[3] - underruns
            kept_up = answer is not None and lost == 0 and underruns == 0 and drained < 0.1
            print(f"{rate}/s: sent {sent / took:.0f}/s, lost {lost}, underruns {underruns}, backlog {drained:.3f} s")
            if not kept_up:
                break
            best = int(sent / took)
            detail = f"0 lost, 0 underruns, 8 voices, backlog {1000 * drained:.0f} ms"
        daemon.stop()
    return best, detail


def measure_peer() -> int:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", _PEER, str(port)])
    time.sleep(1.0)
    best = 0
    try:
        for rate in RATES:
            lost = dropped(port)
            sent, took = flood(port, rate, SECONDS)
            waiting = Path("/proc/net/udp").read_text()
            time.sleep(0.2)
            queue = next(
                (
                    int(x.split()[4].split(":")[1], 16)
                    for x in waiting.splitlines()[1:]
                    if x.split()[1].endswith(f":{port:04X}")
                ),
                0,
            )
            if dropped(port) - lost or queue > 20_000:
                break
            best = int(sent / took)
    finally:
        process.kill()
    return best


def main() -> None:
    figure, detail = measure_daemon()
    peer = measure_peer()
    show(
        "OSC intake",
        [
            Row(
                "well-formed messages a second, none lost",
                f"{figure} ({detail})",
                f"python-osc's server: {peer}",
                "5,000",
                "20,000",
            )
        ],
        "\nsilent backend; `/z` with four floats over UDP from another process, steps of "
        f"{', '.join(str(rate) for rate in RATES)} a second for {SECONDS:.0f} s each\n",
    )


if __name__ == "__main__":
    main()
