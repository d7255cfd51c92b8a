"""Text in two languages."""

import pytest

from fengsui.kit.text import LANGS, Text


def test_a_text_is_read_in_the_language_asked_for():
    text = Text("时限", "deadline")
    assert [text.in_(lang) for lang in LANGS] == ["时限", "deadline"]


def test_a_missing_wording_falls_back_to_the_other_language():
    assert Text("时限", "").in_("en") == "时限"
    assert Text("", "deadline").in_("zh") == "deadline"


def test_a_language_it_is_not_written_in_is_refused():
    with pytest.raises(ValueError, match="zh, en"):
        Text("时限", "deadline").in_("de")
