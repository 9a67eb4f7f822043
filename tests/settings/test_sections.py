"""The configuration: defaults, overrides, and errors that name key, line and remedy."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

import oscvae.settings.sections
from oscvae.errors import ConfigError
from oscvae.settings.sections import Config, Endpoint, load_config

ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "show.yaml"
        file.write_text(text)
        return file

    return write


def leaves(model: BaseModel, parent: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, (*parent, name))
        else:
            yield (*parent, name)


def test_the_file_holds_every_key_with_its_default() -> None:
    assert load_config(ROOT / "config.yaml") == Config()
    tree = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert [(section, key) for section, keys in tree.items() for key in keys] == list(leaves(Config()))


def test_without_a_file_the_default_one_is_taken() -> None:
    config = load_config()
    assert config == Config()
    assert config.model.folder == ROOT / "models"


def test_a_wheel_carries_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "oscvae" / "data"
    data.mkdir(parents=True)
    shutil.copy(ROOT / "config.yaml", data)
    monkeypatch.setattr(oscvae.settings.sections, "_PACKAGE", tmp_path / "oscvae")
    assert oscvae.settings.sections.default_config_path() == data / "config.yaml"
    assert load_config().model.folder == data / "models"


@pytest.mark.parametrize("text", ["", "# nothing\n", "osc:\n", "osc: {}\nlog: null\n"])
def test_what_is_left_out_keeps_its_default(written: Any, text: str) -> None:
    assert load_config(written(text)) == Config()


def test_every_kind_of_value_is_read(written: Any) -> None:
    config = load_config(
        written(
            """
osc:
  host: 0.0.0.0
  tcp_port: 9001
  prefix: /oscvae/
  allow: [192.168.1.7/24, 10.0.0.1]
  feedback: ["192.168.1.7:9001", "[::1]:9002", tablet.local:9003]
  map:
    /1/fader1: /unit/1
    /1/xy1: {to: /pad/1, from: [0, 127], range: [[0, 1], [1, 0]], args: [$2, $1], press: true}
audio: {connect: [a:1, b:2], device: 3}
midi:
  enabled: true
  connect: ["a2j:keys"]
  programs: [dawn, dusk]
  map: {74: /unit/2, 7: {to: /gain, range: [-30, 0]}}
