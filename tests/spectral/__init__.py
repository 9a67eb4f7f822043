"""From magnitudes to sound."""
