"""Judges a model file by its data set: every figure of the model card, pictures and sounds, on one page.

From the file to the page: `subject` opens it, `harmonic` and `envelope` listen to single notes, `fidelity`, `playing`,
`levels`, `latent` and `realism` measure, `gallery` and `maps` draw, `page` writes, `report` says in which order.
"""
