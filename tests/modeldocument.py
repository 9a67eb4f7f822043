"""A valid document for tests to break."""

from __future__ import annotations

from typing import Any


def small_document() -> dict[str, Any]:
    """The smallest sensible model: 2 latents, 16 bands, 4 frames."""
    return {
        "format": 1,
        "name": "small",
        "sample_rate": 16000,
        "n_fft": 256,
        "hop": 64,
        "window": "hann",
        "bands": {"kind": "linear", "n": 16, "corner": 0},
        "floor_db": -80.0,
        "ceiling_db": 0,
        "frames": 4,
        "onset_sample": 192,
        "reference": 10.5,
        "note_min": 48,
        "note_max": 72,
        "first_octave": 3,
        "latent": {"mean": [0.0, 0.1], "std": [1.0, 1.0], "low": [-2.0, -2.0], "high": [2.0, 2.0]},
        "points": [{"z": [0.0, 0.5], "note": 60, "label": "a note"}],
        "licence": "MIT",
        "sources": ["none"],
        "version": "1",
        "training": {"steps": 0},
    }
