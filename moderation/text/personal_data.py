"""Personal data and secrets that should not stand in a post: e-mail addresses, telephone numbers, cards, keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from moderation.policy import Policy
from moderation.text.contact import is_own
from moderation.verdicts import Finding

CATEGORY = "personal-data"

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-zA-Z]{2,24}(?![\w-])")
PHONE = re.compile(r"(?<![\w.,$€£#/:-])(?:\+|00)?\(?\d[\d ()./-]{6,22}\d(?![\w%/:-])")
CARD = re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d-])")
IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")
KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|(?<!\w)(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)"
    r"|(?<!\w)(?:ghp|gho|ghs|ghr|github_pat)_\w{20,255}"
    r"|(?<!\w)xox[abposr]-[\w-]{10,250}"
    r"|(?<!\w)(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,200}"
    r"|(?<!\w)AIza[\w-]{35}"
    r"|(?<!\w)eyJ[\w-]{8,2000}\.eyJ[\w-]{8,2000}\.[\w-]{8,2000}"
    r"|(?i:\b(?:password|passwd|pwd|api[_-]?key|secret|token)\s{0,3}[:=]\s{0,3}(?=\S{0,200}\d)\S{6,200})"
)
"""Formats that the makers of these keys document, and words that announce one."""

OWN_CONTACT = 0.4
"""The score of an address or number by which a firm asks to be reached: kept, and under the shipped threshold."""

SHORTEST_PHONE, LONGEST_PHONE = 8, 15
"""Digits; 15 is the most of ITU-T E.164, and shorter numbers are dates, prices and emergency lines."""

NOT_A_PHONE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{4} ?[-/] ?\d{4}|\d{1,3}(?:[ .]\d{3})+")
"""Dates, spans of years, large numbers in groups of three."""

IBAN_REMAINDER, IBAN_DIVISOR = 1, 97
"""ISO 13616: the number made of an account's characters leaves 1 when divided by 97."""


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    Attributes:
        name: as a person reads it.
        pattern: what may be one; linear in the text.
        score: how bad it is to publish one.
        holds: whether what matched really is one.
        is_contact: whether firms publish their own, to be reached.
    """

    name: str
    pattern: re.Pattern[str]
    score: float
    holds: Callable[[str], bool]
    is_contact: bool = False


def passes_luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1)."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0


def passes_iban(account: str) -> bool:
    """Whether the check digits of an international bank account number are right."""
    plain = account.replace(" ", "")
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % IBAN_DIVISOR == IBAN_REMAINDER


def looks_like_phone(number: str) -> bool:
    """Whether `number` has the digits of a telephone number and is no date, price or span of years."""
    digits = sum(character.isdigit() for character in number)
    if not SHORTEST_PHONE <= digits <= LONGEST_PHONE or NOT_A_PHONE.fullmatch(number):
        return False
    return number.startswith(("+", "0", "(")) or len(re.findall(r"[ ()./-]+", number)) >= 2


KINDS = (
    Kind("a key or password", KEY, 0.97, lambda text: True),
    Kind("a payment card", CARD, 0.96, passes_luhn),
    Kind("a bank account", IBAN, 0.9, passes_iban),
    Kind("an e-mail address", EMAIL, 0.6, lambda text: True, is_contact=True),
    Kind("a telephone number", PHONE, 0.6, looks_like_phone, is_contact=True),
)
"""The most telling first: what one has found, no later one finds again."""


class PersonalData:
    """Finds personal data by its form and check digits. A team's own addresses can be allowed in the policy."""

    version = "2"
    categories = (CATEGORY,)

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        self._allowed = allowed

    @classmethod
    def load(cls, policy: Policy) -> PersonalData:
        """Addresses and numbers under `options.personal-data.allowed` are no finding.

        Raises:
            PolicyError: it is no list of texts; with file and line.
        """
        return cls(frozenset(map(_bare, policy.texts(CATEGORY, "allowed"))))

    def examine(self, text: str, /) -> list[Finding]:
        """One finding for each piece of personal data; the reason does not repeat it."""
        taken: list[tuple[int, int]] = []
        findings = []
        for kind in KINDS:
            for start, end in self._find(kind, text):
                if not any(start < last and first < end for first, last in taken):
                    taken.append((start, end))
                    own = kind.is_contact and is_own(text, start)
                    reason = f"personal data: {kind.name}" + (", as firms give theirs" if own else "")
                    findings.append(Finding(CATEGORY, OWN_CONTACT if own else kind.score, reason, (start, end)))
        return findings

    def _find(self, kind: Kind, text: str) -> Iterator[tuple[int, int]]:
        for match in kind.pattern.finditer(text):
            if kind.holds(match[0]) and _bare(match[0]) not in self._allowed:
                yield match.span()


def _bare(text: str) -> str:
    return re.sub(r"[\s()./-]", "", text).casefold()
