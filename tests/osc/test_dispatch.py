"""Dispatch: bundles are opened in order, moments kept apart, errors answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from oscvae.errors import BusyError, CommandError
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.dispatch import Dispatcher
from oscvae.osc.mapping import AddressMap, Rule
from oscvae.osc.packets import Bundle, Message, Packet, decode, ns_to_timetag
from oscvae.osc.parse import Command, ModelInfo

NOW_NS = 1_800_000_000 * 10**9
MS = 10**6


class Recorder:
    """Executor and scheduler in one: what was handed over, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[int | None, list[str]]] = []
        self.commands: list[Command] = []
        self.error: Exception | None = None

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        self._record(None, commands)

    def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
        self._record(due_ns, commands)

    def _record(self, due_ns: int | None, commands: Sequence[Command]) -> None:
        if self.error is not None:
            raise self.error
        self.calls.append((due_ns, [command.path for command in commands]))
        self.commands.extend(commands)


class Stage:
    """A dispatcher with a recorder behind it and a client whose answers are kept."""

    def __init__(self, **options: Any) -> None:
        self.recorder = Recorder()
        self.answers: list[Packet] = []
        send: Callable[[bytes, Client], None] = lambda packet, client: self.answers.append(decode(packet))  # noqa: E731
        self.client = Client("udp", "127.0.0.1", 5000, True, 64, send, ErrorLimiter(100))
        self.dispatcher = Dispatcher(
            self.recorder, self.recorder, lambda: ModelInfo(2), now_ns=lambda: NOW_NS, **options
        )

    def handle(self, packet: Packet) -> list[tuple[int | None, list[str]]]:
        self.dispatcher.handle(packet, self.client)
        return self.recorder.calls


def bundle(due_ns: int | None, *elements: Packet) -> Bundle:
    return Bundle(1 if due_ns is None else ns_to_timetag(due_ns), elements)


A, B, C, D = (Message("/z/1", (0.1,)), Message("/gain", (0,)), Message("/panic"), Message("/status"))


def test_a_message_is_obeyed_now() -> None:
    stage = Stage()
    assert stage.handle(A) == [(None, ["/z/1"])]
    assert stage.recorder.commands[0].values == {"n": 1, "value": 0.1}
    assert stage.answers == []


def test_a_bundle_for_now_is_one_call() -> None:
    assert Stage().handle(bundle(None, A, bundle(None, B, bundle(None, C)), D)) == [
        (None, ["/z/1", "/gain", "/panic", "/status"])
    ]


def test_a_timed_bundle_waits() -> None:
    due = NOW_NS + 50 * MS
    assert Stage().handle(bundle(due, A, B)) == [(due, ["/z/1", "/gain"])]


def test_a_late_bundle_is_obeyed_and_counted() -> None:
    stage = Stage()
    assert stage.handle(bundle(NOW_NS - 5 * MS, A, B)) == [(None, ["/z/1", "/gain"])]
    assert stage.dispatcher.late == 1


def test_zero_and_one_mean_now() -> None:
    stage = Stage()
    stage.handle(Bundle(0, (A,)))
    stage.handle(Bundle(1, (A,)))
    assert stage.recorder.calls == [(None, ["/z/1"])] * 2
    assert stage.dispatcher.late == 0


def test_nested_bundles_keep_their_moments_and_their_order() -> None:
    soon, later = NOW_NS + 10 * MS, NOW_NS + 20 * MS
    calls = Stage().handle(bundle(soon, A, bundle(later, B), C, bundle(None, D)))
    assert calls == [(soon, ["/z/1", "/panic", "/status"]), (later, ["/gain"])]


def test_an_inner_bundle_is_never_before_its_outer_one() -> None:
    soon, later = NOW_NS + 10 * MS, NOW_NS + 20 * MS
    assert Stage().handle(bundle(later, bundle(soon, A), bundle(NOW_NS - MS, B))) == [(later, ["/z/1", "/gain"])]


def test_the_far_future_is_refused() -> None:
    stage = Stage(horizon_s=60)
    assert stage.handle(bundle(NOW_NS + 61 * 10**9, A, B)) == []
    assert stage.handle(bundle(NOW_NS + 59 * 10**9, A)) == [(NOW_NS + 59 * 10**9, ["/z/1"])]
    (answer,) = stage.answers
    assert isinstance(answer, Message)
    assert answer.args[0] == "#bundle"
    assert "61 s ahead, at most 60 s" in answer.args[1]


def test_timetags_can_be_ignored() -> None:
    stage = Stage(use_timetags=False)
    assert stage.handle(bundle(NOW_NS + 10**15, A, bundle(NOW_NS - 10**15, B))) == [(None, ["/z/1", "/gain"])]
    assert stage.dispatcher.late == 0


