"""What is wrong, said in Chinese as well: an English sentence is known by the template it was made of.

Code raises, compares and keeps plain English, also in the ledger of refused rows. Whoever shows a sentence
asks ``in_words``, which finds its template in ``words/messages.zh.yaml`` and fills the Chinese one with the
same values. So rows refused years ago are read in Chinese too, and what no template fits is shown as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter

from fengsui.kit.text import LANGS
from fengsui.kit.yaml12 import load

CATALOGUE = Path(__file__).parent / "words" / "messages.zh.yaml"
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
SAID = "said"  # {what:said}: what stands at this place is a sentence itself


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence of the catalogue: the form its English has, and its Chinese."""

    form: re.Pattern[str]
    zh: str
    weight: int  # letters that are not places; of two forms that fit, the one that says more is meant


class _Value(str):
    """What stands at a place of a template."""

    def __format__(self, spec: str) -> str:
        return in_words(str(self), "zh") if spec == SAID else str(self)


def in_words(text: str, lang: str) -> str:
    """An English sentence in ``lang``; one no template fits, or somebody's own words in quotes, as it is."""
    if lang not in LANGS:
        raise ValueError(f"expected one of the languages {', '.join(LANGS)}, found {lang!r}")
    return text if lang == "en" else _in_chinese(text)


@lru_cache(maxsize=20_000)
def _in_chinese(text: str) -> str:
    if QUOTED.fullmatch(text):
        return text
    fixed, templates = _catalogue()
    if text in fixed:
        return fixed[text]
    for template in templates:
        match = template.form.fullmatch(text)
        if match:
            return template.zh.format(**{name: _Value(said) for name, said in match.groupdict().items()})
    return text


@cache
def _catalogue() -> tuple[Mapping[str, str], tuple[Template, ...]]:
    """Sentences without places by their English, and the templates of all others, the fullest first."""
    fixed, templates = {}, []
    for en, zh in chinese().items():
        parts = list(Formatter().parse(en))
        if all(name is None for _, name, _, _ in parts):
            fixed[en.format()] = zh.format()
            continue
        form = "".join(re.escape(text) + ("" if name is None else _place(name)) for text, name, _, _ in parts)
        weight = sum(len(text) for text, _, _, _ in parts)
        templates.append(Template(re.compile(form, re.DOTALL), zh, weight))
    return fixed, tuple(sorted(templates, key=lambda template: -template.weight))


def chinese() -> Mapping[str, str]:
    """The Chinese templates by the English ones. ``yaml.MarkedYAMLError`` if the catalogue is no YAML."""
    parts = load(CATALOGUE.read_text(encoding="utf-8"))
    return {en: zh for part in parts.values() for en, zh in part.items()}


def _place(name: str) -> str:
    """{n} and {n_…} are whole numbers, anything else is any text."""
    return rf"(?P<{name}>-?\d+(?:,\d{{3}})*)" if name == "n" or name.startswith("n_") else rf"(?P<{name}>.*?)"
