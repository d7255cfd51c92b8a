"""Plain words are what YAML 1.2 says they are, whatever older readers made of them."""

import pytest
from yaml import MarkedYAMLError

from fengsui.kit.yaml12 import compose, load


@pytest.mark.parametrize(
    ("word", "means"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2021-08-06", "2021-08-06"),
        ("0017", "0017"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("150702", 150702),
        ("-3", -3),
        ("4.10", 4.1),
        ("true", True),
        ("~", None),
        ("", None),
        ("'150702'", "150702"),
    ],
)
def test_a_plain_word_is_read_as_version_1_2_reads_it(word, means):
    assert load(f"key: {word}") == {"key": means}


def test_every_value_knows_its_line():
    ((_, steps),) = compose("steps:\n  - one\n  - two\n").value
    assert [item.start_mark.line for item in steps.value] == [1, 2]


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a: {<<: {b: 1}}", "a: 1\n---\nb: 2", "a: [1"])
def test_what_can_be_read_in_two_ways_is_not_read(text):
    with pytest.raises(MarkedYAMLError):
        load(text)


def test_nothing_is_nothing():
    assert load("") is None
