"""Data, training, figures and files of models of single frames."""
