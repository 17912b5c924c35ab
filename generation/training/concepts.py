"""What the illustrations show, in the words people use: names, everyday synonyms, how often each is worth drawing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

# emojibase's groups: 0 smileys, 1 people, 2 components, 3 animals and nature, 4 food, 5 travel, 6 activities,
# 7 objects, 8 symbols, 9 flags. Posts speak of things; skin tones and country flags teach nothing about drawing.
GROUP_WEIGHTS = {0: 0.6, 1: 0.3, 3: 1.0, 4: 1.0, 5: 1.0, 6: 1.2, 7: 1.2, 8: 0.25}
GENDERED_WEIGHT = 0.4
"""A profession is drawn as person, man and woman; together they count about as much as a thing."""
LEFT_OUT = re.compile(
    r"button|keycap|square|circled|input |zodiac|o’clock|-thirty|sign$|arrow$|\bflag:|family|couple|kiss:"
)
ICON_WEIGHTS = {"flat-color-icons": 0.4, "meteocons": 0.25}
ICON_BRANDS = frozenset(
    [
        "android",
        "about",
        "google",
        "facebook",
        "linkedin",
        "twitter",
        "youtube",
        "dribbble",
        "stumbleupon",
        "reddit",
        "wikipedia",
        "steam",
        "icons8",
        "gitbook",
        "kindle",
        "adobe",
        "ipad",
        "iphone",
        "vlc",
        "vk",
    ]
)

SYNONYMS = {
    "hot beverage": "cup of coffee|coffee|coffee cup|mug of coffee|cup of tea|mug",
    "teacup without handle": "cup of tea|tea|green tea|cup of green tea",
    "automobile": "car|red car",
    "oncoming automobile": "car",
    "sport utility vehicle": "car|suv",
    "mobile phone": "phone|smartphone|cell phone",
    "party popper": "confetti|celebration|party popper and confetti|party",
    "wrapped gift": "gift|present|gift box",
    "chart increasing": "rising chart|growth chart|line chart|graph",
    "chart decreasing": "falling chart|line chart",
    "bar chart": "chart|graph|bar graph",
    "light bulb": "idea|lightbulb|bright idea",
    "fire": "flame|flames",
    "direct hit": "target|bullseye|goal",
    "person running": "runner|person running|running person",
    "person biking": "cyclist|person riding a bicycle",
    "person swimming": "swimmer",
    "person in lotus position": "person meditating|yoga",
    "sunrise over mountains": "mountain at sunrise|sunrise|mountain sunrise|mountains at sunrise",
    "snow-capped mountain": "mountain|mountain peak|snowy mountain",
    "mountain": "mountain",
    "deciduous tree": "tree",
    "evergreen tree": "pine tree|fir tree|tree",
    "house": "house|home",
    "house with garden": "house|house with a garden",
    "office building": "office|building",
    "cityscape": "city|skyline",
    "laptop": "laptop|laptop computer|computer|notebook computer",
    "desktop computer": "computer|desktop computer",
    "money bag": "bag of money|money",
    "money with wings": "flying money|money",
    "trophy": "cup|award|trophy|golden trophy",
    "1st place medal": "gold medal|medal",
    "sports medal": "medal",
    "soccer ball": "football|soccer ball|ball",
    "basketball": "ball|basketball",
    "beach with umbrella": "beach|beach umbrella",
    "tropical drink": "cocktail|tropical drink",
    "cocktail glass": "cocktail|drink",
    "clinking beer mugs": "beers|cheers",
    "clinking glasses": "champagne toast|cheers",
    "bottle with popping cork": "champagne|bottle of champagne",
    "beer mug": "beer|glass of beer",
    "open book": "book|open book",
    "books": "books|stack of books",
    "closed book": "book|red book",
    "green book": "book|green book",
    "blue book": "book|blue book",
    "orange book": "book|orange book",
    "hamburger": "burger|hamburger",
    "french fries": "fries",
    "shortcake": "cake|slice of cake",
    "birthday cake": "birthday cake|cake|cake with candles",
    "doughnut": "donut|doughnut",
    "soft ice cream": "ice cream",
    "cooked rice": "bowl of rice|rice",
    "steaming bowl": "bowl of soup|noodles|ramen",
    "speech balloon": "speech bubble|chat bubble|message",
    "envelope": "letter|mail|email|envelope",
    "incoming envelope": "email|mail",
    "loudspeaker": "loudspeaker|announcement",
    "megaphone": "megaphone|announcement",
    "alarm clock": "alarm clock|clock",
    "spiral calendar": "calendar",
    "tear-off calendar": "calendar",
    "magnifying glass tilted left": "magnifying glass|search",
    "magnifying glass tilted right": "magnifying glass|search",
    "red heart": "heart|red heart|love",
    "growing heart": "heart|love",
    "sparkles": "sparkles|glitter|stars",
    "glowing star": "star|glowing star",
    "star": "star|yellow star",
    "sun": "sun|sunshine",
    "sun with face": "sun|smiling sun",
    "high voltage": "lightning|lightning bolt|electricity",
    "handshake": "handshake|deal|partnership",
    "thumbs up": "thumbs up|like",
    "clapping hands": "applause|clapping hands",
    "raising hands": "raised hands|celebration",
    "flexed biceps": "strong arm|muscle|biceps",
    "globe showing Europe-Africa": "globe|earth|world|planet earth",
    "globe showing Americas": "globe|earth|world|planet earth",
    "globe showing Asia-Australia": "globe|earth|world|planet earth",
    "ringed planet": "planet|saturn",
    "crescent moon": "moon|crescent moon",
    "full moon": "moon|full moon",
    "locked": "lock|padlock|security",
    "key": "key",
    "gear": "gear|cog|settings",
    "toolbox": "toolbox|tools",
    "hammer and wrench": "tools|hammer and wrench",
    "shopping cart": "shopping cart|shopping trolley",
    "shopping bags": "shopping bags|shopping",
    "package": "package|parcel|box|cardboard box",
    "delivery truck": "truck|delivery truck",
    "bicycle": "bicycle|bike",
    "airplane": "airplane|plane",
    "sailboat": "sailing boat|boat|sailboat",
    "bouquet": "bouquet of flowers|flowers|bouquet",
    "four leaf clover": "clover|lucky clover",
    "seedling": "plant|seedling|sprout",
    "potted plant": "plant|potted plant",
    "artist palette": "palette|paint|painting",
    "musical note": "music|musical note",
    "musical notes": "music|musical notes",
    "guitar": "guitar",
    "headphone": "headphones",
    "video game": "game controller|gamepad|video game",
    "graduation cap": "graduation cap|graduation|education",
    "backpack": "backpack|school bag",
    "crown": "crown|golden crown",
    "gem stone": "diamond|gem|jewel",
    "crystal ball": "crystal ball|magic",
    "woman technologist": "woman with a laptop|woman at a computer|programmer",
    "man technologist": "man with a laptop|man at a computer|programmer",
    "technologist": "person with a laptop|person at a computer|programmer",
    "grinning face": "smiling face|happy face|smiley",
    "face with tears of joy": "laughing face|laughing emoji",
    "smiling face with sunglasses": "cool face|face with sunglasses",
    "baby chick": "chick",
    "hundred points": "hundred points|100",
    "soap": "bar of soap|soap",
    "bubbles": "bubbles|soap bubbles",
}
_FACE_OF_ANIMAL = re.compile(r"^(\w+(?: bear)?) face$")
_PARENTHESES = re.compile(r"\s*\(.*?\)")
_EVERY_WORD = re.compile(r"[a-z0-9][a-z0-9'’-]*")
_CLIPART_NOISE = re.compile(
    r"clip ?art|clipart|openclipart|by nicu.*?-|nicu buculei|\bby\b.*$|\bsvg\b|\b\d+\b"
    r"|simple|vector|image|picture|\bicon\b",
    re.IGNORECASE,
)
_NAMES = {
    "title": "{http://purl.org/dc/elements/1.1/}title",
    "tag": "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li",
}
_TAGS_LEFT_OUT = frozenset(
    {"", "hash", "clip art", "clipart", "image", "media", "png", "svg", "public domain", "unsorted"}
)


def concept_of_emoji(entry: dict[str, Any]) -> tuple[str, tuple[str, ...], float] | None:
    """An emojibase entry as (concept, tags, weight); None where there is nothing to draw."""
    group, label = entry.get("group"), entry["label"]
    if group not in GROUP_WEIGHTS or LEFT_OUT.search(label):
        return None
    weight = GROUP_WEIGHTS[group]
    if group == 1 and re.match(r"(wo)?man\b|(wo)?men\b", label) and label not in ("man", "woman"):
        weight *= GENDERED_WEIGHT
    concept = clean_label(label)
    animal = _FACE_OF_ANIMAL.match(concept)
    if group == 3 and animal:
        concept = animal.group(1)
    names = set(concept.split())
    tags = [tag.replace("_", " ") for tag in entry.get("tags", ()) if tag.lower() not in names and len(tag) > 2]
    return concept, tuple(dict.fromkeys([*synonyms_of(label), *tags[:6]])), weight


def synonyms_of(label: str) -> tuple[str, ...]:
    """Everyday names of an emoji, which can stand alone in a caption."""
    found = SYNONYMS.get(label) or SYNONYMS.get(label.lower())
    return tuple(found.split("|")) if found else ()


_BY_CONCEPT = {_PARENTHESES.sub("", label).lower(): tuple(names.split("|")) for label, names in SYNONYMS.items()}


def everyday_names(concept: str) -> tuple[str, ...]:
    """Everyday names of a concept; the concept itself where the list knows none."""
    return _BY_CONCEPT.get(concept, (concept,))


def clean_label(label: str) -> str:
    """A label in plain lower case: no parentheses, colons read as commas, at most six words."""
    words = _PARENTHESES.sub("", label).replace("’", "'").replace(":", "").lower()
    return " ".join(words.split()[:6])


def words_of_icon_name(name: str, source: str) -> tuple[str, float]:
    """An icon's name as words and its weight; no words for brands and for variants of another icon."""
    if ICON_BRANDS.intersection(name.split("-")) or name.endswith("-fill"):
        return "", 0.0
    return clean_label(name.replace("-", " ")), ICON_WEIGHTS[source]


def title_of_clipart(document: ElementTree.Element, path: Path) -> tuple[str, tuple[str, ...]]:
    """Title and keywords from a drawing's metadata; the file's name stands in for a missing title."""
    found = next((node.text or "" for node in document.iter(_NAMES["title"]) if node.text), "")
    title = _words(found) or _words(path.stem.replace("_", " "))
    tags = [(node.text or "").strip().lower() for node in document.iter(_NAMES["tag"])]
    tags = [tag for tag in tags if tag not in _TAGS_LEFT_OUT and len(tag) < 25]
    return title, tuple(dict.fromkeys(tags))[:5]


def _words(text: str) -> str:
    return " ".join(_EVERY_WORD.findall(_CLIPART_NOISE.sub(" ", text).replace("_", " ").lower())[:5])
