"""The daemon from end to end: foreign programs on one side, a real JACK server on the other, nothing mocked."""
