"""Who may import whom: folders by subject, arrows in one direction, no circles."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import oscvae
from oscvae.realtime import kernel
from parts import ROOT

PACKAGE = Path(oscvae.__file__).parent
SHARED = {"", "settings"}
"""errors, units, arrays, names, files; the reader of YAML, the deadlines of disks."""
REALTIME = {"realtime", "spectral", "audio"}
MAY_IMPORT = {
    "": set[str](),
    "settings": {""},
    "model": {""},
    "sound": {"", "model"},
    "realtime": {""},
    "spectral": {"", "realtime", "model", "sound"},
    "audio": {"", "realtime"},
    "decode": {"", "model", "sound"},
    "osc": SHARED,
    "play": SHARED | REALTIME | {"model", "decode", "osc"},
    "midi": SHARED | {"realtime", "osc", "play"},
    "daemon": SHARED | REALTIME | {"model", "decode", "osc", "play", "midi"},
    "training": SHARED | {"model", "sound"},
    "app": SHARED | REALTIME | {"model", "sound", "decode", "osc", "play", "midi", "daemon", "training"},
}
"""Who may import whom, besides itself. The empty name is the package's own modules."""
TORCH = ("oscvae.model.torchscript", "oscvae.decode.notes", "oscvae.decode.preload")  # the zygote imports the last two
LOOSE = {f"oscvae.{name}" for name in ("__main__", "arrays", "errors", "files", "names", "units")} | {"oscvae"}
HOMES = {"jack": "oscvae.audio.jack", "sounddevice": "oscvae.audio.portaudio", "pyfftw": "oscvae.spectral.fftw"}
"""Private names of JACK-Client, the traps of PortAudio, the GPL of FFTW: each in one place."""
MODULES_IN_A_FOLDER = 20


def name_of(path: Path) -> str:
    parts = ("oscvae", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def folder_of(module: str) -> str:
    """osc, audio ..; the empty string for the modules directly in the package."""
    parts = module.split(".")
    return parts[1] if len(parts) > 2 or (len(parts) == 2 and MODULES[module].name == "__init__.py") else ""


@cache
def imports(module: str) -> frozenset[str]:
    """Every module that `module` names in an import, wherever in its text, those for the type checker too."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
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


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name in MODULES}


def outside(module: str) -> set[str]:
    return {name.split(".")[0] for name in imports(module) if name not in MODULES}


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


def test_the_walk_sees_what_there_is() -> None:
    assert set(MAY_IMPORT) == {folder_of(module) for module in MODULES}
    assert "oscvae.model.document" in ours("oscvae.model.torchscript")
    assert "torch" in outside("oscvae.model.torchscript")


def test_each_module_imports_only_what_its_folder_may() -> None:
    wrong = {}
    for module in set(MODULES) - {"oscvae", "oscvae.__main__"}:
        folder = folder_of(module)
        foreign = {name for name in ours(module) if folder_of(name) not in MAY_IMPORT[folder] | {folder}}
        if folder == "training" and "oscvae" in ours(module):
            source = MODULES[module].read_text(encoding="utf-8")
            assert "from oscvae import reconstruct" in source, f"{module}: of oscvae itself only reconstruct"
        if foreign - {"oscvae"}:
            wrong[module] = foreign
    assert wrong == {}


def test_the_arrows_between_folders_point_one_way() -> None:
    edges = {(folder_of(module), folder_of(name)) for module in MODULES for name in ours(module) if module != "oscvae"}
    edges = {(a, b) for a, b in edges if a != b and b}
    assert ("play", "osc") in edges and ("daemon", "play") in edges
    done: set[str] = set()

    def visit(folder: str, path: tuple[str, ...]) -> None:
        assert folder not in path, " -> ".join([*path[path.index(folder) :], folder])
        if folder not in done:
            for _, target in sorted(edge for edge in edges if edge[0] == folder):
                visit(target, (*path, folder))
            done.add(folder)

    for folder in MAY_IMPORT:
        visit(folder, ())


def test_no_module_imports_itself_in_a_circle() -> None:
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for name in sorted(ours(module) - {"oscvae"}):  # the package itself only offers reconstruct, lazily
                visit(name, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


def test_few_modules_lie_loose_and_no_folder_is_a_corridor() -> None:
    assert {module for module in MODULES if not folder_of(module)} == LOOSE
    for folder in {path.parent for path in MODULES.values()}:
        names = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
        assert len(names) <= MODULES_IN_A_FOLDER, f"{folder} holds {len(names)} modules"


def test_only_decoder_and_training_touch_torch() -> None:
    others = [module for module in MODULES if module not in TORCH and folder_of(module) != "training"]
    assert [module for module in others if outside(module) & {"torch", "torchaudio"}] == []


def test_jack_portaudio_and_fftw_stay_behind_their_modules() -> None:
    used = [(library, module) for module in MODULES for library in outside(module) & set(HOMES)]
    assert used
    assert [(library, module) for library, module in used if HOMES[library] != module] == []


def test_the_decoder_process_knows_nothing_of_the_daemon() -> None:
    foreign = {
        name for name in closure("oscvae.decode.worker") if folder_of(name) not in {"decode", "model", "sound", ""}
    }
    assert not foreign, f"oscvae.decode.worker reaches {foreign}"


@pytest.mark.parametrize("command", ["serve", "render", "kernels", "doctor.command"])
def test_nothing_that_plays_reaches_training(command: str) -> None:
    assert not {name for name in closure(f"oscvae.app.{command}") if folder_of(name) == "training"}


def test_the_kernel_cache_depends_on_all_that_compiled_code_imports() -> None:
    """The cache reads imports by a regular expression, because parsing would cost every start 60 ms."""
    holders = {name_of(path) for path in kernel.kernel_modules()}
    assert {"oscvae.spectral.rtisi", "oscvae.audio.mixer", "oscvae.realtime.ring"} <= holders
    reached = {name for holder in holders for name in closure(holder) if MODULES[name].name != "__init__.py"}
    assert {name_of(path) for path in kernel.sources()} == reached
    assert {"oscvae.realtime.layout", "oscvae.spectral.lanes", "oscvae.spectral.phase"} <= reached - holders


def test_the_daemon_never_imports_torch() -> None:
    """All that the daemon's process can reach is imported, and torch is not there."""
    reached = sorted(closure("oscvae.app.serve") - set(TORCH))
    script = (
        f"import importlib, sys\nfor name in {reached}: importlib.import_module(name)\n"
        "sys.exit(', '.join({'torch', 'torchaudio', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "oscvae.daemon.conductor" in reached
    assert "oscvae.audio.jack" in reached


def test_no_test_is_imported() -> None:
    """What tests share is a helper or a fixture."""
    found = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        found += [f"{path.relative_to(ROOT)}: {name}" for name in named if _is_test(name)]
    assert found == []


def _is_test(module: str) -> bool:
    return module.rpartition(".")[2].startswith(("test_", "conftest"))
