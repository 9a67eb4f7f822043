"""How benchmarks print: a Markdown table with the peer or the limit beside each figure, and the machine in words."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One measured figure. peer: what it was measured against in the same run, or the limit it is set beside."""

    what: str
    figure: str
    peer: str = ""
    at_least: str = ""
    aim: str = ""


def machine() -> str:
    """The machine in general terms."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    release = Path("/etc/debian_version")
    system = f"Debian {release.read_text().strip()}" if release.exists() else platform.system()
    return f"{os.cpu_count()} cores ({model}, virtual), no GPU, {system}, Python {platform.python_version()}"


def show(title: str, rows: Sequence[Row], notes: str = "") -> None:
    """Print the table; with `--json FILE` on the command line, also write the rows there."""
    print(f"\n### {title}\n\n{machine()}\n{notes}")
    print("| what | measured | peer or limit | at least | aim |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.figure} | {row.peer} | {row.at_least} | {row.aim} |")
    sys.stdout.flush()
    if "--json" in sys.argv:
        path = Path(sys.argv[sys.argv.index("--json") + 1])
        path.write_text(json.dumps({"title": title, "rows": [asdict(row) for row in rows]}, indent=1))
