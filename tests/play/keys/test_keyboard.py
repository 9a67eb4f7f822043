"""Keys by channel: whose note off, pedal, bend and touch is whose, alone and in an MPE zone."""

from __future__ import annotations

from typing import Any

import pytest

from oscvae.errors import CommandError
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.play.frames import FrameMoment
from oscvae.play.voice.voice import Voice
from oscvae.realtime import layout as at
from oscvae.units import db_to_gain, semitones_to_ratio
from play.performing import LATER, MOMENT, Performing

RATE = 48_000


class Keys(Performing):
    """A stage whose voices keep what is set on them."""

    def __init__(self) -> None:
        super().__init__()
        self.faded: list[float] = []
        pool: Any = self.pool
        pool.playing = lambda: [voice for voice in self.pool.started if not voice.stolen]
        pool.set_number = lambda voice, word, number: voice.numbers.__setitem__(word, number)
        pool.release = self._release
        pool.fade = self._fade
        self.panics: list[Any] = []

    def _release(self, voice: Voice, frame: int) -> None:
        voice.held = voice.pedalled = False
        voice.releasing = True
        voice.stop_frame = frame

    def _fade(self, voice: Voice) -> None:
        voice.stolen = True
        self.faded.append(voice.asked.note)

    def panic(self, channels: Any = None, part: int | None = None) -> None:
        self.panics.append(channels)

    @property
    def sounding(self) -> list[tuple[int, float]]:
        """Channel and note of what has not been released."""
        return [(v.asked.channel, v.asked.note) for v in self.pool.started if not v.releasing and not v.stolen]

    def voice(self, channel: int, note: float = 60.0) -> Voice:
        """The newest of that note."""
        return next(v for v in reversed(self.pool.started) if (v.asked.channel, v.asked.note) == (channel, note))

    def bend(self, channel: int, note: float = 60.0) -> float:
        """The ratio by which it is bent."""
        return self.voice(channel, note).numbers.get(at.V_BEND, 1.0)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def fingers() -> Keys:
    """With a lower zone of 15 fingers."""
    keys = Keys()
    keys.do(("/mpe", 1, 15))
    return keys


# -- notes -------------------------------------------------------------------------------------------------------------


def test_a_note_off_is_of_its_own_channel(keys: Keys) -> None:
    keys.do(("/note/1", 60, 100), ("/note/2", 60, 100), ("/note", 60, 100), ("/note/1", 62, 100))
    keys.do(("/note/2", 60, 0), ("/note/3", 60, 0), ("/note/1", 64, 0))
    assert keys.sounding == [(1, 60.0), (0, 60.0), (1, 62.0)]
    keys.do(("/note/2", 60, 0))
    assert keys.sounding == [(1, 60.0), (0, 60.0), (1, 62.0)], "it is up already"
    keys.do(("/note", 60, 0))
    assert keys.sounding == [(0, 60.0), (1, 62.0)], "without a channel, the oldest"


def test_a_key_is_released_at_its_moment(keys: Keys) -> None:
    keys.do(("/note/1", 60, 100))
    keys.do(("/note/1", 60, 0), due_ns=FrameMoment(LATER, 77))
    assert keys.voice(1).stop_frame == LATER // MOMENT


# -- pedals ------------------------------------------------------------------------------------------------------------


def test_all_notes_off_leaves_to_the_pedal_what_it_holds(keys: Keys) -> None:
    """As Roland keyboards send it, after each last key: 903c64 b0407f 803c00 b07b00."""
    keys.do(("/note/1", 60, 100), ("/sustain/1", 1), ("/note/1", 60, 0), ("/off/1",))
    assert keys.sounding == [(1, 60.0)]
    keys.do(("/note/1", 64, 100), ("/off/1",))
    assert keys.sounding == [(1, 60.0), (1, 64.0)], "and what is still held is held by the pedal"
    keys.do(("/sustain/1", 0))
    assert keys.sounding == []


def test_all_notes_off_is_of_keys_and_of_its_own_channel(keys: Keys) -> None:
    keys.do(("/note/1", 60, 100), ("/note/2", 60, 100), ("/note", 60, 100), ("/play", 62, 0.0, 0.0))
    keys.do(("/off/1",))
    assert keys.sounding == [(2, 60.0), (0, 60.0), (0, 62.0)]


