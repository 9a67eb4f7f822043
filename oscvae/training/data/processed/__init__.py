"""Recordings as effects of somebody's own have made them: which file is which, what is taken of it, how it is kept."""
