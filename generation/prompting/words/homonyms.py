"""Verbs that are spelt like things and show nothing of them."""

from __future__ import annotations

from generation.prompting.words.picture import Picture

# "They squashed it" and "horsing around" show neither a pumpkin nor a horse.
_NEVER_VERBS = frozenset({"animal", "food"})
# Verbs that have nothing to do with the thing of their name: "trained all week" shows no train.
_OTHER_VERBS = frozenset(
    (
        *("bark", "bomb", "book", "bowl", "bridge", "can", "clock", "coast", "crush", "dress", "fade", "fan", "fiddle"),
        *("flag", "gear", "hammer", "kick", "match", "mind", "moon", "nail", "park", "present", "putt", "ring", "rock"),
        *("ship", "sink", "skirt", "star", "strike", "tip", "trail", "train", "trip", "wave"),
    )
)
# Animals and foods that are verbs in their base form too; "to coffee" and "we pizza" are not said.
_BARE_VERBS = frozenset(
    (
        *("ape", "badger", "bear", "beef", "bug", "chicken", "clam", "crab", "crow", "duck", "egg", "ferret", "fox"),
        *("ham", "hawk", "hog", "horse", "hound", "jam", "milk", "parrot", "pepper", "pig", "rat", "ram", "squash"),
        *("squirrel", "swan", "toast", "waffle", "weasel", "wolf", "worm"),
    )
)


def shows_nothing_as_verb(word: str, picture: Picture) -> bool:
    """Whether the picture that a word names has nothing to do with the verb of the same form."""
    return word in _OTHER_VERBS or (word in _BARE_VERBS and picture.group in _NEVER_VERBS)


def means_another_verb(stem: str, picture: Picture) -> bool:
    """Whether a verb form shows nothing of the thing that its stem names: "horsing around"."""
    return picture.group in _NEVER_VERBS or stem in _OTHER_VERBS
