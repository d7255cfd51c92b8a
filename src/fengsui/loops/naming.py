"""How places, roles and lengths of time are called where people read them, in both languages."""

from fengsui.kit.areas import Areas
from fengsui.kit.text import Text

# Titles of the posts the shipped protocols name. A role that is not here is shown as its code, so a
# new protocol needs no line in this table to be readable.
ROLES: dict[str, Text] = {
    "accountable": Text("责任人", "Accountable person"),
    "airline": Text("航空公司", "Airline"),
    "airport": Text("机场", "Airport"),
    "analysts": Text("分析研判组", "Analysts"),
    "asking_unit": Text("请求单位", "Department that asked"),
    "bank": Text("开户银行", "Bank"),
    "border": Text("边境管理机关", "Border guard"),
    "builder": Text("施工单位", "Builder"),
    "carrier": Text("承运单位", "Carrier"),
    "case_leader": Text("包案领导", "Leader in charge of the case"),
    "cdc": Text("疾控中心", "CDC"),
    "cdc_us": Text("美国疾控中心", "US CDC"),
    "civil_affairs": Text("民政局", "Civil affairs"),
    "clinic": Text("发热门诊", "Fever clinic"),
    "command": Text("指挥部", "Command centre"),
    "community": Text("社区", "Community"),
    "community_worker": Text("社区卫生员", "Community health worker"),
    "competent_organ": Text("有权处理机关", "Competent organ"),
    "court": Text("人民法院", "Court"),
    "culture": Text("文化和旅游部门", "Culture and tourism"),
    "customs": Text("海关", "Customs"),
    "deputy": Text("代理人", "Deputy"),
    "developer": Text("建设单位", "Developer"),
    "discipline": Text("纪检监察机关", "Discipline inspection"),
    "district_health": Text("地区卫生局", "District health office"),
    "drug": Text("药监部门", "Drug authority"),
    "duty_office": Text("值班室", "Duty office"),
    "education": Text("教育局", "Education authority"),
    "emergency": Text("应急管理局", "Emergency management"),
    "employer": Text("用人单位", "Employer"),
    "enterprise": Text("企业", "Enterprise"),
    "flood_headquarters": Text("防汛抗旱指挥部", "Flood control headquarters"),
    "flood_patrol": Text("防汛巡查责任人", "Flood patrol"),
    "flood_warden": Text("防汛行政责任人", "Flood warden"),
    "gas_company": Text("燃气经营企业", "Gas company"),
    "general_office": Text("办公厅（室）", "General office"),
    "government": Text("人民政府", "Government"),
    "headquarters": Text("指挥部", "Headquarters"),
    "health": Text("卫健委", "Health commission"),
    "health_centre": Text("基层卫生中心", "Health centre"),
    "health_department": Text("地方卫生局", "Local health department"),
    "higher_organ": Text("上一级行政机关", "Next higher organ"),
    "hospital": Text("医院", "Hospital"),
    "housing": Text("住房和城乡建设部门", "Housing and construction"),
    "hydrology": Text("水文部门", "Hydrology"),
    "importer": Text("进口企业", "Importer"),
    "inspector": Text("检查人员", "Inspector"),
    "inspectorate": Text("督查机构", "Supervision office"),
    "investigation_team": Text("事故调查组", "Accident investigation team"),
    "joint_unit": Text("协办单位", "Department asked"),
    "laboratory": Text("检测机构", "Laboratory"),
    "market": Text("市场监管局", "Market regulation"),
    "mediator": Text("人民调解员", "Mediator"),
    "mine_inspectorate": Text("煤矿安全监察机构", "Mine-safety inspectorate"),
    "mine_safety": Text("煤矿安全监管部门", "Mine-safety regulator"),
    "national_health": Text("国家卫生部门", "National health authority"),
    "operator": Text("场所经营者", "Operator"),
    "organiser": Text("活动承办者", "Organiser"),
    "owner": Text("责任单位", "Owner"),
    "petition_office": Text("信访局", "Petition office"),
    "police": Text("公安", "Police"),
    "port": Text("口岸", "Port"),
    "regulator": Text("监管部门", "Regulator"),
    "response": Text("应急响应队", "Response team"),
    "responsible_unit": Text("责任单位", "Responsible unit"),
    "school": Text("学校", "School"),
    "site": Text("集中隔离点", "Quarantine site"),
    "state_council": Text("国务院", "State Council"),
    "state_health": Text("州卫生部门", "State health department"),
    "storage": Text("冷库", "Cold store"),
    "supervisor": Text("主管部门", "Supervising authority"),
    "surveillance": Text("监测部门", "Surveillance"),
    "team": Text("工作专班", "Task team"),
    "township_government": Text("苏木乡镇人民政府", "Township government"),
    "transfer": Text("转运专班", "Transfer team"),
    "transport": Text("转运专班", "Transport"),
    "transport_authority": Text("交通运输部门", "Transport authority"),
}
UNKNOWN_PLACE = Text("地点不明", "place unknown")


def role_text(role: str, areas: Areas | None = None) -> Text:
    """The title of a role as the region calls it, or else as everybody does, or its code."""
    own = areas.region.role_names if areas else {}
    return own.get(role) or ROLES.get(role, Text(role, role))


def role_names(areas: Areas) -> dict[str, Text]:
    """The titles of all roles that have one in the region."""
    return {**ROLES, **areas.region.role_names}


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
