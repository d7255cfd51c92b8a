"""Compile the kernel in a process of its own, beside what a long command does meanwhile.

Compiling takes half a minute the first time on a machine. A command that has as much to do without it begins
at once, and goes over to the kernel when that lies compiled on the disk (``engines.derivation.pays``).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LOOPS, DAYS = 2_000, 10  # enough to go through everything that is compiled
PATIENCE = 30  # seconds the command waits for it at its end, so that the next one finds it done
AT_MOST = 600  # seconds after which it ends whatever happens, also if nobody waits any more


@contextmanager
def compiling() -> Iterator[None]:
    """Compile beside what is done within; at the end it is waited for, and ended if it takes too long."""
    silent = subprocess.DEVNULL
    words = [sys.executable, "-m", "fengsui.cli.warm"]
    with subprocess.Popen(words, stdin=silent, stdout=silent, stderr=silent) as child:
        try:
            yield
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            child.terminate()  # which is nothing to one that has ended


def main() -> int:
    """Take a small drill in through the kernel, leaving the processor to others who want it."""
    from fengsui.loops.compiled import is_compiled
    from fengsui.loops.kernel_govern import derive

    if is_compiled(derive):
        return 0
    os.nice(10)
    signal.alarm(AT_MOST)
    import numpy as np

    from fengsui.cli.run import REGION
    from fengsui.drill.run import generate
    from fengsui.engines.home import Setting, make_home, open_home
    from fengsui.sources.intake import intake
    from fengsui.sources.mapping import mapping_file, read_mapping

    with TemporaryDirectory() as folder:
        path = Path(folder) / "region.db"
        make_home(path, Setting(REGION))
        home = open_home(path)
        drill = generate(
            Path(folder) / "files", rng=np.random.default_rng(1), areas=home.areas, days=DAYS, loops=LOOPS
        )
        home.store.load_kernel()
        for file in drill.files:
            mapping = read_mapping(mapping_file(file.mapping), home.kinds)
            intake(file.path, mapping, home.store, now=drill.end_at, areas=home.areas)
        home.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
