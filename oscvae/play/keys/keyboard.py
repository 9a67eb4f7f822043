"""The keyboard: keys by channel, their pedals, and what a channel adds to its notes.

Each of the sixteen channels is a hand of its own: its note offs, pedal, bend, gain, pan and shift are no other's. In an
MPE zone a member channel carries one finger, and what the master channel says holds for all of them; a finger that is
lifted leaves its note as it is. The keys of /note name no channel, and are channel 0.

Source: MIDI 1.0 detailed specification; MIDI Polyphonic Expression, M1-100-UM v1.1 (RP-053).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, Protocol

from oscvae.errors import CommandError
from oscvae.model.detail import Mix
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.parse import Command
from oscvae.osc.rows import Address
from oscvae.play.cursor import Cursor
from oscvae.play.frames import FrameMoment
from oscvae.play.journey import Point
from oscvae.play.keys.line import LEGATO, Key, Line
from oscvae.play.keys.portamento import Portamento
from oscvae.play.keys.zones import CHANNELS, Zones
from oscvae.play.listener import Listener
from oscvae.play.timeline import Timeline
from oscvae.play.voice.ensemble import Ensemble
from oscvae.play.voice.voice import Entry, Voice
from oscvae.play.voice.words import NO_TOUCH, Touch

KEYBOARD_VELOCITY = 127.0

log = logging.getLogger(__name__)

obeys: Handlers[[Command, Client, int | None]] = Handlers("performer")


class Begin(Protocol):
    """Starts a voice for a command, and returns it. touch: all that is added to it. entry: how it comes in."""

    def __call__(
        self,
        kind: Literal["note"],
        command: Command,
        client: Client,
        due_ns: int | None,
        *,
        z: Point,
        detail: Mix,
        velocity: float,
        channel: int,
        touch: Touch,
        entry: Entry,
    ) -> Voice: ...


@dataclass(slots=True)
class _Channel:
    touch: Touch = NO_TOUCH
    pedal: bool = False
    pressed_by: Client | None = None
    """Whose foot is on the pedal."""


class Keyboard:
    """Obeys the rows of keys and channels; lives on the event clock.

    begin: starts a voice. tell: an accepted change, to subscribers: path, arguments, and who made it. zones: those at
    the start, which are the keyboard's own from then on.
    """

    def __init__(
        self,
        voices: Ensemble,
        timeline: Timeline,
        cursor: Cursor,
        listener: Listener,
        zones: Zones,
        *,
        begin: Begin,
        tell: Callable[[str, Sequence[Any], Client | None], None],
    ) -> None:
        self._voices = voices
        self._pool = voices.pool
        self._timeline = timeline
        self._cursor = cursor
        self._listener = listener
        self._zones = zones
        self._begin = begin
        self._tell = tell
        self._portamento = Portamento(0.0)
        self._line = Line(self._strike, self._release, self._is_pedalled)
        self._channels = [_Channel() for _ in range(CHANNELS.stop)]

    # -- keys ----------------------------------------------------------------------------------------------------------

    @obeys("/note")
    def _note(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._key(command, client, due_ns, None)

    @obeys("/note/N")
    def _note_n(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._key(command, client, due_ns, command.values["n"])

    def _key(self, command: Command, client: Client, due_ns: int | None, channel: int | None) -> None:
        """channel: None is a key down on channel 0, and a key up on any."""
        note, velocity = command.values["note"], command.values["velocity"]
        if command.starts_note:
            key = Key(channel or 0, float(note), velocity / KEYBOARD_VELOCITY, command, client)
            if self._line.plays:
                self._line.down(key, due_ns)
            else:
                self._strike(key, due_ns)
            return
        channels = None if channel is None else (channel,)
        self._line.up(channels, note, due_ns)
        if not self._line.plays:
            voice_up = next((voice for voice in self._down(channels) if voice.asked.note == note), None)
            if voice_up is not None:
                self._lift(voice_up, due_ns)

    def _strike(
        self, key: Key, due_ns: int | None, *, takes: Voice | None = None, moved: bool = False, again: bool = False
    ) -> Voice:
        """Begin the note of a key, as `line.Strike` says."""
        n = key.channel
        own, place = self._channels[n].touch, self._cursor.at(due_ns)
        slide = self._portamento.towards(
            key.note,
            -1 if due_ns is None else self._timeline.frame_at(due_ns),
            self._timeline.moment_s(due_ns),
            self._pool.engine.rate,
            glides=moved or self._line.mode != LEGATO,
        )
        voice = self._begin(
            "note",
            key.command,
            key.client,
            due_ns,
            z=place.point,
            detail=place.detail,
            velocity=key.velocity,
            channel=n,
            touch=own + self._zone_touch(n),
            entry=Entry(takes, moved=moved, again=again, glide_from=slide.away, glide_s=slide.lasts_s),
        )
        voice.touch = own
        self._portamento.follow(slide)
        return voice

    def _down(self, channels: Collection[int] | None = None) -> Iterable[Voice]:
        """The voices whose key is down, the oldest first."""
        return (
            voice
            for voice in self._voices.playing()
            if voice.asked.kind == "note" and voice.held and (channels is None or voice.asked.channel in channels)
        )

    def _lift(self, voice: Voice, due_ns: int | None) -> None:
        if self._is_pedalled(voice.asked.channel):
            voice.held, voice.pedalled = False, True
        else:
            self.let_go(voice, due_ns)

    def closed(self, client: Client) -> None:
        """A page is gone, and with it its fingers on keys and feet on pedals, which nobody else would lift."""
        for n, channel in enumerate(self._channels):
            if channel.pedal and channel.pressed_by == client:
                self._press(n, False, client, None)
                self._tell_pedal(n)
        self._line.closed(client)
        for voice in list(self._down()):
            if voice.asked.client == client:
                self._lift(voice, None)

    def let_go(self, voice: Voice, due_ns: int | None) -> None:
        """Release a voice at that moment, whatever pedal is down."""
        self._line.stopped(voice)
        self._release(voice, due_ns)

    def _release(self, voice: Voice, due_ns: int | None) -> None:
        self._pool.release(voice, 0 if due_ns is None else self._timeline.frame_at(due_ns))

    @obeys("/off/N")
    def _off(self, command: Command, client: Client, due_ns: int | None) -> None:
        channels = self._zones.spoken_for(command.values["n"])
        self._line.off(channels, due_ns)
        for voice in list(self._down(channels)):
            self._lift(voice, due_ns)

    def forget(self, note: float | None = None) -> None:
        """Take the keys of that note for up, without another note in its place; None = all keys."""
        self._line.forget(note=note)

    @obeys("/panic/N")
    def _panic(self, command: Command, client: Client, due_ns: int | None) -> None:
        channels = self._zones.spoken_for(command.values["n"])
        self._timeline.defer(due_ns, partial(self._silence, frozenset(channels)))

    def _silence(self, channels: Collection[int]) -> None:
        self._line.forget(channels)
        for voice in self._voices.playing():
            if voice.asked.channel in channels:
                self._pool.fade(voice)
        self._listener.panic(channels)

    # -- one note at a time --------------------------------------------------------------------------------------------

    @obeys("/mode")
    def _set_mode(self, command: Command, client: Client, due_ns: int | None) -> None:
        """Keys that are down come up: how they were struck is how they would have to be let go."""
        mode = command.values["mode"]
        if mode == self._line.mode:
            return
        self._line.forget()
        self._line.mode = mode
        for voice in list(self._down()):
            self._lift(voice, due_ns)

    @obeys("/portamento")
    def _set_portamento(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._portamento.seconds = command.values["seconds"]

    # -- pedals --------------------------------------------------------------------------------------------------------

    @obeys("/sustain")
    def _sustain(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._press(0, command.values["down"], client, due_ns)

    @obeys("/sustain/N")
    def _sustain_n(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._press(command.values["n"], command.values["down"], client, due_ns)

    def _press(self, n: int, down: bool, client: Client, due_ns: int | None) -> None:
        self._channels[n].pedal, self._channels[n].pressed_by = down, client if down else None
        if down:
            return
        self._line.pedal_up(due_ns)
        for voice in self._voices.playing():
            if voice.pedalled and not self._is_pedalled(voice.asked.channel):
                self.let_go(voice, due_ns)

    def _is_pedalled(self, n: int) -> bool:
        """Whether the pedal of all keys is down, the channel's own, or its master's."""
        return any(self._channels[pedal].pedal for pedal in (0, n, self._zones.master(n)))

    def lift_pedals(self, channels: Iterable[int] = (0, *CHANNELS)) -> None:
        """Take the pedals for up; whoever shows them is told, and no voice is let go."""
        for n in channels:
            if self._channels[n].pedal:
                self._channels[n].pedal, self._channels[n].pressed_by = False, None
                self._tell_pedal(n)

    def _tell_pedal(self, n: int) -> None:
        self._tell(f"/sustain/{n}" if n else "/sustain", (self._channels[n].pedal,), None)

    # -- what a channel adds to its notes ------------------------------------------------------------------------------

    @obeys("/bend/N")
    def _bend(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._touch(command, client, due_ns, "bend", command.values["bend"])

    @obeys("/gain/N")
    def _gain(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._touch(command, client, due_ns, "gain", command.values["gain"])

    @obeys("/pan/N")
    def _pan(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._touch(command, client, due_ns, "pan", command.values["pan"])

    @obeys("/shift/N")
    def _shift(self, command: Command, client: Client, due_ns: int | None) -> None:
        shift = {
            **self._channels[command.values["n"]].touch.shift,
            command.values["dimension"]: command.values["share"],
        }
        self._touch(command, client, due_ns, "shift", shift)

    def _touch(self, command: Command, client: Client, due_ns: int | None, name: str, value: Any) -> None:
        """Change one thing that a channel adds, for notes to come and for those that sound."""
        n = command.values["n"]
        channel, is_finger = self._channels[n], self._zones.is_member(n)
        channel.touch = replace(channel.touch, **{name: value})
        concerned = self._zones.spoken_for(n)
        for voice in self._voices.playing():
            if voice.asked.channel not in concerned:
                continue
            if voice.asked.channel == n:
                if is_finger and not voice.held:
                    continue  # it is lifted, and the finger may be on its way to the next note
                voice.touch = channel.touch
            self._change(voice, name, due_ns)
        if not is_finger and name != "shift":  # many a time in a second, and of one note only
            self._tell(command.address, command.args, client)

    def _change(self, voice: Voice, name: str, due_ns: int | None) -> None:
        if due_ns is not None and voice.asked.start_frame >= self._timeline.frame_at(due_ns):
            due_ns = None  # it begins then, and with what its own bundle sets
        touch, pool = self._all_touch(voice), self._pool
        if name in ("bend", "shift") and isinstance(due_ns, FrameMoment):
            due_ns = None  # heard a buffer late anyway
        if name == "shift":
            self._timeline.defer(due_ns, partial(self._place, voice, touch))
        else:
            self._timeline.defer(due_ns, partial(pool.set_number, voice, *touch.number(name, pool.engine.rate)))

    def _zone_touch(self, n: int) -> Touch:
        return self._channels[self._zones.master(n)].touch if self._zones.is_member(n) else NO_TOUCH

    def _all_touch(self, voice: Voice) -> Touch:
        return voice.touch + self._zone_touch(voice.asked.channel)

    def follow(self, first: float, end: float) -> None:
        """Bring the voices that begin at a frame from `first` to before `end` to where the cursor is for them."""
        for voice in self._voices.playing():
            if voice.follows and first <= voice.asked.start_frame < end:
                self._place(voice, self._all_touch(voice))

    def _place(self, voice: Voice, touch: Touch) -> None:
        if not voice.follows:
            return
        place = self._cursor.at_frame(voice.asked.start_frame)
        if len(place.point) == len(voice.z):
            self._pool.move(voice, touch.place(place.point, voice.loaded), place.detail)

    def standing(self, row: Address, n: int) -> Sequence[Any]:
        """The arguments at which a channel's row stands; raises CommandError for one that stands nowhere."""
        channel = self._channels[n]
        if row.path == "/sustain/N":
            return (channel.pedal,)
        if row.path in ("/bend/N", "/gain/N", "/pan/N"):
            return (getattr(channel.touch, row.args[0].name),)
        raise CommandError(f"{row.path} stands nowhere")

    # -- MPE -----------------------------------------------------------------------------------------------------------

    @obeys("/mpe")
    def _mpe(self, command: Command, client: Client, due_ns: int | None) -> None:
        """The channels that are concerned begin anew."""
        concerned = self._zones.set(command.values["master"], command.values["members"])
        self.lift_pedals(concerned)
        for n in concerned:
            self._channels[n].touch = NO_TOUCH
        self._line.forget(concerned)
        for voice in self._voices.playing():
            if voice.asked.channel in concerned:
                self.let_go(voice, due_ns)
        log.info("MPE: %s", self._zones)
