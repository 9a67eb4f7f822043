"""Compilation of the real-time kernels: ahead of time, once, cached where a change to any kernel invalidates all.

numba keys its cache on the source file of one function, so editing a kernel leaves its callers in other modules stale
(measured), and a read-only package without a home directory fails at import. Here all kernels share a folder named by
the version, a hash of every kernel source, and the compiler and processor; where no such folder can be written, or the
disk becomes full, they are compiled uncached. When a new folder is made, those unused for a month are removed.
Signatures are explicit: nothing compiles after start. Of a complete cache a kernel is loaded when Python first calls it
(`load` does so before): most are only called by others, which have them compiled in.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import logging
import os
import pickle
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding
import numba
from numba.core import config as numba_config
from numba.core.caching import NullCache

from oscvae.files import why

_PACKAGE = Path(__file__).resolve().parent.parent
_COMPLETE = "complete"
_LEAVING = ".leaving"  # behind the name of a folder that is being removed
_KERNELS = re.compile(rf"kernels-[0-9a-f]{{16}}(?P<leaving>{re.escape(_LEAVING)})?")
_UNUSED_S = 30 * 86_400.0  # after which the kernels of another version are removed
_MARK = re.compile(r"^\s*@(?:kernel|callback|inline)\(", re.MULTILINE)
_IMPORT = re.compile(r"^\s*from (oscvae[\w.]*) import (\([^)]*\)|.*)", re.MULTILINE)
_NAME = re.compile(r"\w+")
_ANSWER_S = 5.0  # that a home on a network may take
_UNCACHED = "the real-time kernels are compiled uncached, at each start: %s"

log = logging.getLogger(__name__)

Listener = Callable[[str], None]
_listeners: list[Listener] = []


def _module(name: str) -> Path | None:
    """The file of one of this package's modules, `oscvae.a.b`; None for a package or a name inside a module."""
    path = _PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
    return path if path.is_file() else None


def kernel_modules() -> dict[Path, str]:
    """The modules that hold a kernel, with their source: found by the decorator, whichever folder they are in."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(_PACKAGE.rglob("*.py"))}
    return {path: text for path, text in sources.items() if _MARK.search(text)}


def sources() -> dict[Path, str]:
    """All that compiled code is made of: the modules that hold a kernel, and what these import of this package.

    Constants and intrinsics are compiled into the kernels that use them, so a module without a kernel counts too.
    """
    found = kernel_modules()
    waiting = list(found.values())
    while waiting:
        for package, names in _IMPORT.findall(waiting.pop()):
            for name in (package, *(f"{package}.{name}" for name in _NAME.findall(names))):
                path = _module(name)
                if path is not None and path not in found:
                    found[path] = path.read_text(encoding="utf-8")
                    waiting.append(found[path])
    return found


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path, text in sorted(sources().items()):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(text.encode())
    for part in (numba.__version__, llvmlite.__version__, llvmlite.binding.get_host_cpu_name(), str(_PACKAGE)):
        digest.update(part.encode())
    return digest.hexdigest()[:16]


def count_kernels() -> int:
    """How many kernels the package compiles in all: the length of the first start's progress bar."""
    return sum(len(_MARK.findall(text)) for text in kernel_modules().values())


def on_compiled(listener: Listener) -> None:
    """Have `listener(name)` called after each kernel is compiled or loaded from the cache."""
    _listeners.append(listener)


def _candidates() -> list[Path]:
    places = []
    if explicit := os.environ.get("OSCVAE_CACHE_DIR"):
        places.append(Path(explicit))
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        places.append(Path(xdg) / "oscvae")
    if home := os.environ.get("HOME"):
        places.append(Path(home) / ".cache" / "oscvae")
    return places


def is_warm() -> bool:
    """Whether a complete set of compiled kernels lies in the cache."""
    return CACHE is not None and (CACHE / _COMPLETE).exists()


def mark_warm() -> None:
    """Say that every kernel is in the cache now, where there is one."""
    if CACHE is not None:
        with contextlib.suppress(OSError):
            (CACHE / _COMPLETE).touch()


def cache_folder() -> Path | None:
    """The folder that holds the compiled kernels, or None where they can only be compiled uncached.

    `$OSCVAE_CACHE_DIR`, `$XDG_CACHE_HOME/oscvae` and `~/.cache/oscvae` are tried in turn.
    """
    return CACHE


def _choose() -> Path | None:
    """The cache folder, made where it was not there; None, with a warning, where none can be had."""
    found: list[tuple[Path, bool]] = []
    refused: list[str] = []
    asking = threading.Thread(target=_ask_disk, args=(found, refused), name="disk_kernels", daemon=True)
    asking.start()
    asking.join(_ANSWER_S)
    if asking.is_alive():
        refused = [f"the cache folder did not answer within {_ANSWER_S:.0f} s"]
    elif found:
        folder, is_new = found[0]
        if is_new:
            _prune(folder.parent)
        return folder
    log.warning(_UNCACHED, "; ".join(refused) or "there is no home folder")
    return None


def _ask_disk(found: list[tuple[Path, bool]], refused: list[str]) -> None:
    name = f"kernels-{_fingerprint()}"
    for place in _candidates():
        folder = place / name
        try:
            is_new = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            refused.append(f"{place}: {why(error)}")
            continue
        with contextlib.suppress(OSError):
            os.utime(folder)  # its time says when it was used last
        found.append((folder, is_new))
        return


