"""Builds a data set of hits: the same recipe, the same bytes, in a minute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.model.analysis import NoteAnalysis
from oscvae.sound.takes import RISE_S, align
from oscvae.training.data.build import Built
from oscvae.training.data.dataset import FULL_SCALE, TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING, NoteSet
from oscvae.training.data.recipes import DataRecipe, SynthPart
from oscvae.training.data.store import INDEX, SOUNDS, SPECTRA, read_index, save_dataset
from oscvae.training.effects.spectra import Analyser
from oscvae.training.synth.hits import draw_patch, hit
from oscvae.training.synth.voice import Patch
from oscvae.units import note_to_hz

VERSION = 1
"""Raised when the same recipe gives other bytes."""
TIMBRE = "hit"
ORIGIN = "hits of oscvae's own modular voice, MIT licence"
_SPARE_S = 0.25
"""Rendered beyond a note's length, for onsets that the slowest attack makes late."""

Progress = Callable[[int, int], None]


def build_hits(
    recipe: DataRecipe, out: Path, workers: int = 1, force: bool = False, progress: Progress | None = None
) -> Built:
    """Builds the recipe's hits in the folder `out`, in so many threads; a set that is there already stays.

    Raises DataError for a folder that holds something else.
    """
    synth, told = recipe.synth or SynthPart(), progress or (lambda done, total: None)
    out = Path(out)
    identity = _identity(recipe)
    if (out / INDEX).is_file():
        index = read_index(out)
        if index.get("identity") == identity and all((out / name).is_file() for name in (SPECTRA, SOUNDS)):
            return Built(out, len(index["notes"]), index["fingerprint"], (), (), was_there=True)
        if not force:
            raise DataError(f"{out} holds another data set, {index['name']!r}: choose another folder, or --force")
    elif out.is_dir() and any(out.iterdir()) and not force:
        raise DataError(f"{out} is not empty, and holds no data set: choose another folder, or --force")
    analysis = recipe.analysis.complete()
    analyser = Analyser(analysis)
    patches = [draw_patch(synth.seed, number, analysis.note_min, analysis.note_max) for number in range(synth.hits)]

    def make(number: int) -> tuple[NDArray[np.int16], Float32s, float]:
        sound = quantised(aligned_hit(patches[number], number, analysis))
        return sound, *analyser.levelled(from_int16(sound))

    sounds = np.empty((synth.hits, analysis.n_samples - analysis.onset_sample), np.int16)
    x = np.empty((synth.hits, analysis.bands.n, analysis.frames), np.float32)
    level = np.empty(synth.hits, np.float32)
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for number, (sound, spectrum, loud) in enumerate(pool.map(make, range(synth.hits))):
            sounds[number], x[number], level[number] = sound, spectrum, loud
            told(number + 1, synth.hits)
    notes = _note_set(recipe, synth, analysis, patches, x, level, sounds)
    rows = [{"patch": patch._asdict()} for patch in patches]
    fingerprint = save_dataset(notes, out, rows, identity=identity, outliers=[], skipped=[])
    return Built(out, len(notes), fingerprint, (), ())


def aligned_hit(patch: Patch, number: int, analysis: NoteAnalysis) -> Float32s:
    """A hit from its onset on, [samples] of a note's length: where `/encode` would find it."""
    samples = analysis.n_samples - analysis.onset_sample
    rate = analysis.sample_rate
    sound = np.pad(hit(patch, samples + round(_SPARE_S * rate), rate, number), (2 * round(RISE_S * rate), 0))
    fade = min(samples, round(0.05 * rate))
    taken = align(sound, analysis.onset_sample, analysis.n_samples, rate)[analysis.onset_sample :]
    taken[samples - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return taken


def quantised(sound: Float32s) -> NDArray[np.int16]:
    return np.round(sound * np.float32(FULL_SCALE)).astype(np.int16)


def from_int16(sound: NDArray[np.int16]) -> Float32s:
    return sound.astype(np.float32) * np.float32(1.0 / FULL_SCALE)


def _note_set(
    recipe: DataRecipe,
    synth: SynthPart,
    analysis: NoteAnalysis,
    patches: list[Patch],
    x: Float32s,
    level: Float32s,
    sounds: NDArray[np.int16],
) -> NoteSet:
    """The last hits are the unseen ones, those before them the watched ones."""
    note = np.array([patch.note for patch in patches], np.int64)
    split = np.full(synth.hits, TRAIN, np.int8)
    split[synth.hits - synth.unseen - synth.watched :] = WITHHELD_NOTE
    split[synth.hits - synth.unseen :] = WITHHELD_RECORDING
    return NoteSet(
        x=x,
        note=note,
        program=np.full(synth.hits, -1, np.int64),
        velocity=np.full(synth.hits, 100, np.int64),
        level=level,
        split=split,
        analysis=analysis,
        timbre=np.zeros(synth.hits, np.int64),
        timbres=(TIMBRE,),
        source=np.arange(synth.hits, dtype=np.int64),
        sources=tuple(f"{TIMBRE} {number}" for number in range(synth.hits)),
        f0_hz=np.array([note_to_hz(float(one)) for one in note], np.float32),
        sounds=sounds,
        name=recipe.name,
        licence=recipe.licence,
        origins=(ORIGIN,),
    )


def _identity(recipe: DataRecipe) -> str:
    told: dict[str, Any] = {"version": VERSION, **recipe.model_dump(mode="json", include={"name", "licence", "synth"})}
    told["analysis"] = recipe.analysis.model_dump()
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
