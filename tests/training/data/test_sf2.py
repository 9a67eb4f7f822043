"""Which recordings a SoundFont plays: small ones that are written here, and FluidR3 where it is installed."""

from __future__ import annotations

import io
import math
import struct
from pathlib import Path

import pytest
import soundfile

from oscvae.errors import DataError
from oscvae.sound.pitch import fundamental_hz
from oscvae.sound.takes import settled
from oscvae.training.data.sf2 import SoundFont
from oscvae.training.data.soundfont import Timbre, find_soundfont, render_notes
from oscvae.units import cents, note_to_hz
from parts.tiny_soundfont import TinyZone, string, write_soundfont
from training.data.soundfonts import needs_fluidsynth


@pytest.fixture
def tiny(tmp_path: Path) -> SoundFont:
    samples = {
        "Low(L)": (60, string(48)),
        "Low(R)": (60, string(48, tint=1.2)),
        "High": (72, string(72)),
        "High again": (72, string(72)),
        "Soft_v1": (60, string(60, tint=2.0)),
    }
    zones = [
        TinyZone("Low(L)", (0, 59), root=48),
        TinyZone("Low(R)", (0, 59), root=48),
        TinyZone("High", (60, 80), (64, 127)),
        TinyZone("Soft_v1", (60, 80), (1, 63)),
        TinyZone("High again", (81, 127)),
    ]
    presets = {(0, 24, "Strings"): zones, (8, 24, "Other"): [TinyZone("High again")]}
    return SoundFont(write_soundfont(tmp_path / "tiny.sf2", samples, presets))


def test_presets_and_zones_are_what_was_written(tiny: SoundFont) -> None:
    assert tiny.presets == {(0, 24): "Strings", (8, 24): "Other"}
    zones = tiny.zones(0, 24)
    assert [zone.notes for zone in zones] == [(0, 59), (0, 59), (60, 80), (60, 80), (81, 127)]
    assert [zone.velocities for zone in zones] == [(0, 127), (0, 127), (64, 127), (1, 63), (0, 127)]
    assert [zone.root for zone in zones] == [48, 48, 72, 60, 72], "the generator's root, else the header's"
    assert tiny.name(0) == tiny.name(1) == "Low"


def test_what_sounds_depends_on_note_and_velocity(tiny: SoundFont) -> None:
    names = lambda *asked: {tiny.name(sample) for sample in tiny.sounding(*asked)}  # noqa: E731
    assert names(0, 24, 59, 100) == {"Low"}
    assert len(tiny.sounding(0, 24, 59, 100)) == 2
    assert names(0, 24, 60, 100) == {"High"}
    assert names(0, 24, 60, 30) == {"Soft_v1"}


def test_equal_audio_is_one_recording(tiny: SoundFont) -> None:
    assert tiny.sounding(0, 24, 60, 100) == tiny.sounding(0, 24, 90, 100) == tiny.sounding(8, 24, 40, 1)


def test_a_zone_that_loops_says_when_it_begins_to_repeat(tmp_path: Path) -> None:
    """Samples of one second that loop as a whole, at 44.1 kHz; the generators of one are set by hand."""
    samples = {"Once": (60, string(60)), "Loop": (60, string(60)), "Held": (60, string(60))}
    zones = [
        TinyZone("Once", (0, 59)),
        TinyZone("Loop", (60, 80), modes=1),
        TinyZone("Held", (70, 127), root=72, modes=3, tuned=(2, -50, 50), loop_end=-4410),
    ]
    font = SoundFont(write_soundfont(tmp_path / "loops.sf2", samples, {(0, 0, "Loops"): zones}))
    assert font.first_pass_s(0, 0, 50, 100) == math.inf
    assert font.first_pass_s(0, 0, 60, 100) == pytest.approx(1.0)
    assert font.first_pass_s(0, 0, 66, 100) == pytest.approx(2.0**-0.5)
    semitones = (76 - 72) * 0.5 + 2.0 - 0.5
    held_s = 0.9 * 2.0 ** (-semitones / 12.0)
    assert font.first_pass_s(0, 0, 90, 100) == pytest.approx(0.9 * 2.0 ** (-(18 * 0.5 + 1.5) / 12.0))
    assert font.first_pass_s(0, 0, 76, 100) == pytest.approx(min(held_s, 2.0 ** (-16 / 12.0))), "the first of both"


