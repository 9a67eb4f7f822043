"""The reference of the OSC vocabulary, in words: docs/osc.md and /help, both from the table.

python -m oscvae.osc.reference > docs/osc.md
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from oscvae.errors import CommandError, UnknownAddressError
from oscvae.osc import client as clients
from oscvae.osc import packets, scheduler, subscribers
from oscvae.osc.dispatch import FOREIGN_S, HORIZON_S
from oscvae.osc.parts import PARTS
from oscvae.osc.rows import CURVE_MOST, Address, Arg, Reply, Setting
from oscvae.osc.transport import tcp
from oscvae.osc.vocabulary import REPLIES, SETTINGS, TABLE, find, suggestion

_INTRODUCTION = f"""\
# The OSC vocabulary

Generated from `oscvae/osc/vocabulary.py` by `python -m oscvae.osc.reference > docs/osc.md`; do not edit.

UDP port 9000 on 127.0.0.1 unless `config.yaml` says otherwise; TCP when `osc.tcp_port` is set, each packet preceded by
its length as an int32, big-endian (OSC 1.0), or in SLIP (OSC 1.1), and answered likewise. D is the model's latent
dimension (4 in the default model).

- Numbers may be sent as int, float, double, int64, true / false or an impulse (`i f d h T F I`); NaN and infinity are
  errors, and so is a colour, a MIDI message, a timetag, a blob or nil where a number is wanted. Arrays `[ ]` count as
  their elements. Strings may be sent as symbols; a number counts as its text.
- The number of arguments is strict; `[brackets]` mark what may be left out, from the right. `/fail` prints what was
  expected.
- What needs no argument is a trigger, and may have one too many, as every button sends one: 1 (or `T`, `I`) acts, 0
  (or `F`) does nothing and is not answered. A lone 1 or 0 is a button's, too, even where a note or a name may stand.
- A value marked *clips* is brought into its range; any other value out of range is a `/fail`.
- Replies use only the type tags `i f s b`. `/done command ..` and `/fail command why` go to the sender, at most 20
  errors a second about each command. Address patterns (`*`, `?`, `[]`, `{{}}`) are a `/fail`.
- Beyond this machine a UDP answer has at most {clients.UDP_REPLY_MAX} bytes, and all answers to one packet together
  {clients.UDP_REPLY_FACTOR} times its size; what is longer is `/fail command .. use TCP`. Whoever subscribes from there
  is told no more than that, either, until a further packet comes from there.
- A bundle's messages are obeyed in order and uninterrupted, and its notes start in the same frame. Timetag 1 is now,
  a late bundle is obeyed at once and counted, one more than {HORIZON_S:.0f} s ahead is a `/fail`. A timetag more than
  {FOREIGN_S / 3600:.0f} hours away in either direction is of a foreign clock: obeyed at once and counted late. At most
  {scheduler.MOST} commands wait for their time; what ends notes finds room beside them.
- A packet has at most {packets.MAX_PACKET} bytes, {packets.MAX_ELEMENTS} messages and bundles, and
  {packets.MAX_DEPTH} bundles inside each other.
- `/notify` lasts for {subscribers.EXPIRES_S:.0f} s after your last packet. What is marked *told* is sent on, at its own
  address, when somebody else changes something by it, at most {1 / subscribers.CHANGE_INTERVAL_S:.0f} times a second
  for each address. The subscribers in `osc.feedback` never expire. Of the {subscribers.SUBSCRIBERS_MAX} subscriptions
  and of the {tcp.MAX_CONNECTIONS} TCP connections one host has at most a quarter, this machine three quarters.
- Daemons may be in each other's `osc.feedback`, in a ring as well: what comes back as it was told is not obeyed.
- `/part/2/play`, `/part/2/load` and so on are the same for another part: there are {PARTS}, each with a model, cursor
  and sound of its own. Without a prefix an address is the first part's. What is answered and told of a part begins with
  its prefix as well. The voices of `engine.voices` are shared by all; their ids are yours over all parts. What is the
  daemon's has no prefix.
- `osc.map` in `config.yaml` gives foreign addresses a meaning, so that a controller's layout works unedited;
  `osc.prefix` is taken off what arrives, but not put before what is sent.
