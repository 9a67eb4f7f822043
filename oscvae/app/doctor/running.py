"""The daemon that runs already, as `oscvae doctor` finds it: asked by OSC, at the port that it would have itself."""

from __future__ import annotations

from typing import Any

from oscvae.app.ask import NoDaemonError, ask
from oscvae.app.doctor.finding import Finding
from oscvae.decode.confine import FULL
from oscvae.osc.transport.ports import holders
from oscvae.settings.sections import OscConfig

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
_ANSWER_S = 4.0


def status(osc: OscConfig) -> dict[str, Any] | None:
    """What the daemon at osc.port says of itself, by the names of /status.reply; None where none answers."""
    if not osc.port:
        return None
    try:
        answers = list(ask(_EVERYWHERE.get(osc.host, osc.host), osc.port, "/status", (), _ANSWER_S))
    except NoDaemonError:
        return None
    return next((answer.labelled() for answer in answers if answer.address == "/status.reply"), None)


def describe(osc: OscConfig) -> Finding | None:
    """The running daemon, and what it lacks; None where none answers."""
    found = status(osc)
    if found is None:
        return None
    pids = [who.partition("(")[2].rstrip(")") for who in holders("udp", osc.port)]
    who = f"running ({pids[0]})" if pids else "running"
    told = (
        f"{found['model'] or 'no model'} on {found['backend']}, {found['voices']} voices, "
        f"{found['cpu_avg']:.0f} % CPU, {found['xruns']} xruns, {found['underruns']} underruns, "
        f"for {found['uptime']:.0f} s"
    )
    confined = found.get("confined", "")
    what = f"{who}: {told}" + (f", its model confined: {confined}" if confined else "")
    return Finding("OSC", "ok" if confined in ("", FULL) else "warn", what, runs=True)