macros: {map: {"one two": {/gain: [-30, 0], /unit/1: ~}, b: {/bend: [2, -2]}}}
engine: {gain_db: -6}
"""
        )
    )
    assert config.osc.allow == (ipaddress.ip_network("192.168.1.0/24"), ipaddress.ip_network("10.0.0.1"))
    assert config.osc.prefix == "/oscvae"
    assert config.osc.feedback == (Endpoint("192.168.1.7", 9001), Endpoint("::1", 9002), Endpoint("tablet.local", 9003))
    assert config.osc.map["/1/fader1"].to == "/unit/1"
    rule = config.osc.map["/1/xy1"]
    assert (rule.source, rule.spans, rule.args) == ((0.0, 127.0), ((0.0, 1.0), (1.0, 0.0)), ("$2", "$1"))
    assert (config.midi.enabled, config.midi.connect, config.midi.programs) == (True, ("a2j:keys",), ("dawn", "dusk"))
    assert (config.midi.map[74].to, config.midi.map[74].span) == ("/unit/2", None)
    assert (config.midi.map[7].to, config.midi.map[7].span) == ("/gain", (-30.0, 0.0))
    assert list(config.macros.map.items()) == [
        ("one two", {"/gain": (-30.0, 0.0), "/unit/1": None}),
        ("b", {"/bend": (2.0, -2.0)}),
    ]
    assert config.audio.connect == ("a:1", "b:2")
    assert config.engine.gain_db == -6.0


def test_paths_are_beside_the_file_and_know_home_and_variables(
    written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("SHOW", "/stage")
    monkeypatch.setenv("HOME", "/home/me")
    file = written("model: {folder: mine}\npaths: {sounds: $SHOW/sounds, recordings: ~/takes}\n")
    config = load_config(file)
    assert config.model.folder == tmp_path / "mine"
    assert config.paths.sounds == Path("/stage/sounds")
    assert config.paths.recordings == Path("/home/me/takes")
    assert config.paths.presets == tmp_path / "data" / "oscvae" / "presets"
    assert config.paths.midi == tmp_path / "data" / "oscvae" / "midi"


def test_overrides_win_over_the_file_and_the_last_of_them_counts(written: Any) -> None:
    file = written("osc: {port: 9005}\n")
    config = load_config(file, ["osc.port=9001", "osc.allow=[10.0.0.0/8]", "log.level=debug", "osc.tcp_port=off"])
    assert (config.osc.port, len(config.osc.allow), config.log.level, config.osc.tcp_port) == (9001, 1, "debug", None)
    assert load_config(file, ["audio.server_name="]).audio.server_name is None
    assert load_config(file, ["osc.port=1", "osc.port=2"]).osc.port == 2


def test_a_configuration_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Config().osc.port = 1


@pytest.mark.parametrize("key", list(leaves(Config())), ids=".".join)
def test_every_number_has_its_range(key: tuple[str, str]) -> None:
    section, name = key
    value = getattr(getattr(Config(), section), name)
    if isinstance(value, bool) or not isinstance(value, int | float) or name in {"tcp_port", "device"}:
        return
    for far in (-(10**9), 10**9):
        with pytest.raises(ConfigError, match=rf"{section}\.{name}: must be \S+ to \S+, got {far}"):
            load_config(None, [f"{section}.{name}={far}"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("osc:\n  prot: 1\n", "{}:2: osc.prot: unknown key, did you mean osc.port?"),
        ("osc:\n  host: a\naudoi: {{}}\n", "{}:3: audoi: unknown key, did you mean audio?"),
        ("osc: {{voices: 3}}\n", "{}:1: osc.voices: unknown key, did you mean engine.voices?"),
        ("log:\n  qqqq: 1\n", "{}:2: log.qqqq: unknown key, known are level"),
        ("osc: {{port: abc}}\n", "{}:1: osc.port: must be a whole number, got 'abc'"),
        ("osc: {{port: '9000'}}\n", "{}:1: osc.port: must be a whole number, got '9000'"),
        ("osc: {{port: 65536}}\n", "{}:1: osc.port: must be 0 to 65535, got 65536"),
        ("osc: {{tcp_port: true}}\n", "{}:1: osc.tcp_port: must be a port from 1 to 65535, or null for none, got True"),
        *[
            (f"osc: {{{{prefix: {wrong}}}}}\n", f"{{}}:1: osc.prefix: must be the beginning of an address, {got}")
            for wrong, got in (
                ("oscvae", "like /oscvae, got 'oscvae'"),
                ("/", "like /oscvae, got '/'"),
                ("/a//b", "like /oscvae, got '/a//b'"),
                ("/a*", "like /oscvae, got '/a*'"),
                ("9", "like /oscvae, got 9"),
            )
        ],
        ("osc: {{allow: 10.0.0.0/8}}\n", "{}:1: osc.allow: must be a list, got '10.0.0.0/8'"),
        ("osc: {{timetags: no}}\n", "{}:1: osc.timetags: must be 'use' or 'ignore', got False"),
        (
            "osc: {{feedback: [tablet]}}\n",
            "{}:1: osc.feedback.0: must be host:port, with a port from 1 to 65535, got 'tablet'",
        ),
        ("osc:\n  map:\n    /x: {{too: /z}}\n", "{}:3: osc.map./x.to: must be given"),
        (
            "osc:\n  map:\n    /x: {{to: /z, form: [0, 1]}}\n",
            "{}:3: osc.map./x.form: unknown key, did you mean osc.map./x.from?",
        ),
        (
            "osc:\n  map:\n    /x: {{to: /z, from: [1, 1]}}\n",
            "{}:3: osc.map./x.from: must be [low, high], and these differ, got [1, 1]",
        ),
        ("engine: {{voices: 0}}\n", "{}:1: engine.voices: must be 1 to 256, got 0"),
        ("engine: {{gain_db: .nan}}\n", "{}:1: engine.gain_db: must be -60 to 6, got nan"),
        ("audio: {{connect: system}}\n", "{}:1: audio.connect: must be auto or a list of JACK ports, got 'system'"),
        ("midi: {{enabled: 2}}\n", "{}:1: midi.enabled: must be auto, true or false, got 2"),
        ("midi: {{chanel: 2}}\n", "{}:1: midi.chanel: unknown key, did you mean midi.channel?"),
        (
            "midi:\n  map:\n    128: /gain\n",
            "{}:3: midi.map.128: must be the number of a controller, 0 to 119, got 128",
        ),
        (
            "midi:\n  map:\n    7: {{to: /gain, rnage: [0, 1]}}\n",
            "{}:3: midi.map.7.rnage: unknown key, did you mean midi.map.7.range?",
        ),
        ("midi:\n  map:\n    7: {{to: /gain, range: 3}}\n", "{}:3: midi.map.7.range: must be [low, high], got 3"),
        (
            "macros:\n  map:\n    a: {{/gain: 3}}\n",
            "{}:3: macros.map.a./gain: must be [low, high], got 3",
        ),
        (
            "macros:\n  map:\n    a: {{}}\n",
            "{}:3: macros.map.a: must hold addresses and what they go through, like {{/release: [0.15, 2]}}, got {{}}",
        ),
        (
            "macros:\n  map:\n    a: /gain\n",
            "{}:3: macros.map.a: must hold addresses and what they go through, like {{/release: [0.15, 2]}}, "
            "got '/gain'",
        ),
        (
            "macros:\n  map:\n    1: {{/gain: ~}}\n",
            "{}:3: macros.map.1: must be the name of a macro, 1 to 16 characters, got 1",
        ),
        (
            "macros:\n  map:\n    a name that is too long: {{/gain: ~}}\n",
            "{}:3: macros.map.a name that is too long: must be the name of a macro, 1 to 16 characters, "
            "got 'a name that is too long'",
        ),
        ("macros:\n  mpa: {{}}\n", "{}:2: macros.mpa: unknown key, did you mean macros.map?"),
        (
            "macros:\n  map:\n    a: {{/gain: ~, /gain: ~}}\n",
            "{}:3: macros.map.a./gain appears twice, first in line 3",
        ),
        ("model: {{folder: 3}}\n", "{}:1: model.folder: must be a path, got 3"),
        (
            "osc: 3\n",
            "{}:1: osc: must hold keys (host, port, tcp_port, allow, feedback, timetags, latency_s, quit_from, "
            "zeroconf, errors_per_second, prefix, map), got 3",
        ),
        ("osc:\n  port: 1\n  port: 2\n", "{}:3: osc.port appears twice, first in line 2"),
        ("- osc\n", "{}: must hold keys (osc, http, midi, macros, audio, engine, model, paths, log), got ['osc']"),
        ("osc: [\n", "{}:2: not YAML: expected the node content, but found '<stream end>'"),
        ("osc:\n\tport: 1\n", "{}:2: tabs cannot indent YAML; use spaces"),
        ("osc:\n  port: 1\n  \thost: a\n", "{}:3: tabs cannot indent YAML; use spaces"),
        ("osc:\n  port:\t9001\n", "{}:2: a tab cannot stand here; use spaces"),
        ("osc: \0\n", "cannot read the configuration {}: it is no text (byte 0x00 at 5)"),
        ("osc: \x07\n", "{}: not YAML: unacceptable character #x0007: special characters are not allowed"),
        ("osc.port: 9301\n", "{}:1: osc.port: unknown key, in a file it is port, inside the section osc"),
        ("osc: {{osc.port: 9301}}\n", "{}:1: osc.osc.port: unknown key, inside the section osc it is port"),
        (
            "osc:\n  port:9301\n",
            "{}:1: osc: must hold keys (host, port, tcp_port, allow, feedback, timetags, latency_s, quit_from, "
            "zeroconf, errors_per_second, prefix, map), got 'port:9301': a space is missing after the colon: "
            "port: 9301",
        ),
        ("osc: {{port:9301}}\n", "{}:1: osc.port:9301: unknown key, a space is missing after the colon: port: 9301"),
        ("osc:\n  host: a\n  port:9301\n", "{}:3: a space is missing after the colon: port: 9301"),
        ("midi:\n  programs:\n    - dawn\n    - on\n", '{}:4: midi.programs.1: must be text, got True: quote it, "on"'),
        ("midi: {{programs: [0100]}}\n", '{}:1: midi.programs.0: must be text, got 100: quote it, "0100"'),
        (
            "midi: {{programs: ['on', 'no']}}\nlog: {{level: 1}}",
            "{}:2: log.level: must be 'debug', 'info', 'warning' or 'error', got 1",
        ),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_what_would_be_right(written: Any, text: str, complaint: str) -> None:
    file = written(text.format())
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert complaint.format(file) in str(caught.value).splitlines()


@pytest.mark.parametrize("text", ["osc:\n\tport: 1\n", "osc: [\n", "osc: \0\n", "a\n", "osc: @\n"])
def test_what_is_not_yaml_takes_one_line(written: Any, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(text))
    assert len(str(caught.value).splitlines()) == 1


def test_all_that_is_wrong_is_told_at_once(written: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written("osc: {prot: 1, host: 3}\nlog: {level: loud}\n"), ["engine.voices=many"])
    complaints = str(caught.value).splitlines()
    assert len(complaints) == 4
    assert complaints[-1].startswith(str(written("")) + ":2: log.level")
    assert "--set engine.voices=many: engine.voices: must be a whole number, got 'many'" in complaints


@pytest.mark.parametrize("override", ["osc.port", "=1", ".port=1", "osc.=1"])
def test_overrides_have_a_form(override: str) -> None:
    with pytest.raises(ConfigError, match=rf"--set {override}: must be key=value, like osc\.port=9001$"):
        load_config(None, [override])


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("port=1", "port: unknown key, did you mean osc.port?"),
        ("osc=1", "osc: must hold keys (host, port, "),
        ("midi.map.200=/gain", "midi.map.200: must be the number of a controller, 0 to 119, got 200"),
        ("osc.feedback.0=tablet", "osc.feedback.0: must be host:port, with a port from 1 to 65535, got 'tablet'"),
        ("osc.feedback.1=a:1", "there is no 1 in a list of 1: they count from 0"),
    ],
)
def test_overrides_are_judged_as_the_file_is(written: Any, override: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written("osc: {feedback: ['a:9000']}\n"), [override])
    assert str(caught.value).startswith(f"--set {override}: {complaint}")


def test_overrides_reach_into_maps_and_lists(written: Any) -> None:
    file = written("osc: {feedback: ['a:9000', 'b:9000']}\nmidi: {map: {7: /gain, 1: /pan}}\n")
    config = load_config(file, ["osc.feedback.1=c:9001", "midi.map.7=/unit/2", "osc.map./x=/pan"])
    assert config.osc.feedback == (Endpoint("a", 9000), Endpoint("c", 9001))
    assert {number: rule.to for number, rule in config.midi.map.items()} == {7: "/unit/2", 1: "/pan"}
    assert config.osc.map["/x"].to == "/pan"


def test_numbers_are_read_as_they_are_written(written: Any) -> None:
    config = load_config(written("midi: {map: {010: /pan, 08: /gain}}\nengine: {gain_db: -1e1}\nosc: {port: 9_001}\n"))
    assert sorted(config.midi.map) == [8, 10]
    assert config.midi.map[10].to == "/pan"
    assert config.engine.gain_db == -10.0
    assert config.osc.port == 9001


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read the configuration .*: No such file"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_file_may_be_in_any_unicode_that_says_so(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "show.yaml").write_bytes("midi: {programs: [café]}\n".encode(encoding))
    assert load_config(tmp_path / "show.yaml").midi.programs == ("café",)


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"\xff\xfe\xff", "it is no text (byte 0xff at 2)"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "it is a WAV file, and no YAML"),
        (b"RIFF\xff\xff\0\0sfbkLIST", "it is a SoundFont, and no YAML"),
        ("osc: {}\n".encode("utf-16-le"), "it is text in UTF-16 without its mark: save it as UTF-8"),
        ("osc: {}\n".encode("utf-16-be"), "it is text in UTF-16 without its mark: save it as UTF-8"),
        (
            "# a\n# caf\xe9\n".encode("latin-1"),
            "it is text, but not in UTF-8 (byte 0xe9 in line 2): save it as UTF-8",
        ),
    ],
)
def test_what_is_no_text_is_named(raw: bytes, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert str(caught.value) == f"cannot read the configuration {file}: {complaint}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[" * 5000, "nested too deep, or inside itself"),
        ("a: &a {b: *a}\n", "nested too deep, or inside itself"),
        ("".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}' if n else 'y'] * 10)}]\n" for n in range(9)), "more than"),
    ],
    ids=["deep", "itself", "aliases of aliases"],
)
def test_a_file_cannot_fill_the_memory(text: str, complaint: str, written: Any) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_config(written(text))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"osc:\n  port: {'9' * 5000}\n", ":2: not YAML: '9999"),
        ("osc:\n  port: !!int abc\n", ":2: not YAML: 'abc' is no int"),
        ("osc:\n  port: !!float 1.x\n", ":2: not YAML: '1.x' is no float"),
        ("audio:\n  backend: !!timestamp jack\n", ":2: not YAML: 'jack' is no timestamp"),
        ("audio:\n  backend: !!bool jack\n", ":2: not YAML: 'jack' is no bool"),
        ("audio:\n  backend: !!binary é\n", ":2: not YAML"),
    ],
    ids=["long", "int", "float", "timestamp", "bool", "binary"],
)
def test_a_value_that_is_not_what_its_tag_says_is_one_line(text: str, complaint: str, written: Any) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_config(written(text))


def test_a_word_for_yes_or_no_is_a_name_where_names_stand(written: Any) -> None:
    assert list(load_config(written("macros: {map: {on: {/gain: ~}, n: {/pan: ~}}}\n")).macros.map) == ["on", "n"]
    with pytest.raises(ConfigError, match=r":1: macros\.map\.no: must hold addresses"):
        load_config(written("macros: {map: {no: {}}}\n"))


def test_merged_keys_are_no_duplicates(written: Any) -> None:
    text = "osc: {map: {/a: &rule {to: /gain, press: true}, /b: {<<: *rule, to: /pan}}}\n"
    config = load_config(written(text))
    assert (config.osc.map["/b"].to, config.osc.map["/b"].press) == ("/pan", True)
