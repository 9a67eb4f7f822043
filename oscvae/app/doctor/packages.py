"""What `oscvae doctor` says of installed packages: those that playing needs, torch, and the pair that training needs.

torch and torchaudio are built for each other, and a pair that is not may fail at the first symbol or take the process
down, so they are imported in a process of their own, and where that fails each in one, which tells whose fault it is.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from oscvae.app.doctor.finding import Finding, ask
from oscvae.settings.sections import Config

_ROOT = Path(__file__).resolve().parents[3]
_PAIR = ("torch", "torchaudio")
_TRAINING = ("torchaudio", "lightning")
"""What training cannot begin without, and what is asked here; the rest of the extra only draws."""
_IMPORT = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps({"imported": True}))
"""
_CUDA = """
import json
from oscvae.decode.preload import import_torch
torch = import_torch()
found = torch.cuda.is_available()
names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())] if found else []
print(json.dumps({"torch": torch.__version__, "devices": names}))
"""


def check_python(_config: Config) -> Finding:
    """Python, and whether every package that playing needs is there."""
    here = f"{platform.python_version()} in {sys.prefix}"
    needed = _needs()
    if needed is None:
        mend = f"{sys.executable} -m pip install -e {_ROOT}"
        return Finding("Python", "warn", f"{here}, oscvae is not installed", mend)
    missing = [need for need in needed if _version(_name(need)) is None]
    if missing:
        quoted = " ".join(f"'{need}'" for need in missing)
        return Finding("Python", "fail", f"{here}, without {quoted}", f"{sys.executable} -m pip install {quoted}")
    return Finding("Python", "ok", here)


def check_decoder(config: Config) -> Finding:
    """torch, and where the model will be decoded."""
    answer = ask(_CUDA)
    if "torch" not in answer:
        version = _version("torch")
        what = f"torch {version} cannot be imported: {answer['error']}" if version else "torch is not installed"
        return Finding("decoder", "warn", what, _mend_torch("serve"))
    torch = f"torch {answer['torch']}"
    if config.model.device == "cpu":
        return Finding("decoder", "ok", f"{torch}, on the CPU as configured")
    if answer["devices"]:
        return Finding("decoder", "ok", f"{torch}, on CUDA: {', '.join(answer['devices'])}")
    driver = Path("/proc/driver/nvidia/version").exists()
    if config.model.device == "cuda" or driver:
        what = f"{torch}, {'an NVIDIA driver, but ' * driver}no CUDA device that it can use: decoding on the CPU"
        return Finding("decoder", "warn", what, "nvidia-smi   # says why; to do without: --set model.device=cpu")
    return Finding("decoder", "ok", f"{torch}, on the CPU: no CUDA device")


def check_training(_config: Config) -> Finding:
    """Whether models can be trained: torchaudio and Lightning, which playing does without."""
    missing = [name for name in _TRAINING if _version(name) is None]
    if missing:
        what = f"no {' and no '.join(missing)}: models can be played, and not trained"
        return Finding("training", "warn", what, _mend_training())
    together = ask(_IMPORT, *_TRAINING)
    if "imported" in together:
        return Finding("training", "ok", f"{_installed(_PAIR)}, {_installed(_TRAINING[1:])}")
    if "late" in together:
        return _late(_TRAINING, together["error"])
    with ThreadPoolExecutor(len(_TRAINING)) as pool:
        answers = dict(zip(_TRAINING, pool.map(lambda name: ask(_IMPORT, name), _TRAINING), strict=True))
    failed = [name for name in _TRAINING if "imported" not in answers[name]]
    if late := [name for name in failed if "late" in answers[name]]:
        return _late(late, answers[late[0]]["error"])
    if not failed:
        what = f"{_installed(_TRAINING)} cannot be imported together: {together['error']}"
        return Finding("training", "warn", what, _mend_torch("test"))
    if "imported" not in ask(_IMPORT, "torch"):
        return Finding("training", "warn", "torch cannot be imported, see decoder", _mend_torch("test"))
    first, why = failed[0], answers[failed[0]]["error"]
    if first == "torchaudio":
        pair = f"{_installed(_PAIR)} are no pair: torchaudio cannot be imported: {why}"
        return Finding("training", "warn", pair, _mend_torch("test"))
    again = _commands("test", [need for need in _needs("train") or [] if _name(need) == first] or [first])
    return Finding("training", "warn", f"{_installed([first])} cannot be imported: {why}", again)


def _late(names: Sequence[str], why: str) -> Finding:
    what = f"{_installed(names)} gave {why}: this machine is busy, or its disk is slow"
    return Finding("training", "warn", what, "oscvae doctor   # again, once it is quiet")


def _installed(names: Sequence[str]) -> str:
    return " and ".join(f"{name} {_version(name)}" for name in names)


def _mend_torch(target: str) -> str:
    """The command that brings torch, and torchaudio where it is installed, back as the pair that was tried."""
    wanted = [need for need in [*(_needs() or []), *(_needs("train") or [])] if _name(need) in _PAIR]
    there = [need for need in wanted if _name(need) == "torch" or _version("torchaudio")]
    return _commands(target, there or list(_PAIR))


def _mend_training() -> str:
    if _is_own_environment():
        return f"cd {_ROOT} && make test"
    return _pip([need for need in _needs("train") or [] if _version(_name(need)) is None] or ["oscvae[train]"])


def _commands(target: str, wanted: Sequence[str]) -> str:
    """Sets a checkout's own environment up anew from its locks; elsewhere pip, with the ranges that were tried."""
    if _is_own_environment():
        return f"cd {_ROOT} && rm -rf .venv && make {target}"
    return _pip(wanted, "--force-reinstall ")


def _pip(wanted: Sequence[str], options: str = "") -> str:
    return f"{sys.executable} -m pip install {options}" + " ".join(f"'{need}'" for need in wanted)


def _is_own_environment() -> bool:
    """Whether this Python is the one that a checkout's Makefile set up."""
    return (_ROOT / "Makefile").is_file() and Path(sys.prefix) == _ROOT / ".venv"


def _needs(extra: str | None = None) -> list[str] | None:
    """What oscvae needs, or one of its extras, with ranges; None where it is not installed."""
    try:
        needs = importlib.metadata.requires("oscvae") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    parts = [(need, *re.findall(r"extra == ['\"](.+?)['\"]", condition)) for need, _, condition in map(_split, needs)]
    return [need for need, *extras in parts if extras == ([extra] if extra else [])]


def _split(requirement: str) -> tuple[str, str, str]:
    need, mark, condition = requirement.partition(";")
    return need.strip(), mark, condition


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    return found[0] if found else requirement


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
