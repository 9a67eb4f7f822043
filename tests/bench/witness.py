"""When the machine keeps a core even from who is first in line: run by bench_isolation, once for each core.

python tests/bench/witness.py CORE   until its input closes; then prints [when, how long] in s of every stall, as JSON

A thread pinned to the core, at the highest real-time priority, only sleeps. What wakes it late lies below priorities:
the host of a virtual machine, or a kernel that does not let itself be interrupted.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time

SLEEP_S = 0.0005
STALL_S = 0.0005  # later than this is a stall
_HIGHEST = 99


def main() -> None:
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {int(sys.argv[1])})
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_HIGHEST))
    stalls: list[tuple[float, float]] = []
    while True:
        due = time.perf_counter() + SLEEP_S
        if select.select([sys.stdin], [], [], SLEEP_S)[0]:
            break
        late = time.perf_counter() - due
        if late > STALL_S:
            stalls.append((due, late))
    print(json.dumps(stalls))


if __name__ == "__main__":
    main()
