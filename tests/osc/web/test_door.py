"""HTTP and WebSocket: OSCQuery's requests, OSC in frames, and whom the door keeps out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import aiohttp
import pytest

from oscvae.errors import CommandError
from oscvae.osc.client import Client
from oscvae.osc.hub import Hub
from oscvae.osc.packets import Message, Packet, decode, encode_message
from oscvae.osc.web import door as doors
from oscvae.osc.web import pages, tree, websocket
from oscvae.osc.web.door import Door

TIMEOUT_S = 20.0
STANDS: dict[str, Sequence[Any]] = {"/gain": (-6.0,), "/z": (0.5, -0.5), "/unit/1": (0.75,), "/z/2": (-0.5,)}


def standing(path: str) -> Sequence[Any]:
    if path in STANDS:
        return STANDS[path]
    raise CommandError(f"{path} stands nowhere")


class Room:
    """A door that is open, a hub that answers, and a browser's session."""

    def __init__(self, door: Door, session: aiohttp.ClientSession, heard: list[tuple[str, Client]]) -> None:
        self.door, self.session, self.heard = door, session, heard
        self.url = f"http://127.0.0.1:{door.port}"

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.url + path, headers=headers) as response:
            return response.status, await response.text()

    async def ask(self, socket: aiohttp.ClientWebSocketResponse, address: str, *args: Any) -> tuple[Any, ...]:
        await socket.send_bytes(encode_message(address, args))
        return await self.next(socket)

    @staticmethod
    async def next(socket: aiohttp.ClientWebSocketResponse) -> tuple[Any, ...]:
        packet = decode(await socket.receive_bytes())
        assert isinstance(packet, Message)
        return packet.address, *packet.args


@contextlib.asynccontextmanager
async def room(**settings: Any) -> AsyncIterator[Room]:
    heard: list[tuple[str, Client]] = []

    def handle(packet: Packet, client: Client) -> None:
        assert isinstance(packet, Message)
        heard.append((packet.address, client))
        client.reply("/pong", *packet.args)

    hub = Hub(handle)
    look = lambda: tree.build(((1, 2),), 1)  # noqa: E731
    made = {"host": "127.0.0.1", "port": 18_000, "osc_port": 9000, "look": look, "standing": standing, **settings}
    door = Door(hub, **made)
    assert await door.open()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S)) as session:
        yield Room(door, session, heard)
    await door.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            await test()

    asyncio.run(bounded())


def test_oscquery_asks_for_the_tree_a_node_an_attribute_and_the_host() -> None:
    async def body() -> None:
        async with room() as here:
            status, text = await here.get("/")
            assert status == 200 and json.loads(text)["CONTENTS"]["gain"]["FULL_PATH"] == "/gain"
            assert json.loads((await here.get("/pad/1"))[1])["TYPE"] == "ff"
            assert json.loads((await here.get("/gain?VALUE"))[1]) == {"VALUE": [-6.0]}
            info = json.loads((await here.get("/?HOST_INFO"))[1])
            assert (info["OSC_PORT"], info["WS_PORT"], info["EXTENSIONS"]["LISTEN"]) == (9000, here.door.port, True)
            assert (await here.get("/nix"))[0] == 404
            assert (await here.get("/play?VALUE"))[0] == 204, "it stands nowhere"
            assert (await here.get("/gain?CRITICAL"))[0] == 204
            assert here.heard == [], "GET changes nothing"

    run(body)


def test_a_browser_gets_the_page_and_a_path_never_reaches_the_disk() -> None:
    async def body() -> None:
        async with room() as here:
            status, text = await here.get("/", Accept="text/html,*/*")
            assert status == 200 and text.startswith("<!doctype html>")
            for path in ("/../rows.py", "/%2e%2e/rows.py", "/..%2frows.py", "/etc/passwd", "/%00"):
                assert (await here.get(path))[0] == 404, path

    run(body)


def test_an_address_that_names_a_part_is_the_pages_and_others_are_oscquerys() -> None:
    async def body() -> None:
        async with room() as here:
            status, text = await here.get("/?part=2", Accept="text/html,*/*")
            assert status == 200 and text.startswith("<!doctype html>")
            status, text = await here.get("/?VALUE&part=2", Accept="text/html,*/*")
            assert not text.startswith("<!doctype html>")
            assert (await here.get("/?part=2"))[0] == 204, "is no attribute"

    run(body)


