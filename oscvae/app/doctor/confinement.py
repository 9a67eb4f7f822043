"""What `oscvae doctor` says of confinement: how far this system keeps a model's code from everything else.

Tried in a process of its own, since nothing undoes it.
"""

from __future__ import annotations

from oscvae.app.doctor.finding import Finding, ask
from oscvae.decode.confine import FULL
from oscvae.settings.sections import Config

_CONFINE = """
import json
from pathlib import Path
from oscvae.decode import confine
done = confine.confine(Path(confine.__file__))
print(json.dumps({"level": done.level, "lacking": done.lacking}))
"""


def check_confinement(config: Config) -> Finding:
    """Whether a model's code can do nothing but compute."""
    name = "confinement"
    if not config.model.confine:
        what = "model.confine is off: a model's code may do whatever you may"
        return Finding(name, "warn", what, "oscvae serve --set model.confine=true")
    answer = ask(_CONFINE)
    if "level" not in answer:
        return Finding(name, "warn", f"could not be tried: {answer['error']}", _keep(config))
    if answer["level"] == FULL and not answer["lacking"]:
        return Finding(name, "ok", "full: a model computes, and reaches no file, network or process")
    return Finding(name, "warn", f"this system lacks {'; '.join(answer['lacking'])}", _keep(config))


def _keep(config: Config) -> str:
    return f"ls -l {config.model.folder}   # keep only models there that you trust"
