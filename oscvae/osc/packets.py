"""OSC packets: bytes to messages and bundles, strictly and in bounded time, and back.

Why this exists: whoever can reach the port can send anything, and python-osc 1.10 loops for ever on one packet of 24
bytes. So sizes, padding, alignment, depth, type tags and argument lengths are checked here first, with an
explicit stack instead of recursion. Numbers are taken by one precompiled struct per type tag string, which python-osc
does not offer and which is what lets one thread take in tens of thousands of messages a second; the rarer arguments,
and everything that is sent, go through python-osc's own readers and writers.

Source: the OSC 1.0 specification, https://opensoundcontrol.stanford.edu/spec-1_0.html
"""

from __future__ import annotations

import math
import numbers
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pythonosc.parsing import osc_types

from oscvae.errors import PacketError

MAX_PACKET = 65536  # bytes; a UDP datagram is always smaller, TCP frames are held to it
MAX_DEPTH = 8  # bundles inside bundles
MAX_ELEMENTS = 256  # messages and bundles in one packet, 1 ms of the event clock: 64 voices with all their settings
MAX_ARGS = 512  # in one message
MAX_ARRAY_DEPTH = 8
MAX_ADDRESS = 255  # bytes

IMMEDIATELY = 1  # the timetag that means now
NTP_UNIX_OFFSET_S = 2_208_988_800  # from 1900, where NTP counts from, to 1970
BUNDLE = b"#bundle\0"
BUNDLE_HEAD = 16  # "#bundle", its NUL and the timetag
PATTERN_CHARACTERS = frozenset("*?[]{}")

_NS = 1_000_000_000
_LAYOUT_CACHE_SIZE = 1024
_PADDING = (b"", b"\0", b"\0\0", b"\0\0\0", b"\0\0\0\0")
_FORMATS = {"i": "i", "f": "f", "h": "q", "d": "d"}
_CONSTANTS: dict[str, Any] = {"T": True, "F": False, "N": None, "I": True}
_KNOWN_TAGS = frozenset("ifsbhdtrcmSTFNI[]")


class Opaque(NamedTuple):
    """An argument that is neither a number nor a string: r a colour, m a MIDI message, t a timetag."""

    tag: str
    raw: bytes

    def __str__(self) -> str:
        """`#ff8000ff`, `MIDI 00903c7f`, `timetag 0000000000000001`."""
        return {"r": "#", "m": "MIDI ", "t": "timetag "}[self.tag] + self.raw.hex()


class Message(NamedTuple):
    """One OSC message. Arrays are flattened into `args`; `tags` (without the comma) still shows them.

    Values: i h are int, f d float, T F bool, I True (a press), s S c str, b bytes, N None, r m t Opaque.
    """

    address: str
    args: tuple[Any, ...] = ()
    tags: str = ""
    is_pattern: bool = False  # the address holds one of * ? [ ] { }


class Bundle(NamedTuple):
    """Messages and bundles that belong to one moment; `timetag` is a raw 64-bit NTP value, 1 means now."""

    timetag: int
    elements: tuple[Message | Bundle, ...]


Packet = Message | Bundle


class _Layout(NamedTuple):
    """What address and type tags say about a message; the same for every message of a fader."""

    address: str
    tags: str
    is_pattern: bool
    plain: struct.Struct | None  # set if a single unpack yields all arguments


_layouts: dict[bytes, _Layout] = {}


def decode(data: bytes) -> Packet:
    """The message or bundle in `data`, at most 64 KiB; raises PacketError with the byte where it went wrong."""
    size = len(data)
    if size > MAX_PACKET:
        raise PacketError(f"packet of {size} bytes, at most {MAX_PACKET} are taken")
    if size == 0:
        raise PacketError("empty packet")
    if size % 4:
        raise PacketError(f"packet of {size} bytes, not a multiple of 4")
    if data[0] == 0x2F:  # "/"
        return _message(data, 0, size)
    if data.startswith(BUNDLE):
        return _bundle(data)
    raise PacketError("neither a message (/...) nor a bundle (#bundle) at byte 0")


