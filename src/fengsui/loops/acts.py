"""Which facts a protocol sees, and when they count as having happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

from fengsui.facts.fact import Fact
from fengsui.protocols.model import Pattern, Protocol, Test

COLUMNS = {"@by": "by", "@place": "place", "@source": "source"}


@dataclass(frozen=True, slots=True)
class Act:
    """A fact as one protocol version reads its time: any second of [when, when + span]."""

    when: int
    span: int
    fact: Fact

    @property
    def order(self) -> tuple[int, int, str]:
        """Acts of one second are ordered by their ids, so that arrival never decides."""
        return self.when, tie(self.fact.id), self.fact.id


def tie(fact_id: str) -> int:
    """What orders two acts of one second: a number every engine can keep beside a fact."""
    return crc32(fact_id.encode())


def acts(facts: Iterable[Fact], protocol: Protocol) -> list[Act]:
    """The facts in time order. A date without a time is that whole day, or its end if so declared."""
    late = protocol.date_only == "end_of_day"
    read = (Act(f.when + f.span, 0, f) if late else Act(f.when, f.span, f) for f in facts)
    return sorted(read, key=lambda act: act.order)


def passes(test: Test, fact: Fact) -> bool:
    """Whether one condition holds. A missing field fails everything but ``ne`` and ``present: false``."""
    value = getattr(fact, COLUMNS[test.field]) if test.field in COLUMNS else fact.data.get(test.field)
    match test.op:
        case "present":
            return (value is not None) == test.value
        case "ne":
            return value != test.value
        case "eq":
            return value is not None and value == test.value
        case "in":
            return value is not None and value in test.value
        case "at_least":
            return isinstance(value, int | float) and value >= test.value
        case "below":
            return isinstance(value, int | float) and value < test.value
    raise ValueError(f"unknown operator {test.op!r}")


def matches(pattern: Pattern, fact: Fact) -> bool:
    """Whether the fact is of one of the kinds and passes every test."""
    return fact.kind in pattern.kinds and all(passes(test, fact) for test in pattern.where)
