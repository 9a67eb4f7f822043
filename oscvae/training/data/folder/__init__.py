"""Recordings of a folder: what they say of their notes, what is heard of them, what is doubted."""
