"""The study of timbres: single frames of recordings, as Latent Timbre Synthesis has them, beside this package's."""