"""

_REPLY_GROUPS = {"Replies": False, "Events, for subscribers": True}


def document() -> str:
    """docs/osc.md."""
    parts = []
    for group in dict.fromkeys(row.group for row in TABLE):
        parts.append(f"\n## {group}\n")
        parts.extend(_section(row) for row in TABLE if row.group == group)
    for name, is_event in _REPLY_GROUPS.items():
        parts.append(f"\n## {name}\n")
        parts.extend(_reply_section(reply) for reply in REPLIES if reply.event is is_event)
    text = "".join(parts)
    return f"{_INTRODUCTION}{_index(text)}{text}"


def _index(text: str) -> str:
    """Links to every heading of `text`, by group, under the names that forges and the site give to headings."""
    lines = ["\n## All addresses\n"]
    seen: Counter[str] = Counter()
    for marks, heading in re.findall(r"^(#+) (.*)$", text, re.M):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        link = f"#{anchor}-{seen[anchor]}" if seen[anchor] else f"#{anchor}"
        seen[anchor] += 1
        if marks == "##":
            lines.append(f"- [{heading}]({link}): ")
        else:
            comma = "" if lines[-1].endswith(": ") else ", "
            lines[-1] += f"{comma}[`{heading.strip('`').split()[0]}`]({link})"
    return "\n".join(lines) + "\n"


def help_text(address: str | None, dims: int | None = None) -> str:
    """What /help answers: every address on its line, or one with its arguments and what it does.

    dims: D of the model, to spell out z1 z2 ..; None = in general. Raises CommandError for an unknown address.
    """
    if not address:
        return "\n".join(_line(row, dims) for row in TABLE)
    path = address if address.startswith("/") else f"/{address}"
    try:
        row = next((row for row in TABLE if row.path == path), None) or find(path, dims)[0]
    except UnknownAddressError as error:
        raise CommandError(f"{error}, {suggestion(path, '/help alone lists them')}") from None
    text = "\n".join([_line(row, dims), row.help, *(_argument(arg) for arg in row.args), *_marks(row)])
    return text.replace("`", "").replace("*", "")


def _line(row: Address, dims: int | None) -> str:
    return f"{row.path} {row.signature(dims)}" if row.args else row.path


def _section(row: Address) -> str:
    lines = [f"\n### `{_line(row, None)}`\n", row.help, *_bullets(_argument(arg) for arg in row.args)]
    marks = list(_marks(row))
    if marks:
        lines += ["", " ".join(marks)]
    return "\n".join(lines) + "\n"


def _marks(row: Address) -> Iterator[str]:
    if row.replies:
        yield f"Answers {' or '.join(f'`{reply}`' for reply in row.replies)}."
    if row.awaited:
        yield "Asynchronous: `/sync` waits for it."
    if row.scope == "daemon":
        yield "The daemon's."
    if row.told:
        yield "Subscribers are *told*."


def _reply_line(reply: Reply) -> str:
    return " ".join([reply.path, *(arg.name if arg.kind != "rest" else f"{arg.name}.." for arg in reply.args)])


def _reply_section(reply: Reply) -> str:
    signature = _reply_line(reply)
    arguments = (_argument(arg, tag=True) for arg in reply.args if arg.help or arg.unit or len(reply.args) > 1)
    return "\n".join([f"\n### `{signature}`\n", reply.help, *_bullets(arguments)]) + "\n"


def _bullets(lines: Iterable[str]) -> list[str]:
    bullets = [f"- {line}" for line in lines]
    return ["", *bullets] if bullets else []


def _argument(arg: Arg, *, tag: bool = False) -> str:
    """`velocity`: 0 to 1, clips, 0.8 unless given; the gain is its square."""
    facts = []
    if tag and arg.kind != "rest":
        facts.append(arg.tag)
    elif arg.kind in {"int", "string", "bool"}:
        whole = {"int": "whole number", "string": "string", "bool": "0 or 1"}[arg.kind]
        facts.append(" or ".join(f"`{choice}`" for choice in arg.choices) or whole)
    elif arg.kind == "latent":
        facts.append("D numbers, or a name")
    elif arg.kind == "setting":
        facts.append(", ".join(_setting(setting) for setting in SETTINGS))
    elif arg.kind == "curve":
        facts.append(f"1 to {CURVE_MOST} pairs of a place, 0 to 1, and a number")
    elif arg.kind == "rest" and not arg.help:
        facts.append("all that follows")
    if arg.low is not None and arg.high is not None:
        facts.append(f"{arg.low:.10g} to {arg.high:.10g}{f' {arg.unit}' if arg.unit else ''}")
    elif arg.unit:
        facts.append(arg.unit)
    if arg.clip:
        facts.append("clips")
    if arg.optional:
        facts.append("optional" if arg.default is None else f"{_shown(arg.default)} unless given")
    name = f"`{arg.name}1..{arg.name}D`" if arg.kind == "latent" else f"`{arg.name}`"
    return f"{name}: {', '.join(facts)}{'; ' if facts and arg.help else ''}{arg.help}"


def _shown(value: float | str) -> str:
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def _setting(setting: Setting) -> str:
    """`z` (D numbers), `gain` (-60 to 6 dB) ..; what its arguments say elsewhere holds here too."""
    arg = setting.arg
    if arg.kind == "latent":
        return f"`{setting.name}` (D numbers, or a name)"
    return f"`{setting.name}` ({arg.low:.10g} to {arg.high:.10g}{f' {arg.unit}' if arg.unit else ''})"


def main() -> None:
    sys.stdout.write(document())


if __name__ == "__main__":
    main()
