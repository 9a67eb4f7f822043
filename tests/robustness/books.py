"""What must hold of an engine at every moment, and once nothing sounds any more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from parts.waiting import until
from robustness.churn import Command

ANSWER_S = 10.0


def check_books(engine: OfflineEngine) -> None:
    """What must hold at every moment."""
    pool = engine.pool
    slots = engine.engine.slots
    held = [voice.slot for voice in pool.all()]
    assert sorted(pool._free + held) == list(range(slots)), "a slot is lost, or has two owners"
    assert len(pool) + len(pool.waiting_voices()) <= pool.limit
    for voice in pool.all():
        assert int(engine.engine.voices[voice.slot][at.V_GENERATION]) == voice.generation
    if not engine.timeline._changes:  # a voice whose successor has a timetag sounds on until then
        named = [(voice.asked.owner, voice.asked.id) for voice in [*pool, *pool.waiting_voices()]]
        assert len(set(named)) == len(named), "two voices sound under one name"
    for loaded in engine.contexts:
        blocks = loaded.decoder.free_blocks
        assert len(set(blocks)) == len(blocks) <= loaded.decoder.n_blocks
        assert loaded.voices == sum(voice.loaded is loaded for voice in pool.all())
        assert loaded.waiting == sum(voice.loaded is loaded for voice in pool.waiting_voices())
    assert engine.engine.intact()
    assert engine.engine.word(at.E_EVENTS_LOST) == 0


def check_rest(engine: OfflineEngine) -> None:
    """What must hold once nothing sounds any more, and decoders have said of the last requests that they were late."""
    assert engine.pool.idle
    until(lambda: render(engine, 512).size > 0 and not any(loaded.context.owed for loaded in engine.contexts), ANSWER_S)
    assert sorted(engine.pool._free) == list(range(engine.engine.slots))
    assert all(int(words[at.V_STATE]) == at.FREE for words in engine.engine.voices)
    playing = [part.models.current for part in engine.parts.in_use]
    for current in playing:
        assert current is not None
        if not current.document.is_endless:  # the chunks of a stream are its slots'
            assert sorted(current.decoder.free_blocks) == list(range(current.decoder.n_blocks))
        assert current.context.owed == current.context.refused == 0
    assert set(engine.contexts) == set(playing)
    assert np.count_nonzero(engine.engine.contexts) == len(playing)
    assert int(engine.engine.active[0]) == 0


def obey(engine: OfflineEngine, commands: list[Command], due_ns: int | None = None) -> None:
    engine.execute([Message(str(command[0]), command[1:], "") for command in commands], due_ns)


def render(engine: OfflineEngine, count: int) -> NDArray[np.float32]:
    block = np.full((2, count), np.float32(np.nan))
    engine.render_block(count, block)
    assert np.abs(block).max() <= 1.0  # and so every number is finite
    return block
