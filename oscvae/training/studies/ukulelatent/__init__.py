"""The study of a latent ukulele: how a network is told the note, how many dimensions it needs, what they say."""
