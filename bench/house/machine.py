"""What the figures were measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.house.watch import kilobytes

PACKAGES = ("numpy", "numba", "pyarrow", "duckdb", "polars", "psycopg", "SpiffWorkflow", "Django")


def machine() -> dict[str, object]:
    """Processor, memory, system, versions, and how busy it was before we began."""
    memory = Path("/proc/meminfo")
    total = kilobytes(memory.read_text(encoding="ascii"), "MemTotal") if memory.exists() else 0
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(total * 1024 / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "load": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
