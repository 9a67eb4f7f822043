"""The doctor must be right about the machine it runs on, and about one that lacks things."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from oscvae.app.doctor import audio as doctor_audio
from oscvae.app.doctor import command as doctor
from oscvae.app.doctor import confinement as doctor_confinement
from oscvae.app.doctor import finding
from oscvae.app.doctor.confinement import check_confinement
from oscvae.app.doctor.finding import Finding
from oscvae.settings.sections import Config, load_config
from parts.jackd import PROGRAMS, JackServer, StartJack
from parts.programs import skip_without
from parts.silent import SilentDaemon


def configured(*overrides: str) -> Config:
    return load_config(None, overrides)


@pytest.mark.jack
def test_a_jack_server_is_described(start_jack: StartJack) -> None:
    server = start_jack(rate=44_100, period=256, realtime=False)
    found = doctor_audio.check_jack(configured("audio.backend=jack", f"audio.server_name={server.name}"))
    assert "44100 Hz, 256 frames, 2 playback ports" in found.what
    assert found.state == "warn"  # without realtime


def test_a_missing_jack_server_fails_only_where_it_is_asked_for_by_name() -> None:
    asked = doctor_audio.check_jack(configured("audio.backend=jack", "audio.server_name=nobody"))
    assert asked.state == "fail"
    assert "nobody" in asked.what
    assert asked.mend
    assert doctor_audio.check_jack(configured("audio.backend=auto", "audio.server_name=nobody")).state == "warn"
    assert doctor_audio.check_jack(configured("audio.backend=silent")).state == "ok"


def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JACK server that PortAudio could take for a device."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "oscvae-test-nowhere")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")


def test_portaudio_without_a_device_fails_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere(monkeypatch)
    silent = doctor_audio.check_portaudio(configured())
    if silent.what[:16] != "no output device":
        pytest.skip("this machine has a sound card")
    assert silent.state == "warn" and silent.mend, "nothing will be heard, which is no ok"
    found = doctor_audio.check_portaudio(configured("audio.backend=portaudio"))
    assert found.state == "fail"
    assert "no output device: connect a sound card" in found.what
    assert found.mend == "oscvae serve --set audio.backend=auto"


def test_a_missing_portaudio_library_fails_only_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    for backend, state in (("auto", "warn"), ("portaudio", "fail")):
        found = doctor_audio.check_portaudio(configured(f"audio.backend={backend}"))
        assert found.state == state
        assert "libportaudio2" in found.mend


def test_no_device_is_well_where_jack_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [{"refused": "no device", "missing": False}, {"rate": 48_000}]
    monkeypatch.setattr(doctor_audio, "ask", lambda script, *arguments: answers.pop(0))
    assert doctor_audio.check_portaudio(configured()) == Finding("PortAudio", "ok", "no output device: JACK plays")


@pytest.mark.parametrize(("backend", "state"), [("auto", "warn"), ("portaudio", "fail")])
def test_a_portaudio_that_cannot_be_asked_fails_only_where_it_must_play(
    monkeypatch: pytest.MonkeyPatch, backend: str, state: str
) -> None:
    monkeypatch.setattr(doctor_audio, "ask", lambda script, *arguments: {"error": "it ended with code -11"})
    found = doctor_audio.check_portaudio(configured(f"audio.backend={backend}"))
    assert found.state == state
    assert "ended with code -11" in found.what


@pytest.mark.jack
def test_the_configured_portaudio_device_is_opened(start_jack: StartJack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through PortAudio's JACK host, since there is no sound card where tests run."""
    for name, value in start_jack(rate=44_100).environment.items():
        monkeypatch.setenv(name, value)
    found = doctor_audio.check_portaudio(configured("audio.backend=portaudio", "audio.block_size=256"))
    assert found.state == "ok"
    assert "system" in found.what and "44100 Hz, 256 frames" in found.what
    wrong = doctor_audio.check_portaudio(configured("audio.backend=portaudio", "audio.device=nope"))
    assert wrong.state == "fail"
    assert "'nope' does not exist" in wrong.what and "0 system" in wrong.what
    assert doctor_audio.check_portaudio(configured("audio.backend=portaudio", wrong.mend.split()[-1])).state == "ok"
    # what serve would merely be silent for
    assert doctor_audio.check_portaudio(configured()).what.startswith("0 system")
    assert doctor_audio.check_portaudio(configured("audio.device=nope")).state == "warn"


class MonoServer(JackServer):
    """A server whose card has one output."""

    @property
    def command(self) -> list[str]:
        return [*super().command, "-P", "1"]


@pytest.fixture
def mono_server() -> Iterator[JackServer]:
    skip_without(*PROGRAMS)
    server = MonoServer().start()
    yield server
    server.stop()


