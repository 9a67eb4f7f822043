"""Which recordings a SoundFont plays: small ones that are written here, and FluidR3 where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscvae.errors import DataError
from oscvae.training.data.sf2 import SoundFont
from oscvae.training.data.soundfont import find_soundfont
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
        (whole.replace(b"smpl", b"smpx"), "lacks its samples"),
    ):
        path = tmp_path / "broken.sf2"
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"broken\.sf2 cannot be read .*{said}"):
            SoundFont(path)
    with pytest.raises(DataError, match="cannot be read"):
        SoundFont(tmp_path / "none.sf2")


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
