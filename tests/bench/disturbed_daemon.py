"""The daemon with spinning threads beside it, and a probe of its event loop: run by bench_isolation.

python tests/bench/disturbed_daemon.py SPINNERS REPORT.json [key=value ..]
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from array import array
from pathlib import Path
from typing import Any

from oscvae.app import serve as daemon
from oscvae.daemon.conductor import Conductor
from oscvae.realtime import layout as at

PROBE_S = 0.001
KEPT_S = 0.0005  # shorter gaps are counted
SETTLE_S = 1.0  # the start ends with a full garbage collection, which nobody hears yet


def spin() -> None:
    """Pure Python, for ever."""
    count = 0
    while True:
        count = (count + 1) % 1000003


class Probed(Conductor):
    """A conductor that knows how long its event loop was ever away, and writes a report as it leaves."""

    gaps: array[float]  # when, and how long; when, and how long; ... of what no garbage collection has to look through
    looks = 0

    async def start(self) -> None:
        await super().start()
        self.engine.set_word(at.E_MEASURE, 1)  # before anything sounds
        self.gaps = array("d")
        self.probe = asyncio.get_running_loop().create_task(self._disturb())

    async def _disturb(self) -> None:
        await asyncio.sleep(SETTLE_S)
        for _ in range(int(sys.argv[1])):
            threading.Thread(target=spin, daemon=True).start()
        while True:
            before = time.perf_counter()
            await asyncio.sleep(PROBE_S)
            due = before + PROBE_S
            gap = time.perf_counter() - due
            self.looks += 1
            if gap > KEPT_S:
                self.gaps.extend((due, gap))

    async def leave(self) -> None:
        self.probe.cancel()
        engine = self.engine
        report: dict[str, Any] = {
            "looks": self.looks,
            "times": engine.times.tolist(),
            "bucket_ns": at.TIME_BUCKET_NS,
            "max_step": engine.number(at.E_MAX_STEP),
            "underruns": engine.word(at.E_UNDERRUNS),
            "xruns": engine.word(at.E_XRUNS),
            "late": engine.word(at.E_LATE),
            "blocks": engine.word(at.E_BLOCKS),
            "frames": engine.word(at.E_FRAME),
            "period": engine.word(at.E_PERIOD),
            "rate": engine.rate,
        }
        # an hour of them as text would take longer to write than a daemon may take to leave
        Path(sys.argv[2]).with_suffix(".gaps").write_bytes(self.gaps.tobytes())
        Path(sys.argv[2]).write_text(json.dumps(report))
        await super().leave()


def main() -> int:
    import oscvae.daemon.conductor as module

    module.Conductor = Probed  # type: ignore[misc]
    return daemon.serve(None, sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
