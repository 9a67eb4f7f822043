"""The daemon's configuration: the sections of config.yaml, typed and frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator

from oscvae.errors import RuleError
from oscvae.settings import validators as may
from oscvae.settings.reader import Document, Section
from oscvae.settings.validators import CONTROLLERS_LAST, Endpoint, Network, Span, Target

__all__ = ["CONTROLLERS_LAST", "Config", "Endpoint", "Span", "Target", "default_config_path", "load_config"]

_PACKAGE = Path(__file__).resolve().parents[1]


def default_config_path() -> Path:
    """The configuration that a wheel carries as package data, or the top-level one of a checkout."""
    packaged = _PACKAGE / "data" / "config.yaml"
    return packaged if packaged.exists() else _PACKAGE.parent / "config.yaml"


class Strict(Section):
    """A section whose values are of the types that they are written as."""

    model_config = ConfigDict(strict=True)


class MapRule(Strict):
    """What becomes of one foreign address; see config.yaml and `oscvae.osc.mapping`."""

    to: str
    args: Annotated[tuple[str | float, ...] | None, PlainValidator(may.template)] = None
    source: Annotated[Span, PlainValidator(may.source), Field(alias="from")] = (0.0, 1.0)
    spans: Annotated[tuple[Span, ...], PlainValidator(may.spans), Field(alias="range")] = ()
    press: bool = False


class OscConfig(Strict):
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 9000
    tcp_port: Annotated[int | None, PlainValidator(may.tcp_port)] = None
    allow: Annotated[tuple[Annotated[Network, PlainValidator(may.network)], ...], BeforeValidator(may.as_tuple)] = ()
    feedback: Annotated[
        tuple[Annotated[Endpoint, PlainValidator(may.endpoint)], ...], BeforeValidator(may.as_tuple)
    ] = ()
    timetags: Literal["use", "ignore"] = "use"
    latency_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    quit_from: Literal["loopback", "any"] = "loopback"
    zeroconf: bool = True
    errors_per_second: Annotated[float, Field(ge=1, le=10_000)] = 20.0
    prefix: Annotated[str, PlainValidator(may.prefix)] = ""
    map: dict[str, Annotated[MapRule, BeforeValidator(may.as_rule)]] = Field(default={})


PartNumber = Annotated[int, PlainValidator(may.part)]
FurtherPart = Annotated[int, PlainValidator(may.further_part)]


class HttpConfig(Strict):
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    hosts: Annotated[tuple[str, ...], BeforeValidator(may.as_tuple)] = ()
    origins: Annotated[tuple[str, ...], BeforeValidator(may.as_tuple)] = ()


class MidiRule(Strict):
    """What one MIDI controller moves; see config.yaml and `oscvae.midi.learn`."""

    to: str
    span: Annotated[Span | None, PlainValidator(may.span_or_none), Field(alias="range")] = None


ControllerMap = dict[Annotated[int, PlainValidator(may.controller)], Annotated[MidiRule, BeforeValidator(may.as_rule)]]


class MidiConfig(Strict):
    enabled: Annotated[bool | Literal["auto"], PlainValidator(may.switch)] = "auto"
    connect: Annotated[Literal["auto"] | tuple[str, ...], PlainValidator(may.connections)] = ()
    channel: Annotated[int, Field(ge=0, le=16)] = 0
    latency_s: Annotated[float, Field(ge=0, le=1)] = 0.012
    bend_semitones: Annotated[float, Field(ge=0, le=24)] = 2.0
    pressure: Annotated[Target | None, PlainValidator(may.target)] = None
    mpe: Annotated[Literal["auto", "off", "lower", "upper"], PlainValidator(may.mpe)] = "auto"
    mpe_bend_semitones: Annotated[float, Field(ge=0, le=96)] = 48.0
    mpe_pressure: Annotated[Target | None, PlainValidator(may.target)] = Target("gain")
    mpe_timbre: Annotated[Target | None, PlainValidator(may.target)] = Target("z/2")
    programs: Annotated[tuple[str, ...], BeforeValidator(may.as_tuple)] = ()
    parts: dict[Annotated[int, PlainValidator(may.channel)], PartNumber] = Field(default={})
    map: ControllerMap = Field(default={1: MidiRule(to="/unit/1")})


Moves = Annotated[dict[str, Annotated[Span | None, PlainValidator(may.span_or_none)]], BeforeValidator(may.moves)]


class MacrosConfig(Strict):
    """What each macro moves, by its name; see config.yaml and `oscvae.play.macros`."""

    map: dict[Annotated[str, PlainValidator(may.macro_name)], Moves] = Field(
        default={
            "soften": {"/attack": (0.0, 0.25), "/release": (0.15, 2.5)},
            "tape": {"/bend": (0.0, -12.0), "/stretch": (1.0, 2.0)},
            "morph": {"/unit/1": (0.5, 1.0), "/unit/2": (0.5, 0.0)},
            "drift": {"/unit/3": (0.5, 1.0), "/unit/4": (0.5, 0.0), "/pan": (0.0, 0.6)},
        }
    )


class AudioConfig(Strict):
    backend: Literal["auto", "jack", "portaudio", "silent"] = "auto"
    client_name: Annotated[str, Field(min_length=1, max_length=32)] = "oscvae"
    server_name: str | None = None
    connect: Annotated[Literal["auto"] | tuple[str, ...], PlainValidator(may.connections)] = "auto"
    device: Annotated[int | str | None, PlainValidator(may.device)] = None
    sample_rate: Annotated[int, Field(ge=8000, le=384_000)] = 48_000
    block_size: Annotated[int, Field(ge=16, le=8192)] = 128
    outputs: Annotated[int, Field(ge=2, le=16, multiple_of=2)] = 2
    parts: dict[PartNumber, Annotated[int, PlainValidator(may.first_output)]] = Field(default={})
    input: Annotated[bool | tuple[str, ...], PlainValidator(may.live_input)] = False


class EngineConfig(Strict):
    voices: Annotated[int, Field(ge=1, le=256)] = 64
    spare: Annotated[int, Field(ge=1, le=64)] = 4
    look_ahead: Annotated[int, Field(ge=0, le=3)] = 1
    iterations: Annotated[int, Field(ge=0, le=16)] = 2
    gain_db: Annotated[float, Field(ge=-60, le=6)] = -12.0
    buffer_s: Annotated[float, Field(ge=0.005, le=1)] = 0.04


class ModelConfig(Strict):
    folder: Annotated[Path, PlainValidator(may.folder)] = Field(
        default_factory=lambda: default_config_path().parent / "models"
    )
    name: Annotated[str, Field(min_length=1)] = "plucked"
    parts: dict[Annotated[int, PlainValidator(may.further_part)], Annotated[str, Field(min_length=1)]] = Field(
        default={}
    )
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    streams: Annotated[int, Field(ge=1, le=32)] = 8
    sample_rate: Annotated[int, Field(ge=8000, le=192_000)] | None = None
    confine: bool = True


class PathsConfig(Strict):
    sounds: Annotated[Path, PlainValidator(may.writable_folder)] = Field(default=None)  # type: ignore[assignment]
    recordings: Annotated[Path, PlainValidator(may.writable_folder)] = Field(default=None)  # type: ignore[assignment]
    presets: Annotated[Path, PlainValidator(may.writable_folder)] = Field(default=None)  # type: ignore[assignment]
    midi: Annotated[Path, PlainValidator(may.writable_folder)] = Field(default=None)  # type: ignore[assignment]


class LogConfig(Strict):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(Strict):
    """Everything that can be configured. Paths are absolute or relative to the working directory."""

    example = "osc.port=9001"

    osc: OscConfig = OscConfig()
    http: HttpConfig = HttpConfig()
    midi: MidiConfig = MidiConfig()
    macros: MacrosConfig = MacrosConfig()
    audio: AudioConfig = AudioConfig()
    engine: EngineConfig = EngineConfig()
    model: ModelConfig = Field(default_factory=ModelConfig)
    paths: PathsConfig = Field(default_factory=PathsConfig)
    log: LogConfig = LogConfig()


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
    missing = path is None and not file.exists()
    document = Document(Config, {}, {}, str(file)) if missing else Document.read(Config, file)
    for override in overrides:
        document.set(override)
    return document.check({"folder": file.resolve().parent}, faults)
