"""What pydantic finds wrong with a tree, as lines that name place, key and value, and what would be right.

All of it follows from the sections' own types: which keys there are beside a mistyped one, where its namesake stands,
and from where to where a number may go.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from oscvae.settings.yamltree import Given, Key, Places, missing_space

_LONGEST_SHOWN = 120
_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
_HOLDS_KEYS = {"model_type", "dict_type", "model_attributes_type"}

Schema = type[BaseModel]


def complaints(schema: Schema, error: ValidationError, tree: Any, places: Places, file: str) -> Iterator[str]:
    """A line for each thing that is wrong; a place is a line of `file`, or an option of the command line."""
    for detail in error.errors():
        key = key_of(schema, detail["loc"])
        if detail["type"] == "union_tag_invalid":
            key = (*key, "kind")
        named = f"{'.'.join(key)}: " if key else ""
        yield f"{place(key, places, file)}: {named}{_problem(schema, key, detail, tree, places.get(key))}"


def place(key: Key, places: Places, file: str) -> str:
    """Where a key was given, else the nearest section around it, else the first key inside it."""
    around = (places[key[:n]] for n in range(len(key), 0, -1) if key[:n] in places)
    inside = (given for other, given in places.items() if key and other[: len(key)] == key)
    found = next(around, None) or next(inside, None)
    return found.where if found is not None else file


def key_of(schema: Schema, loc: Sequence[int | str]) -> Key:
    """The key of a complaint, without what pydantic puts between: the kind of a section that has several, and marks."""
    key: list[str] = []
    slots = [_Slot(schema)]
    for part in map(str, loc):
        if part == "[key]":
            continue
        if len(sections := _sections(slots)) > 1 and part in map(_tag, sections):
            slots = [slot for slot in slots if _tag(slot.annotation) == part]
            continue
        key.append(part)
        slots = _inside(slots, part)
    return tuple(key)


def keys_in(schema: Schema) -> list[str]:
    """The keys of a section, as they are written."""
    return [field.alias or name for name, field in schema.model_fields.items()]


def is_section(schema: Schema, key: Key) -> bool:
    """Whether a section stands at `key`, and nothing else may."""
    slots = _at(schema, key)
    return bool(slots) and all(_is_section(slot.annotation) for slot in slots)


def is_map(schema: Schema, key: Key) -> bool:
    """Whether a map with free keys may stand at `key`."""
    return any(get_origin(slot.annotation) is dict for slot in _at(schema, key))


def nearest(name: str, known: Sequence[str]) -> str:
    """What to say of an unknown name: the known one that was probably meant, else all of them."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


class _Slot(NamedTuple):
    """One type that a value may have, and its bounds."""

    annotation: Any
    metadata: tuple[Any, ...] = ()


def _slots(annotation: Any, metadata: Sequence[Any] = ()) -> list[_Slot]:
    flat = [inner for one in metadata for inner in (one.metadata if isinstance(one, FieldInfo) else [one])]
    if get_origin(annotation) is Annotated:
        bare, *more = get_args(annotation)
        return _slots(bare, [*flat, *more])
    if get_origin(annotation) in (Union, types.UnionType):
        return [slot for member in get_args(annotation) for slot in _slots(member, flat)]
    return [_Slot(annotation, tuple(flat))]


def _inside(slots: Sequence[_Slot], part: str) -> list[_Slot]:
    """What may stand at the key, number or index `part` of what stands here."""
    found: list[_Slot] = []
    for annotation, _ in slots:
        inner = get_args(annotation)
        if _is_section(annotation):
            for name, field in annotation.model_fields.items():
                if part == (field.alias or name):
                    found += _slots(field.annotation, field.metadata)
        elif get_origin(annotation) is dict:
            found += _slots(inner[1])
        elif get_origin(annotation) in (tuple, list) and part.isdecimal():
            found += _slots(inner[min(int(part), len(inner) - 1) if inner[-1] is not ... else 0])
    return found


def _at(schema: Schema, key: Key) -> list[_Slot]:
    slots = [_Slot(schema)]
    for part in key:
        slots = _inside(slots, part)
    return slots


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _sections(slots: Sequence[_Slot]) -> list[Schema]:
    return [slot.annotation for slot in slots if _is_section(slot.annotation)]


def _tag(section: Schema) -> str:
    """The kind of a section that has several; empty for another."""
    kind = section.model_fields.get("kind")
    return str(get_args(kind.annotation)[0]) if kind is not None and get_args(kind.annotation) else ""


