"""What is wrong is said in Chinese as well, and no message of the code is without its Chinese."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import msgspec
import pytest

from fengsui.board.desk import SUBJECT_TYPES
from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.kit.ids import check
from fengsui.kit.instant import parse
from fengsui.kit.say import CATALOGUE, chinese, in_words
from fengsui.kit.yaml12 import load

SRC = Path(__file__).resolve().parents[2] / "src" / "fengsui"
# The folders whose messages are all in the catalogue; of the first three every sentence is, raised or not.
LOWEST = ("kit", "facts", "sources")
FOLDERS = (*LOWEST, "protocols", "loops", "engines", "board", "drill", "access", "commands", "service", "cli")
ERRORS = ("FengsuiError", "BadInput", "BadProtocol", "TooMuch", "NotFound", "Refused", "Conflict")
# Which arguments of a call are sentences: by place, and by name.
SPEAKERS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Finding": ((0, 2, 3), ("where", "found", "expected")),
    "CellError": ((1, 2), ("found", "expected")),
    "Broken": ((0, 1), ("found", "expected")),
    "wrong": ((0, 2, 3), ("found", "expected")),
    "_unreadable": ((1, 2), ()),
    "_formed": ((2,), ()),
    "_refused": ((1, 2), ()),
    "_too_much": ((1, 2), ()),
    "Within": ((1,), ("named",)),
    **dict.fromkeys(ERRORS, ((0,), ())),
}
# Names of things, the same in every language: options, arguments, sections of a request or a file.
NOT_SAID = re.compile(
    r"--\S+( \{\})?|[A-Z]+|region\.yaml|protocol docs|query|rule|command|drill|series|cases"
)
WORDS = re.compile(r"[a-z,;:] [a-z{]|\} [a-z]")


def blank(template: str) -> str:
    """A template without the names of its places."""
    parts = Formatter().parse(template)
    return "".join(doubled(text) + ("" if name is None else "{}") for text, name, _, _ in parts)


def doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def texts(node: ast.AST) -> Iterator[ast.AST]:
    """The texts an expression may come to, and those that may stand within them."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.JoinedStr(values=values):
            yield node
            for value in values:
                yield from texts(value.value) if isinstance(value, ast.FormattedValue) else ()
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one), *texts(other))
        case ast.BoolOp(values=values):
            for value in values:
                yield from texts(value)
        case ast.BinOp(op=ast.Add()):
            yield node


def template(node: ast.AST) -> str:
    """The text of the code as a template without names."""
    match node:
        case ast.Constant(value=str(text)):
            return doubled(text)
        case ast.JoinedStr(values=values):
            return "".join(map(template, values))
        case ast.BinOp(left=left, right=right):
            return template(left) + template(right)
    return "{}"


def spoken(tree: ast.AST, *, lowest: bool) -> Iterator[ast.AST]:
    """The texts of a module that say what is wrong."""
    speakers = {**SPEAKERS, "ValueError": ((0,), ())} if lowest else SPEAKERS
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
            places, names = speakers.get(name, ((), ()))
            said = [arg for i, arg in enumerate(node.args) if i in places]
            for one in [*said, *(given.value for given in node.keywords if given.arg in names)]:
                yield from texts(one)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("found", "expected"):
            yield from texts(node.value)


def prose(tree: ast.AST) -> Iterator[ast.AST]:
    """Every other text of a module that has words in it, docstrings apart."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    docs |= {id(one) for node in ast.walk(tree) if is_bilingual(node) for one in node.args}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if is_text and not {id(node)} & (docs | inner) and WORDS.search(template(node)):
            yield node


def is_bilingual(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text"


def messages() -> dict[str, str]:
    """Every message of the code as a template without names, and where it stands."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted((SRC / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            nodes = [*spoken(tree, lowest=folder in LOWEST), *(prose(tree) if folder in LOWEST else ())]
            for node in nodes:
                said = template(node).removeprefix("expected ")
                if any(map(str.isalpha, said)):
                    found.setdefault(said, f"{path.relative_to(SRC)}:{node.lineno}")
    return found


def catalogue(part: str) -> dict[str, str]:
    return load(CATALOGUE.read_text(encoding="utf-8"))[part]


def places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_every_message_of_the_code_has_its_chinese():
    known = {blank(en) for en in chinese()}
    missing = {said: where for said, where in messages().items() if said not in known}
    assert not {said: where for said, where in missing.items() if not NOT_SAID.fullmatch(said)}


def test_a_message_is_found_however_it_is_put_together():
    tree = ast.parse(
        """
def read(node, at):
    'A docstring with words in it.'
    node.wrong(f"a day, not {at}", found=repr(at) if at else "no day")
    raise BadInput("too " + at + " to read", (Finding(at, "f", at or f"{at} of {at or 'all'}", "x"),))
"""
    )
    said = [template(node) for node in spoken(tree, lowest=True)]
    assert sorted(said) == ["a day, not {}", "all", "no day", "too {} to read", "x", "{} of {}"]
    assert "A docstring with words in it." not in map(template, prose(tree))


