import pytest

from fengsui.kit.errors import BadInput, NotFound
from fengsui.sources.mapping import SHIPPED, check_columns, mapping_file, read_mapping
from fengsui.sources.spec import Template
from tests.sources.made import HEAD, KINDS, TEST, fact_with, mapping

GOOD = ("no", "who", "when", "result")


def mistakes(facts: str = TEST, **more: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        mapping(facts, **more)
    return [str(finding) for finding in caught.value.findings]


def test_a_mapping_knows_the_columns_it_reads():
    assert mapping().columns() == GOOD


def test_every_shipped_mapping_can_be_read_and_is_called_like_its_file():
    files = sorted(SHIPPED.rglob("*.yaml"))
    assert len(files) >= 11
    for file in files:
        found = read_mapping(file, KINDS)
        assert found.name == file.stem
        assert found.title.zh
        assert found.title.en


def test_a_mapping_is_found_by_name_or_by_path(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(HEAD + TEST, "utf-8")
    assert mapping_file("mers.korea.cases").is_file()
    assert mapping_file(str(mine)) == mine
    assert mapping_file("mine", (tmp_path,)) == mine
    with pytest.raises(NotFound, match=r"'mers\.korea\.case'.*mers\.korea\.cases"):
        mapping_file("mers.korea.case")


def test_a_mapping_that_is_no_text_or_not_there_is_bad_input(tmp_path):
    (tmp_path / "m.yaml").write_bytes(b"mapping: \xff")
    for name in ("m.yaml", "none.yaml"):
        with pytest.raises(BadInput, match="cannot be read"):
            read_mapping(tmp_path / name, KINDS)


def test_another_text_is_another_digest():
    assert mapping().digest == mapping().digest != mapping(missing="[NA]").digest


def test_what_every_mapping_needs_is_asked_for_at_once():
    with pytest.raises(BadInput) as caught:
        mapping("", head="mapping: m\n")
    missing = [finding.field for finding in caught.value.findings]
    assert missing == ["title", "file", "zone", "source", "row", "facts"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"zone": "Asia/Hohhot"}, "made.yaml:7: zone: found 'Asia/Hohhot', expected a zone"),
        ({"file": "{format: ods}"}, "file.format: found 'ods', expected one of csv"),
        ({"file": "{format: csv, encoding: latin-x}"}, "expected an encoding such as utf-8 or gb18030"),
        ({"file": "{format: csv, delimiter: ab}"}, "expected one character, or tab"),
        ({"file": "{format: csv, header: false}"}, "expected true, or the names of the columns"),
        ({"file": "{format: csv, skip: -1}"}, "expected a whole number, at least 0"),
        ({"source": "my lab"}, "expected a name without blanks and colons"),
        ({"recorded_at": "today"}, "found 'today', expected one of now, file"),
        ({"tables": "{}"}, "found the key 'tables'"),
    ],
)
def test_a_head_that_cannot_be_is_named_with_its_line(more, said):
    [found] = mistakes(**more)
    assert said in found


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"kind": "test.reslut"}, "facts[0].kind: found 'test.reslut', expected a kind: test.result"),
        ({"key": "always the same"}, "a column in the key, so that each row has its own"),
        ({"key": '"{no"'}, "braces around the name of a column"),
        ({"subject": "{type: hazard, key: '{who}'}"}, "subject.type: found hazard, expected person"),
        ({"subject": "{type: person}"}, "a key, an id, or else: source_row"),
        ({"subject": "{type: person, id: {scheme: idcard, column: who}}"}, "expected one of id_card"),
        ({"subject": "{type: person, id: {scheme: id_card}}"}, "column: found nothing"),
        ({"subject": "{type: person, register: x, else: source_row}"}, "a key that belongs to the register"),
        ({"at": "{column: when, day: when}"}, "either column, or day with epoch"),
        ({"at": "{day: when}"}, "day and epoch together"),
        ({"at": "{day: when, epoch: soon}"}, "a date such as 2020-01-01"),
        ({"at": '{column: when, format: "%d.%m"}'}, "iso, unix, unix_ms, excel, or a pattern"),
        ({"at": "{column: when, plus: {column: x, unit: year}}"}, "expected one of s, min, h, d"),
        ({"at": "{column: when, date_means: end}"}, "a date without a time stays that whole day here"),
        ({"data": "{}"}, "facts[0].data.result: found nothing, expected a value (code)"),
        ({"data": "{result: {column: result}, smaple: x}"}, "a field of test.result: sample"),
        ({"data": "{result: negativ}"}, "found 'negativ', expected a code of result: negative"),
        ({"data": "{result: {const: neg}}"}, "found 'neg', expected a code of result: negative"),
        ({"data": "{result: {column: result, default: none}}"}, "found 'none', expected a code of result"),
        ({"data": "{result: {column: result, empty: unknown}}"}, "found 'unknown', expected a code"),
        ({"data": "{result: {column: result, empty: omit}}"}, "refuse, or a value: result is required"),
        ({"data": "{result: {column: result, table: results}}"}, "a table under values: there is none"),
        ({"data": "{result: {column: result, type: text}}"}, "code, which is the type of result"),
        ({"data": "{result: {table: x}}"}, "one of column, const, subject"),
        ({"data": "{result: {column: result, decimal: ;}}"}, "expected one of ., ,"),
        ({"when": "{result: {not: x, below: 1}}"}, "one of not, present, below, at_least"),
        ({"when": "{result: {below: low}}"}, "a number"),
        (
            {"kind": "fact.withdrawn", "data": ""},
            "supersedes: found nothing, expected the record that is taken",
        ),
        (
            {"for_each": "{column: who, split: /, as: one}"},
            "{one} in the key, so that each of them has its own",
        ),
    ],
)
def test_a_fact_that_cannot_be_is_named(entries, said):
    assert any(said in found for found in mistakes(fact_with(**entries))), mistakes(fact_with(**entries))


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("contact.identified", "{class: close, index: ann}", "entries that say how the subject is made"),
        ("contact.identified", "{class: close, index: {column: who}}", "an entry subject: {type: …, key: …}"),
        ("contact.listed", "{follow_from: '2021'}", "entries that say how the time is made"),
        ("contact.listed", "{follow_from: {column: when, empty: '2021'}}", "omit or refuse, for a time"),
        ("subject.same", "{other: {subject: {type: hazard, key: x}}}", "a subject of the same type, person"),
    ],
)
def test_a_value_that_needs_more_than_a_cell_asks_for_it(kind, data, said):
    assert any(said in found for found in mistakes(fact_with(kind=kind, data=data)))


