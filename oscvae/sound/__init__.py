"""Sound files, and a recorded note as a model hears it; on no clock: training, and the daemon's helper process."""
