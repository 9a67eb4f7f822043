"""Patches and layouts for other programs, in those programs or as they are known to behave."""
