from pathlib import Path

import pytest

from moderation import Decision, Policy, PolicyError, Thresholds, Verdict, decide
from moderation.policy import CATEGORIES, DEFAULT_POLICY

SHIPPED = DEFAULT_POLICY.read_text(encoding="utf-8")


def policy_file(folder: Path, text: str) -> Path:
    path = folder / "moderation.toml"
    path.write_text(text, encoding="utf-8")
    return path


def verdict(decision: Decision) -> Verdict:
    return Verdict(
        "rules", "1", "draft", {"hate": 0.4}, {"hate": Thresholds(0.5, 0.9)}, decision, "because", "hate", (3, 9)
    )


def test_the_shipped_policy_has_thresholds_for_every_category() -> None:
    policy = Policy.load()
    for category in CATEGORIES:
        pair = policy.thresholds("rules", category)
        assert 0 < pair.review <= pair.block


def test_decisions_are_ordered_and_the_strictest_verdict_wins() -> None:
    assert Decision.ALLOW < Decision.REVIEW < Decision.BLOCK
    assert decide([verdict(Decision.ALLOW), verdict(Decision.BLOCK), verdict(Decision.REVIEW)]) is Decision.BLOCK
    assert decide([verdict(Decision.ALLOW)]) is Decision.ALLOW


def test_no_verdict_at_all_means_that_a_person_must_look() -> None:
    assert decide([]) is Decision.REVIEW


def test_a_verdict_says_everything_in_types_of_json() -> None:
    said = verdict(Decision.REVIEW).to_dict()
    assert said["decision"] == "review"
    assert said["scores"] == {"hate": 0.4}
    assert said["thresholds"] == {"hate": [0.5, 0.9]}
    assert said["span"] == [3, 9]


def test_networks_channels_and_accounts_can_only_be_stricter_than_the_base(tmp_path: Path) -> None:
    text = SHIPPED + (
        '\n[channels."#kids"]\nprofanity = { review = 0.1, block = 0.2 }\n'
        '[channels."#loose"]\nprofanity = { review = 0.8, block = 1.1 }\n'
        '[accounts."acme"]\nprofanity = { review = 0.4, block = 0.6 }\n'
    )
    policy = Policy.load(policy_file(tmp_path, text))
    base = policy.thresholds("rules", "profanity")
    assert policy.thresholds("rules", "profanity", channel="#loose") == base
    assert policy.thresholds("rules", "profanity", channel="#kids") == Thresholds(0.1, 0.2)
    assert policy.thresholds("rules", "profanity", networks=["linkedin"], accounts=["acme"]) == Thresholds(0.3, 0.6)
    assert policy.thresholds("rules", "profanity", networks=["unheard of"], channel="#other") == base


def test_a_moderators_own_thresholds_replace_the_general_ones_of_the_same_level() -> None:
    policy = Policy.load()
    assert policy.thresholds("open-nsfw", "sexual").block == 0.8
    assert policy.thresholds("rules", "sexual").block == 0.9


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("\n[networks.x2]\nspam = { review = 0.5, block = 0.9 }\n", "unknown category or moderator 'spam'"),
        ("\n[networks.x2]\nhate = { review = 0.9, block = 0.5 }\n", "the wrong way round"),
        ("\n[networks.x2]\nhate = { review = 0.0, block = 0.5 }\n", "the wrong way round"),
        ("\n[networks.x2]\nhate = { review = 0.5 }\n", "must be two numbers"),
        ("\n[networks.x2]\nhate = { review = nan, block = 1 }\n", "must be two numbers"),
        ("\n[networks.x2]\nhate = { review = true, block = 1 }\n", "must be two numbers"),
        ("\n[networks.x2.rules]\nspam = { review = 0.5, block = 0.9 }\n", "unknown category 'spam'"),
        ("\n[options.oracle]\npath = 1\n", "unknown moderator 'oracle'"),
        ("\n[surprise]\na = 1\n", "unknown section 'surprise'"),
    ],
)
def test_a_policy_that_cannot_be_applied_is_refused_with_file_and_line(
    tmp_path: Path, wrong: str, message: str
) -> None:
    path = policy_file(tmp_path, SHIPPED + wrong)
    line = len((SHIPPED + wrong).splitlines()) - ("surprise" in wrong or "oracle" in wrong)
    with pytest.raises(PolicyError) as refused:
        Policy.load(path)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{path}, line {line}:")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('text = ["rules", ', 'text = ["rules", "guess", ', "unknown moderator 'guess'"),
        ('text = ["rules", ', 'text = ["rules", "rules", ', "twice"),
        ("time_limit_seconds = ", "time_limit_seconds = -", "must be a number above 0"),
        ("blank = {", "# blank = {", "no thresholds for 'blank'"),
        ("[thresholds]", "[thresholds", "not TOML"),
        ("expressions = []", "expressions = [", "not TOML"),
    ],
)
def test_mistakes_in_the_shipped_sections_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SHIPPED
    with pytest.raises(PolicyError, match=r"line \d+: ") as refused:
        Policy.load(policy_file(tmp_path, SHIPPED.replace(old, new, 1)))
    assert message in str(refused.value)


def test_a_missing_policy_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nowhere\.toml: the moderation policy cannot be read"):
        Policy.load(tmp_path / "nowhere.toml")


def test_a_policy_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "moderation.toml"
    path.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(PolicyError, match="UTF-8"):
        Policy.load(path)
