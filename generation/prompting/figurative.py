"""Tells where a word that names a thing does not mean it: ruled out, compared to, a name, or used as a verb."""

from __future__ import annotations

from collections.abc import Sequence

from generation.prompting.words.homonyms import shows_nothing_as_verb
from generation.prompting.words.nouns import head_of
from generation.prompting.words.picture import Picture

_ARTICLES = frozenset({"a", "an"})
_COMPARISON_REACH = 2
"""Words between the article of a comparison and its noun: "like a very old dog"."""
# What is like a thing to the senses may well be drawn so: "a cake that looks like a hedgehog", "smells like a rose".
_SENSED = frozenset(
    (
        *("look", "looks", "looked", "looking", "smell", "smells", "smelled", "taste", "tastes", "tasted"),
        *("shaped", "dressed", "dresses", "dressing"),
    )
)
# Before these, "like" is a verb: "I like a strong coffee".
_LIKERS = frozenset(("i", "you", "we", "they", "who", "would", "i'd", "you'd", "we'd", "don't", "really", "also", "to"))
_SUBJECTS = frozenset(
    (
        *("i", "we", "you", "they", "he", "she", "to", "will", "can", "can't", "cannot", "could", "should", "would"),
        *("must", "may", "might", "won't", "don't", "didn't", "doesn't", "gonna", "wanna", "gotta", "let's", "lets"),
        *("please", "i'll", "we'll", "you'll", "they'll", "i'd", "we'd", "never", "always"),
    )
)
_OBJECTS = frozenset({"a", "an", "the", "my", "your", "our", "his", "her", "their", "those", "it", "us", "them", "me"})
_BEFORE_ORDERS = frozenset({"and", "or", "then", "please", "just"})
_PETS = frozenset({
    "a dog", "a cat", "a rabbit", "a hamster", "a horse", "a bird", "a parrot", "a turtle", "a fish", "a chicken",
    "a snake", "a lizard", "a goat", "a sheep", "a cow", "a pig", "a paw print",
})  # fmt: skip
_INSULTING = frozenset({"absolute", "utter"})
_BEING = frozenset({"is", "are", "was", "were", "am", "be", "been", "being"})
_DEGREE_REACH = 6
_DEGREES = frozenset(
    {"such", "a", "bit", "of", "literally", "basically", "actually", "really", "truly", "honestly", "just", "kinda"}
)
_PERSONS = frozenset({
    "i", "you", "he", "she", "we", "they", "who", "boss", "landlord", "teacher", "coach", "manager", "neighbour",
    "neighbor", "toddler", "kid", "kids", "baby", "son", "daughter", "brother", "sister", "mum", "mom", "dad", "nan",
    "boyfriend", "girlfriend", "husband", "wife", "partner", "ex", "bestie", "friend", "colleague", "intern",
    "student", "guy", "man", "woman", "girl", "boy", "lads", "ceo", "roommate", "flatmate", "driver", "keeper",
    "cto", "cfo", "captain",
})  # fmt: skip
_PEOPLE = frozenset({"we", "you", "they"} | {f"{person}s" for person in _PERSONS})
_INTRODUCING = frozenset(
    ("meet", "named", "called", "nicknamed", "christened", "mr", "mrs", "ms", "miss", "dr", "auntie", "uncle")
)
# Words that rule out what follows, and how many words may stand between: "no more meetings", but "zero-waste shop".
_NEGATIONS = {
    "no": 2, "without": 2, "never": 1, "not": 1, "anti": 0, "ditch": 1, "ditched": 1, "minus": 1, "quit": 0, "skip": 1,
    "skipped": 1, "zero": 0,
}  # fmt: skip
# "not only pizza", "no other coffee": these turn the negation round.
_NEGATION_ENDS = frozenset({"only", "just", "other", "better", "matter", "kidding", "wonder", "doubt", "mind"})
_NEGATION_REACH = 3


def is_negated(keys: Sequence[str], place: int) -> bool:
    """Whether the draft rules the thing at `place` out: "no more meetings", "zero waste"."""
    for distance, key in enumerate(reversed(keys[max(0, place - _NEGATION_REACH) : place])):
        if key in _NEGATION_ENDS or not key.isalnum():
            return False
        if key in _NEGATIONS:
            return distance <= _NEGATIONS[key]
    return False


def is_name(keys: Sequence[str], place: int) -> bool:
    """Whether the capitalised word at `place` is introduced as a name: "Meet Biscuit", "answers to Pepper"."""
    before = keys[max(0, place - 2) : place]
    return bool(before) and (before[-1] in _INTRODUCING or tuple(before) == ("answers", "to"))


def is_comparison(keys: Sequence[str], place: int) -> bool:
    """Whether the thing at `place` is only compared to: "as big as a castle", "ran like a startled deer"."""
    for start in range(place - 1, max(-1, place - 2 - _COMPARISON_REACH), -1):
        if keys[start] in _ARTICLES:
            before = keys[start - 1] if start else ""
            if before == "as":
                return start > 2 and keys[start - 3] == "as"
            return before == "like" and (start < 2 or keys[start - 2] not in _SENSED | _LIKERS)
        if not keys[start].isalpha():
            return False
    return False


def is_metaphor(keys: Sequence[str], place: int, picture: Picture) -> bool:
    """Whether the thing at `place` is what a person is called: "my toddler is a tornado", "he's such a snake".

    Pets are left out: a draft that says of one "she's a lovely tabby" means a cat.
    """
    if place and keys[place - 1] in _INSULTING:
        return True
    is_pet = not _PETS.isdisjoint({picture.phrase, f"a {head_of(picture.phrase)}"})
    if is_pet or picture.group == "person":
        return False
    if keys[place].endswith("s") and place > 1 and keys[place - 1] in _BEING and keys[place - 2] in _PEOPLE:
        return True
    for start in range(place - 1, max(-1, place - 2 - _COMPARISON_REACH), -1):
        if keys[start] in _ARTICLES:
            before = [key for key in keys[max(0, start - _DEGREE_REACH) : start] if key not in _DEGREES]
            return len(before) > 1 and before[-1] in _BEING and before[-2] in _PERSONS
        if not keys[start].isalpha():
            return False
    return False


def is_verb(keys: Sequence[str], place: int, picture: Picture) -> bool:
    """Whether the name of a thing stands where verbs do and shows nothing of it: "we train daily", "can't bear it".

    A plain noun shows nothing as a verb, nor as an order: "anchor your brand".
    """
    before = keys[place - 1] if place else ""
    if not picture.plain:
        return before in _SUBJECTS and shows_nothing_as_verb(keys[place], picture)
    if before == "to":
        return not keys[place].endswith("s")
    begins = not before.isalnum() or before in _BEFORE_ORDERS
    return before in _SUBJECTS or (begins and place + 1 < len(keys) and keys[place + 1] in _OBJECTS)
