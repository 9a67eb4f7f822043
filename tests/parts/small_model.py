"""Documents of models that are small enough for a test to make, and to break."""

from __future__ import annotations

from typing import Any

BANDS, FRAMES = 64, 2000  # of a long one: 10 s at 48 kHz


def small_document(**changes: Any) -> dict[str, Any]:
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
        **changes,
    }


def small_document_2(**changes: Any) -> dict[str, Any]:
    """The same in format 2, all of whose own keys have a default."""
    return small_document(**{"format": 2, **changes})


def samples_document(**changes: Any) -> dict[str, Any]:
    """A model that decodes samples: its document has nothing of a spectrum, nor of notes."""
    shared = ("name", "sample_rate", "latent", "points", "licence", "sources", "version", "training")
    small = small_document_2()
    return {
        "format": 2,
        "output": "samples",
        "ratio": 2048,
        "channels": 1,
        **{key: small[key] for key in shared},
        **changes,
    }


def frames_document(**changes: Any) -> dict[str, Any]:
    """A model that decodes single frames: its document has no notes, and no time."""
    shared = ("name", "sample_rate", "n_fft", "hop", "window", "bands", "floor_db", "reference", "latent")
    small = small_document_2()
    return {
        "format": 2,
        "output": "frames",
        "level": "apart",
        "ceiling_db": 20.0,
        "points": [{"z": [0.0, 0.5], "label": "a recording"}],
        **{key: small[key] for key in (*shared, "licence", "sources", "version", "training")},
        **changes,
    }


def long_document(**changes: Any) -> dict[str, Any]:
    """A small model whose notes last 10 s: 2 latents, 64 bands, 2000 frames."""
    long = {
        "sample_rate": 48000,
        "n_fft": 1024,
        "hop": 256,
        "bands": {"kind": "linear", "n": BANDS, "corner": 0},
        "frames": FRAMES,
        "onset_sample": 512,
        "reference": 10.0,
        "note_min": 40,
        "note_max": 80,
        "latent": {"mean": [0.0, 0.0], "std": [1.0, 1.0], "low": [-2.0, -2.0], "high": [2.0, 2.0]},
        "points": [],
    }
    return small_document(**(long | changes))
