"""People who cannot exist, with documents whose check digits are right.

Identity numbers (GB 11643) carry the area digits 1599xx, which GB/T 2260 has never given to any place,
and the sequence 000. Passports are numbered DRILL0000000: twelve characters, where ICAO 9303 has nine.
Names are written with the ten stems and twelve branches of the calendar (甲子丑) or the spelling
alphabet (ALFA BRAVO), so that nobody takes them for a neighbour's.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from fengsui.drill.chance import Chance, Wheel
from fengsui.kit.ids import subject_id

STEMS = "甲乙丙丁戊己庚辛壬癸"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
LETTERS = (
    "ALFA BRAVO CHARLIE DELTA ECHO FOXTROT GOLF HOTEL INDIA JULIETT KILO LIMA MIKE NOVEMBER OSCAR PAPA "
    "QUEBEC ROMEO SIERRA TANGO UNIFORM VICTOR WHISKEY XRAY YANKEE ZULU"
).split()
COUNTRIES = Wheel(("MNG", "RUS", "KOR", "JPN", "KAZ", "DEU"), (40, 35, 8, 7, 6, 4))
CHINA = "CHN"

UNUSED_AREA = 159900  # up to 159999: no such code exists or has existed
FIRST_BIRTH = date(1940, 1, 1)
N_BIRTHDAYS = 27000  # to the end of 2013
STRIDE = 7919  # has no factor in common with N_BIRTHDAYS, so that all birthdays come up
MOST_PEOPLE = 100 * N_BIRTHDAYS
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
CHECK = "10X98765432"


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person: the document they are known by, and where they live."""

    scheme: str  # "id_card" | "passport"
    number: str
    country: str  # ISO 3166-1 alpha-3
    name: str
    home: str  # area code of a banner
    passport: str = ""  # of a resident whom the border knows by it, and everybody else by the card

    @property
    def subject(self) -> str:
        """The pseudonym they are known by; of two found to be the same, the smaller."""
        country = self.country if self.scheme == "passport" else None
        known = subject_id("person", scheme=self.scheme, number=self.number, country=country)
        if not self.passport:
            return known
        other = subject_id("person", scheme="passport", number=self.passport, country=self.country)
        return min(known, other)


class People:
    """Hands out people, nobody twice."""

    def __init__(self, homes: Wheel, chance: Chance) -> None:
        self._homes = homes
        self._chance = chance
        self._n = 0

    def resident(self, *, by_passport: bool = False) -> Person:
        """Someone with an identity card; ``by_passport``: who shows a passport at the border."""
        n = self._next()
        chance = self._chance
        name = chance.one_of(STEMS) + chance.one_of(BRANCHES) + chance.one_of(BRANCHES)
        passport = f"DRILL{n:07d}" if by_passport else ""
        return Person("id_card", id_card(n), CHINA, name, self._homes.turn(chance), passport)

    def foreigner(self) -> Person:
        """Someone with a passport of another country."""
        n = self._next()
        chance = self._chance
        name = f"{chance.one_of(LETTERS)} {chance.one_of(LETTERS)}"
        country = COUNTRIES.turn(chance)
        return Person("passport", f"DRILL{n:07d}", country, name, self._homes.turn(chance))

    def _next(self) -> int:
        if self._n == MOST_PEOPLE:
            raise ValueError(f"expected at most {MOST_PEOPLE} people in one drill")
        self._n += 1
        return self._n - 1


def id_card(n: int) -> str:
    """The n-th identity number that belongs to nobody; all are different for n < MOST_PEOPLE."""
    area, day = UNUSED_AREA + n // N_BIRTHDAYS, n * STRIDE % N_BIRTHDAYS
    body = f"{area}{FIRST_BIRTH + timedelta(days=day):%Y%m%d}000"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """The last character for seventeen digits."""
    return CHECK[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]