def _prune(place: Path) -> None:
    """Remove the kernels of other versions that nobody has used for a month; what cannot be removed stays.

    A folder is renamed first: a process that begins to use it at this moment finds no kernel and compiles anew, where
    it would else find some of them. Folders that an interrupted removal has left under their new name are removed too.
    """
    oldest = time.time() - _UNUSED_S
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda entry: not entry.name.endswith(_LEAVING)):
            named = _KERNELS.fullmatch(entry.name)
            with contextlib.suppress(OSError):
                if named is None or not entry.is_dir(follow_symlinks=False):
                    continue
                doomed = Path(entry.path)
                if not named["leaving"]:
                    if entry.stat(follow_symlinks=False).st_mtime > oldest:
                        continue
                    doomed = doomed.rename(f"{entry.path}{_LEAVING}")
                shutil.rmtree(doomed, ignore_errors=True)


def _leave_out_scipy() -> None:
    """Import the part of numba that would import scipy.linalg, to see whether there is a BLAS: no kernel uses one, and
    it costs a quarter of the time in which a start from the cache loads all kernels."""
    if "scipy.linalg" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules["scipy.linalg"]


_leave_out_scipy()

CACHE = _choose()
if CACHE is not None:
    numba_config.CACHE_DIR = str(CACHE)
    # and nowhere else: where that folder cannot be written to it would fill folders beside the sources, unasked
    numba_config.CACHE_LOCATOR_CLASSES = "UserProvidedCacheLocator"

_WAS_WARM = is_warm()
_LATE = "a kernel was loaded at its first call, which waited for it:"

_OPTIONS: dict[str, Any] = {
    "nopython": True,
    "error_model": "numpy",  # a division by zero gives inf, not a raise path that needs the GIL
}


_NO_CACHE = (OSError, RuntimeError)  # the second one: numba finds no place to write to
_DAMAGED = (EOFError, pickle.UnpicklingError)


def _compiled(compile_it: Callable[..., Any], signature: Any, function: Callable[..., Any], **options: Any) -> Any:
    """Compile a function, from the cache or into it; uncached where the cache fails, and so from then on."""
    if CACHE is not None:
        try:
            return compile_it(signature, cache=True, **_OPTIONS, **options)(function)
        except (*_NO_CACHE, *_DAMAGED) as error:
            _give_up_cache(error)
    return compile_it(signature, cache=False, **_OPTIONS, **options)(function)


def _give_up_cache(error: Exception) -> None:
    global CACHE  # noqa: PLW0603 (what it was before this start)
    if CACHE is None:  # given up already, by a kernel that this one calls
        return
    log.warning(_UNCACHED, f"{CACHE}: {_refusal(CACHE) or why(error)}")
    if isinstance(error, _DAMAGED):
        shutil.rmtree(CACHE, ignore_errors=True)
    CACHE = None


def _refusal(folder: Path) -> str:
    """Why no folder can be made in this one, "" where one can: numba only says that it finds no place."""
    try:
        tempfile.TemporaryDirectory(dir=folder).cleanup()
    except OSError as error:
        return why(error)
    return ""


def _announce(name: str) -> None:
    for listener in _listeners:
        listener(name)


def kernel(signature: Any, *, fastmath: bool | set[str] = False) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for the hop or block clock, now, for one explicit signature; or be ready to load it.

    `fastmath` must stay off where streamed and offline output are compared bit for bit over different block splits.
    """
    options = {"fastmath": fastmath, "nogil": True, "boundscheck": False}

    def decorate(function: Callable[..., Any]) -> Any:
        if CACHE is not None and _WAS_WARM:
            return _loaded_later(signature, function, **options)
        compiled = _compiled(numba.jit, signature, function, **options)
        _announce(function.__qualname__)
        return compiled

    return decorate


def _loaded_later(signature: Any, function: Callable[..., Any], **options: Any) -> Any:
    """A kernel that is in the cache, and is loaded when it is first called or compiled into another one."""
    made = numba.jit(**_OPTIONS, **options)(function)
    call_template = made.get_call_template

    def load_it() -> None:
        with _loading:
            if made in _waiting:
                _compile_cached(made, signature)
                made.disable_compile()
                _waiting.remove(made)
                _announce(function.__qualname__)
                if _is_playing:
                    log.warning("%s %s", _LATE, function.__qualname__)

    def call_first(*_args: Any) -> Any:
        load_it()
        return made

    def call_from_kernel(args: Any, kws: Any) -> Any:
        load_it()
        return call_template(args, kws)

    # by these numba asks for what it does not have: Python's first call, and the compiler of a caller
    made._compile_for_args, made.get_call_template = call_first, call_from_kernel
    made.load = load_it
    _waiting.add(made)
    return made


def _compile_cached(made: Any, signature: Any) -> None:
    if CACHE is not None:
        try:
            made.enable_caching()
            made.compile(signature)
            return
        except (*_NO_CACHE, *_DAMAGED) as error:
            _give_up_cache(error)
    made._cache = NullCache()
    made.compile(signature)


def load(*kernels: Any) -> None:
    """Load kernels that were not loaded yet: those that Python calls, before it does; without any, all there are."""
    for one in kernels or tuple(_waiting):
        if one in _waiting:
            one.load()


def expect_no_more() -> None:
    """From now on a kernel that has to be loaded is late: somebody plays."""
    global _is_playing  # noqa: PLW0603
    _is_playing = True


def callback(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a C function (its address is `.address`) that a foreign thread may call; never released."""

    def decorate(function: Callable[..., Any]) -> Any:
        compiled = _compiled(numba.cfunc, signature, function)
        _kept_alive.append(compiled)
        _announce(function.__qualname__)
        return compiled

    return decorate


_kept_alive: list[Any] = []
_waiting: set[Any] = set()
_loading = threading.RLock()
_is_playing = False
