"""What `oscvae doctor` asks of the audio system: the JACK server, or the PortAudio device, that would play."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from oscvae.app.doctor.finding import Finding, State, ask
from oscvae.app.doctor.running import status
from oscvae.settings.sections import Config

_JACK = """
import json, sys
try:
    import jack
except OSError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit()
jack.set_error_function(lambda text: None)
jack.set_info_function(lambda text: None)
try:
    client = jack.Client("oscvae-doctor", no_start_server=True, servername=sys.argv[1] or None)
except jack.JackError as error:
    print(json.dumps({"refused": str(error)}))
    sys.exit()
ports = client.get_ports(is_audio=True, is_input=True, is_physical=True)
print(json.dumps({"rate": client.samplerate, "period": client.blocksize, "realtime": client.realtime,
                  "ports": len(ports)}), flush=True)
client.close()
"""

_PORTAUDIO = """
import json, os, sys
from oscvae.errors import AudioError
opens, settings = json.loads(sys.argv[1])
try:
    from oscvae.audio.portaudio import PortAudioBackend, find
    found = PortAudioBackend(**settings).describe() if opens else find(settings["device"])
    answer = {"plays": str(found)}
except AudioError as error:
    answer = {"refused": str(error)}
print(json.dumps({**answer, "missing": "sounddevice" not in sys.modules}), flush=True)
os._exit(0)  # PortAudio's own end may wait for minutes
"""


def check_jack(config: Config) -> Finding:
    """The JACK client library, and whether the configured server answers."""
    wanted = config.audio.backend
    if wanted not in {"auto", "jack"}:
        return Finding("JACK", "ok", f"not asked: audio.backend is {wanted}")
    worst: State = "fail" if wanted == "jack" else "warn"
    answer = ask(_JACK, config.audio.server_name or "")
    if "missing" in answer:
        return Finding("JACK", worst, "the client library libjack is missing", _install("libjack-jackd2-0"))
    if "rate" not in answer:
        server = config.audio.server_name or os.environ.get("JACK_DEFAULT_SERVER", "default")
        return Finding("JACK", worst, f"no server {server!r} answers", _start_jack(config))
    what = f"{answer['rate']} Hz, {answer['period']} frames, {answer['ports']} playback ports"
    if not answer["realtime"]:
        return Finding("JACK", "warn", f"{what}, without realtime scheduling: expect dropouts", _start_jack(config))
    return Finding("JACK", "ok", f"{what}, realtime")


def _start_jack(config: Config) -> str:
    """The command that brings a JACK server up, on this machine as it is."""
    if _runtime_folder().joinpath("pipewire-0").exists():  # PipeWire is the server already, its libjack must be used
        return "pw-jack oscvae serve" if shutil.which("pw-jack") else _install("pipewire-jack")
    if not shutil.which("jackd"):
        return _install("jackd2")
    name = f" -n {config.audio.server_name}" if config.audio.server_name else ""
    driver = "alsa" if Path("/proc/asound/cards").exists() else "dummy"
    return f"jackd -R{name} -d {driver} -r {config.audio.sample_rate} -p {config.audio.block_size} &"


def _runtime_folder() -> Path:
    return Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")


def check_portaudio(config: Config) -> Finding:
    """The PortAudio device that would play, looked for as the backend does, and opened where it must play and no daemon
    has it."""
    audio, must = config.audio, config.audio.backend == "portaudio"
    if not must and audio.backend != "auto":
        return Finding("PortAudio", "ok", f"not asked: audio.backend is {audio.backend}")
    settings = {"device": audio.device, "sample_rate": audio.sample_rate, "block_size": audio.block_size}
    opens = must and status(config.osc) is None
    answer = ask(_PORTAUDIO, json.dumps([opens, settings]))
    if "plays" in answer:
        return Finding("PortAudio", "ok", str(answer["plays"]))
    worst: State = "fail" if must else "warn"
    if "refused" not in answer:
        return Finding("PortAudio", worst, f"could not be asked: {answer['error']}")
    if answer["missing"]:
        return Finding("PortAudio", worst, "the PortAudio library is missing", _install("libportaudio2"))
    if audio.device is not None:
        return Finding("PortAudio", worst, str(answer["refused"]), "oscvae serve --set audio.device=null")
    if must:
        return Finding("PortAudio", worst, str(answer["refused"]), "oscvae serve --set audio.backend=auto")
    if "rate" in ask(_JACK, audio.server_name or ""):
        return Finding("PortAudio", "ok", "no output device: JACK plays")
    what = "no output device, and no JACK server: only a browser plays, by listen here on the page"
    return Finding("PortAudio", "warn", what, _start_jack(config))


def _install(package: str) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install {package}"
