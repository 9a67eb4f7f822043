"""HTTP and WebSocket beside UDP and TCP: the page, OSCQuery, and OSC in binary frames, on one port.

A WebSocket is a client as a TCP connection is: what it sends is OSC, what it is answered goes back on it. Nothing here
trusts a web page: `Host` and `Origin` are checked, because a page elsewhere must not play the instrument.

Sources: RFC 6455 (WebSocket); OSCQuery proposal (Vidvox).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import math
import socket
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.http_exceptions import HttpProcessingError

from oscvae.errors import CommandError
from oscvae.osc.client import Client
from oscvae.osc.hub import Hub
from oscvae.osc.packets import MAX_PACKET, encode_message
from oscvae.osc.subscribers import CHANGE_INTERVAL_S
from oscvae.osc.transport.accepting import Accepting
from oscvae.osc.transport.shares import Shares
from oscvae.osc.transport.sparing import Sparing
from oscvae.osc.web import pages, rights, tree
from oscvae.osc.web.websocket import WebSocket

MOST_CONNECTIONS = 256  # a browser has six, and one for its WebSocket
SILENT_S = 10.0  # that a connection may take to say what it wants, and to want something more
MOST_SOCKETS = 32
TRIES = 10  # ports that are tried, from the configured one on
_HEARTBEAT_S = 20.0
_GONE_S = 0.5
_PORTS = 1 << 16
_JSON = "application/json"
_PROBE = "SOCKET"  # of the page: whether a WebSocket would be taken

log = logging.getLogger(__name__)


class Door:
    """Listens on `host` and the first free port from `port` on.

    look: the tree of the vocabulary (`tree.build`). standing: where one address stands. osc_port: of UDP,
    for OSCQuery's HOST_INFO. hosts, origins: further names under which the daemon may be asked, and pages that may ask.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        host: str,
        port: int,
        osc_port: int,
        look: Callable[[], tree.Node],
        standing: tree.Standing,
        hosts: Sequence[str] = (),
        origins: Sequence[str] = (),
    ) -> None:
        self._hub = hub
        self._host = host
        self._port = port
        self._osc_port = osc_port
        self._look = look
        self._standing = standing
        self._rights = rights.Rights(hosts, origins)
        self._sockets: dict[WebSocket, Client] = {}
        self._places = Shares(MOST_SOCKETS)
        self._strange = Sparing(log)
        self._changes: dict[str, Hashable] = {}  # what has changed since all were told, and who changed it last
        self._told_s = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._runner: web.AppRunner | None = None
        self._accepting = Accepting(hub, kind="HTTP", most=MOST_CONNECTIONS, make=self._line, lost=_Line.leave)
        self.port = 0
        self.on_closed: Callable[[Client], None] = lambda client: None

    @property
    def address(self) -> str:
        """What to open in a browser; "" while the door is closed."""
        if not self.port:
            return ""
        host = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    async def open(self) -> bool:
        """Listen; False, and one warning, where none of the ports can be had."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/{path:.*}", self._get)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_GONE_S)
        await self._runner.setup()
        ports = range(self._port, min(self._port + TRIES, _PORTS))
        for port in ports:
            try:
                await self._accepting.listen(self._host, port)
            except (OSError, UnicodeError) as error:
                if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                    continue
                why = getattr(error, "strerror", None) or error
                log.warning("http.port %d on %s: %s; there is no page", port, self._host, why)
                return False
            self.port = port
            if port != self._port:
                log.warning("http.port %d is taken: the page is at %s", self._port, self.address)
            return True
        log.warning("http.port %d to %d are all taken: there is no page", self._port, ports[-1])
        return False

    def _line(self, host: str, _port: int, is_loopback: bool) -> _Line:
        assert self._runner is not None and self._runner.server is not None
        is_open = lambda: self._accepting.is_open  # noqa: E731
        strange = lambda why: self._strange.warn(f"HTTP connection of {host}: {why}")  # noqa: E731
        return _Line(self._runner.server, is_open, lambda: self._accepting.leave(host, is_loopback), strange)

    async def close(self) -> None:
        """Close every socket, and listen no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._accepting.close()
        for one in list(self._sockets):
            one.end()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # -- what the daemon tells -----------------------------------------------------------------------------------------

    def changed(self, path: str, by: Client | None) -> None:
        """A value has changed: those who listen to it, or to what it has moved, are told where that stands, at most
        thirty times a second and the last of it always; `by`, who made the last change, is not."""
        if not any(one.listens for one in self._sockets):
            return
        self._changes[path] = None if by is None else by.key
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._told_s + CHANGE_INTERVAL_S - loop.time(), self._tell_changes)

    def _tell_changes(self) -> None:
        self._timer = None
        self._told_s = asyncio.get_running_loop().time()
        changes, self._changes = self._changes, {}
        packets: dict[str, bytes] = {}  # many pages listen to the same
        for one, client in self._sockets.items():
            moved = [path for path, by in changes.items() if by != client.key]
            moved_cursors = {tree.cursor_of(path) for path in moved} - {0}
            for listened, path in one.listens.items():
                if path not in moved and tree.cursor_of(path) not in moved_cursors:
                    continue
                if listened not in packets:
                    with contextlib.suppress(CommandError):  # a dimension that the model of now has not
                        packets[listened] = encode_message(listened, self._standing(path))
                if listened in packets:
                    one.send(packets[listened])

    def tree_changed(self) -> None:
        """There is another model: other dimensions, other ranges."""
        text = json.dumps({"COMMAND": "PATH_CHANGED", "DATA": "/"})
        for one in self._sockets:
            one.say(text)

    def lossy(self, client: Client) -> Callable[[bytes], None] | None:
        """How a client of a WebSocket is sent what is worth nothing later; None for any other client."""
        return next((one.send_or_drop for one, known in self._sockets.items() if known.key == client.key), None)

    # -- requests ------------------------------------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Whoever may send OSC may ask here, under a name that is the daemon's, from a page that is its own."""
        peer = request.remote or ""
        if not self._hub.judge(peer)[0]:
            self._hub.refused += 1
            raise web.HTTPForbidden(text="this address is outside osc.allow\n")
        # a browser names the origin of the page's own files, which are for all who may ask: what they do is refused
        is_file = request.path in pages.pages() and not request.query_string and not _is_socket(request)
        why = self._rights.complaint(
            request.headers.get("Host", ""), None if is_file else request.headers.get("Origin")
        )
        if why:
            raise web.HTTPForbidden(text=why + "\n")
        if isinstance(request.protocol, _Line):
            request.protocol.has_asked()
        response: web.StreamResponse = await handler(request)
        return response

    async def _get(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if _is_socket(request):
            return await self._socket(request)
        if _PROBE in request.query:
            return self._probe(request)
        if "HOST_INFO" in request.query:
            return web.Response(body=tree.as_bytes(self._host_info(request)), content_type=_JSON)
        page = pages.find(path, request.headers.get("Accept", ""), bool(request.query.keys() - pages.QUERY))
        if page is not None:
            return web.Response(body=page.body, headers=pages.headers_of(page, request.headers.get("Host", "")))
        # answered, and not raised: an exception holds its frame, in a circle that no collection ends while notes sound
        node = tree.find_node(self._look(), path)
        if node is None:
            return web.Response(status=404, text=f"{path}: no such address, / lists them\n")
        asked = [name for name in request.query if name in tree.ATTRIBUTES]
        if request.query_string and not asked:
            return web.Response(status=204)
        own = tree.as_it_stands(node if not asked or asked[0] == "CONTENTS" else tree.alone(node), self._standing)
        if asked and asked[0] not in own:
            return web.Response(status=204)
        await asyncio.sleep(0)  # of the whole tree the text takes a millisecond of its own
        body = tree.as_bytes(own if not asked else {asked[0]: own[asked[0]]})
        await asyncio.sleep(0)
        return web.Response(body=body, content_type=_JSON)

    def _probe(self, request: web.Request) -> web.Response:
        """Why a WebSocket of the page that asks would be refused: a browser does not tell a page. The page names its
        own origin, because a request to where it came from has none."""
        if why := self._rights.complaint(request.headers.get("Host", ""), request.query[_PROBE] or None):
            return web.Response(status=403, text=f"{why}\n")
        host, _, is_loopback = self._peer(request)
        if why := self._places.refusal(host, is_loopback, "WebSockets"):
            return web.Response(status=503, text=f"{why}\n")
        return web.Response(status=204)

    def _peer(self, request: web.Request) -> tuple[str, int, bool]:
        """Who asks: host, port, whether it is this machine."""
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        host, port = (str(peer[0]), int(peer[1])) if peer else (request.remote or "", 0)
        return host, port, self._hub.judge(host)[1]

    def _host_info(self, request: web.Request) -> dict[str, Any]:
        here = request.transport.get_extra_info("sockname") if request.transport is not None else None
        host = str(here[0]) if here else self._host
        return {
            "NAME": "oscvae",
            "EXTENSIONS": tree.EXTENSIONS,
            "OSC_IP": host,
            "OSC_PORT": self._osc_port,
            "OSC_TRANSPORT": "UDP",
            "WS_IP": host,
            "WS_PORT": self.port,
        }

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        host, port, is_loopback = self._peer(request)
        if why := self._places.refusal(host, is_loopback, "WebSockets"):
            raise web.HTTPServiceUnavailable(text=f"{why}\n")
        self._places.take(host, is_loopback)
        try:
            return await self._serve(request, host, port, is_loopback)
        finally:
            self._places.leave(host, is_loopback)

    async def _serve(self, request: web.Request, host: str, port: int, is_loopback: bool) -> web.WebSocketResponse:
        """Listen to one WebSocket until it is gone."""
        socket_ = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=MAX_PACKET, compress=False)
        await socket_.prepare(request)
        one = WebSocket(socket_, self._standing, request.transport)

        def client(size: int) -> Client:
            return Client("ws", host, port, is_loopback, size, one.send, self._hub.error_limiter, persistent=True)

        self._sockets[one] = client(0)
        try:
            async for message in socket_:
                if message.type is WSMsgType.BINARY:
                    self._hub.take(message.data, client(len(message.data)))
                elif message.type is WSMsgType.TEXT:
                    one.obey(message.data)
        finally:
            gone = self._sockets.pop(one)
            one.let_go()
            self.on_closed(gone)
            self._hub.on_closed(gone)
        return socket_


