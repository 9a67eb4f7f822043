"""Dispatch: bundles are opened in order, moments kept apart, errors answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from oscvae.errors import BusyError, CommandError
from oscvae.osc.client import Client
from oscvae.osc.dispatch import Dispatcher
from oscvae.osc.mapping import AddressMap, Rule
from oscvae.osc.packets import Bundle, Message, Packet, decode, ns_to_timetag
from oscvae.osc.parse import Command, ModelInfo
from parts.asker import Asker

NOW_NS = 1_800_000_000 * 10**9
MS = 10**6


class Handed:
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


class Dispatching(Asker):
    """A dispatcher, what it hands over, and what its client is answered."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.handed = Handed()
        self.dispatcher = Dispatcher(
            self.handed, self.handed, lambda part: ModelInfo(2), now_ns=lambda: NOW_NS, **options
        )

    def handle(self, packet: Packet) -> list[tuple[int | None, list[str]]]:
        self.dispatcher.handle(packet, self.client)
        return self.handed.calls


def bundle(due_ns: int | None, *elements: Packet) -> Bundle:
    return Bundle(1 if due_ns is None else ns_to_timetag(due_ns), elements)


A, B, C, D = (Message("/z/1", (0.1,)), Message("/gain", (0,)), Message("/panic"), Message("/status"))


def test_a_message_is_obeyed_now() -> None:
    dispatching = Dispatching()
    assert dispatching.handle(A) == [(None, ["/z/1"])]
    assert dispatching.handed.commands[0].values == {"n": 1, "value": 0.1}
    assert dispatching.answers == []


def test_a_bundle_for_now_is_one_call() -> None:
    assert Dispatching().handle(bundle(None, A, bundle(None, B, bundle(None, C)), D)) == [
        (None, ["/z/1", "/gain", "/panic", "/status"])
    ]


def test_a_timed_bundle_waits() -> None:
    due = NOW_NS + 50 * MS
    assert Dispatching().handle(bundle(due, A, B)) == [(due, ["/z/1", "/gain"])]


def test_a_late_bundle_is_obeyed_and_counted() -> None:
    dispatching = Dispatching()
    assert dispatching.handle(bundle(NOW_NS - 5 * MS, A, B)) == [(None, ["/z/1", "/gain"])]
    assert dispatching.dispatcher.late == 1


def test_zero_and_one_mean_now() -> None:
    dispatching = Dispatching()
    dispatching.handle(Bundle(0, (A,)))
    dispatching.handle(Bundle(1, (A,)))
    assert dispatching.handed.calls == [(None, ["/z/1"])] * 2
    assert dispatching.dispatcher.late == 0


def test_nested_bundles_keep_their_moments_and_their_order() -> None:
    soon, later = NOW_NS + 10 * MS, NOW_NS + 20 * MS
    calls = Dispatching().handle(bundle(soon, A, bundle(later, B), C, bundle(None, D)))
    assert calls == [(soon, ["/z/1", "/panic", "/status"]), (later, ["/gain"])]


def test_an_inner_bundle_is_never_before_its_outer_one() -> None:
    soon, later = NOW_NS + 10 * MS, NOW_NS + 20 * MS
    assert Dispatching().handle(bundle(later, bundle(soon, A), bundle(NOW_NS - MS, B))) == [(later, ["/z/1", "/gain"])]


def test_the_far_future_is_refused() -> None:
    dispatching = Dispatching(horizon_s=60)
    assert dispatching.handle(bundle(NOW_NS + 61 * 10**9, A, B)) == []
    assert dispatching.handle(bundle(NOW_NS + 59 * 10**9, A)) == [(NOW_NS + 59 * 10**9, ["/z/1"])]
    (answer,) = dispatching.answers
    assert answer[1][0] == "#bundle"
    assert "61 s ahead, at most 60 s" in answer[1][1]


HOUR = 3600 * 10**9


