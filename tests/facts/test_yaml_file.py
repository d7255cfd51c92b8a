import pytest

from fengsui.facts.yaml_file import Document, Node, nearest_first, read, read_text
from fengsui.kit.errors import BadInput
from fengsui.kit.text import Text


def entry(text: str, key: str) -> Node:
    return read_text(text, file="a.yaml").entries()[key]


def complaints(node: Node) -> list[str]:
    return [str(finding) for finding in node.document.findings]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("12:30", "12:30"),
        ("2021-08-06", "2021-08-06"),
        ("007", "007"),
        ("0x1f", "0x1f"),
        ("150702", 150702),
        ("1.50", 1.5),
        ("true", True),
        ("~", None),
        ('"1"', "1"),
    ],
)
def test_a_value_is_what_it_looks_like_to_a_person(written, value):
    assert entry(f"a: {written}", "a").value == value


def test_text_is_taken_as_it_was_written():
    assert [node.text() for node in entry("a: [1.10, true, 150702]", "a").items()] == [
        "1.10",
        "true",
        "150702",
    ]


def test_each_value_knows_its_line_and_its_name():
    node = entry("top:\n  list:\n    - x\n    - {k: v}\n", "top").entries()["list"].items()[1].entries()["k"]
    assert (node.line, node.name) == (4, "top.list[1].k")


def test_a_key_that_stands_twice_is_a_mistake():
    root = read_text("a: 1\nb: 2\na: 3\n", file="a.yaml")
    assert complaints(root) == ["a.yaml:3: a: found 'a' a second time, expected each key once"]


def test_merge_keys_are_refused():
    root = read_text("x: &x {a: 1}\ny:\n  <<: *x\n", file="a.yaml")
    assert complaints(root) == ["a.yaml:3: y.<<: found <<, expected a plain key"]


def test_a_file_that_is_not_yaml_is_named_with_its_line():
    with pytest.raises(BadInput, match=r"a\.yaml is not YAML\na\.yaml:2"):
        read_text("a: [1\nb: 2", file="a.yaml")


def test_a_second_document_is_refused():
    with pytest.raises(BadInput, match="not YAML"):
        read_text("a: 1\n---\nb: 2\n", file="a.yaml")


def test_a_file_that_is_missing_or_no_text_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "bytes.yaml")


def test_every_mistake_of_a_file_is_named_at_once():
    root = read_text("naem: 1\nn: -1\nyes: maybe\nc: blue\nt: [1]\nb: {zh: 甲}\n", file="a.yaml")
    entries = root.entries(known=("name", "n", "yes", "c", "t", "b"), required=("name",))
    entries["n"].integer()
    entries["yes"].yes_no()
    entries["c"].one_of(("red", "green"))
    entries["t"].text()
    assert entries["b"].bilingual() == Text("甲", "")
    with pytest.raises(BadInput) as caught:
        root.document.close()
    assert [str(finding) for finding in caught.value.findings] == [
        "a.yaml:1: naem: found the key 'naem', expected one of name, n, yes, c, t, b",
        "a.yaml:1: name: found nothing, expected an entry of this name",
        "a.yaml:2: n: found -1, expected a whole number, at least 0",
        "a.yaml:3: yes: found 'maybe', expected true or false",
        "a.yaml:4: c: found 'blue', expected one of red, green",
        "a.yaml:5: t: found a list of 1, expected text",
        "a.yaml:6: b.en: found nothing, expected an entry of this name",
    ]


def test_a_single_value_stands_for_a_list_of_one():
    assert entry("a: x", "a").texts() == ("x",)
    assert entry("a: ~", "a").texts() == ()


def test_a_file_without_mistakes_closes_quietly():
    document = Document("a.yaml")
    document.close()
    assert document.findings == []


def test_names_that_look_alike_come_first_and_long_lists_are_cut():
    assert nearest_first("negativ", ["positive", "invalid", "negative"]).startswith("negative")
    assert nearest_first("x", map(str, range(40))).endswith("…")
