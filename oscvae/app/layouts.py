"""The layouts of TouchOSC and Open Stage Control for another part: their addresses, which nothing changes while they
are open, get its prefix.

What has no part stays as it is, and so does /panic, which silences all.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from oscvae.errors import ConfigError, UnknownAddressError
from oscvae.osc.parts import FIRST, PARTS, joined
from oscvae.osc.vocabulary import REPLIES, TABLE, find

SUFFIXES = {".tosc", ".json"}
FOLDERS = {"touchosc", "openstagecontrol"}

# an address in quotes, in a script or in JSON, or in brackets, in the XML of a .tosc
_ADDRESS = re.compile(r"""(?<=['"\[])/[A-Za-z][A-Za-z0-9/.]*(?=['"\]])""")

_BY_DAEMON = {"/done", "/fail", "/warn", "/level", "/xrun", "/midi/program"}
_BY_DAEMON |= {reply.split()[0] for row in TABLE if row.scope == "daemon" for reply in row.replies}
_OF_PART = {reply.path for reply in REPLIES} - _BY_DAEMON | {row.path for row in TABLE if row.scope == "part"}


def is_layout(path: Path) -> bool:
    """Whether a file of the patches is one."""
    return path.suffix in SUFFIXES and path.parts[0] in FOLDERS


def named(path: Path, part: int) -> Path:
    """What the layout of a part is called, beside the first's."""
    return path.with_stem(f"{path.stem}-part-{part}")


def of_part(path: Path, content: bytes, part: int) -> bytes:
    """The content of a layout for that part. Raises ConfigError for a part that there is not."""
    if not FIRST <= part <= PARTS:
        raise ConfigError(f"there is no part {part}: there are {PARTS}, {FIRST} to {PARTS}")
    packed = path.suffix == ".tosc"
    text = (zlib.decompress(content) if packed else content).decode()
    made = _ADDRESS.sub(lambda found: joined(part, found[0]) if _is_of_part(found[0]) else found[0], text).encode()
    return zlib.compress(made) if packed else made


def _is_of_part(address: str) -> bool:
    if address in _OF_PART:
        return True
    try:
        return find(address)[0].scope == "part"
    except UnknownAddressError:
        return False
