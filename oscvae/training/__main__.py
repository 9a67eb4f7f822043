"""Makes a model from nothing: `python -m oscvae.training --out models/plucked.ts`.

What `oscvae dataset build`, `oscvae train` and `oscvae export` do, one after the other; stopped at any point and
started again, it goes on. One recipe, configuration and thread count on one machine: one result; `oscvae evaluate`
judges it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from oscvae.errors import OscvaeError
from oscvae.training import command, exporting
from oscvae.training.config import DEFAULT
from oscvae.training.data import command as data_command
from oscvae.training.run import RECORD


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m oscvae.training", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(f"models/{DEFAULT}.ts"), help="the model file to write")
    parser.add_argument("--recipe", default=DEFAULT, help="of the data: its name, or a file (%(default)s)")
    parser.add_argument("--config", default=DEFAULT, help="of the training: its name, or a file (%(default)s)")
    parser.add_argument("--data", type=Path, help="the data set to build or use (data/ and the recipe's name)")
    parser.add_argument("--run", type=Path, help="the run to begin or go on with (runs/ and the configuration's name)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override one training key")
    options = parser.parse_args()
    data = options.data or Path("data") / Path(options.recipe).stem
    run = options.run or command.RUNS / Path(options.config).stem
    try:
        code = data_command.run_build(options.recipe, data, None, False, None, [])
        code = code or command.train(options.config, data, run, (run / RECORD).exists(), options.set)
        parser.exit(code or exporting.main(run, options.out, force=True))
    except OscvaeError as error:
        parser.exit(error.exit_code, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
