"""Listening over the network: what the callback leaves in the monitor's ring goes out, 20 ms at a time.

The callback overwrites the oldest and waits for nobody; one reader follows its head and sends the same packet to all
listeners. What a listener's line does not take in time is dropped there (`osc.web.door`), so nothing here waits either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

import numpy as np

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
    """The engine's output for any number of listeners; lives on the event clock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._listeners: dict[Hashable, Send] = {}
        self._at = 0
        self._task: asyncio.Task[None] | None = None

    def add(self, key: Hashable, send: Send) -> None:
        """From now on `send` gets each packet; `key` names who listens."""
        if not self._listeners:
            self._at = self._engine.word(at.E_MONITOR_HEAD)
            self._engine.set_word(at.E_MONITOR_ON, 1)
            self._task = asyncio.get_running_loop().create_task(self._run())
        self._listeners[key] = send

    def remove(self, key: Hashable) -> None:
        """Who listened does so no more; nothing happens where nobody of that name did."""
        if self._listeners.pop(key, None) is not None and not self._listeners:
            self.close()

    def close(self) -> None:
        """End it for all."""
        self._listeners.clear()
        self._engine.set_word(at.E_MONITOR_ON, 0)
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            self.pump()

    def pump(self) -> None:
        """Send all that is whole."""
        engine = self._engine
        rate = engine.rate
        size = rate // CHUNKS_PER_S
        head = engine.word(at.E_MONITOR_HEAD)
        if not 0 <= head - self._at <= _BEHIND_MOST:
            self._at = head
        while head - self._at >= size:
            places = np.arange(self._at, self._at + size) & (at.MONITOR_FRAMES - 1)
            samples = np.rint(engine.monitor[places] * _FULL_SCALE).astype("<i2")
            frame = self._at & _FRAME_MASK
            packet = encode_message("/sound", reply_args("/sound", rate=rate, frame=frame, pcm=samples.tobytes()))
            self._at += size
            for send in list(self._listeners.values()):
                send(packet)
