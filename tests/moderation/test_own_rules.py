from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moderation import Decision, Moderators, Policy, PolicyError, Verdict
from moderation.policy import DEFAULT_POLICY
from moderation.text.brand import Brand
from moderation.text.personal_data import PersonalData


def judged(moderator: str, text: str, **options: Any) -> Verdict:
    policy = replace(Policy.load(), text=(moderator,), options={moderator: options})
    (verdict,) = Moderators(policy).judge_text(text)
    return verdict


@pytest.mark.parametrize(
    ("text", "found", "decision"),
    [
        ("Write to jane.doe+news@mail.acme.example today", "jane.doe+news@mail.acme.example", Decision.REVIEW),
        ("Call me: +49 170 1234567!", "+49 170 1234567", Decision.REVIEW),
        ("Call (020) 7946-0018 now", "(020) 7946-0018", Decision.REVIEW),
        ("My card is 4111 1111 1111 1111.", "4111 1111 1111 1111", Decision.BLOCK),
        ("Pay to DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00", Decision.REVIEW),
        ("key AKIAIOSFODNN7EXAMPLE leaked", "AKIAIOSFODNN7EXAMPLE", Decision.BLOCK),
        ("use sk-proj-abcdefghijklmnopqrstuvwx1234", "sk-proj-abcdefghijklmnopqrstuvwx1234", Decision.BLOCK),
        ("password: hunter22", "password: hunter22", Decision.BLOCK),
    ],
)
def test_personal_data_is_found_where_it_stands_and_not_repeated(text: str, found: str, decision: Decision) -> None:
    verdict = judged("personal-data", text)
    assert verdict.decision is decision
    assert verdict.span is not None
    assert text[slice(*verdict.span)] == found
    assert found not in verdict.reason


@pytest.mark.parametrize(
    "text",
    [
        "Since 1998-2024, on 12.05.2026 or 2026-11-22 at 10:30-11:45",
        "Over 1 000 000 000 downloads, 1.234.567,89 euros, $12,345,678",
        "Order 4111 1111 1111 1112 is no card",
        "Version 3.11.7, ISBN without spaces, 50-60%",
        "Follow @jane and #acme2026 at www.acme.example/2026/11/22",
        "Our secret: butter. The token economy is password free.",
        "12345678",
    ],
)
def test_dates_prices_and_wrong_check_digits_are_no_personal_data(text: str) -> None:
    assert judged("personal-data", text).decision is Decision.ALLOW


def test_a_teams_own_addresses_may_be_allowed() -> None:
    assert judged("personal-data", "Mail Hello@Acme.example", allowed=["hello@acme.example"]).decision is Decision.ALLOW
    assert judged("personal-data", "+44 20 7946 0000", allowed=["+44 (20) 7946-0000"]).decision is Decision.ALLOW


@pytest.mark.parametrize(
    "text", ["1" * 20_000, "1 " * 20_000, "a@" * 10_000, "a.b" * 7_000, "+" * 20_000, "eyJ" * 7_000]
)
def test_no_text_stalls_the_search_for_personal_data(text: str) -> None:
    PersonalData().examine(text)


@pytest.mark.parametrize(
    ("options", "text", "decision"),
    [
        ({"banned": ["world class"]}, "A World-Class tool", Decision.BLOCK),
        ({"banned": ["cheap*"]}, "Not a word about price", Decision.ALLOW),
        ({"claims": ["cures"]}, "This tea cures everything", Decision.REVIEW),
        ({"competitors": ["globex"]}, "Better than GLOBEX!", Decision.REVIEW),
        ({"required": ["acme"]}, "Acme is here", Decision.ALLOW),
        ({"required": ["acme"]}, "We are here", Decision.REVIEW),
        ({"disclosure": ["#ad", "#sponsored"]}, "Buy this #Ad", Decision.ALLOW),
        ({"disclosure": ["#ad", "#sponsored"]}, "Buy this address book", Decision.REVIEW),
        ({"allowed_links": ["acme.example"]}, "See https://blog.acme.example/x?y", Decision.ALLOW),
        ({"allowed_links": ["acme.example"]}, "See https://acme.example.evil.example/", Decision.REVIEW),
        ({"allowed_links": ["acme.example"]}, "See https://acme.example@evil.example/", Decision.REVIEW),
        ({"expressions": [r"project \w+ \d{4}"]}, "On Project Zeus 2031", Decision.REVIEW),
        ({"expressions": [r"project \w+ \d{4}"]}, "On projects", Decision.ALLOW),
    ],
)
def test_brand_rules_hold(options: dict[str, Any], text: str, decision: Decision) -> None:
    assert judged("brand", text, **options).decision is decision


def test_an_expression_that_would_take_for_ever_is_stopped_and_shown_to_a_person() -> None:
    verdict = judged("brand", "a" * 5_000 + "!", expressions=[r"(a|a|aa)+(a|aa)+$"])
    assert verdict.decision is Decision.REVIEW
    assert "takes too long" in verdict.reason


@pytest.mark.parametrize(
    "options",
    [{"expressions": ["(("]}, {"bans": []}, {"banned": "word"}, {"banned": ["~"]}, {"expressions": ["a" * 1_000]}],
)
def test_brand_rules_that_cannot_be_read_are_refused_with_the_file(options: dict[str, Any]) -> None:
    policy = replace(Policy.load(), options={"brand": options})
    with pytest.raises(PolicyError, match=r"moderation\.toml, line \d+: \[options\.brand\] \w+: "):
        Brand.load(policy)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "expressions = []",
            "expressions = ['fine', '((']",
            "[options.brand] expressions: the expression '(('",
        ),
        ("competitors = []", "competitors = ['']", "[options.brand] competitors: must be a list of texts."),
        ("allowed = []", "allowed = 7", "[options.personal-data] allowed: must be a list of texts."),
    ],
)
def test_a_mistake_in_a_teams_own_rules_is_refused_with_file_and_line_before_anything_is_judged(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    shipped = DEFAULT_POLICY.read_text(encoding="utf-8")
    path = tmp_path / "moderation.toml"
    path.write_text(shipped.replace(f"\n{old}", f"\n{new}"), encoding="utf-8")
    line = shipped.splitlines().index(old) + 1
    with pytest.raises(PolicyError) as refused:
        Moderators.load(path)
    assert str(refused.value).startswith(f"{path}, line {line}: {told}")
