"""How well the breaks that were found match those that were put in: exactly, or named one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest

from fengsui.drill.truth import Break, Injected, by_duty
from fengsui.kit.instant import NEVER


@dataclass(frozen=True, slots=True)
class Difference:
    """One break the two sides do not agree about. ``true`` or ``told`` is None where one side has none."""

    kind: str  # of the catalogue; "" for a break nobody put in
    true: Break | None
    told: Break | None


@dataclass(frozen=True, slots=True)
class Score:
    """How many breaks were put in and found as they are, and every one that differs.

    ``wrong_time`` and ``wrong_owner`` were found, but not as they are; one break can be in both.
    """

    injected: int
    found: int
    missed: tuple[Difference, ...]
    false: tuple[Difference, ...]
    wrong_time: tuple[Difference, ...]
    wrong_owner: tuple[Difference, ...]

    @property
    def is_perfect(self) -> bool:
        """Every break found with its true time and owner, and nothing else called a break."""
        return self.found == self.injected and not self.false


def score(truth: Iterable[Injected], breaks: Iterable[Break], *, as_of: int) -> Score:
    """Compare what was put in with what was found, as of a moment.

    A break that ends after ``as_of`` stands at that moment, whatever is already known of its end; and
    one that begins after it is none yet. Both sides are read like that.
    """
    truth = list(truth)
    kinds = {injected.broken: injected.kind for injected in truth}
    true = by_duty(_seen(kinds, as_of))
    told = by_duty(_seen(breaks, as_of))
    kinds = {_as_of(broken, as_of): kind for broken, kind in kinds.items()}
    differences = [
        Difference(kinds.get(one, ""), one, other)
        for duty in {**true, **told}
        for one, other in zip_longest(true.get(duty, ()), told.get(duty, ()))
    ]
    both = [d for d in differences if d.true and d.told]
    return Score(
        injected=sum(d.true is not None for d in differences),
        found=sum(d.true == d.told for d in both),
        missed=tuple(d for d in differences if d.told is None),
        false=tuple(d for d in differences if d.true is None),
        wrong_time=tuple(d for d in both if _times(d.true) != _times(d.told)),
        wrong_owner=tuple(d for d in both if _owner(d.true) != _owner(d.told)),
    )


def _seen(breaks: Iterable[Break], as_of: int) -> list[Break]:
    return [_as_of(broken, as_of) for broken in breaks if broken.from_at <= as_of]


def _as_of(broken: Break, as_of: int) -> Break:
    return broken if broken.until_at <= as_of else replace(broken, until_at=NEVER)


def _times(broken: Break) -> tuple[int, int]:
    return broken.from_at, broken.until_at


def _owner(broken: Break) -> tuple[str, str | None]:
    return broken.role, broken.place
