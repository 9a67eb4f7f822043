"""Where a voice reads its note, hop by hop: the kernels with a model's own tables."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.model.document import ModelDocument
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import store_float, store_word
from oscvae.spectral.context import ModelContext, render_scratch_floats, sinc_table
from oscvae.spectral.reading import BLEND_S, TURN_LEAST_S, TURN_MOST_S, next_position, read
from parts.knotted import BANDS, FRAMES, knotted_document, whole_document
from parts.sustaining import FIRST, HOP, LAST, RATE, sustaining_document
from parts.sustaining import FRAMES as LENGTH

PER_SECOND = RATE / HOP
Float64s = NDArray[np.float64]


class Reader:
    """One voice of a model, read by hand."""

    def __init__(self, document: ModelDocument, hold: int = at.HOLD_WALK, generation: int = 1) -> None:
        self.document = document
        self.engine = Engine(1, RATE, render_scratch_floats(), sinc_table())
        self.context = ModelContext(
            document, slots=1, rate=RATE, pool=0, n_blocks=1, pipe_fd=-1, look_ahead=1, iterations=2
        )
        self.voice = self.engine.voices[0]
        self.own = self.engine.arrays["render"][0]
        self.voice[at.V_HOLD] = hold
        self.voice[at.V_STOP_SAMPLE] = self.voice[at.V_START_FRAME] = self.voice[at.V_ONSET_FRAME] = -1
        self.voice[at.V_RELEASE_AT] = -1
        self.own[at.R_GENERATION] = generation
        self.block = np.linspace(-1.0, 1.0, len(document.rows) * document.bands.n, dtype=np.float32)
        texture = np.random.default_rng(1).normal(0.0, 0.1, (document.n_texture_rows, document.bands.n))
        self.block = np.concatenate([self.block, texture.ravel().astype(np.float32)])
        self.difference = np.zeros(document.bands.n, np.float32)
        self.row = np.zeros(document.bands.n, np.float32)
        self.position = self.heard = 0.0
        self.set(at.V_STRETCH, 1.0)
        self.set(at.V_RATE, 1.0)

    def set(self, word: int, value: float) -> None:
        store_float(self.voice, word, value)

    def hop(self) -> float:
        """Read one frame; returns where."""
        args = (self.voice, self.own, self.block, self.difference, self.position, self.heard, self.row)
        read_at: float = read(self.context.words, *args)
        self.position = next_position(self.engine.words, self.context.words, self.voice, self.own, read_at)
        self.heard += HOP
        return read_at

    def hops(self, count: int) -> Float64s:
        return np.array([self.hop() for _ in range(count)])


def test_a_held_note_walks_in_the_region_for_ever() -> None:
    places = Reader(sustaining_document()).hops(20_000)
    held = places[FIRST:]
    assert places[: FIRST + 1].tolist() == list(range(FIRST + 1))
    assert held.min() >= FIRST and held.max() <= LAST
    assert np.unique(np.abs(np.diff(held))).tolist() in ([1.0], [0.0, 1.0])
    visits = np.bincount(held.astype(int))[FIRST : LAST + 1]
    assert visits.min() > 0.3 * visits.mean(), "some of the region is hardly read"


def test_it_turns_at_random_and_repeats_nothing() -> None:
    steps = np.diff(Reader(sustaining_document()).hops(20_000)[FIRST:])
    turns = np.flatnonzero(steps[1:] != steps[:-1])
    apart_s = np.diff(turns) / PER_SECOND
    assert TURN_LEAST_S < np.median(apart_s) < 3 * TURN_MOST_S
    shifted = [float(np.mean(steps[:-lag] * steps[lag:])) for lag in range(100, 4000)]
    assert max(shifted) < 0.5


def test_voices_walk_apart_and_each_again_the_same_way() -> None:
    document = sustaining_document()
    first, again, other = (Reader(document, generation=n).hops(2_000) for n in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[FIRST + 60 :], other[FIRST + 60 :])


def test_whoever_passes_the_region_once_goes_on_into_its_end() -> None:
    reader = Reader(sustaining_document(), at.HOLD_PASS)
    assert reader.hops(LENGTH).tolist() == list(range(LENGTH))
    assert reader.position > LENGTH - 1
    assert reader.voice[at.V_RELEASE_AT] == LAST * HOP
    assert not reader.difference.any()


@pytest.mark.parametrize("after", [10, FIRST + 40, 1_000])
def test_a_note_that_is_let_go_jumps_to_its_end_and_fades_the_difference(after: int) -> None:
    document = sustaining_document()
    reader = Reader(document)
    reader.hops(after)
    held = reader.position
    reader.voice[at.V_STOP] = at.STOP_RELEASE
    rows = reader.block.reshape(LENGTH, -1)
    assert reader.hop() == LAST
    np.testing.assert_allclose(reader.row, rows[int(held)], atol=1e-6)
    assert reader.voice[at.V_RELEASE_AT] == after * HOP
    blend = round(BLEND_S * PER_SECOND)
    for n in range(1, blend + 5):
        assert reader.hop() == LAST + n
        wanted = rows[LAST + n] + max(0.0, 1.0 - n / blend) * (rows[int(held)] - rows[LAST])
        np.testing.assert_allclose(reader.row, wanted.clip(-1.0, 1.0), atol=1e-6)
    reader.hops(LENGTH - 1 - LAST - blend - 4)
    assert reader.position > LENGTH - 1


def test_it_ends_with_the_first_frame_that_is_heard_at_its_stop() -> None:
    automatic, at_frame, unheard = (Reader(sustaining_document()) for _ in range(3))
    automatic.voice[at.V_STOP_SAMPLE] = 100 * HOP
    for reader in (at_frame, unheard):
        reader.voice[at.V_STOP_FRAME] = 7_000 + 100 * HOP - 1
        reader.voice[at.V_STOP] = at.STOP_RELEASE
    at_frame.voice[at.V_ONSET_FRAME] = 7_000
    for reader in (automatic, at_frame):
        assert LAST not in reader.hops(100)
        assert reader.hop() == LAST
        assert reader.voice[at.V_RELEASE_AT] == 100 * HOP
    assert unheard.hops(300).max() <= LAST and unheard.voice[at.V_RELEASE_AT] == -1


def test_nothing_ends_before_its_attack() -> None:
    reader = Reader(sustaining_document())
    reader.voice[at.V_STOP] = at.STOP_RELEASE
    onset = reader.context.words[at.X_ONSET_FRAME]
    assert reader.hops(onset + 1).tolist() == [*range(onset), LAST]


@pytest.mark.parametrize("stretch", [0.5, 1.0, 3.0])
def test_stretch_and_rate_are_the_speed_of_the_walk(stretch: float) -> None:
    reader = Reader(sustaining_document())
    reader.set(at.V_STRETCH, stretch)
    reader.set(at.V_RATE, 1.5)
    places = reader.hops(3_000)[1_000:]
    assert np.median(np.abs(np.diff(places))) == pytest.approx(1.5 / stretch)


def test_rate_is_the_speed_of_any_note() -> None:
    reader = Reader(whole_document(), at.HOLD_NONE)
    onset = reader.context.words[at.X_ONSET_FRAME]
    reader.set(at.V_RATE, 2.0)
    assert reader.hops(onset + 11)[-1] == onset + 20, "the attack keeps its speed"
    reader.set(at.V_RATE, 0.0)
    assert set(reader.hops(1_000)) == {onset + 22.0}
    reader.set(at.V_RATE, -0.5)
    assert reader.hops(3).tolist() == [onset + 22.0, onset + 21.5, onset + 21.0]
    assert reader.hops(1_000).min() == onset, "it runs back to the onset at most"
    reader.set(at.V_RATE, 4.0)
    reader.hops(FRAMES // 4 + 1)
    assert reader.position > FRAMES - 1


@pytest.mark.parametrize("hold", [at.HOLD_NONE, at.HOLD_PASS, at.HOLD_WALK])
def test_freezing_stops_what_sounds_but_no_recorded_end(hold: int) -> None:
    reader = Reader(sustaining_document(), hold)
    reader.hops(100)
    store_word(reader.engine.parts[0], at.P_FREEZE, 1)
    held = reader.position
    assert set(reader.hops(500)) == {held}
    if hold != at.HOLD_NONE:
        reader.voice[at.V_STOP] = at.STOP_RELEASE
        assert reader.hops(3).tolist() == [LAST, LAST + 1, LAST + 2]
        reader.set(at.V_RATE, 0.0)
        assert reader.hops(3).tolist() == [LAST + 3, LAST + 4, LAST + 5]
    else:
        store_word(reader.engine.parts[0], at.P_FREEZE, 0)
        assert reader.hops(2).tolist() == [held, held + 1]


def test_a_row_lies_where_the_model_itself_would_have_put_it() -> None:
    knotted = Reader(knotted_document(knots=[0, 1, 2.5, 4.25, 9.75, 200.5, 256]), at.HOLD_NONE)
    rows = knotted.block.reshape(-1, BANDS)
    for position in (0.0, 0.5, 2.0, 2.25, 3.0, 100.3, 200.0, 200.7, 255.5, 256.0):
        frames = [
            np.interp(f, knotted.document.rows, np.arange(7)) for f in (int(position), min(256, int(position) + 1))
        ]
        place = frames[0] + (position - int(position)) * (frames[1] - frames[0])
        wanted = np.array([np.interp(place, range(7), rows[:, b]) for b in (0, 31, 63)])
        knotted.position = position
        knotted.hop()
        np.testing.assert_allclose(knotted.row[[0, 31, 63]], wanted, atol=1e-6)


TEXTURED = sustaining_document(texture_rows=LAST - FIRST + 1)


def textured_rows(reader: Reader) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The rows of a note, and those of its texture."""
    rows = reader.block.reshape(-1, TEXTURED.bands.n)
    return rows[:LENGTH], rows[LENGTH:]


