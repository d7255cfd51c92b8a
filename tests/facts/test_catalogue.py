import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.facts.catalogue import Catalogue, FieldType
from fengsui.kit.errors import BadInput, NotFound
from fengsui.kit.text import Text
from tests.facts.made import fact

LIFTED = """
kinds:
  test.result:
    version: 3
    title: {zh: 结果, en: Result}
    subject: [person]
    fields:
      result: {type: code, values: [negative, positive], required: true, title: {zh: 结果, en: Result}}
      method: {type: code, values: [pcr, antigen], title: {zh: 方法, en: Method}}
    lifts:
      - {of: 2, fill: {method: pcr}, drop: [colour]}
      - {of: 1, rename: {outcome: result}, recode: {result: {pos: positive, neg: negative}}}
"""


def catalogue(tmp_path, text: str) -> Catalogue:
    (tmp_path / "kinds.yaml").write_text(text, encoding="utf-8")
    return Catalogue.read([tmp_path], with_shipped=False)


def test_the_shipped_kinds_can_be_read_and_are_said_in_both_languages():
    kinds = Catalogue.shipped().kinds
    assert kinds["test.result"].fields["result"].type is FieldType.CODE
    assert kinds["subject.same"].is_about("consignment")
    for kind in kinds.values():
        texts = [kind.title, *(field.title for field in kind.fields.values())]
        assert all(text.zh and text.en for text in texts), kind.name
        assert kind.subjects, kind.name
        said = {(f.name, code): f.titles.get(code) for f in kind.fields.values() for code in f.values}
        unsaid = [at for at, text in said.items() if text is None or not (text.zh and text.en)]
        assert not unsaid, kind.name


def test_codes_may_have_words_of_their_own_and_stand_for_themselves_where_they_have_none(tmp_path):
    said = LIFTED.replace(
        "[negative, positive]", "{negative: {zh: 阴性, en: Negative}, positive: {zh: 阳性, en: Positive}}"
    )
    fields = catalogue(tmp_path, said).kind("test.result").fields
    assert fields["result"].values == ("negative", "positive")
    assert fields["result"].title_of("positive") == Text("阳性", "Positive")
    assert fields["method"].title_of("pcr") == Text("pcr", "pcr")


def test_a_code_said_in_one_language_only_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"values\.negative"):
        catalogue(tmp_path, LIFTED.replace("[negative, positive]", "{negative: {zh: 阴性}}"))


def test_a_users_directory_adds_kinds_to_the_shipped_ones(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "kinds: {well.tested: {version: 1, title: {zh: 井水检测, en: Well tested}, subject: [well]}}", "utf-8"
    )
    kinds = Catalogue.read([tmp_path]).kinds
    assert kinds["well.tested"].is_about("well")
    assert not kinds["well.tested"].is_about("person")
    assert kinds.keys() > Catalogue.shipped().kinds.keys()


def test_a_kind_that_is_there_already_is_refused_with_both_places(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "kinds: {test.result: {version: 1, title: {zh: 甲, en: A}, subject: [person]}}", "utf-8"
    )
    with pytest.raises(BadInput, match=r"mine\.yaml:1: kinds\.test\.result.*persons\.yaml:\d+ has this one"):
        Catalogue.read([tmp_path])


def test_a_kind_nobody_declared_is_not_found():
    with pytest.raises(NotFound, match=r"test\.reslut"):
        Catalogue.shipped().kind("test.reslut")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("f: {type: colour, title: {zh: 甲, en: A}}", "expected one of code, text"),
        ("f: {type: code, title: {zh: 甲, en: A}}", "values for a code, and only for a code"),
        ("f: {type: text, values: [a], title: {zh: 甲, en: A}}", "values for a code, and only for a code"),
        ("f: {type: code, values: [a, a], title: {zh: 甲, en: A}}", "each value once"),
        ("f: {type: text, title: {zh: 甲}}", "f.title.en: found nothing"),
        ("f: {type: text, title: {zh: 甲, en: A}, needed: true}", "found the key 'needed'"),
        ("f: {type: text, title: {zh: 甲, en: A}, required: maybe}", "expected true or false"),
    ],
)
def test_a_field_that_cannot_be_is_named_with_its_line(tmp_path, line, wrong):
    head = "kinds:\n  k:\n    version: 1\n    title: {zh: 甲, en: A}\n    subject: [x]\n    fields:\n"
    with pytest.raises(BadInput) as caught:
        catalogue(tmp_path, f"{head}      {line}\n")
    assert wrong in str(caught.value)
    assert "kinds.yaml:7" in str(caught.value)


def test_older_data_is_read_as_the_present_version_would_have_written_it(tmp_path):
    kinds = catalogue(tmp_path, LIFTED)
    old = fact("1", data={"outcome": "pos", "colour": "red"})
    assert kinds.lifted(old).data == {"result": "positive", "method": "pcr"}
    new = fact("2", data={"result": "negative", "method": "antigen"})
    assert kinds.lifted(new).data == new.data
    unknown = fact("3", kind="no.such")
    assert kinds.lifted(unknown) is unknown


@given(
    st.dictionaries(
        st.sampled_from(["outcome", "result", "method", "colour"]),
        st.sampled_from(["pos", "neg", "positive", "pcr", "antigen", "red"]),
    )
)
def test_lifting_twice_is_lifting_once(tmp_path_factory, data):
    kinds = catalogue(tmp_path_factory.mktemp("kinds"), LIFTED)
    once = kinds.kinds["test.result"].lifted(data)
    assert kinds.kinds["test.result"].lifted(once) == once


@pytest.mark.parametrize(
    ("lift", "wrong"),
    [
        ("{of: 3}", "a version before 3"),
        ("{of: 1, rename: {result: method}}", "a name that no field has today"),
        ("{of: 1, rename: {a: resutl}}", "a field of today's version"),
        ("{of: 1, drop: [method]}", "a name that no field has today"),
        ("{of: 1, fill: {colour: red}}", "a field of today's version"),
        ("{of: 1, recode: {result: {positive: negative}}}", "a code that is not in use today"),
    ],
)
def test_a_lift_that_could_change_data_of_today_is_refused(tmp_path, lift, wrong):
    head, _, _ = LIFTED.partition("      - {of: 2")
    with pytest.raises(BadInput, match=wrong):
        catalogue(tmp_path, f"{head}      - {lift}\n")
