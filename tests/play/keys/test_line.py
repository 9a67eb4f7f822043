"""One note at a time: which key has the note, what a pedal holds, and what becomes of the note before."""

from __future__ import annotations

from typing import Any

import pytest

from oscvae.errors import BusyError, CommandError
from oscvae.play.frames import FrameMoment
from oscvae.play.voice.voice import Voice
from play.performing import LATER, MOMENT, Performing


class Keys(Performing):
    """A stage whose voices keep what becomes of them."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.is_busy = False
        pool: Any = self.pool
        start = pool.start
        pool.playing = lambda: [voice for voice in self.pool.started if not voice.stolen]
        pool.release = self._release
        pool.fade = lambda voice: setattr(voice, "stolen", True)
        pool.start = lambda voice, instead: self._refuse() if self.is_busy else start(voice, instead)
        self.do(("/mode", mode))

    def _refuse(self) -> None:
        raise BusyError("busy")

    def _release(self, voice: Voice, frame: int) -> None:
        voice.held = voice.pedalled = False
        voice.releasing = True
        voice.stop_frame = frame

    @property
    def notes(self) -> list[float]:
        """All that were begun."""
        return [voice.asked.note for voice in self.pool.started]

    @property
    def last(self) -> Voice:
        return self.pool.started[-1]

    @property
    def moved(self) -> list[bool]:
        return [voice.asked.moved for voice in self.pool.started]


@pytest.fixture
def mono() -> Keys:
    return Keys("mono")


@pytest.fixture
def legato() -> Keys:
    return Keys("legato")


def down(note: float, channel: int = 1, velocity: float = 100) -> tuple[Any, ...]:
    return (f"/note/{channel}", note, velocity)


def up(note: float, channel: int = 1) -> tuple[Any, ...]:
    return (f"/note/{channel}", note, 0)


# -- which key has the note --------------------------------------------------------------------------------------------


def test_a_new_key_takes_over_from_the_note_before_and_the_keys_that_are_down_get_it_back(mono: Keys) -> None:
    mono.do(down(60))
    first = mono.last
    mono.do(down(64))
    assert mono.last.takes is first and not first.held and mono.moved == [False, False]
    mono.do(down(67), up(67))
    assert mono.notes == [60, 64, 67, 64] and mono.last.held
    mono.do(up(64))
    assert mono.notes == [60, 64, 67, 64, 60]
    mono.do(up(60))
    assert mono.notes == [60, 64, 67, 64, 60] and mono.last.releasing


def test_a_key_that_has_not_the_note_comes_up_silently(mono: Keys) -> None:
    mono.do(down(60), down(64), up(60))
    assert mono.notes == [60, 64] and mono.last.held
    mono.do(up(64))
    assert mono.notes == [60, 64] and mono.last.releasing


def test_a_key_that_gets_the_note_back_is_as_loud_as_it_was_struck(mono: Keys) -> None:
    mono.do(down(60, velocity=127), down(64, velocity=10), up(64))
    assert mono.last.asked.velocity == 1.0


def test_the_note_comes_back_at_the_moment_at_which_the_key_comes_up(mono: Keys) -> None:
    mono.do(down(60), down(64))
    mono.do(up(64), due_ns=FrameMoment(LATER, 77))
    assert mono.last.asked.start_frame == LATER // MOMENT
    mono.do(up(60), due_ns=FrameMoment(2 * LATER, 77))
    assert mono.last.stop_frame == 2 * LATER // MOMENT


def test_all_channels_are_one_line(mono: Keys) -> None:
    mono.do(down(60, 1), ("/note", 62, 100), down(64, 2), down(60, 3))
    mono.do(up(60, 3))
    assert (mono.last.asked.note, mono.last.asked.channel) == (64, 2)
    mono.do(up(60, 2), up(64, 2), ("/note", 60, 0))
    assert (mono.last.asked.note, mono.last.held) == (62, True), "without a channel, any key of that note"
    mono.do(("/note", 62, 0))
    assert mono.last.releasing


def test_a_key_struck_twice_comes_up_once(mono: Keys) -> None:
    mono.do(down(60), down(64), down(60), up(60))
    assert mono.notes == [60, 64, 60, 64]
    mono.do(up(64))
    assert mono.last.releasing


def test_what_is_no_key_plays_beside_the_line(mono: Keys) -> None:
    mono.do(down(60), ("/play", 62, 0.0, 0.0), ("/voice/new", 5, 64, 0.0, 0.0))
    assert [voice.takes for voice in mono.pool.started] == [None, None, None]
    mono.do(down(65))
    assert mono.last.takes is mono.pool.started[0]


def test_the_note_of_a_key_that_was_let_go_ends_where_the_next_begins(mono: Keys) -> None:
    mono.do(down(60), up(60))
    ringing = mono.last
    mono.do(down(64))
    assert mono.last.takes is ringing


def test_what_cannot_begin_leaves_the_line_as_it_is(mono: Keys) -> None:
    mono.do(down(60))
    mono.is_busy = True
    mono.do(down(64))
    assert mono.answers[-1][0] == "/fail"
    mono.is_busy = False
    mono.do(up(64), up(60))
    assert mono.notes == [60] and mono.last.releasing


def test_where_the_key_below_cannot_have_the_note_back_the_note_ends(mono: Keys) -> None:
    mono.do(down(60), down(64))
    mono.is_busy = True
    mono.do(up(64))
    assert mono.answers[-1][0] == "/fail" and mono.last.releasing


# -- legato ------------------------------------------------------------------------------------------------------------


def test_a_note_is_moved_while_a_key_is_down_and_keeps_its_loudness(legato: Keys) -> None:
    legato.do(down(60, velocity=127), down(64, velocity=10), up(64), up(60), down(65, velocity=127))
    assert legato.notes == [60, 64, 60, 65]
    assert legato.moved == [False, True, True, False]
    assert {voice.asked.velocity for voice in legato.pool.started} == {1.0}


def test_a_note_that_has_rung_out_cannot_be_moved_and_is_not_plucked_by_a_key_that_comes_up(legato: Keys) -> None:
    legato.do(down(60))
    legato.last.stolen = True
    legato.do(down(64))
    assert legato.moved == [False, False]
    legato.last.stolen = True
    legato.do(up(64))
    assert legato.notes == [60, 64]
    legato.do(down(67))
    assert legato.moved == [False, False, False]


def test_a_note_that_was_stopped_is_not_moved(legato: Keys) -> None:
    legato.do(down(60), ("/stop", 60), down(64))
    assert legato.moved == [False, False]


# -- pedals ------------------------------------------------------------------------------------------------------------


def test_a_key_that_the_pedal_holds_is_down_until_it_is_up(mono: Keys) -> None:
    mono.do(("/sustain/1", 1), down(60), down(64), up(64))
    assert mono.notes == [60, 64] and mono.last.pedalled
    mono.do(("/sustain/1", 0))
    assert mono.notes == [60, 64, 60] and mono.last.held, "the key below is still down"
    mono.do(("/sustain/1", 1), up(60))
    assert mono.last.pedalled
    mono.do(("/sustain/1", 0))
    assert mono.notes == [60, 64, 60] and mono.last.releasing


def test_a_pedal_of_another_channel_holds_nothing(mono: Keys) -> None:
    mono.do(("/sustain/2", 1), down(60), down(64, 2), up(64, 2), up(60))
    assert mono.notes == [60, 64] and mono.last.pedalled
    mono.do(("/sustain/2", 0))
    assert mono.notes == [60, 64] and mono.last.releasing


def test_all_notes_off_is_of_one_channel(mono: Keys) -> None:
    mono.do(down(60, 2), down(64), down(65), ("/off/1",))
    assert mono.notes == [60, 64, 65, 60], "once, and not by way of the key below"
    mono.do(("/off/2",))
    assert mono.last.releasing


# -- what ends everything ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [("/panic",), ("/stop",), ("/stop", 64), ("/mode", "poly"), ("/mpe", 1, 3)])
def test_no_key_has_the_note_back_after(mono: Keys, end: tuple[Any, ...]) -> None:
    mono.do(down(60), down(64), end)
    n = len(mono.notes)
    mono.do(up(64))
    assert len(mono.notes) == n


def test_a_key_that_was_stopped_has_the_note_no_more(mono: Keys) -> None:
    mono.do(down(60), down(62), down(64), ("/stop", 62), up(64))
    assert mono.notes == [60, 62, 64, 60]


def test_keys_that_are_down_are_let_go_when_the_mode_changes_and_only_then(mono: Keys) -> None:
    mono.do(("/mode", "poly"), down(60), down(64), ("/mode", "poly"))
    assert [voice.releasing for voice in mono.pool.started] == [False, False]
    mono.do(("/mode", "legato"))
    assert [voice.releasing for voice in mono.pool.started] == [True, True]


def test_the_keys_of_a_page_that_is_gone_come_up(mono: Keys) -> None:
    mono.do(down(60), down(64))
    mono.performer.keyboard.closed(mono.client)
    assert mono.last.releasing and mono.notes == [60, 64]


def test_the_mode_is_told_and_kept(mono: Keys) -> None:
    mono.told.clear()
    mono.do(("/mode", "legato"), ("/portamento", 0.25))
    assert mono.told == [("/mode", ("legato",), mono.client), ("/portamento", (0.25,), mono.client)]
    assert mono.performer.standing("/mode") == ("legato",)
    with pytest.raises(CommandError, match="mode must be poly, mono or legato, got 'duo'"):
        mono.do(("/mode", "duo"))


# -- portamento --------------------------------------------------------------------------------------------------------


def glides(keys: Keys) -> list[tuple[float, int]]:
    """Semitones from which each note glides, and in how many samples."""
    return [(voice.asked.glide_from, voice.asked.glide) for voice in keys.pool.started]


def test_each_note_glides_from_where_the_last_one_is() -> None:
    keys = Keys("poly")
    keys.do(("/portamento", 1.0), down(60), down(72))
    assert glides(keys) == [(0.0, 0), (-12.0, 48_000)]
    keys.timeline.now_s = 0.25
    keys.do(down(60))
    assert glides(keys)[-1] == (pytest.approx(3.0), 48_000), "it is on its way, at 63"
    keys.timeline.now_s = 9.0
    keys.do(("/portamento", 0.0), down(40))
    assert glides(keys)[-1] == (0.0, 0)


def test_the_notes_of_a_chord_glide_from_one_pitch() -> None:
    keys = Keys("poly")
    keys.do(("/portamento", 1.0), down(60))
    keys.do(down(64), down(67), down(72), due_ns=FrameMoment(LATER, 77))
    assert [away for away, _ in glides(keys)] == [0.0, -4.0, -7.0, -12.0]


def test_a_moment_whose_frame_is_known_is_exact_whatever_the_clock_says() -> None:
    keys = Keys("poly")
    keys.do(("/portamento", 1.0), down(60), due_ns=LATER)
    keys.do(down(72), due_ns=LATER)
    keys.timeline.now_s = 1000.0
    keys.do(down(60), due_ns=25 * LATER)
    assert glides(keys)[-1][0] == pytest.approx(6.0)


def test_in_legato_only_a_note_that_is_moved_glides(legato: Keys) -> None:
    legato.do(("/portamento", 1.0), down(60), up(60), down(64), down(67))
    assert glides(legato) == [(0.0, 0), (0.0, 0), (-3.0, 48_000)]


def test_a_glide_begins_four_octaves_away_at_most() -> None:
    keys = Keys("poly")
    keys.do(("/portamento", 1.0), down(28), down(92))
    assert glides(keys)[-1] == (-48.0, 48_000)
