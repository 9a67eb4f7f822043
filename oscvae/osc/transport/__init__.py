"""How packets travel: UDP, TCP and its framings, and what keeps one sender from taking all there is;
on the event clock.
"""
