"""The rules writer: a draft to a brief with tables alone, offline and in a few milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.brief import PROMPT_WORD_LIMIT, Brief, Span
from generation.prompting.draft import clean_draft
from generation.prompting.language import detect_language
from generation.prompting.lexicon import Lexicon
from generation.prompting.ranking import Ranked, Ranking, rank
from generation.prompting.reading import Reading, read_draft
from generation.prompting.sentence import plain_sentence

WRITER = "rules"
THINGS_LIMIT = 4
"""Things in one picture: small models draw one or two well and lose the rest."""
TOPICS_LIMIT = 6
HINTS_LIMIT = 2
_STRONG = 1.5
"""Things below this rank (decorations, hints) are drawn only where nothing better is left."""
NEVER_WANTED = ("text", "letters", "watermark", "logo", "blurry")
"""What image models add unasked and no post wants."""
NOTHING_TO_DRAW = "a speech balloon"
_PLAIN_COLOURS = "bright colours"
_PREPOSITIONS = frozenset({"with", "on", "in", "over", "from", "at", "behind"})
_STYLE = "flat illustration"


@dataclass(frozen=True)
class RulesWriter:
    """Writes briefs by rules. `write` is pure: the same draft always gives the same brief."""

    lexicon: Lexicon

    @classmethod
    def load(cls, config: Path | str) -> RulesWriter:
        """The writer with the tables of a configuration folder (`config/lexicon`).

        Raises:
            LexiconError: a table is missing or malformed.
        """
        return cls(Lexicon.load(Path(config) / "lexicon"))

    @staticmethod
    def check(draft: str) -> None:
        """Look whether `write` would take the draft.

        Raises:
            DraftError: the draft is empty, too long or not text.
        """
        clean_draft(draft)

    def write(self, draft: str) -> Brief:
        """The brief of a draft.

        Raises:
            DraftError: the draft is empty, too long or not text.
        """
        draft, notices = clean_draft(draft)
        readings = read_draft(draft, self.lexicon)
        ranking = rank(readings, self.lexicon)
        things = chosen_things(ranking)
        return Brief(
            draft=draft,
            normalized=plain_sentence(draft, readings),
            language=detect_language(draft),
            prompt=picture_prompt(things, ranking),
            negative=negative_words(readings, ranking, things),
            alt_text=alt_text(things, ranking),
            topics=topics(readings, things),
            spans=tuple(Span(r.start, r.end, r.text, r.kind, r.meaning) for r in readings if r.is_span),
            writer=WRITER,
            notices=notices,
        )


def chosen_things(ranking: Ranking) -> tuple[str, ...]:
    """The phrases to draw, most important first; never empty.

    Things that the draft names or clearly stands for; else words that may be things, and what common words hint at;
    else the mood.
    """
    strong = [thing for thing in ranking.things if thing.score >= _STRONG]
    if strong:
        return tuple(_phrase(thing) for thing in without_likes(strong)[:THINGS_LIMIT])
    hints = [_phrase(thing) for thing in without_likes(ranking.things)[:HINTS_LIMIT]]
    chosen = [*ranking.unknown[:HINTS_LIMIT], *hints][: HINTS_LIMIT + 1]
    return tuple(chosen) or (ranking.mood.picture if ranking.mood else NOTHING_TO_DRAW,)


def without_likes(things: Sequence[Ranked]) -> list[Ranked]:
    """The things without those that show the same as a better one: "a mountain with snow" after "a mountain"."""
    kept: dict[str, Ranked] = {}
    for thing in things:
        kept.setdefault(_head(thing.picture.phrase), thing)
    return list(kept.values())


def _head(phrase: str) -> str:
    """The main noun of a phrase: the last word before its first preposition."""
    words = phrase.split()
    end = next((place for place, word in enumerate(words) if word in _PREPOSITIONS and place), len(words))
    return words[end - 1].rstrip("s")


def picture_prompt(things: Sequence[str], ranking: Ranking) -> str:
    """Things first, then the ground, the colours and the style, as far as `PROMPT_WORD_LIMIT` words allow."""
    ground = ranking.mood.ground if ranking.mood else ""
    colours = ranking.mood.colours if ranking.mood else _PLAIN_COLOURS
    return fit_words([_listed(things), ground, colours, _STYLE], PROMPT_WORD_LIMIT)


def fit_words(parts: Iterable[str], limit: int) -> str:
    """The parts joined by commas, leaving out those that no longer fit; a first part that is too long is cut."""
    kept: list[str] = []
    left = limit
    for part in parts:
        words = part.split()
        if not words:
            continue
        if len(words) > left:
            if kept:
                continue
            words = words[:left]
        kept.append(" ".join(words))
        left -= len(words)
    return ", ".join(kept)


def negative_words(readings: Sequence[Reading], ranking: Ranking, things: Sequence[str]) -> tuple[str, ...]:
    """Literal readings of the slang, things that the draft says it is not about, then what no post wants."""
    literal = [word for reading in readings if reading.sense and reading.is_span for word in reading.sense.avoid]
    wanted = " ".join(things).split()
    unwanted = [bare(phrase) for phrase in ranking.unwanted]
    return tuple(dict.fromkeys(word for word in (*literal, *unwanted, *NEVER_WANTED) if word not in wanted))


def alt_text(things: Sequence[str], ranking: Ranking) -> str:
    """One plain sentence that describes the intended picture."""
    adjective = ranking.mood.adjective if ranking.mood else "colourful"
    article = "An" if adjective[0] in "aeiou" else "A"
    return f"{article} {adjective} illustration of {_listed(things)}."


def topics(readings: Sequence[Reading], things: Sequence[str]) -> tuple[str, ...]:
    """Hashtags as their author wrote them in words, then the things drawn."""
    tags = [reading.meaning for reading in readings if reading.kind == "hashtag"]
    return tuple(dict.fromkeys((*tags, *(bare(thing) for thing in things))))[:TOPICS_LIMIT]


def bare(phrase: str) -> str:
    """A phrase without its article."""
    first, _, rest = phrase.partition(" ")
    return rest if first in {"a", "an", "the"} and rest else phrase


def _phrase(thing: Ranked) -> str:
    phrase = thing.picture.phrase
    if not thing.colour or thing.colour in phrase.split():
        return phrase
    first, _, rest = phrase.partition(" ")
    if first in {"a", "an"} and rest:
        return f"{'an' if thing.colour[0] in 'aeiou' else 'a'} {thing.colour} {rest}"
    return f"{thing.colour} {phrase}"


def _listed(things: Sequence[str]) -> str:
    if len(things) == 1:
        return things[0]
    return ", ".join(things[:-1]) + " and " + things[-1]
