"""Fields of different kinds of fact share columns; fields one kind is asked for never do."""

from itertools import combinations

from fengsui.loops.fields import fields_of
from tests.protocols.given import rules


def shipped():
    of = rules()
    return fields_of(of.versions, of.opening_kinds)


def test_all_that_is_asked_of_one_kind_stands_in_columns_of_its_own():
    for kind, of in shipped().readers.items():
        assert all(one[0] != other[0] for one, other in combinations(of, 2)), kind


def test_a_field_stands_in_one_column_whichever_kind_it_is_of():
    fields = shipped()
    for of in fields.readers.values():
        for column, use, name in of:
            assert fields.columns[f"{use}:{name}"] == column


def test_a_library_of_many_protocols_needs_a_handful_of_columns():
    fields = shipped()
    assert len(fields.columns) > 20
    assert fields.width <= 8
    assert fields.width >= max(len(of) for of in fields.readers.values())
