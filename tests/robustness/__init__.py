"""Hostile input, broken models, dying processes."""
