"""No GIL, no allocator and no exception in anything that a real-time thread reaches, read from the compiled code.

numba gives each kernel a wrapper for Python and each callback a wrapper for C, which hold the interpreter's error
paths; what counts is the native function inside. It never raises if every status it returns is 0 or a callee's, and
then the callback's error path is dead. What is read is the code that a daemon would run, from the cache if it is there.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from oscvae.realtime.kernel import kernel_modules
from parts import ROOT

_KERNEL = re.compile(r"^@(?:kernel|callback)\(.*?\)\ndef (\w+)\(", re.MULTILINE | re.DOTALL)

# Runs by itself, so that it can be run without a cache. Of kernels that came from one inspect_llvm() shows nothing, but
# the module that others would be linked with is kept there.
_INSPECT = r"""
import importlib, json, re, sys
from numba.core.ccallback import CFunc
from numba.core.dispatcher import Dispatcher
from oscvae.realtime import kernel

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
    libraries = [thing._library] if isinstance(thing, CFunc) else [made.library for made in thing.overloads.values()]
    return [str(library._get_module_for_linking()) for library in libraries]


result = {}
for name in sys.argv[1:]:
    importlib.import_module(name)
kernel.load()
for name in sys.argv[1:]:
    for attribute, thing in vars(importlib.import_module(name)).items():
        source = thing.__wrapped__ if isinstance(thing, CFunc) else getattr(thing, "py_func", None)
        if isinstance(thing, (CFunc, Dispatcher)) and source.__module__ == name:
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


def inspect(*modules: str, environment: Mapping[str, str] = {}) -> dict[str, list[str]]:
    """What each kernel of these modules must not do and does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", _INSPECT, *modules], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = {}
    for kernel, (n_functions, faults) in json.loads(done.stdout).items():
        assert n_functions > 0, f"{kernel} shows no native function"
        found[kernel] = faults
    return found


def test_what_runs_in_real_time_never_meets_the_interpreter() -> None:
    """Everything that is decorated as a kernel or a callback, whichever folder it is in."""
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): text for path, text in kernel_modules().items()}
    found = inspect(*modules)
    written = {f"{module}.{name}" for module, text in modules.items() for name in _KERNEL.findall(text)}
    assert written <= set(found) and len(written) > 60
    assert {kernel: faults for kernel, faults in found.items() if faults} == {}


def test_the_inspection_finds_what_it_looks_for_compiled_and_cached(tmp_path: Path) -> None:
    (tmp_path / "bad_kernels.py").write_text(_BAD)
    environment = {"PYTHONPATH": f"{ROOT}:{tmp_path}", "OSCVAE_CACHE_DIR": str(tmp_path / "cache")}
    found = inspect("bad_kernels", environment=environment)
    assert [kernel.rsplit(".", 1)[1] for kernel, faults in found.items() if not faults] == ["harmless"]
    assert len(found) == 6
    assert list((tmp_path / "cache").rglob("*.nbc"))
    assert inspect("bad_kernels", environment=environment) == found