def test_osc_goes_both_ways_in_binary_frames() -> None:
    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url) as socket:
            assert await here.ask(socket, "/ping", 1, 2.0) == ("/pong", 1, 2.0)
            (address, client) = here.heard[0]
            assert address == "/ping" and client.persistent and client.is_loopback
            await socket.send_bytes(b"no osc at all")
            assert (await here.next(socket))[:2] == ("/fail", "packet")
            assert await here.ask(socket, "/ping") == ("/pong",)

    run(body)


def test_who_listens_is_told_at_each_address_that_moves_and_who_ignores_is_not() -> None:
    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url) as socket:
            for path in ("/gain", "/unit/1"):
                await socket.send_str(json.dumps({"COMMAND": "LISTEN", "DATA": path}))
            await here.ask(socket, "/ping")
            here.door.changed("/gain", None)
            assert await here.next(socket) == ("/gain", -6.0)
            here.door.changed("/z", None)
            assert await here.next(socket) == ("/unit/1", 0.75)
            await socket.send_str(json.dumps({"COMMAND": "LISTEN", "DATA": "/part/1/gain"}))
            await socket.send_str(json.dumps({"COMMAND": "IGNORE", "DATA": "/gain"}))
            await here.ask(socket, "/ping")
            here.door.changed("/gain", None)
            assert await here.next(socket) == ("/part/1/gain", -6.0)
            here.door.changed("/pan", None)
            here.door.changed("/gain", here.heard[0][1])  # its own
            await asyncio.sleep(2 * doors.CHANGE_INTERVAL_S)
            await socket.send_str(json.dumps({"COMMAND": "IGNORE", "DATA": "/part/1/gain"}))
            assert await here.ask(socket, "/ping") == ("/pong",)
            here.door.changed("/gain", None)
            await asyncio.sleep(2 * doors.CHANGE_INTERVAL_S)
            here.door.tree_changed()
            assert json.loads(await socket.receive_str()) == {"COMMAND": "PATH_CHANGED", "DATA": "/"}

    run(body)


def test_a_flood_of_changes_is_told_thirty_times_a_second_and_ends_where_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url) as socket:
            for path in ("/z/2", "/gain"):
                await socket.send_str(json.dumps({"COMMAND": "LISTEN", "DATA": path}))
            await here.ask(socket, "/ping")
            began = asyncio.get_running_loop().time()
            for i in range(1000):
                monkeypatch.setitem(STANDS, "/z/2", (float(i),))
                here.door.changed("/z", None)
                await asyncio.sleep(0.0005)
            lasted = asyncio.get_running_loop().time() - began
            await asyncio.sleep(2 * doors.CHANGE_INTERVAL_S)
            here.door.changed("/gain", None)
            told = []
            while (message := await here.next(socket))[0] != "/gain":
                told.append(message)
            assert told[-1] == ("/z/2", 999.0)
            assert 2 <= len(told) <= lasted / doors.CHANGE_INTERVAL_S + 3

    run(body)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "OSC goes in binary frames"),
        ("[" * 100_000, "OSC goes in binary frames"),
        ('{"COMMAND": "PLAY", "DATA": "/gain"}', '"LISTEN" or "IGNORE"'),
        ('{"COMMAND": "LISTEN", "DATA": "/play"}', "/play stands nowhere"),
    ],
)
def test_text_that_means_nothing_is_answered_with_what_would(text: str, why: str) -> None:
    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url) as socket:
            await socket.send_str(text[: 2**15])
            address, _, said = await here.next(socket)
            assert address == "/fail" and why in said
            assert await here.ask(socket, "/ping") == ("/pong",)

    run(body)


def test_a_page_from_elsewhere_may_neither_ask_nor_play() -> None:
    async def body() -> None:
        async with room(origins=["https://faders.example"]) as here:
            assert (await here.get("/gain", Origin="http://evil.example"))[0] == 403
            assert (await here.get("/gain", Host="evil.example"))[0] == 403
            assert (await here.get("/page.js", Host="evil.example"))[0] == 403
            assert (await here.get("/page.js", Origin="http://evil.example"))[0] == 200, "to say there why it may not"
            for path in ("", "?HOST_INFO", *(name.lstrip("/") for name in pages.pages())):
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await here.session.ws_connect(here.url + "/" + path, headers={"Origin": "http://evil.example"})
            assert (await here.get("/index.html?HOST_INFO", Origin="http://evil.example"))[0] == 403
            said = "a page from 'http://evil.example' may not ask: add it to http.origins to let it\n"
            assert await here.get("/?SOCKET=http://evil.example") == (403, said)
            assert (await here.get("/?SOCKET=https://faders.example"))[0] == 204
            async with here.session.ws_connect(here.url, headers={"Origin": "https://faders.example"}) as socket:
                assert await here.ask(socket, "/ping") == ("/pong",)

    run(body)


