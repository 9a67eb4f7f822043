"""Recipes: what ships, what is refused and how, and what becomes of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscvae.errors import ConfigError, DataError
from oscvae.training.config import AdditiveDecoder, KnotsEncoder, find_config, load_config
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.parts import load_parts
from oscvae.training.data.recipes import DataRecipe, Reading, SoundfontSource, hold_of, load_recipe, shipped


def test_the_shipped_recipes_of_plucked_strings_are_of_one_kind_and_keep_what_was_never_heard() -> None:
    assert shipped() == ["coast", "drums", "plucked", "plucked-fluid", "struck", "sustained", "timbre"]
    plucked, fluid = load_recipe("plucked"), load_recipe("plucked-fluid")
    for recipe in (plucked, fluid):
        assert recipe.analysis.complete() == AnalysisPart(note_min=40, note_max=88, frames=560).complete()
        assert load_parts(recipe.split.settled).never, "what the models before it never heard"
    assert plucked.soundfonts[0] == fluid.soundfonts[0]
    assert [font.package for font in plucked.soundfonts] == [
        "fluid-soundfont-gm",
        "musescore-general-soundfont-lossless",
    ]
    assert plucked.licence == "MIT"
    for font in plucked.soundfonts:
        assert len(font.velocities) > 1
        assert "MIT" in font.origin
        for instrument in font.instruments:
            assert instrument.notes[1] - instrument.notes[0] >= 24


def test_the_sustained_recipe_holds_for_three_seconds_where_its_configuration_lets_go() -> None:
    recipe, config = load_recipe("sustained"), load_config(find_config("sustained"))
    hold = hold_of(recipe.analysis.complete(), recipe.held)
    assert hold is not None
    assert (hold.release_frame, hold.region[1] - hold.region[0]) == (282, 188)
    assert isinstance(config.decoder, AdditiveDecoder)
    assert isinstance(config.encoder, KnotsEncoder)
    assert config.decoder.release_frame == config.encoder.release_frame == hold.release_frame
    with pytest.raises(ConfigError, match="hold_s 6 leaves no release"):
        load_recipe("sustained", ["held.hold_s=6"])


def test_the_struck_recipe_has_the_notes_of_plucked_and_takes_the_strings_of_a_key_as_one_recording() -> None:
    struck, plucked = load_recipe("struck"), load_recipe("plucked")
    assert struck.analysis.complete() == plucked.analysis.complete()
    assert len([instrument for font in struck.soundfonts for instrument in font.instruments]) == 15
    concert = struck.soundfonts[1]
    assert concert.recording_of("Piano MF E1") == concert.recording_of("Piano FF E1") == "E1"
    assert concert.recording_of("Celeste-A4") == "Celeste-A4"


def test_the_drums_have_no_pitch_and_their_kinds_lie_all_over_the_kits() -> None:
    drums = load_recipe("drums")
    assert (drums.pitched, drums.root_note, drums.split.every_note) == (False, 60, 0)
    kits = [instrument for font in drums.soundfonts for instrument in font.instruments]
    assert {instrument.bank for instrument in kits} == {128}
    assert [instrument.name for instrument in kits].count("tom") > 1
    assert len({folder.origin for folder in drums.folders}) == 1
    assert "CC0" in drums.folders[0].origin


def test_a_folder_is_no_place_of_held_notes(tmp_path: Path) -> None:
    (tmp_path / "viola").mkdir()
    with pytest.raises(ConfigError, match="known of soundfonts only"):
        load_recipe(str(tmp_path / "viola"), ["held.hold_s=1", "analysis.frames=200"])


def test_a_folder_is_a_recipe(tmp_path: Path) -> None:
    (tmp_path / "ukulele").mkdir()
    recipe = load_recipe(str(tmp_path / "ukulele"))
    assert recipe.name == "ukulele"
    assert recipe.folders[0].path == tmp_path / "ukulele"
    assert recipe.analysis.complete().note_min == 28, "wide, until it is known what there is"
    changed = load_recipe(str(tmp_path / "ukulele"), ["analysis.frames=200", "split.recordings=0"], Reading(middle_c=3))
    assert changed.analysis.frames == 200
    assert changed.split.recordings == 0.0
    assert changed.folders[0].middle_c == 3


def test_a_name_that_ships_goes_before_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plucked").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_recipe("plucked").soundfonts
    assert load_recipe("./plucked").folders


def test_paths_are_relative_to_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nfolders:\n  - path: takes\naugment: {copies: 1, noise_folder: room}\n")
    recipe = load_recipe(str(path))
    assert recipe.folders[0].path == tmp_path / "takes"
    assert recipe.augment.noise_folder == tmp_path / "room"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\n", "soundfonts, folders or synth"),
        ("name: x\nfolders: [{path: a}]\nanalysis: {hop: 500}\n", "hop 500"),
        ("name: x\nfolders: [{path: a}]\naugment: {speed_semitones: 2}\n", "only sounds without pitch have speeds"),
        (
            "name: x\nfolders: [{path: a}]\npitched: false\naugment: {transpose_semitones: 2}\n",
            "augment.transpose_semitones: sounds without pitch have no note",
        ),
        (
            "name: x\nsynth: {}\nanalysis: {note_min: 40, note_max: 60}\naugment: {transpose_semitones: 2}\n",
            "SoundFonts and the synthesiser play all notes themselves",
        ),
        ("name: x\nfolders: [{path: a}]\nanalysis: {n_bands: 3000}\n", "3000 bands"),
        ("name: x\nfolders: [{path: a}]\nanalysis: {note_min: 60, note_max: 50}\n", "note_min 60"),
        ("name: x\nfolders: [{path: a}]\nanalysis: {note_min: 12}\n", "7 octaves"),
        ("name: x\nfolders: [{path: a}]\nanalysis: {floor_db: 6.0}\n", "floor_db"),
        ("name: x\nfolders: [{path: a}]\nanalysis: {onset_sample: 1000000}\n", "onset_sample"),
        ("name: x\nfolders: [{path: a}]\nanalysis: {frame: 100}\n", "analysis.frames"),
        ("name: x\nfolders: [{path: a}]\nanalysis:\n  hop: 512\n  n_bands: 1\n", "yaml:5: analysis.n_bands: must be "),
        ("name: x\nfolders:\n  - path: a\n  - pth: b\n", "yaml:4: folders.1.pth: .* did you mean folders.1.path"),
        ("name: x\nsoundfonts: [{file: a, instruments: [{name: y, progam: 1}]}]\n", "instruments.0.program"),
        ("name: x\nfolders: [{path: a, recording: '('}]\n", "regular expression"),
        ("name: x\nsoundfonts: [{file: a.sf2, instruments: []}]\n", "instruments"),
        ("name: x\nsoundfonts: [{file: a.sf2, instruments: [{name: y, program: 1, notes: [60, 50]}]}]\n", "lower"),
        ("name: x\nsoundfonts: [{file: a, instruments: [{name: y, program: 1}, {name: y, program: 2}]}]\n", "'y'"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_recipe(str(path))


def test_a_setting_has_the_form_of_a_recipe() -> None:
    with pytest.raises(ConfigError, match=r"--set frames: must be key=value, like analysis\.frames=200"):
        load_recipe("plucked", ["frames"])
    assert load_recipe("plucked", ["soundfonts.0.instruments.2.notes=[50, 60]"]).soundfonts[0].instruments[2].notes == (
        50,
        60,
    )


def test_an_unknown_name_says_which_are_known() -> None:
    with pytest.raises(DataError, match="did you mean plucked"):
        load_recipe("pluckd")


def test_a_recording_is_found_in_a_name() -> None:
    source = SoundfontSource(file="a", instruments=({"name": "x", "program": 1},), recording=r"^(.*?_v\d(?:_r\d)?)")
    assert source.recording_of("ViolPzz_D5_v1_r1e") == "ViolPzz_D5_v1_r1"
    assert source.recording_of("BassPzz_G#2_v1a") == "BassPzz_G#2_v1"
    assert source.recording_of("Nylon E3") == "Nylon E3"


def test_a_recipe_is_frozen() -> None:
    recipe = load_recipe("plucked")
    assert DataRecipe.model_validate(recipe.model_dump()) == recipe
    with pytest.raises(ValueError, match="frozen"):
        recipe.name = "other"
