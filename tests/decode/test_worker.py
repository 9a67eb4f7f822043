"""A real decoder process: what an honest model does in it, and what a hostile one cannot.

The hostile model is tried without confinement as well: there it does harm, so that what stops it is the confinement.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

from decode.hostilemodels import Honest, Hostile, Loops, Maps, Saves, Takes, write
from oscvae.decode.confine import FULL, OFF
from oscvae.decode.decoder import REALTIME_PRIORITY, Decoder
from oscvae.decode.pool import put_details
from oscvae.decode.process import FIRST, ROLES
from oscvae.decode.wire import ENCODE, MOVE, NOTE_ON, RECORD, Request
from oscvae.model.detail import Detailer, Moved
from oscvae.model.document import ModelDocument
from parts import jackd
from parts.small_model import small_document

SOON_S = 60.0
GOOD, FAILED = 0, 1
BLOCKS = 8
SECRET, NEIGHBOUR = b"S" * 64, b"N" * 64
Shares = tuple[tuple[float, float], ...]
POINTS: list[tuple[float, ...]] = [(0.0, 0.0), (0.5, -1.0), (-2.0, 2.0)]


class Asked:
    """A decoder of the model that `make(decoder)` gives, and what it answers."""

    def __init__(
        self, path: Path, make: Callable[[Asked], nn.Module], *, confine: bool = True, threads: int = 1
    ) -> None:
        self.decoder = Decoder(path, ModelDocument.model_validate(small_document()), BLOCKS)
        write(path, make(self))
        try:
            self.decoder.spawn("cpu", threads, confine=confine)
        except BaseException:
            self.close()
            raise

    def ask(
        self, z: Sequence[float], note: int = 60, block: int = 1, kind: int = NOTE_ON, details: Shares = ()
    ) -> None:
        assert self.decoder.send(Request(kind, 0, 1, block, 0, note, tuple(z), details))

    def decode(
        self, z: Sequence[float], note: int = 60, block: int = 1, kind: int = NOTE_ON, details: Shares = ()
    ) -> tuple[int, Any]:
        """Status and magnitudes."""
        self.ask(z, note, block, kind, details)
        assert select.select([self.decoder.pipe_fd], [], [], SOON_S)[0], "no answer"
        record = RECORD.unpack(os.read(self.decoder.pipe_fd, RECORD.size))
        return record[4], self.decoder.pool[block].copy()

    def encode(self, x: NDArray[np.float32]) -> dict[str, Any]:
        self.decoder.to_encode[:] = x
        assert self.decoder.send(Request(ENCODE, 0, 7, 0, 0, 60, ()))
        notice = self.decoder.receive(SOON_S)
        assert notice is not None
        return notice

    def close(self) -> None:
        self.decoder.close()


Start = Callable[..., Asked]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(make, confine=.., threads=..)`: another decoder, ended with the test."""
    made: list[Asked] = []

    def begin(make: Callable[[Asked], nn.Module], **settings: Any) -> Asked:
        made.append(Asked(tmp_path / f"{len(made)}.ts", make, **settings))
        return made[-1]

    yield begin
    for asked in made:
        asked.close()


# -- honest ------------------------------------------------------------------------------------------------------------


def test_an_honest_model_decodes_and_encodes_the_same_bits(start: Start) -> None:
    free, confined = start(lambda asked: Honest(), confine=False), start(lambda asked: Honest())
    assert (free.decoder.confined, confined.decoder.confined) == (OFF, FULL)
    assert (free.decoder.lacking, confined.decoder.lacking) == ((), ())
    for block, z in enumerate(POINTS):
        for note in (48, 60, 72):
            for kind in (NOTE_ON, MOVE):
                one, other = free.decode(z, note, block, kind), confined.decode(z, note, block, kind)
                assert one[0] == other[0] == GOOD
                assert np.array_equal(one[1], other[1]) and np.ptp(one[1]) > 0.0
    x = np.random.default_rng(1).uniform(-1.0, 0.0, (4, 16)).astype(np.float32)
    encoded = confined.encode(x)
    assert "mean" in encoded and encoded == free.encode(x)


def test_a_sound_comes_back_with_its_distance_and_detail_and_a_note_takes_that_on(start: Start) -> None:
    document = ModelDocument.model_validate(small_document())
    asked, detailer = start(lambda asked: Honest()), Detailer(document)
    heard = np.random.default_rng(1).uniform(-1.0, 1.0, (4, 16)).astype(np.float32)
    encoded = asked.encode(heard)
    point, block = document.within_reach(encoded["mean"]), asked.decoder.pool[2]
    assert asked.decode(point, 60, 2)[0] == GOOD
    plain = block.copy()
    assert encoded["distance_db"] == pytest.approx(detailer.distance_db(plain, heard), abs=0.01)
    numbers = np.array(encoded["detail"], np.float32).reshape(2, 16)
    np.testing.assert_allclose(numbers, detailer.fit(plain, heard), atol=0.006)
    for note in (60, 65):
        asked.decode(point, note, 2)
        wanted = block.copy()
        detailer.add(wanted, note, [Moved(0.5, 60, numbers)])
        assert put_details(block, [numbers]) == 1
        status, detailed = asked.decode(point, note, 2, details=((0.5, 60.0),))
        assert status == GOOD and np.array_equal(detailed, wanted)
    assert np.array_equal(asked.decode(point, 60, 2)[1], plain), "the next note has none"


def status_of(process: int, thread: int) -> dict[str, str]:
    lines = Path(f"/proc/{process}/task/{thread}/status").read_text(encoding="ascii").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def threads_of(process: int) -> list[int]:
    return sorted(int(path.name) for path in Path(f"/proc/{process}/task").iterdir())


