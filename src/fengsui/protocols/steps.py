"""One step of a protocol file: its owner, its window, its evidence, its law."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from fengsui.facts.yaml_file import Node, nearest_first
from fengsui.protocols import language
from fengsui.protocols.model import (
    Agg,
    Basis,
    Discharge,
    Evidence,
    Frame,
    Late,
    Length,
    Milestone,
    Obligation,
    Owner,
    Pattern,
    Unit,
    Window,
)
from fengsui.protocols.surface import (
    Page,
    field_of_data,
    kinds,
    length,
    name,
    names,
    owner,
    pattern_in,
    seconds,
    title,
)

# Which other keys a window's key may stand beside; every one not listed makes no sense there.
BESIDE = {
    "within": ("opens_after", "rounding", "ends_on"),
    "before": ("valid_for",),
    "on_days": (),
    "until": ("else", "opens_after", "rounding", "ends_on"),
    "every": ("times", "for", "open_for", "opens_after", "rounding"),
    "rolling": ("opens_after", "rounding"),
}
TIMING = ("else", "times", "for", "open_for", "opens_after", "valid_for", "rounding", "ends_on")

Keys = Mapping[str, Node]
DAY = 86400


def obligation(
    page: Page,
    node: Node,
    *,
    key: str,
    milestones: Mapping[str, Milestone],
    places: Collection[str],
    law: Basis,
) -> Obligation | None:
    """The step; None if too much of it is missing to go on."""
    keys = node.entries(known=language.OBLIGATION_KEYS, required=("from", "evidence"))
    if "from" not in keys or "evidence" not in keys:
        return None
    start = name(keys["from"])
    if start not in milestones:
        known = nearest_first(start, milestones)
        page.fault("no-anchor", keys["from"], name=start, known=known)
    window = _window(page, node)
    _one_at_each(page, node, window, start=milestones.get(start))
    by = owner(keys["by"]) if "by" in keys else Owner("")
    if by.place and by.place not in places:
        page.unknown(keys["by"], by.place, what="place", known=places)
    return Obligation(
        key=key,
        title=title(keys, default=key),
        by=by,
        start=start,
        window=window,
        evidence=_evidence(page, keys["evidence"], milestones=milestones),
        basis=basis_of(node, default=law),
        series=name(keys["series"]) if "series" in keys else key,
        discharge=_discharge(page, node, start=milestones.get(start)),
        frees="frees" in keys and keys["frees"].one_of(("person",)) == "person",
        restricts="restricts" in keys and keys["restricts"].one_of(("person",)) == "person",
        confidence=keys["confidence"].one_of(language.CONFIDENCE) if "confidence" in keys else "sourced",
        line=node.line,
        file=node.document.file if node.document is not page.document else "",
    )


def series_defaults(step: Obligation, node: Node, *, in_series: bool) -> Obligation:
    """The step with how late an act still counts: in a series, until the next of it opens."""
    late = node.value.get("accept_late")
    if late is None:
        return replace(step, late=Late.UNTIL_NEXT if in_series else Late.ALWAYS)
    if late.value in ("until_next", "always", "never"):
        return replace(step, late=Late(late.value))
    return replace(step, late=Late.FOR, late_for=seconds(late))


def basis_of(node: Node, *, default: Basis | None = None) -> Basis:
    """The law at a node: of the protocol, or of a step beside the protocol's.

    A step that names another document takes nothing else from the protocol's: a clause belongs to
    its own instrument.
    """
    if default is None:
        return _law(node, Basis())
    keys = node.value if node.is_entries else {}
    basis = default
    if "basis" in keys:
        own = keys["basis"]
        basis = _law(own, Basis() if own.is_entries and "document" in own.value else default)
    return replace(basis, clause=keys["clause"].text()) if "clause" in keys else basis


def _law(node: Node, basis: Basis) -> Basis:
    keys = node.entries(known=language.BASIS_KEYS)
    texts = {key: keys[key].text() for key in ("issuer", "number", "clause", "url") if key in keys}
    if "document" in keys:
        texts["document"] = keys["document"].bilingual()
    return replace(basis, **texts)


def _window(page: Page, node: Node) -> Window:
    keys = node.value
    chosen = [key for key in language.WINDOWS if key in keys]
    if not chosen:
        page.fault("no-window", node)
        return Window(Frame.WITHIN, Length(0))
    extra = [key for key in TIMING if key in keys and key not in BESIDE[chosen[0]]]
    if len(chosen) > 1 or extra:
        page.fault("mixed-windows", node, found=", ".join([*chosen, *extra]))
    opens = keys.get("opens_after")
    opens_after = length(page, opens, beside=_rounding(keys)) if opens else None
    frame, at = Frame(chosen[0]), keys[chosen[0]]
    match frame:
        case Frame.BEFORE:
            valid = Length(seconds(keys["valid_for"])) if "valid_for" in keys else None
            return Window(frame, Length(seconds(at)), valid)
        case Frame.ON_DAYS:
            return Window(frame, days=_days(page, at))
        case Frame.UNTIL:
            otherwise = length(page, keys["else"], beside=keys) if "else" in keys else None
            return Window(frame, otherwise, opens_after, data=field_of_data(at))
        case Frame.EVERY:
            each = length(page, at, beside=keys)
            stays = _open_for(page, keys["open_for"], each) if "open_for" in keys else None
            return Window(frame, each, opens_after, times=_times(node, each), open_for=stays)
    return Window(frame, length(page, at, beside=keys), opens_after)


def _one_at_each(page: Page, node: Node, window: Window, *, start: Milestone | None) -> None:
    """A step that every fact of a milestone starts anew is numbered by those facts: one window of each."""
    several = window.frame is Frame.ROLLING or max(len(window.days), window.times) > 1
    if several and start is not None and start.agg is Agg.EACH:
        page.fault("each-windows", node, name=start.name, window=str(window.frame), at=str(window.frame))


def _rounding(keys: Keys) -> dict[str, Node]:
    """What applies to an opening: rounding, but never the move to a working day."""
    return {"rounding": keys["rounding"]} if "rounding" in keys else {}


def _days(page: Page, node: Node) -> tuple[int, ...]:
    days = tuple(item.integer() for item in node.items())
    if page.start_day is None:
        page.fault("on-days-start-day", node)
    elif days != tuple(sorted(set(days))) or not days or days[0] < page.start_day:
        node.wrong(f"days in ascending order from {page.start_day} on, each once")
    return days


def _times(node: Node, each: Length | None) -> int:
    """How many windows: as told, or as many as fill the time told."""
    keys = node.value
    if ("times" in keys) == ("for" in keys):
        node.wrong("either times or for", found="both" if "times" in keys else "neither")
        return 1
    if "times" in keys:
        return keys["times"].integer(at_least=1)
    total = seconds(keys["for"])
    if each is None or each.unit is not Unit.SECONDS or not each.n or total % each.n:
        keys["for"].wrong("a whole number of times the elapsed length at every")
        return 1
    return total // each.n


def _open_for(page: Page, node: Node, each: Length | None) -> Length | None:
    """How long each window is open: elapsed time, or civil days where the windows are civil too."""
    stays = length(page, node, beside={})
    if stays is None or each is None:
        return stays
    elapsed = Unit.SECONDS
    shortest = each.n * {Unit.SECONDS: 1, Unit.MONTHS: 28 * DAY}.get(each.unit, DAY)
    is_like = stays.unit is elapsed or (stays.unit is Unit.DAYS and each.unit is not elapsed)
    if not is_like or not 0 < stays.n * (1 if stays.unit is elapsed else DAY) <= shortest:
        node.wrong("a time no longer than from one window to the next, in days only where those are in days")
    return stays


def _evidence(page: Page, node: Node, *, milestones: Mapping[str, Milestone]) -> Evidence:
    if not node.is_entries:
        return Evidence(Pattern(kinds(node)))
    keys = node.entries(known=language.EVIDENCE_KEYS, required=("event",))
    evidence = Evidence(
        pattern=pattern_in(keys),
        count=keys["count"].integer(at_least=1) if "count" in keys else 1,
        distinct=names(keys["distinct"]) if "distinct" in keys else (),
        apart=seconds(keys["apart"]) if "apart" in keys else 0,
        not_by=name(keys["not_by"]) if "not_by" in keys else None,
        only_by=name(keys["only_by"]) if "only_by" in keys else None,
    )
    if evidence.distinct and evidence.count != 2:
        node.wrong("count: 2", found=f"count: {evidence.count} with distinct", at="count")
    for key, milestone in (("not_by", evidence.not_by), ("only_by", evidence.only_by)):
        if milestone is not None and milestone not in milestones:
            page.unknown(keys[key], milestone, what="milestone", known=milestones)
    return evidence


def _discharge(page: Page, node: Node, *, start: Milestone | None) -> Discharge:
    keys = node.value
    chosen = (
        Discharge(keys["discharge"].one_of(language.DISCHARGE)) if "discharge" in keys else Discharge.SLOT
    )
    if start is not None and start.agg is Agg.EACH and chosen is Discharge.SLOT:
        page.fault("each-discharge", node, name=start.name)
    return chosen
