"""What a word may be a form of: the singular of a noun, the stem of a verb."""

from __future__ import annotations

_IRREGULAR = {
    "mice": "mouse",
    "geese": "goose",
    "teeth": "tooth",
    "feet": "foot",
    "men": "man",
    "women": "woman",
    "children": "child",
}
_ES_PLURALS = ("ses", "xes", "zes", "ches", "shes", "oes")
_SHORTEST_STEM = 3


def base_forms(word: str) -> list[str]:
    """The word itself, then what it may be the plural or the possessive of."""
    forms = [word]
    if word in _IRREGULAR:
        forms.append(_IRREGULAR[word])
    if word.endswith(("'s", "s'")):
        word = word[:-2]
        forms.append(word)
    if len(word) <= _SHORTEST_STEM:
        return forms
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("ves"):
        forms += [word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith(_ES_PLURALS):
        forms.append(word[:-2])
    if word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    return forms


def verb_stems(word: str) -> list[str]:
    """What a word in -ing, -in' or -ed may be a form of."""
    forms = []
    for ending in ("ing", "in'", "ed"):
        stem = word[: -len(ending)]
        if word.endswith(ending) and len(stem) >= _SHORTEST_STEM:
            forms += [stem, stem + "e"]
            if stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    return forms
