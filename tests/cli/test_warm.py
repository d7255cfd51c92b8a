"""The kernel is compiled beside a long command, and lies on the disk when that has ended."""

import subprocess
import sys

import pytest

from fengsui.loops.compiled import is_compiled
from fengsui.loops.kernel_govern import derive


@pytest.mark.slow
def test_a_process_of_its_own_leaves_the_kernel_compiled():
    ended = subprocess.run([sys.executable, "-m", "fengsui.cli.warm"], timeout=300, check=False)
    assert ended.returncode == 0
    assert is_compiled(derive)
