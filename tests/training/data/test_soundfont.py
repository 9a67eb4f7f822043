"""Notes out of a SoundFont: the MIDI file that asks for them, and what fluidsynth answers."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from oscvae.errors import DataError
from oscvae.sound.pitch import detune_cents
from oscvae.sound.takes import find_onset, tune
from oscvae.training.data.soundfont import DRUMS, Timbre, find_soundfont, midi_file, render_notes
from oscvae.units import note_to_hz
from training.data.soundfonts import needs_fluidsynth

RATE = 48000


def read_events(data: bytes) -> list[tuple[float, bytes]]:
    """(seconds, message) of a format 0 file; knows what midi_file writes."""
    kind, size, form, tracks, division = struct.unpack(">4sIHHH", data[:14])
    assert (kind, size, form, tracks) == (b"MThd", 6, 0, 1)
    assert data[14:18] == b"MTrk"
    assert len(data) == 22 + struct.unpack(">I", data[18:22])[0]
    events, at, ticks, us_per_quarter = [], 22, 0, 500_000
    while at < len(data):
        delta = 0
        while True:
            delta = delta << 7 | data[at] & 0x7F
            at += 1
            if not data[at - 1] & 0x80:
                break
        ticks += delta
        length = {0xC0: 2, 0xC9: 2, 0xFF: 3 + data[at + 2]}.get(data[at], 3)
        message = data[at : at + length]
        if message[:2] == b"\xff\x51":
            us_per_quarter = int.from_bytes(message[3:], "big")
        events.append((ticks / division * us_per_quarter * 1e-6, message))
        at += length
    return events


def test_the_midi_file_says_what_was_asked() -> None:
    events = read_events(midi_file(Timbre(46, 100), [60, 72], 2.0))
    assert (0.0, bytes([0xC0, 46])) in events
    assert events.index((0.0, bytes([0xB0, 0, 0]))) < events.index((0.0, bytes([0xC0, 46])))
    ons = [(time_s, message[1], message[2]) for time_s, message in events if message[0] == 0x90]
    assert ons == [(pytest.approx(0.1), 60, 100), (pytest.approx(2.1), 72, 100)]
    cuts = [time_s for time_s, message in events if message[:2] == bytes([0xB0, 120])]
    assert cuts == [pytest.approx(1.95), pytest.approx(3.95)]
    assert events[-1][1] == b"\xff\x2f\x00"


def test_drum_kits_are_asked_for_in_the_tenth_channel() -> None:
    messages = [message for _, message in read_events(midi_file(Timbre(25, 100, DRUMS), [36], 1.0))]
    assert messages[1:3] == [bytes([0xB9, 0, 0]), bytes([0xC9, 25])]
    assert bytes([0x99, 36, 100]) in messages
    assert bytes([0x89, 36, 0]) in messages
    assert bytes([0xB9, 120, 0]) in messages


def test_a_key_is_let_go_when_it_was_asked_for() -> None:
    events = read_events(midi_file(Timbre(46, 100), [60, 72], 2.0, 1.2))
    offs = [(time_s, message[1]) for time_s, message in events if message[0] == 0x80]
    assert offs == [(pytest.approx(1.3), 60), (pytest.approx(3.3), 72)]


def test_a_missing_soundfont_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.sf2 is not in .*: apt install fluid-soundfont-gm$"):
        find_soundfont(str(tmp_path / "none.sf2"))
    with pytest.raises(DataError, match=r"none\.sf2 is not in \. or /usr/share/.*: name its path in the recipe$"):
        find_soundfont("none.sf2", package="")


@needs_fluidsynth
def test_notes_are_rendered_in_their_slots_and_can_be_tuned() -> None:
    notes = [45, 57, 69]
    takes = render_notes(find_soundfont(), Timbre(45, 110), notes, 0.7, RATE)
    assert len(takes) == 3
    for note, take in zip(notes, takes, strict=True):
        assert np.abs(take[:4700]).max() < 1e-4, "the note before must be silent by now"
        assert 4700 < find_onset(take, RATE) < 7200
        onset = find_onset(take, RATE)
        freq_hz = note_to_hz(float(note))
        before = detune_cents(take[onset + 2400 :], RATE, freq_hz)
        tuned = tune(take, note, RATE)
        after = detune_cents(tuned[find_onset(tuned, RATE) + 2400 :], RATE, freq_hz)
        assert abs(before) < 50.0
        assert abs(after) < max(2.0, 0.3 * abs(before))


@needs_fluidsynth
def test_a_broken_soundfont_is_an_error(tmp_path: Path) -> None:
    font = tmp_path / "broken.sf2"
    font.write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(DataError, match=r"broken\.sf2"):
        render_notes(font, Timbre(24, 100), [60], 0.2, RATE)
