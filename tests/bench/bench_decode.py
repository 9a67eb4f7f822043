"""Decoding one note: TorchScript on one CPU thread, warm; on CUDA 1, 8 and 64 notes where there is a device.

Peer: the same module called eagerly without the daemon's process around it; the round trip is what the daemon sees.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.report import Row, show
from parts import ROOT

CALLS = 500


def percentile(times: list[float], share: float) -> float:
    return float(np.percentile(np.array(times) * 1e3, share))


def module_times(batch: int, device: str) -> list[float]:
    """Seconds of each call of the module itself."""
    import torch

    from oscvae.model import torchscript

    torch.set_num_threads(1)
    module, document = torchscript.load(ROOT / "models" / "plucked.ts", device)
    generator = np.random.default_rng(1)
    times = []
    with torch.inference_mode():
        for call in range(CALLS + 50):
            notes = [int(note) for note in generator.integers(document.note_min, document.note_max + 1, batch)]
            z = torch.tensor(generator.normal(size=(batch, document.latent_size)), dtype=torch.float32, device=device)
            octave, semitone = torchscript.one_hots(notes, document.first_octave, device)
            began = time.perf_counter()
            module(z, octave, semitone).cpu()
            if call >= 50:
                times.append(time.perf_counter() - began)
    return times


def round_trips() -> tuple[list[float], list[float]]:
    """Seconds from the request to the answer in the pipe, and of the decoding inside the process."""
    import os
    import select

    from oscvae.decode.wire import MOVE, RECORD, Request
    from oscvae.play.models.opener import Opener
    from oscvae.realtime.engine import Engine
    from oscvae.settings.sections import load_config
    from oscvae.spectral.context import render_scratch_floats, sinc_table

    config = load_config(None, [])
    engine = Engine(4, 48000, render_scratch_floats(), sinc_table())
    folder = config.model.folder
    models = Opener(engine, folder, device="auto", threads=1, look_ahead=1, iterations=2)
    loaded = models.open(config.model.name)
    decoder = loaded.decoder
    generator = np.random.default_rng(2)
    trips, inside = [], []
    for call in range(CALLS + 50):
        z = tuple(generator.normal(size=loaded.info.dims))
        began = time.perf_counter()
        decoder.send(Request(MOVE, 0, call, 0, 0, 60, z))
        select.select([decoder.pipe_fd], [], [])
        record = RECORD.unpack(os.read(decoder.pipe_fd, RECORD.size))
        if call >= 50:
            trips.append(time.perf_counter() - began)
            inside.append(record[5] / 1e9)
    decoder.close()
    return trips, inside


def main() -> None:
    import torch

    plain = module_times(1, "cpu")
    trips, inside = round_trips()
    rows = [
        Row(
            "one note, one CPU thread, TorchScript, warm",
            f"p50 {percentile(plain, 50):.2f} ms, p99 {percentile(plain, 99):.2f} ms",
            f"round trip through the decoder process p50 {percentile(trips, 50):.2f} ms, "
            f"p99 {percentile(trips, 99):.2f} ms, of which {percentile(inside, 50):.2f} ms inside",
            "2 ms",
            "0.7 ms",
        )
    ]
    if torch.cuda.is_available():
        for batch in (1, 8, 64):
            times = module_times(batch, "cuda")
            rows.append(Row(f"{batch} notes, CUDA, result on the CPU", f"p50 {percentile(times, 50):.2f} ms", ""))
    show("Decoding", rows)


if __name__ == "__main__":
    main()
