"""Whatever a user reads is said in both languages."""

from dataclasses import dataclass

LANGS = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said in Chinese and in English; either may be empty if there is no word for it yet."""

    zh: str
    en: str

    def in_(self, lang: str) -> str:
        """The wording in ``lang``, or the other language's where that one is empty."""
        match lang:
            case "zh":
                return self.zh or self.en
            case "en":
                return self.en or self.zh
        raise ValueError(f"expected one of the languages {', '.join(LANGS)}, found {lang!r}")
