"""Who may send: strangers hear nothing, guests may play but not quit."""

from __future__ import annotations

import psutil
import pytest

from parts.client import FramedClient, OscClient, free_tcp_port
from parts.daemon import Daemon, Z


def own_address() -> str | None:
    """An IPv4 address of this machine that is not loopback."""
    for interface in psutil.net_if_addrs().values():
        for address in interface:
            if address.family.name == "AF_INET" and not address.address.startswith("127."):
                return str(address.address)
    return None


def test_strangers_hear_nothing_and_guests_may_play_but_not_quit() -> None:
    host = own_address()
    if host is None:
        pytest.skip("this machine has no address beyond loopback")
    tablet = OscClient(1)  # it only listens: where osc.feedback sends
    tcp_port = free_tcp_port()
    settings = ("audio.backend=silent", "osc.host=0.0.0.0")
    layout = (
        f"osc.feedback=[127.0.0.1:{tablet.port}]",
        "osc.map={/1/xy1: {to: /pad/1, range: [[0, 1], [1, 0]]}}",
    )
    with (
        Daemon(*settings, "osc.allow=[10.255.255.0/24]", f"osc.tcp_port={tcp_port}") as closed,
        Daemon(*settings, f"osc.allow=[{host}/32]", *layout) as opened,
    ):
        closed.wait_ready()
        opened.wait_ready()
        stranger, guest = OscClient(closed.port, host), OscClient(opened.port, host)
        try:
            for message in (("/ping",), ("/nonsense",), ("/play", 60, *Z), ("/quit",)):
                stranger.send(*message)
            assert stranger.receive(0.7) is None, "a stranger was answered"
            assert f"{host} is outside osc.allow" in closed.log
            assert closed.log.count("outside osc.allow") == 1
            with pytest.raises((ConnectionError, EOFError)):
                refused = FramedClient(tcp_port, host)
                refused.socket.sendall(FramedClient.frame("/ping"))
                refused.exactly(1)
            assert closed.status().voices == 0

            assert guest.ask("/ping", answer=("/pong",)) == ("/pong", ())
            reply = guest.ask("/quit", answer=("/done",))
            assert reply is not None and reply[0] == "/fail" and "from this machine only" in reply[1][1]
            reply = guest.ask("/help", answer=("/help.reply",))
            assert reply is not None and reply[0] == "/fail" and "use TCP" in reply[1][1]

            # a layout that was never made for oscvae moves the cursor, and its tablet is told
            guest.send("/1/xy1", 0.25, 0.25)
            assert tablet.wait_for("/pad/1") == ("/pad/1", (0.25, 0.75))
            assert opened.alive and closed.alive
        finally:
            tablet.close()
            stranger.close()
            guest.close()
