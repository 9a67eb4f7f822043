"""YAML into typed, frozen sections: the one reader of every configuration and recipe.

An unknown key, a wrong type or a value out of range is a ConfigError that names the key, the line, and what would be
right: a mistyped key must be no silent default on the day of the show, nor cost a night of training.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from oscvae.errors import ConfigError, RuleError
from oscvae.settings.complaints import complaints, is_map, is_section, key_of, nearest, place
from oscvae.settings.yamltree import Given, Key, Places, Tree, describe, read_tree, read_value

__all__ = ["Document", "Key", "Section", "Tree", "nearest"]


class Section(BaseModel):
    """Keys that belong together; defaults are checked too."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    example: ClassVar[str] = "section.key=value"
    """One setting as `--set` takes it, for whoever gives none."""


S = TypeVar("S", bound=Section)


class Document(Generic[S]):
    """A tree that is to become the sections of a schema, and where its keys were given."""

    def __init__(self, schema: type[S], tree: Tree, places: Places, file: str) -> None:
        self.schema, self.tree, self.file = schema, tree, file
        self._places = places

    @classmethod
    def read(cls, schema: type[S], path: Path) -> Document[S]:
        """Raises ConfigError for a file that is missing or holds no YAML."""
        tree, places = read_tree(path)
        if tree is not None and not isinstance(tree, dict):
            told = next(complaints(schema, _error(schema, tree), tree, places, str(path)))
            raise ConfigError(told)
        return cls(schema, tree or {}, places, str(path))

    def set(self, setting: str) -> Key:
        """Applies one "section.key=value", its value in YAML; returns the key. Raises ConfigError."""
        name, equals, value = setting.partition("=")
        key = tuple(name.strip().split("."))
        if not equals or not all(key):
            raise ConfigError(f"--set {setting}: must be key=value, like {self.schema.example}")
        try:
            parsed, text = read_value(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {setting}: {describe(error)}") from None
        self.put(key, parsed, f"--set {setting}", text)
        return key

    def put(self, key: Key, value: Any, where: str, text: str | None = None) -> None:
        """Sets the value at a key; sections on the way are made, and what is no section is replaced."""
        holder: Any = self.tree
        for part in key[:-1]:
            inner = _child(holder, part, where)
            inner = copy.copy(inner) if isinstance(inner, dict | list) else {}
            holder[_name(holder, part)] = inner
            holder = inner
        _child(holder, key[-1], where)
        holder[_name(holder, key[-1])] = value
        for replaced in [other for other in self._places if other[: len(key)] == key]:
            del self._places[replaced]
        self._places[key] = Given(where, text)

    def drop(self, key: Key) -> None:
        """Leaves a key out, where it is given."""
        holder: Any = self.tree
        for part in key[:-1]:
            holder = holder.get(part) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder.pop(key[-1], None)

    def where(self, key: Key) -> str:
        """Where a key was given."""
        return place(key, self._places, self.file)

    def check(
        self, context: Mapping[str, Any] | None = None, faults: Callable[[S], Iterable[RuleError]] = lambda sections: ()
    ) -> S:
        """The typed sections; raises one ConfigError that lists everything that is wrong.

        context: what the sections' validators are told. faults: what else is found wrong with them.
        """
        tree, told = _filled(self.schema, self.tree), []
        try:
            sections = self.schema.model_validate(tree, context=context)
        except ValidationError as error:
            told = list(complaints(self.schema, error, tree, self._places, self.file))
            sections = self._rest(tree, error, context, told)
        told += [f"{self.where(fault.key)}: {fault}" for fault in faults(sections)]
        if told:
            raise ConfigError("\n".join(told))
        return sections

    def _rest(self, tree: Tree, error: ValidationError, context: Mapping[str, Any] | None, told: list[str]) -> S:
        """What is left of the document without what is wrong, so that it can be judged as well."""
        rest = copy.deepcopy(tree)
        for detail in error.errors():
            _cut(self.schema, rest, key_of(self.schema, detail["loc"]))
        for left in (rest, {}):
            try:
                return self.schema.model_validate(left, context=context)
            except ValidationError:
                continue
        raise ConfigError("\n".join(told))


def _error(schema: type[Section], value: Any) -> ValidationError:
    try:
        schema.model_validate(value)
    except ValidationError as error:
        return error
    raise AssertionError(f"{value!r} is a section")


def _filled(schema: type[Section], tree: Tree, key: Key = ()) -> Tree:
    """The tree without its empty sections, which keep their defaults."""
    return {
        name: _filled(schema, value, (*key, str(name))) if isinstance(value, dict) else value
        for name, value in tree.items()
        if value is not None or not is_section(schema, (*key, str(name)))
    }


def _cut(schema: type[Section], tree: Tree, key: Key) -> None:
    """Takes away a key that is wrong: of a section, or of a map, whose rules are never half."""
    depth = next((n for n in range(1, len(key)) if not is_section(schema, key[:n])), len(key))
    depth = min(len(key), depth + is_map(schema, key[:depth]))
    holder: Any = tree
    for part, last in zip(key[:depth], [*[False] * (depth - 1), True], strict=False):
        name = next((name for name in holder if str(name) == part), None) if isinstance(holder, dict) else None
        if name is None:
            return
        if last:
            del holder[name]
        else:
            holder = holder[name]


def _name(holder: Any, part: str) -> Any:
    """What a part of a setting's name means there: in a list and in a map of numbers a number."""
    return int(part) if part.isdecimal() and (isinstance(holder, list) or part not in holder) else part


def _child(holder: Any, part: str, where: str) -> Any:
    """What stands at a part of a setting's name, if anything; raises ConfigError beyond the end of a list."""
    name = _name(holder, part)
    if isinstance(holder, list) and not (isinstance(name, int) and name < len(holder)):
        raise ConfigError(f"{where}: there is no {part} in a list of {len(holder)}: they count from 0")
    return holder[name] if isinstance(holder, list) else holder.get(name)
