from pathlib import Path

import pytest

from moderation import Decision, ModerationError, Moderators, Policy, PolicyError, Verdict, decide
from moderation.model_file import checked_bytes
from moderation.text.encoder import SentenceEncoder
from moderation.text.examples import DEFAULT_SENTENCES, Examples, Stored, key
from moderation.text.rules import RuleList
from moderation.text.terms import parse_term


def by_name(verdicts: tuple[Verdict, ...]) -> dict[str, Verdict]:
    return {verdict.moderator: verdict for verdict in verdicts}


@pytest.mark.parametrize(
    "text",
    [
        "Come to our summer party on Friday, there is cake!",
        "Greetings from Scunthorpe, Penistone and Cockermouth.",
        "Our analysts pass the assessment with class.",
        "Spotted dick with custard is back.",
        "Break a leg tonight, you are going to kill it on stage!",
        "Breast cancer screening saves lives.",
        "Happy Pride from our queer choir.",
        "Un peu de retard, mais le train arrive.",
        "Der Hund schläft.",
        "新しいカフェが明日オープンします。",
        "",
        "🎉🎉🎉",
        "\x00\x00",
    ],
)
def test_harmless_texts_pass(moderators: Moderators, text: str) -> None:
    assert decide(moderators.judge_text(text)) is Decision.ALLOW


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("This is fucking awful.", "profanity"),
        ("Kill yourself.", "self-harm"),
        ("We will kill you all.", "threat"),
        ("Sieg Heil my friends", "hate"),
        ("Send nudes to my inbox", "sexual"),
        ("Get lost you pathetic worthless asshole", "profanity"),
    ],
)
def test_clear_cases_are_stopped_by_the_list_of_words(moderators: Moderators, text: str, category: str) -> None:
    verdict = by_name(moderators.judge_text(text))["rules"]
    assert verdict.decision is Decision.BLOCK
    assert verdict.category == category
    assert verdict.span is not None
    assert repr(text[slice(*verdict.span)]) in verdict.reason


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Everyone in this team thinks that she is stupid and ugly.", "harassment"),
        ("People of that religion should not be let into our country.", "hate"),
        ("I will wait for you after work and hurt you.", "threat"),
        ("We sell any medicine without a prescription, cheap.", "illegal"),
    ],
)
def test_meaning_is_shown_to_a_person_even_without_a_listed_word(
    moderators: Moderators, text: str, category: str
) -> None:
    verdicts = by_name(moderators.judge_text(text))
    assert verdicts["rules"].decision is Decision.ALLOW
    assert verdicts["meaning"].decision is Decision.REVIEW
    assert verdicts["meaning"].category == category


@pytest.mark.parametrize(
    "text",
    [
        "Our bitch won best in show, says the proud breeder.",
        "I'm the idiot who ordered 4,000 lemons instead of 400. Lemonade, anyone?",
        "Police found cocaine worth two million in a container of bananas.",
        "Mr Wang, Mrs Dyke and Dr Butts welcome you to their new dental practice.",
        "Food porn: the melting cheese of our raclette.",
    ],
)
def test_an_ambiguous_word_passes_where_the_text_reads_harmless(moderators: Moderators, text: str) -> None:
    assert decide(moderators.judge_text(text)) is Decision.ALLOW


@pytest.mark.parametrize(
    "text",
    [
        "Buy our stuff, bitches!!!",
        "Only an idiot like you would complain about that.",
        "Fresh cocaine, delivered tonight.",
        "No dykes in our bar.",
        "She's a horny one, that new barmaid.",
    ],
)
def test_an_ambiguous_word_is_shown_to_a_person_where_it_does_not(moderators: Moderators, text: str) -> None:
    assert decide(moderators.judge_text(text)) > Decision.ALLOW


def test_whether_a_word_is_ambiguous_the_list_says(tmp_path: Path) -> None:
    listed = '[[terms]]\ncategory = "harassment"\nscore = 0.4\nwords = ["llamas"]\n'
    sentences = (
        'harmless = ["We sell cheese.", "Our shop is open."]\nharassment = ["You are stupid.", "What an idiot."]\n'
    )
    text = "The llamas of that firm are slow."
    scores = []
    for place, words in enumerate((listed, f"{listed}ambiguous = true\n")):
        (tmp_path / str(place)).mkdir()
        judges = Moderators.load(policy_with(tmp_path / str(place), words=words, sentences=sentences))
        scores.append(by_name(judges.judge_text(text))["meaning"].scores["harassment"])
    assert scores[1] > scores[0]


@pytest.mark.parametrize(
    "text",
    [
        "Tu ek number ka bewakoof hai, nikamma aadmi.",
        "तुझे जान से मार दूंगा।",
        "Bina exam ke degree, pakka kaam.",
        "नकली नोट चाहिए तो संपर्क करें।",
    ],
)
def test_hindi_is_read_in_both_its_scripts(moderators: Moderators, text: str) -> None:
    assert by_name(moderators.judge_text(text))["rules"].decision > Decision.ALLOW


def test_harmless_hindi_passes(moderators: Moderators) -> None:
    for text in ("Diwali ki dher saari shubhkaamnayein!", "हमारी नई दुकान कल सुबह दस बजे खुल रही है, ज़रूर आइए।"):
        assert decide(moderators.judge_text(text)) is Decision.ALLOW


