"""Writes the patches that are generated: `python tools/patches [folder]`, without a folder into patches/."""

from __future__ import annotations

import sys
from pathlib import Path

import maxblend
import maxhelp
import maxmsp
import pd
import pdblend
import pddemo
import pdhelp
import pdpad
import stageblend
import stagecontrol
import touchblend
import touchosc

ROOT = Path(__file__).resolve().parents[2]


def files() -> dict[str, bytes]:
    """Every generated file, by its path in patches/."""
    return {
        "pd/oscvae.pd": pd.client().file().encode(),
        "pd/oscvae-slider.pd": pd.slider().file().encode(),
        "pd/oscvae-pad.pd": pdpad.pad().file().encode(),
        "pd/oscvae-help.pd": pdhelp.help_patch().file().encode(),
        "pd/blend.pd": pdblend.blend().file().encode(),
        "pd/demo.pd": pddemo.demo().file().encode(),
        "max/oscvae.maxpat": maxmsp.client().content(),
        "max/oscvae.maxhelp": maxhelp.help_patch().content(),
        "max/blend.maxpat": maxblend.blend().content(),
        "max/osc.js": (ROOT / "patches" / "examples" / "node" / "osc.js").read_bytes(),
        "openstagecontrol/blend.json": stageblend.content(),
        "openstagecontrol/oscvae.json": stagecontrol.content(),
        "touchosc/oscvae-blend.tosc": touchosc.content(touchblend.layout()),
        "touchosc/oscvae.tosc": touchosc.content(touchosc.tablet()),
        "touchosc/oscvae-phone.tosc": touchosc.content(touchosc.phone()),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "patches"
    for name, content in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
