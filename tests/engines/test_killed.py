"""A process that dies anywhere during intake loses no fact and takes none twice."""

import os
import subprocess
import sys
from pathlib import Path

from fengsui.engines.derivation import Derivation
from fengsui.engines.snapshot import Snapshot
from fengsui.facts.batch import Batch
from tests.engines.killed import story_of
from tests.engines.stories import NOW, open_at, picture

ROOT = Path(__file__).resolve().parents[2]


def test_a_process_killed_twenty_times_leaves_every_fact_once_and_every_break(address):
    seed = 7
    command = [sys.executable, "-m", "tests.engines.killed", str(address), str(seed), "20"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 10  # the last ones may find nothing left to do
    told = story_of(seed)
    store = open_at(address, told.rules, told.world)
    assert sorted(store.facts(), key=lambda f: f.id) == sorted(told.facts, key=lambda f: f.id)
    assert store.mark("story").done
    judge = Snapshot(told.facts, Derivation(told.rules, told.world))
    assert picture(store.view, now=NOW) == picture(judge, now=NOW)
    assert store.rebuild(now=NOW) == 0
    again = store.take(Batch.of(told.facts), now=NOW)
    assert (again.new, again.repeated) == (0, len(told.facts))
    store.close()
