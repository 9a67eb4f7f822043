"""The connections of our JACK ports to others that the configuration asks for, made as those ports appear."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Literal, Protocol

from oscvae.audio.backend import STOP_TIMEOUT_S, Connections, bounded
from oscvae.errors import AudioError

log = logging.getLogger(__name__)

OUTPUTS_MOST = 16
MIDI_PORT = "midi_in"
LIVE_PORT = "in_1"

_JOIN_S = 0.2  # connecting a few ports takes milliseconds


def out_port(n: int) -> str:
    """What our N-th output is called, counted from 1."""
    return f"out_{n}"


class Ports(Protocol):
    """A JACK client's view of all ports; each may raise AudioError."""

    def playback(self) -> list[str]:
        """The physical audio inputs."""

    def capture(self) -> list[str]:
        """The physical audio outputs, which are what is recorded."""

    def keyboards(self) -> list[str]:
        """The physical MIDI outputs."""

    def has(self, name: str) -> bool:
        """Whether there is such a port."""

    def connect(self, source: str, target: str) -> bool:
        """Whether they are connected now."""


class Patchbay:
    """Makes each wanted connection once, as soon as its ports are there; one that a user undoes is not made again.

    When a port has gone away, as that of an unplugged keyboard does, and returns, it is connected again. `targets`,
    `midi_sources` and `live_sources` are as JackBackend's `connect`, `midi` and `live`, `outputs` how many there are.
    """

    def __init__(
        self,
        ports: Ports,
        client_name: str,
        targets: Connections,
        midi_sources: Connections,
        outputs: int = 2,
        live_sources: Connections = (),
    ) -> None:
        self._ports = ports
        self._name = client_name
        self._targets = targets
        self._midi_sources = midi_sources
        self._live_sources = live_sources
        self._outputs = outputs
        self._lacks_source = False  # that nothing records was said
        self._busy = threading.Lock()
        self._over = False
        self._states: dict[tuple[str, str], Literal["made", "missing", "refused"]] = {}

    def join_up(self) -> None:
        """Make what is wanted and not made yet; at most STOP_TIMEOUT_S, whatever the server does."""
        if not self._busy.acquire(blocking=False):
            return  # a server that hangs still holds the last call
        if bounded(self._join, STOP_TIMEOUT_S) is None:
            log.debug("the JACK server is slow to connect ports")

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        """Connect nothing within, nor ever after: for closing the client."""
        self._over = True
        alone = self._busy.acquire(timeout=_JOIN_S)
        try:
            yield
        finally:
            if alone:
                self._busy.release()

    def _join(self) -> bool:
        try:
            if not self._over:
                wanted = self._wanted()
                for gone in self._states.keys() - set(wanted):  # those of "auto" whose port is not listed any more
                    self._states[gone] = "missing"
                for source, target in wanted:
                    self._connect(source, target)
        except AudioError as error:
            log.warning("%s", error)
        finally:
            self._busy.release()
        return True

    def _wanted(self) -> list[tuple[str, str]]:
        """(output, input) by name."""
        targets, sources, live = self._targets, self._midi_sources, self._live_sources
        if targets == "auto":
            physical = self._ports.playback()[: self._outputs]
            targets = physical * (2 if len(physical) == 1 else 1)
        if sources == "auto":
            sources = self._ports.keyboards()
        if live == "auto":
            live = self._ports.capture()[:1]
            if not live and not self._lacks_source:
                log.warning("JACK has no port that records: connect one to %s:%s", self._name, LIVE_PORT)
            self._lacks_source = not live
        outputs = [(f"{self._name}:{out_port(i % self._outputs + 1)}", target) for i, target in enumerate(targets)]
        return [
            *outputs,
            *((source, f"{self._name}:{MIDI_PORT}") for source in sources),
            *((source, f"{self._name}:{LIVE_PORT}") for source in live),
        ]

    def _connect(self, source: str, target: str) -> None:
        pair = source, target
        other = target if source.startswith(f"{self._name}:") else source
        before = self._states.get(pair)
        if not self._ports.has(other):
            self._states[pair] = "missing"
            if before is None:
                log.warning(
                    "JACK has no port %r: %s is connected to %s when it appears; jack_lsp -t lists those there are",
                    *(other, source, target),
                )
        elif before in {None, "missing"}:
            made = self._ports.connect(source, target)
            self._states[pair] = "made" if made else "refused"
            if not made:
                log.warning("JACK refuses to connect %s to %s: it takes an output and an input of one kind", *pair)
            elif before == "missing":
                log.info("connected %s to %s", source, target)