def _bundle(data: bytes) -> Bundle:
    """The bundle that fills `data`. Each open bundle is (timetag, where it ends, its elements so far)."""
    open_bundles: list[tuple[int, int, list[Packet]]] = []
    n_elements = 1
    start, end = 0, len(data)
    while True:
        # A bundle begins at `start`.
        if end - start < BUNDLE_HEAD:
            raise PacketError(f"bundle cut short at byte {start}: {end - start} bytes, at least {BUNDLE_HEAD} needed")
        timetag = int.from_bytes(data[start + 8 : start + 16])
        elements: list[Packet] = []
        position = start + BUNDLE_HEAD
        while True:
            # Elements follow until the bundle is full; then its parent goes on, if it has one.
            if position == end:
                done = Bundle(timetag, tuple(elements))
                if not open_bundles:
                    return done
                timetag, end, elements = open_bundles.pop()
                elements.append(done)
                continue
            if end - position < 4:
                raise PacketError(f"element size cut short at byte {position}")
            size = int.from_bytes(data[position : position + 4], signed=True)
            start = position + 4
            if size <= 0 or size % 4 or size > end - start:
                raise PacketError(
                    f"element size {size} at byte {position}, must be a multiple of 4 from 4 to {end - start}"
                )
            n_elements += 1
            if n_elements > MAX_ELEMENTS:
                raise PacketError(f"more than {MAX_ELEMENTS} elements in one packet, at byte {position}")
            position = start + size
            if data[start] == 0x2F:
                elements.append(_message(data, start, position))
                continue
            if data[start : start + 8] != BUNDLE:
                raise PacketError(f"neither a message (/...) nor a bundle (#bundle) at byte {start}")
            open_bundles.append((timetag, end, elements))
            if len(open_bundles) >= MAX_DEPTH:
                raise PacketError(f"bundles nested deeper than {MAX_DEPTH} at byte {start}")
            end = position
            break


def _message(data: bytes, start: int, end: int) -> Message:
    """The message in data[start:end]; both are multiples of 4."""
    address_nul = data.find(0, start, end)
    if address_nul < 0:
        raise PacketError(f"address without an end at byte {start}")
    tags_start = (address_nul + 4) & ~3
    if tags_start >= end:
        arguments = end  # old senders leave the type tags out of a message without arguments
    else:
        tags_nul = data.find(0, tags_start, end)
        if tags_nul < 0:
            raise PacketError(f"type tags without an end at byte {tags_start}")
        arguments = (tags_nul + 4) & ~3
    head = data[start:arguments]
    layout = _layouts.get(head)
    if layout is None:
        layout = _read_layout(data, start, address_nul, tags_start, arguments, end)
        if len(_layouts) >= _LAYOUT_CACHE_SIZE:
            _layouts.clear()
        _layouts[head] = layout
    address, tags, is_pattern, plain = layout
    if plain is not None:
        if plain.size != end - arguments:
            raise PacketError(
                f"{end - arguments} bytes of arguments at byte {arguments}, type tags ,{tags} need {plain.size}"
            )
        return Message(address, plain.unpack_from(data, arguments), tags, is_pattern)
    return Message(address, _arguments(data, arguments, end, tags), tags, is_pattern)


def _read_layout(data: bytes, start: int, address_nul: int, tags_start: int, arguments: int, end: int) -> _Layout:
    if address_nul - start > MAX_ADDRESS:
        raise PacketError(f"address of {address_nul - start} bytes at byte {start}, at most {MAX_ADDRESS} are taken")
    _check_padding(data, address_nul, min(tags_start, end))
    raw = data[start:address_nul]
    if not raw.isascii() or any(byte <= 0x20 or byte in b"#\x7f" for byte in raw) or (b"," in raw and b"{" not in raw):
        raise PacketError(f"address {raw!r} at byte {start}: printable ASCII without space, # and comma is allowed")
    address = raw.decode("ascii")
    tags = ""
    if arguments > tags_start:
        if data[tags_start] != 0x2C:  # ","
            raise PacketError(f"type tags must begin with a comma at byte {tags_start}")
        tags_nul = data.index(0, tags_start)
        _check_padding(data, tags_nul, arguments)
        tags = data[tags_start + 1 : tags_nul].decode("latin-1")
        _check_tags(tags, tags_start + 1)
    plain = None
    if all(tag in _FORMATS for tag in tags):
        plain = struct.Struct(">" + "".join(_FORMATS[tag] for tag in tags))
    return _Layout(address, tags, not PATTERN_CHARACTERS.isdisjoint(address), plain)


