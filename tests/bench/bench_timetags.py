"""Bundles from sclang, 100 ms apart by their timetags: how far apart their notes begin at the JACK port.

Peer: the same bundles as they arrive by the clock, which is what an engine without timetags would play.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from bench.report import Row, show
from jack_recorder import COUNT, FRAME, Recorder
from jackd import JackServer
from support import Daemon

INTERVAL_S = 0.1
LATENCY_S = 0.2
SETTLE_S = 2.0
QUIET = 600  # samples of silence that end a note


def sclang(port: int, count: int) -> None:
    """Have sclang send `count` bundles, `INTERVAL_S` apart."""
    script = f"""
n = NetAddr("127.0.0.1", {port});
fork {{
    var start = thisThread.clock.seconds;
    {count}.do {{ |i|
        n.sendBundle({LATENCY_S}, ["/play", 76, 0.1, 0.2, -0.3, 0.4, 0.8, 0.02]);
        {INTERVAL_S}.wait;
    }};
    AppClock.sched(0.5, {{ 0.exit }});
}};
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundles.scd"
        path.write_text(script)
        environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": folder,
            "QT_QPA_PLATFORM": "offscreen",
            "QTWEBENGINE_DISABLE_SANDBOX": "1",
            "HOME": folder,
        }
        subprocess.run(
            ["sclang", "-D", str(path)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=count * INTERVAL_S + 60,
            check=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bundles", type=int, default=500)
    parser.add_argument("--json")
    options = parser.parse_args()
    server = JackServer().start()
    try:
        with Daemon("audio.backend=jack", f"audio.server_name={server.name}", "audio.connect=[]") as daemon:
            daemon.wait_ready()
            daemon.client.send("/release", 0.01)
            time.sleep(5.0)  # the frame clock has seen the server for a while, as on a stage
            recorder = Recorder(server.name, seconds=options.bundles * INTERVAL_S + 30)
            recorder.connect(["oscvae:out_1", "oscvae:out_2"])
            recorder.start()
            before = daemon.status()
            sclang(daemon.port, options.bundles)
            time.sleep(0.5)
            recorder.stop()
            after = daemon.status()
            loud = np.flatnonzero(recorder.sound[0])
            starts = loud[np.flatnonzero(np.diff(loud, prepend=-10 * QUIET) > QUIET)]
            frames = np.array([recorder.frame_at(int(index)) for index in starts])
            skipped = recorder.skipped
            periods = recorder.periods
            jumps = periods[1:, FRAME][np.diff(periods[:, FRAME]) != periods[:-1, COUNT]]
            rate = recorder.rate
            recorder.close()
            daemon.stop()
    finally:
        server.stop()
    intervals = np.diff(frames)
    deviation = intervals - np.median(intervals)
    # after a jump the frame map needs LATE_WINDOWS * WINDOW_S to believe it, and the server's own rate has changed
    disturbed = [
        np.any((jumps > frame - SETTLE_S * rate) & (jumps <= frame + length))
        for frame, length in zip(frames[:-1], intervals, strict=True)
    ]
    steady = deviation[~np.array(disturbed, bool)]
    show(
        "Timetags",
        [
            Row(
                f"{len(frames)} of {options.bundles} bundles heard; interval between notes",
                f"sd {deviation.std():.2f} samples, worst {np.abs(deviation).max():.0f}, "
                f"median {np.median(intervals):.0f}",
                f"late {after[4] - before[4]}, frames the server skipped {skipped}",
                "sd 1, worst 2",
                "exact",
            ),
            Row(
                f"{steady.size} of these intervals, no frame skipped in them or in the {SETTLE_S:.0f} s before",
                f"sd {steady.std():.2f} samples, worst {np.abs(steady).max():.0f}" if steady.size else "none",
                f"{len(jumps)} jumps of the server's frame count",
                "sd 1, worst 2",
                "exact",
            ),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`; sclang's sendBundle({LATENCY_S}, ..)\n",
    )


if __name__ == "__main__":
    main()
