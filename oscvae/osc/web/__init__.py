"""The door for browsers and for every program that speaks OSCQuery: HTTP and WebSocket; on the event clock."""
