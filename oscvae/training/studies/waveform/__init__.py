"""The study of whole waveforms: rendered scores, the published network, what judges it, a better way, the page."""
