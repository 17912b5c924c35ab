"""A team's own rules: banned and required words, competitors, claims, links, disclosure tags, regular expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import regex

from moderation.errors import PolicyError
from moderation.policy import Policy
from moderation.text.terms import Term, TermIndex, parse_term
from moderation.text.words import Word, plain, words
from moderation.verdicts import Finding

CATEGORY = "brand"
BANNED, CLAIM, COMPETITOR, MISSING, FORBIDDEN_LINK, EXPRESSION = 0.95, 0.7, 0.6, 0.6, 0.7, 0.6
"""Scores: only banned words are stopped at the shipped thresholds, the rest is shown."""

EXPRESSION_SECONDS = 0.2
"""How long one expression may take for one text; `a+(a+)+b` takes for ever."""

LONGEST_EXPRESSION = 500
LINK = regex.compile(r"(?:https?://|www\.)[^\s<>\"')\]]{1,2000}", regex.IGNORECASE)

Rule = Callable[[str, Sequence[Word]], Iterator[Finding]]


class Brand:
    """Holds a text to the rules under `options.brand` of the policy."""

    version = "1"
    categories = (CATEGORY,)

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    @classmethod
    def load(cls, policy: Policy) -> Brand:
        """The rules of the policy.

        Raises:
            PolicyError: an unknown rule, a term or an expression that cannot be read; with file and line.
        """
        given = policy.options.get(CATEGORY, {})
        for key in given:
            if key not in RULES:
                raise policy.refusal(CATEGORY, key, f"unknown rule. Known: {', '.join(RULES)}")
        rules: list[Rule] = []
        for key, make in RULES.items():
            if key in given:
                texts = policy.texts(CATEGORY, key)
                try:
                    rules += make(texts)
                except PolicyError as error:
                    raise policy.refusal(CATEGORY, key, str(error)) from error
        return cls(rules)

    def examine(self, text: str, /) -> list[Finding]:
        """One finding for each rule that `text` breaks."""
        row = tuple(words(plain(text)))
        return [finding for rule in self._rules for finding in rule(text, row)]


def _terms(texts: Sequence[str]) -> list[Term]:
    return [parse_term(text.removeprefix("#")) for text in texts]


def _listed(texts: Sequence[str], score: float, reason: str) -> Rule:
    index = TermIndex(_terms(texts))

    def rule(text: str, row: Sequence[Word]) -> Iterator[Finding]:
        for _, start, end in index.find([word.letters for word in row]):
            span = (row[start].start, row[end - 1].end)
            yield Finding(CATEGORY, score, "brand: " + reason.format(repr(text[slice(*span)])), span)

    return rule


def _missing(texts: Sequence[str], reason: str) -> Rule:
    terms = _terms(texts)
    index = TermIndex(terms)

    def rule(text: str, row: Sequence[Word]) -> Iterator[Finding]:
        if terms and not any(index.find([word.letters for word in row])):
            yield Finding(CATEGORY, MISSING, "brand: " + reason.format(", ".join(term.source for term in terms)))

    return rule


def _links(sites: Sequence[str]) -> Rule:
    """Links must lead to one of `sites` or a part of one."""
    allowed = [site.casefold() for site in sites]

    def rule(text: str, row: Sequence[Word]) -> Iterator[Finding]:
        for match in LINK.finditer(text):
            host = match[0].casefold().split("://")[-1].split("/")[0].split("?")[0].split("@")[-1].split(":")[0]
            if not any(host == site or host.endswith(f".{site}") for site in allowed):
                yield Finding(
                    CATEGORY, FORBIDDEN_LINK, f"brand: a link to {host!r}, which is not among the allowed", match.span()
                )

    return rule


def _expression(source: str) -> Rule:
    """A regular expression that is stopped when it takes too long, which then is for a person to look at."""
    if len(source) > LONGEST_EXPRESSION:
        raise PolicyError(f"the expression {source[:40]!r}... is longer than {LONGEST_EXPRESSION} characters")
    try:
        pattern = regex.compile(source, regex.IGNORECASE)
    except regex.error as error:
        raise PolicyError(f"the expression {source!r} cannot be read ({error})") from error

    def rule(text: str, row: Sequence[Word]) -> Iterator[Finding]:
        try:
            match = pattern.search(text, timeout=EXPRESSION_SECONDS)
        except TimeoutError:
            yield Finding(CATEGORY, EXPRESSION, f"brand: the expression {source!r} takes too long; a person must look")
            return
        if match:
            yield Finding(CATEGORY, EXPRESSION, f"brand: {match[0][:80]!r} matches {source!r}", match.span())

    return rule


RULES: Mapping[str, Callable[[Sequence[str]], Iterable[Rule]]] = {
    "banned": lambda texts: [_listed(texts, BANNED, "{} is banned by the brand's rules")],
    "claims": lambda texts: [_listed(texts, CLAIM, "{} is a claim that needs proof")],
    "competitors": lambda texts: [_listed(texts, COMPETITOR, "{} names a competitor")],
    "required": lambda texts: [_missing(texts, "the text must mention one of: {}")],
    "disclosure": lambda texts: [_missing(texts, "the text must be disclosed with one of: {}")],
    "allowed_links": lambda texts: [_links(texts)],
    "expressions": lambda texts: map(_expression, texts),
}
"""What each list under `options.brand` makes; a PolicyError without file and line where it cannot be read."""
