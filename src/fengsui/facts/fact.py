"""A fact: something that happened to a subject. Written once, never changed, only followed.

Times are whole seconds since 1970-01-01T00:00:00Z. ``at`` is when it happened by the reporter's
account; ``span`` is how many seconds after ``at`` it may still have happened (0 for an exact time,
the rest of the civil day for a date without a time). ``recorded_at`` is when the record was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened (FHIR: Event; DHIS2: Event).

    ``source`` and ``key`` together are the identity: the same source saying the same key again is
    the same fact. ``supersedes`` names the fact (``source:key``) this one corrects or, for the kind
    ``fact.withdrawn``, takes back.
    """

    kind: str  # "test.result"
    subject: str  # "person/…", "consignment/…", "hazard/…"
    at: int
    recorded_at: int
    source: str  # "lab-hohhot"
    key: str  # the source's own number of this record
    span: int = 0
    place: str | None = None  # area code, GB/T 2260 or longer
    by: str | None = None  # who did it, as the source names them
    data: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    supersedes: str | None = None

    @property
    def id(self) -> str:
        """The name other facts, explanations and people use for this one."""
        return f"{self.source}:{self.key}"

    @property
    def when(self) -> int:
        """When it counts as having happened: never after it was recorded.

        A deed cannot follow its own record, so a source whose clock runs ahead is held to the
        recording time. Facts more than a day ahead are refused at the door instead (see check).
        """
        return min(self.at, self.recorded_at)
