"""`oscvae doctor`: what is there, what is missing, and the one command that mends it.

Each check is a function from the configuration to one Finding. A check fails only where `oscvae serve` would; what is
merely worse than it could be is a warning. The audio system and the packages have modules of their own.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import importlib.metadata
import mmap
import os
import resource
import socket
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from oscvae.app.doctor.audio import check_jack, check_portaudio
from oscvae.app.doctor.confinement import check_confinement
from oscvae.app.doctor.finding import Check, Finding
from oscvae.app.doctor.packages import check_decoder, check_python, check_training
from oscvae.app.doctor.running import describe
from oscvae.errors import ConfigError, ModelError, NoDocumentError, OscvaeError, PortTakenError
from oscvae.settings.sections import Config, ModelConfig, default_config_path

RENDER_PRIORITY = 60  # what the renderer asks for under jackd's default of 70
LOCKED_BYTES = 128 << 20  # about what the arena and two models' contexts take with 64 voices
_GRANT = (
    r"printf '@audio - rtprio 95\n@audio - memlock unlimited\n' | sudo tee /etc/security/limits.d/95-oscvae.conf"
    " && sudo usermod -aG audio $USER   # and log in again"
)
_GRANT_CONTAINER = "docker run --cap-add SYS_NICE --cap-add IPC_LOCK --ulimit rtprio=95 --ulimit memlock=-1 ..."


# -- the software ------------------------------------------------------------------------------------------------------


def check_kernels(_config: Config) -> Finding:
    """Whether the real-time kernels are compiled already, and where they are kept."""
    from oscvae.realtime import kernel

    folder = kernel.cache_folder()
    if folder is None:
        return Finding(
            "kernels",
            "warn",
            "no folder for compiled kernels can be written: every start compiles them anew",
            "export OSCVAE_CACHE_DIR=/a/folder/that/can/be/written",
        )
    if not kernel.is_warm():
        what = f"{kernel.count_kernels()} not compiled yet: the first start does, into {folder}"
        return Finding("kernels", "ok", what)
    return Finding("kernels", "ok", f"{kernel.count_kernels()} compiled, in {folder}")


def check_fftw(_config: Config) -> Finding:
    """FFTW, with the functions that the renderer calls."""
    try:
        importlib.import_module("oscvae.spectral.fftw")  # looks for the library and each of its symbols
    except (OscvaeError, OSError) as error:
        return Finding("FFTW", "fail", str(error), f"{sys.executable} -m pip install --force-reinstall pyfftw")
    return Finding("FFTW", "ok", f"libfftw3f, pyfftw {importlib.metadata.version('pyfftw')}")


# -- privileges --------------------------------------------------------------------------------------------------------


def check_priority(_config: Config) -> Finding:
    """Whether a thread may have realtime priority."""
    limit = resource.getrlimit(resource.RLIMIT_RTPRIO)[1]
    if _grants_realtime():
        return Finding("priority", "ok", f"SCHED_FIFO {RENDER_PRIORITY} is granted")
    return Finding(
        "priority", "warn", f"no realtime priority (rtprio limit {_limit(limit)}): expect dropouts", _grant()
    )


def _grants_realtime() -> bool:
    granted = []

    def attempt() -> None:  # in a thread that ends, because a priority stays with its thread
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(RENDER_PRIORITY))
        except OSError:
            return
        granted.append(True)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return bool(granted)


def check_memory(_config: Config) -> Finding:
    """Whether memory may be locked, so that no page of sound is ever swapped out."""
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    size = f"{LOCKED_BYTES >> 20} MiB"
    if _grants_locked(LOCKED_BYTES):
        return Finding("memory", "ok", f"{size} can be locked")
    shown = _limit(limit if limit == resource.RLIM_INFINITY else limit >> 20, " MiB")
    return Finding(
        "memory", "warn", f"{size} cannot be locked (memlock limit {shown}): it may be swapped out", _grant()
    )


def _grants_locked(size: int) -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    libc = ctypes.CDLL(None, use_errno=True)
    with mmap.mmap(-1, size) as pages:
        view = (ctypes.c_char * size).from_buffer(pages)
        granted: int = libc.mlock(ctypes.byref(view), ctypes.c_size_t(size))
        del view  # a mapping cannot be closed while it is exported; closing it unlocks it
    return granted == 0


def _limit(value: int, unit: str = "") -> str:
    return "unlimited" if value == resource.RLIM_INFINITY else f"{value}{unit}"


def _grant() -> str:
    """The command that grants priority and memory: root lacks them only inside a container."""
    return _GRANT_CONTAINER if os.geteuid() == 0 else _GRANT


# -- models, port, folders ---------------------------------------------------------------------------------------------


def check_models(config: Config) -> Finding:
    """The models in the folder, by their documents, and whether the configured one is among them."""
    from oscvae.model.document import model_names, model_path, read_any_document

    folder = config.model.folder
    wanted = dict.fromkeys((config.model.name, *config.model.parts.values()))
    good, bad = [], []
    for name in model_names(folder):
        try:
            document = read_any_document(model_path(folder, name))
        except NoDocumentError:
            good.append((name, f"{name} (says what it is when it is loaded, if it keeps nn~'s contract)"))
        except ModelError as error:
            bad.append(str(error))
        else:
            notes = f"{document.note_min}..{document.note_max}"
            good.append((name, f"{name} (D={document.latent_size}, {document.sample_rate} Hz, notes {notes})"))
    what = "; ".join([", ".join(text for _, text in good) or f"none in {folder}", *bad])
    missing = " and ".join(repr(name) for name in wanted if name not in dict(good))
    if missing:
        what = f"{what}; {missing}, which should play, {'are' if ' and ' in missing else 'is'} not there"
        return Finding("models", "warn", what, _choose_models(good, config.model))
    if bad:
        return Finding("models", "warn", what, f"move what is no model out of {folder}")
    return Finding("models", "ok", what)


def _choose_models(good: Sequence[tuple[str, str]], model: ModelConfig) -> str:
    """The default one, if it is there; where only parts lack theirs, those that have one."""
    if model.name in dict(good):
        parts = ", ".join(f"{number}: {name}" for number, name in model.parts.items() if name in dict(good))
        return f"oscvae serve --set 'model.parts={{{parts}}}'"
    if good:
        usual = ModelConfig().name
        return f"oscvae serve --set model.name={usual if usual in dict(good) else good[0][0]}"
    return f"oscvae serve --set model.folder={default_config_path().parent / 'models'} --set model.name=plucked"


def check_port(config: Config) -> Finding:
    """Whether the daemon can listen where it should, or does so already; and who sits there if not."""
    from oscvae.osc.server import OscServer

    osc = config.osc

    async def listen() -> None:
        server = OscServer(
            lambda packet, client: None, host=osc.host, port=osc.port, tcp_port=osc.tcp_port, allow=osc.allow
        )
        await server.start()
        await server.close()

    try:
        asyncio.run(listen())
    except PortTakenError as error:
        running = describe(osc)
        if running is not None:
            return running
        port = osc.tcp_port if error.key == "osc.tcp_port" else osc.port
        return Finding("OSC", "fail", str(error), f"oscvae serve --set {error.key}={_free_port(osc.host, port or 0)}")
    except ConfigError as error:
        return Finding("OSC", "fail", str(error), "oscvae serve --set osc.host=127.0.0.1 --set osc.port=9000")
    where = f"UDP {osc.host}:{osc.port}" + (f" and TCP {osc.tcp_port}" if osc.tcp_port else "")
    if osc.host not in {"127.0.0.1", "::1", "localhost"} and not osc.allow:
        what = f"{where}: free, but osc.allow is empty, so only this machine is heard"
        return Finding("OSC", "warn", what, "oscvae serve --set 'osc.allow=[192.168.1.0/24]'   # your network")
    return Finding("OSC", "ok", f"{where}: free")


def check_feedback(config: Config) -> Finding:
    """Whether the hosts of osc.feedback are known, and none is the daemon itself."""
    from oscvae.osc.server import OscServer
    from oscvae.osc.transport.feedback import complaints

    osc = config.osc
    places = [(place.host, place.port) for place in osc.feedback]

    async def look() -> list[str]:
        """Why some are told nothing. Listens at any port: the daemon may run beside this."""
        server = OscServer(lambda packet, client: None, host=osc.host, port=0)
        await server.start()
        try:
            return complaints(places, server.udp, osc.port)
        finally:
            await server.close()

    try:
        wrong = asyncio.run(look())
    except ConfigError as error:
        return Finding("feedback", "fail", str(error), "oscvae serve --set 'osc.feedback=[]'")
    if wrong:
        return Finding("feedback", "warn", "; ".join(wrong), "oscvae serve --set 'osc.feedback=[]'")
    return Finding("feedback", "ok", ", ".join(f"{host}:{port}" for host, port in places) or "nobody")


def _free_port(host: str, taken: int) -> int:
    """The next port above `taken` that nobody has, over UDP or TCP."""
    for port in range(taken + 1, 65536):
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(type=kind) as probe:
                    probe.bind((host, port))
        except OSError:
            continue
        return port
    return 0


def check_folders(config: Config) -> Finding:
    """Whether recordings, presets and learnt controllers can be written, and where sounds for /encode belong."""
    paths = config.paths
    refused = [folder for folder in (paths.recordings, paths.presets, paths.midi) if not _can_write(folder)]
    if refused:
        folders = " ".join(str(folder) for folder in refused)
        mend = f"sudo install -d -o $USER {folders}"
        what = f"cannot be written: {folders}: /record, /preset or /midi/learn will fail"
        return Finding("folders", "warn", what, mend)
    if paths.sounds.is_dir() and not os.access(paths.sounds, os.R_OK | os.X_OK):
        return Finding("folders", "warn", f"cannot be read: {paths.sounds}", f"sudo chmod a+rx {paths.sounds}")
    what = f"recordings {paths.recordings}, presets {paths.presets}, sounds {paths.sounds}"
    return Finding("folders", "ok", what if paths.sounds.is_dir() else f"{what} (not there yet)")


def _can_write(folder: Path) -> bool:
    """Whether `folder` can be written, or made."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


