"""How far a build is, on a terminal, and how many work at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_of(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """Tells a bar what is done of all."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def processes(workers: int | None) -> int:
    """So many as are asked for, or one for each core."""
    return workers if workers is not None else (os.cpu_count() or 1)
