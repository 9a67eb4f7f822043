"""MIDI as OSC: what each channel message means in the vocabulary, by the table in docs/midi.md.

Source: MIDI 1.0 detailed specification; RP-015, response to reset all controllers; MIDI Polyphonic Expression,
M1-100-UM v1.1 (RP-053).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from oscvae.errors import CommandError
from oscvae.midi.channel import DATA, DATA_FINE, MPE_ZONE, NONE, NRPN_FINE, RPN, Channel
from oscvae.midi.expression import Expression, read_expressions
from oscvae.midi.learn import Controllers
from oscvae.osc.packets import Message
from oscvae.osc.parts import FIRST, is_prefixed, joined
from oscvae.osc.vocabulary import BY_PATH
from oscvae.play.keys.zones import CHANNELS, LOWER, MEMBERS_MOST, UPPER, configured
from oscvae.settings.sections import MidiConfig

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, PRESSURE, WHEEL = 0x80, 0x90, 0xB0, 0xC0, 0xD0, 0xE0
PORTAMENTO_TIME, SUSTAIN, PORTAMENTO, TIMBRE = 5, 64, 65, 74
ALL_SOUND_OFF, RESET, ALL_NOTES_OFF = 120, 121, 123  # 124 to 127 mean all notes off as well
MONO, POLY = 126, 127
PORTAMENTO_MOST_S = 2.0  # at a time of 127, whose square law leaves half of its way to what is below half a second
PORTAMENTO_S = 0.1  # until a time has come
PRESSED = 64  # from which value on a switch is on


class NoPresetError(CommandError):
    """A program change for which there is no preset. program: counted from 1."""

    def __init__(self, program: int, why: str) -> None:
        super().__init__(why)
        self.program = program


class Translator:
    """What MIDI messages ask for, each of the part whose channel it is.

    presets: the names of the presets of the model that a part plays, sorted.
    """

    def __init__(self, config: MidiConfig, controllers: Controllers, presets: Callable[[int], Sequence[str]]) -> None:
        self._config = config
        self._controllers = controllers
        self._presets = presets
        self._zones = configured(config.mpe)
        self._expressions = read_expressions(config)
        self._channels = [Channel() for _ in range(CHANNELS.stop)]
        self._portamento_s: defaultdict[int, float] = defaultdict(lambda: PORTAMENTO_S)  # by part
        self._is_gliding: dict[int, bool] = {}  # of those parts that were told

    def messages(self, data: bytes) -> tuple[Message, ...]:
        """What a channel message of two or three bytes asks for; nothing if it means nothing here.

        Raises NoPresetError for a program without a preset.
        """
        messages, part = self._messages(data), self._part((data[0] & 0x0F) + 1)
        return messages if part == FIRST else tuple(_of(part, message) for message in messages)

    def _part(self, n: int) -> int:
        """Whose channel it is; all channels of a zone are those of its master's part."""
        return self._config.parts.get(self._zones.master(n) or n, FIRST)

    def _messages(self, data: bytes) -> tuple[Message, ...]:
        kind, n = data[0] & 0xF0, (data[0] & 0x0F) + 1
        if self._config.channel not in (0, n):
            return ()
        first, second = data[1] & 0x7F, data[2] & 0x7F if len(data) > 2 else 0
        if kind == NOTE_ON:
            note = Message(f"/note/{n}", (first, second))
            return (*self._at_rest(n), note) if second else (note,)
        if kind == NOTE_OFF:
            return (Message(f"/note/{n}", (first, 0)),)
        if kind == CONTROL:
            return self._control(n, first, second)
        if kind == PROGRAM:
            return () if self._zones.is_member(n) else (Message("/preset/recall", (self._program(n, first),)),)
        if kind == PRESSURE:
            self._channels[n].pressure = first
            return self._express(self._pressure(n), n, first)
        if kind == WHEEL:
            self._channels[n].wheel = first | second << 7
            return (self._bend(n),)
        return ()

    def letting_go(self) -> tuple[Message, ...]:
        """What ends all notes where messages were lost: a note off, or a pedal that went up, may be among them."""
        down = [n for n in CHANNELS if self._channels[n].pedal]
        for n in down:
            self._channels[n].pedal = False
        return tuple(
            _of(part, message)
            for part in sorted({FIRST, *self._config.parts.values()})
            for message in (
                Message("/sustain", (0,)),
                *(Message(f"/sustain/{n}", (0,)) for n in down if self._part(n) == part),
                Message("/stop", ()),
            )
        )

    # -- controllers ---------------------------------------------------------------------------------------------------

    def _control(self, n: int, number: int, value: int) -> tuple[Message, ...]:
        if number >= ALL_SOUND_OFF:
            return self._mode(n, number)
        channel = self._channels[n]
        if NRPN_FINE <= number <= RPN:
            channel.choose(number, value)
        elif number in (DATA, DATA_FINE) and channel.parameter != NONE:
            return self._enter(n, number, value)
        if number == TIMBRE and self._zones.master(n) and self._expressions.mpe_timbre is not None:
            channel.timbre = value
            return self._express(self._expressions.mpe_timbre, n, value)
        message = self._controllers.moved(n, number, value)
        if message is not None:
            return (message,)
        if number == SUSTAIN and not self._controllers.has(number):
            channel.pedal = value >= PRESSED
            return (Message(f"/sustain/{n}", (int(channel.pedal),)),)
        return self._glide(n, number, value) if not self._controllers.has(number) else ()

    def _glide(self, n: int, number: int, value: int) -> tuple[Message, ...]:
        """Portamento, of all channels of a part: its time counts until its switch is told to be off."""
        part = self._part(n)
        if number == PORTAMENTO_TIME:
            self._portamento_s[part] = seconds = PORTAMENTO_MOST_S * (value / 127.0) ** 2
            return (Message("/portamento", (seconds,)),) if self._is_gliding.get(part) is not False else ()
        if number == PORTAMENTO:
            self._is_gliding[part] = value >= PRESSED
            return (Message("/portamento", (self._portamento_s[part] if self._is_gliding[part] else 0.0,)),)
        return ()

    def _mode(self, n: int, number: int) -> tuple[Message, ...]:
        if number == ALL_SOUND_OFF:
            return (Message(f"/panic/{n}", ()),)
        if number == RESET:
            switched_off = self._glide(n, PORTAMENTO, 0) if self._is_gliding.get(self._part(n)) else ()
            return (*(message for each in self._zones.spoken_for(n) for message in self._reset(each)), *switched_off)
        if number < ALL_NOTES_OFF:
            return ()
        off = Message(f"/off/{n}", ())
        mode = {MONO: "mono", POLY: "poly"}.get(number)
        return (off,) if mode is None or self._zones.is_member(n) else (off, Message("/mode", (mode,)))

    def _reset(self, n: int) -> tuple[Message, ...]:
        channel = self._channels[n]
        channel.reset()
        pressed = () if channel.pressure is None else self._express(self._pressure(n), n, channel.pressure)
        return (self._bend(n), Message(f"/sustain/{n}", (0,)), *pressed)

    def _enter(self, n: int, number: int, value: int) -> tuple[Message, ...]:
        """The value of a registered parameter. The range of one finger's bend is that of all in its zone."""
        channel = self._channels[n]
        if channel.parameter == MPE_ZONE:
            return self._zone(n, value) if number == DATA else ()
        channel.enter(number, value)
        if not self._zones.is_member(n) or channel.bend_range is None:
            return (self._bend(n),)
        members = self._zones.members(self._zones.master(n))
        for member in members:
            self._channels[member].bend_range = channel.bend_range
        return tuple(self._bend(member) for member in members)

    def _zone(self, n: int, members: int) -> tuple[Message, ...]:
        """The MPE configuration message; on another channel than a master's it means nothing."""
        if self._config.mpe == "off" or n not in (LOWER, UPPER):
            return ()
        members = min(members, MEMBERS_MOST)
        for each in self._zones.set(n, members):
            self._channels[each] = Channel()
        parts = sorted({FIRST, *self._config.parts.values()})  # a zone takes channels from other parts, whose notes end
        is_firsts = self._part(n) == FIRST  # else a part is put before what names none
        return tuple(
            Message(joined(part, "/mpe") if is_firsts else f"/part/{part}/mpe", (n, members)) for part in parts
        )

    # -- what a channel adds to its notes ------------------------------------------------------------------------------

    def _bend(self, n: int) -> Message:
        config = self._config
        default = config.mpe_bend_semitones if self._zones.is_member(n) else config.bend_semitones
        return Message(f"/bend/{n}", (self._channels[n].bend(default),))

    def _pressure(self, n: int) -> Expression | None:
        return self._expressions.mpe_pressure if self._zones.master(n) else self._expressions.pressure

    def _express(self, expression: Expression | None, n: int, value: int) -> tuple[Message, ...]:
        return () if expression is None else (expression.at(n, value, is_master=self._zones.master(n) == n),)

    def _at_rest(self, n: int) -> tuple[Message, ...]:
        """What a note begins with where nothing was said of its expression, and a finger at rest already moves it."""
        if self._zones.master(n) == n:
            return ()
        channel, pressure, timbre = self._channels[n], self._pressure(n), self._expressions.mpe_timbre
        messages: tuple[Message, ...] = ()
        if channel.pressure is None and pressure is not None and pressure.rests_elsewhere:
            channel.pressure = pressure.rest
            messages += (pressure.at(n, pressure.rest),)
        if channel.timbre is None and self._zones.is_member(n) and timbre is not None and timbre.rests_elsewhere:
            channel.timbre = timbre.rest
            messages += (timbre.at(n, timbre.rest),)
        return messages

    # -- programs ------------------------------------------------------------------------------------------------------

    def _program(self, n: int, number: int) -> str:
        presets = self._presets(self._part(n))
        names = self._config.programs or presets
        if number >= len(names):
            raise NoPresetError(number + 1, f"program {number + 1} has no preset, there are {len(names)}")
        if names[number] not in presets:
            raise NoPresetError(number + 1, f"program {number + 1} is {names[number]!r}, which this model has not")
        return names[number]


def _of(part: int, message: Message) -> Message:
    """What a message asks of a part, unless it names one or is the daemon's; a button for /panic is for all."""
    row = BY_PATH.get(message.address)
    if is_prefixed(message.address) or (row is not None and row.scope != "part"):
        return message
    return message._replace(address=joined(part, message.address))