def _check_tags(tags: str, start: int) -> None:
    if len(tags) > MAX_ARGS:
        raise PacketError(f"{len(tags)} type tags at byte {start}, at most {MAX_ARGS} are taken")
    depth = 0
    for offset, tag in enumerate(tags):
        if tag not in _KNOWN_TAGS:
            raise PacketError(f"unknown type tag {tag!r} at byte {start + offset}")
        if tag == "[":
            depth += 1
            if depth > MAX_ARRAY_DEPTH:
                raise PacketError(f"arrays nested deeper than {MAX_ARRAY_DEPTH} at byte {start + offset}")
        elif tag == "]":
            depth -= 1
            if depth < 0:
                raise PacketError(f"array closed but never opened at byte {start + offset}")
    if depth:
        raise PacketError(f"array never closed in type tags ,{tags} at byte {start}")


def _check_padding(data: bytes, nul: int, end: int) -> None:
    """The bytes from the first NUL to the next multiple of 4 must be there and be zero."""
    if data[nul:end] not in _PADDING[1:]:
        raise PacketError(f"padding is not zero after the NUL at byte {nul}")


def _arguments(data: bytes, start: int, end: int, tags: str) -> tuple[Any, ...]:
    """Arguments of any kind, one by one; `start` and `end` are multiples of 4."""
    position = start
    values: list[Any] = []
    value: Any
    for tag in tags:
        if tag in "[]":
            continue
        if tag in _CONSTANTS:
            values.append(_CONSTANTS[tag])
            continue
        if tag in "sS":
            value, position = _string(data, position, end)
        elif tag == "b":
            value, position = _blob(data, position, end)
        else:
            width = 8 if tag in "hdt" else 4
            if end - position < width:
                raise PacketError(f"argument {len(values) + 1} (type {tag}) cut short at byte {position}")
            value = _fixed(data[position : position + width], tag, position)
            position += width
        values.append(value)
    if position != end:
        raise PacketError(f"{end - position} bytes left over after the arguments at byte {position}")
    return tuple(values)


def _fixed(raw: bytes, tag: str, position: int) -> Any:
    """One argument of 4 or 8 bytes, which are all there."""
    if tag == "i":
        return osc_types.get_int(raw, 0)[0]
    if tag == "f":
        return osc_types.get_float(raw, 0)[0]
    if tag == "h":
        return osc_types.get_int64(raw, 0)[0]
    if tag == "d":
        return osc_types.get_double(raw, 0)[0]
    if tag in "rmt":
        return Opaque(tag, raw)
    code = int.from_bytes(raw)
    if not 0 < code < 128:
        raise PacketError(f"character code {code} at byte {position}, type c takes ASCII from 1 to 127")
    return chr(code)


def _string(data: bytes, start: int, end: int) -> tuple[str, int]:
    """The string at `start` and where it ends. Not python-osc's reader: that one walks byte by byte."""
    nul = data.find(0, start, end)
    if nul < 0:
        raise PacketError(f"string without an end at byte {start}")
    after = (nul + 4) & ~3
    _check_padding(data, nul, after)
    try:
        return data[start:nul].decode("utf-8"), after
    except UnicodeDecodeError as error:
        raise PacketError(f"string is not UTF-8 at byte {start + error.start}") from None