@pytest.mark.jack
def test_a_device_with_one_output_plays(mono_server: JackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in mono_server.environment.items():
        monkeypatch.setenv(name, value)
    for backend in ("portaudio", "auto"):
        found = doctor_audio.check_portaudio(configured(f"audio.backend={backend}"))
        assert found.state == "ok"
        assert "system" in found.what


def test_torch_is_asked_in_a_process_of_its_own() -> None:
    script = (
        "import sys; from oscvae.app.doctor import packages\n"
        "from oscvae.settings.sections import load_config\n"
        "print(packages.check_decoder(load_config()).what); sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"torch {version('torch').partition('+')[0]}")


def test_confinement_is_tried_in_a_process_of_its_own() -> None:
    found = check_confinement(configured())
    assert found.state == "ok" and found.what.startswith("full: "), found
    assert Path("/etc/passwd").read_bytes(), "the doctor has confined itself"


def test_confinement_that_is_off_or_not_whole_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    off = check_confinement(configured("model.confine=false"))
    assert off.state == "warn" and off.mend == "oscvae serve --set model.confine=true"
    lacking = {"level": "landlock missing", "lacking": ["Landlock, which keeps it from files"]}
    for answer, what in ((lacking, "this system lacks Landlock"), ({"error": "it ended with code -11"}, "code -11")):
        monkeypatch.setattr(doctor_confinement, "ask", lambda script, answer=answer: answer)
        found = check_confinement(configured("model.folder=/somewhere"))
        assert found.state == "warn" and what in found.what
        assert found.mend.startswith("ls -l /somewhere ")


def test_a_probe_that_crashes_or_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ended by SIGABRT" in finding.ask("import os; os.abort()")["error"]
    assert finding.ask("raise ValueError('broken')")["error"] == "ValueError: broken"
    monkeypatch.setattr(finding, "ASK_TIMEOUT_S", 0.5)
    assert "no answer" in finding.ask("import time; time.sleep(30)")["error"]


def test_a_port_that_is_free_and_one_that_is_taken() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        taken = doctor.check_port(configured(f"osc.port={port}"))
        assert taken.state == "fail"
        assert f"pid {os.getpid()}" in taken.what
        assert taken.mend.startswith("oscvae serve --set osc.port=")
        assert doctor.check_port(configured(taken.mend.split()[-1])).state == "ok"
    assert doctor.check_port(configured(f"osc.port={port}")).state == "ok"


def test_a_daemon_that_runs_is_asked_how_it_is(
    silent: SilentDaemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for host in ("127.0.0.1", "0.0.0.0"):
        found = doctor.check_port(configured(f"osc.port={silent.port}", f"osc.host={host}"))
        assert (found.state, found.runs) == ("ok", True)
        assert found.what.startswith(f"running (pid {silent.daemon.process.pid}): plucked on silent, 0 voices, ")
        assert found.what.endswith("its model confined: full")
    assert silent.status().confined == "full"
    monkeypatch.setattr(doctor, "examine", lambda config: [found])
    assert doctor.run(configured()) == 0
    assert capsys.readouterr().out.endswith("oscvae is running\n")


def test_a_daemon_whose_model_may_do_what_it_likes_is_a_warning(tmp_path: Path) -> None:
    silent = SilentDaemon(tmp_path, "model.confine=false")
    try:
        found = doctor.check_port(configured(f"osc.port={silent.port}"))
        assert (found.state, found.runs) == ("warn", True)
        assert found.what.endswith("its model confined: off")
    finally:
        silent.close()


def test_the_device_of_a_running_daemon_is_not_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(doctor_audio, "ask", lambda script, settings: asked.append(settings) or {"plays": "0 card"})
    for runs in (None, {"voices": 0}):
        monkeypatch.setattr(doctor_audio, "status", lambda osc, runs=runs: runs)
        assert doctor_audio.check_portaudio(configured("audio.backend=portaudio")).state == "ok"
    assert [settings.startswith("[true") for settings in asked] == [True, False]


def test_an_address_that_is_not_ours_is_told() -> None:
    assert doctor.check_port(configured("osc.host=192.0.2.1", "osc.port=0")).state == "fail"
    assert doctor.check_port(configured("osc.port=0", "osc.host=0.0.0.0")).state == "warn"


def test_a_host_for_feedback_that_nobody_knows_is_told() -> None:
    found = doctor.check_feedback(configured("osc.feedback=[127.0.0.1:9001, nowhere.invalid:9001]"))
    assert found.state == "warn", "the daemon starts"
    assert found.what.startswith("nowhere.invalid:9001: nowhere.invalid is no host that is known here (")
    assert found.mend == "oscvae serve --set 'osc.feedback=[]'"
    there = doctor.check_feedback(configured("osc.feedback=[127.0.0.1:9001, localhost:9002]"))
    assert there.state == "ok"
    assert there.what == "127.0.0.1:9001, localhost:9002"
    assert doctor.check_feedback(configured()).state == "ok"


def test_feedback_that_can_never_arrive_is_told() -> None:
    found = doctor.check_feedback(configured("osc.feedback=['[::1]:9411', '192.168.1.7:9001']"))
    assert found.state == "warn"
    assert found.what == (
        "[::1]:9411: ::1 is IPv6, and osc.host 127.0.0.1 sends IPv4: name its IPv4 address, or osc.host: '::' reaches "
        "both; 192.168.1.7:9001: 192.168.1.7 is beyond this machine, which osc.host 127.0.0.1 cannot reach: "
        "osc.host: 0.0.0.0 can, together with osc.allow"
    )


def test_feedback_to_the_daemon_itself_is_refused() -> None:
    for host in ("localhost", "127.0.0.2"):
        found = doctor.check_feedback(configured("osc.port=9003", f"osc.feedback=[{host}:9003]"))
        assert found.state == "fail"
        assert "oscvae's own port" in found.what


def test_models_are_read_and_the_missing_one_is_named(tmp_path: Path) -> None:
    shipped = doctor.check_models(configured())
    assert shipped.state == "ok"
    assert "plucked (D=4, 48000 Hz" in shipped.what
    empty = doctor.check_models(configured(f"model.folder={tmp_path}"))
    assert empty.state == "warn"
    assert "'plucked'" in empty.what
    (tmp_path / "broken.ts").write_bytes(b"PK\x03\x04 and no more")
    assert "broken.ts" in doctor.check_models(configured(f"model.folder={tmp_path}")).what


def test_another_model_is_offered_where_the_configured_one_is_missing() -> None:
    assert doctor.check_models(configured("model.name=nothing")).mend == "oscvae serve --set model.name=plucked"
    parts = doctor.check_models(configured("model.parts={2: drums, 3: nothing, 4: nobody}"))
    assert parts.state == "warn" and "'nothing' and 'nobody', which should play, are not there" in parts.what
    assert parts.mend == "oscvae serve --set 'model.parts={2: drums}'"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "recordings"
    assert doctor.check_folders(configured(f"paths.recordings={below}")).state == "warn"
    assert doctor.check_folders(configured(f"paths.recordings={tmp_path / 'new' / 'folder'}")).state == "ok"
    assert not (tmp_path / "new").exists()  # looking changes nothing


def test_privileges_that_are_refused_come_with_the_command_that_grants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_grants_realtime", lambda: False)
    monkeypatch.setattr(doctor, "_grants_locked", lambda size: False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for found in (doctor.check_priority(configured()), doctor.check_memory(configured())):
        assert found.state == "warn"
        assert "limits.d" in found.mend


def test_privileges_are_tried_without_keeping_them() -> None:
    before = os.sched_getscheduler(0)
    assert doctor.check_priority(configured()).state in {"ok", "warn"}
    assert doctor.check_memory(configured()).state in {"ok", "warn"}
    assert os.sched_getscheduler(0) == before


def test_kernels_are_said_to_be_cached_or_not(tmp_path: Path) -> None:
    script = (
        "from oscvae.app.doctor.command import check_kernels; from oscvae.settings.sections import load_config\n"
        "print(check_kernels(load_config()))"
    )

    def say(**environment: str) -> str:
        everything = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ} | environment
        done = subprocess.run(
            [sys.executable, "-c", script], env=everything, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "not compiled yet" in say(OSCVAE_CACHE_DIR=str(tmp_path))
    assert "OSCVAE_CACHE_DIR" in say(HOME="/proc")


def test_a_check_that_breaks_does_not_hide_the_others() -> None:
    def check_nothing(config: Config) -> Finding:
        raise ZeroDivisionError("by zero")

    broken, whole = doctor.examine(configured(), [check_nothing, doctor.check_fftw])
    assert broken.name == "nothing"
    assert "by zero" in broken.what
    assert whole.state == "ok"


def test_the_exit_code_says_whether_serve_would_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    poor = Finding("one", "warn", "could [be] better", "improve it")
    monkeypatch.setattr(doctor, "examine", lambda config: [poor])
    assert doctor.run(configured()) == 0
    assert "could [be] better" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "examine", lambda config: [poor, Finding("two", "fail", "gone", "x" * 200)])
    assert doctor.run(configured()) == 1
    out = capsys.readouterr().out
    assert "oscvae serve would fail: two" in out
    assert "x" * 200 in out  # a command is never wrapped
