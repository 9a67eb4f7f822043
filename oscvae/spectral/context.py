"""A model's context: everything the renderer needs to turn its blocks into sound, at addresses it can be handed.

Built off the event clock (FFT plans and tables take milliseconds), given to the renderer by record, and freed only
after the renderer has acknowledged that no voice uses it any more.
"""

from __future__ import annotations

import numpy as np

from oscvae.model.document import ModelDocument
from oscvae.realtime import layout as at
from oscvae.realtime.memory import Arena, store_float
from oscvae.spectral.expand import ExpandTables
from oscvae.spectral.phase import MAX_N_FFT, PhaseTables, scratch_floats
from oscvae.spectral.resample import MAX_STEP, half_width, make_table
from oscvae.spectral.views import Float32s, padded

# What comes before the onset is dropped, and the cut is faded in: there the reconstruction rings ahead of the attack,
# by a tenth of the note's peak (median), so a bare cut would be a step.
FADE_IN_S = 0.001
_ONSET_FRAMES = 2  # frames after the onset's that are never stretched


def render_scratch_floats() -> int:
    """Scratch that one render thread needs, whatever models it meets."""
    return 2 * scratch_floats(MAX_N_FFT)


def sinc_table() -> Float32s:
    """The resampler's table, for `realtime.engine.Engine`."""
    return np.array(make_table())


class ModelContext:
    """Tables and voice states of one model at one output rate.

    pool: address of the decoder's float32 [n_blocks, frames, bands]; pipe_fd: where its answers come from.
    """

    def __init__(
        self,
        document: ModelDocument,
        *,
        slots: int,
        rate: int,
        pool: int,
        n_blocks: int,
        pipe_fd: int,
        look_ahead: int,
        iterations: int,
    ) -> None:
        self.document = document
        n_fft, hop, bands = document.n_fft, document.hop, document.bands.n
        phase = PhaseTables(n_fft, hop, look_ahead, iterations)
        expand = ExpandTables(document.band_axis(), document.reference, document.floor_db, document.ceiling_db)
        self._keep = (phase, expand)
        state = padded(phase.state_floats)
        reach = int(half_width(MAX_STEP))
        history = padded(4 * reach + 3 * hop)
        floats = slots * (state + history) + padded(bands) + padded(phase.bins) + padded(hop)
        self.arena = Arena(floats * 4 + at.CONTEXT_WORDS * 8 + 16 * 64 + 8192)
        words = self.arena.words(at.CONTEXT_WORDS)
        self.words = words
        self.address = int(words.ctypes.data)
        states = self.arena.floats(slots * state)
        histories = self.arena.floats(slots * history)
        row = self.arena.floats(padded(bands))
        bins = self.arena.floats(padded(phase.bins))
        out = self.arena.floats(padded(hop))
        for array in (states, histories, row, bins, out):
            array[:] = 0.0  # touch every page now
        words[at.X_N_FFT] = n_fft
        words[at.X_HOP] = hop
        words[at.X_LOOK_AHEAD] = look_ahead
        words[at.X_BANDS] = bands
        words[at.X_FRAMES] = document.frames
        words[at.X_SKIP] = document.onset_sample
        words[at.X_ONSET_FRAME] = -(-document.onset_sample // hop) + _ONSET_FRAMES
        words[at.X_FADE] = round(FADE_IN_S * document.sample_rate)
        words[at.X_PIPE] = pipe_fd
        words[at.X_POOL] = pool
        words[at.X_BLOCKS] = n_blocks
        for index, table in (
            (at.X_PHASE_PARAMS, phase.params),
            (at.X_PHASE_TABLES, phase.tables),
            (at.X_EXPAND_PARAMS, expand.params),
            (at.X_EXPAND_TABLES, expand.tables),
        ):
            words[index] = table.ctypes.data
            words[index + 1] = table.size
        words[at.X_STATE], words[at.X_STATE_SIZE] = states.ctypes.data, state
        words[at.X_HISTORY], words[at.X_HISTORY_SIZE] = histories.ctypes.data, history
        words[at.X_ROW] = row.ctypes.data
        words[at.X_BINS] = bins.ctypes.data
        words[at.X_OUT] = out.ctypes.data
        self.set_rate(rate)

    def set_rate(self, rate: int) -> None:
        """The output's sample rate in Hz; only while no voice of this context sounds."""
        store_float(self.words, at.X_STEP, self.document.sample_rate / rate)
