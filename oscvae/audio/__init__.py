"""The block clock: the audio server's own thread mixes what is in the voices' rings, and limits it.

Every backend (`jack`, `portaudio`, `silent`; `choice` picks one) runs `mixer.block` once a period; it mixes each voice
(`voice`) and sends the mix through `master`. No GIL, no allocation, no lock, no wait and no exception in anything that
a callback reaches. Opening, connecting and closing a server is ordinary Python that may block, off the event clock.
"""
