"""The daemon: builds the path of a note in the order in which a note travels it, and takes it down in reverse.

    packets -> addresses -> scheduler -> performer -> decoder process -> renderer -> rings -> callback -> ports

`serve` is called by the command line after the signal handlers of the early start are in place.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscvae.errors import OscvaeError
from oscvae.settings.sections import Config

if TYPE_CHECKING:
    from oscvae.daemon.conductor import Conductor

LEAVE_S = 1.3  # after this the process ends whatever still hangs; 1.5 s are promised
NICE = -11
EVENT_PRIORITY = 4  # below the decoder's
SHOW_CURSOR = b"\x1b[?25h"
SHOW_S = 0.1
SWITCH_INTERVAL_S = 0.0001  # by default each spinning thread keeps a waking one from the GIL for 5 ms

log = logging.getLogger(__name__)


def leave_at_once(_signal: int = 0, _frame: Any = None) -> None:
    """For a signal before anything is open: there is nothing to fade or close yet."""
    os._exit(0)


def install_early_handlers() -> None:
    """Let SIGINT and SIGTERM end the process cleanly from the first moment on."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave_at_once)


def serve(config_path: Path | None = None, overrides: Sequence[str] = ()) -> int:
    """Run the daemon until a signal or /quit; returns the exit code. Raises OscvaeError for what keeps it from
    starting."""
    install_early_handlers()
    from oscvae.app import rules
    from oscvae.app.logs import set_up

    config = rules.load(config_path, overrides)

    set_up(config.log.level)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    return asyncio.run(_run(config))


def _prefer() -> None:
    """Run the event clock before ordinary programs, where the system grants it.

    Beside four threads that spin in pure Python its longest gap was 14 ms with a realtime priority, 49 ms without
    (measured): a thread that waits for the GIL is woken by priority. Threads and processes that it starts do not
    inherit it; the audio threads have higher priorities of their own.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(EVENT_PRIORITY))
    except OSError:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)


def _leave(number: signal.Signals, stop: asyncio.Event) -> None:
    if not stop.is_set():
        log.info("leaving, as %s asked", number.name)
    stop.set()


async def _run(config: Config) -> int:
    _prefer()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _leave, number, stop)
    log.info("oscvae is starting")
    building = loop.create_task(_build(config, stop))
    stopping = loop.create_task(stop.wait())
    await asyncio.wait((building, stopping), return_when=asyncio.FIRST_COMPLETED)
    if not building.done():
        # nothing sounds yet, and a compiler or a loading decoder cannot be interrupted; its processes follow us
        log.info("leaving before the start was complete")
        _show_cursor()
        _end_process(0)
    stopping.cancel()
    conductor = building.result()
    watchdog = threading.Timer(LEAVE_S, _end_process, (0,))
    try:
        fault = await conductor.run(stop)
    finally:
        watchdog.daemon = True
        watchdog.start()
        await conductor.leave()
        watchdog.cancel()
    _end_process(fault)
    return fault


def _show_cursor() -> None:
    """Which the progress bar of a first start has hidden. A terminal held by Ctrl-S is not waited for."""
    if sys.stderr.isatty():
        showing = threading.Thread(target=os.write, args=(sys.stderr.fileno(), SHOW_CURSOR), daemon=True)
        showing.start()
        showing.join(SHOW_S)


def _end_process(code: int) -> None:
    """Out, without the interpreter's own teardown: compiled code may still be mapped into foreign threads."""
    from oscvae.app import logs

    logs.flush()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(code)


async def _build(config: Config, stop: asyncio.Event) -> Conductor:
    """Everything, in the order of a note's path; the slow parts in worker threads."""
    from oscvae.app.kernels import load_kernels
    from oscvae.decode.process import prepare

    began = time.monotonic()
    from oscvae.osc.client import Client
    from oscvae.osc.packets import Packet
    from oscvae.osc.server import OscServer

    def not_yet(_packet: Packet, client: Client) -> None:
        client.fail("packet", "oscvae is still starting")

    server = OscServer(
        not_yet,
        host=config.osc.host,
        port=config.osc.port,
        tcp_port=config.osc.tcp_port,
        allow=config.osc.allow,
        errors_per_second=config.osc.errors_per_second,
    )
    await server.start()  # first, so that a taken port is told before anything slow
    with contextlib.suppress(OSError):  # told where a decoder is wanted
        prepare()  # torch is imported while kernels are
    try:
        await asyncio.to_thread(load_kernels)
        from oscvae.daemon.conductor import Conductor
        from oscvae.realtime import kernel

        conductor = Conductor(config, server, stop)
        await conductor.start()
    except OscvaeError:
        await server.close()
        raise
    kernel.expect_no_more()
    gc.collect()
    gc.freeze()
    gc.disable()
    log.info("ready in %.1f s: %s", time.monotonic() - began, conductor.summary())
    if conductor.door is not None and conductor.door.address:
        log.info("the page is at %s", conductor.door.address)
    return conductor
