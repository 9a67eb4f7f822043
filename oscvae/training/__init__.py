"""From recordings to a model file; on no clock, and in no process of the daemon."""
