"""Time, ids and chance come in by the front door: what lies below service/ and cli/ asks nobody for them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "fengsui"
MAY_ASK = ("service", "cli")

CLOCK = """
    time.time time.time_ns time.localtime time.ctime time.monotonic time.monotonic_ns time.perf_counter
    time.perf_counter_ns time.process_time time.sleep datetime.datetime.now datetime.datetime.utcnow
    datetime.datetime.today datetime.date.today
"""
ENVIRONMENT = """
    os.environ os.environb os.getenv os.getcwd os.getlogin os.uname pathlib.Path.cwd pathlib.Path.home
    locale.getlocale locale.setlocale platform.node getpass.getuser tempfile.gettempdir
"""
CHANCE = "os.urandom uuid.uuid1 uuid.uuid4 random.SystemRandom"
NAMES = frozenset((CLOCK + ENVIRONMENT + CHANCE).split())
# The whole module is out of bounds.
MODULES = """
    socket ssl select selectors asyncio socketserver http.client http.server urllib.request ftplib smtplib
    poplib imaplib xmlrpc requests httpx aiohttp secrets
""".split()
# Of these modules, only what takes a seed may be used, and only with one.
SEEDED = {
    "random": {"random.Random"},
    "numpy.random": {
        "numpy.random." + name for name in ("Generator", "default_rng", "SeedSequence", "PCG64", "Philox")
    },
}
SQL_CLOCK = re.compile(r"\bCURRENT_(?:TIMESTAMP|DATE|TIME)\b|\(\s*'now'|\bunixepoch\(\s*\)", re.IGNORECASE)


def imported(tree: ast.Module) -> dict[str, str]:
    """What each local name stands for: ``{"np": "numpy", "now": "datetime.datetime.now"}``."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                names[each.asname or each.name.split(".")[0]] = (
                    each.name if each.asname else each.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name an expression stands for, or "" if it is not a plain name of something imported."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = dotted(node.value, names)
        return f"{before}.{node.attr}" if before else ""
    return ""


def is_forbidden(name: str) -> bool:
    """Whether a full name is one of the clock, the environment, the network or unseeded chance."""
    if name in NAMES or any(name == module or name.startswith(module + ".") for module in MODULES):
        return True
    return any(name.startswith(module + ".") and name not in seeded for module, seeded in SEEDED.items())


def asks(code: str) -> Iterator[tuple[int, str]]:
    """Each line of some Python that asks the outside, with what it asks."""
    tree = ast.parse(code)
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            said = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            said = [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Call) and not node.args and not node.keywords:
            # Without an argument these two take their seed from the machine.
            bare = dotted(node.func, names)
            if bare in ("random.Random", "numpy.random.default_rng"):
                yield node.lineno, f"{bare}() without a seed"
            continue
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if SQL_CLOCK.search(node.value):
                yield node.lineno, "the clock of the database"
            continue
        else:
            said = [dotted(node, names)]
        for name in said:
            if is_forbidden(name):
                yield node.lineno, name


def test_nothing_below_service_and_cli_asks_the_clock_the_environment_or_the_network():
    found = [
        f"{path.relative_to(SOURCE.parent)}:{line}: {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] not in MAY_ASK
        for line, name in asks(path.read_text(encoding="utf-8"))
    ]
    assert not found, "hand it in as an argument instead:\n" + "\n".join(found)


def test_no_table_takes_the_time_from_the_database():
    found = [path for path in SOURCE.rglob("*.sql") if SQL_CLOCK.search(path.read_text(encoding="utf-8"))]
    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "import time\nstart = time.time()",
        "from time import monotonic as tick",
        "from datetime import datetime\ndatetime.now(tz=None)",
        "import datetime as dt\ndt.date.today()",
        "import os\nos.environ.get('HOME')",
        "from os import environ",
        "import random\nrandom.random()",
        "import random\nrandom.Random()",
        "import numpy as np\nnp.random.rand(3)",
        "import numpy as np\nnp.random.default_rng()",
        "import socket",
        "from urllib.request import urlopen",
        "import uuid\ndef name(make=uuid.uuid4): return make()",
        "SQL = 'insert into log values (?, CURRENT_TIMESTAMP)'",
        "SQL = \"select datetime('now')\"",
    ],
)
def test_the_search_finds_it_however_it_is_spelt(code):
    assert list(asks(code))


@pytest.mark.parametrize(
    "code",
    [
        "import random\nrandom.Random(7).random()",
        "import numpy as np\nnp.random.default_rng(7).normal()",
        "from datetime import datetime, timezone\ndatetime.fromtimestamp(0, tz=timezone.utc)",
        "from datetime import time\ntime(9, 30)",
        "from urllib.parse import quote\nquote('烽燧')",
        "def at(now):\n    return now.time()",
    ],
)
def test_the_search_leaves_pure_code_alone(code):
    assert not list(asks(code))
