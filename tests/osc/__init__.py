"""From packets to commands and back."""
