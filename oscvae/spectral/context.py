"""A model's context: everything the renderer needs to turn its blocks into sound, at addresses it can be handed.

Built off the event clock (FFT plans and tables take milliseconds), given to the renderer by record, and freed only
after the renderer has acknowledged that no voice uses it any more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.model.document import AnyDocument, ModelDocument, SamplesDocument
from oscvae.model.frames import FramesDocument
from oscvae.model.knots import places
from oscvae.model.streams import PIECE_SAMPLES
from oscvae.realtime import layout as at
from oscvae.realtime.arrays import WORDS, Row, SharedArrays
from oscvae.realtime.layout import Writer
from oscvae.realtime.memory import load_word, store_float, store_word
from oscvae.spectral.expand import ExpandTables
from oscvae.spectral.phase import MAX_N_FFT, PhaseTables, scratch_floats
from oscvae.spectral.reading import BLEND_S, TURN_LEAST_S, TURN_MOST_S
from oscvae.spectral.resample import MAX_STEP, half_width, make_table
from oscvae.spectral.views import LINE, padded

# What comes before the onset is dropped, and the cut is faded in: there the reconstruction rings ahead of the attack,
# by a tenth of the note's peak (median), so a bare cut would be a step.
FADE_IN_S = 0.001
_ONSET_FRAMES = 2  # frames after the onset's that are never stretched


class _Sizes(NamedTuple):
    """Voices, blocks, and floats: of one voice's phase reconstruction and history, and of what all voices share."""

    slots: int
    blocks: int
    state: int
    history: int
    bands: int
    bins: int
    hop: int
    frames: int


_ARRAYS: tuple[Row[_Sizes], ...] = (
    Row(WORDS, None, np.int64, lambda n: (at.CONTEXT_WORDS,), Writer.NOBODY),
    Row("state", at.X_STATE, np.float32, lambda n: (n.slots, n.state), Writer.RENDERER),
    # the resampler's input
    Row("history", at.X_HISTORY, np.float32, lambda n: (n.slots, n.history), Writer.RENDERER),
    # one frame: its log magnitudes, its magnitudes, and the hop that comes out
    Row("row", at.X_ROW, np.float32, lambda n: (n.bands,), Writer.RENDERER),
    # of a held note that has ended: its log magnitudes there less those of its recorded end
    Row("difference", at.X_DIFFERENCE, np.float32, lambda n: (n.slots, n.bands), Writer.RENDERER),
    Row("bins", at.X_BINS, np.float32, lambda n: (n.bins,), Writer.RENDERER),
    Row("out", at.X_OUT, np.float32, lambda n: (n.hop,), Writer.RENDERER),
    # of each block: what the decoder was last asked to fill, and the number of the request that was answered last
    Row("asked", at.X_ASKED, np.int64, lambda n: (n.blocks, at.ASKED_WORDS), Writer.CONTROL),
    Row("answered", at.X_ANSWERED, np.int64, lambda n: (n.blocks,), Writer.RENDERER),
    # where each frame lies among the rows of a block, as in `model.knots`
    Row("frame_row", at.X_FRAME_ROW, np.int64, lambda n: (n.frames,), Writer.NOBODY),
    Row("frame_weight", at.X_FRAME_WEIGHT, np.float32, lambda n: (n.frames,), Writer.NOBODY),
    Row("heard", at.X_HEARD, np.int64, lambda n: (at.HEARD_WORDS,), Writer.RENDERER),
)


def render_scratch_floats() -> int:
    """Scratch that one render thread needs, whatever models it meets."""
    return 2 * scratch_floats(MAX_N_FFT)


def sinc_table() -> Float32s:
    """The resampler's table, for `realtime.engine.Engine`."""
    return np.array(make_table())


