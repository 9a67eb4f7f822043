"""YAML as a tree of plain values, with where each of its keys was given, and what is wrong with a text that is none.

Numbers are those of YAML 1.2, since the 1.1 that PyYAML speaks has traps: there 1e3 is text, 010 is 8, and 1:30 is 90.
on, off, yes and no are truth values as in 1.1, but as a key they are names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from oscvae.errors import ConfigError

Key = tuple[str, ...]
Tree = dict[str, Any]

MOST_VALUES = 100_000
"""More than any file of ours has; a few aliases of aliases would otherwise fill the memory."""

_MARKS = (  # UTF-32's begins as UTF-16's does
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_TOLD = 32  # characters of a value that cannot be read
_JUDGED = 4096  # bytes of a file, by which its encoding is guessed
_KINDS = (
    (rb"RIFF....WAVE|RF64....WAVE", "a WAV file"),
    (rb"RIFF....sfbk", "a SoundFont"),
    (rb"FORM....AIF[FC]", "an AIFF file"),
    (rb"fLaC", "a FLAC file"),
    (rb"OggS", "an Ogg file"),
    (rb"ID3|\xff[\xe2-\xfb]", "an MP3 file"),
    (rb"PK\x03\x04", "a zip archive, as a model is"),
)
_GLUED = re.compile(r"\s*(?:- +)?([A-Za-z_]\w*):(?!//)([^\s:,{}\[\]]+)(?=$|\s)")
"""A key and its value without the space between them, at the beginning of a line."""


class Given(NamedTuple):
    """Where a key stands, and how its value is written there."""

    where: str
    """file:line, or the option of the command line."""
    text: str | None
    """A plain scalar without quotes; None for anything else."""


Places = dict[Key, Given]


def read_tree(path: Path) -> tuple[Any, Places]:
    """The document in a file, and where its keys are given. Raises ConfigError in one line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror or error}") from error
    text = _decoded(raw, path)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return None, {}
        places: Places = {}
        for count, (key, given) in enumerate(_places(loader, root, (), str(path))):
            if key in places:
                raise ConfigError(f"{given.where}: {'.'.join(key)} appears twice, first in line {_line(places[key])}")
            if count >= MOST_VALUES:
                raise ConfigError(f"{path}: it holds more than {MOST_VALUES} values")
            places[key] = given
        return loader.construct_document(root), places
    except yaml.YAMLError as error:
        raise ConfigError(f"{_place(error, str(path))}: {describe(error)}") from None
    except RecursionError:
        raise ConfigError(f"{path}: it is nested too deep, or inside itself") from None


def read_value(text: str) -> tuple[Any, str | None]:
    """A value in YAML, and how it is written where it is a plain scalar. Raises yaml.YAMLError."""
    loader = _Loader(text)
    root = loader.get_single_node()
    return (None, None) if root is None else (loader.construct_document(root), _plain(root))


def describe(error: yaml.YAMLError) -> str:
    """What is wrong with a text that is not YAML: its own words speak of tokens, not of what to do."""
    problem = str(getattr(error, "problem", None) or error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    if mark is not None and "'\\t'" in problem:
        before = (mark.buffer or "")[: mark.pointer].rpartition("\n")[2]
        return "a tab cannot stand here; use spaces" if before.strip() else "tabs cannot indent YAML; use spaces"
    found = _glued_line(error)
    return f"not YAML: {problem}" if found is None else str(missing_space(found[1]))


def missing_space(text: str) -> str | None:
    """What to say of a text in which a key and its value are glued together, like port:9301; None for another."""
    found = _GLUED.match(text)
    return f"a space is missing after the colon: {found[1]}: {found[2]}" if found else None


class _Loader(yaml.SafeLoader):
    """SafeLoader with the numbers of YAML 1.2, and with dates as the text that they are."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """What a node says. Raises YAMLError for all that it cannot be."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError, KeyError, AttributeError, TypeError) as error:  # of a scalar's own type
            kind, what = node.tag.rpartition(":")[2], str(node.value)[:_TOLD]
            raise yaml.constructor.ConstructorError(None, None, f"{what!r} is no {kind}", node.start_mark) from error


_INT = re.compile(r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_LEFT_OUT = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "timestamp", "value")}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _LEFT_OUT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern in (("int", _INT), ("float", _FLOAT)):
    whole = re.compile(rf"(?:{_pattern.pattern})\Z")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", whole, list("-+.0123456789"))


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "")
    prefixed = text[:2] in {"0o", "0x"}
    return int(text, 0 if prefixed else 10)


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node).replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


def _places(loader: _Loader, node: yaml.Node, parent: Key, file: str) -> Iterator[tuple[Key, Given]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.tag == "tag:yaml.org,2002:merge" or not isinstance(name, yaml.ScalarNode):
                continue  # the keys that are merged in have no line of their own; what is no scalar is no key
            if name.tag == "tag:yaml.org,2002:bool":
                name.tag = "tag:yaml.org,2002:str"
            key = (*parent, str(loader.construct_object(name)))
            yield key, Given(f"{file}:{name.start_mark.line + 1}", _plain(value))
            yield from _places(loader, value, key, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            key = (*parent, str(index))
            yield key, Given(f"{file}:{value.start_mark.line + 1}", _plain(value))
            yield from _places(loader, value, key, file)


def _plain(node: yaml.Node) -> str | None:
    return str(node.value) if isinstance(node, yaml.ScalarNode) and node.style is None else None


def _line(given: Given) -> str:
    return given.where.rpartition(":")[2]


def _decoded(raw: bytes, path: Path) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    kind = next((kind for head, kind in _KINDS if re.match(head, raw, re.DOTALL)), None)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        what = f"it is {kind}, and no YAML" if kind else _why_no_text(raw, encoding, error.start)
    else:
        if "\0" not in text:
            return text
        what = f"it is {kind}, and no YAML" if kind else _why_no_text(raw, encoding, text.index("\0"))
    raise ConfigError(f"cannot read the configuration {path}: {what}")


def _why_no_text(raw: bytes, encoding: str, at: int) -> str:
    if encoding == "utf-8" and b"\0" not in raw:
        line = raw.count(b"\n", 0, at) + 1
        return f"it is text, but not in UTF-8 (byte 0x{raw[at]:02x} in line {line}): save it as UTF-8"
    halves = raw[:_JUDGED:2], raw[1:_JUDGED:2]
    if any(half and half.count(0) > len(half) // 2 for half in halves):
        return "it is text in UTF-16 without its mark: save it as UTF-8"
    return f"it is no text (byte 0x{raw[at]:02x} at {at})"


def _place(error: yaml.YAMLError, file: str) -> str:
    """`file:line`, or the file alone where the line is not known."""
    found = _glued_line(error)
    mark = getattr(error, "problem_mark", None)
    if found is not None and "'\\t'" not in str(getattr(error, "problem", "")):
        return f"{file}:{found[0]}"
    return file if mark is None else f"{file}:{mark.line + 1}"


def _glued_line(error: yaml.YAMLError) -> tuple[int, str] | None:
    """The line, counted from 1, and the text, of the last key before a fault that has no space after its colon."""
    mark, begin = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None or mark.buffer is None:
        return None
    lines = mark.buffer.replace("\0", "").split("\n")
    first = begin.line if begin is not None else mark.line - 1
    for number in range(min(mark.line, len(lines) - 1), max(first - 1, -1), -1):
        if missing_space(lines[number].split(" #")[0]):
            return number + 1, lines[number]
    return None
