"""``python -m fengsui.cli`` and the script ``fengsui``."""

import sys

from fengsui.cli.clock import of_this_machine
from fengsui.cli.front import answer


def main() -> None:
    """Run the command the arguments name, and end the process with its exit code."""
    sys.exit(answer(sys.argv[1:], of_this_machine(sys.argv[1:])))


if __name__ == "__main__":
    main()
