"""From recordings to a data set."""
