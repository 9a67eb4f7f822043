"""How late a thread that only sleeps is woken, at the priority of the daemon's event clock: run by bench_isolation.

python tests/bench/witness.py PROBE_S   until its input closes; then prints its gaps in s, longest first, as JSON
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import select
import sys
import time

from oscvae.daemon import EVENT_PRIORITY

KEPT = 1000


def main() -> None:
    probe_s = float(sys.argv[1])
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(EVENT_PRIORITY))
    gaps: list[float] = []
    while True:
        before = time.perf_counter()
        if select.select([sys.stdin], [], [], probe_s)[0]:
            break
        gap = time.perf_counter() - before - probe_s
        if len(gaps) < KEPT:
            heapq.heappush(gaps, gap)
        else:
            heapq.heappushpop(gaps, gap)
    print(json.dumps(sorted(gaps, reverse=True)))


if __name__ == "__main__":
    main()
