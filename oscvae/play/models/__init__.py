"""The models that parts play: opening, loading, what the engine knows of them. On the event clock, but for
`Opener.open`, which blocks in a thread of its own.
"""
