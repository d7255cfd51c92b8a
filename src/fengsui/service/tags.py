"""What the templates may say: words, times, lengths and links, in the language and moment of the page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_hex

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from fengsui.kit.civil import civil_from
from fengsui.kit.instant import NEVER, show, show_length
from fengsui.kit.say import in_words
from fengsui.kit.text import Text
from fengsui.loops import words as loop_words
from fengsui.loops.duty import Status
from fengsui.loops.render import due_text, duty_text
from fengsui.service.wording import words

register = template.Library()

MARKS: dict[Status, str] = {
    Status.BREACHED: "broken",
    Status.MISSED: "broken",
    Status.PROVISIONAL: "provisional",
    Status.UNKNOWN: "unknown",
    Status.OPEN: "open",
    Status.SCHEDULED: "ahead",
    Status.WAITING: "ahead",
    Status.FULFILLED: "done",
    Status.LATE: "late",
    Status.EXCUSED: "late",
    Status.WAIVED: "off",
    Status.CANCELLED: "off",
}


@register.simple_tag(takes_context=True)
def say(context: Context, key: str, **values: object) -> str:
    """One sentence of the pages' words; what is put into it is escaped, unless it is markup of ours."""
    text = words(context["lang"])[key]
    return format_html(text, **values) if values else text


@register.simple_tag(takes_context=True)
def pick(context: Context, text: Text | None) -> str:
    """A text in the page's language."""
    return text.in_(context["lang"]) if text else ""


@register.simple_tag(takes_context=True)
def sentence(context: Context, text: str) -> str:
    """What is wrong, as the ledger keeps it in English, in the page's language."""
    return in_words(text, context["lang"])


@register.simple_tag(takes_context=True)
def civil(context: Context, at: int, zone: str = "", span: int = 0) -> SafeString:
    """A time as the zone's people write it, without the year where it is the page's own."""
    zone = zone or context["zone"]
    return _time(at, show(at, zone=zone, lang=context["lang"], span=span), context, zone)


@register.simple_tag(takes_context=True)
def due(context: Context, at: int, zone: str = "") -> SafeString:
    """A due time: the end of a day is 24:00 of that day."""
    zone = zone or context["zone"]
    return _time(at, due_text(at, zone=zone), context, zone)


def _time(at: int, text: str, context: Context, zone: str) -> SafeString:
    if abs(at) >= NEVER:
        return format_html("{}", "—")
    year = show(context["now"], zone=zone)[:5]
    exact = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>', exact, text, zone, text.removeprefix(year)
    )


@register.simple_tag(takes_context=True)
def length(context: Context, seconds: int) -> str:
    """A length of time in words."""
    return show_length(seconds, lang=context["lang"])


@register.simple_tag(takes_context=True)
def duty(context: Context, row) -> str:
    """A duty's title, with its day or count."""
    is_day = row.is_day if hasattr(row, "is_day") else row.start_day is not None
    is_many = getattr(row, "is_one_of_many", row.n > 0)
    return duty_text(row.title, row.n, is_many, is_day=is_day, lang=context["lang"])


@register.simple_tag(takes_context=True)
def go(context: Context, name: str, *args: str, **query: object) -> str:
    """The address of a page, with the moment one is looking at carried along."""
    address = reverse(name, args=args)
    return with_query(address, {**{k: v for k, v in query.items() if v}, **context["moment"].asked})


def with_query(address: str, query: dict[str, object]) -> str:
    """An address with a query, if there is one."""
    return f"{address}?{urlencode(query)}" if query else address


@register.filter
def mark(status: Status) -> str:
    """Which sign stands for a status."""
    return MARKS.get(status, "open")


@register.simple_tag(takes_context=True)
def status_text(context: Context, status: Status) -> str:
    """What a status is called."""
    return loop_words.STATUS[status].in_(context["lang"])


@register.simple_tag(takes_context=True)
def day(context: Context, at: int) -> str:
    """The civil day of a time, with its year; nothing for a time that has no end."""
    return "" if abs(at) >= NEVER else show(at, zone=context["zone"])[:10]


@register.filter
def number(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}"


@register.filter
def beside(one: Sequence[object], other: Sequence[object]) -> list[tuple[object, object]]:
    """Two rows side by side, item by item."""
    return list(zip(one, other, strict=True))


@register.simple_tag
def minus(one: int, other: int) -> int:
    """One number less another."""
    return one - other


@register.filter
def civil_day(day: int) -> str:
    """A day counted from 1970-01-01 as it is written."""
    year, month, of_month = civil_from(int(day))
    return f"{year}-{month:02d}-{of_month:02d}"


@register.filter
def percent(share: float) -> str:
    """A share in whole percent."""
    return f"{100 * share:.0f} %"


@register.simple_tag
def new_id() -> str:
    """An id for a form, so that a deed sent twice is done once."""
    return token_hex(8)


@register.filter
def offers_for(page, line) -> Sequence[object]:
    """What a loop's page offers to do with one of its duties."""
    return page.offered.get(f"{line.key}-{line.n}", ())


@register.filter
def said(text: Text | None, lang: str) -> str:
    """A text in a language, where it goes into a sentence."""
    return text.in_(lang) if text else ""
