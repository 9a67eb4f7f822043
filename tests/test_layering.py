"""A folder is a clock: who may import whom, so that a line of code knows what it may do from where it lives."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import oscvae

PACKAGE = Path(oscvae.__file__).parent
RUNTIME = ("control", "decode", "spectral", "audio", "realtime")
ROOTS = ("units", "errors", "bands", "stft", "pitch", "sounds", "takes", "modelfile", "torchscript", "yamlfault")
"""What runtime and training may both import, besides the public `oscvae.reconstruct`."""
TORCH = ("oscvae.torchscript", "oscvae.decode.worker")
FACTORY = {("oscvae.audio.backend", f"oscvae.audio.{name}") for name in ("jack", "portaudio", "silent")}
"""`choose` opens, when it is called, what derives from the Backend beside it."""


def name_of(path: Path) -> str:
    parts = ("oscvae", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def folder_of(module: str) -> str:
    """control, audio ..; the empty string for the modules directly in the package."""
    parts = module.split(".")
    return parts[1] if len(parts) > 2 or (len(parts) == 2 and MODULES[module].name == "__init__.py") else ""


@cache
def imports(module: str) -> frozenset[str]:
    """Every module that `module` names in an import, wherever in its text, those for the type checker excepted."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            source = str(node.module)
            members = {f"{source}.{alias.name}" for alias in node.names}
            found.update(member for member in members if member in MODULES)
            if any(member not in MODULES for member in members):
                found.add(source)
    return frozenset(found)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for child in node.orelse:
            yield from walk(child)
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from walk(child)


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name in MODULES}


def outside(module: str) -> set[str]:
    return {name.split(".")[0] for name in imports(module) if name not in MODULES}


def test_the_walk_sees_what_there_is() -> None:
    assert set(RUNTIME) <= {folder_of(module) for module in MODULES}
    assert "oscvae.modelfile" in ours("oscvae.torchscript")
    assert "torch" in outside("oscvae.torchscript")


def test_training_imports_no_runtime_folder() -> None:
    allowed = {f"oscvae.{root}" for root in ROOTS} | {"oscvae"}
    for module, path in MODULES.items():
        if folder_of(module) == "training":
            foreign = {name for name in ours(module) - allowed if folder_of(name) != "training"}
            assert not foreign, f"{module} imports {foreign}"
            if "oscvae" in ours(module):
                source = path.read_text(encoding="utf-8")
                assert "from oscvae import reconstruct" in source, f"{module}: of oscvae itself only reconstruct"


def test_nothing_that_plays_imports_training() -> None:
    for module in MODULES:
        if folder_of(module) not in {"training", ""}:
            foreign = {name for name in ours(module) if folder_of(name) == "training"}
            assert not foreign, f"{module} imports {foreign}"
    for module in ("oscvae.daemon", "oscvae.render", "oscvae.doctor", "oscvae.compile"):
        assert not {name for name in closure(module) if folder_of(name) == "training"}


def closure(module: str) -> set[str]:
    """All of our modules that importing and running `module` may import."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(ours(name))
    return seen


@pytest.mark.parametrize("module", sorted(MODULES))
def test_only_decoder_and_training_touch_torch(module: str) -> None:
    if module not in TORCH and folder_of(module) != "training":
        assert not outside(module) & {"torch", "torchaudio"}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_jack_fftw_and_osc_stay_behind_their_modules(module: str) -> None:
    """Private names of JACK-Client, the GPL of FFTW, the traps of python-osc: each in one place."""
    homes = {"jack": "oscvae.audio.jack", "sounddevice": "oscvae.audio.portaudio", "pyfftw": "oscvae.spectral.fftw"}
    assert not {library for library in outside(module) & set(homes) if homes[library] != module}


def test_hop_and_block_clocks_know_nothing_of_control() -> None:
    for module in MODULES:
        if folder_of(module) in {"spectral", "audio", "realtime"}:
            foreign = {name for name in ours(module) if folder_of(name) in {"control", "decode"}}
            foreign |= ours(module) & {"oscvae.daemon", "oscvae.render", "oscvae.cli", "oscvae.doctor"}
            assert not foreign, f"{module} imports {foreign}"
        if folder_of(module) == "realtime":
            foreign = {name for name in ours(module) if folder_of(name) in {"spectral", "audio"}}
            assert not foreign, f"{module} imports {foreign}"


def test_the_decoder_process_knows_nothing_of_the_daemon() -> None:
    foreign = {name for name in closure("oscvae.decode.worker") if folder_of(name) not in {"decode", ""}}
    assert not foreign, f"oscvae.decode.worker reaches {foreign}"


def test_no_folder_imports_the_wiring() -> None:
    wiring = {"oscvae.daemon", "oscvae.render", "oscvae.cli", "oscvae.doctor", "oscvae.__main__"}
    for module in MODULES:
        if folder_of(module):
            assert not ours(module) & wiring, f"{module} imports {ours(module) & wiring}"


def test_there_are_no_cycles() -> None:
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for name in sorted(ours(module) - {"oscvae"}):  # the package itself only offers reconstruct, lazily
                if (module, name) not in FACTORY:
                    visit(name, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


def test_folders_form_no_cycles() -> None:
    edges = {
        (folder_of(module), folder_of(name))
        for module in MODULES
        for name in ours(module)
        if folder_of(module) in RUNTIME and folder_of(name) in RUNTIME and folder_of(module) != folder_of(name)
    }
    assert not {edge for edge in edges if edge[::-1] in edges}
    assert ("control", "realtime") in edges


def test_the_daemon_never_imports_torch() -> None:
    """All that the daemon's process can reach is imported, and torch is not there."""
    reached = sorted(closure("oscvae.daemon") - set(TORCH))
    script = (
        f"import importlib, sys\nfor name in {reached}: importlib.import_module(name)\n"
        "sys.exit(', '.join({'torch', 'torchaudio', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "oscvae.control.conductor" in reached
    assert "oscvae.audio.jack" in reached
