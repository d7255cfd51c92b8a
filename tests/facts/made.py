"""Facts made for tests: small worlds in which everything that can happen to a record does happen."""

from hypothesis import strategies as st

from fengsui.facts.fact import Fact

SUBJECTS = [f"person/{letter}" for letter in "abcdef"]


def fact(key: str, **said) -> Fact:
    """A fact about person/a at second 100, recorded at 200 by source s, unless said otherwise."""
    given = {"kind": "test.result", "subject": "person/a", "at": 100, "recorded_at": 200, "source": "s"}
    return Fact(**{**given, **said}, key=key)


@st.composite
def records(draw, *, at_most: int = 12) -> list[Fact]:
    """Facts, corrections, withdrawals and merges; corrections may name facts that never come."""
    n = draw(st.integers(1, at_most))
    made = []
    for i in range(n):
        kind = draw(st.sampled_from(["test.result", "test.result", "subject.same", "fact.withdrawn"]))
        corrects = kind == "fact.withdrawn" or draw(st.booleans())
        target = draw(st.integers(0, n + 1).filter(lambda t, i=i: t != i)) if corrects else None
        made.append(
            fact(
                str(i),
                kind=kind,
                subject=draw(st.sampled_from(SUBJECTS)),
                at=draw(st.integers(0, 50)),
                recorded_at=draw(st.integers(0, 20)),
                data={"other": draw(st.sampled_from(SUBJECTS))} if kind == "subject.same" else {},
                supersedes=None if target is None else f"s:{target}",
            )
        )
    return made
