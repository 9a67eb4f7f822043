"""The sound: what all notes have, and what the next ones begin with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from oscvae.errors import CommandError
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.parse import Command
from oscvae.play.frames import FrameMoment
from oscvae.play.timeline import Timeline
from oscvae.play.voice.ensemble import Ensemble
from oscvae.play.voice.words import release_factor
from oscvae.units import db_to_gain

obeys: Handlers[[Command, Client, int | None]] = Handlers("performer")


class Sound:
    """What the next notes begin with: attack_s, release_s, stretch, detail_share; and what a part's voices share.

    told: where each address stands at the start, by path.
    """

    def __init__(self, voices: Ensemble, timeline: Timeline, told: Mapping[str, Sequence[Any]]) -> None:
        self._voices = voices
        self._timeline = timeline
        self.attack_s = float(told["/attack"][0])
        self.release_s = float(told["/release"][0])
        self.releases_as_told = False  # until then a model's own release goes before it
        self.stretch = float(told["/stretch"][0])
        self.detail_share = float(told["/detail"][0])
        voices.set_gain(db_to_gain(told["/gain"][0]))
        self.apply_release()

    @obeys("/gain")
    def _set_gain(self, command: Command, client: Client, due_ns: int | None) -> None:
        gain = db_to_gain(command.values["gain"])
        self._timeline.defer(due_ns, lambda: self._voices.set_gain(gain))

    @obeys("/pan")
    def _set_pan(self, command: Command, client: Client, due_ns: int | None) -> None:
        pan = command.values["pan"]
        self._timeline.defer(due_ns, lambda: self._voices.set_pan(pan))

    @obeys("/bend")
    def _set_bend(self, command: Command, client: Client, due_ns: int | None) -> None:
        bend = command.values["bend"]
        if isinstance(due_ns, FrameMoment):
            due_ns = None  # a wheel is heard a buffer late anyway, and the note after it must begin with it
        self._timeline.defer(due_ns, lambda: self._voices.set_bend(bend))

    def apply_release(self) -> None:
        """Tell the callback the release, at the engine's present rate."""
        self._voices.set_release(release_factor(self.release_s, self._voices.pool.engine.rate))

    @obeys("/release")
    def _set_release(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.release_s = command.values["release"]
        self.releases_as_told = True
        self._timeline.defer(due_ns, self._change_release)

    def _change_release(self) -> None:
        self.apply_release()
        self._voices.release_as_all()

    @obeys("/freeze")
    def _freeze(self, command: Command, client: Client, due_ns: int | None) -> None:
        on = command.values["on"]
        self._timeline.defer(due_ns, lambda: self._voices.freeze(on))

    @obeys("/detail")
    def _fade_detail(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.detail_share = share = command.values["share"]
        end = math.inf if due_ns is None else self._timeline.frame_at(due_ns)  # what begins then has it by then
        self._timeline.defer(due_ns, lambda: self._voices.fade_details(share, end))

    @obeys("/out")
    def _send(self, command: Command, client: Client, due_ns: int | None) -> None:
        first, outputs = command.values["first"], self._voices.pool.engine.outputs
        if first % 2 == 0 or first > outputs:
            there = ", ".join(map(str, range(1, outputs, 2)))
            raise CommandError(f"first must be {there}, got {first}: audio.outputs in config.yaml is {outputs}")
        self._timeline.defer(due_ns, lambda: self._voices.send_to(first // 2))

    @obeys("/attack")
    def _set_attack(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.attack_s = command.values["attack"]

    @obeys("/stretch")
    def _set_stretch(self, command: Command, client: Client, due_ns: int | None) -> None:
        self.stretch = command.values["stretch"]
