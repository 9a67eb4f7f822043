"""Names: two spellings of one word are one name, and any bytes can be told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oscvae.model.document import model_names, model_path
from oscvae.names import find, normal, shown

ONE_LETTER, TWO_MARKS = "caf\u00e9", "cafe\u0301"


def test_two_spellings_are_one_name() -> None:
    assert normal(ONE_LETTER) == normal(TWO_MARKS) == ONE_LETTER


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"caf\xc3\xa9", "café"), (b"cafe\xcc\x81", "café"), (b"caf\xe9", r"caf\xe9"), (b"a.wav", "a.wav")],
)
def test_a_name_of_any_bytes_is_told_as_text(raw: bytes, text: str) -> None:
    assert shown(os.fsdecode(raw)) == shown(Path(os.fsdecode(raw))) == text
    assert text.encode()


def test_a_file_is_found_in_either_spelling(tmp_path: Path) -> None:
    (tmp_path / TWO_MARKS).mkdir()
    (tmp_path / TWO_MARKS / f"{TWO_MARKS}.wav").touch()
    wanted = tmp_path / TWO_MARKS / f"{TWO_MARKS}.wav"
    for spelling in (ONE_LETTER, TWO_MARKS):
        assert find(tmp_path, f"{spelling}/{spelling}.wav") == wanted
    assert find(tmp_path, str(tmp_path / ONE_LETTER)) == tmp_path / TWO_MARKS, "a whole path as well"
    (tmp_path / ONE_LETTER).mkdir()
    assert find(tmp_path, ONE_LETTER) == tmp_path / ONE_LETTER, "the exact spelling goes first"


@pytest.mark.parametrize("name", ["none", f"{ONE_LETTER}/none", "a\0b", "x" * 300])
def test_what_is_not_there_is_not_found(name: str, tmp_path: Path) -> None:
    assert find(tmp_path, name) is None


def test_a_model_is_found_in_either_spelling(tmp_path: Path) -> None:
    (tmp_path / f"{TWO_MARKS}.ts").touch()
    for spelling in (ONE_LETTER, TWO_MARKS):
        assert model_path(tmp_path, spelling) == tmp_path.resolve() / f"{TWO_MARKS}.ts"
    for raw in (b"caf\xe9.ts", b".hidden.ts", b"a:b.ts"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + raw)).touch()
    assert model_names(tmp_path) == [ONE_LETTER], "what nothing could ask for is no model"
