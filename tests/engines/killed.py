"""Run by test_killed: takes a story batch by batch in a child that is killed again and again.

Each child goes on from the mark in the store, as an intake does. Prints how many were killed.
"""

import os
import signal
import sys
import time
from random import Random

from fengsui.engines.address import Address, address_of
from fengsui.facts.batch import Batch
from fengsui.facts.store import FileMark
from tests.engines.stories import NOW, Story, open_at, story

SIZE = 7  # facts a batch


def story_of(seed: int) -> Story:
    """The story both sides know."""
    return story(Random(seed), n_subjects=80, n_facts=10)


def go_on(address: Address, told: Story) -> None:
    """Take the rest of the story."""
    store = open_at(address, told.rules, told.world)
    mark = store.mark("story") or FileMark("story", "story", "story", rows_done=0)
    for start in range(mark.rows_done, len(told.facts), SIZE):
        rows = told.facts[start : start + SIZE]
        done = start + len(rows)
        store.take(
            Batch.of(rows), now=NOW, mark=FileMark("story", "story", "story", done, done == len(told.facts))
        )


def main(address: Address, seed: int, kills: int) -> int:
    """Kill ``kills`` children, let the last one finish."""
    told, rng, killed = story_of(seed), Random(seed), 0
    while True:
        child = os.fork()
        if child == 0:
            go_on(address, told)
            os._exit(0)
        if killed < kills:
            time.sleep(rng.uniform(0.0, 0.12))
            os.kill(child, signal.SIGKILL)
        _, how = os.waitpid(child, 0)
        if not os.WIFSIGNALED(how):
            return killed
        killed += 1


if __name__ == "__main__":
    print(main(address_of(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
