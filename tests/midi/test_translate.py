"""What each MIDI message means in the vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oscvae.midi.learn import Controllers, read_rules
from oscvae.midi.translate import NoPresetError, Translator
from oscvae.settings.sections import MidiConfig, MidiRule, Target

PRESETS = ["dawn", "dusk"]
Meaning = list[tuple[Any, ...]]


class Keys:
    """A translator that remembers what came before."""

    def __init__(self, **settings: Any) -> None:
        config = MidiConfig(**settings)
        self.translator = Translator(config, Controllers(read_rules(config.map), Path("none")), lambda part: PRESETS)

    def say(self, *messages: str) -> Meaning:
        """What messages in hexadecimal mean, `b06500 b06400 b0060c`, all of them."""
        said = [bytes.fromhex(part) for message in messages for part in message.split()]
        return [(told.address, *told.args) for data in said for told in self.translator.messages(data)]


def rpn(channel: int, number: int, *values: int) -> str:
    """A registered parameter and its value, coarse and fine, in hexadecimal."""
    status = f"b{channel - 1:x}"
    entered = (f"{status}{6 + 32 * fine:02x}{value:02x}" for fine, value in enumerate(values))
    return " ".join((f"{status}6500", f"{status}64{number:02x}", *entered))


LOWER_ZONE = rpn(1, 6, 15)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("903c64", [("/note/1", 60, 100)]),
        ("903c00", [("/note/1", 60, 0)]),
        ("803c40", [("/note/1", 60, 0)]),
        ("9f007f", [("/note/16", 0, 127)]),
        ("e00040", [("/bend/1", 0.0)]),
        ("e27f7f", [("/bend/3", 2.0)]),
        ("e00000", [("/bend/1", -2.0)]),
        ("b04040", [("/sustain/1", 1)]),
        ("b1403f", [("/sustain/2", 0)]),
        ("b07800", [("/panic/1",)]),
        ("b47900", [("/bend/5", 0.0), ("/sustain/5", 0)]),
        ("b07a00", []),
        ("b07b00", [("/off/1",)]),
        ("b37d00", [("/off/4",)]),
        ("b37e01", [("/off/4",), ("/mode", "mono")]),
        ("b37f00", [("/off/4",), ("/mode", "poly")]),
        ("b0057f", [("/portamento", 2.0)]),
        ("b00500", [("/portamento", 0.0)]),
        ("b04140", [("/portamento", 0.1)]),
        ("b0413f", [("/portamento", 0.0)]),
        ("b0017f", [("/unit/1", 1.0)]),
        ("b0027f", []),
        ("c000", [("/preset/recall", "dawn")]),
        ("c301", [("/preset/recall", "dusk")]),
        ("d05a", []),
        ("a03c5a", []),
    ],
)
def test_a_message_means(data: str, expected: Meaning) -> None:
    assert Keys().say(data) == expected


@pytest.mark.parametrize("channel", range(17))
def test_only_the_configured_channel_is_heard(channel: int) -> None:
    heard = [n for n in range(1, 17) if Keys(channel=channel).say(f"9{n - 1:x}3c64")]
    assert heard == ([channel] if channel else list(range(1, 17)))


# -- programs ----------------------------------------------------------------------------------------------------------


def test_programs_are_named_in_the_configuration_or_sorted() -> None:
    assert Keys(programs=("dusk", "x", "dawn")).say("c002") == [("/preset/recall", "dawn")]
    for program, settings, why in (
        (2, {}, "program 3 has no preset, there are 2"),
        (1, {"programs": ("dusk", "x")}, "program 2 is 'x', which this model has not"),
    ):
        with pytest.raises(NoPresetError, match=why) as caught:
            Keys(**settings).say(f"c0{program:02x}")
        assert caught.value.program == program + 1


# -- portamento --------------------------------------------------------------------------------------------------------


def test_portamento_has_a_time_and_a_switch_of_all_channels() -> None:
    keys = Keys()
    (half,) = keys.say("b00540")
    assert half == ("/portamento", pytest.approx(2.0 * (64 / 127) ** 2)), "until the switch was told it is on"
    assert keys.say("b14100", "b00520", "b24140") == [
        ("/portamento", 0.0),
        ("/portamento", pytest.approx(2.0 * (32 / 127) ** 2)),
    ]


def test_a_reset_switches_portamento_off_where_it_was_switched_on() -> None:
    """The pedals 64 to 67 are 0 then (RP-015)."""
    keys = Keys()
    off = ("/portamento", 0.0)
    assert off not in keys.say("b00540", "b07900")
    assert keys.say("b04140", "b07900")[-1] == off
    assert off not in keys.say("b07900")


def test_what_a_map_or_learning_has_given_another_meaning_is_no_portamento() -> None:
    keys = Keys(map={5: MidiRule(to="/unit/1"), 65: MidiRule(to="/freeze")})
    assert keys.say("b0057f b0417f") == [("/unit/1", 1.0), ("/freeze", 1.0)]


def test_a_finger_of_a_zone_makes_no_mode() -> None:
    assert Keys(mpe="lower").say("b27e01", "b27f00") == [("/off/3",), ("/off/3",)]


# -- how far the wheel bends, and tuning -------------------------------------------------------------------------------


def test_the_wheel_reaches_what_is_configured_or_told() -> None:
    keys = Keys(bend_semitones=7.0)
    assert keys.say("e07f7f", "e00020") == [("/bend/1", 7.0), ("/bend/1", -3.5)]
    assert keys.say("b06500 b06400 b0060c") == [("/bend/1", -6.0)], "at once, where the wheel stands"
    assert keys.say("e07f7f", "e17f7f") == [("/bend/1", 12.0), ("/bend/2", 7.0)], "and on no other channel"
    assert keys.say("b02632") == [("/bend/1", 12.5)]


def test_what_is_null_or_a_makers_own_is_no_range_of_the_wheel() -> None:
    keys = Keys()
    for choice in ("b0657f b0647f", "b06300 b06200", "b06500 b06405", "b06501 b06400"):
        assert keys.say("b06500 b06400", choice, "b0060c b02600", "e07f7f") == [("/bend/1", 2.0)]
    assert keys.say("b06500 b06400 b00601") == [("/bend/1", 1.0)]


def test_a_channel_is_tuned_with_its_wheel_and_keeps_its_tuning_at_a_reset() -> None:
    keys = Keys()
    assert keys.say(rpn(1, 1, 0x60, 0)) == [("/bend/1", 0.5)] * 2
    assert keys.say(rpn(1, 2, 0x40 - 12)) == [("/bend/1", -11.5)]
    assert keys.say("e07f7f b07900") == [("/bend/1", -9.5), ("/bend/1", -11.5), ("/sustain/1", 0)]
    assert keys.say(rpn(1, 2, 0x40), rpn(1, 1, 0x40, 0))[-1] == ("/bend/1", 0.0)


def test_a_data_entry_without_a_parameter_is_a_controller_like_any_other() -> None:
    keys = Keys(map={6: MidiRule(to="/gain")})
    assert keys.say("b0067f") == [("/gain", 6.0)]
    assert keys.say("b06500 b06400 b0067f") == [("/bend/1", 0.0)]
    assert keys.say("b0657f b0647f b00600") == [("/gain", -60.0)]


def test_a_reset_ends_wheel_pedal_pressure_and_the_choice_of_a_parameter() -> None:
    keys = Keys(pressure=Target("gain"))
    assert keys.say("d27f") == [("/gain/3", 6.0)]
    keys.say("e27f7f b2407f b26500 b26400")
    assert keys.say("b27900") == [("/bend/3", 0.0), ("/sustain/3", 0), ("/gain/3", 0.0)]
    assert keys.say("b2060c e27f7f") == [("/bend/3", 2.0)], "the range is as it was"


# -- pressure ----------------------------------------------------------------------------------------------------------


def test_pressure_moves_what_is_configured_on_its_own_channel() -> None:
    assert Keys(pressure=Target("gain")).say("d140") == [("/gain/2", 3.0)]
    assert Keys(pressure=Target("pan")).say("d17f") == [("/pan/2", 1.0)]
    assert Keys(pressure=Target("z/3", (0.0, -1.0))).say("d17f") == [("/shift/2", 3, -1.0)]


def test_a_finger_at_rest_counts_from_its_first_note_on() -> None:
    keys = Keys(pressure=Target("gain", (-20.0, 0.0)))
    assert keys.say("913c64 914064") == [("/gain/2", -20.0), ("/note/2", 60, 100), ("/note/2", 64, 100)]
    assert keys.say("d27f 923c64") == [("/gain/3", 0.0), ("/note/3", 60, 100)]
    assert keys.say("b27900")[-1] == ("/gain/3", -20.0)


# -- MPE ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["told", "configured"])
def fingers(request: pytest.FixtureRequest) -> Iterator[Keys]:
    """A lower zone of 15 fingers, as its controller asks for it, and as the configuration does."""
    if request.param == "configured":
        yield Keys(mpe="lower")
    else:
        keys = Keys()
        assert keys.say(LOWER_ZONE) == [("/mpe", 1, 15)]
        yield keys


def test_a_finger_bends_48_semitones_and_its_master_two(fingers: Keys) -> None:
    assert fingers.say("e17f7f ef0000 e07f7f") == [("/bend/2", 48.0), ("/bend/16", -48.0), ("/bend/1", 2.0)]


def test_the_range_of_one_finger_is_that_of_all(fingers: Keys) -> None:
    told = fingers.say(rpn(3, 0, 24))
    assert told == [(f"/bend/{n}", 0.0) for n in range(2, 17)]
    assert fingers.say("ef7f7f e07f7f") == [("/bend/16", 24.0), ("/bend/1", 2.0)]
    assert fingers.say(rpn(1, 0, 7), "e17f7f e07f7f")[-2:] == [("/bend/2", 24.0), ("/bend/1", 7.0)]


def test_a_finger_presses_and_slides_for_its_own_note(fingers: Keys) -> None:
    assert fingers.say("d27f b24a40 b24a7f b24a00") == [
        ("/gain/3", 6.0),
        ("/shift/3", 2, 0.0),
        ("/shift/3", 2, 0.5),
        ("/shift/3", 2, -0.5),
    ]
    assert fingers.say("d07f b04a7f") == [("/gain/1", 6.0), ("/shift/1", 2, 0.5)], "or the master for all"


def test_only_the_master_changes_programs_and_resets_all(fingers: Keys) -> None:
    assert fingers.say("c101 c001") == [("/preset/recall", "dusk")]
    fingers.say("d27f")
    told = fingers.say("b07900")
    assert [message[0] for message in told if message[0].startswith("/bend")] == [f"/bend/{n}" for n in range(1, 17)]
    assert told.count(("/gain/3", 0.0)) == 1


def test_a_master_counts_from_where_its_fingers_rest() -> None:
    keys = Keys(mpe="lower", mpe_pressure=Target("gain", (-20.0, 0.0)), mpe_timbre=Target("z/1", (0.0, 1.0)))
    assert keys.say("913c64") == [("/gain/2", -20.0), ("/shift/2", 1, 0.5), ("/note/2", 60, 100)]
    assert keys.say("d000 b04a40") == [("/gain/1", 0.0), ("/shift/1", 1, 0.0)]


def test_a_zone_takes_channels_from_the_other_and_ends() -> None:
    keys = Keys()
    assert keys.say(rpn(16, 6, 10)) == [("/mpe", 16, 10)]
    assert keys.say(rpn(1, 6, 7)) == [("/mpe", 1, 7)]
    reach = {n: keys.say(f"e{n - 1:x}7f7f")[0][1] for n in range(1, 17)}
    assert reach == {1: 2.0, **dict.fromkeys(range(2, 16), 48.0), 16: 2.0}
    assert keys.say(rpn(1, 6, 0), "e17f7f ee7f7f") == [("/mpe", 1, 0), ("/bend/2", 2.0), ("/bend/15", 48.0)]
    assert keys.say(rpn(1, 6, 15), "ef7f7f") == [("/mpe", 1, 15), ("/bend/16", 48.0)]
    assert keys.say(rpn(5, 6, 3)) == [], "a zone has its master at an end"


def test_a_zone_forgets_what_was_said_on_its_channels() -> None:
    keys = Keys()
    keys.say(rpn(2, 0, 12), rpn(1, 0, 12), rpn(1, 1, 0x60, 0))
    keys.say(rpn(1, 6, 3))
    assert keys.say("e07f7f e17f7f") == [("/bend/1", 2.0), ("/bend/2", 48.0)]


def test_zones_that_are_switched_off_cannot_be_asked_for() -> None:
    assert Keys(mpe="off").say(LOWER_ZONE, "e17f7f b14a7f") == [("/bend/2", 2.0)]


def test_the_third_dimension_is_a_controller_like_any_other_outside_a_zone() -> None:
    keys = Keys(map={74: MidiRule(to="/unit/2")})
    assert keys.say("b14a7f") == [("/unit/2", 1.0)]
    keys.say(rpn(16, 6, 3))
    assert keys.say("b14a7f be4a7f") == [("/unit/2", 1.0), ("/shift/15", 2, 0.5)]
    keys = Keys(map={74: MidiRule(to="/unit/2")}, mpe="lower", mpe_timbre=None)
    assert keys.say("b14a7f") == [("/unit/2", 1.0)]


# -- letting go --------------------------------------------------------------------------------------------------------


def test_pedals_that_went_down_are_let_go_with_the_notes() -> None:
    keys = Keys()
    keys.say("b2407f b5407f b54000 b9407f b97900")
    told = [(message.address, *message.args) for message in keys.translator.letting_go()]
    assert told == [("/sustain", 0), ("/sustain/3", 0), ("/stop",)]
    assert len(keys.translator.letting_go()) == 2


def test_a_pedal_that_is_mapped_elsewhere_is_no_pedal() -> None:
    keys = Keys(map={64: MidiRule(to="/preset/recall dawn")})
    assert keys.say("b0407f b04000") == [("/preset/recall", "dawn")]


# -- parts -------------------------------------------------------------------------------------------------------------


def test_a_channel_plays_the_part_that_it_is_given_to() -> None:
    keys = Keys(parts={2: 2, 10: 3})
    assert keys.say("903c64", "913c64", "993c64") == [
        ("/note/1", 60, 100),
        ("/part/2/note/2", 60, 100),
        ("/part/3/note/10", 60, 100),
    ]
    assert keys.say("b14040", "b17e01", "c101", "b17800", "e10040") == [
        ("/part/2/sustain/2", 1),
        ("/part/2/off/2",),
        ("/part/2/mode", "mono"),
        ("/part/2/preset/recall", "dusk"),
        ("/part/2/panic/2",),
        ("/part/2/bend/2", 0.0),
    ]


def test_a_controller_moves_the_part_of_its_channel_unless_its_address_names_one() -> None:
    rules = {20: MidiRule(to="/unit/1"), 21: MidiRule(to="/part/4/gain")}
    keys = Keys(parts={2: 2}, map=rules)
    assert keys.say("b01400", "b11400") == [("/unit/1", 0.0), ("/part/2/unit/1", 0.0)]
    assert keys.say("b01500", "b11500") == [("/part/4/gain", -60.0), ("/part/4/gain", -60.0)]


def test_a_zone_belongs_to_the_part_of_its_master() -> None:
    keys = Keys(parts={1: 2, 3: 5})
    assert keys.say("923c64") == [("/part/5/note/3", 60, 100)]
    assert keys.say(LOWER_ZONE) == [(f"/part/{part}/mpe", 1, 15) for part in (1, 2, 5)], "each lets its notes go"
    assert keys.say("923c64")[-1] == ("/part/2/note/3", 60, 100)


def test_lost_messages_end_the_notes_of_all_parts() -> None:
    keys = Keys(parts={2: 2})
    keys.say("b04040", "b14040")
    told = [(message.address, *message.args) for message in keys.translator.letting_go()]
    assert told == [
        ("/sustain", 0),
        ("/sustain/1", 0),
        ("/stop",),
        ("/part/2/sustain", 0),
        ("/part/2/sustain/2", 0),
        ("/part/2/stop",),
    ]


def test_a_button_for_what_is_the_daemons_is_pressed_on_any_channel() -> None:
    rules = {20: MidiRule(to="/record take"), 21: MidiRule(to="/panic"), 22: MidiRule(to="/part/2/panic")}
    keys = Keys(parts={10: 2}, map=rules)
    assert keys.say("b9147f", "b9157f", "b9167f") == [("/record", "take"), ("/panic",), ("/part/2/panic",)]


def test_each_part_has_a_portamento_of_its_own() -> None:
    keys = Keys(parts={10: 2})
    assert keys.say("b0417f", "b94100") == [("/portamento", 0.1), ("/part/2/portamento", 0.0)]
    assert keys.say("b0057f") == [("/portamento", 2.0)], "the other's switch is not its own"
    assert keys.say("b97900")[-1] == ("/part/2/sustain/10", 0), "which has nothing to switch off"
    assert keys.say("b07900")[-1] == ("/portamento", 0.0)
