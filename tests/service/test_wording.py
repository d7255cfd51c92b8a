"""What the pages say: complete in both languages, and nothing said that nobody asks for."""

import re
from pathlib import Path
from string import Formatter

import pytest

import fengsui.service
from fengsui.loops import words as loop_words
from fengsui.loops.duty import Status
from fengsui.service.tags import MARKS
from fengsui.service.wording import say, words

SERVICE = Path(fengsui.service.__file__).parent


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_sentences_with_the_same_values():
    zh, en = words("zh"), words("en")
    assert zh.keys() == en.keys()
    assert {key: fields(zh[key]) for key in zh} == {key: fields(en[key]) for key in en}
    assert all(zh.values())
    assert all(en.values())


def asked() -> set[str]:
    """Every key a template or a module asks for."""
    found: set[str] = set()
    for path in [*SERVICE.rglob("*.html"), *SERVICE.rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"""(?:\{% say |\bsay\()["']([\w.]+)["']""", text))
    script = (SERVICE / "static" / "fengsui" / "phone.js").read_text(encoding="utf-8")
    said = "".join(re.findall(r"\bsay\(([^,)]*)", script))
    found |= {f"phone.{key}" for key in re.findall(r'"([a-z_]+)"', said)}
    named = re.findall(r'words\["(\w+)"\]', (SERVICE / "phone.py").read_text(encoding="utf-8"))
    found |= {f"phone.{key}" for key in named}
    return found | {f"error.{name}" for name in ("not_found", "bad_input", "refused", "broken")}


def test_every_sentence_that_is_asked_for_is_there_and_no_other():
    assert asked() == words("zh").keys()


def test_a_language_there_is_not_is_refused():
    with pytest.raises(ValueError, match="one of the languages zh, en"):
        say("nav.board", "fr")


def test_every_status_has_a_word_in_both_languages_and_a_sign():
    assert MARKS.keys() == set(Status) == loop_words.STATUS.keys() == loop_words.STATE.keys()
    for text in loop_words.STATUS.values():
        assert text.zh
        assert text.en


def test_no_two_statuses_are_called_the_same():
    for lang in ("zh", "en"):
        assert len({text.in_(lang) for text in loop_words.STATUS.values()}) == len(Status)


@pytest.mark.parametrize("table", ["STATE", "WINDOW", "PART", "LABEL", "REMARK", "REJECTED"])
def test_the_sentences_of_explanations_take_the_same_values_in_both_languages(table):
    for text in getattr(loop_words, table).values():
        assert text.zh
        assert fields(text.zh) == fields(text.en)
