"""The command line and its commands; on no clock: what starts, asks or draws, and ends."""
