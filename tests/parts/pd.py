"""Pd without a window, and a wire into it: anything can be sent to any name, what is printed can be waited for."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from parts import ROOT
from parts.client import free_tcp_port
from parts.programs import Program

FOLDER = ROOT / "patches" / "pd"
READY_S = 20.0

# What Pd prints when a box, a file, a wire or a message is wrong.
WRONG = re.compile(
    r"error|couldn't create|can't find|no such|no method|no inlet|connection failed|bad arguments|not found", re.I
)

# Takes `name message..` over TCP, as FUDI, and sends the message to that name.
_WIRE = """#N canvas 0 0 300 300 12;
#X obj 20 20 netreceive {port};
#X obj 20 50 list prepend;
#X obj 20 80 list split 1;
#X obj 20 110 t b a;
#X obj 20 140 list append;
#X obj 20 170 list trim;
#X obj 20 200 send;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 2 0 3 0;
#X connect 2 1 4 1;
#X connect 3 0 4 0;
#X connect 3 1 6 1;
#X connect 4 0 5 0;
#X connect 5 0 6 0;
"""


class Pd(Program):
    """`pd -nogui` with these patches open. folder: where it keeps its log. audio: options, none = no audio."""

    def __init__(
        self,
        folder: Path,
        *patches: Path,
        audio: Sequence[str] = ("-noaudio",),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_tcp_port()
        wire = folder / "wire.pd"
        wire.write_text(_WIRE.format(port=port))
        command = ["pd", "-nogui", *audio, "-nomidi", "-noprefs", "-nostdpath", "-nrt", "-stderr", "-path", str(FOLDER)]
        for patch in (*patches, wire):
            command += ["-open", str(patch)]
        super().__init__(command, folder / "pd.log", environment)
        try:
            self._socket = self._connect(port)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port))
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Pd did not start:\n{self.log}") from None
                time.sleep(0.02)

    @property
    def log(self) -> str:
        return super().log.replace("\\ ", " ").replace("\\,", ",")

    def send(self, name: str, message: str | float = "bang") -> None:
        self._socket.sendall(f"{name} {message};\n".encode())

    def printed(self, name: str) -> list[str]:
        """What [print name] has printed so far."""
        return re.findall(rf"^{re.escape(name)}: (.*)$", self.log, re.M)

    def wrong(self) -> list[str]:
        """Lines that report something broken."""
        return [line for line in self.log.splitlines() if WRONG.search(line)]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.send("pd", "quit")
            self._socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2.0)
        super().close()


def client_patch(folder: Path, port: int, dims: int = 4, more: str = "") -> Path:
    """A patch with one [oscvae] that is sent to as `go`, each outlet printed as outlet-1 .. outlet-9."""
    boxes = ["#N canvas 0 0 900 400 12;", f"#X obj 20 100 oscvae 127.0.0.1 {port} {dims};", "#X obj 20 20 r go;"]
    boxes += [f"#X obj {20 + 90 * k} 300 print outlet-{k + 1};" for k in range(9)]
    wires = ["#X connect 1 0 0 0;", *(f"#X connect 0 {k} {k + 2} 0;" for k in range(9))]
    patch = folder / "client.pd"
    patch.write_text("\n".join([*boxes, *wires, more]) + "\n")
    return patch


def demo_patch(folder: Path, port: int, name: str = "demo.pd") -> Path:
    """The demo, or another patch with a face, speaking to another port."""
    text = (FOLDER / name).read_text()
    assert "oscvae 127.0.0.1 9000;" in text
    patch = folder / name
    patch.write_text(text.replace("oscvae 127.0.0.1 9000;", f"oscvae 127.0.0.1 {port};"))
    return patch
