"""What the hop clock and the block clock are made of: compiled kernels, shared arrays and words, rings, bells.

No clock of its own. `layout` names every shared word and `arrays` every shared array, with who writes it; `engine` lays
them out; `memory`, `ring`, `bell`, `lookup` and `libc` are how kernels reach them; `kernel` compiles and caches;
`live` is the memory of the live input, which decoders read.

Everything here may be called from the audio callback: it takes no GIL, allocates nothing, raises nothing and waits for
nothing. What waits is for other threads: libc's `poll` for the render loop's, and what `Engine` and `SharedArrays` do
before the clocks run.
"""
