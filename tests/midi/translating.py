"""A translator of MIDI messages as tests set it up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oscvae.midi.learn import Controllers, read_rules
from oscvae.midi.translate import Translator
from oscvae.settings.sections import MidiConfig

PRESETS = ["dawn", "dusk"]


def translator(controllers: Controllers | None = None, **settings: Any) -> Translator:
    config = MidiConfig(**settings)
    return Translator(config, controllers or Controllers(read_rules(config.map), Path("none")), lambda: PRESETS)