def test_a_pedal_holds_the_keys_of_its_own_channel(keys: Keys) -> None:
    keys.do(("/note/1", 60, 100), ("/note/2", 60, 100), ("/sustain/1", 1))
    keys.do(("/note/1", 60, 0), ("/note/2", 60, 0))
    assert keys.sounding == [(1, 60.0)]
    keys.do(("/sustain/2", 0))
    assert keys.sounding == [(1, 60.0)]


def test_the_pedal_of_all_keys_and_a_channels_own_both_hold(keys: Keys) -> None:
    keys.do(("/note/1", 60, 100), ("/note/2", 60, 100), ("/sustain", 1), ("/sustain/1", 1))
    keys.do(("/note/1", 60, 0), ("/note/2", 60, 0), ("/sustain", 0))
    assert keys.sounding == [(1, 60.0)]
    keys.do(("/sustain", 1), ("/sustain/1", 0))
    assert keys.sounding == [(1, 60.0)]
    keys.do(("/sustain", 0))
    assert keys.sounding == []


def test_a_panic_lifts_every_pedal_and_tells_who_shows_it(keys: Keys) -> None:
    keys.do(("/sustain/3", 1), ("/sustain", 1))
    keys.told.clear()
    keys.do(("/panic",))
    assert keys.told[:2] == [("/sustain", (False,), None), ("/sustain/3", (False,), None)]
    keys.do(("/note/3", 60, 100), ("/note/3", 60, 0))
    assert keys.sounding == []


def test_silence_is_of_one_channel_and_keeps_its_pedal(keys: Keys) -> None:
    keys.do(("/note/1", 60, 100), ("/note/2", 61, 100), ("/sustain/1", 1), ("/note/1", 60, 0), ("/play", 62, 0.0, 0.0))
    keys.do(("/panic/1",))
    assert (keys.faded, keys.panics) == ([60.0], [frozenset({1})])
    keys.do(("/note/1", 60, 100), ("/note/1", 60, 0))
    assert (1, 60.0) in keys.sounding


# -- bend, gain, pan, shift --------------------------------------------------------------------------------------------


def test_a_bend_is_of_its_own_channel_and_a_new_note_begins_with_it(keys: Keys) -> None:
    """As in 913c64 924364 e27f7f."""
    keys.do(("/note/2", 60, 100), ("/note/3", 67, 100), ("/bend/3", 2.0))
    assert (keys.bend(2), keys.bend(3, 67.0)) == (1.0, semitones_to_ratio(2.0))
    keys.do(("/note/3", 72, 100), ("/note/2", 72, 100), ("/note", 72, 100))
    assert [keys.bend(n, 72.0) for n in (3, 2, 0)] == [semitones_to_ratio(2.0), 1.0, 1.0]
    keys.do(("/note/3", 72, 0), ("/bend/3", -2.0))
    assert keys.bend(3, 72.0) == semitones_to_ratio(-2.0), "the wheel of a keyboard bends what rings on as well"
    assert keys.pool.engine.of_part(0, at.P_BEND) == 1.0


@pytest.mark.parametrize(
    ("message", "word", "number"),
    [
        (("/bend/2", 48.0), at.V_BEND, 16.0),
        (("/gain/2", -6.0), at.V_GAIN, db_to_gain(-6.0)),
        (("/pan/2", -0.5), at.V_PAN, -0.5),
    ],
)
def test_what_a_channel_adds_waits_for_its_moment_but_notes_begin_with_it(
    keys: Keys, message: tuple[Any, ...], word: int, number: float
) -> None:
    keys.do(("/note/2", 60, 100))
    keys.do(message, ("/note/2", 62, 100), due_ns=LATER)
    rest = {at.V_BEND: 1.0, at.V_GAIN: 1.0, at.V_PAN: 0.0}[word]
    assert keys.voice(2, 60.0).numbers.get(word, rest) == rest
    assert keys.voice(2, 62.0).numbers[word] == number
    keys.timeline.come(LATER)
    assert keys.voice(2, 60.0).numbers[word] == number


