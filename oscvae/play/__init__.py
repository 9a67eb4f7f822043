"""What a command means for notes and sound: instrument, voices, cursor, models; on the event clock."""
