"""Builds `config/lexicon/emoji.tsv` from emojibase-data and emojilib, two npm packages under the MIT licence.

npm pack emojibase-data@17.0.0 emojilib@4.0.3     # and unpack each into a folder
python -m generation.prompting.building.emoji EMOJIBASE EMOJILIB config/lexicon/emoji.tsv
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

_SMILEYS, _PEOPLE, _COMPONENTS, _ANIMALS, _FOOD, _TRAVEL, _ACTIVITIES, _OBJECTS, _SYMBOLS, _FLAGS = range(10)
_THINGS = frozenset({_ANIMALS, _FOOD, _TRAVEL, _ACTIVITIES, _OBJECTS})
_WORDS_KEPT = 8
_HEADER = """# What each emoji is called, shows and is named by. Built by generation/prompting/building/emoji.py from
# emojibase-data 17.0.0 (MIT, (c) 2017-2019 Miles Johnson) and emojilib 4.0.3 (MIT, (c) 2014 Mu-An Chiou).
# An empty picture marks faces, gestures and signs: they lend a mood or a meaning, not a thing to draw.
emoji\tname\tpicture\twords\tshortcodes
"""

# Names that read badly in a prompt, or that an emoji-trained model was taught under simpler words.
_SIMPLER = {
    "automobile": "a car",
    "oncoming automobile": "a car",
    "racing car": "a racing car",
    "sport utility vehicle": "a car",
    "articulated lorry": "a truck",
    "hot beverage": "a cup of coffee",
    "teacup without handle": "a cup of tea",
    "leafy green": "leafy green lettuce",
    "rolled-up newspaper": "a newspaper",
    "page facing up": "a page of paper",
    "night with stars": "a starry night sky over a city",
    "party popper": "a party popper with confetti",
    "confetti ball": "confetti",
    "couch and lamp": "a couch and a lamp",
    "money with wings": "money with wings",
    "chart increasing": "a rising chart",
    "chart decreasing": "a falling chart",
    "chart increasing with yen": "a rising chart",
    "high voltage": "a lightning bolt",
    "desktop computer": "a desktop computer",
    "mobile phone with arrow": "a mobile phone",
    "studio microphone": "a microphone",
    "clinking beer mugs": "two beer mugs",
    "clinking glasses": "two glasses of champagne",
    "bottle with popping cork": "a champagne bottle",
    "fork and knife with plate": "a fork and knife with a plate",
    "shallow pan of food": "a pan of food",
    "steaming bowl": "a bowl of noodles",
    "tear-off calendar": "a calendar",
    "spiral calendar": "a calendar",
    "bullseye": "a bullseye target",
    "water wave": "an ocean wave",
    "droplet": "a drop of water",
    "sweat droplets": "",
    "dashing away": "",
    "hundred points": "",
    "anger symbol": "",
    "zzz": "",
    "heart suit": "a heart",
    "video game": "a video game controller",
    "snow-capped mountain": "a mountain with snow",
    "globe showing Europe-Africa": "a globe",
    "globe showing Americas": "a globe",
    "globe showing Asia-Australia": "a globe",
    "globe with meridians": "a globe",
    "Japanese dolls": "Japanese dolls",
    "billed cap": "a billed cap",
    "woman’s clothes": "clothes",
    "closed mailbox with raised flag": "a mailbox",
    "closed mailbox with lowered flag": "a mailbox",
    "open mailbox with raised flag": "a mailbox",
    "open mailbox with lowered flag": "a mailbox",
    "headphone": "headphones",
    "admission tickets": "tickets",
    "file folder": "a folder",
    "locked": "a lock",
    "unlocked": "an open lock",
    "police car light": "a siren light",
    "optical disk": "a disc",
    "building construction": "a construction site with a crane",
    "sun with face": "the sun",
    "full moon face": "a full moon",
    "cloud with lightning and rain": "a cloud with lightning",
    "e-mail": "an envelope",
    "memo": "a memo and a pencil",
    "hourglass not done": "an hourglass",
    "hourglass done": "an hourglass",
    "cup with straw": "a cup with a straw",
    "camera with flash": "a camera",
    "vertical traffic light": "a traffic light",
    "horizontal traffic light": "a traffic light",
    "soft ice cream": "an ice cream cone",
    "flower playing cards": "playing cards",
    "artist palette": "a paint palette",
    "front-facing baby chick": "a baby chick",
    "leaf fluttering in wind": "leaves",
    "sunrise over mountains": "a sunrise over mountains",
    "mountain cableway": "a cable car",
    "performing arts": "theater masks",
    "reminder ribbon": "a ribbon",
    "green salad": "a green salad",
    "military medal": "a medal",
    "sports medal": "a gold medal",
    "1st place medal": "a gold medal",
    "construction": "a construction barrier",
    "speaker high volume": "a loudspeaker",
    "speaker medium volume": "a loudspeaker",
    "speaker low volume": "a loudspeaker",
    "muted speaker": "a muted loudspeaker",
    "wind face": "wind",
    "fire": "a fire",
    "foggy": "fog over a bridge",
    "camping": "a tent",
    "cooking": "an egg in a frying pan",
    "broccoli": "broccoli",
    "sun": "the sun",
    "candy": "candy",
    "crossed flags": "crossed flags",
    "magnifying glass tilted left": "a magnifying glass",
    "magnifying glass tilted right": "a magnifying glass",
    "seat": "a seat",
    "milky way": "the milky way",
    "mate": "a cup of tea",
    "x-ray": "an x-ray of bones",
    "busts in silhouette": "people",
    "bust in silhouette": "a person",
    "sake": "sake",
    "beach with umbrella": "a beach with an umbrella",
    "snowman without snow": "a snowman",
    "mountain railway": "a mountain railway train",
    "cut of meat": "a steak",
    "meat on bone": "meat on a bone",
    "lady beetle": "a ladybug",
    "woman’s boot": "a boot",
    "fallen leaf": "fallen leaves",
    "spiral shell": "a seashell",
    "Tokyo tower": "Tokyo tower",
    "sunrise": "a sunrise",
    "smiling face with horns": "",
    "woman’s hat": "a hat",
    "man’s shoe": "a shoe",
    "woman’s sandal": "a sandal",
    "thong sandal": "a sandal",
    "deciduous tree": "a tree",
    "evergreen tree": "an evergreen tree",
    "flying disc": "a frisbee",
    "baguette bread": "a baguette",
    "automobile race": "a racing car",
    "pool 8 ball": "a pool ball",
    "ear of corn": "an ear of corn",
    "link": "a chain link",
    "ring": "a diamond ring",
}
# Faces, hearts and beings that are things to draw although they stand among smileys and people.
_BEINGS = re.compile(
    r"^(skull|skull and crossbones|pile of poo|clown face|ogre|goblin|ghost|alien|alien monster|robot|"
    r".*\bcat|.*monkey|.*heart.*|love letter|bomb|speech balloon|kiss mark|brain|eye|ear|mouth|tooth|bone|"
    r"footprints|family.*|couple.*|people .*|.*(astronaut|baby|boy|girl|child|superhero|supervillain|mage|"
    r"fairy|vampire|merperson|mermaid|merman|elf|genie|zombie|troll|Santa Claus|Mrs. Claus|baby angel|"
    r"ninja|prince|princess|police officer|detective|guard|construction worker|firefighter|pilot|artist|"
    r"singer|scientist|technologist|office worker|mechanic|factory worker|cook|farmer|judge|teacher|"
    r"student|health worker|running|dancing|walking|surfing|swimming|biking|lifting weights|cartwheeling|"
    r"rowing boat|golfing|bouncing ball|climbing|snowboarder|skier|horse racing|fencing|wrestling|"
    r"lotus position|in bed|steamy room|taking bath|getting haircut|getting massage).*|bust in silhouette|"
    r"busts in silhouette)$"
)
_UNCOUNTED = re.compile(
    r"(s|bread|rice|corn|cheese|bacon|popcorn|butter|salt|spaghetti|sushi|oden|dango|garlic|confetti|wood|coral|milk|ice|soap|yarn|thread|"
    r"fondue|custard|honey|food|fog|wind|fire|lacrosse|tennis|golf|bowling|badminton|hockey|rugby|music|[^c]hair|lightning|meat|fuji|"
    r"pong|moai|kaaba|paper|clothes|jeans|luggage|furniture|dna|skis)$"
)
_SINGULAR_S = re.compile(
    r"(cactus|glass|octopus|bus|minibus|trolleybus|compass|lotus|walrus|dress|cross|abacus|lens|cyclops|princess|brass)$"
)


def rows(emojibase: Path, emojilib: Path) -> list[tuple[str, str, str, str, str]]:
    """Emoji, name, picture, words and short codes of all emoji but skin tones, in Unicode's order."""
    data = json.loads((emojibase / "en" / "data.json").read_text(encoding="utf-8"))
    codes = json.loads((emojibase / "en" / "shortcodes" / "emojibase.json").read_text(encoding="utf-8"))
    slack = json.loads((emojibase / "en" / "shortcodes" / "iamcal.json").read_text(encoding="utf-8"))
    keywords = json.loads((emojilib / "dist" / "emoji-en-US.json").read_text(encoding="utf-8"))
    found = []
    for entry in sorted((e for e in data if "order" in e), key=lambda e: e["order"]):
        if entry.get("group") == _COMPONENTS:
            continue
        name = entry["label"].replace("’", "'")
        tags = dict.fromkeys(
            [*entry.get("tags", []), *(w.replace("_", " ") for w in keywords.get(entry["emoji"], [])[1:])]
        )
        words = [w.lower() for w in tags if re.fullmatch(r"[A-Za-z][A-Za-z' -]{2,}", w) and w.lower() != name.lower()]
        shortcodes = dict.fromkeys([*_listed(slack.get(entry["hexcode"])), *_listed(codes.get(entry["hexcode"]))])
        cells = (entry["emoji"], name.lower(), picture(entry), ", ".join(words[:_WORDS_KEPT]), ", ".join(shortcodes))
        found.append(cells)
    return found


