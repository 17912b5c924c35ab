"""How a draft's noun and the picture made by hand for it are said together: "a pelican bird", "an office dog"."""

from __future__ import annotations

from dataclasses import replace

from generation.prompting.inflection import base_forms
from generation.prompting.nouns import NounFound, NounTable, bare, head_of, with_article, with_head
from generation.prompting.picture import HINT_WEIGHT, NAMED_WEIGHT, PLAIN_WEIGHT, Picture


def plain_picture(noun: NounFound, *, is_thing: bool) -> Picture:
    """The picture of a noun that no hand-made table names; one that may not be a thing only hints at it."""
    return Picture(noun.phrase, PLAIN_WEIGHT if is_thing else HINT_WEIGHT, noun.group, plain=True)


def in_own_words(picture: Picture, noun: NounFound, table: NounTable) -> Picture:
    """A picture made by hand with the noun that asks for it: in its phrase if it is a kind of that, else beside it.

    So a model that knows few words draws the bird, and one that knows many the pelican.
    """
    name = noun.head or noun.name
    if picture.weight < NAMED_WEIGHT or not noun.sure or _says(picture.phrase, name):
        return picture
    head = head_of(picture.phrase)
    pairs = {(name, form) for form in base_forms(head)}
    if pairs & table.same:
        return picture
    if not pairs & table.kinds:
        return replace(picture, beside=noun.phrase)
    return replace(
        picture,
        phrase=with_head(picture.phrase, f"{noun.name} {head}"),
        told=with_head(picture.phrase, noun.name),
    )


def of_pair(pair: NounFound, head: Picture | None, table: NounTable) -> Picture:
    """Two nouns side by side with the picture made by hand of the second, if there is one."""
    if head is None or head.weight < NAMED_WEIGHT:
        return plain_picture(pair, is_thing=True)
    if pair.head in head.phrase.split():
        phrase = with_article(bare(head.phrase).replace(pair.head, pair.name))
        return replace(head, phrase=phrase, told=phrase)
    if (pair.head, head_of(head.phrase)) in table.kinds:
        return in_own_words(head, pair, table)
    return Picture(pair.phrase, NAMED_WEIGHT, pair.group, plain=True, beside=head.phrase)


def _says(phrase: str, noun: str) -> bool:
    """Whether a phrase holds a noun in some form: "a honeybee" says "bee"."""
    return any(part.rstrip("s") in phrase for part in noun.split())
