"""The sound: what all notes have, and what the next ones begin with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.parse import Command
from oscvae.play.frames import FrameMoment
from oscvae.play.timeline import Timeline
from oscvae.play.voice.pool import VoicePool
from oscvae.play.voice.words import release_factor
from oscvae.realtime import layout as at
from oscvae.units import db_to_gain, semitones_to_ratio

obeys: Handlers[[Command, Client, int | None]] = Handlers("performer")


class Sound:
    """What the next notes begin with: attack_s, release_s, stretch, detail_share; and the engine's own numbers.

    told: where each address stands at the start, by path.
    """

    def __init__(self, pool: VoicePool, timeline: Timeline, told: Mapping[str, Sequence[Any]]) -> None:
        self._pool = pool
        self._timeline = timeline
        self.attack_s = float(told["/attack"][0])
        self.release_s = float(told["/release"][0])
        self.releases_as_told = False  # until then a model's own release goes before it
        self.stretch = float(told["/stretch"][0])
        self.detail_share = float(told["/detail"][0])
        pool.engine.set_number(at.E_GAIN, db_to_gain(told["/gain"][0]))
        self.apply_release()

    @obeys("/gain")
    def _set_gain(self, command: Command, client: Client, due_ns: int | None) -> None:
        gain = db_to_gain(command.values["gain"])
        self._timeline.defer(due_ns, lambda: self._pool.engine.set_number(at.E_GAIN, gain))

    @obeys("/pan")
    def _set_pan(self, command: Command, client: Client, due_ns: int | None) -> None:
        pan = command.values["pan"]
        self._timeline.defer(due_ns, lambda: self._pool.engine.set_number(at.E_PAN, pan))

    @obeys("/bend")
    def _set_bend(self, command: Command, client: Client, due_ns: int | None) -> None:
        ratio = semitones_to_ratio(command.values["bend"])
        if isinstance(due_ns, FrameMoment):
            due_ns = None  # a wheel is heard a buffer late anyway, and the note after it must begin with it
        self._timeline.defer(due_ns, lambda: self._pool.engine.set_number(at.E_BEND, ratio))

    def apply_release(self) -> None:
        """Tell the callback the release, at the engine's present rate."""
        engine = self._pool.engine
        engine.set_number(at.E_RELEASE, release_factor(self.release_s, engine.rate))

    @obeys("/release")
    def _set_release(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.release_s = command.values["release"]
        self.releases_as_told = True
        self._timeline.defer(due_ns, self._change_release)

    def _change_release(self) -> None:
        self.apply_release()
        self._pool.release_as_all()

    @obeys("/freeze")
    def _freeze(self, command: Command, client: Client, due_ns: int | None) -> None:
        on = int(command.values["on"])
        self._timeline.defer(due_ns, lambda: self._pool.engine.set_word(at.E_FREEZE, on))

    @obeys("/detail")
    def _fade_detail(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.detail_share = share = command.values["share"]
        end = math.inf if due_ns is None else self._timeline.frame_at(due_ns)  # what begins then has it by then
        self._timeline.defer(due_ns, lambda: self._pool.fade_all_details(share, end))

    @obeys("/attack")
    def _set_attack(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.attack_s = command.values["attack"]

    @obeys("/stretch")
    def _set_stretch(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.stretch = command.values["stretch"]