def test_what_a_bundle_says_after_its_note_is_what_the_note_begins_with(keys: Keys) -> None:
    keys.do(("/note/2", 62, 100), ("/gain/2", -6.0), due_ns=LATER)
    assert keys.voice(2, 62.0).numbers[at.V_GAIN] == db_to_gain(-6.0)


def test_the_wheel_of_a_keyboard_acts_at_once_and_its_pressure_at_its_moment(keys: Keys) -> None:
    keys.do(("/note/2", 60, 100))
    keys.do(("/bend/2", 12.0), ("/gain/2", 6.0), due_ns=FrameMoment(LATER, 5))
    assert keys.voice(2).numbers == {at.V_BEND: 2.0}
    keys.timeline.come(LATER)
    assert keys.voice(2).numbers[at.V_GAIN] == db_to_gain(6.0)


def test_a_shift_is_a_share_of_the_latent_range_from_where_the_cursor_is(keys: Keys) -> None:
    keys.do(("/z", 1.0, -1.0), ("/note/2", 60, 100), ("/note/3", 60, 100), ("/shift/2", 2, 0.5))
    assert (keys.voice(2).z, keys.voice(3).z) == ((1.0, 1.0), (1.0, -1.0))
    keys.do(("/shift/2", 1, 0.25), ("/note/2", 62, 100))
    assert keys.voice(2).z == keys.voice(2, 62.0).z == (2.0, 1.0)
    keys.do(("/z", 0.0, 0.0))
    assert (keys.voice(2).z, keys.voice(3).z) == ((1.0, 2.0), (0.0, 0.0)), "it goes where the cursor goes"
    keys.do(("/note/2", 60, 0), ("/shift/2", 2, -0.5))
    assert (keys.voice(2).z, keys.voice(2, 62.0).z) == ((1.0, 2.0), (1.0, -2.0)), "not once it is released"
    keys.do(("/shift/2", 9, 0.5), ("/note/2", 64, 100))
    assert keys.voice(2, 64.0).z == (1.0, -2.0), "a dimension that the model has not"


def test_subscribers_hear_of_a_channel_and_can_ask(keys: Keys) -> None:
    keys.told.clear()
    keys.do(("/bend/3", 2.0), ("/gain/3", -1.0), ("/pan/3", 0.5), ("/sustain/3", 1), ("/shift/3", 1, 0.5))
    assert keys.told == [
        ("/bend/3", (2.0,), keys.client),
        ("/gain/3", (-1.0,), keys.client),
        ("/pan/3", (0.5,), keys.client),
        ("/sustain/3", (True,), keys.client),
    ]
    performer = keys.performer
    assert [performer.standing(f"/{name}/3") for name in ("bend", "gain", "pan", "sustain")] == [
        (2.0,),
        (-1.0,),
        (0.5,),
        (True,),
    ]
    with pytest.raises(CommandError, match="stands nowhere"):
        performer.standing("/note/3")


# -- MPE ---------------------------------------------------------------------------------------------------------------


def test_fingers_bend_apart_and_their_master_bends_all(fingers: Keys) -> None:
    fingers.do(("/note/2", 60, 100), ("/note/3", 60, 100), ("/bend/2", 12.0), ("/bend/1", 2.0))
    assert fingers.bend(2) == semitones_to_ratio(14.0)
    assert fingers.bend(3) == semitones_to_ratio(2.0)
    fingers.do(("/note/4", 60, 100), ("/bend/4", -2.0), ("/note", 60, 100))
    assert (fingers.bend(4), fingers.bend(0)) == (1.0, 1.0)


def test_a_finger_that_is_lifted_leaves_its_note_as_it_is(fingers: Keys) -> None:
    """The finger is on its way to the next note, and sends that one's bend before it arrives."""
    fingers.do(("/note/2", 60, 100), ("/bend/2", 1.0), ("/shift/2", 1, 0.5), ("/sustain/1", 1), ("/note/2", 60, 0))
    fingers.do(("/bend/2", -5.0), ("/shift/2", 1, -0.5), ("/note/2", 64, 100))
    assert (fingers.bend(2), fingers.voice(2).z) == (semitones_to_ratio(1.0), (2.0, 0.0))
    assert (fingers.bend(2, 64.0), fingers.voice(2, 64.0).z) == (semitones_to_ratio(-5.0), (-2.0, 0.0))
    fingers.do(("/bend/1", 2.0), ("/z", 0.0, 1.0))
    assert (fingers.bend(2), fingers.bend(2, 64.0)) == (semitones_to_ratio(3.0), semitones_to_ratio(-3.0))
    assert (fingers.voice(2).z, fingers.voice(2, 64.0).z) == ((2.0, 1.0), (-2.0, 1.0)), "the pedal holds both"


