"""Why a port cannot be had: what a second start tells the performer instead of "address already in use".

Source: proc(5), /proc/net/udp and /proc/PID/fd; Linux only, best effort, used only when a bind has failed.
"""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

from oscvae.errors import ConfigError, OscvaeError, PortTakenError

HOSTS = "127.0.0.1 is this machine alone, 0.0.0.0 all of its networks"
_KEYS = {"udp": "osc.port", "tcp": "osc.tcp_port"}
_LISTEN = "0A"  # the state of a listening TCP socket; UDP sockets have no such state


def holders(protocol: str, port: int, proc: Path = Path("/proc")) -> list[str]:
    """Programs that hold `port` of "udp" or "tcp", as `name (pid 123)`; empty if they cannot be seen."""
    inodes = {inode for table in (protocol, protocol + "6") for inode in _inodes(proc / "net" / table, protocol, port)}
    if not inodes:
        return []
    wanted = {f"socket:[{inode}]" for inode in inodes}
    found = []
    for process in proc.iterdir():
        if not process.name.isdecimal():
            continue
        with contextlib.suppress(OSError):  # not ours to look at, or gone meanwhile
            if any(str(fd.readlink()) in wanted for fd in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                found.append(f"{name} (pid {process.name})")
    return found


def _inodes(table: Path, protocol: str, port: int) -> list[str]:
    """Inodes of the sockets in one /proc/net table that are bound to `port`."""
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [
        row[9]
        for row in rows
        if len(row) > 9 and int(row[1].rpartition(":")[2], 16) == port and (protocol == "udp" or row[3] == _LISTEN)
    ]


def taken_message(protocol: str, host: str, port: int) -> str:
    """What to tell about a taken port: who is there, and what would help."""
    there = holders(protocol, port)
    who = f"by {', '.join(there)}" if there else "by a program of another user, or one that is just leaving"
    return (
        f"{protocol.upper()} port {port} on {host} is taken {who}: stop it, or choose another with "
        f"--set {_KEYS[protocol]}=N"
    )


def bind_error(protocol: str, host: str, port: int, error: OSError) -> OscvaeError:
    """Why a port cannot be listened on, as an error that says what would be right."""
    if error.errno == errno.EADDRINUSE:
        return PortTakenError(taken_message(protocol, host, port), _KEYS[protocol])
    why = error.strerror or error
    hint = f"; osc.host: {HOSTS}" if error.errno == errno.EADDRNOTAVAIL else ""
    return ConfigError(f"cannot listen on {host} {protocol} port {port}: {why}{hint}")
