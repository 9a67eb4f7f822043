"""No GIL, no allocator and no exception in anything that a real-time thread reaches, read from the compiled code.

numba gives each kernel a wrapper for Python and each callback a wrapper for C, which hold the interpreter's error
paths; what counts is the native function inside. It never raises if every status it returns is 0 or a callee's, and
then the callback's error path is dead.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from oscvae.realtime.kernel import kernel_modules

ROOT = Path(__file__).resolve().parents[2]
_KERNEL = re.compile(r"^@(?:kernel|callback)\(.*?\)\ndef (\w+)\(", re.MULTILINE | re.DOTALL)

# Runs by itself, because numba tells nothing of kernels that came from the cache.
_INSPECT = r"""
import importlib, json, pkgutil, re, sys
from numba.core.ccallback import CFunc
from numba.core.dispatcher import Dispatcher

WRAPPERS = ("_ZN7cpython", "cfunc.", "NRT_", "numba_", ".numba")
FORBIDDEN = re.compile(
    r"@\"?((?:Py|_Py|numba_|NRT_Alloc|NRT_alloc|NRT_MemInfo_(?:alloc|new|var|data|call)|NRT_Free|NRT_Realloc"
    r"|malloc|calloc|realloc|free|pthread_mutex|pthread_cond)[\w.]*)"
)
STATUS = re.compile(r"^ *(?:ret i32 (-?\d+)|%common\.ret\.op = phi i32 (.*))$", re.M)


def native_functions(llvm):
    for match in re.finditer(r'^define[^@\n]*@"?([^("\s]+)"?\(.*?^}', llvm, re.M | re.S):
        if not match.group(1).startswith(WRAPPERS):
            yield match.group(1), match.group(0)


def faults(llvm):
    found = []
    for name, body in native_functions(llvm):
        calls = sorted({m.group(1) for line in body.splitlines() if "call" in line for m in FORBIDDEN.finditer(line)})
        statuses = {
            n for m in STATUS.finditer(body) for n in re.findall(r"^(-?\d+)$|\[ (-?\d+),", m.group(1) or m.group(2))
        }
        statuses = {alone or chosen for alone, chosen in statuses}
        raises = ["status " + n for n in sorted(statuses - {"0"})] + ["exception"] * ("picklebuf" in body)
        if calls or raises:
            found.append([name[:80], calls + raises])
    return found


def llvm_of(thing):
    return [thing.inspect_llvm()] if isinstance(thing, CFunc) else list(thing.inspect_llvm().values())


result = {}
for folder in sys.argv[1:]:
    package = importlib.import_module(folder)
    names = [folder] if not hasattr(package, "__path__") else [
        f"{folder}.{module.name}" for module in pkgutil.iter_modules(package.__path__)
    ]
    for name in names:
        module = importlib.import_module(name)
        for attribute, thing in vars(module).items():
            own = isinstance(thing, (CFunc, Dispatcher)) and thing.__wrapped__.__module__ == name if isinstance(
                thing, CFunc
            ) else isinstance(thing, Dispatcher) and thing.py_func.__module__ == name
            if own:
                texts = llvm_of(thing)
                n = sum(1 for text in texts for _ in native_functions(text))
                result[f"{name}.{attribute}"] = [n, [fault for text in texts for fault in faults(text)]]
print(json.dumps(result))
"""

_BAD = """
import numpy as np
from oscvae.realtime.kernel import callback, kernel

@kernel("void(float32[::1], int64)")
def allocates(out, n):
    more = np.zeros(n, np.float32)
    for i in range(n):
        out[i] = more[n - 1 - i] + 1

@kernel("void(float32[::1], float32[::1])")
def slices(out, other):
    out[2:] = other

@kernel("float64(float64)")
def raises(x):
    if x < 0:
        raise ValueError("negative")
    return x

@kernel("float64(float64)")
def calls_what_raises(x):
    return raises(x) + raises(-x)

@callback("int32(float64)")
def raising_callback(x):
    return int(raises(x))

@kernel("float64(float64)")
def harmless(x):
    return x / 3 + x // 2
"""


def inspect(*modules: str, path: str = "") -> dict[str, list[str]]:
    """What each kernel of these modules or packages must not do and does."""
    environment = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")}
    environment |= {"OSCVAE_CACHE_DIR": "/dev/null/none", "PYTHONPATH": f"{ROOT}:{path}"}
    done = subprocess.run(
        [sys.executable, "-c", _INSPECT, *modules], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = {}
    for kernel, (n_functions, faults) in json.loads(done.stdout).items():
        assert n_functions > 0, f"{kernel} shows no native function"
        found[kernel] = faults
    return found


@pytest.mark.timeout(300)
def test_what_runs_in_real_time_never_meets_the_interpreter() -> None:
    """Everything that is decorated as a kernel or a callback, whichever folder it is in."""
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): text for path, text in kernel_modules().items()}
    found = inspect(*modules)
    written = {f"{module}.{name}" for module, text in modules.items() for name in _KERNEL.findall(text)}
    assert written <= set(found) and len(written) > 60
    assert {kernel: faults for kernel, faults in found.items() if faults} == {}


def test_the_inspection_finds_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "bad_kernels.py").write_text(_BAD)
    found = inspect("bad_kernels", path=str(tmp_path))
    assert [kernel.rsplit(".", 1)[1] for kernel, faults in found.items() if not faults] == ["harmless"]
    assert len(found) == 6
