"""How a model of sounds and effects is judged: figures, what is asked of them, pictures."""
