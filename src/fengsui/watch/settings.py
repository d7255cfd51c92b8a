"""Named settings of the detectors: read from JSON, checked, filled up with what the method assumes.

Keys and values are those of the reference (R package ``surveillance``), so that a setting file of either
can be given to the other.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from fengsui.kit.errors import BadInput, Finding, NotFound

COMPATIBLE = "surveillance"
COMMON = {"compat": None, "range": None, "last": None}
IGNORED = ("fitFun", "verbose", "glmWarnings", "plot")  # they change how the reference works, not what


def read_settings(path: Path) -> dict[str, dict]:
    """The settings of a JSON file by name; one setting without a name is called after the file."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}"
        raise BadInput(str(path), (Finding(where, "settings", error.msg, "JSON"),)) from error
    if not isinstance(given, dict):
        raise BadInput(str(path), (Finding(str(path), "settings", type(given).__name__, "named settings"),))
    named = bool(given) and all(isinstance(value, dict) for value in given.values())
    return given if named else {path.stem: given}


def filled(given: Mapping[str, object], defaults: Mapping[str, object], *, compat: str | None = None) -> dict:
    """What is given over what the method assumes; BadInput for a key the method does not know."""
    known = {**COMMON, "compat": compat, **defaults}
    unknown = [key for key in given if key not in known and key not in IGNORED]
    if unknown:
        expected = "one of " + ", ".join(known)
        raise BadInput("settings", tuple(Finding("settings", key, "unknown", expected) for key in unknown))
    kept = {key: value for key, value in given.items() if key not in IGNORED and value is not None}
    settings = {**known, **kept}
    if settings["compat"] not in (None, COMPATIBLE):
        expected = f"{COMPATIBLE}, or nothing"
        raise BadInput("settings", (Finding("settings", "compat", str(settings["compat"]), expected),))
    return settings


def one_of(settings: Mapping[str, object], key: str, *choices: object) -> int:
    """Which of the choices a setting names; BadInput if none."""
    if settings[key] not in choices:
        expected = "one of " + ", ".join(map(str, choices))
        raise BadInput("settings", (Finding("settings", key, str(settings[key]), expected),))
    return choices.index(settings[key])
