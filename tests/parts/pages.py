"""Pages in browsers, as far as a daemon sees them: what they subscribe to, listen to, and ask for again and again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading

import aiohttp

from oscvae.osc.packets import encode_message

PAGES = 20
VOICES_S, STATUS_EACH = 0.05, 20
"""A page asks for the voices this often while something sounds, and every twentieth time for the status."""


async def listen(socket: aiohttp.ClientWebSocketResponse, counts: list[int], number: int) -> None:
    """Count what a page is told, until it is cancelled."""
    async for _ in socket:
        counts[number] += 1
    raise ConnectionError(f"page {number} was hung up on, with {socket.close_code}")


async def poll(socket: aiohttp.ClientWebSocketResponse, number: int) -> None:
    """Ask what sounds and how the daemon is, as often as the page does, until it is cancelled."""
    await asyncio.sleep(number / PAGES * VOICES_S)
    for turn in itertools.count():
        await socket.send_bytes(encode_message("/voices"))
        if turn % STATUS_EACH == 0:
            await socket.send_bytes(encode_message("/status"))
        await asyncio.sleep(VOICES_S)


async def look(session: aiohttp.ClientSession, url: str, number: int) -> None:
    """Ask for the tree once a second, each page at its own share of it, until it is cancelled."""
    await asyncio.sleep(number / PAGES)
    while True:
        async with session.get(url) as answer:
            await answer.read()
        await asyncio.sleep(1.0)


async def page(url: str, counts: list[int], number: int, hears: bool) -> None:
    """One page: listens and asks until it is cancelled."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for address in ("/notify", "/scope"):
            await socket.send_bytes(encode_message(address, (1,)))
        if hears:
            await socket.send_bytes(encode_message("/monitor", (1,)))
        for dimension in range(1, 5):
            await socket.send_str(json.dumps({"COMMAND": "LISTEN", "DATA": f"/z/{dimension}"}))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(listen(socket, counts, number))
            tasks.create_task(poll(socket, number))
            tasks.create_task(look(session, url, number))


async def browse(port: int, counts: list[int], hearing: int, over: threading.Event) -> None:
    """All pages, until `over`; raises what one of them raised."""
    url = f"http://127.0.0.1:{port}/?VALUE"
    pages = asyncio.gather(*(page(url, counts, i, i < hearing) for i in range(len(counts))))
    while not over.is_set() and not pages.done():
        await asyncio.sleep(0.05)
    pages.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await pages
