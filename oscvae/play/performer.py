"""The performer: what commands mean for notes, the cursor and the sound.

One state (cursor, the sound of the next notes) of one part, and its voices in the pool of all. `execute` obeys the
commands of one moment in order, `obey` one by one inside `together`; `tick` moves what travels by itself. Where the
cursor is at which moment is `cursor`, what moves it `steering`; keys and pedals are `keyboard`, presets and macros
`moves`, gain to stretch `sound`; models, files and questions are the daemon's `services`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from oscvae.errors import CommandError, OscvaeError
from oscvae.model.described import Latent
from oscvae.model.detail import Mix
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.packets import Message
from oscvae.osc.parse import Command, no_model, parse
from oscvae.osc.parts import FIRST
from oscvae.osc.vocabulary import find
from oscvae.play import standing
from oscvae.play.blends import Blends
from oscvae.play.blends import obeys as blend_obeys
from oscvae.play.cursor import Cursor
from oscvae.play.journey import Glide, Point, State
from oscvae.play.keys.keyboard import Keyboard
from oscvae.play.keys.keyboard import obeys as keyboard_obeys
from oscvae.play.keys.zones import Zones
from oscvae.play.listener import Listener
from oscvae.play.macros import Macros
from oscvae.play.models.loaded import Loaded
from oscvae.play.models.manager import ModelManager
from oscvae.play.moves import Moves
from oscvae.play.moves import obeys as moves_obeys
from oscvae.play.presets import Presets
from oscvae.play.sound import Sound
from oscvae.play.sound import obeys as sound_obeys
from oscvae.play.steering import Steering
from oscvae.play.steering import obeys as steering_obeys
from oscvae.play.timeline import Timeline
from oscvae.play.together import Together
from oscvae.play.voice.ensemble import Ensemble
from oscvae.play.voice.pool import VoicePool
from oscvae.play.voice.voice import ALONE, Entry, Note, Voice
from oscvae.play.voice.words import NO_TOUCH, VOICE_WORDS, Touch
from oscvae.realtime import layout as at

STRETCH_MOST = 4.0
UNSTOPPED_MOST = 4096  # different notes, fractions included, whose starts are counted

obeys: Handlers[[Command, Client, int | None]] = Handlers("performer")


class Performer:
    """Obeys all that is heard.

    listener: hears of accepted changes, and of a panic, of this part. gain_db: its gain to start with. zones: those of
    MPE at the start. together: the moment that is obeyed, of all parts. part: 1 to 8.
    """

    def __init__(
        self,
        pool: VoicePool,
        models: ModelManager,
        timeline: Timeline,
        presets: Presets,
        macros: Macros,
        listener: Listener,
        *,
        gain_db: float,
        zones: Zones | None = None,
        together: Together | None = None,
        part: int = FIRST,
    ) -> None:
        self.pool = pool
        self.voices = Ensemble(pool, part)
        self.models = models
        self._part = part
        self._together = together or Together(pool)
        self.timeline = timeline
        self.macros = macros
        self._listener = listener
        self._cursor = Cursor(timeline, self._follow, self._tell_cursor)
        self._told = standing.at_the_start(gain_db, len(macros.names))  # what a new subscriber has to know
        self.keyboard = Keyboard(
            self.voices, timeline, self._cursor, listener, zones or Zones(), begin=self._begin, tell=self._tell
        )
        self.sound = Sound(self.voices, timeline, self._told)
        self.moves = Moves(
            self._cursor,
            models,
            presets,
            macros,
            self._told,
            also=self._also,
            tell=self._tell,
            tell_cursor=self._tell_cursor,
        )
        self.blends = Blends(pool, timeline, model=self._model, begin=self._begin, voice_of=self._voice)
        self._handlers = {
            **obeys.of(self),
            **blend_obeys.of(self.blends),
            **keyboard_obeys.of(self.keyboard),
            **moves_obeys.of(self.moves),
            **sound_obeys.of(self.sound),
            **steering_obeys.of(Steering(self._cursor, self._latent, self._place_of_now)),
        }
        self._unstopped: Counter[float] = Counter()  # by note: starts that no /stop of that note has followed yet

    @property
    def obeyed(self) -> Iterable[str]:
        """The paths of the rows that `obey` obeys."""
        return self._handlers.keys()

    # -- execution -----------------------------------------------------------------------------------------------------

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        """Obey commands of one moment, in order; what cannot be obeyed is answered, the rest goes on."""
        with self._together.moment(commands):
            for command in commands:
                self.obey(command, client, due_ns)

    def obey(self, command: Command, client: Client, due_ns: int | None) -> None:
        """One command of the moment that has begun; why it cannot be obeyed is answered."""
        try:
            self._handlers[command.row.path](command, client, due_ns)
        except OscvaeError as error:
            if command.starts_note:
                self._together.lacks()
            client.fail(command.path, error)
        else:
            if command.row.told:
                self._tell(command.address, self._as_numbers(command), client)

    def _tell(self, path: str, args: Sequence[Any], by: Client | None) -> None:
        if path in self._told:
            self._told[path] = args
        self._listener.changed(path, args, by)

    def state(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """Where everything stands that subscribers are told of: address and arguments."""
        if self.cursor:
            yield "/z", self.cursor
        yield from self._told.items()

    def standing(self, path: str) -> Sequence[Any]:
        """The arguments at which `path` stands; raises CommandError for one that stands nowhere."""
        if path in self._told:
            return self._told[path]
        row, n = find(path, self.models.info().dims)
        if row.index == "channel":
            return self.keyboard.standing(row, n)
        return standing.of_cursor(path, self._point(self.cursor, self._model()), self._latent(), self._told)

    def begin_at_output(self, first: int) -> None:
        """The first of the outputs where its part is heard from the start."""
        self.voices.send_to(first // 2)
        self._told["/out"] = (first,)

    def adopt(self, loaded: Loaded) -> None:
        """A new model is current: the cursor goes to its latent mean, unless it only replaces a decoder that died."""
        if loaded.revived and len(self.cursor) == loaded.info.dims:
            return
        self._cursor.reset(tuple(loaded.document.latent.mean))

    def _model(self) -> Loaded:
        if self.models.current is None:
            raise CommandError(no_model(self._part))
        return self.models.current

    def _latent(self) -> Latent:
        return self._model().document.latent

    def _point(self, z: Point, loaded: Loaded) -> Point:
        if len(z) != loaded.info.dims:
            raise CommandError(
                f"the model {loaded.name!r} has {loaded.info.dims} dimensions, not {len(z)}: it has changed, or is "
                "another part's"
            )
        return z

    def _place_of(self, place: Point | str, loaded: Loaded) -> tuple[Point, Mix]:
        """The latent point that a command names, by its numbers or by its name, and the fine detail there."""
        if isinstance(place, str):
            return self.moves.place(place, loaded)
        return self._point(place, loaded), ()

    def _place_of_now(self, place: Point | str) -> tuple[Point, Mix]:
        """The same of the model that is current."""
        return self._place_of(place, self._model())

    def _as_numbers(self, command: Command) -> Sequence[Any]:
        """The arguments of a command that was obeyed, with numbers where it named a point."""
        if not command.named_points:
            return command.args
        args: list[Any] = []
        for arg in command.row.args:
            value = command.values[arg.name]
            args.extend(self._place_of(value, self._model())[0] if arg.kind == "latent" else (value,))
        return tuple(args)

    # -- notes ---------------------------------------------------------------------------------------------------------

    def _begin(
        self,
        kind: Literal["play", "interp", "note", "voice"],
        command: Command,
        client: Client,
        due_ns: int | None,
        *,
        z: Point | str,
        velocity: float,
        note: float | None = None,
        blend: tuple[float, ...] | None = None,
        is_live: bool = False,
        detail: Mix = (),
        seconds: float | None = None,
        stretch: float | None = None,
        voice_id: int | None = None,
        instead: Voice | None = None,
        channel: int = 0,
        touch: Touch = NO_TOUCH,
        entry: Entry = ALONE,
    ) -> Voice:
        """Start a voice. note: unless it is the command's. z: a name brings its own detail. blend: recordings along
        which it goes. is_live: it goes along the live input. voice_id: the client's own. instead: the voice that makes
        room, before any other. channel: of the key; touch: all that is added to it. entry: how it comes in."""
        loaded = self._model()
        point, own_detail = self._place_of(z, loaded)
        rate = self.pool.engine.rate
        group, size, is_first = (0, 0, False) if entry.again else self._together.join()
        taken = entry.takes
        is_moved = entry.moved and taken is not None and taken.loaded is loaded
        asked = Note(
            id=self.pool.new_id() if voice_id is None else voice_id,
            note=float(command.values["note"]) if note is None else note,
            blend=blend,
            is_live=is_live,
            z=touch.place(point, loaded),
            detail=own_detail or detail,
            detail_share=self.sound.detail_share,
            kind=kind,
            channel=channel,
            loaded=loaded,
            client=client,
            path=command.path,
            owner=None if voice_id is None else client.key,
            velocity=taken.asked.velocity if is_moved and taken is not None else velocity,
            stop_sample=-1 if seconds is None else round(seconds * rate),
            attack=round(self.sound.attack_s * rate),
            hold=self._hold(loaded, kind, seconds),
            release_s=None if self.sound.releases_as_told else loaded.document.held_release_s,
            stretch=self.sound.stretch if stretch is None else stretch,
            start_frame=-1 if due_ns is None else self.timeline.frame_at(due_ns),
            group=group,
            group_size=size,
            group_first=is_first,
            glide_from=entry.glide_from,
            glide=round(entry.glide_s * rate),
            moved=is_moved,
            part=self._part,
        )
        voice = Voice(asked, numbers=touch.numbers(rate), takes=taken)
        self.pool.start(voice, taken if instead is None else instead)
        if len(self._unstopped) >= UNSTOPPED_MOST:
            self._unstopped.clear()
        self._unstopped[asked.note] += 1
        if not entry.again:
            self._together.began()
        return voice

    def _hold(self, loaded: Loaded, kind: str, seconds: float | None) -> int:
        """How a note of a model that sustains is held: who is not sure to let go passes the region once."""
        if loaded.document.region is None:
            return at.HOLD_NONE
        return at.HOLD_PASS if kind in ("play", "interp") and seconds is None else at.HOLD_WALK

    @obeys("/play")
    def _play(self, command: Command, client: Client, due_ns: int | None) -> None:
        values = command.values
        self._begin(
            "play", command, client, due_ns, z=values["z"], velocity=values["velocity"], seconds=values["seconds"]
        )

    @obeys("/voice/new")
    def _voice_new(self, command: Command, client: Client, due_ns: int | None) -> None:
        values = command.values
        old = self.pool.find(client.key, values["id"])
        self._begin(
            "voice",
            command,
            client,
            due_ns,
            z=values["z"],
            velocity=values["velocity"],
            seconds=values["seconds"],
            voice_id=values["id"],
            instead=old,
        )
        if old is not None:
            self.timeline.defer(due_ns, lambda: self.pool.fade(old))

    @obeys("/interp")
    def _interp(self, command: Command, client: Client, due_ns: int | None) -> None:
        values = command.values
        loaded = self._model()
        (start, start_detail), (end, end_detail) = (self._place_of(values[name], loaded) for name in "ab")
        seconds = values["seconds"]
        stretch, held_s = self.sound.stretch, None
        if loaded.document.region is not None or loaded.document.is_endless:
            held_s = seconds or None
        elif seconds > loaded.seconds * stretch:
            stretch = min(STRETCH_MOST, seconds / loaded.seconds)
        velocity = values["velocity"]
        voice = self._begin(
            "interp",
            command,
            client,
            due_ns,
            z=start,
            detail=start_detail,
            velocity=velocity,
            seconds=held_s,
            stretch=stretch,
        )
        began_s = self.timeline.moment_s(due_ns)
        voice.journey = Glide(began_s, max(seconds, 1e-6), start, end, start_detail, end_detail)
        self.timeline.keep_ticking()

    @obeys("/stop")
    def _stop(self, command: Command, client: Client, due_ns: int | None) -> None:
        note = command.values["note"]
        voices = [voice for voice in self.voices.playing() if note is None or voice.asked.note == note]
        for voice in voices:
            self.keyboard.let_go(voice, due_ns)
        self.keyboard.forget(note)
        if note is None:
            return
        started = self._unstopped[note]
        if started:  # even if it has rung out: a key that is let go of late is no mistake
            self._unstopped[note] -= 1
        elif not voices:
            raise CommandError(f"no voice plays note {note:g}")

    @obeys("/panic")
    def _silence(self, command: Command, client: Client, due_ns: int | None) -> None:
        is_for_all = command.is_for_all
        self.timeline.defer(due_ns, self.pool.panic if is_for_all else self.voices.silence)
        self.hush(due_ns)
        self.timeline.defer(due_ns, lambda: self._listener.panic(part=None if is_for_all else self._part))

    def hush(self, due_ns: int | None) -> None:
        """Take keys and pedals for up, and have the cursor stay where it is, as silence was asked for."""
        self.keyboard.lift_pedals()  # whoever asks for silence may show them, too
        self.keyboard.forget()
        self.timeline.defer(due_ns, lambda: self._cursor.forget(due_ns))
        self._cursor.halt(due_ns)

    # -- single voices -------------------------------------------------------------------------------------------------

    def _voice(self, command: Command, client: Client) -> Voice:
        voice = self.pool.find(client.key, command.values["id"])
        if voice is None:
            raise CommandError(f"no voice {command.values['id']} of yours sounds")
        return voice

    @obeys("/voice/set")
    def _voice_set(self, command: Command, client: Client, due_ns: int | None) -> None:
        voice = self._voice(command, client)
        name, value = command.values["name"], command.values["value"]
        pool = self.pool
        if due_ns is not None and voice.asked.start_frame >= self.timeline.frame_at(due_ns):
            due_ns = None  # it begins then, and with what its own bundle sets
        if self.blends.sets(voice, name):
            self.blends.set(voice, name, value, due_ns)
            return
        if name == "z":
            z, detail = self._place_of(value[0] if isinstance(value[0], str) else value, voice.loaded)
            z = voice.loaded.info.point(z)
            voice.journey = None
            self.timeline.defer(due_ns, lambda: pool.move(voice, z, detail))
            return
        if name == "detail":
            self.timeline.defer(due_ns, lambda: pool.fade_detail(voice, value[0]))
            return
        voice.own_release = voice.own_release or name == "release"
        word, number = VOICE_WORDS[name](value[0], pool.engine.rate)
        self.timeline.defer(due_ns, lambda: pool.set_number(voice, word, number))

    @obeys("/voice/stop")
    def _voice_stop(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.keyboard.let_go(self._voice(command, client), due_ns)

    # -- cursor --------------------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> Point:
        """Where it will be after all that was handed over, which is what is told and kept."""
        return self._cursor.point

    def _tell_cursor(self) -> None:
        self._listener.changed("/z", self.cursor, None)

    def _follow(self, first: float, end: float) -> None:
        self.keyboard.follow(first, end)

    def tick(self) -> bool:
        """Move on what travels by itself; False when nothing does any more."""
        if self._cursor.travels:
            self._cursor.tick()
            self._tell_cursor()
        moving = self._cursor.travels
        now_s = self.timeline.moment_s()
        for voice in self.voices.playing():
            if voice.journey is not None:
                z, voice.journey, detail = State(voice.z, voice.journey, voice.detail).ticked(now_s)
                self.pool.move(voice, z, detail)
                moving = moving or voice.journey is not None
        return moving

    # -- what commands ask for besides ---------------------------------------------------------------------------------

    def _also(self, message: Message, path: str, client: Client, due_ns: int | None) -> None:
        """Obey what `path` asks for besides, of the same part; it is told to all, whoever caused it included."""
        try:
            command = parse(message, self.models.info())
            if command is not None:
                self._handlers[command.row.path](command, client, due_ns)
        except OscvaeError as error:  # a dimension that this model has not: the others are moved
            client.fail(path, error)
        else:
            if command is not None:
                self._tell(command.address, command.args, None)