def test_a_texture_is_added_where_a_note_is_held_and_faded_in_before() -> None:
    reader = Reader(TEXTURED)
    rows, texture = textured_rows(reader)
    blend = round(BLEND_S * PER_SECOND)
    for _ in range(1_000):
        place = round(reader.hop())
        share = max(0.0, 1.0 - max(FIRST - place, 0) / blend)
        wanted = rows[place] + share * texture[abs(place - FIRST)]
        np.testing.assert_allclose(reader.row, np.where(rows[place] > -1.0, wanted, -1.0).clip(-1.0, 1.0), atol=1e-6)


def test_between_two_frames_lies_the_mean_of_their_textures() -> None:
    reader = Reader(TEXTURED)
    reader.set(at.V_RATE, 0.5)
    rows, texture = textured_rows(reader)
    while (place := reader.hop()) < FIRST + 1 or place % 1.0 == 0.0:
        pass
    low = int(place)
    wanted = 0.5 * (rows[low] + rows[low + 1] + texture[low - FIRST] + texture[low - FIRST + 1])
    np.testing.assert_allclose(reader.row, wanted.clip(-1.0, 1.0), atol=1e-6)


def test_the_recorded_end_has_no_texture_and_is_reached_without_a_step() -> None:
    reader = Reader(TEXTURED)
    rows, texture = textured_rows(reader)
    reader.hops(FIRST + 40)
    held = int(reader.position)
    before = rows[held] + texture[held - FIRST]
    reader.voice[at.V_STOP] = at.STOP_RELEASE
    assert reader.hop() == LAST
    np.testing.assert_allclose(reader.row, before.clip(-1.0, 1.0), atol=1e-6)
    blend = round(BLEND_S * PER_SECOND)
    reader.hops(blend)
    np.testing.assert_allclose(reader.row, rows[LAST + blend], atol=1e-6)


def test_a_note_that_is_never_held_leaves_its_texture_behind_the_region() -> None:
    reader = Reader(TEXTURED, at.HOLD_NONE)
    rows, texture = textured_rows(reader)
    blend = round(BLEND_S * PER_SECOND)
    reader.hops(LAST + 3)
    wanted = rows[LAST + 2] + (1.0 - 2 / blend) * texture[LAST - 2 - FIRST]
    np.testing.assert_allclose(reader.row, wanted.clip(-1.0, 1.0), atol=1e-6)
    reader.hops(blend)
    np.testing.assert_array_equal(reader.row, rows[LAST + 2 + blend])
