"""The hop clock: one compiled loop turns decoded magnitudes into samples in the voices' rings.

One hop of a voice goes through `expand` (bands to bins), `gradient` and `rtisi` (the phases), and `resample` (the
server's rate, bend and microtones); `hop` joins these, `renderer` decides whose turn it is, `thread` runs it, `context`
is what it knows of a model. `reconstruct` does the same to a whole spectrogram (`offline`).

The loop is entered once and returns at shutdown. In it nothing takes the GIL, raises, or allocates after warm-up; it
waits for what wakes it only.
"""