def test_a_timetag_hours_away_is_of_a_foreign_clock(caplog: pytest.LogCaptureFixture) -> None:
    dispatching = Dispatching()
    for hours in (3, -3, 24 * 365):
        dispatching.handle(bundle(NOW_NS + hours * HOUR, A, B))
    assert dispatching.handed.calls == [(None, ["/z/1", "/gain"])] * 3
    assert dispatching.dispatcher.late == 3
    assert dispatching.answers == []
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("the timetags of udp 127.0.0.1:5000 are 3 hours ahead of this machine's clock: ")
    assert line.endswith("osc.timetags: ignore")


def test_a_clock_that_counts_from_its_own_start_plays_at_once() -> None:
    """Second 337 since 1900, as a device without a clock sends it."""
    dispatching = Dispatching()
    start = bytes.fromhex("2362756e646c650000000151000000000000000c2f70696e670000002c000000")
    dispatching.handle(decode(start))
    assert dispatching.handed.calls == [(None, ["/ping"])]
    assert dispatching.dispatcher.late == 1


def test_a_foreign_clock_inside_a_timed_bundle_keeps_its_bundles_moment() -> None:
    soon = NOW_NS + 10 * MS
    assert Dispatching().handle(bundle(soon, A, bundle(NOW_NS - 5 * HOUR, B))) == [(soon, ["/z/1", "/gain"])]


@pytest.mark.parametrize("ahead_s", [3601, 5400, 7199])
def test_what_may_have_been_meant_is_refused_and_not_played_an_hour_early(ahead_s: int) -> None:
    dispatching = Dispatching()
    assert dispatching.handle(bundle(NOW_NS + ahead_s * 10**9, A)) == []
    (answer,) = dispatching.answers
    assert f"timetag {ahead_s} s ahead, at most 3600 s are kept" in answer[1][1]
    assert dispatching.dispatcher.late == 0


def test_timetags_can_be_ignored() -> None:
    dispatching = Dispatching(use_timetags=False)
    assert dispatching.handle(bundle(NOW_NS + 10**15, A, bundle(NOW_NS - 10**15, B))) == [(None, ["/z/1", "/gain"])]
    assert dispatching.dispatcher.late == 0


def test_latency_delays_what_is_heard() -> None:
    dispatching = Dispatching(latency_s=0.02)
    due = NOW_NS + 20 * MS
    assert dispatching.handle(bundle(None, A, B, D, C)) == [(due, ["/z/1", "/gain"]), (None, ["/status", "/panic"])]
    dispatching.handed.calls.clear()
    macros = Message("/macro/1", (0.5,)), Message("/macro", (1, 0.5)), Message("/macros")
    assert dispatching.handle(bundle(None, *macros)) == [(due, ["/macro/1", "/macro"]), (None, ["/macros"])]
    dispatching.handed.calls.clear()
    assert dispatching.handle(bundle(NOW_NS + 50 * MS, A, C)) == [(NOW_NS + 50 * MS, ["/z/1", "/panic"])]


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
    dispatching = Dispatching(latency_s=0.02)
    due = NOW_NS + 20 * MS
    assert dispatching.handle(bundle(None, A, Message(address, args), B)) == [(due, ["/z/1", address, "/gain"])]
    dispatching.handed.calls.clear()
    assert dispatching.handle(Message(address, args)) == [(due, [address])]


def test_under_latency_a_panic_finds_what_stands_before_it_and_not_what_follows() -> None:
    dispatching = Dispatching(latency_s=0.02)
    due = NOW_NS + 20 * MS
    calls = dispatching.handle(bundle(None, A, C, B, D))
    assert calls == [(due, ["/z/1"]), (None, ["/panic"]), (due, ["/gain"]), (None, ["/status"])]


def test_under_latency_a_panic_is_obeyed_when_nothing_more_may_wait() -> None:
    class Full(Handed):
        def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
            raise BusyError("busy")

    dispatching = Dispatching(latency_s=0.02)
    dispatching.dispatcher._scheduler = Full()
    assert dispatching.handle(bundle(None, A, C)) == [(None, ["/panic"])]
    assert dispatching.answers == [("/fail", ("/z/1", "busy"))]


