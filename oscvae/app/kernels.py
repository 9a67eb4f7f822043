"""Loading the real-time kernels: from the cache in a moment, or compiled once under a progress bar."""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys

from oscvae.decode import process
from oscvae.errors import AudioError

log = logging.getLogger(__name__)

MODULES = (
    "oscvae.realtime.memory",
    "oscvae.realtime.ring",
    "oscvae.audio.mixer",
    "oscvae.audio.silent",
    "oscvae.spectral.renderer",
    "oscvae.spectral.context",
)
CALLED = {
    "oscvae.realtime.memory": ("load_word", "store_word", "load_float", "store_float"),
    "oscvae.realtime.ring": ("push", "pop"),
    "oscvae.audio.silent": ("_run",),
    "oscvae.spectral.renderer": ("render_loop", "wake"),
    "oscvae.spectral.resample": ("half_width",),
}
"""What Python calls while somebody plays: loaded before. All others are compiled into these and into callbacks."""
OPTIONAL_MODULES = ("oscvae.audio.jack", "oscvae.audio.portaudio")  # whose C libraries may be missing


def load_kernels() -> None:
    """Import every module that holds kernels. Shows a progress bar when they are not in the cache yet."""
    from oscvae.realtime import kernel

    what = f"compiling the real-time kernels{', once' if kernel.cache_folder() else ''}"
    if kernel.is_warm() or not sys.stderr.isatty():
        if not kernel.is_warm():
            log.info("%s: half a minute to a minute", what)
        _import_all()
        kernel.mark_warm()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=kernel.count_kernels())
        kernel.on_compiled(lambda name: progress.advance(task))
        _import_all()
    kernel.mark_warm()


def load_beside_torch() -> None:
    """The same while the process that forks decoders imports torch, which takes as long."""
    with contextlib.suppress(OSError):  # which is told when the first decoder is wanted
        process.prepare()
    load_kernels()


def _import_all() -> None:
    from oscvae.realtime import kernel

    for name in MODULES:
        importlib.import_module(name)
    for name in OPTIONAL_MODULES:
        with contextlib.suppress(AudioError):
            importlib.import_module(name)
    for name, kernels in CALLED.items():
        if name in sys.modules:
            kernel.load(*(getattr(sys.modules[name], one) for one in kernels))
