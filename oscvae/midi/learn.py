"""What MIDI controllers do: midi.map of the configuration, and what /midi/learn has added, which is kept on disk.

74: /unit/2                                0..127 over all that the address takes, 64 in the middle
72: {to: /release, range: [0.05, 2]}
80: /preset/recall dark                    a button or footswitch: whenever 64 or more comes
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from oscvae.errors import CommandError, RuleError
from oscvae.files import why
from oscvae.midi.fine import PAIRS, TOGETHER_S, FinePairs, share
from oscvae.osc.binding import Binding, Press, bind_controller
from oscvae.osc.packets import Message
from oscvae.settings import documents
from oscvae.settings.disk import Disk
from oscvae.settings.sections import CONTROLLERS_LAST, MidiRule

FORMAT = 1
LEARN_S = 30.0  # that /midi/learn waits for a controller to be moved
# bank select, data entry and parameter numbers come along with something else, and would be learnt by accident
NOT_LEARNT = frozenset({0, 32, 6, 38, 96, 97, 98, 99, 100, 101})

Bound = Binding | Press

log = logging.getLogger(__name__)


def read_rules(rules: Mapping[int, MidiRule]) -> dict[int, Bound]:
    """The bindings that midi.map asks for. Raises RuleError for a rule that could never work."""
    bindings: dict[int, Bound] = {}
    for number, rule in rules.items():
        try:
            bindings[number] = bind_controller(rule.to, rule.span)
        except CommandError as error:
            raise RuleError(("midi", "map", str(number), "to"), str(error)) from None
    return bindings


def asked(binding: Bound, value: int) -> Message | None:
    """What a controller's `value`, 0 to 127, asks for: 64 is the middle, from which on a button is pressed."""
    return binding.at(share(value))


