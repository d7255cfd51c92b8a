"""A change of policy as a diff: what two versions say differently, and what the later does to the loops."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fengsui.engines.home import Home, rules_of
from fengsui.engines.trial import tried
from fengsui.kit.text import Text
from fengsui.loops.dry_run import DryRun
from fengsui.loops.outlook import Outlook, PostWork, posts
from fengsui.loops.strata import Rules
from fengsui.protocols.diff import Difference, differences
from fengsui.protocols.library import Library
from fengsui.protocols.model import Protocol
from fengsui.protocols.what_if import without_version

KEPT = {
    "closed": Text("施行前已闭合", "closed before it came into force"),
    "ended": Text("开启时该版本已失效", "opened when it was over"),
    "elsewhere": Text("不在其适用辖区", "lie where it does not hold"),
    "pinned": Text("已开启的闭环仍按原版本", "running loops stay on their version"),
    "settled_or_due": Text("部分环节施行前已了结或已到期", "some duties were settled or due before it"),
    "anchored": Text("部分环节施行前已起算", "some duties began to count before it"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both answers. ``effect`` and ``outlook`` are None where there are no facts to try it on."""

    before: str
    after: str
    differences: tuple[Difference, ...]
    effect: DryRun | None
    outlook: Outlook | None
    posts: tuple[PostWork, ...]


def compared(old: Protocol, new: Protocol) -> Comparison:
    """What two versions say differently."""
    return Comparison(
        f"{old.name}@{old.version}", f"{new.name}@{new.version}", differences(old, new), None, None, ()
    )


def policy(
    home: Home,
    library: Library,
    old: Protocol,
    new: Protocol,
    *,
    as_of: int,
    known_at: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """The same, and ``new`` tried on the facts of a region; ``library`` has it with the dates to be tried."""
    found = tried(
        home,
        _before(library, new.name, new.version, home),
        rules_of(library, home.areas),
        name=new.name,
        version=new.version,
        as_of=as_of,
        known_at=known_at,
        progress=progress,
    )
    work = posts(found.effect.work)
    return replace(compared(old, new), effect=found.effect, outlook=found.outlook, posts=work)


def _before(library: Library, name: str, wanted: str, home: Home) -> Rules:
    """The rules without the version; a protocol of which it is the only one has none before."""
    rules = rules_of(without_version(library, name, wanted), home.areas)
    if name in rules.versions:
        return rules
    return Rules(
        {**rules.versions, name: ()},
        lambda called, area: () if called == name else rules.timeline(called, area),
    )
