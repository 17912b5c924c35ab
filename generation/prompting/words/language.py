"""Guesses the language of a draft from its script and its commonest words; says "und" where it cannot tell."""

from __future__ import annotations

import re
import unicodedata

UNDETERMINED = "und"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

# Scripts that nearly settle the language. Han is left for last: Japanese mixes it with kana.
_SCRIPTS = (
    ("HIRAGANA", "ja"), ("KATAKANA", "ja"), ("HANGUL", "ko"), ("DEVANAGARI", "hi"), ("ARABIC", "ar"), ("HEBREW", "he"),
    ("CYRILLIC", "ru"), ("GREEK", "el"), ("THAI", "th"), ("BENGALI", "bn"), ("TAMIL", "ta"), ("CJK", "zh"),
)  # fmt: skip

# Frequent short words that one language has and the others of this list lack or seldom use.
_STOP_WORDS = {
    "en": "no not never by from or as an more one all if the and is are was of to in it you for that this "
    "with on my we our be have just so not your at all what new today love i'm it's don't can who "
    "when how they get me out up about i",
    "es": "el los las una unos de del que y en es por para con mi tu su muy está están hoy pero más como "
    "este esta nuestro nuestra todo nuevo nueva gracias amigos hola qué mañana vamos lo se nos al ya "
    "sin feliz buenos buenas días tardes viernes lunes ganamos tenemos somos nuestros nuestras tus "
    "mis sus cuando donde quién porque",
    "pt": "os as uma um de do da dos das que e em é por para com meu minha seu sua muito não hoje mas mais "
    "como este esta nosso nossa novo nova obrigado obrigada você amigos olá amanhã vamos no na ao já "
    "sem pra gente feliz bom boa dia tarde sexta segunda ganhou temos somos nossos nossas seus suas "
    "quando onde quem porque foi tem à",
    "fr": "le les une des du de que et en est pour avec mon ma mes notre nos votre très pas aujourd'hui "
    "mais plus comme ce cette nouveau nouvelle merci vous nous je tu il elle bonjour demain c'est "
    "j'ai au aux sans on sur trop joyeux joyeuse bon bonne tous toutes parti quand où qui parce "
    "nouveaux nouvelles sont avons avez fait tout quel quelle",
    "de": "der die das ein eine und ist nicht für mit mein meine unser unsere sehr heute aber mehr wie "
    "dieser diese neu neue danke wir ihr ich du er sie hallo morgen auf zum zur im den dem von ohne "
    "noch auch schon jetzt endlich suchen frohe fröhliche euch allen weihnachten fürs dann wenn sind "
    "habe haben hat liebe wochenende guten gute schönen bei beim nach aus oder was kein keine",
    "it": "il gli una di del della che e è per con mio mia nostro nostra molto non oggi ma più come questo "
    "questa nuovo nuova grazie ciao domani siamo ho sono anche",
    "nl": "de het een en is niet voor met mijn onze heel vandaag maar meer zoals deze dit nieuw nieuwe "
    "bedankt wij jullie ik hallo morgen op van zijn ook nu",
}
_STOP_SETS = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}
_ENGLISH_TOO = (
    "no as do die war was on in so an plus pour son dos main des sans hat man also bad den dem am has come his a me "
    "is of op over per van net en com era tu ya lo se para al bon mes est"
)
_ALSO_ENGLISH = frozenset(_ENGLISH_TOO.split())
_OTHER_SCRIPT_SHARE = 0.3


def is_stop_word(word: str) -> bool:
    """Whether a word is one of the little words of any language known here."""
    return any(word in stop for stop in _STOP_SETS.values())


def detect_language(text: str) -> str:
    """The ISO 639-1 code of the draft's language, or "und".

    A guess for choosing keyword tables and notices, not a classifier: related languages of the same script
    (Ukrainian, Urdu, Marathi) are taken for the commonest one.
    """
    text = re.sub(r"https?://\S+|[@#]\w+", " ", text)
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return UNDETERMINED
    script = _script_language(letters)
    if script:
        return script
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    hits = {language: _hits(words, stop) for language, stop in _STOP_SETS.items()}
    ordered = sorted(hits, key=lambda language: -hits[language])
    best, second = ordered[0], ordered[1]
    if best == "en" and hits[second] == hits["en"] and any(not character.isascii() for character in letters):
        best, second = second, best  # accents speak against English
    if hits[best] > hits[second] or (hits[best] and best != "en" and "en" in (best, second)):
        return best
    # Slang drafts often hold no stop word at all; plain ASCII is then English by far most often.
    return "en" if all(character.isascii() for character in letters) and hits["en"] >= hits[best] else UNDETERMINED


def _hits(words: list[str], stop: frozenset[str]) -> int:
    """How many words speak for a language; words that English has too only count beside others."""
    found = [word for word in words if word in stop]
    return len(found) if stop is _STOP_SETS["en"] or any(word not in _ALSO_ENGLISH for word in found) else 0


def _script_language(letters: list[str]) -> str:
    counts: dict[str, int] = {}
    for character in letters:
        if not character.isascii():
            name = unicodedata.name(character, "")
            for script, language in _SCRIPTS:
                if name.startswith(script):
                    key = language if script != "CJK" else "zh"
                    counts[key] = counts.get(key, 0) + 1
                    break
    if not counts or sum(counts.values()) < _OTHER_SCRIPT_SHARE * len(letters):
        return ""
    if "ja" in counts:
        return "ja"
    return max(counts, key=lambda language: counts[language])
