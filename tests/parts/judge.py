"""Whether messages and replies are what the table of addresses says, arguments in range without being clipped."""

from __future__ import annotations

import math
from collections.abc import Iterable

from oscvae.errors import CommandError
from oscvae.model.document import read_document
from oscvae.osc.packets import Message
from oscvae.osc.parse import ModelInfo, parse
from oscvae.osc.parts import bare
from oscvae.osc.vocabulary import BY_PATH, BY_PREFIX, REPLY_BY_PATH
from parts import ROOT
from parts.client import Reply

_FLOAT32 = 1e-6


def _plucked() -> ModelInfo:
    document = read_document(ROOT / "models" / "plucked.ts")
    latent = document.latent
    reach = [6.0 * deviation for deviation in latent.std]
    return ModelInfo(
        dims=document.latent_size,
        z_low=tuple(mean - far for mean, far in zip(latent.mean, reach, strict=True)),
        z_high=tuple(mean + far for mean, far in zip(latent.mean, reach, strict=True)),
        note_min=document.note_min,
        note_max=document.note_max,
    )


MODEL = _plucked()


def complaint(address: str, args: Iterable[object]) -> str | None:
    """What is wrong with a message to a daemon that plays the default model, or None."""
    given = tuple(args)
    try:
        clean = parse(Message(bare(address), given), MODEL).args
    except CommandError as error:
        return f"{address} {given}: {error}"
    for value, used in zip(given, clean, strict=True):
        same = (
            math.isclose(float(value), float(used), rel_tol=_FLOAT32, abs_tol=_FLOAT32)
            if isinstance(value, int | float) and isinstance(used, int | float)
            else str(used) in (str(value), f"{value:g}" if isinstance(value, float) else "")
        )
        if not same:
            return f"{address} {given}: {value} is out of range, it becomes {used}"
    return None


def complaints(messages: Iterable[tuple[str, Iterable[object]]]) -> list[str]:
    return [found for address, args in messages if (found := complaint(address, args)) is not None]


def is_known(address: str) -> bool:
    """Whether daemons obey or send this address; /pad/1 and /pad/N are both known."""
    prefix, _, last = address.rpartition("/")
    numbered = prefix in BY_PREFIX and (last == "N" or last.isdecimal())
    return address in BY_PATH or address in REPLY_BY_PATH or numbered


def is_as_promised(reply: Reply) -> bool:
    """Whether a reply of the daemon has the arguments that the table promises, in kind and number."""
    address, args = reply
    row = REPLY_BY_PATH[address].args
    open_ended = bool(row) and row[-1].kind == "rest"
    fixed = row[:-1] if open_ended else row
    kinds = {"float": float, "int": int, "bool": int, "string": str, "blob": bytes}
    return (len(args) >= len(fixed) if open_ended else len(args) == len(fixed)) and all(
        isinstance(value, kinds[arg.kind]) for arg, value in zip(fixed, args, strict=False)
    )
