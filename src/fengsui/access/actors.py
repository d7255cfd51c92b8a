"""Who is asking: a person or a system, with the posts held at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fengsui.engines.view import View
from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER
from fengsui.loops.escalation import POST_KIND

TAKEN_OVER = "post.taken_over"  # of officer/…: a duty held for somebody who is away; data: role, until, for
KEEPER = "keeper"  # the role of whoever runs the program on their own machine


@dataclass(frozen=True, slots=True)
class Post:
    """A role held at a place, in [from_at, until_at). ``place`` None: in the whole region."""

    role: str
    place: str | None = None
    from_at: int = -NEVER
    until_at: int = NEVER

    def is_held(self, at: int) -> bool:
        """Whether it is held at a moment."""
        return self.from_at <= at < self.until_at

    @property
    def name(self) -> str:
        """As people write it on a command line: role@place."""
        return f"{self.role}@{self.place}" if self.place else self.role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. ``subject``: the pseudonym under which facts speak of the person, if they do.

    ``organisation``: the body they belong to, for what two bodies have to decide together.
    """

    id: str
    name: str
    posts: tuple[Post, ...] = ()
    organisation: str = ""
    subject: str = ""
    is_machine: bool = False
    others: tuple[str, ...] = field(default=())  # subjects they may act for: a parent, a guardian

    def held(self, at: int) -> tuple[Post, ...]:
        """The posts held at a moment."""
        return tuple(post for post in self.posts if post.is_held(at))

    @property
    def officer(self) -> str:
        """The subject under which deeds at their posts are recorded."""
        return f"officer/{self.id}"


DESK = Actor(KEEPER, "此文件的保管者 · keeper of this file", (Post(KEEPER),))


def posts_of_facts(facts: Iterable[Fact], subject: str, *, at: int) -> tuple[Post, ...]:
    """The posts that facts give to somebody at ``at``: the last assignment to each post decides.

    ``facts`` are of the kinds post.assigned, of any post, and post.taken_over, of this officer.
    """
    last: dict[tuple[str, str | None], Fact] = {}
    for fact in sorted(facts, key=lambda f: (f.when, f.id)):
        if fact.kind == POST_KIND and fact.when <= at:
            last[str(fact.data.get("role")), fact.place] = fact
    assigned = (
        Post(role, place, fact.when)
        for (role, place), fact in last.items()
        if fact.data.get("person") == subject
    )
    taken = (
        Post(str(f.data["role"]), f.place, f.when, int(f.data.get("until", NEVER)))
        for f in facts
        if f.kind == TAKEN_OVER and f.when <= at
    )
    return (*assigned, *(post for post in taken if post.is_held(at)))


def with_posts(actor: Actor, view: View, *, at: int) -> Actor:
    """The actor with the posts that facts give them, beside those of their account."""
    facts = [*view.posts(), *view.subject_facts(actor.officer)]
    found = posts_of_facts(facts, actor.subject, at=at)
    return replace(actor, posts=tuple(dict.fromkeys((*actor.posts, *found))))


def post_named(text: str) -> Post:
    """A post written as role@place or role."""
    role, _, place = text.partition("@")
    return Post(role, place or None)
