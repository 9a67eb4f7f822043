"""The voices of one part, in the pool that all parts share: what is said to all of them at once."""

from __future__ import annotations

import math

from oscvae.play.voice.pool import VoicePool
from oscvae.play.voice.voice import Voice
from oscvae.realtime import layout as at
from oscvae.realtime.memory import load_word, store_word
from oscvae.units import semitones_to_ratio

SLOWEST_RATE = 0.01  # below which a note is as good as frozen


class Ensemble:
    """part: 1 to 8."""

    def __init__(self, pool: VoicePool, part: int) -> None:
        self.pool = pool
        self.part = part
        self._index = part - 1
        self._words = pool.engine.parts[self._index]

    def playing(self) -> list[Voice]:
        """Voices that may sound or will, oldest first, those that have no slot yet included."""
        return [voice for voice in self.pool.playing() if voice.asked.part == self.part]

    def silence(self) -> None:
        """End all of them within 5 ms, those that wait unheard."""
        for voice in self.playing():
            self.pool.fade(voice)

    # -- the words of the part -----------------------------------------------------------------------------------------

    def set_gain(self, gain: float) -> None:
        self.pool.engine.set_of_part(self._index, at.P_GAIN, gain)

    def set_pan(self, pan: float) -> None:
        """Balance, -1 to 1."""
        self.pool.engine.set_of_part(self._index, at.P_PAN, pan)

    def set_bend(self, semitones: float) -> None:
        self.pool.engine.set_of_part(self._index, at.P_BEND, semitones_to_ratio(semitones))

    def set_release(self, factor: float) -> None:
        """Of voices that have none of their own, per sample."""
        self.pool.engine.set_of_part(self._index, at.P_RELEASE, factor)

    def freeze(self, on: bool) -> None:
        """While it is on, read positions stand still."""
        store_word(self._words, at.P_FREEZE, int(on))

    def send_to(self, pair: int) -> None:
        """A pair of outputs, counted from 0."""
        store_word(self._words, at.P_PAIR, pair)

    # -- of each voice -------------------------------------------------------------------------------------------------

    def fade_details(self, share: float, end: float = math.inf) -> None:
        """So much of its fine detail has every voice that begins before frame `end`, and of that what was set for
        itself."""
        for voice in self.playing():
            if voice.asked.start_frame < end:
                self.pool.fade_shared_detail(voice, share)

    def release_as_all(self) -> None:
        """Let every voice that has the release of its model have that of the part."""
        for voice in self.playing():
            if voice.asked.release_s is not None and not voice.own_release:
                self.pool.set_number(voice, at.V_RELEASE, 0.0)

    def release_endless(self) -> None:
        """Let every voice go that nothing but a stop would end."""
        frozen = int(load_word(self._words, at.P_FREEZE)) == 1
        for voice in self.playing():
            held = voice.asked.hold == at.HOLD_WALK or (voice.loaded.document.is_endless and not voice.ends)
            rate = self.pool.number(voice, at.V_RATE, 1.0)
            stands = not voice.loaded.document.is_endless and (frozen or rate < SLOWEST_RATE)
            if voice.asked.stop_sample < 0 and (held or stands):
                self.pool.release(voice)