def test_two_facts_of_a_row_may_not_share_their_key():
    once = fact_with()
    [found] = mistakes("\n".join([once, *once.splitlines()[1:]]))
    assert found.startswith(
        "made.yaml:16: facts[1].key: found no, expected a key no other fact of the row has"
    )


def test_a_table_may_only_offer_codes_of_the_kind():
    data = "{result: {column: result, table: r}}"
    [found] = mistakes(fact_with(data=data), values="{r: {阴性: negative, 阳性: postive}}")
    assert "found 'postive', expected a code of result: positive" in found


def test_braces_themselves_are_written_twice():
    facts = fact_with(key='"a{{b}}{no}"')
    assert mapping(facts).facts[0].key == Template(("a{b}", "no", ""))


def test_a_file_that_lacks_columns_is_refused_with_the_likeliest_names():
    with pytest.raises(BadInput) as caught:
        check_columns(mapping(), ("no", "whom", "when", "outcome"))
    assert [(f.field, f.found) for f in caught.value.findings] == [
        ("columns", "'who'"),
        ("columns", "'result'"),
        ("ignores", "'whom'"),
        ("ignores", "'outcome'"),
    ]
    assert caught.value.findings[0].expected == "a column of the file, which has: whom, no, when, outcome"


def test_columns_nobody_reads_are_allowed_if_the_mapping_says_so():
    check_columns(mapping(ignores="[age]"), (*GOOD, "age"))
    check_columns(mapping(ignores="rest"), (*GOOD, "age", "sex"))
    check_columns(mapping(), (*GOOD, "(5)", "fengsui_entry"))
    with pytest.raises(BadInput, match="found 'sex'"):
        check_columns(mapping(ignores="[age]"), (*GOOD, "age", "sex"))


def test_a_column_that_is_there_twice_is_refused():
    with pytest.raises(BadInput, match="found 'who' more than once"):
        check_columns(mapping(), (*GOOD, "who"))
