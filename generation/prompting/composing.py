"""Turns what was ranked into the texts of a brief: picture prompt, negative words, alt text and topics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from generation.prompting.brand import Brand
from generation.prompting.brief import PROMPT_WORD_LIMIT
from generation.prompting.ranking import Ranked, Ranking
from generation.prompting.reading import Reading
from generation.prompting.words.nouns import as_thing, bare, head_of, with_article
from generation.prompting.words.picture import BESIDE_WEIGHT

THINGS_LIMIT, BESIDES_LIMIT = 4, 2
"""Things in one picture, and other words for them: small models draw one or two well and lose the rest."""
TOPICS_LIMIT = 6
HINTS_LIMIT = 2
FEW = 2
"""Things beside which one more, of which only its place in the sentence is known, does no harm."""
NAMED_COLOURS_LIMIT = 2
STRONG = 1.5
"""Things below this rank (decorations, hints) are drawn only where nothing better is left."""
NEVER_WANTED = ("text", "letters", "watermark", "logo", "blurry")
"""What image models add unasked and no post wants."""
NOTHING_TO_DRAW = "a speech balloon"
_PLAIN_COLOURS = "bright colours"
_STYLE = "flat illustration"


def chosen_things(ranking: Ranking, brand: Brand) -> tuple[str, ...]:
    """The phrases to draw, most important first; never empty.

    Things that the draft names or clearly stands for; else what may be things or is hinted at; else the mood.
    """
    ranked = [thing for thing in ranking.things if not brand.avoids(thing.picture.phrase)]
    rare = [as_thing(word) for word in ranking.rare if not brand.avoids(word)]
    strong = _foremost(without_likes([thing for thing in ranked if thing.score >= STRONG]))
    if strong:
        return (*(_phrase(thing) for thing in strong), *rare[: max(0, FEW - len(strong))])
    unknown = rare or [word for word in ranking.unknown if not brand.avoids(word)]
    chosen = [*unknown[:HINTS_LIMIT], *(_phrase(thing) for thing in without_likes(ranked)[:HINTS_LIMIT])]
    return tuple(chosen[: HINTS_LIMIT + 1]) or (ranking.mood.picture if ranking.mood else NOTHING_TO_DRAW,)


def _foremost(things: Sequence[Ranked]) -> list[Ranked]:
    """As many of the best things as a picture holds, and the draft's words for them."""
    besides = [thing for thing in things if thing.picture.weight == BESIDE_WEIGHT][:BESIDES_LIMIT]
    others = [thing for thing in things if thing.picture.weight != BESIDE_WEIGHT][:THINGS_LIMIT]
    return [thing for thing in things if thing in besides or thing in others]


def without_likes(things: Sequence[Ranked]) -> list[Ranked]:
    """The things without those that show the same as another: of "a dog" and "an office dog" the second stays."""
    kept: dict[str, Ranked] = {}
    for thing in things:
        better = kept.setdefault(head_of(thing.picture.phrase).rstrip("s"), thing)
        if better is not thing and _tells_more(thing.picture.phrase, better.picture.phrase):
            kept[head_of(thing.picture.phrase).rstrip("s")] = thing
    return list(kept.values())


def _tells_more(phrase: str, other: str) -> bool:
    return set(bare(other).split()) < set(bare(phrase).split())


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


def told(things: Sequence[str], ranking: Ranking) -> tuple[str, ...]:
    """The things in the draft's own words: "a pelican", although a "pelican bird" is asked for."""
    own = {_phrase(thing): _phrase(thing, thing.picture.told) for thing in ranking.things}
    return tuple(own.get(thing, thing) for thing in things)


def alt_text(things: Sequence[str], ranking: Ranking) -> str:
    """One plain sentence that describes the intended picture."""
    adjective = ranking.mood.adjective if ranking.mood else "colourful"
    article = "An" if adjective[0] in "aeiou" else "A"
    return f"{article} {adjective} illustration of {listed(things)}."


def topics(readings: Sequence[Reading], things: Sequence[str]) -> tuple[str, ...]:
    """Hashtags as their author wrote them in words, then the things drawn."""
    tags = [reading.meaning for reading in readings if reading.kind == "hashtag"]
    return tuple(dict.fromkeys((*tags, *(bare(thing) for thing in things))))[:TOPICS_LIMIT]


def listed(things: Sequence[str]) -> str:
    """Things as a sentence lists them: "a dog, a ball and a tree"."""
    if len(things) == 1:
        return things[0]
    return ", ".join(things[:-1]) + " and " + things[-1]


def _phrase(thing: Ranked, phrase: str = "") -> str:
    """How a thing stands in the prompt, or by another phrase: with its look."""
    phrase = phrase or thing.picture.phrase
    if not thing.look or thing.look in phrase.split():
        return phrase
    return (
        with_article(f"{thing.look} {bare(phrase)}") if phrase.startswith(("a ", "an ")) else f"{thing.look} {phrase}"
    )
