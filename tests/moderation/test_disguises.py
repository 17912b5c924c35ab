import pytest

from moderation import Decision, Moderators, decide
from moderation.policy import Policy
from moderation.text.lexicon import Lexicon
from moderation.text.readings import readings
from moderation.text.rules import WordList

PLAIN = "you are a worthless idiot"
DISGUISED = {
    "spaces between letters": "y o u  a r e  a  w o r t h l e s s  i d i o t",
    "dots between letters": "y.o.u a.r.e a w.o.r.t.h.l.e.s.s i.d.i.o.t",
    "leet": "y0u 4r3 4 w0r7hl355 1d10t",
    "Cyrillic look-alikes": "уоu аrе а wоrthlеss іdіоt",
    "full width": "ｙｏｕ ａｒｅ ａ ｗｏｒｔｈｌｅｓｓ ｉｄｉｏｔ",
    "mathematical letters": "𝒚𝒐𝒖 𝒂𝒓𝒆 𝒂 𝒘𝒐𝒓𝒕𝒉𝒍𝒆𝒔𝒔 𝒊𝒅𝒊𝒐𝒕",
    "emoji letters": "🆈🅾🆄 🅰🆁🅴 🅰 🆆🅾🆁🆃🅷🅻🅴🆂🆂 🅸🅳🅸🅾🆃",
    "zero width": "w\u200bo\u200br\u200bt\u200bh\u200bl\u200be\u200bs\u200bs i\u200bd\u200bi\u200bo\u200bt",
    "marks": "y̶o̶u̶ a̶r̶e̶ a̶ w̶o̶r̶t̶h̶l̶e̶s̶s̶ i̶d̶i̶o̶t̶",
    "backwards": PLAIN[::-1],
    "each word backwards": " ".join(word[::-1] for word in PLAIN.split()),
    "turned round": "ʇoᴉpᴉ ssǝlɥʇɹoʍ ɐ ǝɹɐ noʎ",
    "split over lines": "you a\nre a worth\nless idi\not",
    "repeated letters": "youuu areee a woooorthless idiooot",
    "masked": "y*u are a w*rthless id*ot",
}


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return WordList.load(Policy.load()).lexicon()


@pytest.mark.parametrize("disguised", DISGUISED.values(), ids=DISGUISED.keys())
def test_a_disguised_insult_is_read_and_caught(moderators: Moderators, lexicon: Lexicon, disguised: str) -> None:
    assert any("worthless idiot" in reading.text for reading in readings(disguised, lexicon))
    assert decide(moderators.judge_text(disguised)) > Decision.ALLOW


def test_what_was_found_in_disguise_is_pointed_at_where_it_stands(moderators: Moderators) -> None:
    text = "Hello there, f.u.c.k this."
    (verdict, *_) = moderators.judge_text(text)
    assert verdict.span is not None
    assert text[slice(*verdict.span)].startswith("f.u.c.k")


def test_a_guess_at_a_disguise_stops_nothing_by_itself(moderators: Moderators) -> None:
    assert decide(moderators.judge_text("What the f*ck")) is Decision.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "My pen is blue and the push it needs is small",
        "Mail bob.smith@host.example or see www.foo-bar.example/class-action",
        "COVID-19, H1N1, 5G, 2nd place, 50% off, $20",
        "Open 7am to 9pm, 5k run at 10ish, 2nd lap free",
        "a well-known state-of-the-art drive-in",
        "Вкусный кофе и пирожки",
        "Los perros corren por la playa",
    ],
)
def test_ordinary_signs_and_languages_are_left_as_they_are(lexicon: Lexicon, text: str) -> None:
    assert [reading.name for reading in readings(text, lexicon)] == ["as written"]


def test_place_names_are_not_cut_into_rude_words(moderators: Moderators) -> None:
    assert (
        decide(moderators.judge_text("Penistone, Scunthorpe, Clitheroe, Cockermouth, Shitterton, Twatt"))
        is Decision.ALLOW
    )


@pytest.mark.parametrize("repeat", [1, 50])
def test_every_place_of_a_reading_lies_in_the_text(lexicon: Lexicon, repeat: int) -> None:
    for disguised in DISGUISED.values():
        text = f"{disguised}\n" * repeat
        for reading in readings(text, lexicon):
            assert all(0 <= word.start < word.end <= len(text) for word in reading.words)
