"""The daemon's side of a decoder, whose process is played by the test: what it says is foreign, and checked."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oscvae.decode.decoder import Decoder
from oscvae.decode.wire import ENCODE, MAX_TEXT, Request, read_notice
from oscvae.errors import DecoderError
from oscvae.model.document import ModelDocument
from parts.small_model import small_document

DOCUMENT = ModelDocument.model_validate(small_document())


class Played:
    """A decoder that is ready, and the other end of its socket."""

    def __init__(self) -> None:
        self.decoder = Decoder(Path("small.ts"), DOCUMENT, 2)
        self.decoder._link, self.process = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.decoder._link.setblocking(False)
        self.decoder.alive = True
        self.told: list[dict[str, Any]] = []
        self.gone = 0
        self.decoder.on_notice = self.told.append
        self.decoder.on_gone = self._end

    def _end(self) -> None:
        self.gone += 1

    def say(self, **notice: Any) -> None:
        self.process.send(json.dumps(notice).encode())

    def encode(self, number: int) -> None:
        assert self.decoder.send(Request(ENCODE, 0, number, 0, 0, 60, ()))

    def hear(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """The event clock runs until it has nothing to do for a while; `meanwhile` once in each of its turns."""

        async def body() -> None:
            self.decoder.listen(asyncio.get_running_loop())
            for _ in range(50):
                meanwhile()
                await asyncio.sleep(0.0002)
            self.decoder._loop = None
            asyncio.get_running_loop().remove_reader(self.decoder._link.fileno())  # type: ignore[union-attr]

        asyncio.run(body())


@pytest.fixture
def played() -> Iterator[Played]:
    made = Played()
    yield made
    made.process.close()
    made.decoder.close()


GOOD: list[dict[str, Any]] = [
    {"confined": {"level": "full", "lacking": []}},
    {"confined": {"level": "landlock missing", "lacking": ["Landlock, which keeps it from files"]}},
    {"loaded": "file"},
    {"ready": {"device": "cpu", "warning": "", "encodes": True, "streams": 0}},
    {"ready": {"device": "cuda:0", "warning": "hot", "encodes": False, "streams": 8}},
    {"document": "{}"},
    {"error": "decoding failed"},
    {"cuda_failed": "out of memory"},
    {"encoded": 3, "mean": [0.5, -1], "log_variance": [0.0, 0.0]},
    {"encoded": 3, "why": "no"},
]


@pytest.mark.parametrize("notice", GOOD, ids=" ".join)
def test_a_notice_is_read_as_it_was_written(notice: dict[str, Any]) -> None:
    assert read_notice(json.dumps(notice).encode()) == notice


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"loaded": 1}',
        b'{"loaded": "a", "error": "b"}',
        b'{"ready": {}}',
        b'{"ready": {"device": "toaster", "warning": "", "encodes": true}}',
        b'{"ready": {"device": "cpu", "warning": "", "encodes": 1}}',
        b'{"ready": {"device": "cpu", "warning": "", "encodes": true, "streams": 65}}',
        b'{"ready": {"device": "cpu\\n", "warning": "", "encodes": true}}',
        b'{"encoded": 1}',
        b'{"encoded": -1, "why": "no"}',
        b'{"encoded": 1.5, "why": "no"}',
        b'{"encoded": "1", "why": "no"}',
        b'{"encoded": 99999999999999999999999999, "why": "no"}',
        b'{"encoded": 1, "mean": "0"}',
        b'{"encoded": 1, "mean": [null]}',
        b'{"encoded": 1, "mean": [0], "why": "no"}',
        b'{"encoded": 1, "mean": [' + b",".join([b"0"] * 129) + b"]}",
        b'{"confined": "full"}',
        b'{"confined": {"level": "full", "lacking": [' + b",".join([b'"x"'] * 17) + b"]}}",
        b'{"error": "x", "eval": "y"}',
        b'{"error": "\\ud800"}',
        b'{"error": ' + b"[" * 60_000,
        b'{"error": ' + b"9" * 60_000 + b"}",
    ],
    ids=lambda data: repr(data[:40]),
)
def test_anything_else_is_nonsense(data: bytes) -> None:
    with pytest.raises(DecoderError):
        read_notice(data)


def test_what_is_told_on_is_one_line_of_bounded_length() -> None:
    notice = read_notice(json.dumps({"error": "a\nerror oscvae: \x1b[31m\0b" + "x" * 5000}).encode())
    assert notice["error"].startswith("a error oscvae:  [31m b") and len(notice["error"]) == MAX_TEXT


def test_an_answer_is_told_once_and_only_to_who_asked(played: Played) -> None:
    played.encode(7)
    played.say(encoded=6, mean=[0.0, 0.0], log_variance=[0.0, 0.0])  # another model's, or an earlier one
    played.hear()
    assert played.told == [] and played.decoder.encoding
    for _ in range(2):
        played.say(encoded=7, mean=[0.0, 0.0], log_variance=[0.0, 0.0])
    played.hear()
    assert [notice["encoded"] for notice in played.told] == [7] and not played.decoder.encoding
    played.say(encoded=0, why="no")
    played.hear()
    assert len(played.told) == 1 and not played.gone


@pytest.mark.parametrize("count", [0, 1, 3, 64])
def test_a_point_of_another_size_ends_the_decoder(played: Played, count: int) -> None:
    assert DOCUMENT.latent_size not in {0, 1, 3, 64}
    played.encode(7)
    played.say(encoded=7, mean=[0.0] * count, log_variance=[])
    played.hear()
    assert played.gone == 1 and f"{count} numbers" in played.told[0]["error"]


def test_nonsense_ends_the_decoder(played: Played) -> None:
    played.process.send(b"{" * 1000)
    played.hear()
    assert played.gone == 1 and not played.decoder.alive
    assert "nonsense" in played.told[0]["error"] and "it is ended" in played.told[0]["error"]


def test_a_flood_of_notices_ends_the_decoder_and_holds_nobody_up(played: Played) -> None:
    played.process.setblocking(False)
    turns = 0

    def flood() -> None:
        nonlocal turns
        turns += 1
        try:
            while True:
                played.say(error="again")
        except OSError:
            return

    played.hear(flood)
    assert turns == 50, "the event clock had no turn beside it"
    assert played.gone == 1
    assert "more than 200 things a second" in played.told[-1]["error"]
    assert len(played.told) <= 250


def test_a_flood_is_the_end_of_what_is_rendered_offline(played: Played) -> None:
    played.process.setblocking(False)
    with pytest.raises(DecoderError, match="more than 200 things a second"):
        for _ in range(1000):
            played.say(error="again")
            played.decoder.receive(0.0)


def test_loading_in_endless_steps_ends(played: Played) -> None:
    played.process.setblocking(False)
    assert played.decoder._link is not None
    with pytest.raises(DecoderError, match="still not ready after 256 steps"):
        for _ in range(2):
            try:
                while True:
                    played.say(loaded="again")
            except BlockingIOError:
                pass
            next(played.decoder._await_notices(played.decoder._link))


def test_how_far_it_is_confined_is_believed_only_before_the_model_runs(played: Played) -> None:
    assert played.decoder._link is not None
    played.say(confined={"level": "landlock missing", "lacking": ["Landlock"]})
    played.say(loaded="file")
    played.say(confined={"level": "full", "lacking": []})
    with pytest.raises(DecoderError, match="what nobody asked"):
        next(played.decoder._await_notices(played.decoder._link))
    assert (played.decoder.confined, played.decoder.lacking) == ("landlock missing", ("Landlock",))


def test_the_pool_cannot_be_cut_off(played: Played) -> None:
    """The daemon would end by SIGBUS."""
    for size in (0, 1, 1 << 30):
        with pytest.raises(PermissionError):
            os.ftruncate(played.decoder._pool_fd, size)
    with pytest.raises(PermissionError):
        fcntl.fcntl(played.decoder._pool_fd, fcntl.F_ADD_SEALS, 0)
    assert float(played.decoder.pool.max()) == -1.0
