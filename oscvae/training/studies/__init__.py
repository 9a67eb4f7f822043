"""The experiments that the project started from, each run again by one command; no clock."""
