"""Recordings and SoundFonts into a data set."""
