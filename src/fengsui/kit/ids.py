"""Numbers that identify people, firms, containers and ships: normal form, check digits, pseudonyms.

The check digits of GB 11643 (citizen identity), GB 32100 (unified social credit code), ISO 6346 and IMO are
python-stdnum's. Those of ICAO 9303-4 (passport, TD3: weights 7 3 1, modulo 10) are computed here: stdnum has
none, and the library that does is under the GPL, which this project's licence could not live with.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from itertools import cycle

_BLANKS = re.compile(r"[\s\-\u2010-\u2015]+")
_MRZ_VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def check(kind: str, text: str) -> str:
    """The number in normal form: half-width, upper case, without blanks and hyphens.

    ``kind`` is id_card, uscc, container, imo, passport or passport_mrz. Raises ValueError saying what was
    expected, without the number itself, which may be a person's.
    """
    if kind not in _CHECKS:
        raise ValueError(f"expected a kind of number among {', '.join(_CHECKS)}, found {kind!r}")
    return _CHECKS[kind](_tidy(text))


def subject_id(
    kind: str, *, scheme: str, number: str, country: str | None = None, secret: bytes = b""
) -> str:
    """The pseudonym of a subject, "person/" and 20 hex digits: the same for the same number, always.

    ``scheme`` says what the number is ("id_card", "passport"); whoever has none is known by where the
    record stands: scheme "source", number "<source>:<row key>", which is taken letter by letter. A wrong
    check digit does not matter here: the misspelt is a subject of its own until found to be the same.
    Identity numbers are few enough to be tried one by one, so a ``secret`` should be given where
    pseudonyms leave the house; with another secret all of them change.
    """
    for name, word in (("kind", kind), ("scheme", scheme)):
        if not _WORD.fullmatch(word):
            raise ValueError(f"expected {name} as a word of a-z, 0-9 and _, found {word!r}")
    plain = _tidy(number) if scheme in _CHECKS else number.strip()
    if not plain:
        raise ValueError("expected a number, found nothing")
    said = f"{scheme}|{(country or '').upper()}|{plain}".encode()
    digest = hmac.new(secret, said, hashlib.sha256) if secret else hashlib.sha256(said)
    return f"{kind}/{digest.hexdigest()[:20]}"


def _tidy(text: str) -> str:
    if text.isascii() and text.isalnum():  # nearly all: nothing to normalise, a third of the time
        return text.upper()
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


@lru_cache(maxsize=50_000)  # a century has 36,525 of them
def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _id_card(number: str) -> str:
    """GB 11643. The area digits are not looked up: they are the code at the time of issue."""
    from stdnum.cn import ric

    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        raise ValueError("expected 18 characters, 17 digits and a digit or X")
    if not _is_date(number[6:14]):
        raise ValueError("expected a date of birth as YYYYMMDD in places 7 to 14")
    if ric.calc_check_digit(number) != number[-1]:
        raise ValueError("expected the check digit of GB 11643 in place 18")
    return number


def _by_stdnum(module: str, expected: str) -> Callable[[str], str]:
    def checked(number: str) -> str:
        from importlib import import_module

        from stdnum.exceptions import ValidationError

        try:
            return import_module(f"stdnum.{module}").validate(number)
        except (ValidationError, ValueError):  # stdnum looks letters up before it checks them
            raise ValueError(f"expected {expected}") from None

    return checked


def _passport(number: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{5,12}", number):
        raise ValueError("expected 5 to 12 letters and digits")
    return number


def _passport_mrz(lines: str) -> str:
    """The two lines of a TD3 document, as two lines; how they were broken before does not matter."""
    if not re.fullmatch(r"P[A-Z0-9<]{87}", lines):
        raise ValueError("expected two lines of 44 characters A-Z, 0-9 and <, the first beginning with P")
    first, second = lines[:44], lines[44:]
    fields = (
        ("document number", second[0:9], second[9]),
        ("date of birth", second[13:19], second[19]),
        ("date of expiry", second[21:27], second[27]),
        ("optional data", second[28:42], second[42]),
        ("whole second line", second[0:10] + second[13:20] + second[21:43], second[43]),
    )
    for name, field, digit in fields:
        unused = name == "optional data" and digit == "<" and not field.strip("<")  # allowed by ICAO 9303-4
        if _mrz_digit(field) != digit and not unused:
            raise ValueError(f"expected the check digit of ICAO 9303 after the {name}")
    return f"{first}\n{second}"


def _mrz_digit(field: str) -> str:
    return str(sum(_MRZ_VALUES[c] * weight for c, weight in zip(field, cycle((7, 3, 1)), strict=False)) % 10)


_CHECKS: dict[str, Callable[[str], str]] = {
    "id_card": _id_card,
    "uscc": _by_stdnum("cn.uscc", "18 characters of GB 32100, the last its check character"),
    "container": _by_stdnum("iso6346", "four letters, the last U, J or Z, six digits and the check digit"),
    "imo": _by_stdnum("imo", "seven digits, the last its check digit"),
    "passport": _passport,
    "passport_mrz": _passport_mrz,
}