def test_every_chinese_sentence_is_one_the_code_says():
    said = messages()
    assert [en for en in catalogue("code") if blank(en) not in said] == []


def test_a_sentence_and_its_chinese_have_the_same_places():
    assert [en for en, zh in chinese().items() if not set(places(zh)) <= set(places(en))] == []
    # Of what a library says, some is of no use to whoever reads it.
    assert [en for en, zh in catalogue("code").items() if set(places(zh)) != set(places(en))] == []


def test_each_sentence_is_found_again_by_itself_and_by_no_other():
    for en, zh in chinese().items():
        values = {name: "7" if name == "n" or name.startswith("n_") else "Ŵ" for name in places(en)}
        assert in_words(en.format(**values), "zh") == re.sub(r":said\}", "}", zh).format(**values), en


def test_chinese_sentences_have_chinese_punctuation():
    # What has to be typed as it stands keeps the marks it is typed with.
    typed = r"键: 值|数据源名:键|名称: 值, 名称: 值|\{\w+:said\}"
    marks = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]")
    assert [zh for zh in chinese().values() if marks.search(re.sub(typed, "", zh))] == []


@pytest.mark.parametrize(
    ("english", "in_chinese"),
    [
        ("row 17", "第 17 行"),
        ("row 17 (样本号 A-12)", "第 17 行（样本号 A-12）"),
        ("nothing", "空白"),
        ("one of positive, negative", "以下之一：positive, negative"),
        ("a value (area)", "填写一个值（辖区）"),
        ("2 cells", "2 格"),
        ("1,200 cells", "1,200 格"),
        ("a number that says which person it is", "能说明是哪一个对象（人员）的号码"),
        ("-3 s after it was recorded", "比登记时间晚 -3 秒"),
    ],
)
def test_a_sentence_is_known_by_its_template(english, in_chinese):
    assert in_words(english, "zh") == in_chinese
    assert in_words(english, "en") == english


def test_what_somebody_wrote_is_never_translated():
    # Both are the words of a sentence of ours, and here they are what stood in a cell.
    assert in_words("'nothing'", "zh") == "'nothing'"
    assert in_words('"it\'s {n} cells, each once"', "zh") == '"it\'s {n} cells, each once"'


def test_what_no_template_fits_is_shown_as_it_is():
    assert in_words("flux capacitor {", "zh") == "flux capacitor {"
    with pytest.raises(ValueError, match="one of the languages zh, en"):
        in_words("nothing", "mn")


def test_a_wrong_date_is_told_in_chinese_to_its_last_word():
    with pytest.raises(ValueError, match="expected a day the calendar has") as raised:
        parse("31/02/2021".replace("31/02/2021", "2021-02-31"), zone="Asia/Shanghai")
    said = in_words(str(raised.value), "zh")
    assert said.startswith("应为：日历上确有的一天；时间，如 2021-08-06 15:00")
    assert not re.search(r"[a-z]{3}", said)


def test_a_wrong_number_is_told_in_chinese():
    with pytest.raises(ValueError, match="check digit of GB 11643") as raised:
        check("id_card", "150102199001010010")
    assert in_words(str(raised.value), "zh") == "应为：第 18 位为符合 GB 11643 的校验码"


def test_a_finding_and_an_error_are_told_in_either_language():
    found = Finding("row 2", "采样时间", "'31/02'", "a whole number")
    assert str(found) == found.in_("en") == "row 2: 采样时间: found '31/02', expected a whole number"
    assert found.in_("zh") == "第 2 行：采样时间：实为：'31/02'；应为：整数"
    assert Finding("row 3", "", "2 cells", "4, as in the header").in_("zh") == (
        "第 3 行：实为：2 格；应为：4 格，与表头一致"
    )
    error = BadInput("a.csv has no header", (found,))
    assert error.in_("zh") == "a.csv 没有表头\n第 2 行：采样时间：实为：'31/02'；应为：整数"
    assert NotFound("There is no area '99'.").in_("zh") == "没有辖区 '99'。"


def test_types_of_subjects_are_called_here_as_on_the_board():
    said = catalogue("elsewhere")
    assert {name: said.get(name) for name in SUBJECT_TYPES} == {n: t.zh for n, t in SUBJECT_TYPES.items()}


def test_what_the_libraries_find_wrong_is_told_in_chinese(tmp_path):
    """Their wording is theirs to change: here it would be seen."""
    with pytest.raises(csv.Error) as unclosed:
        list(csv.reader(['a,"b'], strict=True))
    with pytest.raises(csv.Error) as behind:
        list(csv.reader(['a,"b"c'], strict=True))
    with pytest.raises(OSError, match="No such file") as absent:
        (tmp_path / "none").read_text(encoding="utf-8")
    with pytest.raises(msgspec.DecodeError) as cut:
        msgspec.json.decode(b'{"a":')
    with pytest.raises(msgspec.DecodeError) as comma:
        msgspec.json.decode(b'{"a": 1,}')
    for error in (unclosed, behind, absent, cut, comma):
        said = in_words(str(error.value), "zh")
        assert not re.search(r"[a-z]{4}", said), said
