from hypothesis import given

from fengsui.facts.batch import COLUMNS, Batch, data_of, data_text, fact_of, row_of
from fengsui.facts.fact import Fact
from tests.facts.made import fact, records


@given(records())
def test_facts_come_back_from_a_batch_as_they_went_in(facts):
    batch = Batch.of(facts)
    assert batch.facts() == facts
    assert len(batch) == len(facts)
    assert Batch.of_rows(list(batch.rows())) == batch


def test_a_batch_keeps_every_column_of_a_fact():
    full = Fact("k.k", "hazard/1", 5, 6, "s", "1", 7, "150702", "li", {"b": 1, "a": "x"}, "s:0")
    row = row_of(full)
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "kind": "k.k",
        "subject": "hazard/1",
        "at": 5,
        "recorded_at": 6,
        "source": "s",
        "key": "1",
        "span": 7,
        "place": "150702",
        "by": "li",
        "data": '{"a":"x","b":1}',
        "supersedes": "s:0",
    }
    assert fact_of(row) == full


def test_data_is_written_the_same_whatever_the_order_of_its_fields():
    assert data_text({"b": 1, "a": "中"}) == data_text({"a": "中", "b": 1}) == '{"a":"中","b":1}'


def test_a_fact_without_data_has_no_text_for_it():
    assert data_text({}) == ""
    assert data_of("") == {}


def test_part_of_a_batch_is_a_batch():
    batch = Batch.of([fact("1"), fact("2"), fact("3")])
    assert batch[1:].facts() == [fact("2"), fact("3")]


def test_an_empty_batch_has_no_facts():
    assert Batch().facts() == Batch.of([]).facts() == []
    assert len(Batch.of_rows([])) == 0
