"""The keys of a protocol file and what may stand at each: one table for the loader, the schema and the docs.

Every entry is the JSON Schema of that key's value. The loader takes its list of known keys from here
and reads the values itself, because a schema cannot say which line is wrong and what would put it right.
"""

from collections.abc import Mapping

Shape = Mapping[str, object]

LENGTH_FORM = r"^((0|[1-9]\d*)[smhd]|[1-9]\d* (working )?days?|[1-9]\d* months?)$"
SECONDS_FORM = r"^(0|[1-9]\d*)[smhd]$"
NAME_FORM = r"^[a-z][a-z0-9_]*$"
PROTOCOL_FORM = r"^[a-z][a-z0-9.-]*(/[a-z0-9][a-z0-9.-]*)+$"
KIND_FORM = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$|^[^#]+/[^#]+#[a-z][a-z0-9_]*$"
OWNER_FORM = r"^[a-z][a-z0-9_]*(@[a-z][a-z0-9_]*(\.[a-z]+)?)?$"
TERM_FORM = r"^[a-z][a-z0-9_]*( \+ .+)?$"
DATA_FORM = r"^data\.[a-z][a-z0-9_]*$"
RUNNING = ("pinned", "at_anchor", "remaining", "retroactive")
CONFIDENCE = ("sourced", "press", "to_verify", "design")
DISCHARGE = ("slot", "all", "fifo")
DATE_ONLY = ("benefit_of_doubt", "end_of_day")


def described(shape: Shape, says: str) -> Shape:
    """The shape with the sentence an editor shows for it."""
    return {**shape, "description": says}


def one_of(values: tuple[str, ...]) -> Shape:
    """One of these words."""
    return {"enum": list(values)}


def form(pattern: str) -> Shape:
    """Text of this form."""
    return {"type": "string", "pattern": pattern}


def entries(keys: Mapping[str, Shape], *, required: tuple[str, ...] = ()) -> Shape:
    """A mapping with these keys and no other."""
    shape: dict[str, object] = {
        "type": "object",
        "properties": dict(keys),
        "additionalProperties": False,
    }
    return {**shape, "required": list(required)} if required else shape


def named(shape: Shape) -> Shape:
    """A mapping from names the author chooses."""
    return {"type": "object", "propertyNames": {"pattern": NAME_FORM}, "additionalProperties": shape}


def some(shape: Shape) -> Shape:
    """A list with at least one item."""
    return {"type": "array", "items": shape, "minItems": 1}


def one_or_some(shape: Shape) -> Shape:
    """The value, or a list of such values."""
    return {"anyOf": [shape, some(shape)]}


def or_null(shape: Shape) -> Shape:
    """The value, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def exactly_one(keys: tuple[str, ...]) -> Shape:
    """One of these keys and not two."""
    return {"oneOf": [{"required": [key]} for key in keys]}


TEXT: Shape = {"type": "string", "minLength": 1}
WHOLE: Shape = {"type": "integer", "minimum": 0}
COUNT: Shape = {"type": "integer", "minimum": 1}
NAME = form(NAME_FORM)
LENGTH = form(LENGTH_FORM)
SECONDS = form(SECONDS_FORM)
KINDS = one_or_some(form(KIND_FORM))
DATA = form(DATA_FORM)
OWNER = form(OWNER_FORM)
PROTOCOL = form(PROTOCOL_FORM)
BILINGUAL = entries({"zh": TEXT, "en": TEXT}, required=("zh", "en"))
VALUE: Shape = {"type": ["string", "number", "boolean"]}
COMPARISON = entries(
    {
        "below": described({"type": "number"}, "less than this"),
        "at_least": described({"type": "number"}, "this or more"),
        "not": described(one_or_some(VALUE), "none of these; a missing field passes"),
        "present": described({"type": "boolean"}, "whether the field is there at all"),
    }
)
WHERE: Shape = {
    "type": "object",
    "propertyNames": {"pattern": r"^@(by|place|source)$|^[a-z][a-z0-9_]*$"},
    "additionalProperties": {"anyOf": [VALUE, some(VALUE), COMPARISON]},
    "description": "conditions on the data of the fact, all of which must hold",
}
PATTERN_KEYS: dict[str, Shape] = {"event": KINDS, "where": WHERE}
BASIS_KEYS: dict[str, Shape] = {
    "document": described(BILINGUAL, "name of the instrument"),
    "issuer": described(TEXT, "who issued it"),
    "number": described(TEXT, "its number"),
    "clause": described(TEXT, "where in it; quoted, so that 4.10 stays 4.10"),
    "url": described(TEXT, "where it can be read, or was seen"),
}
BASIS = entries(BASIS_KEYS)
LAW: dict[str, Shape] = {
    "clause": described(TEXT, "where in the protocol's instrument"),
    "basis": described(BASIS, "as the protocol's; if it names another document, nothing is taken from there"),
}
IN_FORCE = entries(
    {
        "from": described(TEXT, "quoted civil date or time in the region's zone; inclusive"),
        "until": described(or_null(TEXT), "the same; exclusive; null while it has no end"),
    },
    required=("from", "until"),
)
OPENS_KEYS: dict[str, Shape] = {
    **PATTERN_KEYS,
    "again_after": described(
        SECONDS, "a later fact opens another loop; without it there is one loop a subject"
    ),
    "looks_back": described(SECONDS, "facts of so long before the opening belong to the loop"),
}
PLACE_KEYS: dict[str, Shape] = {
    "at": described(NAME, "the milestone whose fact tells the place"),
    "data": described(NAME, "the field that holds an area code; without it the fact's own place"),
}
TERMS = some(form(TERM_FORM))
MILESTONE_KEYS: dict[str, Shape] = {
    "first": described(KINDS, "the earliest fact of this kind"),
    "last": described(KINDS, "the latest"),
    "each": described(KINDS, "every one; each starts its own duties"),
    "opening": described({"const": True}, "the fact that opened the loop"),
    "later_of": described(TERMS, "the latest of other milestones, each with a length added if so said"),
    "earlier_of": described(TERMS, "the earliest of those that were reached"),
    "where": WHERE,
    "after": described(NAME, "only facts at or after this milestone count"),
    "before": described(NAME, "only facts before this milestone count"),
    "not_by": described(NAME, "only by somebody who did not do that milestone"),
    "time": described(DATA, "reached at the time in this field, not when the fact happened"),
    "zh": TEXT,
    "en": TEXT,
}
PICKED = ("first", "last", "each")  # what is picked from facts may ask for a time they carry, and by whom
PICKS = ("first", "last", "each", "opening", "later_of", "earlier_of")
EVIDENCE_KEYS: dict[str, Shape] = {
    **PATTERN_KEYS,
    "count": described(COUNT, "so many of them"),
    "distinct": described(some(NAME), "two that differ in each of these fields"),
    "apart": described(SECONDS, "at least so long between one and the next"),
    "not_by": described(NAME, "not by whoever did that milestone"),
    "only_by": described(NAME, "by whoever did that milestone, and nobody else"),
}
WINDOWS = ("within", "before", "on_days", "until", "every", "rolling")
OBLIGATION_KEYS: dict[str, Shape] = {
    "zh": TEXT,
    "en": TEXT,
    "by": described(OWNER, "role@place, or role@place.level"),
    "from": described(NAME, "the milestone it counts from"),
    "within": described(LENGTH, "due so long after"),
    "before": described(SECONDS, "due so long before"),
    "on_days": described(some(WHOLE), "on these numbered civil days; see start_day"),
    "until": described(DATA, "due at a time the anchor's fact carries"),
    "else": described(LENGTH, "with until: due so long after where the fact carries none"),
    "every": described(LENGTH, "again and again, one window after the other"),
    "times": described(COUNT, "with every: how many windows"),
    "for": described(SECONDS, "with every: for how long"),
    "open_for": described(LENGTH, "with every: each window is open so long; without it until the next"),
    "rolling": described(LENGTH, "again within so long of the last time, until a stop"),
    "opens_after": described(LENGTH, "not before so long after"),
    "valid_for": described(SECONDS, "with before: no older than so long when it is due"),
    "rounding": described(one_of(("down", "up")), "months: the day a short month lacks"),
    "ends_on": described({"const": "working_day"}, "a last day that is not worked moves to the next that is"),
    "evidence": {"anyOf": [KINDS, entries(EVIDENCE_KEYS, required=("event",))]},
    "series": described(NAME, "steps of one series share their acts"),
    "discharge": described(one_of(DISCHARGE), "which open step of its series an act meets"),
    "accept_late": {"anyOf": [one_of(("until_next", "always", "never")), SECONDS]},
    "frees": described({"const": "person"}, "meeting it ends a restriction"),
    "restricts": described({"const": "person"}, "it belongs to a restriction of a person"),
    "confidence": described(one_of(CONFIDENCE), "how well the rule is known"),
    **LAW,
}
OF = one_or_some(NAME)
STOP_KEYS: dict[str, Shape] = {
    "when": NAME,
    "unless": described(NAME, "a milestone; if that was reached by then, nothing stops"),
    "cancels": {"anyOf": [{"const": "all"}, OF]},
    "opens": described(PROTOCOL, "the protocol that takes over"),
    **LAW,
}
EXTENSION_KEYS: dict[str, Shape] = {
    **PATTERN_KEYS,
    "of": OF,
    "target": described(DATA, "the field that names the step"),
    "until": described(DATA, "the field with the new deadline"),
    "at_most": described(LENGTH, "no further than this after the first deadline"),
    "rounding": OBLIGATION_KEYS["rounding"],
    "ends_on": OBLIGATION_KEYS["ends_on"],
    **LAW,
}
WAIVER_KEYS: dict[str, Shape] = {**PATTERN_KEYS, "of": OF, "target": EXTENSION_KEYS["target"], **LAW}
PATTERN: Shape = {"anyOf": [KINDS, entries(PATTERN_KEYS, required=("event",))]}
PAUSE_KEYS: dict[str, Shape] = {"from": PATTERN, "until": PATTERN, "of": OF, **LAW}
TELL_TO_KEYS: dict[str, Shape] = {
    **PATTERN_KEYS,
    "field": described(NAME, "the field that names this subject"),
}
TELL_KEYS: dict[str, Shape] = {
    "when": NAME,
    "to": entries(TELL_TO_KEYS, required=("event", "field")),
    "as": described(form(KIND_FORM), "the fact that happens to the other"),
}
CLOSES_KEYS: dict[str, Shape] = {"when": described(OF, "all_settled, or milestones any of which closes it")}
RUNG_KEYS: dict[str, Shape] = {
    "after": SECONDS,
    "to": described(TEXT, "owner, a level of the areas, role@place"),
}
RETAIN_KEYS: dict[str, Shape] = {"after_close": SECONDS, "then": {"const": "erase"}}

PROTOCOL_KEYS: dict[str, Shape] = {
    "protocol": described(PROTOCOL, "its name; all its versions carry the same"),
    "version": described(TEXT, "quoted"),
    "title": BILINGUAL,
    "basis": described(BASIS, "the instrument every step follows from unless it says otherwise"),
    "in_force": IN_FORCE,
    "running_loops": described(one_of(RUNNING), "what it does to loops that run when it comes into force"),
    "reason": described(TEXT, "why it reaches back; with running_loops: retroactive"),
    "health": described({"type": "boolean"}, "about a person's health"),
    "subject": NAME,
    "civil_time": described(TEXT, "place, or the name of a zone"),
    "start_day": described(WHOLE, "the number the start day carries in on_days"),
    "date_only": one_of(DATE_ONLY),
    "opens": entries(OPENS_KEYS, required=("event",)),
    "places": named(entries(PLACE_KEYS, required=("at",))),
    "jurisdiction": described(NAME, "the place whose area lists the loop"),
    "milestones": named({**entries(MILESTONE_KEYS), **exactly_one(PICKS)}),
    "obligations": named(
        {**entries(OBLIGATION_KEYS, required=("zh", "en", "by", "from", "evidence")), **exactly_one(WINDOWS)}
    ),
    "stops": some(entries(STOP_KEYS, required=("when", "cancels"))),
    "extensions": some(entries(EXTENSION_KEYS, required=("event", "of", "until", "at_most"))),
    "waivers": some(entries(WAIVER_KEYS, required=("event", "of"))),
    "pauses": some(entries(PAUSE_KEYS, required=("from", "until", "of"))),
    "tells": some(entries(TELL_KEYS, required=("when", "to", "as"))),
    "closes": entries(CLOSES_KEYS, required=("when",)),
    "stages": some(NAME),
    "escalate": some(entries(RUNG_KEYS, required=("after", "to"))),
    "confirm_after": described(SECONDS, "how long a break stays provisional"),
    "retain": entries(RETAIN_KEYS, required=("after_close", "then")),
}
PROTOCOL_REQUIRED = (
    "protocol",
    "version",
    "title",
    "basis",
    "in_force",
    "running_loops",
    "subject",
    "civil_time",
    "opens",
    "milestones",
    "obligations",
    "closes",
    "escalate",
)
# What a protocol is, and for whom: a local order that wants to change this needs a protocol of its own.
FIXED = ("protocol", "version", "in_force", "running_loops", "reason", "subject", "opens", "jurisdiction")
CHANGE_KEYS: dict[str, Shape] = {
    **{key: or_null(shape) for key, shape in PROTOCOL_KEYS.items() if key not in FIXED},
    "obligations": named(or_null(entries({key: or_null(shape) for key, shape in OBLIGATION_KEYS.items()}))),
    "milestones": named(or_null(entries({key: or_null(shape) for key, shape in MILESTONE_KEYS.items()}))),
    "places": named(or_null(entries({key: or_null(shape) for key, shape in PLACE_KEYS.items()}))),
}
OVERLAY_KEYS: dict[str, Shape] = {
    "overlay": described(form(r"^[a-z0-9][a-z0-9-]*$"), "its name"),
    "of": described(PROTOCOL, "the protocol it changes, whichever version is in force"),
    "area": described(TEXT, "quoted code of the area it holds in"),
    "title": BILINGUAL,
    "issuer": described(TEXT, "who issued the order"),
    "basis": described(BASIS, "the order; it becomes the basis of the steps it changes"),
    "in_force": IN_FORCE,
    "reason": described(TEXT, "why this area needs another rule"),
    "running_loops": one_of(RUNNING),
    "confidence": described(one_of(CONFIDENCE), "of the steps it changes, unless they say otherwise"),
    "changes": described(entries(CHANGE_KEYS), "laid over the protocol; null takes a key out"),
}
OVERLAY_REQUIRED = (
    "overlay",
    "of",
    "area",
    "issuer",
    "basis",
    "in_force",
    "reason",
    "running_loops",
    "changes",
)
