"""From a protocol file to a Protocol: every name resolved, every default filled in, every line known.

Reading goes on after a mistake, so that one run names them all. What cannot be read is BadProtocol;
what can be read and still must not be published is for ``lint``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from fengsui.facts.yaml_file import Node, read_text
from fengsui.kit import instant
from fengsui.kit.errors import BadInput
from fengsui.protocols import language
from fengsui.protocols.ends import closes, extension, pause, retain, rung, stop, tell, waiver
from fengsui.protocols.model import (
    FOREVER,
    Agg,
    Basis,
    Frame,
    InFlight,
    Milestone,
    Obligation,
    Opening,
    Place,
    Protocol,
)
from fengsui.protocols.steps import basis_of, obligation, series_defaults
from fengsui.protocols.surface import (
    Page,
    checked,
    digest,
    field_of_data,
    find_unquoted,
    length,
    name,
    pattern_in,
    plain,
    quoted,
    seconds,
    title,
)

NEEDED = tuple(key for key in language.PROTOCOL_REQUIRED if key not in ("basis", "escalate"))

Keys = Mapping[str, Node]


def load_file(path: Path, *, zone: str) -> Protocol:
    """The protocol version in a file. ``zone``: of the region, in which its dates are read.

    Raises BadProtocol with file, line and rule of everything that is wrong.
    """
    return load_text(text_of(path), file=str(path), zone=zone)


def text_of(path: Path) -> str:
    """The text of a file. Raises BadInput when there is none."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def load_text(text: str, *, file: str, zone: str) -> Protocol:
    """The same from text; ``file`` is its name in messages."""
    return load_root(read_text(text, file=file), zone=zone, text=text)


def load_root(root: Node, *, zone: str, text: str) -> Protocol:
    """The same from the nodes of a file and its text."""
    page = Page(root.document, zone)
    find_unquoted(page, root, text.splitlines())
    protocol = protocol_in(page, root)
    page.close()
    return protocol


def protocol_in(page: Page, root: Node) -> Protocol:
    """The protocol that stands in a node; mistakes go to the page, and what is returned then is partial."""
    keys = root.entries(known=language.PROTOCOL_KEYS, required=NEEDED)
    if any(key not in keys for key in NEEDED):
        page.close()
    page.start_day = keys["start_day"].integer() if "start_day" in keys else None
    law = basis_of(keys["basis"]) if "basis" in keys else Basis()
    milestones = _milestones(page, keys["milestones"])
    known = {m.name: m for m in milestones}
    places = _places(page, keys.get("places"), known=known)
    obligations = _obligations(page, keys["obligations"], known=known, places=places, law=law)
    steps = [o.key for o in obligations]
    since, until = validity(page, keys["in_force"])
    protocol = Protocol(
        name=keys["protocol"].text(),
        version=quoted(page, keys["version"]),
        title=keys["title"].bilingual(),
        basis=law,
        valid_from=since,
        valid_until=until,
        in_flight=_in_flight(page, keys),
        health="health" in keys and keys["health"].yes_no(),
        subject=name(keys["subject"]),
        opening=_opening(keys["opens"]),
        milestones=milestones,
        obligations=obligations,
        places=places,
        jurisdiction=_jurisdiction(page, keys, places=places),
        zone=_zone(keys["civil_time"]),
        start_day=1 if page.start_day is None else page.start_day,
        date_only=keys["date_only"].one_of(language.DATE_ONLY) if "date_only" in keys else "benefit_of_doubt",
        stops=tuple(stop(page, node, known=known, steps=steps, law=law) for node in _items(keys, "stops")),
        extensions=tuple(extension(page, node, steps=steps, law=law) for node in _items(keys, "extensions")),
        waivers=tuple(waiver(page, node, steps=steps, law=law) for node in _items(keys, "waivers")),
        pauses=tuple(pause(page, node, steps=steps, law=law) for node in _items(keys, "pauses")),
        tells=tuple(tell(page, node, known=known) for node in _items(keys, "tells")),
        closes=closes(page, keys["closes"], known=known),
        stages=checked(page, keys.get("stages"), known=known, what="milestone"),
        escalation=tuple(rung(node) for node in _items(keys, "escalate")),
        confirm_after=seconds(keys["confirm_after"]) if "confirm_after" in keys else 0,
        retain=retain(keys.get("retain")),
        file=page.document.file,
        digest=digest(plain(root)),
        lines=dict(_lines(page, root)),
    )
    return protocol


def validity(page: Page, node: Node) -> tuple[int, int]:
    """The half-open validity in seconds UTC; FOREVER for an end that is null."""
    keys = node.entries(known=("from", "until"), required=("from", "until"))
    since = _moment(page, keys["from"]) if "from" in keys else 0
    until = _moment(page, keys["until"]) if "until" in keys and keys["until"].value is not None else FOREVER
    if until <= since:
        node.wrong("an end after its beginning", at="until")
    return since, until


def _moment(page: Page, node: Node) -> int:
    try:
        return instant.parse(quoted(page, node), zone=page.zone)[0]
    except ValueError as error:
        node.wrong(str(error))
        return 0


