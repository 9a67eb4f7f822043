"""Effects that sounds are trained with: 72 of them, computed as they are needed."""
