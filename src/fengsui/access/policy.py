"""The policy as data: which role may do what, how far. What no line grants is denied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from fengsui.access.actors import Actor, Post
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text
from fengsui.kit.yaml12 import load

FILE = Path(__file__).with_name("policy.yaml")


class Reach(IntEnum):
    """How far a grant goes, from narrow to wide."""

    OWN_SELF = 1
    OWN_WORK = 2
    OWN_PLACE = 3
    OWN_AREA = 4
    EVERYWHERE = 5


VERBS: Mapping[str, Text] = {
    "counts": Text("看数量", "see counts"),
    "list": Text("看清单", "see lists"),
    "glance": Text("看辖区外匿名清单", "see lists of other areas"),
    "open": Text("打开个案", "open a record"),
    "search": Text("搜索", "search"),
    "export": Text("导出", "export"),
    "quality": Text("看数据质量", "see the quality of data"),
    "rules": Text("看规程", "read the protocols"),
    "record": Text("记录环节", "record a step"),
    "correct": Text("更正记录", "correct a record"),
    "acknowledge": Text("签收督办", "acknowledge"),
    "reassign": Text("改派", "reassign"),
    "hand_over": Text("交接值守", "hand over a duty"),
    "appeal": Text("提出异议", "file an objection"),
    "decide": Text("裁定异议", "decide an objection"),
    "override": Text("破例", "override"),
    "upload": Text("上传结果表", "upload a sheet"),
    "audit": Text("看审计", "read the audit"),
    "administer": Text("管理账户", "administer accounts"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of post may do. ``freely``: records are opened without a reason.

    ``tells``: patterns of the kinds of facts that a sheet of theirs may hold; none, unless they are named.
    """

    name: str
    grants: Mapping[str, Reach]
    freely: bool = False
    stands_for_area: bool = False
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """One way in which an actor may do something: how far, from which post."""

    reach: Reach
    post: Post
    stands_for_area: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """What is to be seen or changed, as far as the policy asks about it.

    ``owners``: the posts that owe or were told of something in it; ``people``: officers it was given to.
    """

    subject: str
    places: frozenset[str]
    owners: frozenset[tuple[str, str | None]] = frozenset()
    people: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Policy:
    """The table: profiles, the profiles of each role, and those of roles that are not named."""

    profiles: Mapping[str, Profile]
    roles: Mapping[str, tuple[str, ...]]
    otherwise: tuple[str, ...]

    @classmethod
    def shipped(cls) -> "Policy":
        """The policy that comes with the program."""
        return _read(FILE)

    @classmethod
    def read(cls, path: Path) -> "Policy":
        """The policy of a file. BadInput names every line that says what cannot be."""
        return _read(path)

    def profiles_of(self, role: str) -> tuple[Profile, ...]:
        """What a role may do."""
        return tuple(self.profiles[name] for name in self.roles.get(role, self.otherwise))

    def grants(self, actor: Actor, verb: str, *, at: int) -> tuple[Grant, ...]:
        """Every way in which an actor may do something at a moment; none: it is denied."""
        return tuple(
            Grant(profile.grants[verb], post, profile.stands_for_area)
            for post in actor.held(at)
            for profile in self.profiles_of(post.role)
            if verb in profile.grants
        )

    def opens_freely(self, actor: Actor, *, at: int) -> bool:
        """Whether no reason is asked of an actor."""
        return any(p.freely for post in actor.held(at) for p in self.profiles_of(post.role))

    def beyond(self, actor: Actor, kinds: Iterable[str], *, at: int) -> list[str]:
        """The kinds of facts that no sheet of this actor may hold."""
        told = {p for post in actor.held(at) for of in self.profiles_of(post.role) for p in of.tells}
        return sorted(kind for kind in set(kinds) if not any(fnmatchcase(kind, p) for p in told))


def covers(grants: Iterable[Grant], actor: Actor, thing: Thing, *, areas: Areas) -> bool:
    """Whether one of the grants reaches the thing."""
    return any(_reaches(grant, actor, thing, areas) for grant in grants)


def is_at(place: str | None, outer: str | None, areas: Areas) -> bool:
    """Whether a place is another one, or lies in it. ``outer`` None: the whole region."""
    if outer is None:
        return True
    if place is None:
        return False
    if outer in areas.index:
        known = areas.resolve(place)
        return known is not None and areas.covers(outer, known)
    return place == outer or (place.startswith(outer) and not place[len(outer)].isalnum())


def is_within(grant: Grant, place: str | None, *, areas: Areas) -> bool:
    """Whether a place is one to which a grant reaches. No place at all is within the whole region only."""
    post = grant.post
    match grant.reach:
        case Reach.EVERYWHERE:
            return True
        case Reach.OWN_PLACE:
            return is_at(place, post.place, areas)
        case Reach.OWN_AREA:
            area = own_area(post, areas)
            unknown = post.place is not None and area is None
            return not unknown and is_at(place, area, areas)
    return False


def own_area(post: Post, areas: Areas) -> str | None:
    """The area a post belongs to: that of its place. None: the whole region."""
    return None if post.place is None else areas.resolve(post.place)


def _reaches(grant: Grant, actor: Actor, thing: Thing, areas: Areas) -> bool:
    match grant.reach:
        case Reach.EVERYWHERE:
            return True
        case Reach.OWN_SELF:
            return thing.subject in {actor.subject, *actor.others} - {""}
        case Reach.OWN_WORK:
            return actor.officer in thing.people or any(
                _is_mine(owner, grant, areas) for owner in thing.owners
            )
        case Reach.OWN_PLACE | Reach.OWN_AREA:
            return any(is_within(grant, place, areas=areas) for place in thing.places)


def _is_mine(owner: tuple[str, str | None], grant: Grant, areas: Areas) -> bool:
    role, place = owner
    if role == grant.post.role:
        return is_at(place, grant.post.place, areas)
    # A level of the area tree is told as a whole; whoever stands for the area is meant.
    return grant.stands_for_area and role in areas.levels and place == (grant.post.place or areas.codes[0])


@cache
def _read(path: Path) -> Policy:
    said = load(path.read_text(encoding="utf-8"))
    wrong: list[Finding] = []
    profiles = {name: _profile(name, of, wrong, path) for name, of in said["profiles"].items()}
    roles = {role: tuple(names) for role, names in said["roles"].items()}
    otherwise = tuple(said["otherwise"])
    for role, names in (*roles.items(), ("otherwise", otherwise)):
        wrong += [
            Finding(path.name, f"roles.{role}", repr(name), f"one of {', '.join(profiles)}")
            for name in names
            if name not in profiles
        ]
    if wrong:
        raise BadInput("The policy cannot be read as it is.", tuple(wrong))
    return Policy(profiles, roles, otherwise)


def _profile(name: str, said: Mapping, wrong: list[Finding], path: Path) -> Profile:
    reaches = {reach.name.lower(): reach for reach in Reach}
    for verb, reach in said["grants"].items():
        where = f"profiles.{name}.grants.{verb}"
        if verb not in VERBS:
            wrong.append(Finding(path.name, where, repr(verb), f"one of {', '.join(VERBS)}"))
        if reach not in reaches:
            wrong.append(Finding(path.name, where, repr(reach), f"one of {', '.join(reaches)}"))
    grants = {verb: reaches[reach] for verb, reach in said["grants"].items() if reach in reaches}
    stands, tells = bool(said.get("stands_for_area")), tuple(said.get("tells", ()))
    return Profile(name, grants, bool(said.get("freely")), stands, tells)
