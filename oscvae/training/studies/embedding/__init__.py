"""A classifier of spectrogram pictures, and its last layer as an embedding for Frechet distances."""
