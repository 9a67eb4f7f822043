"""Untrained RAVE exports, for the tests and benchmarks that play real ones.

Their shapes, memory, noise and cost are those of a trained model; only their sound is nothing. They are made by RAVE's
own package and its own command, in an environment of its own, which is made here too. RAVE's licence is CC BY-NC:
neither it nor what it exports belongs into this repository, nor into what is handed on.

    python tools/untrained_rave.py build/rave               all that there are: a minute, and 0.7 GB beside torch
    python tools/untrained_rave.py build/rave v2 tiny       only these

Python 3.11 or 3.12, and this project's own environment with torch and torchaudio, which is not changed: RAVE wants
numpy 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

EXPORTS = {
    "v2": ("v2", ()),
    "v2_small": ("v2_small", ()),
    "v1": ("v1", ()),
    "tiny": ("v2", ("CAPACITY = 8", "LATENT_SIZE = 16")),
}
"""By name: RAVE's configuration, and what is set otherwise in it."""
LATENT = 15
"""The dimension from which on the rest is called noise: 16 are exported, as usual. An untrained model has none."""
PACKAGES = ("numpy==1.26.4", "scipy==1.10.1", "scikit-learn==1.7.2", "librosa==0.11.0", "setuptools==79.0.1", "flask")
LIGHTNING = ("lightning-utilities==0.15.3", "torchmetrics==1.9.0")
ALONE = (
    "acids-rave==2.3.1",
    "nn-tilde==1.5.6",
    "cached-conv==2.5.0",
    "pytorch-lightning==1.9.0",
    "gin-config==0.5.0",
    "gputil==1.4.0",
    "udls==1.1.4",
    "lmdb==3.0.0",
    "einops==0.8.2",
    *LIGHTNING,
)
"""Installed without what they ask for, which is another torch, and much that no export needs."""
MADE = ".made"


def make(folder: Path, names: list[str]) -> None:
    """Exports of these names in the folder, as NAME.ts; those that are there are left. Raises CalledProcessError."""
    missing = [name for name in names if not (folder / f"{name}.ts").exists()]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    python = make_environment(folder / "environment")
    for name in missing:
        run = folder / "runs" / name
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", "CUDA_VISIBLE_DEVICES": ""}
        environment.pop("PYTHONPATH", None)
        subprocess.run([python, __file__, "--untrained", run, name], check=True, env=environment)
        command = [python.with_name("rave"), "export", "--run", run, "--streaming", "--output", run, "--name", name]
        subprocess.run(command, check=True, env=environment)
        (run / f"{name}_streaming.ts").replace(folder / f"{name}.ts")


def make_environment(folder: Path) -> Path:
    """The Python of the environment, which is made where it is not."""
    python = folder / "bin" / "python"
    if (folder / MADE).exists():
        return python
    venv.create(folder, clear=True, with_pip=True)
    install = (python, "-m", "pip", "install", "--quiet", "--prefer-binary")
    subprocess.run([*install, *PACKAGES], check=True)
    subprocess.run([*install, "--no-deps", *ALONE], check=True)
    site = next((folder / "lib").glob("python3*")) / "site-packages"
    (site / "zz.pth").write_text(
        sysconfig.get_path("purelib") + "\n", encoding="utf-8"
    )  # last: torch, and what is left
    (folder / MADE).touch()
    return python


def write_untrained(run: Path, name: str) -> None:
    """A run as RAVE's training leaves it, its weights as they were drawn. For the environment's own Python."""
    import gin
    import rave
    import rave.blocks
    import rave.core
    import torch

    torch.manual_seed(1)
    config, bindings = EXPORTS[name]
    package = Path(rave.__file__).parent
    gin.add_config_file_search_path(str(package))
    gin.parse_config_files_and_bindings(
        [str(package / "configs" / f"{config}.gin")], ["RAVE.n_channels = 1", *bindings]
    )
    model = rave.RAVE()
    state = model.state_dict()
    state["fidelity"][LATENT:] = 1.0
    for key, value in state.items():
        if key.endswith("warmed_up"):  # else there is no noise in its sound
            value.fill_(1)
    checkpoints = run / "version_0" / "checkpoints"
    checkpoints.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": state, "callbacks": {}}, checkpoints / "last.ckpt")
    (run / "config.gin").write_text(gin.config_str(), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make untrained RAVE exports.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", choices=[*EXPORTS, []], help=f"of {', '.join(EXPORTS)}; all")
    parser.add_argument("--untrained", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.untrained:
        write_untrained(given.folder, given.names[0])
        return
    try:
        make(given.folder.resolve(), given.names or list(EXPORTS))
    except subprocess.CalledProcessError as error:
        sys.exit(f"untrained_rave.py: this failed: {' '.join(map(str, error.cmd))}")


if __name__ == "__main__":
    main()
