"""Any page as plain data: what the pages show and what the API answers are the same values."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from fengsui.kit.instant import NEVER

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 253_370_764_800  # 9999-01-01


def as_json(value: object, name: str = "") -> object:
    """Dataclasses as objects, times (names that end in ``_at``, ``at`` or ``now``) as ISO 8601 UTC.

    NEVER, and whatever lies outside the calendar, is null.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name), f.name) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): as_json(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [as_json(item, name) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    if isinstance(value, int) and not isinstance(value, bool):
        return _number(value, name)
    return value


def _number(value: int, name: str) -> object:
    is_time = name.endswith("_at") or name in ("at", "now", "deadline", "valid_from", "valid_until")
    if is_time and -LATEST < value < LATEST:
        return (EPOCH + timedelta(seconds=value)).isoformat().replace("+00:00", "Z")
    return None if is_time or abs(value) >= NEVER else value
