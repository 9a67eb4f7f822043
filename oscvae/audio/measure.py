"""What only a benchmark wants to know of the blocks: how long each took, and the largest step in what was heard.

Nobody pays for it who does not set E_MEASURE: keeping the largest step takes a fifth of a block without voices.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.memory import bits_float, float_bits, store, words_at


@kernel("void(int64[::1], int64)")
def count_time(engine, busy_ns):  # type: ignore[no-untyped-def]
    """Count a block that took `busy_ns`, in the bucket of its time; what takes longer than all is in the last."""
    times = words_at(engine[at.E_TIMES], at.TIME_BUCKETS)
    bucket = min(max(busy_ns, 0) // at.TIME_BUCKET_NS, at.TIME_BUCKETS - 1)
    store(times, bucket, times[bucket] + 1)


@kernel("void(int64[::1], int64, float32[::1], float32[::1])")
def keep_largest_step(engine, count, left, right):  # type: ignore[no-untyped-def]
    """Keep the largest difference of two neighbouring samples of either output, over chunk borders too."""
    step = bits_float(engine[at.E_MAX_STEP])
    last_left = np.float32(bits_float(engine[at.E_LAST_LEFT]))
    last_right = np.float32(bits_float(engine[at.E_LAST_RIGHT]))
    for i in range(count):
        step = max(step, float(abs(left[i] - last_left)), float(abs(right[i] - last_right)))
        last_left = left[i]
        last_right = right[i]
    store(engine, at.E_MAX_STEP, float_bits(step))
    store(engine, at.E_LAST_LEFT, float_bits(float(last_left)))
    store(engine, at.E_LAST_RIGHT, float_bits(float(last_right)))
