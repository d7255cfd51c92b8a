"""Times written in a declared order, turned into ISO text, which everything else then reads.

``datetime.strptime`` costs six microseconds a cell, most of what a whole row may take; a pattern made
once from the same %-directives costs one.
"""

import re
from collections.abc import Callable

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "b": r"(?P<b>[A-Za-z]{3,9})\.?",
    "B": r"(?P<b>[A-Za-z]{3,9})\.?",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "p": r"(?P<p>[AaPp]\.?[Mm]\.?)",
    "M": r"(?P<M>\d{2})",
    "S": r"(?P<S>\d{2})",
    "f": r"\d{1,9}",
    "z": r"(?P<z>Z|[+-]\d\d:?\d\d)",
    "%": "%",
}
EXPECTED = "a pattern of %Y %y %m %b %B %d %H %I %p %M %S %f %z, with a year, a month and a day"


def iso_writer(form: str) -> Callable[[str], str | None]:
    """A function from a cell in ``form`` to ISO 8601, without a time if the format has none.

    It answers None for a cell of another form. Two-digit years are 1969 to 2068 (POSIX). Months by name
    are English, by their first three letters. Raises ValueError for a directive it does not know.
    """
    pattern = _pattern(form)
    names = set(pattern.groupindex)
    if not (names & {"Y", "y"} and names & {"m", "b"} and "d" in names):
        raise ValueError(f"expected {EXPECTED}")
    has_time = bool(names & {"H", "I"})

    def as_iso(cell: str) -> str | None:
        match = pattern.fullmatch(cell)
        if match is None:
            return None
        parts = match.groupdict()
        month = _month(parts)
        if month is None:
            return None
        day = f"{_year(parts)}-{month:02d}-{int(parts['d']):02d}"
        if not has_time:
            return day
        hour, minute, second = _hour(parts), parts.get("M") or "00", parts.get("S") or "00"
        return f"{day} {hour:02d}:{minute}:{second}{parts.get('z') or ''}"

    return as_iso


def _pattern(form: str) -> re.Pattern[str]:
    written = ""
    for literal, directive in re.findall(r"([^%]+)|%(.?)", form):
        if literal:
            written += re.sub(r"(\\\s|\s)+", r"\\s+", re.escape(literal))
        elif directive in DIRECTIVES:
            written += DIRECTIVES[directive]
        else:
            raise ValueError(f"expected {EXPECTED}; found %{directive}")
    try:
        return re.compile(written, re.ASCII)
    except re.error:
        raise ValueError(f"expected {EXPECTED}, each once") from None


def _year(parts: dict[str, str]) -> str:
    if "Y" in parts:
        return parts["Y"]
    return f"{'19' if int(parts['y']) >= 69 else '20'}{parts['y']}"


def _month(parts: dict[str, str]) -> int | None:
    if "m" in parts:
        return int(parts["m"])
    name = parts["b"][:3].lower()
    return MONTHS.index(name) + 1 if name in MONTHS else None


def _hour(parts: dict[str, str]) -> int:
    if "H" in parts:
        return int(parts["H"])
    hour = int(parts["I"]) % 12
    return hour + 12 if parts.get("p", "").lower().startswith("p") else hour
