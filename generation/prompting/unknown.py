"""Words that no table knows and that yet may be things, because they stand where nouns do: "our new cortado"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from generation.prompting.lexicon import Lexicon
from generation.prompting.words.inflection import base_forms, verb_stems

_SHORTEST = 4
_DETERMINERS = frozenset(
    (
        *("a", "an", "the", "my", "our", "your", "his", "her", "their", "this", "that", "these", "those", "some"),
        *("new", "fresh", "first", "every"),
    )
)
_REACH = 2
# What insults are built with; no dictionary holds them all.
_RUDE = (*("arse", "bitch", "bollock", "cock", "cunt", "dick", "fuck", "knob", "piss", "shit", "slut", "twat", "wank"),)
_NO_NOUN_ENDINGS = ("ing", "ed", "ly", "ish", "ous", "ful", "able", "est")


def may_be_a_thing(keys: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Whether an unknown word stands where nouns do: shortly after an article, neither a common word nor built like a
    verb or an adjective."""
    word = keys[place]
    before = keys[max(0, place - _REACH) : place]
    return (
        len(word) >= _SHORTEST
        and word.isalpha()
        and any(key in _DETERMINERS for key in before)
        and not word.endswith(_NO_NOUN_ENDINGS)
        and not lexicon.pictures.draws_nothing(word)
        and not any(form in lexicon.common for form in _forms(word))
    )


def is_rare(word: str, lexicon: Lexicon) -> bool:
    """Whether no dictionary of what cannot be drawn holds a word: it is the name of a thing then, or of somebody."""
    known = any(form in lexicon.unseen or form in lexicon.slang for form in _forms(word))
    return not known and not any(part in word for part in _RUDE)


def _forms(word: str) -> Iterable[str]:
    return (*base_forms(word), *verb_stems(word))
