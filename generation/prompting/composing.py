"""Turns what was ranked into the texts of a brief: picture prompt, negative words, alt text and topics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from generation.prompting.brand import Brand
from generation.prompting.brief import PROMPT_WORD_LIMIT
from generation.prompting.ranking import Ranked, Ranking
from generation.prompting.reading import Reading

THINGS_LIMIT = 4
"""Things in one picture: small models draw one or two well and lose the rest."""
TOPICS_LIMIT = 6
HINTS_LIMIT = 2
NAMED_COLOURS_LIMIT = 2
STRONG = 1.5
"""Things below this rank (decorations, hints) are drawn only where nothing better is left."""
NEVER_WANTED = ("text", "letters", "watermark", "logo", "blurry")
"""What image models add unasked and no post wants."""
NOTHING_TO_DRAW = "a speech balloon"
_PLAIN_COLOURS = "bright colours"
_STYLE = "flat illustration"
_PREPOSITIONS = frozenset({"with", "on", "in", "over", "from", "at", "behind"})


def chosen_things(ranking: Ranking, brand: Brand) -> tuple[str, ...]:
    """The phrases to draw, most important first; never empty.

    Things that the draft names or clearly stands for; else what may be things or is hinted at; else the mood.
    """
    ranked = [thing for thing in ranking.things if not brand.avoids(thing.picture.phrase)]
    strong = [thing for thing in ranked if thing.score >= STRONG]
    if strong:
        return tuple(_phrase(thing) for thing in without_likes(strong)[:THINGS_LIMIT])
    unknown = [word for word in ranking.unknown if not brand.avoids(word)]
    chosen = [*unknown[:HINTS_LIMIT], *(_phrase(thing) for thing in without_likes(ranked)[:HINTS_LIMIT])]
    return tuple(chosen[: HINTS_LIMIT + 1]) or (ranking.mood.picture if ranking.mood else NOTHING_TO_DRAW,)


def without_likes(things: Sequence[Ranked]) -> list[Ranked]:
    """The things without those that show the same as a better one: "a mountain with snow" after "a mountain"."""
    kept: dict[str, Ranked] = {}
    for thing in things:
        kept.setdefault(_head(thing.picture.phrase), thing)
    return list(kept.values())


def picture_prompt(things: Sequence[str], ranking: Ranking, brand: Brand) -> str:
    """Things first, then the ground, the colours and the style, as far as `PROMPT_WORD_LIMIT` words allow.

    The brand's style and palette, then the colours that the draft names, take the place of the mood's.
    """
    named = f"{' and '.join(ranking.colours[:NAMED_COLOURS_LIMIT])} colours" if ranking.colours else ""
    ground = ranking.mood.ground if ranking.mood and not (brand.palette or named) else ""
    colours = brand.colours or named or (ranking.mood.colours if ranking.mood else _PLAIN_COLOURS)
    style = brand.style or _STYLE
    kept = fit_words([listed(things), style, colours, ground], PROMPT_WORD_LIMIT)
    order = [listed(things), ground, colours, style]
    return ", ".join(sorted(kept, key=lambda part: order.index(part) if part in order else -1))


def fit_words(parts: Iterable[str], limit: int) -> list[str]:
    """The parts that fit into `limit` words, the first ones first; a first part that is too long is cut."""
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
    return kept


def negative_words(
    readings: Sequence[Reading], ranking: Ranking, things: Sequence[str], brand: Brand
) -> tuple[str, ...]:
    """What the brand avoids, literal readings of the slang, what the draft rules out, then what no post wants."""
    literal = [word for reading in readings if reading.sense and reading.is_span for word in reading.sense.avoid]
    wanted = " ".join(things).split()
    unwanted = [bare(phrase) for phrase in ranking.unwanted]
    chosen = [word for word in (*literal, *unwanted, *NEVER_WANTED) if word not in wanted]
    return tuple(dict.fromkeys((*brand.avoid, *chosen)))


def alt_text(things: Sequence[str], ranking: Ranking) -> str:
    """One plain sentence that describes the intended picture."""
    adjective = ranking.mood.adjective if ranking.mood else "colourful"
    article = "An" if adjective[0] in "aeiou" else "A"
    return f"{article} {adjective} illustration of {listed(things)}."


def topics(readings: Sequence[Reading], things: Sequence[str]) -> tuple[str, ...]:
    """Hashtags as their author wrote them in words, then the things drawn."""
    tags = [reading.meaning for reading in readings if reading.kind == "hashtag"]
    return tuple(dict.fromkeys((*tags, *(bare(thing) for thing in things))))[:TOPICS_LIMIT]


def bare(phrase: str) -> str:
    """A phrase without its article."""
    first, _, rest = phrase.partition(" ")
    return rest if first in {"a", "an", "the"} and rest else phrase


def listed(things: Sequence[str]) -> str:
    """Things as a sentence lists them: "a dog, a ball and a tree"."""
    if len(things) == 1:
        return things[0]
    return ", ".join(things[:-1]) + " and " + things[-1]


def _phrase(thing: Ranked) -> str:
    phrase = thing.picture.phrase
    if not thing.colour or thing.colour in phrase.split():
        return phrase
    first, _, rest = phrase.partition(" ")
    if first in {"a", "an"} and rest:
        return f"{'an' if thing.colour[0] in 'aeiou' else 'a'} {thing.colour} {rest}"
    return f"{thing.colour} {phrase}"


def _head(phrase: str) -> str:
    """The main noun of a phrase: the last word before its first preposition."""
    words = phrase.split()
    end = next((place for place, word in enumerate(words) if word in _PREPOSITIONS and place), len(words))
    return words[end - 1].rstrip("s")
