"""The model file: document, band axis, TorchScript; read by disk threads, opened in the decoder's process."""