class ModelContext:
    """Tables and voice states of one model at one output rate.

    pool: address of the decoder's float32 [n_blocks, rows, numbers]; pipe_fd: where its answers come from; credit_fd:
    in which the chunks of a stream are asked for.
    """

    def __init__(
        self,
        document: AnyDocument,
        *,
        slots: int,
        rate: int,
        pool: int,
        n_blocks: int,
        pipe_fd: int,
        look_ahead: int,
        iterations: int,
        credit_fd: int = -1,
    ) -> None:
        self.document = document
        self._requests = 0
        phase = expand = None
        if not isinstance(document, SamplesDocument):
            phase = PhaseTables(document.n_fft, document.hop, look_ahead, iterations)
            expand = ExpandTables(document.band_axis(), document.reference, document.floor_db, document.ceiling_db)
        self._keep = (phase, expand)
        rows, numbers = document.block_shape
        hop = document.hop if not isinstance(document, SamplesDocument) else min(rows, PIECE_SAMPLES)
        sizes = _Sizes(
            slots=slots,
            blocks=n_blocks,
            state=padded(phase.state_floats) if phase else LINE,
            history=padded(4 * int(half_width(MAX_STEP)) + 3 * hop),
            bands=padded(numbers),
            bins=padded(phase.bins) if phase else LINE,
            hop=padded(hop),
            frames=document.frames if isinstance(document, ModelDocument) else 1,
        )
        arrays = SharedArrays(_ARRAYS, sizes)
        self.arrays = arrays
        self.arena = arrays.arena
        words: Int64s = arrays[WORDS]
        self.words = words
        self.address = int(words.ctypes.data)
        for row in _ARRAYS[1:]:
            arrays[row.name][:] = 0  # touch every page now
        words[at.X_HOP] = hop
        words[at.X_BANDS] = numbers
        words[at.X_FRAMES] = sizes.frames
        words[at.X_ROWS] = rows
        words[at.X_PIPE] = pipe_fd
        words[at.X_CREDIT] = credit_fd
        words[at.X_POOL] = pool
        words[at.X_BLOCKS] = n_blocks
        words[at.X_FADE] = round(FADE_IN_S * document.sample_rate)
        words[at.X_DIFFERENCE_SIZE] = sizes.bands
        words[at.X_STATE_SIZE] = sizes.state
        words[at.X_HISTORY_SIZE] = sizes.history
        if phase and expand:
            words[at.X_N_FFT] = phase.n_fft
            words[at.X_LOOK_AHEAD] = look_ahead
            for index, table in (
                (at.X_PHASE_PARAMS, phase.params),
                (at.X_PHASE_TABLES, phase.tables),
                (at.X_EXPAND_PARAMS, expand.params),
                (at.X_EXPAND_TABLES, expand.tables),
            ):
                words[index] = table.ctypes.data
                words[index + 1] = table.size
        if isinstance(document, ModelDocument):
            self._read_notes(document)
        else:
            self._stream(document)
        self.set_rate(rate)

    def _stream(self, document: FramesDocument | SamplesDocument) -> None:
        """What the chunks of an endless voice are."""
        words = self.words
        words[at.X_SOURCE] = at.SOURCE_SAMPLES
        if isinstance(document, FramesDocument):
            words[at.X_SOURCE] = at.SOURCE_FRAMES
            words[at.X_LEAD] = document.n_fft // document.hop - 1
            words[at.X_SKIP] = document.n_fft - document.hop

    def _read_notes(self, document: ModelDocument) -> None:
        """Where whole notes are read."""
        arrays, words = self.arrays, self.words
        words[at.X_SOURCE] = at.SOURCE_NOTE
        arrays["frame_row"][:], arrays["frame_weight"][:] = places(document.rows, document.frames)
        words[at.X_SKIP] = document.onset_sample
        words[at.X_ONSET_FRAME] = -(-document.onset_sample // document.hop) + _ONSET_FRAMES
        self._set_region(document)

    def _set_region(self, document: ModelDocument) -> None:
        """What a held note needs, in frames."""
        words = self.words
        per_second = document.sample_rate / document.hop
        least, most = (max(1, round(seconds * per_second)) for seconds in (TURN_LEAST_S, TURN_MOST_S))
        words[at.X_HELD_FIRST], words[at.X_HELD_LAST] = document.region or (0, document.frames - 1)
        words[at.X_TURN_LEAST], words[at.X_TURN_CHOICE] = least, most - least + 1
        words[at.X_BLEND] = max(1, round(BLEND_S * per_second))
        words[at.X_TEXTURE] = len(document.rows) if document.n_texture_rows else 0

    def intact(self) -> bool:
        """Whether no kernel has written past its array."""
        return self.arrays.intact()

    def set_rate(self, rate: int) -> None:
        """The output's sample rate in Hz; only while no voice of this context sounds."""
        store_float(self.words, at.X_STEP, self.document.sample_rate / rate)

    def expect(self, block: int, slot: int, generation: int) -> None:
        """The decoder is about to be asked to fill `block` for a voice: the renderer takes one answer for it."""
        asked = self.arrays["asked"][block]
        asked[at.A_SLOT], asked[at.A_GENERATION] = slot, generation
        self._requests += 1
        store_word(asked, at.A_NUMBER, self._requests)

    def expect_nothing(self, block: int) -> None:
        """The decoder was not asked after all."""
        store_word(self.arrays["asked"][block], at.A_NUMBER, 0)

    def expect_stream(self, count: int = 1) -> None:
        """The decoder is about to be asked to begin a stream; -1: it was not asked after all."""
        self._requests += count
        store_word(self.arrays["asked"][0], at.A_ALL, self._requests)

    @property
    def owed(self) -> int:
        """Chunks that the renderer has asked for and that are not there yet."""
        return int(load_word(self.arrays["heard"], at.H_OWED))

    @property
    def chunks(self) -> int:
        """Chunks that the renderer has asked for and that came."""
        return int(load_word(self.arrays["heard"], at.H_CHUNKS))

    @property
    def refused(self) -> int:
        """How many records of the decoder answered no request: an honest one writes none."""
        return int(load_word(self.arrays["heard"], at.H_REFUSED))
