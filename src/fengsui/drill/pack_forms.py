"""The forms of the packs: one a pack, its columns headed as the catalogue calls the fields, and its mapping.

The mapping is written beside the drill's files, as the data that a mapping is; nothing else knows how the
rows become facts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fengsui.drill.calendar import Calendar
from fengsui.drill.chance import MINUTE
from fengsui.drill.forms import Form, Lag
from fengsui.drill.moments import Moment
from fengsui.drill.plots import Plot, PlotBook, PlotDeed
from fengsui.facts.catalogue import Catalogue, Field, FieldType

STORY, WHAT, NUMBER, PLACE, BY = "业务", "事项", "编号", "地点编码", "经办人"
RECORD, AT, RECORDED, CORRECTS = "记录号", "时间", "录入时间", "更正记录号"
FIXED = {
    "story": STORY,
    "what": WHAT,
    "number": NUMBER,
    "id_card": "身份证号",
    "name": "姓名",
    "place": PLACE,
    "by": BY,
}
TAKEN = {*FIXED.values(), RECORD, AT, RECORDED, CORRECTS}
ENCODING = {"csv": "gb18030", "xlsx": "utf-8", "ndjson": "utf-8"}
STYLE = {"csv": "minutes", "xlsx": "slashes", "ndjson": "iso"}
LAG = Lag(90 * MINUTE, 0.8, 4320 * MINUTE)
YES, NO = "是", "否"


@dataclass(frozen=True, slots=True)
class Said:
    """One deed that happened: where, to whom, and the times and words its cells are made of."""

    deed: PlotDeed
    place: str
    who: Mapping[str, object]
    words: Mapping[str, str]
    times: Mapping[str, int | None]


def form_of(book: PlotBook, catalogue: Catalogue) -> Form:
    """What the pack's source sends: a column for every title its kinds give a field."""
    used = [(kind, field) for plot in book.plots for kind, field in _fields(plot, catalogue)]
    columns = list(dict.fromkeys(_heading(field) for _, field in used))
    fixed = dict(FIXED)
    if all(plot.subject != "person" for plot in book.plots):
        del fixed["id_card"], fixed["name"]
    if all(plot.subject == "person" for plot in book.plots):
        del fixed["number"]
    words: dict[str, dict[str, str]] = {}
    for _, field in used:
        if field.type is FieldType.CODE:
            said = {field.title_of(code).zh: field.title_of(code).zh for code in field.values}
            words.setdefault(_heading(field), {}).update(said)
    plain = {_heading(field) for _, field in used if field.type is not FieldType.CODE}
    return Form(
        name=book.form,
        prefix=book.prefix,
        fields={**fixed, **{column: column for column in columns}},
        format=book.format,
        encoding=ENCODING[book.format],
        record=RECORD,
        at=AT,
        recorded=RECORDED,
        corrects=CORRECTS,
        style=STYLE[book.format],
        lag=LAG,
        words={column: said for column, said in words.items() if column not in plain},
        places=(),
        times=(),
    )


def cells_of_deed(
    said: Said, plot: Plot, *, catalogue: Catalogue, calendar: Calendar
) -> Mapping[str, object]:
    """The row that tells of a deed, field by field of the form."""
    deed = said.deed
    kind = catalogue.kind(deed.kind)
    cells = {
        _heading(kind.fields[name]): _cell(kind.fields[name], said, calendar=calendar) for name in deed.data
    }
    by = f"{deed.by}-{said.place}" if deed.by else ""
    fixed = {"story": plot.title.zh, "what": kind.title.zh, "place": said.place, "by": by}
    return {**fixed, **said.who, **cells}


