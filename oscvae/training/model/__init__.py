"""The networks: encoders, decoders, and what `encode` does beyond its encoder."""
