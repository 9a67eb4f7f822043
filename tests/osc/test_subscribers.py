"""Subscribers: who is told, when, and who is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oscvae.errors import BusyError, CommandError
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.packets import Message, decode, encode_message
from oscvae.osc.subscribers import CHANGE_INTERVAL_S, SUBSCRIBERS_MAX, Subscribers


class Net:
    """Clients whose mail is kept by (host, port), and a clock that is set by hand."""

    def __init__(self, **options: Any) -> None:
        self.mail: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
        self.now = 100.0
        permanent = [self.client(port, host) for host, port in options.pop("permanent", ())]
        self.introduced: list[Client] = []
        self.subscribers = Subscribers(
            lambda host, port: self.client(port, host), permanent=permanent, clock=lambda: self.now, **options
        )
        self.subscribers.introduce = self.introduced.append

    def client(self, port: int, host: str = "127.0.0.1", transport: str = "udp", size: int = 0) -> Client:
        limiter = ErrorLimiter()
        return Client(transport, host, port, host.startswith("127."), size, self._send, limiter, transport == "tcp")

    def _send(self, packet: bytes, client: Client) -> None:
        message = decode(packet)
        assert isinstance(message, Message)
        self.mail.setdefault((client.host, client.port), []).append((message.address, *message.args))

    def got(self, port: int, host: str = "127.0.0.1") -> list[tuple[Any, ...]]:
        return self.mail.pop((host, port), [])


def test_events_reach_all_subscribers() -> None:
    net = Net()
    for port in (1, 2):
        net.subscribers.subscribe(net.client(port))
    net.subscribers.event("/voice/on", -3, 60.0)
    assert net.got(1) == net.got(2) == [("/voice/on", -3, 60.0)]
    net.subscribers.unsubscribe(net.client(1))
    net.subscribers.event("/xrun", 1)
    assert net.got(1) == []
    assert net.got(2) == [("/xrun", 1)]


def test_a_subscriber_at_another_port_is_told_there() -> None:
    net = Net()
    sender = net.client(5000, "192.168.1.7")
    net.subscribers.subscribe(sender, 9001)
    net.subscribers.changed("/gain", (-6.0,), by=sender)
    assert net.got(9001, "192.168.1.7") == []
    net.subscribers.changed("/pan", (0.5,), by=net.client(6000))
    assert net.got(9001, "192.168.1.7") == [("/pan", 0.5)]
    net.subscribers.unsubscribe(net.client(7777, "192.168.1.7"), 9001)
    assert len(net.subscribers) == 0


def test_subscribing_twice_is_once() -> None:
    net = Net()
    targets = [net.subscribers.subscribe(net.client(1)) for _ in range(3)]
    assert [target and target.port for target in targets] == [1, None, None]
    net.subscribers.event("/xrun", 1)
    assert len(net.got(1)) == 1
    net.subscribers.unsubscribe(net.client(1))
    assert net.subscribers.subscribe(net.client(1)) is not None


def test_who_makes_a_change_is_not_told() -> None:
    net = Net()
    for port in (1, 2):
        net.subscribers.subscribe(net.client(port))
    net.subscribers.changed("/z", (1.0, 2.0), by=net.client(1))
    assert net.got(1) == []
    assert net.got(2) == [("/z", 1.0, 2.0)]
    net.now += 1
    net.subscribers.changed("/z", (3.0, 4.0), by=None)
    assert net.got(1) == net.got(2) == [("/z", 3.0, 4.0)]


def test_changes_come_thirty_times_a_second_and_the_last_one_always() -> None:
    net = Net()
    net.subscribers.subscribe(net.client(1))
    for i in range(1000):  # for one second
        net.now += 0.001
        net.subscribers.changed("/gain", (float(i),), by=None)
        net.subscribers.tick()
    net.now += 1
    net.subscribers.tick()
    mail = net.got(1)
    assert 29 <= len(mail) <= 32
    assert mail[-1] == ("/gain", 999.0)
    assert mail == sorted(mail)


def test_addresses_are_limited_apart() -> None:
    net = Net()
    net.subscribers.subscribe(net.client(1))
    for i, address in enumerate(("/gain", "/pan", "/gain", "/pan")):
        net.subscribers.changed(address, (float(i),), by=None)
    assert [address for address, _ in net.got(1)] == ["/gain", "/pan"]


def test_what_was_held_back_never_arrives_after_what_followed_it() -> None:
    """A pad and a preset move the same cursor at two addresses."""
    net = Net()
    net.subscribers.subscribe(net.client(1))
    net.subscribers.changed("/pad/1", (0.75, 0.75), by=None)
    net.now += 0.01
    net.subscribers.changed("/pad/1", (0.5, 0.5), by=None)
    net.subscribers.changed("/z", (0.0, 0.0), by=None)
    net.subscribers.tick()
    assert net.got(1) == [("/pad/1", 0.75, 0.75)]
    net.now += CHANGE_INTERVAL_S
    net.subscribers.tick()
    assert net.got(1) == [("/pad/1", 0.5, 0.5), ("/z", 0.0, 0.0)]


def test_what_waits_behind_a_flood_waits_no_longer_than_the_flood() -> None:
    net = Net()
    net.subscribers.subscribe(net.client(1))
    net.subscribers.changed("/pad/1", (0.0, 0.0), by=None)
    arrived: dict[str, int] = {}
    for i in range(1, 100):
        net.now += 0.001
        net.subscribers.changed("/pad/1", (i / 100, 0.0), by=None)
        if i == 5:
            net.subscribers.changed("/gain", (-6.0,), by=None)
        net.subscribers.tick()
        arrived |= {address: i for address, *_ in net.got(1) if address not in arrived}
    assert arrived["/gain"] - 5 <= 1000 * CHANGE_INTERVAL_S + 1


def test_the_last_of_two_who_turn_the_same_knob() -> None:
    net = Net()
    for port in (1, 2):
        net.subscribers.subscribe(net.client(port))
    net.subscribers.changed("/gain", (0.0,), by=None)
    net.mail.clear()
    net.subscribers.changed("/gain", (1.0,), by=net.client(1))
    net.subscribers.changed("/gain", (2.0,), by=net.client(2))
    net.now += 1
    net.subscribers.tick()
    assert net.got(1) == [("/gain", 2.0)]
    assert net.got(2) == []


def test_what_waits_is_sent_by_itself_on_the_event_clock() -> None:
    async def body() -> None:
        net = Net()
        net.subscribers._clock = asyncio.get_running_loop().time
        net.subscribers.subscribe(net.client(1))
        for i in range(10):
            net.subscribers.changed("/gain", (float(i),), by=None)
        assert net.got(1) == [("/gain", 0.0)]
        async with asyncio.timeout(10):
            while not net.mail:
                await asyncio.sleep(0.005)
        assert net.got(1) == [("/gain", 9.0)]
        net.subscribers.changed("/gain", (1.0,), by=None)
        net.subscribers.close()

    asyncio.run(body())


def test_silence_ends_a_subscription_and_any_packet_renews_it() -> None:
    net = Net()
    silent, alive, elsewhere = net.client(1), net.client(2), net.client(3, "10.0.0.1")
    net.subscribers.subscribe(silent)
    net.subscribers.subscribe(alive)
    net.subscribers.subscribe(elsewhere, 9001)
    for _ in range(7):
        net.now += 10
        net.subscribers.renew(alive)
        net.subscribers.renew(net.client(4444, "10.0.0.1"))  # another port of the same host
    net.subscribers.event("/xrun", 1)
    assert net.got(1) == []
    assert net.got(2) == net.got(9001, "10.0.0.1") == [("/xrun", 1)]
    net.now += 61
    net.subscribers.tick()
    assert len(net.subscribers) == 0
    assert not net.subscribers._renewals


def test_a_closed_connection_is_forgotten() -> None:
    net = Net()
    line = net.client(1, transport="tcp")
    net.subscribers.subscribe(line)
    net.subscribers.subscribe(line, 9001)
    net.subscribers.event("/xrun", 1)
    assert net.got(1) == net.got(9001) == [("/xrun", 1)]
    net.subscribers.closed(line)
    assert len(net.subscribers) == 0


def test_subscribers_are_bounded_and_one_host_has_its_share() -> None:
    net = Net()
    for port in range(1, 49):
        net.subscribers.subscribe(net.client(port))
    net.subscribers.subscribe(net.client(1))
    with pytest.raises(BusyError, match=r"^this machine has 48 subscriptions already, of 64 for all$"):
        net.subscribers.subscribe(net.client(1000))
    for port in range(16):
        net.subscribers.subscribe(net.client(port, f"192.168.1.{port % 2}"))
    with pytest.raises(BusyError, match=r"^there are 64 subscriptions already$"):
        net.subscribers.subscribe(net.client(1000, "192.168.1.9"))
    assert len(net.subscribers) == SUBSCRIBERS_MAX
    net.now += 61
    greedy = net.client(1000, "192.168.1.9")
    for port in range(1, 17):
        net.subscribers.subscribe(greedy, port)
    with pytest.raises(BusyError, match=r"^one host has 16 subscriptions already, of 64 for all$"):
        net.subscribers.subscribe(net.client(2000, "192.168.1.9"))
    net.subscribers.unsubscribe(greedy, 7)
    net.subscribers.subscribe(net.client(2000, "192.168.1.9"))
    net.subscribers.subscribe(net.client(1, "192.168.1.8"))
    assert len(net.subscribers) == 17


def test_who_subscribes_from_afar_is_told_little_until_it_sends_again() -> None:
    """Whose address it is may be forged: 16 bytes must not bring a stranger megabytes."""
    net = Net()
    net.subscribers.subscribe(net.client(9001, "192.168.1.7", size=16))
    for i in range(60 * 30):
        net.now += 1 / 30
        net.subscribers.event("/level", -float(i), -60.0)
    told = net.got(9001, "192.168.1.7")
    assert 1 <= len(told) <= 16 * 32 // 20
    assert net.introduced == []
    net.subscribers.renew(net.client(9001, "192.168.1.7", size=8))
    assert [target.port for target in net.introduced] == [9001], "it learns how things stand"
    for i in range(100):
        net.subscribers.event("/level", -float(i), -60.0)
    assert len(net.got(9001, "192.168.1.7")) == 100
    net.subscribers.renew(net.client(9001, "192.168.1.7"))
    assert len(net.introduced) == 1


def test_who_says_nothing_after_it_has_subscribed_is_forgotten() -> None:
    net = Net()
    net.subscribers.subscribe(net.client(9001, "192.168.1.7", size=16))
    net.subscribers.renew(net.client(9001, "192.168.1.7"))
    net.now += 59
    net.subscribers.event("/xrun", 1)
    net.now += 2
    net.subscribers.event("/xrun", 2)
    assert net.got(9001, "192.168.1.7") == [("/xrun", 1)]


def test_a_new_subscriber_is_told_at_once_what_is_not_too_much() -> None:
    net = Net()
    small, large = [encode_message("/gain", (0.0,))] * 10, [encode_message("/z", (0.0,) * 64)] * 10
    for port, size, packets, expected in (
        (1, 16, small, 10),
        (2, 16, large, 0),
        (3, 1000, large, 10),
    ):
        asked = net.client(port, "192.168.1.7", size=size)
        target = net.subscribers.subscribe(asked)
        assert target is not None
        net.subscribers.tell(target, packets)
        assert len(net.got(port, "192.168.1.7")) == expected
    net.subscribers.renew(net.client(2, "192.168.1.7"))
    assert [target.port for target in net.introduced] == [2]


@pytest.mark.parametrize(("host", "transport"), [("127.0.0.1", "udp"), ("192.168.1.7", "tcp")])
def test_who_cannot_be_forged_is_told_all_at_once(host: str, transport: str) -> None:
    net = Net()
    net.subscribers.subscribe(net.client(1, host, transport, size=16))
    for i in range(100):
        net.subscribers.event("/xrun", i)
    assert len(net.got(1, host)) == 100


def test_to_renew_is_to_send_again_and_to_come_again_is_not() -> None:
    net = Net()
    first, second = net.client(1, "192.168.1.7", size=16), net.client(1, "192.168.1.7", size=16)
    net.subscribers.subscribe(first)
    net.subscribers.renew(second)
    net.subscribers.subscribe(second)
    for i in range(100):
        net.subscribers.event("/xrun", i)
    assert len(net.got(1, "192.168.1.7")) == 100
    net.subscribers.unsubscribe(second)
    net.subscribers.subscribe(second)
    for i in range(100):
        net.subscribers.event("/xrun", i)
    assert len(net.got(1, "192.168.1.7")) < 40


def test_permanent_subscribers_never_expire() -> None:
    net = Net(permanent=[("127.0.0.1", 9001), ("192.168.1.7", 9002)])
    net.now += 1000
    net.subscribers.event("/xrun", 1)
    assert net.got(9001) == net.got(9002, "192.168.1.7") == [("/xrun", 1)]
    tablet = net.client(51_234, "192.168.1.7")  # sends from another port than it listens to
    net.subscribers.changed("/gain", (1.0,), by=tablet)
    assert net.got(9001) == [("/pong",), ("/gain", 1.0)], "by the first it knows that a daemon tells it"
    assert net.got(9002, "192.168.1.7") == [("/pong",)]
    net.subscribers.changed("/pan", (1.0,), by=net.client(50_000))  # another program on this machine
    assert net.got(9001) == [("/pan", 1.0)]
    assert len(net.subscribers) == 0
    assert [target.port for target in net.subscribers.permanent] == [9001, 9002]


def test_what_is_in_feedback_may_be_a_daemon_and_keeps_its_own_outputs() -> None:
    net = Net(permanent=[("127.0.0.1", 9001)])
    for address in ("/out", "/part/2/out"):
        net.subscribers.changed(address, (3,), by=None)
    net.subscribers.changed("/part/2/pan", (1.0,), by=None)
    assert net.got(9001) == [("/pong",), ("/part/2/pan", 1.0)]


def test_who_is_permanent_and_subscribes_as_well_is_told_once() -> None:
    net = Net(permanent=[("192.168.1.7", 9001)])
    tablet = net.client(51_234, "192.168.1.7")
    net.subscribers.subscribe(tablet, 9001)
    net.subscribers.event("/voice/on", -1, 60.0)
    assert net.got(9001, "192.168.1.7") == [("/voice/on", -1, 60.0)]
    net.subscribers.unsubscribe(tablet)
    net.subscribers.event("/voice/off", -1, 60.0)
    assert net.got(9001, "192.168.1.7") == [("/voice/off", -1, 60.0)]


def test_oscvaes_own_port_is_no_subscriber() -> None:
    net = Net(own_port=9000)
    with pytest.raises(CommandError, match="oscvae's own"):
        net.subscribers.subscribe(net.client(1), 9000)
    net.subscribers.subscribe(net.client(9000, "192.168.1.7"))
