"""MIDI as OSC: what each channel message means in the vocabulary, by the table in docs/midi.md.

Source: MIDI 1.0 detailed specification; RP-015, response to reset all controllers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oscvae.errors import CommandError
from oscvae.midi.learn import Controllers
from oscvae.osc.packets import Message
from oscvae.settings.sections import MidiConfig

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, WHEEL = 0x80, 0x90, 0xB0, 0xC0, 0xE0
SUSTAIN, ALL_SOUND_OFF, RESET, ALL_NOTES_OFF = 64, 120, 121, 123  # 124 to 127 mean all notes off as well
PRESSED = 64  # from which value on a switch is on
WHEEL_CENTRE = 0x2000
LETTING_GO = (Message("/sustain", (0,)), Message("/stop", ()))


class Translator:
    """What MIDI messages ask for. presets: the names of the presets of the model that plays, sorted."""

    def __init__(self, config: MidiConfig, controllers: Controllers, presets: Callable[[], Sequence[str]]) -> None:
        self._channel = config.channel
        self._bend = config.bend_semitones
        self._programs = config.programs
        self._controllers = controllers
        self._presets = presets

    def messages(self, data: bytes) -> tuple[Message, ...]:
        """What a channel message of two or three bytes asks for; nothing if it means nothing here.

        Raises CommandError for a program without a preset.
        """
        kind, channel = data[0] & 0xF0, (data[0] & 0x0F) + 1
        if self._channel not in (0, channel):
            return ()
        first, second = data[1] & 0x7F, data[2] & 0x7F if len(data) > 2 else 0
        if kind == NOTE_ON:
            return (Message("/note", (first, second)),)
        if kind == NOTE_OFF:
            return (Message("/note", (first, 0)),)
        if kind == CONTROL:
            return self._control(first, second)
        if kind == PROGRAM:
            return (Message("/preset/recall", (self._program(first),)),)
        if kind == WHEEL:
            return (Message("/bend", (self._semitones(first | second << 7),)),)
        return ()

    def _control(self, number: int, value: int) -> tuple[Message, ...]:
        if number == ALL_SOUND_OFF:
            return (Message("/panic", ()),)
        if number == RESET:
            return Message("/bend", (0.0,)), Message("/sustain", (0,))
        if number >= ALL_NOTES_OFF:
            return LETTING_GO[1:]
        if number > RESET:  # local control
            return ()
        message = self._controllers.moved(number, value)
        if message is not None:
            return (message,)
        if number == SUSTAIN:
            return (Message("/sustain", (int(value >= PRESSED),)),)
        return ()

    def _semitones(self, wheel: int) -> float:
        """The wheel has 8192 steps down and 8191 up; both ends bend all the way."""
        steps = wheel - WHEEL_CENTRE
        return self._bend * steps / (WHEEL_CENTRE if steps < 0 else WHEEL_CENTRE - 1)

    def _program(self, number: int) -> str:
        names = self._programs or self._presets()
        if number >= len(names):
            raise CommandError(f"program {number + 1} has no preset, there are {len(names)}")
        return names[number]
