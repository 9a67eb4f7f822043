"""What sounds, as /voices tells it."""

from __future__ import annotations

from parts.client import OscClient
from parts.silent import SilentDaemon
from parts.waiting import until

WAS, IS = (0.0, 0.0, 0.0, 0.0), (0.5, -0.25, 0.25, 0.125)


def told(client: OscClient) -> tuple[float, ...]:
    """The arguments of the next /voices.reply."""
    reply = client.wait_for("/voices.reply")
    assert reply is not None
    return reply[1]


def test_what_sounds_is_told_as_it_is_between_the_commands_of_a_bundle(silent: SilentDaemon) -> None:
    client = silent.client
    client.send("/note", 60, 100)

    def sounds() -> bool:
        client.send("/voices")
        return len(told(client)) == 7

    assert until(sounds, 10.0)
    client.send_bundle([("/voices",), ("/voices",), ("/z", *IS), ("/voices",), ("/voices",)])
    before, still, after, last = (told(client)[3:] for _ in range(4))
    assert before == still == WAS and after == last == IS
    client.send_bundle([("/voices",), ("/note", 60, 0), ("/panic",)])
    assert told(client)[3:] == IS
    assert until(lambda: not sounds(), 10.0)