# -- the report --------------------------------------------------------------------------------------------------------


CHECKS: tuple[Check, ...] = (
    check_python,
    check_kernels,
    check_fftw,
    check_jack,
    check_portaudio,
    check_decoder,
    check_confinement,
    check_training,
    check_priority,
    check_memory,
    check_models,
    check_port,
    check_feedback,
    check_folders,
)


def examine(config: Config, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """The findings of all checks, in their order; a check that breaks is a warning, not the end of the others."""

    def safely(check: Check) -> Finding:
        try:
            return check(config)
        except Exception as error:
            name = check.__name__.removeprefix("check_")
            return Finding(name, "warn", f"could not be checked: {error or type(error).__name__}")

    with ThreadPoolExecutor(len(checks)) as pool:
        return list(pool.map(safely, checks))


def run(config: Config) -> int:
    """Print the table to stdout; 1 if `oscvae serve` with this configuration would fail, else 0, also where it runs."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    with console.status("examining"):
        findings = examine(config)
    table = Table("", "what", "found")
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    for finding in findings:
        table.add_row(f"[{colours[finding.state]}]{finding.state}", finding.name, _plain(finding.what))
    console.print(table)
    for finding in findings:
        if finding.mend:  # below the table and unwrapped, so that it can be copied
            console.print(
                f"{finding.name}:", f"    {finding.mend}", sep="\n", markup=False, highlight=False, soft_wrap=True
            )
    failed = [finding.name for finding in findings if finding.state == "fail"]
    if failed:
        console.print(f"oscvae serve would fail: {', '.join(failed)}")
    else:
        runs = any(finding.runs for finding in findings)
        console.print("oscvae is running" if runs else "oscvae serve will start")
    return 1 if failed else 0


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
