"""Phase reconstruction against torchaudio's Griffin-Lim: quality, and CPU time in the same run.

    python tests/bench/bench_phase.py [--json FILE]

Every method gets the magnitudes of the same notes (48 kHz, n_fft 2048, hop 512) on one thread. Spectral convergence
is 20 log10(|| |STFT(y)| - S || / || S ||), the mean over the notes. The notes are of FluidR3 programs that no setting
was tuned on (tuning used nylon and steel guitar, banjo, shamisen, koto and harp).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchaudio

import oscvae
from oscvae.arrays import Float32s
from oscvae.model.bands import band_axis
from oscvae.sound.stft import magnitudes
from oscvae.spectral.expand import ExpandTables, expand
from oscvae.spectral.phase import PhaseTables, push
from oscvae.spectral.resample import half_width, make_table, resample
from oscvae.spectral.views import aligned_floats
from oscvae.training.data.soundfont import Timbre, find_soundfont, render_notes

SAMPLE_RATE = 48_000
N_FFT = 2048
HOP = 512
LENGTH_S = 2.0
VELOCITY = 100
# General MIDI programs (from 0) and notes
NOTES = {
    26: (45, 57, 69),  # jazz guitar
    27: (43, 55, 66, 76),  # clean guitar
    28: (47, 59, 71),  # muted guitar
    15: (50, 62, 74),  # dulcimer
    104: (52, 61, 70),  # sitar
    45: (41, 53, 65, 77),  # pizzicato strings
    32: (31, 43),  # acoustic bass
    33: (34, 46),  # fingered bass
}
GRIFFIN_LIM_ITERATIONS = 100
SETTINGS = ((1, 1), (1, 2), (2, 1), (2, 2), (2, 4), (3, 4))  # look-ahead, iterations

Row = dict[str, Any]


def real_notes() -> dict[str, Float32s]:
    """The signals [samples] by name, silence of half a window around them (torchaudio centres its frames)."""
    soundfont = find_soundfont()
    takes = {}
    for program, notes in NOTES.items():
        rendered = render_notes(soundfont, Timbre(program, VELOCITY), notes, LENGTH_S, SAMPLE_RATE)
        for note, signal in zip(notes, rendered, strict=True):
            takes[f"{program}:{note}"] = np.pad(np.asarray(signal, np.float32), N_FFT // 2)
    return takes


def convergence_db(signal: Float32s, mags: Float32s) -> float:
    """Spectral convergence in dB, over the frames that both have."""
    got = magnitudes(signal, N_FFT, HOP).astype(np.float64)
    wanted = mags[: got.shape[0]].astype(np.float64)
    return float(20.0 * np.log10(np.linalg.norm(got - wanted) / np.linalg.norm(wanted)))


def cpu_s(work: Callable[[], Any], times: int = 1) -> tuple[Any, float]:
    """What `work` returns, and the least CPU seconds of `times` runs."""
    best = float("inf")
    for _ in range(times):
        begin = time.process_time()
        result = work()
        best = min(best, time.process_time() - begin)
    return result, best


def griffin_lim(mags: Float32s) -> Float32s:
    torch.manual_seed(0)
    method = torchaudio.transforms.GriffinLim(
        n_fft=N_FFT, hop_length=HOP, n_iter=GRIFFIN_LIM_ITERATIONS, power=1.0, momentum=0.99
    )
    signal: Float32s = method(torch.from_numpy(mags.T.copy())).numpy()
    return np.pad(signal, N_FFT // 2)


def compare() -> list[Row]:
    spectra = {name: magnitudes(signal, N_FFT, HOP) for name, signal in real_notes().items()}
    duration_s = sum(len(mags) for mags in spectra.values()) * HOP / SAMPLE_RATE
    griffin_lim(next(iter(spectra.values())))  # warm
    peer = {name: cpu_s(lambda mags=mags: griffin_lim(mags)) for name, mags in spectra.items()}
    peer_db = {name: convergence_db(signal, spectra[name]) for name, (signal, _) in peer.items()}
    peer_s = sum(seconds for _, seconds in peer.values())
    rows: list[Row] = [_row("torchaudio GriffinLim, 100 iterations", peer_db, peer_db, peer_s, peer_s, duration_s)]
    for look_ahead, iterations in SETTINGS:
        ours, ours_s = {}, 0.0
        for name, mags in spectra.items():
            signal, seconds = cpu_s(
                lambda mags=mags: oscvae.reconstruct(mags, N_FFT, HOP, look_ahead, iterations),  # noqa: B023
                times=3,
            )
            ours[name] = convergence_db(signal, mags)
            ours_s += seconds
        label = f"oscvae.reconstruct, look-ahead {look_ahead}, iterations {iterations}"
        rows.append(_row(label, ours, peer_db, ours_s, peer_s, duration_s))
    return rows


def _row(
    method: str, ours: dict[str, float], peer: dict[str, float], ours_s: float, peer_s: float, duration_s: float
) -> Row:
    mean = float(np.mean(list(ours.values())))
    return {
        "method": method,
        "sc_db": round(mean, 2),
        "better_db": round(float(np.mean(list(peer.values()))) - mean, 2),
        "better_on": f"{sum(ours[name] < peer[name] for name in peer)} of {len(peer)}",
        "worst_db": round(max(ours.values()), 2),
        "cpu_ms_per_s": round(1e3 * ours_s / duration_s, 3),
        "cpu_ratio": round(peer_s / ours_s, 1),
    }


def hop_costs() -> list[Row]:
    """CPU microseconds per hop of one sounding voice, by stage."""
    mags = magnitudes(next(iter(real_notes().values())), N_FFT, HOP)[8:72]
    tables = PhaseTables(N_FFT, HOP)
    state, scratch, out = tables.new_state(), tables.new_scratch(), aligned_floats(HOP)

    def push_frames() -> None:
        for frame in mags:
            push(tables.params, tables.tables, state, scratch, frame, out)

    axis = band_axis("hybrid", 256, None, N_FFT, SAMPLE_RATE)
    spread = ExpandTables(axis, reference=300.0, floor_db=-80.0, ceiling_db=0.0)
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (len(mags), axis.n_bands)).astype(np.float32)
    bins = aligned_floats(axis.n_bins)

    def expand_frames() -> None:
        for row in x:
            expand(spread.params, spread.tables, scratch, row, bins)

    sinc = make_table()
    signal = np.random.default_rng(0).standard_normal(4096).astype(np.float32)

    def resample_hops(step: float) -> None:
        for _ in mags:
            resample(sinc, signal, half_width(step) + 0.25, step, out, HOP)

    rows = []
    for stage, work in (
        ("push, look-ahead 1, iterations 2", push_frames),
        ("expand, hybrid 256, 2 updates", expand_frames),
        ("resample, down a semitone", lambda: resample_hops(2.0 ** (-1 / 12))),
        ("resample, up a semitone", lambda: resample_hops(2.0 ** (1 / 12))),
    ):
        work()
        _, seconds = cpu_s(work, times=20)
        cost_us = 1e6 * seconds / len(mags)
        rows.append(
            {"stage": stage, "us_per_hop": round(cost_us, 2), "ms_per_s": round(cost_us * SAMPLE_RATE / HOP / 1e3, 3)}
        )
    return rows


def markdown(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    quality, costs = compare(), hop_costs()
    print(
        f"## Phase reconstruction, {sum(map(len, NOTES.values()))} real notes, 48 kHz / {N_FFT} / {HOP}, one thread\n"
    )
    print(markdown(quality))
    print("\n## One hop of one voice (10.7 ms of sound)\n")
    print(markdown(costs))
    if arguments.json:
        arguments.json.write_text(json.dumps({"phase": quality, "hop": costs}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
