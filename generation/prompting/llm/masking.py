"""Takes names, e-mail addresses and phone numbers out of a text before it leaves the machine, and puts them back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MENTION = re.compile(r"<@[^>\s]+>|(?<![\w@])@\w(?:[\w.-]*\w)?")
# At least seven digits with the usual signs between them; dates and prices have fewer or other signs.
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d(?:[ ()/-]{0,2}\d){6,14}(?!\w)")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_NAME = re.compile(r"(?<![\w.#@/])[A-ZÀ-Þ][a-zà-ÿ]+(?:[ -][A-ZÀ-Þ][a-zà-ÿ]+)*(?!\w)")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n]\s*|[\"“(]\s*)$")
_BEFORE_NAMES = "with by from to thanks welcome meet congrats congratulations hi hey dear and for ask"
_INTRODUCTIONS = frozenset(_BEFORE_NAMES.split())
_PLACEHOLDER = re.compile(r"\[(?:NAME|EMAIL|PHONE|HANDLE)\d+\]")
_DANGLING = re.compile(rf"\s*(?:\b(?:with|of|by|for|and|from|to|at|near|named|called)\s+)?{_PLACEHOLDER.pattern}")


@dataclass(frozen=True)
class Masked:
    """A text with placeholders, and what each stands for."""

    text: str
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def restore(self, text: str) -> str:
        """A text of the model with the placeholders put back; those it invented are left out."""
        return _PLACEHOLDER.sub(lambda match: self.secrets.get(match.group(), ""), text)

    def hide(self, text: str) -> str:
        """Another text about the same, with the same placeholders."""
        for placeholder, secret in self.secrets.items():
            text = text.replace(secret, placeholder)
        return text


def without_placeholders(text: str) -> str:
    """A text of the model without any placeholder, nor the preposition before it."""
    return " ".join(_DANGLING.sub("", text).split())


def mask(text: str, is_known: Callable[[str], bool]) -> Masked:
    """The text with e-mail addresses, handles, phone numbers and names of people replaced by placeholders.

    A name is a run of capitalised words inside a sentence, or after words that introduce people, whose words `is_known`
    does not know; it is a guess that hides too much rather than too little.
    """
    secrets: dict[str, str] = {}

    def replaced(kind: str, found: str) -> str:
        for placeholder, secret in secrets.items():
            if secret == found:
                return placeholder
        placeholder = f"[{kind}{1 + sum(key.startswith(f'[{kind}') for key in secrets)}]"
        secrets[placeholder] = found
        return placeholder

    def phone(match: re.Match[str]) -> str:
        return match.group() if _DATE.fullmatch(match.group()) else replaced("PHONE", match.group())

    def name(match: re.Match[str]) -> str:
        words = match.group().split()
        before = match.string[: match.start()]
        opens = bool(_SENTENCE_START.search(before))
        introduced = before.lower().split()[-1:] and before.lower().split()[-1].strip(",") in _INTRODUCTIONS
        unknown = [word for word in words if not is_known(word.lower())]
        if not unknown or (opens and len(words) == 1 and not introduced):
            return match.group()
        kept = words[0] if opens and len(words) > 1 and is_known(words[0].lower()) else ""
        rest = match.group()[len(kept) :].strip()
        return f"{kept} {replaced('NAME', rest)}".strip()

    text = _EMAIL.sub(lambda match: replaced("EMAIL", match.group()), text)
    text = _MENTION.sub(lambda match: replaced("HANDLE", match.group()), text)
    text = _PHONE.sub(phone, text)
    return Masked(_NAME.sub(name, text), secrets)
