"""A rendered note, for tests that need any sound file."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.rendering import rendered


@pytest.fixture(scope="session")
def note_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered note."""
    out = tmp_path_factory.mktemp("sound") / "note.wav"
    rendered(out, 60.0, 0.8)
    return out