def test_the_masters_pedal_all_notes_off_and_silence_are_all_fingers(fingers: Keys) -> None:
    fingers.do(("/note/2", 60, 100), ("/note/16", 61, 100), ("/sustain/1", 1), ("/note/2", 60, 0), ("/off/1",))
    assert fingers.sounding == [(2, 60.0), (16, 61.0)]
    fingers.do(("/sustain/1", 0))
    assert fingers.sounding == []
    fingers.do(("/note/2", 60, 100), ("/note/16", 61, 100), ("/note", 62, 100), ("/panic/1",))
    assert fingers.sounding == [(0, 62.0)]
    assert fingers.panics == [frozenset(range(1, 17))]


def test_the_masters_pressure_and_slide_are_added_to_each_fingers(fingers: Keys) -> None:
    fingers.do(("/note/2", 60, 100), ("/gain/2", 3.0), ("/gain/1", 2.0), ("/pan/2", 0.7), ("/pan/1", 0.7))
    fingers.do(("/shift/2", 1, 0.25), ("/shift/1", 1, 0.25), ("/shift/1", 2, -0.25))
    voice = fingers.voice(2)
    assert voice.numbers[at.V_GAIN] == pytest.approx(db_to_gain(5.0))
    assert voice.numbers[at.V_PAN] == 1.0
    assert voice.z == (2.0, -1.0)
    fingers.do(("/note/2", 62, 100))
    assert (fingers.voice(2, 62.0).numbers, fingers.voice(2, 62.0).z) == (
        {at.V_GAIN: pytest.approx(db_to_gain(5.0)), at.V_PAN: 1.0, at.V_BEND: 1.0},
        (2.0, -1.0),
    )


def test_single_fingers_are_told_to_nobody(fingers: Keys) -> None:
    fingers.told.clear()
    fingers.do(("/bend/2", 2.0), ("/gain/2", 2.0), ("/pan/2", 1.0), ("/bend/1", 2.0))
    assert fingers.told == [("/bend/1", (2.0,), fingers.client)]


def test_a_zone_that_comes_or_goes_begins_anew(keys: Keys) -> None:
    keys.do(("/note/1", 60, 100), ("/note/3", 60, 100), ("/note/5", 60, 100), ("/bend/3", 2.0), ("/bend/5", 2.0))
    keys.do(("/sustain/3", 1), ("/sustain/5", 1))
    keys.told.clear()
    keys.do(("/mpe", 1, 3))
    assert keys.sounding == [(5, 60.0)]
    assert keys.told == [("/sustain/3", (False,), None)]
    keys.do(("/note/3", 62, 100), ("/note/5", 62, 100), ("/bend/1", 1.0))
    assert (keys.bend(3, 62.0), keys.bend(5, 62.0)) == (semitones_to_ratio(1.0), semitones_to_ratio(2.0))
    keys.do(("/mpe", 1, 0), ("/note/3", 64, 100), ("/bend/1", 2.0))
    assert keys.bend(3, 64.0) == 1.0
    keys.do(("/mpe", 7, 3))
    assert keys.answers[-1] == ("/fail", ("/mpe", "master must be 1 (lower zone) or 16 (upper zone), got 7"))


def test_the_pedal_of_a_page_that_is_gone_comes_up(keys: Keys) -> None:
    keys.do(("/sustain/2", 1), ("/note/2", 60, 100), ("/note/2", 60, 0), ("/note/3", 64, 100))
    assert keys.sounding == [(2, 60.0), (3, 64.0)]
    keys.performer.keyboard.closed(Client("udp", "127.0.0.1", 5001, True, 64, lambda packet, to: None, ErrorLimiter()))
    assert keys.sounding == [(2, 60.0), (3, 64.0)], "it is not its foot"
    keys.performer.keyboard.closed(keys.client)
    assert keys.sounding == []
    assert ("/sustain/2", (False,), None) in keys.told
