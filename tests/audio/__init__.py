"""Sound cards and servers, and the mixer that they drive."""