@pytest.mark.parametrize("tuned", [(2, -50, -32767), (-32767, 0, 100), (32767, 32767, 32767), (0, -32768, 0)])
def test_a_tuning_that_no_instrument_has_is_the_nearest_there_is(tmp_path: Path, tuned: tuple[int, int, int]) -> None:
    zones = [TinyZone("Loop", (0, 127), modes=1, tuned=tuned)]
    font = SoundFont(write_soundfont(tmp_path / "wild.sf2", {"Loop": (60, string(60))}, {(0, 0, "Wild"): zones}))
    for note in (0, 60, 127):
        assert 0.0 < font.first_pass_s(0, 0, note, 100) < math.inf


def test_a_missing_preset_is_named_with_those_there_are(tiny: SoundFont) -> None:
    with pytest.raises(DataError, match=r"no program 25 in bank 0; there are 24: Strings"):
        tiny.zones(0, 25)


def test_what_is_no_soundfont_is_refused(tmp_path: Path, tiny: SoundFont) -> None:
    whole = tiny.path.read_bytes()
    for content, said in (
        (b"", "does not begin"),
        (b"RIFF" + bytes(100), "does not begin"),
        (whole[: len(whole) // 2], "cut off"),
        (whole.replace(b"shdr", b"shdx"), "lacks shdr"),
        (whole.replace(b"pbag" + struct.pack("<I", 12), b"pbag" + struct.pack("<I", 10)), "pbag has 10 bytes"),
        (whole.replace(b"smpl", b"smpx"), "lacks its samples"),
    ):
        path = tmp_path / "broken.sf2"
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"broken\.sf2 cannot be read .*{said}"):
            SoundFont(path)
    with pytest.raises(DataError, match="cannot be read"):
        SoundFont(tmp_path / "none.sf2")


def records(font: SoundFont, table: str) -> tuple[bytearray, int]:
    """The file, and where the records of one of its tables begin."""
    content = bytearray(font.path.read_bytes())
    return content, content.index(table.encode() + struct.pack("<I", font._tables[table].nbytes)) + 8


@pytest.mark.parametrize(
    ("table", "row", "at", "form", "value", "said"),
    [
        ("pgen", 0, 2, "<H", 999, "a zone names instrument 999, and there are 2"),
        ("igen", 4, 2, "<H", 77, "a zone names sample 77, and there are 5"),
        ("pbag", 1, 0, "<H", 500, "a zone has the generators 0 to 500, and there are 2"),
        ("ibag", 2, 0, "<H", 500, "a zone has the generators 1 to 500, and there are 22"),
        ("phdr", 1, 24, "<H", 900, "Strings has the zones 0 to 900, and there are 2"),
        ("inst", 1, 20, "<H", 900, "Strings has the zones 0 to 900, and there are 8"),
        ("inst", 0, 20, "<H", 7, "Strings has the zones 7 to 6, and there are 8"),
        ("shdr", 2, 24, "<I", 1 << 30, "High lies at 176584 to 2147483648 of 441460 bytes of audio"),
        ("shdr", 2, 20, "<I", 1 << 30, "High lies at 2147483648 to 264784 of 441460 bytes of audio"),
        ("shdr", 2, 36, "<I", 0, "High has a sample rate of 0 Hz"),
        ("shdr", 2, 44, "<H", 0x8001, "High lies in the ROM of a sound card"),
    ],
)
def test_what_leads_nowhere_is_left_out_and_said(
    table: str, row: int, at: int, form: str, value: int, said: str, tiny: SoundFont, tmp_path: Path
) -> None:
    content, begin = records(tiny, table)
    struct.pack_into(form, content, begin + row * tiny._tables[table].itemsize + at, value)
    (tmp_path / "broken.sf2").write_bytes(content)
    broken = SoundFont(tmp_path / "broken.sf2")
    assert said in broken.faults(0, 24)
    left = broken.zones(0, 24)
    assert len(left) < len(tiny.zones(0, 24))
    assert all(broken.digest(zone.sample) for zone in left)
    assert not tiny.faults(0, 24)


def test_a_damaged_file_raises_nothing_else(tiny: SoundFont, tmp_path: Path) -> None:
    """Each byte of the tables, turned round: either the file is refused, or what can sound of it does."""
    whole, begin = records(tiny, "phdr")
    path = tmp_path / "broken.sf2"
    refused = left_out = 0
    for at in range(begin - 8, len(whole)):
        content = bytearray(whole)
        content[at] ^= 0xFF
        path.write_bytes(content)
        try:
            font = SoundFont(path)
            for bank, program in font.presets:
                for zone in font.zones(bank, program):
                    assert len(font.digest(zone.sample)) == 64
                left_out += bool(font.faults(bank, program))
                font.sounding(bank, program, 60, 100)
                assert font.first_pass_s(bank, program, 127, 100) > 0.0
        except DataError:
            refused += 1
    assert refused > 10
    assert left_out > 20


def test_the_offsets_of_compressed_samples_are_bytes(tmp_path: Path) -> None:
    """As MuseScore's SoundFont 3 has them: in words, each would be taken for another stretch of the file."""
    sounds = {f"S{note}": (note, string(note, 0.5)) for note in range(60, 72)}
    zones = [TinyZone(f"S{note}", (note, note)) for note in range(60, 72)]
    font = SoundFont(write_soundfont(tmp_path / "tiny.sf3", sounds, {(0, 0, "P"): zones}, compressed=True))
    sounding = [font.sounding(0, 0, note, 100) for note in range(60, 72)]
    assert len(set(sounding)) == 12, "twelve recordings"
    content = font.path.read_bytes()
    for note in range(60, 72):
        begin, end = font._extent(note - 60)
        assert content[begin : begin + 4] == b"OggS"
        audio, rate = soundfile.read(io.BytesIO(content[begin:end]))
        assert abs(len(audio) - 0.5 * rate) <= 1
    assert not font.faults(0, 0)


@needs_fluidsynth
def test_notes_of_compressed_samples_are_rendered(tmp_path: Path) -> None:
    sounds = {"Low": (60, string(60, 0.5)), "High": (72, string(72, 0.5))}
    zones = [TinyZone("Low", (0, 65)), TinyZone("High", (66, 127))]
    path = write_soundfont(tmp_path / "tiny.sf3", sounds, {(0, 0, "P"): zones}, compressed=True)
    for note, take in zip((60, 72), render_notes(path, Timbre(0, 100), (60, 72), 0.4, 48000), strict=True):
        heard = fundamental_hz(settled(take, 48000), 48000, 100.0, 2000.0)
        assert abs(cents(heard, note_to_hz(note))) < 20.0


@needs_fluidsynth
def test_fluidr3_has_the_recordings_that_it_is_known_for() -> None:
    font = SoundFont(find_soundfont())
    for program, count in ((24, 10), (105, 6), (107, 3)):
        recordings = {sample for note in range(40, 89) for sample in font.sounding(0, program, note, 100)}
        assert len(recordings) == count
    banjo = {font.name(zone.sample): zone.root for zone in font.zones(0, 105)}
    assert banjo["Banjo 5"] == 62, "of its generator; the header says 60"
    nylon, steel = (font.sounding(0, program, 86, 100) for program in (24, 25))
    assert nylon == steel, "both end in one recording"
