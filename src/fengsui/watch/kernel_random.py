"""Random numbers for compiled code, from a state that is handed in: SplitMix64.

Steele, Lea & Flood, OOPSLA 2014. Each replicate of a simulation has a state of its own, so that the outcome
is the same on one thread and on many, in any order; the states come from a numpy generator.
"""

import numpy as np

from fengsui.watch.compiled import inner

STEP, FIRST, SECOND = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)
S27, S30, S31, S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)


@inner
def next_word(state):
    """64 random bits; ``state``: one uint64 in an array, moved on."""
    state[0] += STEP
    z = state[0]
    z = (z ^ (z >> S30)) * FIRST
    z = (z ^ (z >> S27)) * SECOND
    return z ^ (z >> S31)


@inner
def draw_below(state, n):
    """A whole number from 0 to n - 1, n below 2^32; the chances differ by less than n / 2^32."""
    return np.int64(((next_word(state) >> S32) * np.uint64(n)) >> S32)


@inner
def draw_share(state):
    """A number from 0 to 1, 1 left out, in steps of 2^-53."""
    return np.float64(next_word(state) >> np.uint64(11)) * 2.0**-53
