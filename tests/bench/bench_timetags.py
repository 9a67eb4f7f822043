"""Bundles from sclang, 100 ms apart by their timetags: how far apart their notes begin at the JACK port.

Peer: the same bundles as they arrive by the clock, which is what an engine without timetags would play.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from bench.report import Row, show
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.recorder import COUNT, FRAME, WOKEN_NS, Recorder

INTERVAL_S = 0.1
LATENCY_S = 0.2
SETTLE_S = 2.0
QUIET = 600  # samples of silence that end a note
SLIP_WINDOW = 32  # periods, of which the one that woke earliest tells the time
XRUN = re.compile("XRun")
SLIP_S = 0.0005  # the earliest of so many is never so late by jitter


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


def slips(recorder: Recorder) -> NDArray[np.int64]:
    """The server's frames at which its count left the clock's line: by a jump, or by an xrun of the dummy driver, which
    then begins to count time anew from wherever it is."""
    periods = recorder.periods
    late = periods[:, WOKEN_NS] * (recorder.rate / 1e9) - periods[:, FRAME]
    whole = len(late) // SLIP_WINDOW * SLIP_WINDOW
    earliest = late[:whole].reshape(-1, SLIP_WINDOW).min(axis=1)
    slipped = np.flatnonzero(np.abs(np.diff(earliest)) > SLIP_S * recorder.rate)
    jumped = np.flatnonzero(np.diff(periods[:, FRAME]) != periods[:-1, COUNT])
    return np.unique(np.concatenate([periods[(slipped + 1) * SLIP_WINDOW, FRAME], periods[jumped + 1, FRAME]]))


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
            left = slips(recorder)
            rate, period = recorder.rate, server.period
            recorder.close()
            daemon.stop()
    finally:
        server.stop()
    intervals = np.diff(frames)
    deviation = intervals - np.median(intervals)
    # timetags are wall-clock time: when the server loses some, the frames of later notes are others, and the frame map
    # needs LATE_WINDOWS * WINDOW_S to believe it
    disturbed = [
        np.any((left > frame - SETTLE_S * rate) & (left <= frame + length + SLIP_WINDOW * period))
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
                f"{steady.size} of these intervals, in which and in the {SETTLE_S:.0f} s before the server kept time",
                f"sd {steady.std():.2f} samples, worst {np.abs(steady).max():.0f}" if steady.size else "none",
                f"it lost time {len(left)} times, its log has {len(XRUN.findall(server.log()))} xruns",
                "sd 1, worst 2",
                "exact",
            ),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`; sclang's sendBundle({LATENCY_S}, ..)\n",
    )


if __name__ == "__main__":
    main()
