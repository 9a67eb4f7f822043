"""A modular synthesiser voice, and the data set of its hits."""