def _blob(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    if end - start < 4:
        raise PacketError(f"blob size cut short at byte {start}")
    size = int.from_bytes(data[start : start + 4], signed=True)
    after = start + 4 + ((size + 3) & ~3)
    if size < 0 or after > end:
        raise PacketError(f"blob size {size} at byte {start}, must be from 0 to {end - start - 4}")
    # what it is padded with is not looked at: sclang leaves old bytes there
    return osc_types.get_blob(data[start:after], 0)[0], after


def encode_message(address: str, args: Sequence[Any] = ()) -> bytes:
    """A message with only the type tags i f s b, which every client reads.

    bool and int become i (clamped to 32 bits), float f (clamped to what 32 bits hold), str s, bytes b, None i 0.
    Anything else raises TypeError: it would be a mistake of ours.
    """
    if (numbers_alone := _encode_numbers(args)) is not None:
        tags, body = numbers_alone
        return _encode_head(address, tags) + body
    encoded = [_encode_argument(value) for value in args]
    return _encode_head(address, "".join(tag for tag, _ in encoded)) + b"".join(raw for _, raw in encoded)


def _encode_numbers(args: Sequence[Any]) -> tuple[str, bytes] | None:
    """Tags and bytes of nothing but numbers that fit, at once: a tenth of the time that the hundreds of a
    /voices.reply take one by one. None of anything else."""
    try:
        tags = "".join([_PLAIN_TAGS[type(value)] for value in args])
        if args and not -_FLOAT32_MAX <= min(args) <= max(args) <= _FLOAT32_MAX:
            return None  # as is NaN, where it comes first; elsewhere it is packed, and compared with nothing
        return tags, struct.pack(f">{tags}", *args)
    except (KeyError, struct.error):
        return None


@lru_cache(maxsize=_LAYOUT_CACHE_SIZE)
def _encode_head(address: str, tags: str) -> bytes:
    return bytes(osc_types.write_string(address) + osc_types.write_string("," + tags))


_INT32 = 2**31
_FLOAT32_MAX = 3.4028234663852886e38
_PLAIN_TAGS = {int: "i", float: "f"}


def _encode_argument(value: Any) -> tuple[str, bytes]:
    if isinstance(value, float):
        return "f", osc_types.write_float(value if math.isnan(value) else max(-_FLOAT32_MAX, min(value, _FLOAT32_MAX)))
    if value is None or isinstance(value, int):
        return "i", osc_types.write_int(max(-_INT32, min(int(value or 0), _INT32 - 1)))
    if isinstance(value, str):
        clean = value.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
        return "s", osc_types.write_string(clean)
    if isinstance(value, bytes):
        return "b", osc_types.write_blob(value) if value else b"\0\0\0\0"  # python-osc refuses an empty blob
    if isinstance(value, numbers.Integral):  # numpy's scalars
        return _encode_argument(int(value))
    if isinstance(value, numbers.Real):
        return _encode_argument(float(value))
    raise TypeError(f"{value!r} of type {type(value).__name__} has no OSC type tag among i f s b")


def encode_bundle(timetag: int, elements: Sequence[bytes]) -> bytes:
    """A bundle of encoded messages or bundles at a raw NTP `timetag` (1 = now)."""
    parts = [BUNDLE, timetag.to_bytes(8)]
    for element in elements:
        parts += (osc_types.write_int(len(element)), element)
    return b"".join(parts)


def timetag_to_ns(timetag: int) -> int:
    """Unix time in ns of a raw NTP timetag: whole numbers throughout, to the nearest ns.

    Seconds below 2^31 belong to the NTP era that begins in 2036 (RFC 4330), so that shows after 2036 keep time.
    """
    seconds, fraction = timetag >> 32, timetag & 0xFFFFFFFF
    if seconds < 2**31:
        seconds += 2**32
    return (seconds - NTP_UNIX_OFFSET_S) * _NS + ((fraction * _NS + 2**31) >> 32)


def ns_to_timetag(time_ns: int) -> int:
    """The raw NTP timetag of a Unix time in ns, to the nearest 2^-32 s; inverse of `timetag_to_ns`."""
    seconds, rest_ns = divmod(time_ns, _NS)
    raw = ((seconds + NTP_UNIX_OFFSET_S) << 32) + ((rest_ns << 32) + _NS // 2) // _NS
    return raw & 0xFFFFFFFFFFFFFFFF


def timetag_to_unix_s(timetag: int) -> float:
    """Unix time in s of a raw NTP timetag; a float of today's size resolves about 0.2 us."""
    return timetag_to_ns(timetag) / _NS