class Controllers:
    """The bindings by controller number; lives on the event clock. `open` it before use, `close` it at the end.

    rules: those of the configuration. file: where what is learnt is kept; it goes before the rules.
    """

    def __init__(self, rules: Mapping[int, Bound], file: Path) -> None:
        self._rules = dict(rules)
        self._learnt: dict[int, Bound] = {}
        self._on_disk: dict[int, Bound] = {}
        self._losses = 0  # how often what could not be written was taken back
        self._why_lost = ""
        self._file = file
        self._disk = Disk("the folder of learnt controllers", file.parent)
        self._is_read = False
        self._lock = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()
        self._learning: tuple[Bound, asyncio.Future[int]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pairs = FinePairs()
        self._alone: int | None = None  # what may be learnt if its coarse half does not come
        self._alone_timer: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """As `read`, but what cannot be read is logged."""
        try:
            await self.read()
        except CommandError as error:
            log.warning("%s", error)

    async def read(self) -> None:
        """Reads what was learnt, in a worker thread, unless it is known; until it is, nothing is written over it.

        Raises CommandError if it cannot be read.
        """
        async with self._lock:
            await self._read()

    async def _read(self) -> None:
        if not self._is_read:
            self._adopt(await self._disk.ask(partial(read, self._file), late=self._adopt))

    def _adopt(self, learnt: dict[int, Bound]) -> None:
        self._is_read = True
        self._on_disk = dict(learnt)
        newer = {binding.to for binding in self._learnt.values()}
        older = {number: binding for number, binding in learnt.items() if binding.to not in newer}
        self._learnt = {**older, **self._learnt}

    async def close(self) -> None:
        """Waits for what is being written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    def moved(self, channel: int, number: int, value: int) -> Message | None:
        """What the movement of a controller asks for, or None; it is learnt first if that is what is waited for."""
        if self._learning is not None and number not in NOT_LEARNT:
            self._consider(channel, number)
        binding = self._bound(number)
        if binding is None and PAIRS <= number < 2 * PAIRS:
            binding = self._bound(number - PAIRS)
            place = self._pairs.fine(channel, number - PAIRS, value)
            if binding is not None and binding.switch:
                return None  # the coarse half has said all
        else:
            place = self._pairs.coarse(channel, number, value)
            if binding is not None and binding.switch:
                place = share(value)
        return None if binding is None or place is None else binding.at(place)

    def has(self, number: int) -> bool:
        """Whether a controller does something by learning or by the configuration."""
        return self._bound(number) is not None

    def _bound(self, number: int) -> Bound | None:
        return self._learnt.get(number) or self._rules.get(number)

    # -- learning ------------------------------------------------------------------------------------------------------

    def learn(self, address: str) -> asyncio.Future[int]:
        """Binds the next controller that is moved to `address`, instead of the one it had learnt before.

        The future is its number, or a CommandError: superseded, cancelled, or too long waited for. Raises CommandError
        for an address that no controller can move.
        """
        binding = bind_controller(address)
        self.cancel("superseded")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        self._learning = binding, future
        self._timer = loop.call_later(LEARN_S, self.cancel, f"no controller was moved within {LEARN_S:.0f} s")
        return future

    def cancel(self, why: str = "cancelled") -> None:
        """Waits for no controller any more."""
        future = self._end_learning()
        if future is not None:
            future.set_exception(CommandError(why))

    def _end_learning(self) -> asyncio.Future[int] | None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._alone_timer is not None:
            self._alone_timer.cancel()
        self._alone = self._alone_timer = None
        if self._learning is None:
            return None
        _, future = self._learning
        self._learning = None
        return None if future.done() else future

    def _consider(self, channel: int, number: int) -> None:
        """Learn a controller that was moved, or the coarse one whose fine half it is."""
        coarse = number - PAIRS
        if not PAIRS <= number < 2 * PAIRS:
            if self._alone is None or number == self._alone - PAIRS:
                self._bind(number)
        elif self._pairs.just_came(channel, coarse):
            self._bind(coarse)
        elif self._alone is None:  # some send the fine half first: the next moment shows
            self._alone = number
            self._alone_timer = asyncio.get_running_loop().call_later(TOGETHER_S, self._bind, number)
        elif self._alone == number:
            self._bind(number)

    def _bind(self, number: int) -> None:
        assert self._learning is not None
        binding, _ = self._learning
        for other in [n for n, old in self._learnt.items() if old.to == binding.to]:
            del self._learnt[other]
        self._learnt[number] = binding
        log.info("MIDI controller %d has learnt %s", number, binding.to)
        future = self._end_learning()
        if future is not None:
            future.set_result(number)

    def forget(self, what: str | None = None) -> None:
        """Forgets what the controller of that number or address has learnt, or all that was learnt; midi.map stays.

        Raises CommandError if there is nothing of that kind.
        """
        if what is None:
            self._learnt.clear()
            return
        forgotten = [n for n, binding in self._learnt.items() if what in (str(n), binding.to)]
        if not forgotten:
            raise CommandError(f"no controller has learnt {what}")
        for number in forgotten:
            del self._learnt[number]

    async def keep(self) -> None:
        """Returns once what is learnt now is on disk; CommandError says why it cannot be, and then it is taken back."""
        await asyncio.shield(self._start_writing())

    def _start_writing(self) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._write(self._losses))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    async def _write(self, losses: int) -> None:
        """losses: how often something had been taken back when this was asked for."""
        async with self._lock:  # one writer at a time, each of what is learnt by then
            if losses != self._losses:
                raise CommandError(self._why_lost)
            learnt = dict(self._learnt)
            try:
                await self._read()
                learnt = dict(self._learnt)
                addresses = {str(number): learnt[number].to for number in sorted(learnt)}
                document = {"format": FORMAT, "controllers": addresses}
                await self._disk.ask(partial(documents.write, self._file, document), late=self._came_late)
            except (OSError, CommandError) as error:
                self._why_lost = f"what was learnt cannot be written: {why(error)}"
                log.warning("%s", self._why_lost)
                if self._learnt == learnt:  # else there is more to be written, and that decides
                    self._learnt = dict(self._on_disk)
                    self._losses += 1
                raise CommandError(self._why_lost) from error
            self._on_disk = learnt

    def _came_late(self, _: None) -> None:
        """What was given up, and taken back in memory, is on the disk now."""
        self._start_writing().add_done_callback(lambda task: task.cancelled() or task.exception())


def read(file: Path) -> dict[int, Bound]:
    """What was learnt, from `file`; nothing if it is not there. A damaged file is set aside, with a warning.

    Raises CommandError if it can neither be read nor set aside.
    """
    try:
        return _checked(documents.read(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CommandError(f"learnt MIDI controllers {file} cannot be read: {why(error)}") from error
    except (ValueError, CommandError, RecursionError) as damage:
        try:
            aside = documents.set_aside(file)
        except OSError as error:
            raise CommandError(
                f"learnt MIDI controllers {file} are damaged ({damage}) and cannot be moved: {why(error)}"
            ) from error
        log.warning("learnt MIDI controllers %s are damaged (%s): kept as %s", file, damage, aside.name)
        return {}


def _checked(document: object) -> dict[int, Bound]:
    """The bindings of a document that is what `Controllers` writes; ValueError or CommandError otherwise."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"not a document of format {FORMAT}")
    learnt = document.get("controllers")
    if not isinstance(learnt, dict) or not all(isinstance(address, str) for address in learnt.values()):
        raise ValueError("no controllers in it")
    numbers = {int(number): address for number, address in learnt.items()}
    if not all(0 <= number <= CONTROLLERS_LAST for number in numbers):
        raise ValueError(f"controllers are 0 to {CONTROLLERS_LAST}")
    return {number: bind_controller(address) for number, address in numbers.items()}
