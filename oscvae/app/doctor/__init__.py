"""What is there, what is missing, and the command that mends it; on no clock, in a process of its own."""
