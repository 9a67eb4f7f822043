"""The block clock: backends whose own thread runs `mixer.block`, which copies and mixes and does nothing else.

No GIL, no allocation, no lock, no wait and no exception in anything that a callback reaches.
"""
