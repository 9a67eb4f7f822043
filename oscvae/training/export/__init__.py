"""A run into a model file, checked against the network that it came from."""
