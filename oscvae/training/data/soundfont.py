"""Renders single notes of a SoundFont through the fluidsynth program, dry, in one channel.

All the notes of one program and velocity go into one Standard MIDI File (Standard MIDI Files 1.0, MIDI Manufacturers
Association), each cut off before the next, so that fluidsynth starts only once per timbre.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.names import shown

SOUNDFONT_FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/soundfonts"), Path("/usr/local/share/soundfonts"))

DRUMS = 128
"""The bank of a SoundFont's drum kits, which only General MIDI's tenth channel reaches."""
_DRUM_CHANNEL = 9
_TICKS_PER_SECOND = 1000
_US_PER_QUARTER = 500_000
LEAD_S = 0.1
"""Silence before each note: room for the frames before the onset."""
_GAP_S = 0.05
"""Between cutting a note off and the next: fluidsynth needs a moment to end a voice."""
_GAIN = 0.5
_MOST_SAID = 300  # characters of what fluidsynth complains


class RenderError(DataError):
    """What fluidsynth cannot render of a SoundFont, where it can render other things."""


@dataclass(frozen=True)
class Timbre:
    """A program (from 0) of a bank (0 to 127, or `DRUMS`) at one velocity (1..127)."""

    program: int
    velocity: int
    bank: int = 0


def find_soundfont(file: str = "FluidR3_GM.sf2", package: str = "fluid-soundfont-gm") -> Path:
    """The SoundFont at a path, or of that name where the system keeps them.

    package: the Debian package that holds it. Raises DataError with the remedy.
    """
    given = Path(file).expanduser()
    named = not given.is_absolute() and len(given.parts) == 1
    places = [given, *(folder / given for folder in SOUNDFONT_FOLDERS)] if named else [given]
    for place in places:
        if place.is_file():
            return place
    remedy = f"apt install {package}" if package else "name its path in the recipe"
    raise DataError(f"the SoundFont {file} is not in {' or '.join(str(at.parent) for at in places)}: {remedy}")


def render_notes(
    soundfont: Path,
    timbre: Timbre,
    notes: Sequence[int],
    length_s: float,
    sample_rate: int,
    pressed_s: float | None = None,
) -> list[Float32s]:
    """One take [samples] per MIDI note: about `LEAD_S` of silence, then `length_s` of the note.

    pressed_s: how long its key is pressed; without it, for as long as the take.

    Raises DataError where fluidsynth is not installed, RenderError where it fails or renders too little.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        raise DataError("fluidsynth is not installed: install the package fluidsynth")
    slot_s = LEAD_S + length_s + _GAP_S
    with tempfile.TemporaryDirectory(prefix="oscvae-") as folder:
        midi, wav = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        midi.write_bytes(midi_file(timbre, notes, slot_s, pressed_s))
        command = [program, "-q", "-n", "-i", "-R", "0", "-C", "0", "-g", str(_GAIN), "-r", str(sample_rate)]
        command += [
            "-o",
            "synth.dynamic-sample-loading=1",
            "-T",
            "wav",
            "-O",
            "float",
            "-F",
            str(wav),
            str(soundfont),
            str(midi),
        ]
        done = subprocess.run(command, capture_output=True, text=True, errors="backslashreplace", check=False)
        # Given a file that it does not know, fluidsynth plays its default SoundFont, and only complains.
        if done.returncode != 0 or not wav.is_file() or shown(soundfont) in done.stderr:
            raise RenderError(
                f"fluidsynth cannot render {shown(soundfont.name)} ({done.returncode}): {_complaint(done.stderr)}"
            )
        try:
            stereo, rate = soundfile.read(wav, dtype="float32", always_2d=True)
        except (OSError, RuntimeError) as error:
            raise RenderError(f"what fluidsynth rendered of {shown(soundfont.name)} cannot be read: {error}") from error
    if rate != sample_rate:
        raise RenderError(f"fluidsynth rendered at {rate} Hz instead of {sample_rate}")
    mono = stereo.mean(axis=1)
    begins = [round(index * slot_s * sample_rate) for index in range(len(notes))]
    size = round((LEAD_S + length_s) * sample_rate)
    if mono.shape[0] < begins[-1] + size:
        raise RenderError(f"fluidsynth rendered {mono.shape[0]} samples, {begins[-1] + size} were expected")
    return [mono[begin : begin + size] for begin in begins]


def _complaint(stderr: str) -> str:
    """The last that fluidsynth calls an error; libraries below it write much else."""
    mark = "fluidsynth: error: "
    errors = [line.removeprefix(mark) for line in stderr.splitlines() if line.startswith(mark)]
    return errors[-1] if errors else " ".join(stderr.split())[-_MOST_SAID:]


def midi_file(timbre: Timbre, notes: Sequence[int], slot_s: float, pressed_s: float | None = None) -> bytes:
    """A format 0 file of one note every `slot_s`: begun at `LEAD_S`, let go after `pressed_s` where that is given, and
    cut off (controller 120) at the slot's end."""
    held_s = slot_s - LEAD_S - _GAP_S if pressed_s is None else pressed_s
    channel, bank = (_DRUM_CHANNEL, 0) if timbre.bank == DRUMS else (0, timbre.bank)
    events: list[tuple[float, bytes]] = [
        (0.0, bytes([0xB0 | channel, 0, bank])),
        (0.0, bytes([0xC0 | channel, timbre.program])),
    ]
    for index, note in enumerate(notes):
        begin_s = index * slot_s
        events.append((begin_s + LEAD_S, bytes([0x90 | channel, note, timbre.velocity])))
        events.append((begin_s + LEAD_S + held_s, bytes([0x80 | channel, note, 0])))
        events.append((begin_s + slot_s - _GAP_S, bytes([0xB0 | channel, 120, 0])))
    division = _TICKS_PER_SECOND * _US_PER_QUARTER // 1_000_000
    track = bytearray(b"\x00\xff\x51\x03" + _US_PER_QUARTER.to_bytes(3, "big"))
    now = 0
    for time_s, message in events:
        tick = round(time_s * _TICKS_PER_SECOND)
        track += _variable_length(tick - now) + message
        now = tick
    track += _variable_length(_TICKS_PER_SECOND) + b"\xff\x2f\x00"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, division)
    return head + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def _variable_length(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(0x80 | (value & 0x7F))
    return bytes(reversed(digits))