def write_mapping(book: PlotBook, form: Form, *, catalogue: Catalogue, folder: Path, zone: str) -> Path:
    """The pack's mapping as a YAML file, one line for each kind of fact of each story."""
    tables: dict[str, Mapping[str, str]] = {}
    facts: dict[tuple[str, str], Mapping] = {}
    for plot in book.plots:
        for kind in dict.fromkeys(deed.kind for deed in plot.deeds.values()):
            facts[plot.title.zh, kind] = _fact(
                plot, kind, catalogue=catalogue, tables=tables, number=len(facts)
            )
    file = {"format": form.format}
    file |= {"encoding": form.encoding} if form.format == "csv" else {}
    file |= {"header": list(form.headings)} if form.format == "ndjson" else {}
    head = {
        "mapping": form.name,
        "title": {"zh": f"演练：{book.pack}", "en": f"Drill: {book.pack}"},
        "file": file,
        "zone": zone,
        "source": form.name,
        "recorded_at": {"column": RECORDED},
        "row": RECORD,
        "values": tables or {"none": {NO: "no"}},
        "ignores": _ignored(form, facts),
    }
    lines = [f"{key}: {_json(value)}" for key, value in head.items()]
    lines += ["facts:", *(f"  - {_json(fact)}" for fact in facts.values())]
    path = folder / f"{form.name}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _fields(plot: Plot, catalogue: Catalogue) -> list[tuple[str, Field]]:
    """The fields the deeds of a plot say something in, with the kind."""
    return [
        (deed.kind, catalogue.kind(deed.kind).fields[name])
        for deed in plot.deeds.values()
        for name in deed.data
    ]


def _heading(field: Field) -> str:
    """The column of a field: its title, with the plain brackets that headings are read with."""
    title = field.title.zh.replace("（", "(").replace("）", ")")
    return f"{title}(项)" if title in TAKEN else title


def _cell(field: Field, said: Said, *, calendar: Calendar) -> str:
    """One value as it stands in the file: times written out, codes in words."""
    value = said.deed.data[field.name]
    if isinstance(value, Moment):
        at = said.times[f"{said.deed.name}.{field.name}"]
        return "" if at is None else calendar.written(at, "minutes")
    if isinstance(value, bool):
        return YES if value else NO
    text = str(value)
    for word, meant in said.words.items():
        text = text.replace("{" + word + "}", meant)
    if field.type is FieldType.CODE:
        return field.title_of(text).zh
    return text.partition("/")[2] if field.type is FieldType.SUBJECT else text


def _fact(
    plot: Plot, kind: str, *, catalogue: Catalogue, tables: dict[str, Mapping[str, str]], number: int
) -> Mapping:
    """What makes a fact of the rows of one story and kind; ``number`` tells its key from the others'."""
    told = [deed for deed in plot.deeds.values() if deed.kind == kind]
    fields = {name: value for deed in told for name, value in deed.data.items()}
    known = catalogue.kind(kind)
    person = {"type": "person", "id": [{"scheme": "id_card", "column": FIXED["id_card"]}]}
    fact = {
        "when": {STORY: plot.title.zh, WHAT: known.title.zh},
        "kind": kind,
        "key": f"{{{RECORD}}}/{number}",
        "subject": person if plot.subject == "person" else {"type": plot.subject, "key": f"{{{NUMBER}}}"},
        "at": AT,
        "place": {"column": PLACE, "empty": "refuse"},
        "by": {"column": BY},
        "data": {
            name: _value(known.fields[name], value, kind=kind, tables=tables)
            for name, value in fields.items()
        },
        "supersedes": f"{{{CORRECTS}}}/{number}",
    }
    return fact if fields else {key: value for key, value in fact.items() if key != "data"}


def _value(field: Field, value: object, *, kind: str, tables: dict[str, Mapping[str, str]]) -> Mapping:
    column = {"column": _heading(field)}
    if field.type is FieldType.CODE:
        name = f"{kind}-{field.name}".replace(".", "-")
        tables[name] = {field.title_of(code).zh: code for code in field.values}
        return {**column, "table": name}
    if field.type is FieldType.SUBJECT:
        named = str(value).partition("/")[0]
        return {"subject": {"type": named, "key": f"{{{_heading(field)}}}"}}
    return column


def _ignored(form: Form, facts: Mapping[tuple[str, str], Mapping]) -> list[str]:
    return [FIXED["name"]] if "name" in form.fields and facts else []


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
