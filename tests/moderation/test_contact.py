"""A firm's own contact data is no leak; somebody else's is."""

from dataclasses import replace

import pytest

from moderation import Decision, Moderators, Policy


@pytest.fixture(scope="module")
def personal_data() -> Moderators:
    return Moderators(replace(Policy.load(), text=("personal-data",)))


@pytest.mark.parametrize(
    "text",
    [
        "Reach us on 020 7946 0857 or at hello@fernandfig.example, we answer within the day.",
        "Bookings: table@osteriabianca.example",
        "Ruft uns an: 030 123 456 78, Termine gibt es noch am Freitag.",
        "Llámanos al +34 612 345 678 para reservas.",
    ],
)
def test_a_firm_that_asks_to_be_reached_is_let_through_and_the_number_stays_in_the_verdict(
    personal_data: Moderators, text: str
) -> None:
    (verdict,) = personal_data.judge_text(text)
    assert verdict.decision is Decision.ALLOW
    assert verdict.scores["personal-data"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "Our last landlord cheated us. Call him at home, 07700 900 123, day and night!",
        "We've got her number, it's 07700 900 123. Text her what you think of her.",
        "Write to jane.doe@mail.example and tell the liar.",
        "Tell her at info@herfirm.example what we think.",
        "Send our invoice to DE89 3704 0044 0532 0130 00, call us.",
    ],
)
def test_the_number_of_somebody_else_is_shown_to_a_person(personal_data: Moderators, text: str) -> None:
    (verdict,) = personal_data.judge_text(text)
    assert verdict.decision is Decision.REVIEW
