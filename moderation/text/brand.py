"""A team's own rules: banned and required words, competitors, claims, links, disclosure tags, regular expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

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
KEYS = ("banned", "claims", "competitors", "required", "disclosure", "allowed_links", "expressions")

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
            PolicyError: an unknown rule, a term or an expression that cannot be read.
        """
        options = policy.options.get(CATEGORY, {})
        for key in options:
            if key not in KEYS:
                raise PolicyError(
                    f"{policy.path}: unknown rule {key!r} under [options.brand]. Known: {', '.join(KEYS)}."
                )
        try:
            return cls(list(_rules(options)))
        except PolicyError as error:
            raise PolicyError(f"{policy.path}: [options.brand]: {error}.") from error

    def examine(self, text: str, /) -> list[Finding]:
        """One finding for each rule that `text` breaks."""
        row = tuple(words(plain(text)))
        return [finding for rule in self._rules for finding in rule(text, row)]


def _rules(options: Mapping[str, Any]) -> Iterator[Rule]:
    yield _listed(_terms(options, "banned"), BANNED, "{} is banned by the brand's rules")
    yield _listed(_terms(options, "claims"), CLAIM, "{} is a claim that needs proof")
    yield _listed(_terms(options, "competitors"), COMPETITOR, "{} names a competitor")
    yield _missing(_terms(options, "required"), "the text must mention one of: {}")
    yield _missing(_terms(options, "disclosure"), "the text must be disclosed with one of: {}")
    if "allowed_links" in options:
        yield _links(tuple(site.casefold() for site in _strings(options, "allowed_links")))
    for source in _strings(options, "expressions"):
        yield _expression(source)


def _strings(options: Mapping[str, Any], key: str) -> list[str]:
    values = options.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise PolicyError(f"{key!r} must be a list of texts")
    return values


def _terms(options: Mapping[str, Any], key: str) -> list[Term]:
    return [parse_term(value.removeprefix("#")) for value in _strings(options, key)]


def _listed(terms: Sequence[Term], score: float, reason: str) -> Rule:
    index = TermIndex(terms)

    def rule(text: str, row: Sequence[Word]) -> Iterator[Finding]:
        for _, start, end in index.find([word.letters for word in row]):
            span = (row[start].start, row[end - 1].end)
            yield Finding(CATEGORY, score, "brand: " + reason.format(repr(text[slice(*span)])), span)

    return rule


def _missing(terms: Sequence[Term], reason: str) -> Rule:
    index = TermIndex(terms)

    def rule(text: str, row: Sequence[Word]) -> Iterator[Finding]:
        if terms and not any(index.find([word.letters for word in row])):
            yield Finding(CATEGORY, MISSING, "brand: " + reason.format(", ".join(term.source for term in terms)))

    return rule


def _links(allowed: Sequence[str]) -> Rule:
    """Links must lead to one of `allowed` sites or a part of one."""

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