def test_a_bad_sentence_is_found_among_harmless_ones_and_pointed_at(moderators: Moderators) -> None:
    bad = "You are a stupid and worthless person."
    text = f"Our new office is open. {bad} There will be cake and coffee for everybody."
    verdict = by_name(moderators.judge_text(text))["meaning"]
    assert verdict.decision is Decision.REVIEW
    assert verdict.span is not None
    assert text[slice(*verdict.span)] == bad


def test_a_stricter_network_shows_what_another_lets_pass(moderators: Moderators) -> None:
    text = "Damn, this coffee is good."
    assert decide(moderators.judge_text(text, network="x")) is Decision.ALLOW
    assert decide(moderators.judge_text(text, network=["x", "linkedin"])) is Decision.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "a" * 20_000,
        "a " * 20_000,
        "b1" * 10_000,
        "f*" * 10_000,
        "é" * 20_000,
        "🅰" * 20_000,
        "a.b-" * 5_000,
        "1!" * 10_000,
    ],
    ids=lambda text: text[:4],
)
def test_long_strange_texts_are_judged_without_failing(moderators: Moderators, text: str) -> None:
    verdicts = moderators.judge_text(text)
    assert not [verdict for verdict in verdicts if "failed" in verdict.reason or "longer than" in verdict.reason]


def test_what_is_too_long_to_read_to_its_end_is_shown_to_a_person(moderators: Moderators) -> None:
    text = " ".join(f"Sentence number {n} tells of a nice day at the sea." for n in range(400))
    verdict = by_name(moderators.judge_text(text))["meaning"]
    assert verdict.decision is Decision.REVIEW
    assert "too long" in verdict.reason


@pytest.mark.parametrize("text", ["kys" * 6_666, "ab1!" * 5_000])
def test_an_endless_text_without_a_space_is_shown_to_a_person_and_a_long_address_is_not(
    moderators: Moderators, text: str
) -> None:
    assert by_name(moderators.judge_text(text))["meaning"].decision is Decision.REVIEW
    address = "https://acme.example/" + "a1b2" * 100
    assert by_name(moderators.judge_text(address))["meaning"].decision is Decision.ALLOW


def test_what_is_stored_belongs_to_the_shipped_sentences() -> None:
    encoder = SentenceEncoder.load()
    stored, examples = Stored.read(DEFAULT_SENTENCES), Examples.read(DEFAULT_SENTENCES)
    assert stored.fingerprint == examples.fingerprint
    assert stored.profiles.keys() == {key(sentence) for sentence in examples.sentences}
    sentence = "Come to our summer party on Friday!"
    assert encoder.profiles([sentence])[0] @ stored.profiles[key(sentence)] > 2 * 0.999


def policy_with(tmp_path: Path, words: str = "", sentences: str = "") -> Policy:
    folder = tmp_path / "moderation"
    folder.mkdir()
    shipped = Policy.load()
    (tmp_path / "moderation.toml").write_text(shipped.path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "words.toml").write_text(words or "terms = []", encoding="utf-8")
    (folder / "sentences.toml").write_text(sentences, encoding="utf-8")
    return Policy.load(tmp_path / "moderation.toml")


def test_a_sentence_that_a_person_adds_works_at_once(tmp_path: Path) -> None:
    sentences = 'harmless = ["We sell cheese."]\nbrand = ["The blue bicycle is better than our bicycle."]\n'
    moderators = Moderators.load(policy_with(tmp_path, sentences=sentences))
    assert (
        by_name(moderators.judge_text("The blue bike is much better than our bike."))["meaning"].scores["brand"] > 0.5
    )


@pytest.mark.parametrize(
    "words",
    [
        '[[terms]]\ncategory = "spam"\nscore = 0.5\nwords = ["a"]',
        '[[terms]]\ncategory = "hate"\nscore = 2\nwords = ["a"]',
        '[[terms]]\ncategory = "hate"\nscore = 0.5\nwords = ["a(b"]',
        '[[terms]]\ncategory = "hate"\nscore = 0.5\nwords = ["~ b"]',
        '[[terms]]\ncategory = "hate"\nscore = 0.5\nwords = [""]',
        '[[terms]]\ncategory = "hate"\nscore = 0.5\nambiguous = "yes"\nwords = ["a"]',
        "not toml at all",
    ],
)
def test_a_list_of_words_that_cannot_be_used_is_refused_with_its_name(tmp_path: Path, words: str) -> None:
    with pytest.raises(PolicyError, match=r"words\.toml"):
        RuleList.load(policy_with(tmp_path, words=words))


def test_terms_match_whole_words_endings_alternatives_and_gaps() -> None:
    term = parse_term("send me? your|ur ~ photo*")
    assert term.end(["send", "your", "very", "nice", "new", "photos", "now"], 0) == 6
    assert term.end(["send", "me", "ur", "photo"], 0) == 4
    assert term.end(["send", "him", "your", "photo"], 0) == -1
    assert term.end(["send", "your", "one", "two", "three", "four", "photo"], 0) == -1


def test_a_damaged_model_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"not the model")
    with pytest.raises(ModerationError, match=r"model\.onnx: the model file is damaged"):
        checked_bytes(file, "0" * 64)
    with pytest.raises(ModerationError, match="cannot be read"):
        checked_bytes(tmp_path / "missing.onnx", "0" * 64)
