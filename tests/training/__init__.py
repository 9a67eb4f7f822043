"""From recordings to a model."""
