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

from bench.bench_isolation import Witnesses, Xruns
from bench.report import Row, show
from oscvae.osc.packets import encode_message
from parts.client import free_port
from parts.daemon import Daemon
from parts.jackd import JackServer

SECONDS = 5.0
VOICES = 8
SETTLE_S = 0.5  # for the witnesses to start, and for the server to write down what it saw
RATES = (5000, 10_000, 20_000, 30_000, 40_000)
STATES = ("Running", "Triggered")
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


def measure_daemon(server: JackServer) -> tuple[int, str]:
    """The highest rate that was kept up with, and how.

    An xrun of the daemon counts unless the machine itself stood still near it, as bench_isolation says.
    """
    best = 0
    detail = ""
    with Daemon("audio.backend=jack", f"audio.server_name={server.name}", "audio.connect=[]") as daemon:
        daemon.wait_ready()
        daemon.client.send("/stretch", 4.0)  # so that the notes outlast a step
        for rate in RATES:
            xruns, witnesses = Xruns(server), Witnesses()
            xruns.start()
            time.sleep(SETTLE_S)
            for i in range(VOICES):
                daemon.client.send("/voice/new", i, 48 + i, 0.1, 0.2, 0.3, 0.4)
            lost, before = dropped(daemon.port), daemon.status()
            sent, took = flood(daemon.port, rate, SECONDS)
            began = time.perf_counter()
            answer = daemon.client.ask("/ping", answer=("/pong",), timeout_s=20.0)
            drained = time.perf_counter() - began
            lost, after = dropped(daemon.port) - lost, daemon.status()
            time.sleep(SETTLE_S)
            xruns.stop()
            stalls = witnesses.finish()
            underruns, late = after[3] - before[3], after[4] - before[4]
            laid, alone = (sum(xruns.count("oscvae", state, when) for state in STATES) for when in (None, stalls))
            kept_up = answer is not None and lost == underruns == late == alone == 0 and drained < 0.1
            told = (
                f"{lost} lost, {after[0]} voices, {underruns} underruns, {late} late, xruns laid to the daemon {laid}, "
                f"while the machine kept time {alone}, of the server's own timer {xruns.driver_late}, backlog "
                f"{1000 * drained:.0f} ms"
            )
            print(f"{rate}/s: sent {sent / took:.0f}/s, {told}")
            if not kept_up:
                break
            best, detail = int(sent / took), told
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
    server = JackServer().start()
    try:
        figure, detail = measure_daemon(server)
    finally:
        server.stop()
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
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`; `/z` with four floats over UDP from another "
        f"process, steps of {', '.join(str(rate) for rate in RATES)} a second for {SECONDS:.0f} s each\n",
    )


if __name__ == "__main__":
    main()
