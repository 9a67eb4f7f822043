"""The patches in patches/, in the programs that they are made for, against a real daemon."""
