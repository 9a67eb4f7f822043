"""YAML into typed, frozen sections: what the configurations of training have in common.

An unknown key, a wrong type or a value out of range is a ConfigError that names the key, the line, and what would be
right: a night of training with a mistyped key is a night lost.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from oscvae.errors import ConfigError
from oscvae.settings import yamlfault

Key = tuple[str, ...]
Tree = dict[str, Any]


class Section(BaseModel):
    """Keys that belong together; defaults are checked too."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


S = TypeVar("S", bound=Section)


def read_tree(path: Path) -> tuple[Tree, dict[Key, str]]:
    """The YAML document in a file, and "file:line" of each of its keys. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read the configuration {path}: {getattr(error, 'strerror', None) or error}"
        ) from error
    try:
        root, tree = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{yamlfault.place(error, str(path))}: {yamlfault.describe(error)}") from None
    if tree is None:
        return {}, {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: must hold keys and values, got {type(tree).__name__}")
    where: dict[Key, str] = {}
    for key, line in _lines(root, ()):
        if key in where:
            raise ConfigError(f"{path}:{line}: {'.'.join(key)} appears twice, first at {where[key]}")
        where[key] = f"{path}:{line}"
    return tree, where


def override(tree: Tree, setting: str, where: dict[Key, str]) -> Key:
    """Applies one "section.key=value", its value in YAML, to a document; returns the key. Raises ConfigError."""
    name, equals, value = setting.partition("=")
    key = tuple(name.strip().split("."))
    if not equals or not all(key):
        raise ConfigError(f"--set {setting}: must be key=value, like optimiser.rate=1e-3")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {setting}: {yamlfault.describe(error)}") from None
    put(tree, key, parsed)
    where[key] = f"--set {setting}"
    return key


def put(tree: Tree, key: Key, value: Any) -> None:
    """Sets the value at a key of the document; sections on the way are made, and what is no section is replaced."""
    for part in key[:-1]:
        inner = tree.get(part)
        tree[part] = dict(inner) if isinstance(inner, dict) else {}
        tree = tree[part]
    tree[key[-1]] = value


def validate(schema: type[S], tree: Mapping[str, Any], where: Mapping[Key, str], file: str) -> S:
    """The typed sections of a document; raises one ConfigError that lists everything that is wrong."""
    try:
        return schema.model_validate(tree)
    except ValidationError as error:
        lines = []
        for detail in error.errors():
            key = _without_tags(schema, tuple(str(part) for part in detail["loc"]))
            if detail["type"] == "union_tag_invalid":
                key = (*key, "kind")
            named = f"{'.'.join(key)}: " if key else ""
            lines.append(f"{_place(where, key, file)}: {named}{_problem(schema, key, detail, tree)}")
        raise ConfigError("\n".join(lines)) from None


def nearest(name: str, known: Sequence[str]) -> str:
    """What to say of an unknown name: the known one that was probably meant, else all of them."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _place(where: Mapping[Key, str], key: Key, file: str) -> str:
    """Where a key was given, else the nearest section around it, else the first key inside it."""
    around = (where[key[:n]] for n in range(len(key), 0, -1) if key[:n] in where)
    inside = (place for given, place in where.items() if key and given[: len(key)] == key)
    return next(around, None) or next(inside, file)


def _problem(schema: type[Section], key: Key, detail: Any, tree: Mapping[str, Any]) -> str:
    if detail["type"] == "extra_forbidden":
        return f"unknown key, {_meant(schema, key, tree)}"
    if detail["type"] == "missing":
        return "must be given"
    if detail["type"] == "union_tag_invalid":
        return f"must be one of {detail['ctx']['expected_tags']}, got {detail['ctx']['tag']!r}"
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be", 1)
    message = message.replace("a valid tuple", "a list").replace("valid integer", "whole number").replace("valid ", "")
    message = message.replace("a dictionary or instance of", "keys of")
    shown = "" if detail["type"] == "value_error" else f", got {detail['input']!r}"
    return f"{message[:1].lower()}{message[1:]}{shown}"


def _meant(schema: type[Section], key: Key, tree: Mapping[str, Any]) -> str:
    """Whose it is among the kinds of its section, or its namesake elsewhere, or one like it."""
    sections, kind = _sections(schema, key[:-1], tree)
    chosen = [section for section in sections if kind is None or _tag(section) == kind]
    known = list(dict.fromkeys(name for section in chosen for name in section.model_fields))
    owners = [_tag(section) for section in sections if section not in chosen and key[-1] in section.model_fields]
    if owners:
        return f"it belongs to the kind {' and '.join(owners)}, {kind} has {', '.join(known)}"
    homes = _homes(schema)
    if key[-1] in homes:
        return f"did you mean {homes[key[-1]]}?"
    near = difflib.get_close_matches(key[-1], known, n=1)
    if near:
        return f"did you mean {'.'.join((*key[:-1], near[0]))}?"
    far = difflib.get_close_matches(key[-1], list(homes), n=1)
    return f"did you mean {homes[far[0]]}?" if far else f"known are {', '.join(known)}"


def _members(annotation: Any) -> list[type[Section]]:
    """The sections that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in _members(part)]
    return []


def _tag(section: type[Section]) -> str:
    return str(get_args(section.model_fields["kind"].annotation)[0])


def _without_tags(schema: type[Section], loc: Key) -> Key:
    """pydantic puts the kind of a section that has several between its key and the keys inside."""
    key: list[str] = []
    members: list[type[Section]] = [schema]
    for part in loc:
        if len(members) > 1 and part in {_tag(member) for member in members}:
            members = [member for member in members if _tag(member) == part]
            continue
        key.append(part)
        fields = [member.model_fields[part] for member in members if part in member.model_fields]
        members = [inner for field in fields for inner in _members(field.annotation)]
    return tuple(key)


def _sections(schema: type[Section], key: Key, tree: Mapping[str, Any]) -> tuple[list[type[Section]], str | None]:
    """What may stand in the section at `key`, and the kind that the document chooses where there are several."""
    members: list[type[Section]] = [schema]
    inner: Any = tree
    for part in key:
        fields = [member.model_fields[part] for member in members if part in member.model_fields]
        members = [section for field in fields for section in _members(field.annotation)]
        inner = inner.get(part, {}) if isinstance(inner, Mapping) else {}
    kind = inner.get("kind") if len(members) > 1 and isinstance(inner, Mapping) else None
    return members, kind if kind is not None and kind in map(_tag, members) else None


def _homes(schema: type[Section], parent: Key = ()) -> dict[str, str]:
    """Every key of a schema by its last part, as it is written in full."""
    homes: dict[str, str] = {}
    for name, field in schema.model_fields.items():
        homes.setdefault(name, ".".join((*parent, name)))
        for member in _members(field.annotation):
            for inner, full in _homes(member, (*parent, name)).items():
                homes.setdefault(inner, full)
    return homes


def _lines(node: Any, parent: Key) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            key = (*parent, str(name.value))
            yield key, name.start_mark.line + 1
            yield from _lines(value, key)
