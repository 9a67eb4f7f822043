"""Single-producer single-consumer queue of fixed records: the only way in which two clocks pass ownership.

A record is RECORD int64 words. The head is written by the producer only and the tail by the consumer only, each on a
cache line of its own; a push publishes with release and a pop reads with acquire, so whatever the producer wrote
before the push is the consumer's after the pop. `stage` and `publish` let several records become visible at once.

Source: L. Lamport, "Specifying concurrent program modules", ACM TOPLAS 5(2), 1983 (the single-writer queue).
"""

from __future__ import annotations

from oscvae.arrays import Int64s
from oscvae.realtime.kernel import kernel
from oscvae.realtime.memory import load, store, words_at

RECORD = 8  # words of a record
RECORD_BYTES = RECORD * 8
_CAPACITY = 0
_HEAD = 8
TAIL = 16  # the one word that the consumer writes
_DATA = 24


def ring_words(capacity: int) -> int:
    """Words that a ring of `capacity` records (a power of two) takes."""
    return _DATA + capacity * RECORD


def clear_ring(words: Int64s) -> None:
    """Make zeroed `words` an empty ring of as many records as they hold. Raises ValueError unless a power of two."""
    capacity, rest = divmod(words.size - _DATA, RECORD)
    if rest or capacity < 1 or capacity & (capacity - 1):
        raise ValueError(f"a ring of {words.size} words holds {capacity} records: it must be a power of two of them")
    words[_CAPACITY] = capacity


@kernel("int64[::1](int64)")
def ring_at(address):  # type: ignore[no-untyped-def]
    """The ring that lies at `address`."""
    return words_at(address, _DATA + words_at(address, 1)[_CAPACITY] * RECORD)


@kernel("boolean(int64[::1], int64, int64[::1])")
def stage(ring, ahead, record):  # type: ignore[no-untyped-def]
    """Write `record` as the `ahead`-th unpublished one (0 the first); False, and nothing written, when full."""
    head = ring[_HEAD] + ahead
    if head - load(ring, TAIL) >= ring[_CAPACITY]:
        return False
    base = _DATA + (head & (ring[_CAPACITY] - 1)) * RECORD
    for i in range(RECORD):
        ring[base + i] = record[i]
    return True


@kernel("void(int64[::1], int64)")
def publish(ring, count):  # type: ignore[no-untyped-def]
    """Make the first `count` staged records visible to the consumer, all at once."""
    store(ring, _HEAD, ring[_HEAD] + count)


@kernel("boolean(int64[::1], int64[::1])")
def push(ring, record):  # type: ignore[no-untyped-def]
    """Append one record; False when the ring is full."""
    if not stage(ring, 0, record):
        return False
    publish(ring, 1)
    return True


@kernel("boolean(int64[::1], int64[::1])")
def pop(ring, record):  # type: ignore[no-untyped-def]
    """Take the oldest record into `record`; False when the ring is empty."""
    tail = ring[TAIL]
    if tail == load(ring, _HEAD):
        return False
    base = _DATA + (tail & (ring[_CAPACITY] - 1)) * RECORD
    for i in range(RECORD):
        record[i] = ring[base + i]
    store(ring, TAIL, tail + 1)
    return True


@kernel("int64(int64[::1])")
def pending(ring):  # type: ignore[no-untyped-def]
    """How many records wait."""
    return load(ring, _HEAD) - load(ring, TAIL)


@kernel("int64(int64[::1])")
def published(ring):  # type: ignore[no-untyped-def]
    """How many records there have been since the start."""
    return load(ring, _HEAD)
