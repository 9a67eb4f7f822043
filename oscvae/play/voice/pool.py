"""The voice pool as the event clock sees it: which slot plays what, who gives way, what each voice is to become.

Control owns a slot from IDLE to ARMED and touches nothing of it in between but the words that are its own (stop, gain,
pan, bend). What comes back from the other clocks arrives as events.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import replace

import numpy as np

from oscvae.decode.wire import CURVE, MIX, NOTE_ON
from oscvae.errors import BusyError, CommandError
from oscvae.model.detail import Mix
from oscvae.osc.parts import joined
from oscvae.play.journey import Point
from oscvae.play.link import RendererLink
from oscvae.play.listener import Listener
from oscvae.play.models.loaded import Loaded
from oscvae.play.voice.decoding import Decoding
from oscvae.play.voice.voice import Voice
from oscvae.play.voice.words import release_factor
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import load_float, load_word, store_float, store_word
from oscvae.units import semitones_to_ratio

WAITING_MOST = 64  # notes that may wait for a stolen voice's slot
NOT_FINITE = 2  # status of a decode

log = logging.getLogger(__name__)


class VoicePool:
    """Slots of an engine, `limit` of which sound at once; the rest are spare, for the fade of a stolen voice.

    listener: told of /voice/on and /voice/off.
    """

    def __init__(self, engine: Engine, link: RendererLink, limit: int, listener: Listener) -> None:
        self.engine = engine
        self.limit = limit
        self.epoch = 0
        self.busy = 0
        self.decode_ns = 2_000_000.0  # a slowly falling maximum
        self.decodes = 0
        self._link = link
        self._listener = listener
        self._free = list(range(engine.slots - 1, -1, -1))
        self._by_slot: dict[int, Voice] = {}
        self._waiting: deque[Voice] = deque()
        self._decoding = Decoding()
        self._holds = False
        self._held: list[Voice] = []  # blends whose moment goes on
        self._order = itertools.count(1)
        self._generation = itertools.count(1)
        self._ids = itertools.count(1)
        self._groups = itertools.count(1)
        self._floats = engine.voices.view(np.float64)

    # -- what sounds ---------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Voice]:
        """Voices that may sound or will, oldest first; not those that a newer note pushed out."""
        return iter(sorted((v for v in self._by_slot.values() if not v.stolen), key=lambda v: v.order))

    def __len__(self) -> int:
        return sum(not v.stolen for v in self._by_slot.values())

    def playing(self) -> list[Voice]:
        """Voices that may sound or will, oldest first, those that have no slot yet included."""
        return [*self, *self._waiting]

    def waiting_voices(self) -> list[Voice]:
        """Notes that have no slot yet."""
        return list(self._waiting)

    def all(self) -> list[Voice]:
        """Every voice that has a slot, fading ones included."""
        return list(self._by_slot.values())

    @property
    def idle(self) -> bool:
        return not self._by_slot and not self._waiting

    def new_id(self) -> int:
        """An id for a voice that no client named."""
        return -next(self._ids)

    def new_group(self) -> int:
        """A number for notes that begin together. They wait for `complete_group`, so it must come before the next."""
        return next(self._groups)

    def complete_group(self, group: int) -> None:
        """All notes of the group are begun, and all is set that they begin with."""
        self.engine.set_word(at.E_GROUP_COMPLETE, group)
        self._link.wake()

    def find(self, owner: Hashable, id_: int) -> Voice | None:
        """The newest voice that `owner` calls `id_`, sounding or about to; negative ids belong to everybody."""
        named = [
            voice
            for voice in (*self._by_slot.values(), *self._waiting)
            if voice.asked.id == id_ and not voice.stolen and (id_ < 0 or voice.asked.owner == owner)
        ]
        return max(named, key=lambda voice: voice.order, default=None)

    # -- beginning -----------------------------------------------------------------------------------------------------

    def start(self, voice: Voice, instead: Voice | None = None) -> None:
        """Begin a voice, stealing one if the pool is full (`instead` before any other); raises BusyError if even the
        wait for a slot is full."""
        self._check_decoder(voice)
        most = min(WAITING_MOST, self.limit)  # more could never sound at once
        if len(self._waiting) >= most:
            self.busy += 1
            raise BusyError(f"busy: {most} notes wait for a voice already")
        voice.order = next(self._order)
        self._succeed(voice)
        is_full = self._is_full(voice)
        if len(self) + len(self._waiting) >= self.limit or is_full:
            if instead is not None and not instead.stolen:
                self.fade(instead)
            else:
                self._steal(voice.loaded if is_full else None)
        if self._free and self._has_copy(voice.loaded):
            self._arm(voice)
        else:
            self._waiting.append(voice)
            voice.loaded.waiting += 1

    def _succeed(self, voice: Voice) -> None:
        """Settle which voice ends where this one begins: not one that would begin there as well, but the one before."""
        taken = voice.takes
        if taken is None:
            return
        asked, before = voice.asked, taken.asked
        is_together = asked.group == before.group > 0 or asked.start_frame == before.start_frame >= 0
        if taken.slot < 0 or (is_together and not taken.heard):
            voice.takes, taken.takes = taken.takes, None
            voice.asked = replace(asked, moved=asked.moved and before.moved)
            if not taken.stolen:
                self.fade(taken)
        if voice.takes is not None:
            voice.takes.taker = voice

    def _end_taken(self, voice: Voice) -> None:
        """A voice ends unheard: what would have ended where it begins ends now."""
        taken, voice.takes = voice.takes, None
        if taken is not None and not taken.stolen:
            self.fade(taken)

    def _check_decoder(self, voice: Voice) -> None:
        if not voice.loaded.decoder.alive:
            raise CommandError(f"the model {voice.loaded.name!r} has no decoder any more: /load one")

    def _is_full(self, voice: Voice) -> bool:
        """Whether a model with memory inside plays as many voices as it has copies, besides the one that this takes
        over from."""
        most = voice.loaded.decoder.streams
        others = (other for other in self.playing() if other is not voice.takes)
        return 0 < most <= sum(other.loaded is voice.loaded for other in others)

    def _has_copy(self, loaded: Loaded) -> bool:
        """Whether such a model has a copy for one voice more; it has one to spare, for the fade of a stolen voice."""
        most = loaded.decoder.streams
        return most == 0 or loaded.voices <= most

    def _steal(self, loaded: Loaded | None = None) -> None:
        """Fade out the quietest releasing voice, else the oldest; of `loaded` only, if given."""
        candidates = [v for v in self._by_slot.values() if not v.stolen and loaded in (None, v.loaded)]
        if not candidates:
            if loaded is not None:  # all of them wait for a slot
                self.fade(next(voice for voice in self._waiting if voice.loaded is loaded))
            return
        releasing = [voice for voice in candidates if voice.releasing]
        if releasing:
            victim = min(releasing, key=lambda v: load_float(self.engine.voices[v.slot], at.V_LEVEL))
        else:
            victim = min(candidates, key=lambda v: v.order)
        self.fade(victim)

    def _arm(self, voice: Voice) -> None:
        self._check_decoder(voice)
        asked = voice.asked
        if not voice.loaded.decoder.free_blocks and not voice.loaded.document.is_endless:
            self.busy += 1
            raise BusyError("busy: no magnitude block is free")
        slot = self._free.pop()
        words, floats = self.engine.voices[slot], self._floats[slot]
        voice.slot = slot
        voice.generation = next(self._generation)
        words[:] = 0
        words[at.V_GENERATION] = voice.generation
        words[at.V_EPOCH] = self.epoch
        words[at.V_CONTEXT] = voice.loaded.index
        words[at.V_GROUP] = asked.group
        words[at.V_GROUP_SIZE] = asked.group_size
        words[at.V_START_FRAME] = asked.start_frame
        words[at.V_STOP_SAMPLE] = asked.stop_sample
        words[at.V_ATTACK] = asked.attack
        words[at.V_HOLD] = asked.hold
        words[at.V_PART] = asked.part - 1
        words[at.V_LIVE] = int(asked.is_live)
        if voice.takes is not None and voice.takes.slot >= 0:
            words[at.V_TAKES] = voice.takes.slot + 1
            words[at.V_TAKEN] = voice.takes.generation
            words[at.V_MOVED] = int(asked.moved)
        words[at.V_GLIDE] = asked.glide
        floats[at.V_GLIDE_FROM] = math.log(semitones_to_ratio(asked.glide_from))
        words[at.V_RELEASE_AT] = -1
        words[at.V_END] = -1
        words[at.V_ONSET_FRAME] = -1
        floats[at.V_STRETCH] = asked.stretch
        floats[at.V_PITCH] = semitones_to_ratio(asked.note - asked.semitone)
        floats[at.V_VELOCITY] = asked.velocity * asked.velocity
        if asked.release_s is not None:
            floats[at.V_RELEASE] = release_factor(asked.release_s, self.engine.rate)
        floats[at.V_RATE] = 1.0
        floats[at.V_GAIN] = 1.0
        floats[at.V_PAN] = 0.0
        floats[at.V_BEND] = 1.0
        for word, value in voice.numbers.items():
            (words if isinstance(value, int) else floats)[word] = value
        if voice.releasing:
            words[at.V_STOP_FRAME] = voice.stop_frame
            words[at.V_STOP] = at.STOP_RELEASE
        store_word(words, at.V_STATE, at.ARMED)
        self._by_slot[slot] = voice
        voice.loaded.voices += 1
        if not self._link.queue(at.ARM, slot, voice.generation, int(asked.group_first)):
            del self._by_slot[slot]
            voice.loaded.voices -= 1
            store_word(words, at.V_STATE, at.FREE)
            self._free.append(slot)
            self.busy += 1
            raise BusyError("busy: the renderer's queue is full")
        if self._holds and asked.goes_along:
            self._held.append(voice)
        else:
            self._request(voice)

    def _request(self, voice: Voice) -> None:
        voice.begun = True
        if not self._decoding.request(voice, NOTE_ON, voice.z):
            self.busy += 1
            voice.takes = None  # goes on: whoever asked is told that nothing takes its place
            self.fade(voice)
            raise BusyError("busy: the decoder takes no more requests")

    def hold(self) -> None:
        """Blends that begin from now on wait for what else their moment says of them."""
        self._holds = True

    def begin_held(self) -> None:
        """The moment is over."""
        self._holds = False
        held, self._held = self._held, []
        for voice in held:
            try:
                if not voice.stolen:
                    self._request(voice)
            except CommandError as error:
                voice.asked.fail(error)

    # -- while it sounds -----------------------------------------------------------------------------------------------

    def move(self, voice: Voice, z: Point, detail: Mix = ()) -> None:
        """Bring a sounding voice to another latent point, and the fine detail there; while one decode is in flight the
        newest target waits."""
        if z == voice.z and detail == voice.detail and voice.wanted is None:
            return
        if voice.stolen or not voice.loaded.decoder.alive:
            return
        voice.z, voice.detail = z, detail
        self._decode_anew(voice)

    def steer(self, voice: Voice, what: int, values: tuple[float, ...]) -> None:
        """Bring a blend elsewhere: what of it, and where (`decode.wire`)."""
        if what == MIX:
            voice.steered.pop(CURVE, None)
        voice.steered[what] = values
        if voice.begun and not voice.stolen and voice.loaded.decoder.alive:
            self.busy += not self._decoding.steer(voice, what, values)

    def fade_detail(self, voice: Voice, share: float) -> None:
        """A voice plays this share of its fine detail, 0 to 1, from now on."""
        if share != voice.detail_share:
            voice.detail_share = share
            if voice.detail and not voice.stolen and voice.loaded.decoder.alive:
                self._decode_anew(voice)

    def fade_shared_detail(self, voice: Voice, share: float) -> None:
        """A voice plays this share, 0 to 1, of the share that was set for it alone."""
        if share != voice.all_detail_share:
            voice.all_detail_share = share
            if voice.detail and voice.loaded.decoder.alive:
                self._decode_anew(voice)

    def _decode_anew(self, voice: Voice) -> None:
        if voice.slot < 0:
            return  # its first decode is still to come
        voice.wanted = voice.z
        if not voice.in_flight:
            self._decoding.line_up(voice)
            self._decoding.serve()
            self.busy += voice in self._decoding

    def serve_moves(self) -> None:
        """Request a decode for each voice that waits for one, in their order, and end the streams that are over."""
        self._decoding.serve()

    def release(self, voice: Voice, frame: int = 0) -> None:
        """Let the voice decay from `frame` on (0 = now)."""
        voice.held = voice.pedalled = False
        if voice.releasing:
            return
        voice.releasing = True
        voice.stop_frame = frame
        if voice.slot >= 0:
            words = self.engine.voices[voice.slot]
            store_word(words, at.V_STOP_FRAME, frame)
            store_word(words, at.V_STOP, at.STOP_RELEASE)

    def fade(self, voice: Voice) -> None:
        """End the voice within 5 ms, to make room."""
        voice.stolen = True
        if voice.slot >= 0:
            store_word(self.engine.voices[voice.slot], at.V_STOP, at.STOP_FADE)
            self._link.wake()
        elif voice in self._waiting:
            self._waiting.remove(voice)
            voice.loaded.waiting -= 1
            self._end_taken(voice)

    def set_number(self, voice: Voice, word: int, value: float) -> None:
        """One of the words that control may write at any time; `words` says which, and what a number is there."""
        if voice.slot >= 0:
            store = store_word if isinstance(value, int) else store_float
            store(self.engine.voices[voice.slot], word, value)
        else:
            voice.numbers[word] = value

    def number(self, voice: Voice, word: int, default: float) -> float:
        """What stands in one of these words that carries a float; default: where nothing was set."""
        if voice.slot < 0:
            return voice.numbers.get(word, default)
        return float(load_float(self.engine.voices[voice.slot], word))

    def panic(self) -> None:
        """Silence within a block; what is still being decoded stays silent."""
        self.epoch += 1
        for voice in list(self._waiting):
            self.fade(voice)
        for voice in self._by_slot.values():
            voice.stolen = True
        self.engine.set_word(at.E_EPOCH, self.epoch)
        self._link.wake()

    def abandon(self, loaded: Loaded) -> None:
        """A decoder died: its voices that wait for a first block end unheard, the sounding ones no longer move."""
        for voice in [*self._by_slot.values(), *self._waiting]:
            if voice.loaded is not loaded:
                continue
            is_empty = voice.in_flight or voice.slot < 0 or loaded.document.is_endless
            if is_empty and not voice.heard and not voice.stolen:
                self.fade(voice)
                voice.asked.fail(f"the decoder of {loaded.name!r} died before the note was decoded")
            elif loaded.document.is_endless and not voice.stolen:  # nothing comes after what it holds
                self.release(voice)
            voice.in_flight = False
            voice.wanted = None

    # -- events --------------------------------------------------------------------------------------------------------

    def heard(self, kind: int, slot: int, generation: int) -> None:
        """The callback began (VOICE_ON) or ended (VOICE_OFF) a voice."""
        voice = self._by_slot.get(slot)
        if voice is None or voice.generation != generation:
            return
        if kind == at.VOICE_ON:
            voice.heard = True
            if voice.taker is not None and voice.taker.stolen:  # was ready so late that the next is over
                self.fade(voice)
            self._listener.voice(joined(voice.asked.part, "/voice/on"), voice.asked.id, voice.asked.note)
        elif voice.heard:
            voice.stolen = True  # over: nothing of it can be moved or stolen any more
            self._listener.voice(joined(voice.asked.part, "/voice/off"), voice.asked.id, voice.asked.note)

    def decoded(self, slot: int, generation: int, status: int, took_ns: int) -> None:
        """A decode is done; status 0 is good, NOT_FINITE is an answer that is not."""
        self.decodes += 1
        self.decode_ns = max(float(took_ns), self.decode_ns * 0.999)
        voice = self._by_slot.get(slot)
        if voice is None or voice.generation != generation:
            return
        voice.in_flight = False
        if status:
            self._say_failure(voice, status)
        if voice.wanted is not None:
            self._decoding.line_up(voice)

    def failed(self, slot: int, generation: int, status: int) -> None:
        """A chunk of a stream that sounds could not be decoded: it ends, with what it has."""
        voice = self._by_slot.get(slot)
        if voice is None or voice.generation != generation or voice.stolen:
            return
        self._say_failure(voice, status)
        if not voice.heard:
            self.fade(voice)
        elif not voice.releasing:
            voice.asked.fail(f"the model {voice.loaded.name!r} {_reason(status)}: the voice ends")
            self.release(voice)

    def _say_failure(self, voice: Voice, status: int) -> None:
        log.error("decoding note %g %s", voice.asked.note, _reason(status))
        if not voice.heard:
            voice.asked.fail(f"the model {voice.loaded.name!r} {_reason(status)} at this point")

    def returned(self, slot: int, generation: int) -> None:
        """The renderer has let go of a slot: the next note that waits takes it."""
        voice = self._by_slot.get(slot)
        if voice is None or voice.generation != generation:
            return
        del self._by_slot[slot]
        voice.loaded.voices -= 1
        if voice.loaded.document.is_endless:
            self._decoding.end(voice)
        voice.slot = -1
        voice.stolen = True
        if not voice.heard:
            self._end_taken(voice)
        if voice.taker is not None:
            voice.taker.takes = None
        voice.takes = voice.taker = None
        assert load_word(self.engine.voices[slot], at.V_STATE) == at.IDLE
        store_word(self.engine.voices[slot], at.V_STATE, at.FREE)
        self._free.append(slot)
        while self._free and (waiting := next((v for v in self._waiting if self._has_copy(v.loaded)), None)):
            self._waiting.remove(waiting)
            waiting.loaded.waiting -= 1
            taken = waiting.takes
            try:
                self._arm(waiting)
            except CommandError as error:
                waiting.takes = taken
                self._end_taken(waiting)
                waiting.asked.fail(error)


def _reason(status: int) -> str:
    return "answered numbers that are not finite" if status == NOT_FINITE else "failed"
