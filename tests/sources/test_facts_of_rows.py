"""What the parts of a mapping do to a row, one part at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.facts.batch import Batch
from fengsui.facts.check import Checker
from fengsui.kit.errors import BadInput
from fengsui.kit.ids import subject_id
from fengsui.kit.instant import EXPECTED, parse
from fengsui.sources.compiled import RowReader
from fengsui.sources.parts import Given
from tests.sources.made import AREAS, KINDS, NOW, ROWS, fact_with, file, mapping, refused, take, taken


def at(text: str, zone: str = "Asia/Shanghai") -> int:
    return parse(text, zone=zone)[0]


def person(number: str, source: str = "lab") -> str:
    return subject_id("person", scheme="source", number=f"{source}:{number}")


def test_a_row_becomes_a_fact(tmp_path):
    ann, bob = taken(tmp_path, ROWS, mapping())
    assert (ann.kind, ann.subject, ann.at, ann.span) == (
        "test.result",
        person("ann"),
        at("2021-08-06 15:00"),
        0,
    )
    assert (ann.source, ann.key, ann.recorded_at, dict(ann.data)) == ("lab", "1", NOW, {"result": "negative"})
    assert (bob.place, bob.by, bob.supersedes) == (None, None, None)


def test_a_date_without_a_time_stays_that_whole_day(tmp_path):
    [fact] = taken(tmp_path, "no,who,when,result\n1,ann,2021-08-06,negative\n", mapping())
    assert (fact.at, fact.span) == (at("2021-08-06"), 86399)


def test_times_are_those_of_the_mappings_zone_unless_a_column_is_in_another(tmp_path):
    rows = "no,who,when,result\n1,ann,2021-08-06 15:00,negative\n"
    [here] = taken(tmp_path, rows, mapping(zone="America/New_York"))
    [there] = taken(tmp_path, rows, mapping(fact_with(at="{column: when, zone: Europe/Berlin}")))
    assert here.at == at("2021-08-06 15:00", "America/New_York")
    assert there.at == at("2021-08-06 15:00", "Europe/Berlin")


def test_a_time_may_stand_in_two_columns_or_be_days_and_hours_since_a_day(tmp_path):
    rows = (
        "no,who,day,clock,hours,result\n1,ann,2021-08-06,15:00,1.5,negative\n2,bob,2021-08-06,,1.5,negative\n"
    )
    by = mapping(fact_with(at="{column: day, time: clock}"), ignores="[hours]")
    assert [(fact.at, fact.span) for fact in sorted(taken(tmp_path, rows, by), key=lambda f: f.key)] == [
        (at("2021-08-06 15:00"), 0),
        (at("2021-08-06"), 86399),
    ]
    later = mapping(fact_with(at="{column: day, time: clock, plus: {column: hours, unit: h}}"))
    assert taken(tmp_path, rows, later)[1].at == at("2021-08-06 16:30")
    days = "no,who,day,h,m,result\n1,ann,3,2,30,negative\n"
    plus = '{day: day, epoch: "2021-08-01", plus: [{column: h, unit: h}, {column: m, unit: min}]}'
    assert taken(tmp_path, days, mapping(fact_with(at=plus)))[0].at == at("2021-08-04 02:30")


def test_of_several_columns_the_first_that_is_filled_in_counts(tmp_path):
    rows = "no,who,onset,report,result\n1,ann,,2021-08-06,negative\n2,bob,2021-08-05,2021-08-06,negative\n"
    facts = taken(tmp_path, rows, mapping(fact_with(at="{column: [onset, report]}")))
    assert [(f.key, f.at) for f in facts] == [("2", at("2021-08-05")), ("1", at("2021-08-06"))]


def test_when_it_was_recorded_comes_from_a_column_or_with_the_file(tmp_path):
    rows = "no,who,when,result,entered\n1,ann,2021-08-06,negative,2021-08-07\n"
    [fact] = taken(tmp_path, rows, mapping(recorded_at="{column: entered}"))
    assert fact.recorded_at == at("2021-08-08") - 1  # known for certain when the day is over
    by_file = mapping(recorded_at="file", ignores="[entered]")
    [fact] = taken(tmp_path, rows, by_file, recorded_at=at("2021-08-10"))
    assert fact.recorded_at == at("2021-08-10")
    with pytest.raises(BadInput, match="has to come with the time it was recorded"):
        taken(tmp_path, rows, by_file)


def test_where_only_the_record_is_known_the_deed_is_as_late_as_the_record(tmp_path):
    facts = fact_with(at="recorded", recorded_at="{column: entered}")
    rows = "no,who,result,entered\n1,ann,negative,2021-08-07 10:00\n"
    [fact] = taken(tmp_path, rows, mapping(facts))
    assert fact.at == fact.recorded_at == at("2021-08-07 10:00")


def test_a_deed_long_after_its_own_record_is_refused_and_up_to_a_day_is_taken(tmp_path):
    head = "no,who,when,result,entered\n"
    by = mapping(recorded_at="{column: entered}")
    [fact] = taken(tmp_path, head + "1,ann,2021-08-07 09:00,negative,2021-08-06 10:00\n", by)
    assert fact.when == at("2021-08-06 10:00")
    [said] = refused(tmp_path, head + "1,ann,2021-08-09 09:00,negative,2021-08-06 10:00\n", by)
    assert (
        said == "row 2 (no 1): when: found a time 2 days after its own record, expected at most a day after"
    )


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ("1,15270119900101005X,E1234567,", {"scheme": "id_card", "number": "15270119900101005X"}),
        ("1,１５２７０１１９９００１０１００５ｘ,,", {"scheme": "id_card", "number": "15270119900101005X"}),
        ("1,,e12 34567,KOR", {"scheme": "passport", "number": "E1234567", "country": "KOR"}),
        ("1,,,", {"scheme": "source", "number": "lab:1"}),
    ],
)
def test_a_person_is_known_by_the_first_number_given_or_else_by_the_row(tmp_path, rows, number):
    subject = (
        "{type: person, else: source_row, id: [{scheme: id_card, column: card},"
        " {scheme: passport, column: pass, country: '{land}'}]}"
    )
    by = mapping(fact_with(subject=subject, at="{column: when}", data="{result: negative}"))
    [fact] = taken(tmp_path, f"no,card,pass,land,when\n{rows},2021-08-06\n", by)
    assert fact.subject == subject_id("person", **number)


def test_a_number_that_is_given_but_wrong_is_refused_and_not_shown_whole(tmp_path):
    subject = "{type: person, else: source_row, id: {scheme: id_card, column: who}}"
    [said] = refused(
        tmp_path,
        "no,who,when,result\n1,152701199001010051,2021-08-06,negative\n",
        mapping(fact_with(subject=subject)),
    )
    assert said.startswith("row 2 (no 1): who: found 152… (18 characters), expected the check digit")


def test_the_secret_of_the_house_is_part_of_every_pseudonym(tmp_path):
    [ann, _] = taken(tmp_path, ROWS, mapping(), secret=b"x")
    assert ann.subject == subject_id("person", scheme="source", number="lab:ann", secret=b"x")


def test_keys_and_rows_of_one_source_never_name_the_same_person(tmp_path):
    subject = "{type: person, key: '{who}', else: source_row}"
    rows = "no,who,when,result\n1,2,2021-08-06,negative\n2,,2021-08-06,negative\n"
    one, other = taken(tmp_path, rows, mapping(fact_with(subject=subject)))
    assert one.subject != other.subject


def test_two_feeds_can_share_the_register_their_numbers_belong_to(tmp_path):
    subject = "{type: person, key: '{who}', register: ward}"
    [fact, _] = taken(tmp_path, ROWS, mapping(fact_with(subject=subject)))
    assert fact.subject == person("ann", "ward")


def test_what_is_no_person_goes_by_its_own_number(tmp_path):
    hazard = fact_with(kind="hazard.found", subject="{type: hazard, key: 'H-{no}'}", data="{}")
    [fact] = taken(tmp_path, "no,when\n7,2021-08-06\n", mapping(hazard))
    assert fact.subject == "hazard/H-7"
    boxes = "{type: consignment, id: {scheme: container, column: box}}"
    arrived = fact_with(kind="consignment.arrived", subject=boxes, data="{}")
    [fact] = taken(tmp_path, "no,when,box\n7,2021-08-06,csqu 305438-3\n", mapping(arrived))
    assert fact.subject == "consignment/CSQU3054383"


def test_a_row_without_any_number_is_refused_where_the_mapping_gives_no_other_way(tmp_path):
    [said] = refused(tmp_path, "no,who,when,result\n1,,2021-08-06,negative\n", mapping())
    assert said == "row 2 (no 1): who: found nothing, expected a number that says which person it is"


def test_a_fact_is_made_only_of_rows_that_meet_every_condition(tmp_path):
    rows = "no,who,when,result,ct\n" + "".join(
        f"{n},ann,2021-08-06,{result},{ct}\n"
        for n, (result, ct) in enumerate(
            [("positive", 20), ("positive", 36), ("negative", 20), ("positive", "")]
        )
    )

    def chosen(when: str) -> str:
        return "".join(
            sorted(fact.key for fact in taken(tmp_path, rows, mapping(fact_with(when=when), ignores="[ct]")))
        )

    assert chosen("{result: positive}") == "013"
    assert chosen("{result: [positive, negative]}") == "0123"
    assert chosen("{result: {not: positive}}") == "2"
    assert chosen("{ct: {below: 35}}") == "02"
    assert chosen("{ct: {at_least: 35}, result: positive}") == "1"
    assert chosen("{ct: {present: false}}") == "3"
    assert chosen("{ct: {present: true}, result: positive}") == "01"


def test_a_condition_on_a_number_refuses_what_is_none(tmp_path):
    by = mapping(fact_with(when="{who: {below: 3}}"))
    assert (
        refused(tmp_path, ROWS, by)[0]
        == "row 2 (no 1): who: found 'ann', expected a number, its decimal mark being '.'"
    )


def test_a_cell_that_lists_several_becomes_several_facts(tmp_path):
    facts = fact_with(
        kind="contact.identified",
        for_each="{column: contacts, split: '/,;', as: contact}",
        key="'{no}/{contact}'",
        subject="{type: person, key: '{contact}'}",
        data="{class: close, index: {subject: {type: person, key: '{who}'}}}",
    )
    rows = 'no,who,when,contacts\n1,ann,2021-08-06,"bob/ cid,bob;"\n2,dan,2021-08-06,\n'
    found = taken(tmp_path, rows, mapping(facts))
    assert [(fact.key, fact.subject) for fact in found] == [
        ("1/bob", person("bob")),
        ("1/cid", person("cid")),
    ]
    assert {fact.data["index"] for fact in found} == {person("ann")}


def test_rows_without_a_number_of_their_own_can_go_by_their_place_in_the_file(tmp_path):
    facts = fact_with(key="'{#file}/{#row}'")
    found = taken(tmp_path, ROWS, mapping(facts, row='"#row"', ignores="[no]"))
    assert [fact.key for fact in found] == ["in.csv/2", "in.csv/3"]


def test_values_come_from_cells_tables_templates_and_constants(tmp_path):
    data = (
        "{result: {column: res, table: r, default: invalid}, laboratory: 'Lab {city}', reagent: {const: R1},"
        " ct: {column: ct, decimal: ','}, sample: {column: [s1, s2]}, specimen: {column: sp, empty: nasal}}"
    )
    values = "{r: {阴性: negative, '+': positive}}"
    rows = (
        "no,who,when,res,city,ct,s1,s2,sp\n1,ann,2021-08-06,阴性,甲,'-,,B,\n2,ann,2021-08-06,?,,,A,B,serum\n"
    )
    rows = rows.replace("'-", '"38,25"')
    one, two = taken(tmp_path, rows, mapping(fact_with(data=data), values=values))
    assert dict(one.data) == {
        "result": "negative",
        "laboratory": "Lab 甲",
        "reagent": "R1",
        "ct": 38.25,
        "sample": "B",
        "specimen": "nasal",
    }
    assert dict(two.data) == {"result": "invalid", "reagent": "R1", "sample": "A", "specimen": "serum"}


def test_what_the_mapping_calls_missing_is_missing(tmp_path):
    rows = "no,who,when,result,ct\n1,ann,2021-08-06,negative,NA\n"
    data = "{result: {column: result}, ct: {column: ct}}"
    [fact] = taken(tmp_path, rows, mapping(fact_with(data=data), missing="[NA]"))
    assert "ct" not in fact.data
    assert refused(tmp_path, rows, mapping(fact_with(data=data)))


def test_a_deadline_that_is_a_day_means_the_end_of_that_day(tmp_path):
    facts = fact_with(
        kind="hazard.graded",
        subject="{type: hazard, key: '{no}'}",
        data="{level: general, deadline: {column: due, date_means: end}}",
    )
    rows = "no,when,due\n1,2021-08-06,2021-08-10\n2,2021-08-06,2021-08-10 17:00\n3,2021-08-06,\n"
    found = {fact.key: fact.data.get("deadline") for fact in taken(tmp_path, rows, mapping(facts))}
    assert found == {"1": at("2021-08-11"), "2": at("2021-08-10 17:00"), "3": None}


def test_places_are_known_by_code_or_name_and_an_unknown_one_is_refused(tmp_path):
    rows = "no,who,when,result,town\n1,ann,2021-08-06 10:00,negative,海拉尔区\n2,ann,2021-08-06,negative,\n"
    by = mapping(fact_with(place="{column: town}", by='"{town}"'))
    assert [(fact.place, fact.by) for fact in taken(tmp_path, rows, by)] == [
        (None, None),
        ("150702", "海拉尔区"),
    ]
    [said] = refused(tmp_path, rows.replace("海拉尔区", "Atlantis"), by)
    assert "town: found 'Atlantis', expected the code or name of a known area" in said
    lenient = mapping(fact_with(place="{column: town, default: '15'}"), source='"lab-{no}"')
    [_, fact] = taken(tmp_path, rows.replace("海拉尔区", "Atlantis"), lenient)
    assert (fact.place, fact.source) == ("15", "lab-1")


def test_a_place_in_the_mapping_itself_has_to_be_known(tmp_path):
    with pytest.raises(BadInput, match=r"made\.yaml cannot be used as it is"):
        taken(tmp_path, ROWS, mapping(fact_with(place='"999999"')))


def test_a_correction_names_the_record_it_corrects(tmp_path):
    rows = "no,who,when,result,old\n1,ann,2021-08-06,negative,\n2,ann,2021-08-06,positive,1\n"
    one, two = taken(tmp_path, rows, mapping(fact_with(supersedes='"{old}"')))
    assert (one.supersedes, two.supersedes) == (None, "lab:1")
    other = fact_with(supersedes="{source: ward, key: '{old}'}")
    assert [fact.supersedes for fact in taken(tmp_path, rows, mapping(other))] == [None, "ward:1"]
    [said] = refused(
        tmp_path, rows.replace("positive,1", "positive,2"), mapping(fact_with(supersedes='"{old}"'))
    )
    assert "found '2', corrected by itself" in said


def test_a_withdrawal_without_its_record_is_refused(tmp_path):
    facts = fact_with(kind="fact.withdrawn", data="{}", supersedes='"{old}"')
    [said] = refused(tmp_path, "no,who,when,old\n1,ann,2021-08-06,\n", mapping(facts))
    assert "old: found nothing" in said


def test_a_source_can_be_told_by_a_column_and_has_to_be_a_name(tmp_path):
    by = mapping(source='"lab-{who}"')
    assert [fact.source for fact in taken(tmp_path, ROWS, by)] == ["lab-ann", "lab-bob"]
    assert "the name of a source" in refused(tmp_path, ROWS.replace("ann", "an n"), by)[0]


def test_a_mistake_is_told_in_the_words_of_the_file(tmp_path):
    """Neither the date as the program writes it nor what a table made of the cell: nobody finds those."""
    by = mapping(
        fact_with(at='{column: when, format: "%d/%m/%Y"}', place="{column: town, table: towns}"),
        values="{towns: {H: nowhere-1}}",
    )
    said = refused(tmp_path, "no,who,when,result,town\n1,ann,31/02/2021,negative,H\n", by)
    assert [line.split(", expected")[0] for line in said] == [
        "row 2 (no 1): when: found '31/02/2021'",
        "row 2 (no 1): town: found 'H'",
    ]


def test_a_condition_that_cannot_be_read_refuses_its_row_and_no_other(tmp_path):
    both = (
        fact_with(when="{ct: {below: 35}}")
        + "\n"
        + fact_with(
            key='"{no}/all"', data="{result: {column: result}, ct: {column: ct, empty: omit}}"
        ).removeprefix("facts:\n")
    )
    rows = "no,who,when,result,ct\n1,ann,2021-08-06,negative,many\n2,bob,2021-08-06,negative,40\n"
    report, store = take(file(tmp_path, rows), mapping(both))
    assert [fact.key for fact in store.facts()] == ["2/all"]
    assert (report.refused, report.without_facts) == (1, 0)


def test_every_mistake_of_a_row_is_named_with_row_column_found_and_expected(tmp_path):
    said = refused(tmp_path, "no,who,when,result\n1,,someday,negativ\n", mapping())
    assert said == [
        "row 2 (no 1): who: found nothing, expected a number that says which person it is",
        f"row 2 (no 1): when: found 'someday', expected {EXPECTED}",
        "row 2 (no 1): result: found 'negativ', expected one of negative, positive, inconclusive, invalid",
    ]


cells = st.sampled_from(
    [
        "",
        "NA",
        "1",
        "7",
        "2021-08-06",
        "2021-08-06 15:00",
        "x",
        "negative",
        "150702",
        "海拉尔区",
        "true",
        "35,2",
    ]
)


@given(st.lists(st.tuples(cells, cells, cells, cells, cells, cells), min_size=1, max_size=6))
def test_whatever_stands_in_a_row_it_is_refused_or_its_facts_pass_the_door(rows):
    by = mapping(
        fact_with(
            place="{column: town}",
            data="{result: {column: result}, ct: {column: ct}, sample: {column: ct}}",
            supersedes='"{town}"',
        )
    )
    columns = ("no", "who", "when", "result", "town", "ct")
    reader = RowReader(by, columns, given=Given(NOW, AREAS, "f.csv"))
    door = Checker(KINDS, AREAS)
    together = reader.facts(rows, range(2, 2 + len(rows)))
    assert list(door.of_batch(Batch(*together.facts))) == []
    assert set(together.origin) | set(together.wrong) == set(range(len(rows)))
    assert set(together.origin).isdisjoint(together.wrong)
    for place, row in enumerate(rows):
        alone = reader.facts([row], [2 + place])
        of_this = [
            fact
            for fact, of in zip(zip(*together.facts, strict=True), together.origin, strict=True)
            if of == place
        ]
        assert list(zip(*alone.facts, strict=True)) == of_this
        assert alone.wrong.get(0) == together.wrong.get(place)