def test_a_wrong_message_fails_and_the_others_go_on() -> None:
    dispatching = Dispatching()
    assert dispatching.handle(bundle(None, A, Message("/z", (1,)), B)) == [(None, ["/z/1", "/gain"])]
    assert dispatching.answers == [("/fail", ("/z", "expected z1 z2, got 1 argument"))]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (Message("/paly", (1,)), "unknown address, did you mean /play?"),
        (
            Message("/oscvae/play", (1,)),
            "unknown address, did you mean /play? osc.prefix: /oscvae in config.yaml takes it off",
        ),
        (Message("/qqqqqqqqqqq"), "unknown address, /help lists them"),
        (Message("/z/*", (1,), "i", True), "address patterns are not supported, name one address"),
    ],
)
def test_what_cannot_be_understood_is_told(message: Message, why: str) -> None:
    dispatching = Dispatching()
    assert dispatching.handle(message) == []
    assert dispatching.answers == [("/fail", (message.address, why))]


@pytest.mark.parametrize("path", ["/fail", "/done", "/status.reply", "/pong", "/voice/on"])
def test_answers_are_not_answered(path: str) -> None:
    dispatching = Dispatching()
    assert dispatching.handle(Message(path, ("x",))) == []
    assert dispatching.answers == []


@pytest.mark.parametrize("due_ns", [None, NOW_NS + MS])
@pytest.mark.parametrize("error", [BusyError("busy"), CommandError("no")])
def test_an_error_that_escapes_is_answered(due_ns: int | None, error: Exception) -> None:
    dispatching = Dispatching()
    dispatching.handed.error = error
    dispatching.handle(bundle(due_ns, A, B))
    assert dispatching.answers == [("/fail", ("/z/1", str(error)))]


def test_mapped_addresses_are_obeyed_under_their_own_names() -> None:
    address_map = AddressMap({"/1/fader1": Rule("/gain", spans=((-60, 6),)), "/1/push": Rule("/panic", (), press=True)})
    dispatching = Dispatching(address_map=address_map)
    dispatching.handle(
        bundle(None, Message("/1/fader1", (1.0,)), Message("/1/push", (0.0,)), Message("/1/push", (1.0,)))
    )
    assert dispatching.handed.calls == [(None, ["/gain", "/panic"])]
    assert dispatching.handed.commands[0].args == (6.0,)
    dispatching.handle(Message("/1/fader1", ("loud",)))
    assert dispatching.answers == [("/fail", ("/1/fader1", "gain must be a number, got 'loud'"))]


def test_a_prefix_is_taken_off() -> None:
    dispatching = Dispatching(address_map=AddressMap({"/fader": Rule("/gain"), "/osc/vae/x": Rule("/pan")}, "/osc/vae"))
    for address in ("/osc/vae/gain", "/gain", "/osc/vae/fader", "/fader", "/osc/vae/x"):
        dispatching.handle(Message(address, (0.5,)))
    assert dispatching.handed.calls == [(None, ["/gain"])] * 4 + [(None, ["/pan"])]
    for address in ("/osc/vae/pong", "/osc/vae", "/osc/vaexx/gain", "/osc/vae/z"):
        dispatching.handle(Message(address, (0.5,)))
    assert len(dispatching.handed.calls) == 5
    assert [args[0] for _, args in dispatching.answers] == ["/osc/vae", "/osc/vaexx/gain", "/osc/vae/z"]
    assert dispatching.answers[2][1][1] == "expected z1 z2, got 1 argument"


def test_a_buttons_release_is_neither_obeyed_nor_answered() -> None:
    address_map = AddressMap({"/1/push1": Rule("/panic"), "/1/push2": Rule("/stop", (60, "$1"))})
    dispatching = Dispatching(address_map=address_map)
    for value in (0.0, 1.0):
        dispatching.handle(bundle(None, Message("/panic", (value,)), Message("/1/push1", (value,))))
        dispatching.handle(Message("/1/push2", (value,)))
    assert dispatching.handed.calls == [(None, ["/panic", "/panic"]), (None, ["/stop"])]
    assert dispatching.handed.commands[2].args == (60.0,)
    assert dispatching.answers == []


def test_an_empty_bundle_does_nothing() -> None:
    assert Dispatching().handle(bundle(NOW_NS + MS, bundle(None))) == []
