"""A daemon from outside, with real programs."""
