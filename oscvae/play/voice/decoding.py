"""What the voices ask of their decoders: the first block of a note, and moves, each in its turn."""

from __future__ import annotations

import itertools
from collections import deque

from oscvae.decode.decoder import Decoder
from oscvae.decode.pool import put_details
from oscvae.decode.wire import BLEND, BLENDED, CURVE, END, LISTEN, MOVE, NOTE_ON, OFFSET, STEER, Request
from oscvae.model.detail import detail_size
from oscvae.play.journey import Point
from oscvae.play.voice.voice import Voice
from oscvae.realtime import layout as at


class Decoding:
    """Requests to the decoders of all voices."""

    def __init__(self) -> None:
        self._waiting: deque[Voice] = deque()  # voices whose next move waits for its turn
        self._moves = itertools.count(1)
        self._over: list[tuple[Decoder, Request]] = []  # streams whose decoders have not been told of it
        self._steers: dict[tuple[Voice, int], tuple[float, ...]] = {}  # of blends, that found no room

    def __contains__(self, voice: object) -> bool:
        return voice in self._waiting

    def request(self, voice: Voice, kind: int, z: Point) -> bool:
        """Ask for a decode; False if the decoder has no room."""
        decoder = voice.loaded.decoder
        if voice.loaded.document.is_endless:
            return self._steer(voice, kind, z)
        if not decoder.free_blocks:
            return False
        block = decoder.free_blocks.pop()
        # moves go in turn: by when their notes began, some voices would always come before others
        deadline = max(voice.asked.start_frame, 0) if kind == NOTE_ON else next(self._moves)
        details = _detail(voice, block) if voice.detail else ()
        request = Request(kind, voice.slot, voice.generation, block, deadline, voice.asked.semitone, z, details)
        context = voice.loaded.context
        context.expect(block, voice.slot, voice.generation)
        if not decoder.send(request):
            context.expect_nothing(block)
            decoder.free_blocks.append(block)
            return False
        voice.in_flight = True
        return True

    def _steer(self, voice: Voice, kind: int, z: Point) -> bool:
        """Begin a stream, or bring it elsewhere; only its beginning is answered."""
        loaded = voice.loaded
        begins = kind == NOTE_ON
        if begins:
            loaded.context.expect_stream()
        block = at.CHUNKS * voice.slot
        if begins and voice.asked.blend is not None:
            kind, z = BLEND, _blended(voice)
        elif begins and voice.asked.is_live:
            kind, z = LISTEN, voice.steered.get(OFFSET, ())
        if not loaded.decoder.send(Request(kind, voice.slot, voice.generation, block, 0, voice.asked.semitone, z)):
            if begins:
                loaded.context.expect_stream(-1)
            return False
        voice.in_flight = voice.in_flight or begins
        return True

    def steer(self, voice: Voice, what: int, values: tuple[float, ...]) -> bool:
        """Bring a blend elsewhere; False if the decoder has no room: it is asked again, and the newest counts."""
        self._steers.pop((voice, what), None)
        self._steers[voice, what] = values
        self._send_steers()
        return not self._steers

    def _send_steers(self) -> None:
        for (voice, what), values in list(self._steers.items()):
            request = Request(STEER, voice.slot, voice.generation, -1, 0, what, values)
            if voice.slot < 0 or voice.stolen or not voice.loaded.decoder.alive or voice.loaded.decoder.send(request):
                del self._steers[voice, what]

    def end(self, voice: Voice) -> None:
        """A stream is over, and its slot is its no more."""
        request = Request(END, voice.slot, voice.generation, -1, 0, 0, ())
        self._over.append((voice.loaded.decoder, request))
        self._tell_ends()

    def _tell_ends(self) -> None:
        self._over = [(decoder, end) for decoder, end in self._over if decoder.alive and not decoder.send(end)]

    def line_up(self, voice: Voice) -> None:
        """The voice's next move waits for its turn."""
        if voice not in self._waiting:
            self._waiting.append(voice)

    def serve(self) -> None:
        """Request a decode for each voice that waits for one, in their order. Those whose decoder has no room keep
        their places: the last target is never lost."""
        self._tell_ends()
        if self._steers:
            self._send_steers()
        full: set[int] = set()  # contexts of such decoders
        for _ in range(len(self._waiting)):
            voice = self._waiting.popleft()
            if voice.wanted is None or voice.stolen or not voice.loaded.decoder.alive:
                continue
            if voice.loaded.index not in full:
                if self.request(voice, MOVE, voice.wanted):
                    voice.wanted = None
                    continue
                full.add(voice.loaded.index)
            self._waiting.append(voice)


def _blended(voice: Voice) -> tuple[float, ...]:
    """What BLEND asks for, with all that was set of the voice by now."""
    assert voice.asked.blend is not None
    a, b, *numbers = voice.asked.blend
    numbers = [voice.steered.get(what, (number,))[0] for what, number in zip(BLENDED, numbers, strict=True)]
    curve, offset = voice.steered.get(CURVE, ()), voice.steered.get(OFFSET, ())
    return (a, b, *numbers, float(len(curve)), *curve, *offset)


def _detail(voice: Voice, block: int) -> tuple[tuple[float, float], ...]:
    """Lay a voice's fine detail into the block that is to be filled; share and note of each part."""
    size = detail_size(voice.loaded.document.block_shape[1])
    note, share = voice.asked.semitone, voice.detail_share * voice.all_detail_share
    parts = [
        (detail, share * own * detail.at(note))
        for detail, own in voice.detail
        if share * detail.at(note) > 0.0 and detail.size == size  # another model may have come
    ]
    count = put_details(voice.loaded.decoder.pool[block], [detail.numbers for detail, _ in parts])
    return tuple((own, float(detail.note)) for detail, own in parts[:count])
