"""The loop that fits a network to a data set: batches, losses, schedules, watching."""