def _is_socket(request: web.Request) -> bool:
    """Whether it asks for a WebSocket, at whichever path."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


class _Line(web.RequestHandler):
    """One connection, of one request or several. is_open(): whether the door is; leave(): the connection is gone;
    strange(why): what came is no request."""

    __slots__ = ("_is_open", "_leave", "_silence", "_strange")

    def __init__(
        self,
        server: web.Server,
        is_open: Callable[[], bool],
        leave: Callable[[], None],
        strange: Callable[[str], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None, keepalive_timeout=SILENT_S)  # type: ignore[arg-type]
        self._is_open = is_open
        self._leave: Callable[[], None] | None = leave
        self._strange = strange
        self._silence = loop.call_later(SILENT_S, self._hang_up)

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def log_exception(self, *args: Any, **more: Any) -> None:
        """What a stranger sends is a line now and then, and what fails here an error."""
        error = more.get("exc_info")
        if isinstance(error, HttpProcessingError):
            self._strange(f"no HTTP request: {str(error.message).splitlines()[0]}")
        else:
            super().log_exception(*args, **more)

    def has_asked(self) -> None:
        """It wants something that it may want."""
        self._silence.cancel()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._is_open():  # since it was accepted
            transport.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        try:
            super().connection_lost(exc)
        finally:
            self.leave()

    def leave(self) -> None:
        self._silence.cancel()
        if self._leave is not None:
            leave, self._leave = self._leave, None
            leave()
