"""The configuration: config.yaml as typed, frozen sections.

A mistyped key on the day of the show must not be a silent default, so every unknown key, wrong type or value out of
range is a ConfigError that names the key, the line, and what would be right.
"""

from __future__ import annotations

import copy
import difflib
import ipaddress
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError, ValidationInfo

from oscvae.errors import ConfigError, RuleError
from oscvae.settings import yamlfault

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Span = tuple[float, float]

CONTROLLERS_LAST = 119  # MIDI's controllers from 120 on are channel mode messages
MACRO_NAME_MOST = 16  # characters of a macro's name, which has to fit beside a fader

_PACKAGE = Path(__file__).resolve().parents[1]


class Target(NamedTuple):
    """What pressure or timbre moves of a note, and how far; see config.yaml."""

    to: str
    span: Span | None = None


class Endpoint(NamedTuple):
    """A place to send to."""

    host: str
    port: int


def default_config_path() -> Path:
    """The configuration that a wheel carries as package data, or the top-level one of a checkout."""
    packaged = _PACKAGE / "data" / "config.yaml"
    return packaged if packaged.exists() else _PACKAGE.parent / "config.yaml"


def data_home() -> Path:
    """Where oscvae writes unless told otherwise: $XDG_DATA_HOME/oscvae."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "oscvae"


def _expanded(text: str, folder: Path) -> Path:
    return folder / Path(os.path.expandvars(text)).expanduser()


def _folder(value: object, info: ValidationInfo) -> Path:
    if isinstance(value, Path):
        return value
    if isinstance(value, str) and value:
        base = (info.context or {}).get("folder", Path.cwd())
        return _expanded(value, base)
    raise ValueError("must be a path")


def _writable_folder(value: object, info: ValidationInfo) -> Path:
    return data_home() / str(info.field_name) if value is None else _folder(value, info)


def _network(value: object) -> Network:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    try:
        return ipaddress.ip_network(value if isinstance(value, str) else repr(value), strict=False)
    except ValueError:
        raise ValueError("must be a network like 192.168.1.0/24 or an address") from None


def _endpoint(value: object) -> Endpoint:
    if isinstance(value, Endpoint):
        return value
    host, _, port = str(value).rpartition(":")
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError("must be host:port, with a port from 1 to 65535")
    return Endpoint(host, int(port))


def _tcp_port(value: object) -> int | None:
    if value is None or value is False or value == 0:
        return None
    if isinstance(value, int) and value is not True and 1 <= value <= 65535:
        return value
    raise ValueError("must be a port from 1 to 65535, or null for none")


def _connections(value: object) -> Literal["auto"] | tuple[str, ...]:
    if value == "auto":
        return "auto"
    if isinstance(value, list | tuple) and all(isinstance(port, str) for port in value):
        return tuple(value)
    raise ValueError("must be auto or a list of JACK ports")


def _switch(value: object) -> bool | Literal["auto"]:
    if value == "auto" or isinstance(value, bool):
        return value
    raise ValueError("must be auto, true or false")


def _mpe(value: object) -> Literal["auto", "off", "lower", "upper"]:
    if value is False or value == "off":  # which YAML takes for a truth value
        return "off"
    if value == "auto":
        return "auto"
    if value == "lower":
        return "lower"
    if value == "upper":
        return "upper"
    raise ValueError("must be auto, lower, upper or off")


def _controller(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= CONTROLLERS_LAST:
        return value
    raise ValueError(f"must be the number of a controller, 0 to {CONTROLLERS_LAST}")


def _device(value: object) -> int | str | None:
    if value is None or isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("must be the number of a device or a part of its name, or null")


def _span(value: object) -> Span:
    if isinstance(value, list | tuple) and len(value) == 2:
        low, high = value
        if all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)):
            return float(low), float(high)
    raise ValueError("must be [low, high]")


def _source(value: object) -> Span:
    low, high = _span(value)
    if low == high:
        raise ValueError("must be [low, high], and these differ")
    return low, high


def _span_or_none(value: object) -> Span | None:
    return None if value is None else _span(value)


def _target(value: object) -> Target | None:
    if value is None or isinstance(value, Target):
        return value
    if isinstance(value, str):
        return Target(value)
    if isinstance(value, dict) and {"to"} <= set(value) <= {"to", "range"} and isinstance(value["to"], str):
        return Target(value["to"], _span_or_none(value.get("range")))
    raise ValueError("must be like z/2, or like {to: z/2, range: [-0.5, 0.5]}, or null")


def _moves(value: object) -> object:
    if isinstance(value, dict) and value:
        return value
    raise ValueError("must hold addresses and what they go through, like {/release: [0.15, 2]}")


def _macro_name(value: object) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= MACRO_NAME_MOST and value.isprintable():
        return value
    raise ValueError(f"must be the name of a macro, 1 to {MACRO_NAME_MOST} characters")


def _spans(value: object) -> tuple[Span, ...]:
    if isinstance(value, list | tuple) and value and all(isinstance(span, list | tuple) for span in value):
        return tuple(_span(span) for span in value)
    return () if value is None or value == () else (_span(value),)


def _template(value: object) -> tuple[str | float, ...] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple) and all(isinstance(part, str | int | float) for part in value):
        return tuple(value)
    raise ValueError("must be a list of numbers, strings and incoming arguments ($1, $2 ..)")


def _as_rule(value: object) -> object:
    return {"to": value} if isinstance(value, str) else value


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


class MapRule(_Section):
    """What becomes of one foreign address; see config.yaml and control/mapping.py."""

    to: str
    args: Annotated[tuple[str | float, ...] | None, PlainValidator(_template)] = None
    source: Annotated[Span, PlainValidator(_source), Field(alias="from")] = (0.0, 1.0)
    spans: Annotated[tuple[Span, ...], PlainValidator(_spans), Field(alias="range")] = ()
    press: bool = False


class OscConfig(_Section):
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 9000
    tcp_port: Annotated[int | None, PlainValidator(_tcp_port)] = None
    allow: Annotated[tuple[Annotated[Network, PlainValidator(_network)], ...], BeforeValidator(_as_tuple)] = ()
    feedback: Annotated[tuple[Annotated[Endpoint, PlainValidator(_endpoint)], ...], BeforeValidator(_as_tuple)] = ()
    timetags: Literal["use", "ignore"] = "use"
    latency_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    quit_from: Literal["loopback", "any"] = "loopback"
    errors_per_second: Annotated[float, Field(ge=1, le=10_000)] = 20.0
    map: dict[str, Annotated[MapRule, BeforeValidator(_as_rule)]] = {}


class HttpConfig(_Section):
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    hosts: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    origins: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()


class MidiRule(_Section):
    """What one MIDI controller moves, or presses; see config.yaml."""

    to: str
    span: Annotated[Span | None, PlainValidator(_span_or_none), Field(alias="range")] = None


ControllerMap = dict[Annotated[int, PlainValidator(_controller)], Annotated[MidiRule, BeforeValidator(_as_rule)]]


class MidiConfig(_Section):
    enabled: Annotated[bool | Literal["auto"], PlainValidator(_switch)] = "auto"
    connect: Annotated[Literal["auto"] | tuple[str, ...], PlainValidator(_connections)] = ()
    channel: Annotated[int, Field(ge=0, le=16)] = 0
    latency_s: Annotated[float, Field(ge=0, le=1)] = 0.012
    bend_semitones: Annotated[float, Field(ge=0, le=24)] = 2.0
    pressure: Annotated[Target | None, PlainValidator(_target)] = None
    mpe: Annotated[Literal["auto", "off", "lower", "upper"], PlainValidator(_mpe)] = "auto"
    mpe_bend_semitones: Annotated[float, Field(ge=0, le=96)] = 48.0
    mpe_pressure: Annotated[Target | None, PlainValidator(_target)] = Target("gain")
    mpe_timbre: Annotated[Target | None, PlainValidator(_target)] = Target("z/2")
    programs: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    map: ControllerMap = {1: MidiRule(to="/unit/1")}


Moves = Annotated[dict[str, Annotated[Span | None, PlainValidator(_span_or_none)]], BeforeValidator(_moves)]


class MacrosConfig(_Section):
    """What each macro moves, by its name; see config.yaml and control/macros.py."""

    map: dict[Annotated[str, PlainValidator(_macro_name)], Moves] = {
        "soften": {"/attack": (0.0, 0.25), "/release": (0.15, 2.5)},
        "tape": {"/bend": (0.0, -12.0), "/stretch": (1.0, 2.0)},
        "morph": {"/unit/1": (0.5, 1.0), "/unit/2": (0.5, 0.0)},
        "drift": {"/unit/3": (0.5, 1.0), "/unit/4": (0.5, 0.0), "/pan": (0.0, 0.6)},
    }


class AudioConfig(_Section):
    backend: Literal["auto", "jack", "portaudio", "silent"] = "auto"
    client_name: Annotated[str, Field(min_length=1, max_length=32)] = "oscvae"
    server_name: str | None = None
    connect: Annotated[Literal["auto"] | tuple[str, ...], PlainValidator(_connections)] = "auto"
    device: Annotated[int | str | None, PlainValidator(_device)] = None
    sample_rate: Annotated[int, Field(ge=8000, le=384_000)] = 48_000
    block_size: Annotated[int, Field(ge=16, le=8192)] = 128


class EngineConfig(_Section):
    voices: Annotated[int, Field(ge=1, le=256)] = 64
    spare: Annotated[int, Field(ge=1, le=64)] = 4
    look_ahead: Annotated[int, Field(ge=0, le=3)] = 1
    iterations: Annotated[int, Field(ge=0, le=16)] = 2
    gain_db: Annotated[float, Field(ge=-60, le=6)] = -12.0
    buffer_s: Annotated[float, Field(ge=0.005, le=1)] = 0.04


class ModelConfig(_Section):
    folder: Annotated[Path, PlainValidator(_folder)] = Field(
        default_factory=lambda: default_config_path().parent / "models"
    )
    name: Annotated[str, Field(min_length=1)] = "plucked"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: Annotated[int, Field(ge=1, le=256)] = 1


class PathsConfig(_Section):
    sounds: Annotated[Path, PlainValidator(_writable_folder)] = Field(default=None)  # type: ignore[assignment]
    recordings: Annotated[Path, PlainValidator(_writable_folder)] = Field(default=None)  # type: ignore[assignment]
    presets: Annotated[Path, PlainValidator(_writable_folder)] = Field(default=None)  # type: ignore[assignment]
    midi: Annotated[Path, PlainValidator(_writable_folder)] = Field(default=None)  # type: ignore[assignment]


class LogConfig(_Section):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(_Section):
    """Everything that can be configured. Paths are absolute or relative to the working directory."""

    osc: OscConfig = OscConfig()
    http: HttpConfig = HttpConfig()
    midi: MidiConfig = MidiConfig()
    macros: MacrosConfig = MacrosConfig()
    audio: AudioConfig = AudioConfig()
    engine: EngineConfig = EngineConfig()
    model: ModelConfig = Field(default_factory=ModelConfig)
    paths: PathsConfig = Field(default_factory=PathsConfig)
    log: LogConfig = LogConfig()


_SECTIONS: dict[str, type[_Section]] = {
    "osc": OscConfig,
    "http": HttpConfig,
    "midi": MidiConfig,
    "macros": MacrosConfig,
    "audio": AudioConfig,
    "engine": EngineConfig,
    "model": ModelConfig,
    "paths": PathsConfig,
    "log": LogConfig,
}
_RULES: dict[tuple[str, ...], type[_Section]] = {("osc", "map"): MapRule, ("midi", "map"): MidiRule}


def load_config(
    path: Path | None = None,
    overrides: Sequence[str] = (),
    faults: Callable[[Config], Iterable[RuleError]] = lambda config: (),
) -> Config:
    """The configuration in `path` (None = the default one), with `overrides` like "osc.port=9001" (YAML values).

    faults: what others find wrong with it; `oscvae.app.rules.load` knows the addresses.
    Raises ConfigError that lists everything that is wrong, each with its key, its line, and what would be right.
    """
    file = path if path is not None else default_config_path()
    if path is None and not file.exists():
        text = ""
    else:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"cannot read the configuration {file}: {getattr(error, 'strerror', None) or error}"
            ) from error
    tree, lines = _parse(text, str(file))
    where = {key: f"{file}:{number}" for key, number in lines.items()}
    for override in overrides:
        _override(tree, override, where)
    context = {"folder": file.resolve().parent}
    try:
        config, complaints = Config.model_validate(tree, context=context), []
    except ValidationError as error:
        complaints = list(_complaints(error, where, str(file)))
        config = _rest(tree, error, context)
    for fault in faults(config):
        complaints.append(f"{_place(fault.key, where, str(file))}: {fault}")
    if complaints:
        raise ConfigError("\n".join(complaints))
    return config


Key = tuple[str, ...]


def _parse(text: str, file: str) -> tuple[dict[str, Any], dict[Key, int]]:
    """The YAML document and the line of each of its keys, counted from 1."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{yamlfault.place(error, file)}: {yamlfault.describe(error)}") from None
    if tree is None:
        return {}, {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{file}: must hold sections ({', '.join(_SECTIONS)}), got {type(tree).__name__}")
    lines: dict[Key, int] = {}
    for key, line in _keys(root, ()):
        if key in lines:
            raise ConfigError(f"{file}:{line}: {'.'.join(key)} appears twice, first in line {lines[key]}")
        lines[key] = line
    return {name: {} if section is None else section for name, section in tree.items()}, lines


def _keys(node: Any, parent: Key) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            key = (*parent, str(name.value))
            yield key, name.start_mark.line + 1
            yield from _keys(value, key)


def _rest(tree: dict[str, Any], error: ValidationError, context: dict[str, Any]) -> Config:
    """What is left of the document without what is wrong, so that it can be judged as well."""
    rest = copy.deepcopy(tree)
    for detail in error.errors():
        key = [part for part in detail["loc"] if part != "[key]"][:3]
        *sections, name = key if key[1:2] == ["map"] else key[:2]
        place: Any = rest
        for section in sections:
            place = place.get(section) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(name, None)
    try:
        return Config.model_validate(rest, context=context)
    except ValidationError:
        return Config()


def _override(tree: dict[str, Any], override: str, where: dict[Key, str]) -> None:
    """Applies one "section.key=value" to the document."""
    name, equals, value = override.partition("=")
    section, dot, key = name.strip().partition(".")
    if not equals or not dot or not section or not key:
        raise ConfigError(f"--set {override}: must be section.key=value, like osc.port=9001")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: {yamlfault.describe(error)}") from None
    for replaced in [other for other in where if other[:2] == (section, key)]:
        del where[replaced]
    where[section, key] = f"--set {override}"
    existing = tree.setdefault(section, {})
    if isinstance(existing, dict):
        existing[key] = parsed


def _complaints(error: ValidationError, where: dict[Key, str], file: str) -> Iterator[str]:
    """One line for each thing that is wrong."""
    for detail in error.errors():
        key = tuple(str(part) for part in detail["loc"] if part != "[key]")
        yield f"{_place(key, where, file)}: {'.'.join(key)}: {_problem(key, detail)}"


def _place(key: Key, where: dict[Key, str], file: str) -> str:
    """Where a key was given, else the nearest section around it."""
    return next((where[key[:n]] for n in range(len(key), 0, -1) if key[:n] in where), file)


def _problem(key: Key, detail: Any) -> str:
    if detail["type"] == "extra_forbidden":
        meant = _nearest(key)
        return f"unknown key, did you mean {meant}?" if meant else f"unknown key, known are {', '.join(_siblings(key))}"
    if detail["type"] in {"greater_than_equal", "less_than_equal"}:
        low, high = _range(key)
        return f"must be {low:g} to {high:g}, got {detail['input']!r}"
    if detail["type"] == "missing":
        return "must be given"
    if detail["type"] in {"model_type", "dict_type"}:
        return f"must hold keys ({', '.join(_siblings((*key, '')))}), got {detail['input']!r}"
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be", 1)
    message = message.replace("a valid tuple", "a list").replace("valid integer", "whole number").replace("valid ", "")
    return f"{message[:1].lower()}{message[1:]}, got {detail['input']!r}"


def _siblings(key: Key) -> list[str]:
    """The keys that are known beside `key`."""
    if len(key) <= 1:
        return list(_SECTIONS)
    rule = _RULES.get(key[:2]) if len(key) > 2 else None
    section: type[_Section] = rule or _SECTIONS[key[0]]
    return [field.alias or name for name, field in section.model_fields.items()]


def _range(key: Key) -> tuple[float, float]:
    """The ends of a number's range; every number in the sections has both."""
    bounds = _SECTIONS[key[0]].model_fields[key[1]].metadata
    low = next(bound.ge for bound in bounds if hasattr(bound, "ge"))
    high = next(bound.le for bound in bounds if hasattr(bound, "le"))
    return low, high


def _nearest(key: Key) -> str | None:
    """The key that an unknown one was probably meant to be: one like it in its section, or its namesake elsewhere."""
    near = difflib.get_close_matches(key[-1], _siblings(key), n=1)
    if near:
        return ".".join((*key[:-1], near[0]))
    everywhere = {name: section for section, model in _SECTIONS.items() for name in model.model_fields}
    near = difflib.get_close_matches(key[-1], list(everywhere), n=1)
    return f"{everywhere[near[0]]}.{near[0]}" if near else None
