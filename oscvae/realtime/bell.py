"""How a clock wakes another: an event descriptor of this process alone, which counts and never blocks who rings it.

No other process has it, nor shares a lock with this one. A decoder wakes the renderer by its own pipe, for a semaphore
in memory that it shares would be foreign: whatever it wrote there libc would trust, and abort on (measured).
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import write


@kernel("void(int64[::1])")
def wake_renderer(engine):  # type: ignore[no-untyped-def]
    """Have the render loop look at its rings and words."""
    write(np.int32(engine[at.E_RENDER_FD]), engine[at.E_ONE], 8)


@kernel("void(int64[::1])")
def wake_control(engine):  # type: ignore[no-untyped-def]
    """Have control look at its rings."""
    write(np.int32(engine[at.E_EVENT_FD]), engine[at.E_ONE], 8)
