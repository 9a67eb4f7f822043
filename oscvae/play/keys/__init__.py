"""Keys: channels and pedals, MPE zones, one note at a time, portamento; on the event clock."""
