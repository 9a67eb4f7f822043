"""The parts in addresses: `/part/2/play` is /play for the second part; without a prefix an address is the first's."""

from __future__ import annotations

from oscvae.errors import CommandError, UnknownAddressError

PARTS = 8
FIRST = 1
_START = "/part/"
_SHOWN = 40  # characters of a foreign number in an error


def split(address: str) -> tuple[int, str]:
    """The part that an address is for, 1 to PARTS, and the address without its prefix.

    Raises CommandError for a part that there is not, UnknownAddressError for a prefix alone.
    """
    if not address.startswith(_START):
        return FIRST, address
    number, slash, rest = address[len(_START) :].partition("/")
    if number not in _NUMBERS:
        raise CommandError(f"no part {number[:_SHOWN]!r}: there are {PARTS}, {_START}1 to {_START}{PARTS}")
    if not slash or not rest:
        raise UnknownAddressError("a part alone is no address")
    return int(number), f"/{rest}"


def joined(part: int, address: str) -> str:
    """An address as it is told: the first part's has no prefix."""
    return address if part == FIRST else f"{_START}{part}{address}"


def bare(address: str) -> str:
    """An address without the prefix of a part, if it has one."""
    try:
        return split(address)[1]
    except CommandError:
        return address


def is_prefixed(address: str) -> bool:
    """Whether it names a part."""
    return address.startswith(_START)


_NUMBERS = frozenset(map(str, range(FIRST, PARTS + 1)))
