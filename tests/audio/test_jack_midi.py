"""The JACK backend's MIDI port against a real server: every channel message once, at its frame, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from audio.byhand import ByHand
from oscvae.audio.jack import JackBackend
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import pending, pop
from parts.jackd import PROGRAMS, JackServer
from parts.midi_sender import MidiSender
from parts.programs import needs
from parts.waiting import until

pytestmark = [pytest.mark.jack, needs(*PROGRAMS)]


@pytest.fixture
def connected(jack_server: JackServer) -> Iterator[tuple[Engine, MidiSender]]:
    """An engine that is served by the server, and a sender that is connected to it."""
    sender = MidiSender(jack_server.name)
    backend = JackBackend(server_name=jack_server.name, connect=[], midi=[sender.port_name])
    hand = ByHand()
    backend.start(hand.engine)
    assert jack_server.connections()["oscvae:midi_in"] == [sender.port_name]
    assert until(lambda: hand.engine.word(at.E_BLOCKS) > 2)
    yield hand.engine, sender
    backend.stop()
    sender.close()


def taken(engine: Engine) -> list[tuple[int, bytes]]:
    """What waits for control: frames as the server counts (32 bits), and messages."""
    record = np.zeros(8, np.int64)
    ahead = engine.word(at.E_FRAME_32) - engine.word(at.E_FRAME)  # constant while no frame is skipped
    found = []
    while pop(engine.midi, record):
        data = int(record[at.MIDI_BYTES]).to_bytes(3, "little")
        found.append((int(record[at.MIDI_FRAME]) + ahead & 0xFFFFFFFF, data[: int(record[at.MIDI_SIZE])]))
    return found


def test_channel_messages_arrive_at_their_frame_whatever_the_period(
    connected: tuple[Engine, MidiSender], jack_server: JackServer
) -> None:
    engine, sender = connected
    messages = [
        b"\x90\x3c\x64",
        b"\xf8",  # a clock
        b"\xc3\x07",
        b"\xf0\x7e\xf7",  # system exclusive
        b"\xbf\x7f\x00",
        b"\xe0\x7f\x7f",
        b"\xfe",  # active sensing
        b"\x8f\x7f\x7f",
    ]
    heard = [message for message in messages if message[0] < 0xF0]
    for period in (128, 1024, 64):
        if period != 128:
            jack_server.tool("jack_bufsize", str(period))
            assert until(lambda period=period: engine.word(at.E_PERIOD) == period)  # type: ignore[misc]
        for _ in range(5):  # again if periods were lost, which a busy machine does to any client
            sender.wait()
            taken(engine)
            lost = engine.word(at.E_XRUNS), sender.skipped
            frame = sender.frame + 9600
            frames = [frame + 37 * k for k in range(len(messages))]
            sender.send(list(zip(frames, messages, strict=True)))
            sender.wait()
            until(lambda: pending(engine.midi) >= len(heard))
            expected = [(f & 0xFFFFFFFF, m) for f, m in zip(frames, messages, strict=True) if m in heard]
            found = taken(engine)
            if found == expected:
                break
            if not until(lambda lost=lost: (engine.word(at.E_XRUNS), sender.skipped) != lost, 1.0):  # type: ignore[misc]
                assert found == expected
        else:
            pytest.fail("the server lost periods in every attempt")
    assert engine.word(at.E_MIDI_LOST) == 0


def test_what_finds_the_ring_full_is_counted(connected: tuple[Engine, MidiSender]) -> None:
    engine, sender = connected
    frame = sender.frame + 4800
    sender.send([(frame + 2 * k, bytes((0xB0, 1, k & 0x7F))) for k in range(at.MIDI_RECORDS + 100)])
    sender.wait()
    assert until(lambda: engine.word(at.E_MIDI_LOST) == 100)
    assert [message[2] for _, message in taken(engine)] == [k & 0x7F for k in range(at.MIDI_RECORDS)]
    sender.say(b"\x90\x3c\x64")
    assert until(lambda: pending(engine.midi) == 1)
    assert engine.intact()


def test_a_source_that_is_not_there_is_a_warning_and_no_port_is_made_unasked(
    jack_server: JackServer, caplog: pytest.LogCaptureFixture
) -> None:
    backend = JackBackend(server_name=jack_server.name, connect=[], midi=["nobody:out"])
    backend.start(ByHand().engine)
    assert [record.message for record in caplog.records if "'nobody:out'" in record.message]
    backend.stop()
    backend = JackBackend(server_name=jack_server.name, connect=[])
    backend.start(ByHand().engine)
    assert "oscvae:midi_in" not in jack_server.connections()
    backend.stop()
