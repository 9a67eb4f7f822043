"""The study of handwritten digits: data, ways to train, measures, drawings, and the page."""
