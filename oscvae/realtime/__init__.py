"""What the hop and the block clock are made of: compiled kernels, shared words, rings, semaphores.

Nothing here runs on a clock of its own. Everything here may be called from the audio callback: it takes no GIL,
allocates nothing, raises nothing and waits for nothing (`semaphore.wait` excepted, which only the render loop calls).
"""