def test_the_page_may_speak_with_its_own_host_only() -> None:
    async def body() -> None:
        async with room(hosts=["stage.example"]) as here:
            for host in (f"127.0.0.1:{here.door.port}", "stage.example:80"):
                async with here.session.get(here.url + "/page.js", headers={"Host": host}) as response:
                    policy = response.headers["Content-Security-Policy"]
                assert f"connect-src 'self' ws://{host} wss://{host};" in policy

    run(body)


def test_what_is_no_request_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with room() as here:
            for text in (b"GET / HTTP/9\r\n\r\n", b"\xff\xfe\r\n\r\n", b"GET /\r\n\r\n") * 10:
                reader, writer = await asyncio.open_connection("127.0.0.1", here.door.port)
                writer.write(text)
                await reader.read()
                writer.close()
            assert (await here.get("/gain"))[0] == 200

    run(body)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("HTTP connection of 127.0.0.1: no HTTP request: ")


def test_a_port_that_does_not_exist_is_not_tried() -> None:
    async def body() -> None:
        taken = socket.create_server(("127.0.0.1", 65_535))
        door = Door(Hub(lambda packet, client: None), host="127.0.0.1", port=65_535, osc_port=9000,
                    look=lambda: tree.build(((1, 2),), 1), standing=standing)  # fmt: skip
        assert not await door.open()
        await door.close()
        taken.close()

    run(body)


def test_one_host_never_has_all_sockets() -> None:
    async def body() -> None:
        async with room() as here:
            sockets = [await here.session.ws_connect(here.url) for _ in range(24)]
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await here.session.ws_connect(here.url)
            refused = (503, "this machine has 24 WebSockets already, of 32 for all\n")
            assert await here.get("/gain", Upgrade="websocket") == refused
            assert await here.get(f"/?SOCKET={here.url}") == refused, "a page is told so only if it asks"
            await sockets.pop().close()
            await asyncio.sleep(0.1)
            assert (await here.get(f"/?SOCKET={here.url}"))[0] == 204
            sockets.append(await here.session.ws_connect(here.url))
            assert await here.ask(sockets[-1], "/ping") == ("/pong",)

    run(body)


def test_who_says_nothing_is_hung_up_on_and_has_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "MOST_CONNECTIONS", 8)
    monkeypatch.setattr(doors, "SILENT_S", 1.0)

    async def body() -> None:
        async with room() as here:
            lines = [await asyncio.open_connection("127.0.0.1", here.door.port) for _ in range(6)]
            lines[0][1].write(b"GET / HTTP/1.1\r\nHost:")  # and no more
            refused, writer = await asyncio.open_connection("127.0.0.1", here.door.port)
            with contextlib.suppress(ConnectionError):
                assert await refused.read(1) == b"", "this machine has its six of eight"
            writer.close()
            for reader, writer in lines:
                assert b"200" not in await reader.read()
                writer.close()
            assert (await here.get("/gain"))[0] == 200

    run(body)


def test_without_a_descriptor_the_page_is_there_again_once_there_is_one(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with room() as here:
            limits, line = resource.getrlimit(resource.RLIMIT_NOFILE), socket.socket()
            line.setblocking(False)
            resource.setrlimit(resource.RLIMIT_NOFILE, (line.fileno(), limits[1]))
            try:
                await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", here.door.port))
                await asyncio.sleep(2.2)  # several attempts
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
                line.close()
            assert (await here.get("/gain"))[0] == 200

    run(body)
    said = [record.getMessage() for record in caplog.records]
    why = "Too many open files; ulimit -n says how many files may be open"
    assert said == [f"no further HTTP connection can be taken now: {why}"]


def test_sockets_are_bounded_and_their_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "MOST_SOCKETS", 1)

    async def body() -> None:
        async with room() as here:
            gone: list[Client] = []
            here.door._hub.on_closed = gone.append
            socket = await here.session.ws_connect(here.url)
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await here.session.ws_connect(here.url)
            await here.ask(socket, "/ping")
            await socket.close()
            while not gone:
                await asyncio.sleep(0.01)
            assert gone[0].key == here.heard[0][1].key

    run(body)