def test_latency_delays_what_is_heard() -> None:
    stage = Stage(latency_s=0.02)
    due = NOW_NS + 20 * MS
    assert stage.handle(bundle(None, A, B, D, C)) == [(due, ["/z/1", "/gain"]), (None, ["/status", "/panic"])]
    stage.recorder.calls.clear()
    macros = Message("/macro/1", (0.5,)), Message("/macro", (1, 0.5)), Message("/macros")
    assert stage.handle(bundle(None, *macros)) == [(due, ["/macro/1", "/macro"]), (None, ["/macros"])]
    stage.recorder.calls.clear()
    assert stage.handle(bundle(NOW_NS + 50 * MS, A, C)) == [(NOW_NS + 50 * MS, ["/z/1", "/panic"])]


@pytest.mark.parametrize(
    ("address", "args"),
    [
        ("/preset/save", ("a",)),
        ("/preset/recall", ("a",)),
        ("/preset/delete", ("a",)),
        ("/presets", ()),
        ("/load", ("a",)),
        ("/record", ("a",)),
        ("/sync", (1,)),
    ],
)
def test_latency_keeps_the_order_of_what_depends_on_what_is_heard(address: str, args: tuple[Any, ...]) -> None:
    stage = Stage(latency_s=0.02)
    due = NOW_NS + 20 * MS
    assert stage.handle(bundle(None, A, Message(address, args), B)) == [(due, ["/z/1", address, "/gain"])]
    stage.recorder.calls.clear()
    assert stage.handle(Message(address, args)) == [(due, [address])]


def test_under_latency_a_panic_finds_what_stands_before_it_and_not_what_follows() -> None:
    stage = Stage(latency_s=0.02)
    due = NOW_NS + 20 * MS
    calls = stage.handle(bundle(None, A, C, B, D))
    assert calls == [(due, ["/z/1"]), (None, ["/panic"]), (due, ["/gain"]), (None, ["/status"])]


def test_under_latency_a_panic_is_obeyed_when_nothing_more_may_wait() -> None:
    class Full(Recorder):
        def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
            raise BusyError("busy")

    stage = Stage(latency_s=0.02)
    stage.dispatcher._scheduler = Full()
    assert stage.handle(bundle(None, A, C)) == [(None, ["/panic"])]
    assert stage.answers == [Message("/fail", ("/z/1", "busy"), "ss")]


def test_a_wrong_message_fails_and_the_others_go_on() -> None:
    stage = Stage()
    assert stage.handle(bundle(None, A, Message("/z", (1,)), B)) == [(None, ["/z/1", "/gain"])]
    assert stage.answers == [Message("/fail", ("/z", "expected z1 z2, got 1 argument"), "ss")]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (Message("/paly", (1,)), "unknown address, did you mean /play?"),
        (Message("/qqqqqqqqqqq"), "unknown address, /help lists them"),
        (Message("/z/*", (1,), "i", True), "address patterns are not supported, name one address"),
    ],
)
def test_failures(message: Message, why: str) -> None:
    stage = Stage()
    assert stage.handle(message) == []
    assert stage.answers == [Message("/fail", (message.address, why), "ss")]


@pytest.mark.parametrize("path", ["/fail", "/done", "/status.reply", "/pong", "/voice/on"])
def test_answers_are_not_answered(path: str) -> None:
    stage = Stage()
    assert stage.handle(Message(path, ("x",))) == []
    assert stage.answers == []


@pytest.mark.parametrize("due_ns", [None, NOW_NS + MS])
@pytest.mark.parametrize("error", [BusyError("busy"), CommandError("no")])
def test_an_error_that_escapes_is_answered(due_ns: int | None, error: Exception) -> None:
    stage = Stage()
    stage.recorder.error = error
    stage.handle(bundle(due_ns, A, B))
    assert stage.answers == [Message("/fail", ("/z/1", str(error)), "ss")]


def test_mapped_addresses() -> None:
    address_map = AddressMap({"/1/fader1": Rule("/gain", spans=((-60, 6),)), "/1/push": Rule("/panic", (), press=True)})
    stage = Stage(address_map=address_map)
    stage.handle(bundle(None, Message("/1/fader1", (1.0,)), Message("/1/push", (0.0,)), Message("/1/push", (1.0,))))
    assert stage.recorder.calls == [(None, ["/gain", "/panic"])]
    assert stage.recorder.commands[0].args == (6.0,)
    stage.handle(Message("/1/fader1", ("loud",)))
    assert stage.answers == [Message("/fail", ("/1/fader1", "gain must be a finite number, got 'loud'"), "ss")]


def test_an_empty_bundle_is_nothing() -> None:
    assert Stage().handle(bundle(NOW_NS + MS, bundle(None))) == []
