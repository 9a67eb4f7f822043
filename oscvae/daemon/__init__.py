"""A running daemon: services, files, output, status; on the event clock, with threads that wait for disks."""
