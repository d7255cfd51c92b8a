"""How places, roles and lengths of time are called where people read them, in both languages."""

from fengsui.kit.areas import Areas
from fengsui.kit.text import Text

# Titles of the posts the shipped protocols name. A role that is not here is shown as its code, so a
# new protocol needs no line in this table to be readable.
ROLES: dict[str, Text] = {
    "airline": Text("航空公司", "Airline"),
    "carrier": Text("承运单位", "Carrier"),
    "cdc": Text("疾控中心", "CDC"),
    "clinic": Text("发热门诊", "Fever clinic"),
    "command": Text("指挥部", "Command centre"),
    "community": Text("社区", "Community"),
    "customs": Text("海关", "Customs"),
    "emergency": Text("应急管理局", "Emergency management"),
    "enterprise": Text("企业", "Enterprise"),
    "government": Text("人民政府", "Government"),
    "headquarters": Text("指挥部", "Headquarters"),
    "health": Text("卫健委", "Health commission"),
    "hospital": Text("医院", "Hospital"),
    "importer": Text("进口企业", "Importer"),
    "inspector": Text("检查人员", "Inspector"),
    "laboratory": Text("检测机构", "Laboratory"),
    "market": Text("市场监管局", "Market regulation"),
    "owner": Text("责任单位", "Owner"),
    "police": Text("公安", "Police"),
    "port": Text("口岸", "Port"),
    "regulator": Text("监管部门", "Regulator"),
    "site": Text("集中隔离点", "Quarantine site"),
    "storage": Text("冷库", "Cold store"),
    "supervisor": Text("主管部门", "Supervising authority"),
    "team": Text("工作专班", "Task team"),
    "transfer": Text("转运专班", "Transfer team"),
    "transport": Text("转运专班", "Transport"),
}
UNKNOWN_PLACE = Text("地点不明", "place unknown")


def role_text(role: str) -> Text:
    """The title of a role, or its code."""
    return ROLES.get(role, Text(role, role))


def place_text(areas: Areas, code: str | None) -> Text:
    """The name of a place; a site the tree does not know is its known area and its own code."""
    if not code:
        return UNKNOWN_PLACE
    known = areas.resolve(code)
    if known is None:
        return Text(code, code)
    name = areas.get(known).name
    rest = code[len(known) :].strip("-/·") if code != known else ""
    return Text(f"{name.in_('zh')} {rest}".strip(), f"{name.in_('en')} {rest}".strip()) if rest else name


def zone_at(areas: Areas, code: str | None) -> str:
    """The time zone a place keeps; the region's own where the place is not known."""
    known = areas.resolve(code) if code else None
    return areas.get(known).zone if known else areas.region.zone


def area_of(areas: Areas, code: str | None, level: str) -> str | None:
    """The area of a level in which a place lies; None if the place is not known or lies above it."""
    known = areas.resolve(code) if code else None
    return areas.ancestor(known, level) if known and level in areas.levels else None


def short_subject(subject: str) -> str:
    """Enough of a subject's id to tell it from its neighbours on a screen: the first eight characters."""
    _, _, key = subject.partition("/")
    return (key or subject)[:8] if len(key) == 20 and _is_hex(key) else (key or subject)


def _is_hex(text: str) -> bool:
    return all(c in "0123456789abcdef" for c in text)