def picture(entry: dict[str, Any]) -> str:
    """The phrase that draws an emoji, with its article; empty where it shows no thing."""
    label, group = str(entry["label"]), entry.get("group")
    if label in _SIMPLER:
        return _SIMPLER[label]
    if group == _FLAGS:
        return "a " + label.lower() if not label.startswith("flag:") else "the flag of " + label.removeprefix("flag: ")
    if group in _THINGS or (group in {_SMILEYS, _PEOPLE} and _BEINGS.match(label) and " face with" not in label):
        name = re.sub(r" face$", "", label.replace("’", "'").partition(":")[0])
        name = name if name.split()[0][0].isupper() else name.lower()
        if "o'clock" in name or "-thirty" in name:
            return "a clock"
        if (_UNCOUNTED.search(name) and not _SINGULAR_S.search(name)) or name.startswith(("people", "men ", "women ")):
            return name
        return (
            "an " if name[0].lower() in "aeiou" and not name.startswith(("uni", "eu", "ewe", "one")) else "a "
        ) + name
    return ""


def _listed(codes: str | list[str] | None) -> list[str]:
    return [codes] if isinstance(codes, str) else list(codes or ())


def main(arguments: list[str]) -> int:
    """Write the table; returns the exit status."""
    if len(arguments) != 3:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    emojibase, emojilib, target = map(Path, arguments)
    lines = ["\t".join(row) for row in rows(emojibase, emojilib)]
    target.write_text(_HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