def test_a_frame_that_is_too_large_ends_its_socket_alone() -> None:
    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url) as other:
            async with here.session.ws_connect(here.url) as socket:
                await socket.send_bytes(bytes(2**17))
                assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
            assert await here.ask(other, "/ping") == ("/pong",)

    run(body)


def test_frames_of_every_length_arrive_in_order() -> None:
    sizes = [0, 100, 101, 4000, 65_400, 65_500, 65_536, 200_000, 1]

    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url, max_msg_size=2**20) as socket:
            await here.ask(socket, "/ping")
            (one,) = here.door._sockets
            packets = [encode_message("/b", (bytes(size),)) for size in sizes]
            for packet in packets:
                one.send(packet)
                one.say("é" * (len(packet) // 4))
            for packet in packets:
                assert await socket.receive_bytes() == packet
                assert await socket.receive_str() == "é" * (len(packet) // 4)
            one.send(packets[0])
            one.end()
            one.send(packets[1])
            assert await socket.receive_bytes() == packets[0]
            assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE

    run(body)


def test_who_is_slow_to_read_is_said_goodbye() -> None:
    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url, max_msg_size=2**22) as socket:
            await here.ask(socket, "/ping")
            (one,) = here.door._sockets
            for _ in range(400):  # 26 MB, which do not fit what the system takes
                one.send(bytes(2**16))
                await asyncio.sleep(0)
            assert one._waiting() <= 2**20 + 2**17
            while (message := await socket.receive()).type == aiohttp.WSMsgType.BINARY:
                pass
            assert message.type == aiohttp.WSMsgType.CLOSE

    run(body)


def test_who_reads_nothing_at_all_is_hung_up_on_and_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "CLOSE_S", 0.2)

    async def body() -> None:
        async with room() as here, deaf(here) as line:
            (one,) = here.door._sockets
            gone: list[Client] = []
            here.door.on_closed = gone.append
            for _ in range(400):
                one.send(bytes(2**16))
                await asyncio.sleep(0)
            while here.door._sockets:
                await asyncio.sleep(0.01)
            assert [client.port for client in gone] == [line.getsockname()[1]]
            async with here.session.ws_connect(here.url) as other:
                assert await here.ask(other, "/ping") == ("/pong",)

    run(body)


@contextlib.asynccontextmanager
async def deaf(here: Room) -> AsyncIterator[socket.socket]:
    """A WebSocket whose other end reads nothing."""
    before = len(here.door._sockets)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    line.connect(("127.0.0.1", here.door.port))
    _, writer = await asyncio.open_connection(sock=line, limit=1024)
    writer.write(
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{here.door.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    while len(here.door._sockets) == before:
        await asyncio.sleep(0.01)
    yield line
    writer.close()


def test_who_is_too_slow_for_sound_misses_some_and_is_answered_all_the_same() -> None:
    chunk = encode_message("/sound", (48_000, 0, bytes(3840)))
    many = 2000  # 40 s

    async def body() -> None:
        async with room() as here, here.session.ws_connect(here.url) as quick, deaf(here) as line:
            sockets = {known: one for one, known in here.door._sockets.items()}
            by_port = {known.port: one for known, one in sockets.items()}
            slow = by_port.pop(line.getsockname()[1])
            (fast,) = by_port.values()
            got = 0
            for number in range(many):
                slow.send_or_drop(chunk)
                fast.send_or_drop(chunk)
                await asyncio.sleep(0)
                if number % 4 == 3:  # as quick as it is sent
                    while got <= number:
                        assert (await here.next(quick))[0] == "/sound"
                        got += 1
            assert slow._waiting() <= 0.2 * 50 * len(chunk) + 2 * len(chunk), "200 ms"
            assert here.door.lossy(next(known for known, one in sockets.items() if one is fast)) == fast.send_or_drop
            assert await here.ask(quick, "/ping") == ("/pong",)
            assert here.door.lossy(here.heard[0][1]) == fast.send_or_drop

    run(body)


def test_a_taken_port_gives_way_to_the_next_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with room() as first:
            caplog.clear()
            with caplog.at_level(logging.WARNING, "oscvae"):
                async with room(port=first.door.port) as second:
                    assert second.door.port > first.door.port
                    assert (await second.get("/gain"))[0] == 200
        assert len(caplog.messages) == 1 and f"the page is at {second.url}/" in caplog.text

    run(body)
