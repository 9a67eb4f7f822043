"""The documentation: every command and link of it."""
