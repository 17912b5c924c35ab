"""How a draft's noun and the picture made by hand for it are said together: "a pelican bird", "an office dog"."""

from __future__ import annotations

from dataclasses import replace

from generation.prompting.words.inflection import base_forms
from generation.prompting.words.nouns import NounFound, NounTable, bare, head_of, with_article, with_head
from generation.prompting.words.picture import HINT_WEIGHT, NAMED_WEIGHT, PLAIN_WEIGHT, THEME_WEIGHT, Picture


def plain_picture(noun: NounFound, *, is_thing: bool) -> Picture:
    """The picture of a noun that no hand-made table names; one that may not be a thing only hints at it."""
    return Picture(noun.phrase, PLAIN_WEIGHT if is_thing else HINT_WEIGHT, noun.group, plain=True)


def in_own_words(picture: Picture, noun: NounFound, table: NounTable) -> Picture:
    """A picture made by hand with the noun that asks for it: in its phrase if it is a kind of that, else beside it.

    So a model that knows few words draws the bird, and one that knows many the pelican.
    """
    name = noun.head or noun.name
    if not noun.sure or _says(picture.phrase, name):
        return picture
    if picture.weight < NAMED_WEIGHT:
        beside = picture.phrase if picture.weight == THEME_WEIGHT else ""
        return replace(plain_picture(noun, is_thing=True), beside=beside)
    if any((name, form) in table.same for word in picture.phrase.split() for form in base_forms(word)):
        return picture
    head = head_of(picture.phrase)
    if not any((name, form) in table.kinds for form in base_forms(head)):
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
