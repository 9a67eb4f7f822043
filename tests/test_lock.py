"""requirements/: what the Makefile installs is exact, has hashes, and lies within what pyproject.toml admits."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
PINNED = re.compile(r"^[^\s#][^\\]*(?:\\\n\s+--hash=sha256:[0-9a-f]{64}\s*)*", re.MULTILINE)

Pins = list[tuple[Requirement, int]]


def pins(name: str) -> Pins:
    """Each line of a lock, and how many hashes it has."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    found = []
    for entry in PINNED.findall(text):
        line, _, hashes = entry.partition("\\\n")
        found.append((Requirement(line.strip()), hashes.count("--hash=sha256:")))
    return found


def version_of(locked: Pins, name: str, python: str) -> str | None:
    """The one version that is installed on a Python, None = none is."""
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
    environment |= {"platform_machine": "x86_64", "platform_system": "Linux", "implementation_name": "cpython"}
    environment |= {"platform_python_implementation": "CPython", "os_name": "posix", "extra": ""}
    versions = {
        next(iter(pin.specifier)).version
        for pin, _ in locked
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(environment))
    }
    assert len(versions) <= 1, f"{name} has {versions} on {python}"
    return versions.pop() if versions else None


def asked_for(extras: set[str]) -> list[Requirement]:
    """What pyproject.toml asks for with these extras, those that an extra names included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [Requirement(line) for line in project["dependencies"]]
    waiting, seen = list(extras), set(extras)
    while waiting:
        for one in map(Requirement, project["optional-dependencies"][waiting.pop()]):
            if one.name == "oscvae":
                waiting += one.extras - seen
                seen |= one.extras
            else:
                asked.append(one)
    return asked


@pytest.mark.parametrize("name", ["serve", "test", "scores"])
def test_every_package_of_a_lock_is_exact_and_has_hashes(name: str) -> None:
    locked = pins(name)
    assert len(locked) > 20
    for pin, hashes in locked:
        assert [one.operator for one in pin.specifier] == ["=="], pin
        assert hashes > 0, f"{pin} has no hash"


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("name", "extras"), [("serve", {"build"}), ("test", {"dev"})])
def test_what_is_asked_for_is_locked_within_its_range(name: str, extras: set[str], python: str) -> None:
    locked = pins(name)
    for one in asked_for(extras):
        version = version_of(locked, one.name, python)
        assert version is not None, f"{one} is not in requirements/{name}.txt: make lock"
        assert one.specifier, f"{one} has no range in pyproject.toml"
        assert one.specifier.contains(version), (
            f"requirements/{name}.txt has {one.name} {version}, not {one}: make lock"
        )


@pytest.mark.parametrize("python", PYTHONS)
def test_what_is_served_with_is_what_was_tested(python: str) -> None:
    served, tested = pins("serve"), pins("test")
    for pin, _ in served:
        assert version_of(served, pin.name, python) == version_of(tested, pin.name, python)
