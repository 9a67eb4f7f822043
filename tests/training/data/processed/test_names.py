"""Which files are versions of which, by their names; and what stands for no effect is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscvae.errors import DataError
from oscvae.training.data.processed.names import check_effects, name_fault, sort_versions

ROOT = Path("board")


def told(*names: str) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Each dry sound and its effects, and what is skipped."""
    found = sort_versions(sorted(ROOT / name for name in names), ROOT)
    assert list(found.versions) == found.dry or set(found.versions) == set(found.dry)
    versions = {str(path.relative_to(ROOT)): [one.effect for one in found.versions[path]] for path in found.dry}
    return versions, [(one["what"], one["why"]) for one in found.skipped]


def test_a_version_belongs_to_the_sound_before_its_last_underscores() -> None:
    assert told("A3.wav", "A3__wah.wav", "A3__fuzz.wav", "C4__dry.wav", "C4__fuzz.flac") == (
        {"A3.wav": ["fuzz", "wah"], "C4__dry.wav": ["fuzz"]},
        [],
    )
    assert told("a/A3.wav", "a/A3__fuzz.wav", "b/A3.wav") == ({"a/A3.wav": ["fuzz"], "b/A3.wav": []}, [])


def test_a_sound_may_have_the_mark_in_its_own_name() -> None:
    versions, skipped = told("A3__take2.wav", "A3__take2__fuzz.wav", "A3__take3__dry.wav", "A3__take3__fuzz.wav")
    assert versions == {"A3__take2.wav": ["fuzz"], "A3__take3__dry.wav": ["fuzz"]}
    assert not skipped


def test_two_spellings_of_one_letter_are_one_name() -> None:
    versions, _ = told("A3.wav", "A3__e\u0301cho.wav", "A3__\u00e9cho.flac")
    assert versions == {"A3.wav": ["\u00e9cho"]}


@pytest.mark.parametrize(
    ("names", "what", "why"),
    [
        (("A3.wav", "B3__fuzz.wav"), "B3__fuzz.wav", "it has no dry sound beside it: B3.wav or B3__dry.wav"),
        (("A3.wav", "a/A3__fuzz.wav"), "a/A3__fuzz.wav", "it has no dry sound beside it: A3.wav or A3__dry.wav"),
        (("A3.wav", "A3__dry.wav"), "A3__dry.wav", "A3.wav is the same sound already"),
        (("A3.flac", "A3.wav"), "A3.wav", "A3.flac is the same sound already"),
        (("A3.wav", "A3__fuzz.flac", "A3__fuzz.wav"), "A3__fuzz.wav", "A3__fuzz.flac is the same effect"),
        (("A3.wav", "A3__.wav"), "A3__.wav", "nothing stands behind the __ of its name"),
        (("A3.wav", f"A3__{'w' * 65}.wav"), f"A3__{'w' * 65}.wav", "the name of its effect has 65 letters"),
        (("A3.wav", "A3__ fuzz.wav"), "A3__ fuzz.wav", "must be printable, and have no spaces at its ends"),
        (("A3.wav", "A3__fu\nzz.wav"), "A3__fu\nzz.wav", "must be printable"),
        (("A3.wav", "A3__fu\udce9.wav"), "A3__fu\\xe9.wav", "must be printable"),
    ],
)
def test_what_is_no_version_is_left_out_and_told(names: tuple[str, ...], what: str, why: str) -> None:
    _, [(found, said)] = told(*names)
    assert found == what
    assert why in said


def test_an_effect_is_called_what_a_preset_may_be_called() -> None:
    assert not name_fault("Big Muff (1976), 50 %")
    assert name_fault("\u200b")


@pytest.mark.parametrize(
    ("count", "why"),
    [
        (0, r"board holds no processed versions: beside a recording A3.wav, one is called A3__fuzz.wav"),
        (1, r"board holds one effect, e0: a pad lies between two or more"),
        (96, r"board holds 96 effects: a model has presets for 95 at most"),
    ],
)
def test_too_few_and_too_many_effects_are_told(count: int, why: str) -> None:
    with pytest.raises(DataError, match=why):
        check_effects([f"e{number}" for number in range(count)], ROOT)
    check_effects(["one", "other"], ROOT)