def test_every_thread_is_confined(start: Start) -> None:
    """NumPy's and torch's as well: Landlock binds none that is there before."""
    asked = start(lambda asked: Honest(), threads=2)
    asked.decode(POINTS[0])
    asked.encode(np.zeros((4, 16), np.float32))
    process = asked.decoder.pid
    assert len(threads_of(process)) >= 2
    for thread in threads_of(process):
        told = status_of(process, thread)
        assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
        assert int(told["CapEff"], 16) & ~(1 << 2) == 0, "it has more of root's powers than to read"
    assert int(Path(f"/proc/{process}/oom_score_adj").read_text(encoding="ascii")) >= 500


def test_the_thread_that_answers_is_realtime_once_it_is_ready_and_no_other(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not jackd.realtime_granted():
        pytest.skip("this user may not run realtime threads")
    loading: list[int] = []
    hurry = Decoder._hurry

    def hurried(decoder: Decoder) -> None:
        loading.extend(os.sched_getscheduler(thread) for thread in threads_of(decoder.pid))
        hurry(decoder)

    monkeypatch.setattr(Decoder, "_hurry", hurried)
    asked = start(lambda asked: Honest(), threads=2)
    asked.decode(POINTS[0])
    asked.encode(np.zeros((4, 16), np.float32))
    process = asked.decoder.pid
    assert len(loading) >= 2 and set(loading) == {os.SCHED_OTHER}
    assert os.sched_getscheduler(process) == os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    assert os.sched_getparam(process).sched_priority == REALTIME_PRIORITY
    others = [os.sched_getscheduler(thread) for thread in threads_of(process) if thread != process]
    assert others and set(others) == {os.SCHED_OTHER}


def test_a_model_that_never_comes_back_is_ended_by_the_kernel(start: Start) -> None:
    """Nobody watches it here; a realtime thread that hangs would keep a processor for ever."""
    if not jackd.realtime_granted():
        pytest.skip("this user may not run realtime threads")
    asked = start(lambda asked: Hostile([Loops()]))
    asked.ask((1.0, 0.0))
    notice = select.select([asked.decoder._link], [], [], SOON_S)[0]
    assert notice, "it still computes"
    assert asked.decoder.ending() == "was killed by signal 9"


# -- hostile -----------------------------------------------------------------------------------------------------------

THINGS = (
    "write a file",
    "write over a neighbour",
    "make a file by mapping it",
    "write into a neighbour by mapping it",
    "read a secret",
    "write into the pool",
    "take more memory than any model may",
)
SILENT = {"write a file", "write over a neighbour"}  # torch.save looks at no error


class Place:
    """A folder with a neighbour and a secret, and a hostile model that plays in it."""

    def __init__(self, folder: Path, confine: bool) -> None:
        self.folder = folder
        (folder / "neighbour").write_bytes(NEIGHBOUR)
        (folder / "mapped").write_bytes(NEIGHBOUR)
        (folder / "secret").write_bytes(SECRET)
        self.asked = Asked(folder / "hostile.ts", self._model, confine=confine)

    def _model(self, asked: Asked) -> nn.Module:
        pool = Path("/proc/self/fd") / str(FIRST + ROLES.index("pool"))
        things = [
            Saves(self.folder / "saved"),
            Saves(self.folder / "neighbour"),
            Maps(self.folder / "made", shared=True),
            Maps(self.folder / "mapped", shared=True),
            Maps(self.folder / "secret", shared=False),
            Maps(pool, shared=True),
            Takes(8),
        ]
        assert len(things) == len(THINGS)
        return Hostile(things)

    def attempt(self, what: str) -> bool:
        """Whether it was done: there is harm to show for it."""
        self.asked.decoder.pool[0] = -1.0
        self.status, answer = self.asked.decode((1.0 + THINGS.index(what), 0.0))
        return {
            "write a file": (self.folder / "saved").exists(),
            "write over a neighbour": (self.folder / "neighbour").read_bytes() != NEIGHBOUR,
            "make a file by mapping it": (self.folder / "made").exists(),
            "write into a neighbour by mapping it": (self.folder / "mapped").read_bytes() != NEIGHBOUR,
            "read a secret": bool((answer == SECRET[0] / 256.0).all()),
            "write into the pool": bool((self.asked.decoder.pool[0] != -1.0).any()),
            "take more memory than any model may": self.status == GOOD,
        }[what]


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("free"), confine=False)
    yield place
    place.asked.close()


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("confined"), confine=True)
    yield place
    names = {path.name for path in place.folder.iterdir()}
    place.asked.close()
    assert names == {"neighbour", "mapped", "secret", "hostile.ts"}


@pytest.mark.parametrize("what", THINGS)
def test_a_model_that_is_not_confined_can(free: Place, what: str) -> None:
    assert free.attempt(what) and free.status == GOOD


@pytest.mark.parametrize("what", THINGS)
def test_a_confined_model_cannot_and_its_decoder_says_why_and_plays_on(confined: Place, what: str) -> None:
    while confined.asked.decoder.receive(0.15) is not None:  # and long enough to say another error
        pass
    assert not confined.attempt(what)
    if what in SILENT:
        assert confined.status == GOOD
    else:
        assert confined.status == FAILED
        notice = confined.asked.decoder.receive(SOON_S)
        assert notice is not None
        assert any(word in notice["error"] for word in ("not permitted", "denied", "memory")), notice
    status, answer = confined.asked.decode((0.0, 0.0))
    assert status == GOOD and bool((answer == np.float32(-0.2)).all())
