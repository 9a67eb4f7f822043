"""What TensorBoard gets besides figures: a few withheld notes, seen and heard, beside what the model makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from oscvae.arrays import Float32s
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.sound import Renderer
from oscvae.training.fit.learner import Learner
from oscvae.training.model.network import in_frames

_PEAK = 0.9


class Listener(Callback):
    """Adds spectrogram pairs and sounds of the same few withheld notes, every so many looks."""

    def __init__(self, notes: NoteSet, every: int, count: int) -> None:
        self._notes, self._every, self._count = notes, every, count
        self._looks = 0
        self._told: set[int] = set()
        self._renderer: Renderer | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"looks": self._looks}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._looks = int(state["looks"])

    def on_validation_end(self, trainer: Any, learner: Learner) -> None:
        self._looks += 1
        done = trainer.global_step >= learner.steps
        if trainer.logger is None or not trainer.is_global_zero or (self._looks % self._every and not done):
            return
        board, step = trainer.logger.experiment, trainer.global_step
        rows = learner.rows[np.linspace(0, learner.rows.size - 1, min(self._count, learner.rows.size)).astype(int)]
        with torch.no_grad():
            chosen = torch.from_numpy(rows).to(learner.device)
            z = learner.encode(chosen)[0]
            decoded = learner.model(z, learner.octave[chosen], learner.semitone[chosen]).float().cpu()
        decoded = in_frames(decoded, learner.model.knots, self._notes.analysis.frames).numpy()
        for place, (row, x) in enumerate(zip(rows.tolist(), decoded, strict=True)):
            title = f"{self._notes.label(row)}, note {int(self._notes.note[row])}"
            board.add_figure(f"withheld/{place + 1}", pair(self._notes.x[row], x, title), step)
            self._add_sound(board, f"withheld/{place + 1} decoded", x, step)
            if row not in self._told:
                self._add_sound(board, f"withheld/{place + 1} recorded", self._notes.x[row], step)
                self._told.add(row)

    def _add_sound(self, board: Any, tag: str, x: Float32s, step: int) -> None:
        analysis = self._notes.analysis
        if self._renderer is None:
            self._renderer = Renderer(analysis)
        sound = self._renderer.sound(np.ascontiguousarray(x), 1.0)
        peak = float(np.abs(sound).max())
        board.add_audio(tag, sound * (_PEAK / peak if peak > 0.0 else 1.0), step, sample_rate=analysis.sample_rate)


def pair(recorded: Float32s, decoded: Float32s, title: str) -> Figure:
    """Two log spectrograms [bands, frames] side by side."""
    figure = Figure(figsize=(9.0, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, x, name in zip(axes, (recorded, decoded), ("recorded", "decoded"), strict=True):
        axis.imshow(x, origin="lower", aspect="auto", vmin=-1.0, vmax=1.0, cmap="magma")
        axis.set(title=name, xlabel="frame")
    axes[0].set_ylabel("band")
    figure.suptitle(title)
    return figure
