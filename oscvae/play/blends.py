"""Blends: voices along two recordings at once, or along the live input, of models that encode such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oscvae.decode.wire import CURVE, LOOP, MIX, OFFSET, POSITION, RATE
from oscvae.errors import CommandError
from oscvae.model.document import ModelDocument
from oscvae.model.streams import Streamed
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.parse import Command
from oscvae.play.journey import Point
from oscvae.play.models.loaded import Handle, Loaded
from oscvae.play.timeline import Timeline
from oscvae.play.voice.pool import VoicePool
from oscvae.play.voice.voice import Voice

obeys: Handlers[[Command, Client, int | None]] = Handlers("performer")

_STEERED = {"mix": MIX, "rate": RATE, "position": POSITION, "loop": LOOP, "z": OFFSET}
_OF_BLENDS = ("mix", "position", "loop")
"""Settings that no other voice has."""
_OF_SPEED = ("rate", "bend")
"""Settings that a voice along the live input has not."""


class Blends:
    """begin(command, client, due_ns, **more): starts a voice. voice_of(command, client): the one that is named; raises
    CommandError. model: that plays; raises CommandError where none does.
    """

    def __init__(
        self,
        pool: VoicePool,
        timeline: Timeline,
        *,
        model: Callable[[], Loaded],
        begin: Callable[..., Voice],
        voice_of: Callable[[Command, Client], Voice],
    ) -> None:
        self._pool = pool
        self._timeline = timeline
        self._model = model
        self._begin = begin
        self._voice_of = voice_of

    @obeys("/blend")
    def _blend(self, command: Command, client: Client, due_ns: int | None) -> None:
        values, loaded = command.values, self._model()
        document = self._encoding(loaded, "recordings")
        a, b = (self._recording(loaded, values[name]) for name in "ab")
        mix, rate = values["mix"], values["rate"]
        z = tuple(x + mix * (y - x) for x, y in zip(a.z, b.z, strict=True))
        blend = float(a.recording), float(b.recording), mix, rate, float(rate < 0.0), 0.0
        self._start(command, client, due_ns, document, z, blend=blend)

    def _start(
        self, command: Command, client: Client, due_ns: int | None, document: Streamed, z: Point, **more: Any
    ) -> None:
        """Begin a voice under the id that the command names; the one that has it gives way."""
        values = command.values
        old = self._pool.find(client.key, values["id"])
        self._begin(
            "voice",
            command,
            client,
            due_ns,
            note=float(document.root_note),
            z=z,
            velocity=values["velocity"],
            voice_id=values["id"],
            instead=old,
            **more,
        )
        if old is not None:
            self._timeline.defer(due_ns, lambda: self._pool.fade(old))

    def _encoding(self, loaded: Loaded, what: str) -> Streamed:
        """The document of a model that encodes such. Raises CommandError for any other."""
        document = loaded.document
        if isinstance(document, ModelDocument) or not loaded.decoder.encodes:
            raise CommandError(
                f"the model {loaded.name!r} encodes no {what}: /load one that does, as timbre or an nn~ model may"
            )
        return document

    def _recording(self, loaded: Loaded, name: str) -> Handle:
        handle = loaded.handles.find(name)
        if handle is None or handle.recording < 0:
            raise CommandError(
                f"no recording was encoded as {name!r} by {loaded.name!r}: /encode its file, /sounds lists them"
            )
        return handle

    @obeys("/listen")
    def _listen(self, command: Command, client: Client, due_ns: int | None) -> None:
        document = self._encoding(self._model(), "live input")
        live = self._pool.engine.live
        if live is None or live.rate == 0:
            raise CommandError("there is no live input: it takes audio.input: true in config.yaml, and JACK")
        self._start(command, client, due_ns, document, tuple(document.latent.mean), is_live=True)

    @obeys("/curve")
    def _curve(self, command: Command, client: Client, due_ns: int | None) -> None:
        voice = self._voice_of(command, client)
        self._check(voice, "a curve")
        if due_ns is not None and voice.asked.start_frame >= self._timeline.frame_at(due_ns):
            due_ns = None  # it begins then, and with what its own bundle says
        points = command.values["mix"]
        self._timeline.defer(due_ns, lambda: self._pool.steer(voice, CURVE, points))

    def sets(self, voice: Voice, name: str) -> bool:
        """Whether a setting of a voice is a blend's. Raises CommandError for one that this voice has not."""
        if name in _OF_BLENDS:
            self._check(voice, name)
        if voice.asked.is_live and name in _OF_SPEED:
            raise CommandError(f"voice {voice.asked.id} goes along the live input, whose speed is its own: no {name}")
        return voice.asked.goes_along and name in _STEERED

    def set(self, voice: Voice, name: str, value: tuple[Any, ...], due_ns: int | None) -> None:
        """Set what `sets` says is a blend's."""
        if isinstance(value[0], str):
            raise CommandError("z is added to where such a voice goes: numbers, not a name")
        numbers = tuple(map(float, value))
        if name == "z":
            info = voice.loaded.info
            if len(numbers) != info.dims:
                raise CommandError(f"voice {voice.asked.id} has {info.dims} dimensions, not {len(numbers)}")
            numbers = info.offset(numbers)
        self._timeline.defer(due_ns, lambda: self._pool.steer(voice, _STEERED[name], numbers))

    def _check(self, voice: Voice, what: str) -> None:
        if voice.asked.blend is None:
            raise CommandError(f"voice {voice.asked.id} is no blend, which alone has {what}")
