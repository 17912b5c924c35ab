"""The forms of the verbs that phrases are built with: "spilling" and "spilt" lead to "spill", and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.words.rows import read_rows, split_list

_COLUMNS = ("verb", "past", "participle")
THIRD_PERSON, PAST, PARTICIPLE, PRESENT_PARTICIPLE = "third person", "past", "participle", "present participle"
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Verbs:
    """The table of verbs, by any of their forms. Build it with `load`."""

    bases: Mapping[str, tuple[str, str]]
    forms: Mapping[tuple[str, str], str]

    @classmethod
    def load(cls, path: Path) -> Verbs:
        """Read `verbs.tsv`.

        Raises:
            LexiconError: a row is malformed.
        """
        bases: dict[str, tuple[str, str]] = {}
        forms: dict[tuple[str, str], str] = {}
        rows = [
            (verb, split_list(past), split_list(participle))
            for _, (verb, past, participle) in read_rows(path, _COLUMNS)
        ]
        for verb, _, _ in rows:
            bases[verb] = (verb, "")
        for verb, past, participle in rows:
            for form, name in _forms(verb, past, participle):
                bases.setdefault(form, (verb, name))
                forms.setdefault((verb, name), form)
        return cls(bases, forms)

    def base(self, word: str) -> str:
        """The verb that a word is a form of; the word itself where it is no form of a known one."""
        found = self.bases.get(word)
        return found[0] if found else word

    def bent_like(self, phrase: str, word: str, model: str) -> str:
        """A phrase in base form, put into the form that `word` has of the verb `model`.

        "tell the secret" after "spilled" of "spill" is "told the secret". Where `model` is no base form, or the phrase
        does not begin with one, the phrase stays as it is.
        """
        verb, form = self.bases.get(word, ("", ""))
        first, space, rest = phrase.partition(" ")
        if not form or verb != model or self.bases.get(first) != (first, ""):
            return phrase
        return self.forms[first, form] + space + rest


def _forms(verb: str, past: tuple[str, ...], participle: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """All forms of a verb but its base, the preferred one of each name first."""
    yield _IRREGULAR_THIRD.get(verb) or _third_person(verb), THIRD_PERSON
    pasts = past or (_with_ending(verb, "ed"),)
    for form in pasts:
        yield form, PAST
    for form in participle or pasts:
        yield form, PARTICIPLE
    gerund = _with_ending(verb, "ing")
    for form in (gerund, gerund[:-1], gerund[:-1] + "'"):
        yield form, PRESENT_PARTICIPLE


_IRREGULAR_THIRD = {"be": "is", "have": "has"}


def _third_person(verb: str) -> str:
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def _with_ending(verb: str, ending: str) -> str:
    """The verb with -ed or -ing, its last letter dropped, changed or doubled as English spells it."""
    if verb.endswith("ie") and ending == "ing":
        return verb[:-2] + "ying"
    if verb.endswith("e") and not ((ending == "ing" and verb.endswith(("ee", "oe", "ye"))) or verb == "be"):
        return verb[:-1] + ending
    if verb.endswith("y") and verb[-2] not in _VOWELS and ending == "ed":
        return verb[:-1] + "ied"
    if verb.endswith("ic"):
        return verb + "k" + ending
    return verb + (verb[-1] if _doubles(verb) else "") + ending


def _doubles(verb: str) -> bool:
    return _ONE_SHORT_SYLLABLE.fullmatch(verb) is not None or verb in _DOUBLED


# "plan", "quit", "scrap", but not "mix", "show" or "lower".
_ONE_SHORT_SYLLABLE = re.compile(r"[^aeiou]*(?:qu)?[aeiou][^aeiouwxyh]")
_DOUBLED = frozenset({"admit", "begin", "bootstrap", "control", "forbid", "forget", "permit", "sandbag", "travel"})