def _problem(schema: Schema, key: Key, detail: Any, tree: Any, given: Given | None) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return f"unknown key, {_meant(schema, key, tree)}"
    if kind == "missing":
        return "must be given"
    if kind == "union_tag_invalid":
        return f"must be one of {detail['ctx']['expected_tags']}, got {detail['ctx']['tag']!r}"
    if kind in _BOUNDS:
        return f"must be {_range(schema, key, detail)}, got {value!r}"
    if kind in _HOLDS_KEYS:
        known = [name for section in _sections(_at(schema, key)) for name in keys_in(section)]
        return f"must hold keys ({', '.join(dict.fromkeys(known))}), got {_shown(value)}{_glued(value, known)}"
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be", 1)
    message = message.replace("Tuple should have", "must hold").replace("String should have", "must have")
    message = message.replace("String should match", "must match").replace(" after validation", "")
    message = message.replace("a valid tuple", "a list").replace("a valid string", "text")
    message = message.replace("valid integer", "whole number").replace("valid ", "")
    message = message.partition(", unable to parse string")[0]
    of_a_section = kind == "value_error" and isinstance(value, Mapping | BaseModel) and is_section(schema, key)
    got = "" if of_a_section else f", got {_shown(value)}"
    return f"{message[:1].lower()}{message[1:]}{got}{_quoted(detail, given)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} .."


def _quoted(detail: Any, given: Given | None) -> str:
    """What to say where text was meant, and YAML reads a number, or a word for yes or no."""
    kind, value = detail["type"], detail["input"]
    if given is None or kind == "literal_error" or not isinstance(value, bool | int | float):
        return ""
    text = given.text
    wordy = isinstance(value, bool) and text is not None and text.lower() not in {"true", "false"}
    return f': quote it, "{text}"' if text and (wordy or kind == "string_type") else ""


def _glued(value: Any, known: Sequence[str]) -> str:
    told = missing_space(value) if isinstance(value, str) else None
    return f": {told}" if told and value.split(":")[0].strip() in known else ""


def _range(schema: Schema, key: Key, detail: Any) -> str:
    """From where to where a number may go."""
    ends = {
        name: getattr(bound, name)
        for _, metadata in _at(schema, key)
        for bound in metadata
        for name in ("ge", "gt", "le", "lt")
        if hasattr(bound, name)
    } or detail["ctx"]
    if {"ge", "le"} <= set(ends):
        return f"{ends['ge']:g} to {ends['le']:g}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return " and ".join(f"{words[name]} {ends[name]:g}" for name in words if name in ends)


def _meant(schema: Schema, key: Key, tree: Any) -> str:
    """Whose an unknown key is among the kinds of its section, or its namesake elsewhere, or one like it."""
    name, parent = key[-1], key[:-1]
    sections = _sections(_at(schema, parent))
    kind = _chosen_kind(sections, parent, tree)
    chosen = [section for section in sections if kind is None or _tag(section) == kind]
    known = list(dict.fromkeys(other for section in chosen for other in keys_in(section)))
    owners = [_tag(section) for section in sections if section not in chosen and name in keys_in(section)]
    if owners:
        return f"it belongs to the kind {' and '.join(owners)}, {kind} has {', '.join(known)}"
    if told := missing_space(name):
        return told
    if told := _dotted(schema, name, parent):
        return told
    homes = _homes(schema)
    if name in homes:
        return f"did you mean {homes[name]}?"
    if near := difflib.get_close_matches(name, known, n=1):
        return f"did you mean {'.'.join((*parent, near[0]))}?"
    far = difflib.get_close_matches(name, list(homes), n=1)
    return f"did you mean {homes[far[0]]}?" if far else f"known are {', '.join(known)}"


def _dotted(schema: Schema, name: str, parent: Key) -> str | None:
    """What to say of a key that is written as `--set` writes it."""
    *section, last = name.split(".")
    if not section or not _at(schema, tuple(name.split("."))):
        return None
    if tuple(section) == parent:
        return f"inside the section {'.'.join(section)} it is {last}"
    return f"in a file it is {last}, inside the section {'.'.join(section)}"


def _chosen_kind(sections: Sequence[Schema], key: Key, tree: Any) -> str | None:
    """The kind that the document chooses where a section has several; None where it chooses none that is known."""
    inner = tree
    for part in key:
        inner = inner.get(part) if isinstance(inner, Mapping) else None
    kind = inner.get("kind") if len(sections) > 1 and isinstance(inner, Mapping) else None
    return str(kind) if kind in [_tag(section) for section in sections] else None


def _homes(schema: Schema, parent: Key = ()) -> dict[str, str]:
    """Every key of the sections in a section by its last part, as it is written in full."""
    homes: dict[str, str] = {}
    for name, field in schema.model_fields.items():
        homes.setdefault(name, ".".join((*parent, name)))
        for section in _sections(_slots(field.annotation)):
            for inner, full in _homes(section, (*parent, name)).items():
                homes.setdefault(inner, full)
    return homes
