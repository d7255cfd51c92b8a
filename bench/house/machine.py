"""What the figures were measured on."""

import json
import os
import platform
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.house.watch import kilobytes

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("src/fengsui", "bench")
COUNTED = {".py", ".yaml", ".sql", ".csv"}
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


def likeness() -> str:
    """16 hex digits over everything that is run and measured."""
    digest = blake2b(digest_size=8)
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in COUNTED:
                digest.update(json.dumps(str(path.relative_to(ROOT))).encode() + path.read_bytes())
    return digest.hexdigest()


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
