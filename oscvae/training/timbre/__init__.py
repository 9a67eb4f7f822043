"""Models of single frames: data, training, figures and files of a timbre, which knows no notes and no time."""
