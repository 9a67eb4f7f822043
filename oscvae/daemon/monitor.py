"""Listening and looking over the network: what the callback leaves in the monitor's ring goes out, 20 ms at a time, and
as pictures.

The callback overwrites the oldest and waits for nobody; one reader follows its head and sends the same packets to all.
What a line does not take in time is dropped there (`osc.web.door`), so nothing here waits either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

from oscvae.daemon.scope import FRAMES, PICTURES_PER_S, picture
from oscvae.errors import CommandError
from oscvae.osc.client import Client
from oscvae.osc.packets import encode_message
from oscvae.osc.vocabulary import reply_args
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine

CHUNKS_PER_S = 50
_POLL_S = 0.01
_FRAME_MASK = 2**31 - 1
_BEHIND_MOST = at.MONITOR_FRAMES // 2  # frames; a reader that was stopped for so long goes on with the newest
_FULL_SCALE = 32767.0

Send = Callable[[bytes], None]


class Monitor:
    """The engine's output for any number of listeners and watchers; lives on the event clock."""

    def __init__(self, engine: Engine) -> None:
        self.line_of: Callable[[Client], Send | None] = lambda client: None  # for what is worth nothing later
        self._engine = engine
        self._listeners: dict[Hashable, Send] = {}
        self._watchers: dict[Hashable, Send] = {}
        self._began = 0  # where the ring was first written to for those of now
        self._heard = self._seen = 0  # up to where
        self._rate = 0  # of what is in the ring
        self._task: asyncio.Task[None] | None = None

    def hear(self, client: Client, on: bool) -> None:
        """/monitor. Raises CommandError."""
        if on:
            self.listen(client.key, self._line(client, "sound goes"))
        else:
            self.listen_no_more(client.key)

    def show(self, client: Client, on: bool) -> None:
        """/scope. Raises CommandError."""
        if on:
            self.watch(client.key, self._line(client, "pictures go"))
        else:
            self.watch_no_more(client.key)

    def _line(self, client: Client, what: str) -> Send:
        send = self.line_of(client)
        if send is None:
            raise CommandError(f"{what} over a WebSocket only, at http.port")
        return send

    def listen(self, key: Hashable, send: Send) -> None:
        """From now on `send` gets each packet of the sound; `key` names who listens."""
        self._begin()
        if not self._listeners:
            self._heard = self._engine.word(at.E_MONITOR_HEAD)
        self._listeners[key] = send

    def watch(self, key: Hashable, send: Send) -> None:
        """From now on `send` gets each picture, none while it is silent; `key` names who looks."""
        self._begin()
        self._watchers[key] = send

    def listen_no_more(self, key: Hashable) -> None:
        """End it for who listened; nothing happens where nobody of that name did."""
        self._listeners.pop(key, None)
        self._end()

    def watch_no_more(self, key: Hashable) -> None:
        """The same for who looked."""
        self._watchers.pop(key, None)
        self._end()

    def leave(self, key: Hashable) -> None:
        """Both, for who is gone."""
        self.listen_no_more(key)
        self.watch_no_more(key)

    def close(self) -> None:
        """End it for all."""
        self._listeners.clear()
        self._watchers.clear()
        self._end()

    def _begin(self) -> None:
        if self._task is not None:
            return
        self._began, self._rate = self._engine.word(at.E_MONITOR_HEAD), self._engine.rate
        self._engine.set_word(at.E_MONITOR_ON, 1)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def _end(self) -> None:
        if self._listeners or self._watchers or self._task is None:
            return
        self._engine.set_word(at.E_MONITOR_ON, 0)
        self._task.cancel()
        self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            self.pump()

    def pump(self) -> None:
        """Send all that is whole."""
        if self._listeners:
            self._pump_sound()
        if self._watchers:
            self._pump_picture()

    def _pump_sound(self) -> None:
        rate = self._engine.rate
        size = rate // CHUNKS_PER_S
        head = self._engine.word(at.E_MONITOR_HEAD)
        if not 0 <= head - self._heard <= _BEHIND_MOST:
            self._heard = head
        while head - self._heard >= size:
            samples = np.rint(self._samples(self._heard, size) * _FULL_SCALE).astype("<i2")
            frame = self._heard & _FRAME_MASK
            packet = encode_message("/sound", reply_args("/sound", rate=rate, frame=frame, pcm=samples.tobytes()))
            self._heard += size
            for send in list(self._listeners.values()):
                send(packet)

    def _pump_picture(self) -> None:
        rate = self._engine.rate
        head = self._engine.word(at.E_MONITOR_HEAD)
        if head < self._began or rate != self._rate:  # another audio server
            self._began, self._rate = head, rate
        step = rate // PICTURES_PER_S
        if head - self._began < FRAMES or 0 <= head - self._seen < step:
            return
        self._seen = head - head % step
        packet = picture(self._samples(head - FRAMES, FRAMES), rate)
        if packet is not None:
            for send in list(self._watchers.values()):
                send(packet)

    def _samples(self, begin: int, size: int) -> NDArray[np.float32]:
        """[size, 2] from a frame on."""
        places = np.arange(begin, begin + size) & (at.MONITOR_FRAMES - 1)
        samples: NDArray[np.float32] = self._engine.monitor[places]
        return samples
