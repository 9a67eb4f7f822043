"""A performer by itself: voices that are only counted, a timeline that the test moves on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from oscvae.errors import CommandError
from oscvae.model.detail import Mix
from oscvae.osc.client import Client
from oscvae.osc.packets import Message
from oscvae.osc.parse import ModelInfo, parse
from oscvae.play.listener import Listener
from oscvae.play.macros import read_macros
from oscvae.play.models.loaded import Handles
from oscvae.play.parts import Parts
from oscvae.play.performer import Performer
from oscvae.play.presets import Preset
from oscvae.play.together import Together
from oscvae.play.voice.voice import Voice
from oscvae.realtime.engine import Engine
from parts.asker import Asker

MODEL = ModelInfo(2, note_min=40, note_max=80)
LATER = 10**18  # Unix ns, frame 1000
MOMENT = LATER // 1000  # a frame


PRESETS = {"far": Preset((9.0, 9.0)), "near": Preset((0.5, 0.5))}


class Pool:
    """Voices that are only counted."""

    def __init__(self) -> None:
        self.engine = Engine(4, 48_000, 16, np.zeros(16, np.float32))
        self.started: list[Voice] = []
        self.complete = 0  # groups
        self.moves: list[tuple[float, ...]] = []
        self.faded: list[tuple[float, float]] = []

    def new_group(self) -> int:
        return 7

    def hold(self) -> None:
        pass

    def begin_held(self) -> None:
        pass

    def complete_group(self, group: int) -> None:
        assert group == 7
        self.complete += 1

    def new_id(self) -> int:
        return -1

    def find(self, owner: Hashable, id_: int) -> Voice | None:
        return next((voice for voice in self.started if voice.asked.id == id_), None)

    def start(self, voice: Voice, instead: Voice | None) -> None:
        self.started.append(voice)

    def release(self, voice: Voice, frame: int) -> None:
        voice.held = False

    def move(self, voice: Voice, z: tuple[float, ...], detail: Mix = ()) -> None:
        if (z, detail) != (voice.z, voice.detail):
            voice.z, voice.detail = z, detail
            self.moves.append(z)

    def fade_detail(self, voice: Voice, share: float) -> None:
        voice.detail_share = share

    def fade_shared_detail(self, voice: Voice, share: float) -> None:
        voice.all_detail_share = share

    def set_number(self, voice: Voice, word: int, value: float) -> None:
        pass

    def fade(self, voice: Voice) -> None:
        self.started.remove(voice)

    def panic(self) -> None:
        self.started.clear()

    def playing(self) -> Sequence[Voice]:
        return [voice for voice in self.started if voice.held]


class Timeline:
    """Where whatever is deferred waits until `come` says that its moment has come."""

    def __init__(self) -> None:
        self._changes: list[tuple[int, int, Callable[[], None]]] = []
        self.deferred = 0
        self.now_s = 0.0

    def come(self, due_ns: int) -> None:
        """Make what is due by then, in the order of time."""
        due = sorted(change for change in self._changes if change[0] <= due_ns)
        self._changes = [change for change in self._changes if change[0] > due_ns]
        for _, _, change in due:
            change()

    def moment_s(self, due_ns: int | None = None) -> float:
        return self.now_s

    def keep_ticking(self) -> None:
        pass

    def frame_at(self, due_ns: int) -> int:
        return due_ns // MOMENT

    def defer(self, due_ns: int | None, change: Callable[[], None]) -> None:
        if due_ns is None:
            change()
        else:
            self._changes.append((due_ns, self.deferred, change))
            self.deferred += 1


class Performing(Listener, Asker):
    """A performer, what it tells subscribers, and what its client is answered.

    region: of a model that sustains.
    """

    def __init__(
        self,
        macros: Mapping[str, Mapping[str, tuple[float, float]]] = {},
        region: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.pool, self.timeline = Pool(), Timeline()
        latent = SimpleNamespace(low=(-2.0, -2.0), high=(2.0, 2.0))
        document = SimpleNamespace(latent=latent, region=region, held_release_s=None, is_endless=False)
        current = SimpleNamespace(
            name="small", info=MODEL, document=document, presets={}, handles=Handles(), seconds=1.7
        )
        self.handles: Handles = current.handles
        models: Any = SimpleNamespace(current=current, info=lambda: MODEL, part=1)
        pool: Any = self.pool
        timeline: Any = self.timeline
        self.presets = dict(PRESETS)
        presets: Any = SimpleNamespace(find=self._find, names=lambda model: list(self.presets))
        self.told: list[tuple[str, tuple[Any, ...], Client | None]] = []
        together = Together(pool)
        self.performer = Performer(
            pool, models, timeline, presets, read_macros(macros), self, gain_db=0.0, together=together
        )
        part: Any = SimpleNamespace(number=1, performer=self.performer, models=models)
        self.parts = Parts([part], together)
        start: Any = SimpleNamespace(revived=False, document=SimpleNamespace(latent=SimpleNamespace(mean=(0.0, 0.0))))
        self.performer.adopt(start)
        faded = self.pool.faded
        self.performer.voices.fade_details = lambda share, end: faded.append((share, end))  # type: ignore
        self.told.clear()

    def _find(self, model: str, name: str, dims: int) -> Preset:
        if name not in self.presets:
            raise CommandError(f"no preset {name!r}")
        return self.presets[name]

    def changed(self, path: str, args: Sequence[Any], by: Client | None) -> None:
        self.told.append((path, tuple(args), by))

    def do(self, *messages: tuple[Any, ...], due_ns: int | None = None) -> None:
        commands = [parse(Message(address, args), MODEL) for address, *args in messages]  # type: ignore[arg-type]
        self.performer.execute(commands, self.client, due_ns)