def _lines(page: Page, root: Node) -> Iterable[tuple[str, int]]:
    """Line of every part, by its path, two levels deep; parts of another file are left out."""
    for key, node in root.value.items():
        inner = node.value.items() if node.is_entries else ()
        if node.is_list:
            inner = ((str(i), item) for i, item in enumerate(node.value))
        for path, part in ((key, node), *((f"{key}.{k}", n) for k, n in inner)):
            if part.document is page.document:
                yield path, part.line


def _items(keys: Keys, key: str) -> list[Node]:
    return keys[key].items() if key in keys else []


def _in_flight(page: Page, keys: Keys) -> InFlight:
    chosen = InFlight(keys["running_loops"].one_of(language.RUNNING))
    if chosen is InFlight.RETROACTIVE and "reason" not in keys:
        page.fault("retroactive-reason", keys["running_loops"])
    return chosen


def _opening(node: Node) -> Opening:
    keys = node.entries(known=language.OPENS_KEYS, required=("event",))
    return Opening(
        pattern=pattern_in(keys),
        again_after=seconds(keys["again_after"]) if "again_after" in keys else FOREVER,
        looks_back=seconds(keys["looks_back"]) if "looks_back" in keys else 0,
    )


def _zone(node: Node) -> str:
    text = node.text()
    if text != "place":
        try:
            instant.zone_info(text)
        except ValueError:
            node.wrong("place, or the name of a time zone such as Asia/Shanghai")
    return text


def _places(page: Page, node: Node | None, *, known: Mapping[str, Milestone]) -> tuple[Place, ...]:
    places = []
    for key, inner in node.entries().items() if node else ():
        keys = inner.entries(known=language.PLACE_KEYS, required=("at",))
        at = checked(page, keys.get("at"), known=known, what="milestone")
        places.append(Place(key, at[0] if at else "", name(keys["data"]) if "data" in keys else ""))
    return tuple(places)


def _jurisdiction(page: Page, keys: Keys, *, places: tuple[Place, ...]) -> str:
    found = checked(page, keys.get("jurisdiction"), known=[p.name for p in places], what="place")
    return found[0] if found else ""


# Milestones


def _milestones(page: Page, node: Node) -> tuple[Milestone, ...]:
    """The milestones, each after those it names."""
    drafts = {key: _milestone(page, inner, key=key) for key, inner in node.entries().items()}
    needs: dict[str, list[str]] = {}
    for key, milestone in drafts.items():
        others = (milestone.after, milestone.before, milestone.not_by)
        named = [*(n for n, _ in milestone.of), *filter(None, others)]
        needs[key] = [n for n in named if n in drafts]
        for missing in (n for n in named if n not in drafts):
            page.unknown(node.value[key], missing, what="milestone", known=drafts)
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        page.fault("milestone-cycle", node.value[error.args[1][0]], names=" → ".join(error.args[1]))
        order = list(drafts)
    return tuple(drafts[key] for key in order)


def _milestone(page: Page, node: Node, *, key: str) -> Milestone:
    keys = node.entries(known=language.MILESTONE_KEYS)
    picks = [pick for pick in language.PICKS if pick in keys]
    if len(picks) != 1:
        node.wrong(f"one of {', '.join(language.PICKS)}", found=", ".join(picks) or "none")
        return Milestone(key, Agg.OPENING)
    pick = picks[0]
    milestone = Milestone(
        name=key,
        agg=Agg(pick),
        after=name(keys["after"]) if "after" in keys else None,
        before=name(keys["before"]) if "before" in keys else None,
        title=title(keys, default=key),
    )
    for key in ("time", "not_by"):
        if key in keys and pick not in language.PICKED:
            keys[key].wrong(f"one of {', '.join(language.PICKED)} beside it", found=pick)
    if pick == "opening":
        if keys[pick].value is not True:
            keys[pick].wrong("true")
        return milestone
    if pick in ("later_of", "earlier_of"):
        return replace(milestone, of=tuple(_term(page, item) for item in keys[pick].items()))
    return replace(
        milestone,
        pattern=pattern_in(keys, event=pick),
        time=field_of_data(keys["time"]) if "time" in keys else "",
        not_by=name(keys["not_by"]) if "not_by" in keys else None,
    )


def _term(page: Page, node: Node) -> tuple[str, object]:
    """ "exposure + 14d" as its milestone and length."""
    head, plus, tail = node.text().partition("+")
    if not plus:
        return head.strip(), None
    return head.strip(), length(page, replace(node, value=tail.strip(), written=tail.strip()))


# Steps


def _obligations(
    page: Page, node: Node, *, known: Mapping[str, Milestone], places: tuple[Place, ...], law: Basis
) -> tuple[Obligation, ...]:
    found = []
    for key, inner in node.entries().items():
        step = obligation(page, inner, key=key, milestones=known, places=[p.name for p in places], law=law)
        if step is not None:
            found.append(step)
    shared = Counter(o.series for o in found)
    many = {o.series for o in found if shared[o.series] > 1 or _is_repeated(o)}
    return tuple(series_defaults(o, node.value[o.key], in_series=o.series in many) for o in found)


def _is_repeated(step: Obligation) -> bool:
    return step.window.frame in (Frame.EVERY, Frame.ROLLING) or len(step.window.days) > 1
