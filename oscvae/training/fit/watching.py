"""What a run shows while it trains: a bar, a line for each look at the withheld notes, and warnings."""

from __future__ import annotations

import math
import signal
import threading
import time
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.training.fit.learner import WATCHED_LOSS, Learner

_REFRESH_STEPS = 10
_SETTLED_SHARE = 0.1
"""Of a run: before that, codes that say little yet are no sign of a collapse."""


class Watcher(Callback):
    """Tells a console how the training goes."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console, self._folder = console, folder
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bars = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)
        self._task: Any = None
        self._begun = (0, 0.0)
        self._warned = False
        self._interrupted = False
        self._handler: Any = None

    def on_train_start(self, trainer: Any, learner: Learner) -> None:
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGINT, self._interrupt)
        if not trainer.is_global_zero:
            return
        self._begun = (trainer.global_step, time.monotonic())
        self._task = self._bars.add_task("training", total=learner.steps, completed=trainer.global_step)
        self._bars.start()

    def on_train_batch_end(self, trainer: Any, learner: Learner, outputs: Any, batch: Any, number: int) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        step = trainer.global_step
        if self._task is not None and (step % _REFRESH_STEPS == 0 or step == learner.steps):
            loss = float(outputs["loss"] if isinstance(outputs, dict) else outputs)
            if not math.isfinite(loss):
                raise DataError(f"the loss is {loss} at step {step}: lower optimiser.rate, or clip by optimiser.clip")
            self._bars.update(self._task, completed=step, description=f"training, loss {loss:.4f}")

    def on_validation_end(self, trainer: Any, learner: Learner) -> None:
        if self._task is None or learner.activity is None:
            return
        found = {name: float(value) for name, value in trainer.callback_metrics.items()}
        step, activity = trainer.global_step, learner.activity
        taken_ms = 1e3 * (time.monotonic() - self._begun[1]) / max(1, step - self._begun[0])
        self._bars.console.print(
            f"step {step}, epoch {step / learner.steps_per_epoch:.0f}: withheld loss {found[WATCHED_LOSS]:.4f}, "
            f"LSD {found['withheld/lsd_db']:.2f} dB, SC {found['withheld/sc_db']:.1f} dB, "
            f"{sum(activity.active)} of {len(activity.active)} dimensions active, {taken_ms:.0f} ms a step",
            highlight=False,
        )
        complaint = activity.complaint() if step >= _SETTLED_SHARE * learner.steps else None
        if complaint is not None and not self._warned:
            self._bars.console.print(f"warning: {complaint}", style="yellow", highlight=False)
        self._warned = complaint is not None

    def on_train_end(self, trainer: Any, learner: Learner) -> None:
        self._let_go()

    def _interrupt(self, number: int, frame: Any) -> None:
        """Ctrl-C waits for the end of a step: in the midst of TensorBoard's queue it would never end at all."""
        self._interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _let_go(self) -> None:
        self._bars.stop()
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)

    def on_exception(self, trainer: Any, learner: Learner, exception: BaseException) -> None:
        self._let_go()
        if self._task is not None and isinstance(exception, KeyboardInterrupt | SystemExit):
            self._console.print(stopped(trainer.global_step, learner.look_steps, self._folder), highlight=False)


def stopped(step: int, look_steps: int, folder: Path) -> str:
    """What is said of a run that was stopped at a step: where it can go on, and what is lost. Checkpoints are kept
    after every `look_steps`."""
    kept = step // look_steps * look_steps
    lost = step - kept
    if kept == 0:
        told = f"all is lost, for the first checkpoint is at step {look_steps}" if step else "nothing is lost"
        return f"stopped at step {step}: {told}; `oscvae train --resume --out {shown(folder)}` begins again"
    steps = f"the {lost} steps since are" if lost > 1 else "the step since is"
    told = f", the last checkpoint: {steps} lost" if lost else ""
    return f"stopped at step {step}: `oscvae train --resume --out {shown(folder)}` goes on from step {kept}{told}"
