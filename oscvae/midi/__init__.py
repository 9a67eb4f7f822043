"""MIDI into the commands that OSC would have; on the event clock, fed by the callback."""
