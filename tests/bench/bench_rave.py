"""Real RAVE exports, untrained: how many voices sound for a minute without one that runs dry, and what a call costs.

Where they are (`parts.rave`); else it says how they are made. Each of a model's rows is a daemon of its own, with
`model.streams` at the voices that are asked for, so that its chunks are no longer than these need.

Usage: python tests/bench/bench_rave.py [--seconds 60] [--names v2 v2_small v1] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.bench_streams import hold
from bench.report import Row, show
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.rave import NAMES, models_folder

ASKED = {"v2": ((2, "2", ""), (4, "", "4")), "v2_small": ((4, "4", ""), (8, "", "8"))}
OTHERS = ((2, "", ""), (4, "", ""))
MOVE_EVERY_S = 0.25
CALLS = 7
MIB = 2**20


def measure_calls(path: Path) -> list[Row]:
    """What a voice costs in a batch, one thread, and its memory."""
    import torch

    from oscvae.decode.rows import SIZES
    from oscvae.model.torchscript import load_nn_tilde

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    module, described = load_nn_tilde(path, "cpu", 0)
    ratio, dims = described["ratio"], len(described["latent"]["mean"])
    rows = []
    for frames in (1, 2, 4):
        second = frames * ratio / described["sample_rate"]
        took: dict[int, float] = {}
        with torch.inference_mode():
            for size in (1, *SIZES):
                z = torch.zeros(size, dims, frames)
                times = []
                for _ in range(CALLS):
                    began = time.thread_time()
                    module.decode(z)
                    times.append(time.thread_time() - began)
                took[size] = min(times)
        shown = ", ".join(f"{size}: {took[size] * 1e3:.1f}" for size in took)
        gain = f"four in one call {4.0 * took[1] / took[4]:.1f} times as cheap as four calls"
        rows.append(
            Row(f"{path.stem}, {second * 1e3:.0f} ms chunks, ms a call by voices in it", shown, gain, "1.2 times", "")
        )
        print(rows[-1], flush=True)
    tensors = [*module.parameters(), *module.buffers()]
    copied = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    kept = sum(b.numel() * b.element_size() / b.shape[0] for b in module.buffers() if b.dim() and b.shape[0] == 64)
    rows.append(
        Row(f"{path.stem}, memory of a voice", f"{kept / MIB:.2f} MiB a row", f"{copied / MIB:.0f} a copy", "", "")
    )
    print(rows[-1], flush=True)
    return rows


def measure_voices(server: JackServer, folder: Path, name: str, voices: int, seconds: float) -> str:
    rng = random.Random(1)

    def point() -> list[float]:
        return [rng.uniform(-2.0, 2.0) for _ in range(dims)]

    def beside() -> None:
        client.send("/voice/set", rng.randint(1, voices), "z", *point())
        time.sleep(MOVE_EVERY_S)

    settings: tuple[Any, ...] = ("audio.backend=jack", f"audio.server_name={server.name}", f"model.folder={folder}")
    settings += (f"model.name={name}", f"model.streams={voices}", "model.device=cpu")
    with tempfile.TemporaryDirectory(prefix="oscvae-bench-") as data, Daemon(*settings, folder=Path(data)) as daemon:
        dims = daemon.wait_ready().dims
        client = daemon.client
        fewer = re.search(rf"{name}: (.*: (\d+) voices at once.*)", daemon.log)
        voices = int(fewer[2]) if fewer else voices
        dry = hold(daemon, voices, seconds, lambda n: client.send("/voice/new", n + 1, 60, *point(), 0.2), beside)
        took_s = sum(decoder.cpu_times().user for decoder in daemon.decoders())
        daemon.stop()
    return f"{dry} ran dry; the decoder took {took_s:.0f} s, loading included" + (f"; {fewer[1]}" if fewer else "")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--names", nargs="*", choices=NAMES, default=["v2", "v2_small", "v1"])
    parser.add_argument("--json")
    options = parser.parse_args()
    folder = models_folder()
    if isinstance(folder, str):
        print(f"not measured: {folder}")
        return
    warnings.simplefilter("ignore")
    rows = []
    server = JackServer().start()
    try:
        for name in options.names:
            rows += measure_calls(folder / f"{name}.ts")
            for voices, least, aim in ASKED.get(name, OTHERS):
                load = os.getloadavg()[0]
                dry = measure_voices(server, folder, name, voices, options.seconds)
                told = f"{name}, {voices} voices for {options.seconds:.0f} s, moved, load {load:.1f} before"
                rows.append(Row(told, dry, "", least, aim))
                print(rows[-1], flush=True)
    finally:
        server.stop()
    show("Real RAVE exports", rows)


if __name__ == "__main__":
    main()
