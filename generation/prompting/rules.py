"""The rules writer: a draft to a brief with tables alone, offline and in a few milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generation.prompting import composing
from generation.prompting.brand import Brand
from generation.prompting.brief import Brief, Span
from generation.prompting.draft import clean_draft
from generation.prompting.lexicon import Lexicon
from generation.prompting.ranking import Ranking, rank
from generation.prompting.reading import read_draft
from generation.prompting.sentence import plain_sentence
from generation.prompting.words.language import detect_language
from generation.prompting.words.languages import ENGLISH, NAMES

WRITER = "rules"


@dataclass(frozen=True)
class RulesWriter:
    """Writes briefs by rules. `write` is pure: the same draft always gives the same brief."""

    lexicon: Lexicon
    brand: Brand | None = None

    @classmethod
    def load(cls, config: Path | str) -> RulesWriter:
        """The writer with the tables and the brand of a configuration folder (`lexicon/` and `brand.toml`).

        Raises:
            LexiconError: a table is missing or malformed.
            BrandError: the brand profile is malformed.
        """
        return cls(Lexicon.load(Path(config) / "lexicon"), Brand.load(Path(config) / "brand.toml"))

    def write(self, draft: str) -> Brief:
        """The brief of a draft.

        Raises:
            DraftError: the draft is empty, too long or not text.
        """
        draft, notices = clean_draft(draft)
        brand = self.brand or Brand()
        language = detect_language(draft)
        readings = read_draft(draft, self.lexicon, language)
        ranking = rank(readings, self.lexicon, language)
        things = composing.chosen_things(ranking, brand)
        told = composing.told(things, ranking)
        return Brief(
            draft=draft,
            normalized=plain_sentence(draft, readings),
            language=language,
            prompt=composing.picture_prompt(things, ranking, brand),
            negative=composing.negative_words(readings, ranking, things, brand),
            alt_text=composing.alt_text(told, ranking),
            topics=composing.topics(readings, told),
            spans=tuple(Span(r.start, r.end, r.text, r.kind, r.meaning) for r in readings if r.is_span),
            writer=WRITER,
            notices=(*notices, *language_notice(language), *_brand_notice(ranking, brand)),
        )

    def improve(self, by_rules: Brief, gist: str) -> Brief:
        """As a language model's `improve`: the rules have nothing to add to what they wrote of an article."""
        return by_rules


def language_notice(language: str, what: str = "draft") -> tuple[str, ...]:
    """What to say of a draft, or of something else, in this language; nothing of an English one."""
    if language in ENGLISH:
        return ()
    name = NAMES.get(language, language)
    return (f"The {what} reads as {name}; without a language model only words that the tables know are drawn.",)


def _brand_notice(ranking: Ranking, brand: Brand) -> tuple[str, ...]:
    left_out = [thing.picture.phrase for thing in ranking.things if brand.avoids(thing.picture.phrase)]
    return (f"Left out of the picture, because the brand avoids it: {', '.join(left_out)}.",) if left_out else ()
