"""Clients: answers are bounded beyond loopback, errors in number."""

from __future__ import annotations

from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.packets import Message, decode, encode_bundle, encode_message


def client(
    host: str = "192.168.1.7", *, loopback: bool = False, size: int = 16, transport: str = "udp"
) -> tuple[Client, list[bytes]]:
    sent: list[bytes] = []
    persistent = transport == "tcp"
    limiter = ErrorLimiter(20)
    return Client(
        transport, host, 9001, loopback, size, lambda packet, _: sent.append(packet), limiter, persistent
    ), sent


def messages(sent: list[bytes]) -> list[tuple[object, ...]]:
    decoded = [decode(packet) for packet in sent]
    return [(message.address, *message.args) for message in decoded if isinstance(message, Message)]


def test_each_kind_of_answer_is_a_message() -> None:
    one, sent = client()
    one.reply("/pong")
    one.done("/load", "plucked", 4)
    one.fail("/play", "no")
    assert messages(sent) == [("/pong",), ("/done", "/load", "plucked", 4), ("/fail", "/play", "no")]


def test_a_long_answer_is_refused_beyond_loopback() -> None:
    one, sent = client(size=16)
    one.reply("/models.reply", "x" * 500)
    assert messages(sent) == [("/fail", "/models", "the answer has 524 bytes, use TCP")]
    sent.clear()
    one.done("/encode", "x" * 600)
    assert messages(sent)[0][:2] == ("/fail", "/encode")


def test_an_answer_beyond_loopback_has_two_kibibytes_at_most() -> None:
    one, sent = client(size=60_000)
    one.reply("/models.reply", "x" * 2100)
    one.reply("/models.reply", "x" * 1900)
    assert [len(packet) > 1000 for packet in sent] == [False, True]


def test_all_answers_to_one_packet_share_what_it_may_cause() -> None:
    questions = encode_bundle(1, [b"/models\0"] * 255)  # without type tags
    one, sent = client(size=len(questions))
    for _ in range(255):
        one.reply("/models.reply", "x" * 2000)
    assert len(sent) > 40, "a bundle of a few questions is answered"
    assert max(map(len, sent)) <= 2048
    assert sum(map(len, sent)) <= 32 * len(questions)
    assert messages(sent)[-1][:2] == ("/fail", "/models"), "what comes too late is told so as long as there is room"


def test_every_kind_of_answer_counts() -> None:
    for answer in (
        lambda one: one.reply("/pong"),
        lambda one: one.done("/sync"),
        lambda one: one.fail("/play", "no"),
        lambda one: one.send(encode_message("/pong")),
    ):
        one, sent = client(size=4)
        for _ in range(100):
            answer(one)
        assert 4 * 32 // 2 < sum(map(len, sent)) <= 4 * 32


def test_each_packet_has_its_own_allowance() -> None:
    for _ in range(100):
        one, sent = client(size=16)
        one.reply("/models.reply", "x" * 400)
        assert messages(sent) == [("/models.reply", "x" * 400)]


def test_loopback_and_tcp_are_not_bounded() -> None:
    for one, sent in (client("127.0.0.1", loopback=True), client(transport="tcp")):
        for _ in range(100):
            one.reply("/models.reply", "x" * 50_000)
        assert [len(packet) > 50_000 for packet in sent] == [True] * 100


def test_what_cannot_be_a_datagram_fails() -> None:
    one, sent = client("127.0.0.1", loopback=True)
    one.reply("/help.reply", "x" * 70_000)
    assert messages(sent) == [("/fail", "/help", "the answer has 70020 bytes, use TCP")]


def test_an_error_is_never_larger_than_allowed() -> None:
    for size in (4, 8, 12, 40):
        one, sent = client(size=size)
        one.fail("/" + "é" * 200, "because " * 100)
        assert len(sent) == 1
        assert len(sent[0]) <= 32 * size


def test_subscribers_get_two_kibibytes() -> None:
    one, sent = client(size=0)
    one.reply("/model", "x" * 1900)
    one.send(bytes(3000))
    assert len(sent) == 1
    for _ in range(100):  # for as long as it subscribes
        one.send(bytes(2048))
    assert len(sent) == 101


def test_clients_are_equal_by_sender() -> None:
    assert client(size=4)[0] == client(size=8)[0]
    assert hash(client(size=4)[0]) == hash(client(size=8)[0])
    assert client(transport="tcp")[0] != client()[0]
    assert client("fe80::1")[0].address == "udp [fe80::1]:9001"


def test_errors_are_limited_for_each_host_and_command_and_in_all() -> None:
    now = [0.0]
    limiter = ErrorLimiter(10, clock=lambda: now[0])
    assert sum(limiter.allow("a", "/z") for _ in range(100)) == 20
    assert limiter.allow("a", "/load"), "hidden by errors of another command"
    assert sum(limiter.allow("b", "/z") for _ in range(100)) == 20
    now[0] += 1.0
    assert sum(limiter.allow("a", "/z") for _ in range(100)) == 10
    assert limiter.suppressed == 250
    now[0] += 100.0
    assert sum(limiter.allow(f"host {i}", "/z") for i in range(1000)) == 100
    assert len(limiter._counted) <= 256
