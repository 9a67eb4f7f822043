"""One voice: what a command asked for, and what has become of it since."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Literal

from oscvae.decode.wire import LOOP, RATE
from oscvae.model.detail import Mix
from oscvae.osc.client import Client
from oscvae.osc.parts import FIRST
from oscvae.play.journey import Glide, Point
from oscvae.play.models.loaded import Loaded
from oscvae.play.voice.words import NO_TOUCH, Touch
from oscvae.realtime import layout as at

SLOWEST = 0.01
"""Rate below which a blend is as good as standing."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a command asks for.

    id: the client's own, or negative. owner: whose id it is. velocity: 0 to 1, the gain is its square. stop_sample: of
    the voice, at which it releases by itself; -1 = never. attack: samples. hold: one of the HOLD_ values. release_s:
    its model's; None = the player's. start_frame: -1 = as soon as it is ready. group: of the notes that begin together,
    0 = alone. channel: of the key, 1 to 16; 0 = none. detail: fine detail that goes with z. detail_share: of it,
    that all voices have. glide_from: semitones from which its pitch glides to its own, in `glide` samples. moved: it
    goes on in the note of the voice that it takes over from. blend: what BLEND asks for (`decode.wire`), of a voice
    along two recordings. is_live: it goes along the live input. part: that plays it.
    """

    id: int
    note: float
    z: Point
    kind: Literal["play", "interp", "note", "voice"]
    loaded: Loaded
    client: Client | None = None
    path: str = "/play"
    owner: Hashable = None
    velocity: float = 0.8
    stop_sample: int = -1
    attack: int = 0
    stretch: float = 1.0
    start_frame: int = -1
    group: int = 0
    group_size: int = 0
    group_first: bool = False
    hold: int = at.HOLD_NONE
    release_s: float | None = None
    channel: int = 0
    detail: Mix = ()
    detail_share: float = 1.0
    glide_from: float = 0.0
    glide: int = 0
    moved: bool = False
    blend: tuple[float, ...] | None = None
    is_live: bool = False
    part: int = FIRST

    @property
    def goes_along(self) -> bool:
        """Whether its way through latent space is that of a sound, and z is added to it."""
        return self.is_live or self.blend is not None

    @property
    def semitone(self) -> int:
        """The MIDI note that is decoded."""
        return self.loaded.document.decoded_note(self.note)

    def fail(self, why: object) -> None:
        """Tell whoever asked for it why it cannot be played."""
        if self.client is not None:
            self.client.fail(self.path, why)


@dataclass(slots=True, eq=False)
class Voice:
    """One note, from the command to its slot's return."""

    asked: Note
    z: Point = ()
    detail: Mix = ()
    detail_share: float = 1.0  # of it, that was set for this voice
    all_detail_share: float = 1.0  # and for all
    stop_frame: int = 0  # from which a release counts; 0 = at once
    steered: dict[int, tuple[float, ...]] = field(default_factory=dict)  # what was set of a blend, by STEER's numbers
    begun: bool = False  # its decoder was asked
    numbers: dict[int, float] = field(default_factory=dict)  # what was set while it waited for a slot, by word
    own_release: bool = False  # one that was set for it alone
    journey: Glide | None = None
    touch: Touch = NO_TOUCH  # of its channel, as it was while the key was down
    held: bool = True
    pedalled: bool = False
    releasing: bool = False
    stolen: bool = False
    slot: int = -1
    generation: int = 0
    order: int = 0
    heard: bool = False
    in_flight: bool = False
    wanted: Point | None = None
    takes: Voice | None = None  # that ends where this one begins
    taker: Voice | None = None  # where which begins this one ends

    def __post_init__(self) -> None:
        self.z, self.detail, self.all_detail_share = self.asked.z, self.asked.detail, self.asked.detail_share

    @property
    def ends(self) -> bool:
        """Whether it is a blend that comes to the end of its recordings."""
        if self.asked.blend is None:
            return False
        _, _, _, rate, _, loop = self.asked.blend
        rate, loop = self.steered.get(RATE, (rate,))[0], self.steered.get(LOOP, (loop,))[0]
        return abs(rate) >= SLOWEST and loop == 0.0

    @property
    def loaded(self) -> Loaded:
        return self.asked.loaded

    @property
    def follows(self) -> bool:
        """Whether it goes where the cursor goes."""
        return self.asked.kind == "note" and (self.held or self.pedalled)


@dataclass(frozen=True, slots=True)
class Entry:
    """How a voice comes in.

    takes: the voice that ends where it begins. moved: it goes on in the note of that one. again: it is the note of a
    key that was down already. glide_from: semitones from which its pitch glides to its own, in glide_s seconds.
    """

    takes: Voice | None = None
    moved: bool = False
    again: bool = False
    glide_from: float = 0.0
    glide_s: float = 0.0


ALONE = Entry()
