"""Open Sound Control: packets, vocabulary, senders, moments; on the event clock, one asyncio thread."""
