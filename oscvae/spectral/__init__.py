"""The hop clock: one compiled loop turns magnitudes into samples; it takes no GIL, allocates and raises nothing."""
