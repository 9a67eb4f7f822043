"""MIDI, from bytes to commands."""
