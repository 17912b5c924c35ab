"""Hard prompts by gradient and by trying, with doodle's own CLIP."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.clip.scoring import ClipScorer
from generation.errors import DrawingError
from generation.prompting.optimise import PezSettings, find_prompt, search, target_of_pictures, target_of_text
from generation.prompting.optimise.pez import SEPARATOR
from generation.prompting.optimise.search import ROUNDS, SEEDS, variants
from generation.prompting.optimise.vocabulary import whole_words

ROOT = Path(__file__).parents[2]
SETTINGS = PezSettings(steps=60, starts=2)


@pytest.fixture(scope="module")
def scorer():
    return ClipScorer.load(ROOT / "generation/models/doodle/clip")


@pytest.fixture(scope="module")
def picture():
    with Image.open(ROOT / "docs/pictures/demo-sheet.png") as sheet:
        side = sheet.height // 2
        return sheet.convert("RGB").crop((40, 60, 40 + side, 60 + side))


@pytest.fixture(scope="module")
def found(scorer, picture):
    return find_prompt(scorer, target_of_pictures(scorer, [picture]), SETTINGS)


def cosine(scorer, prompt, target):
    return float(scorer.texts([prompt])[0] @ target)


def test_the_words_of_the_vocabulary_are_read_back_as_what_they_are(scorer):
    words = whole_words(scorer.tokenizer, avoid=["dog"]).words
    assert {"rocket", "cake", "blue"} <= set(words)
    assert not {"dog", "dogs", "noteboo"} & set(words)
    together = scorer.tokenizer.encode(" ".join(words[:20]), add_special_tokens=False)
    assert sum(together.attention_mask) == 20


def test_found_words_come_nearer_to_the_picture_than_random_ones(scorer, picture, found):
    target = target_of_pictures(scorer, [picture])
    words = whole_words(scorer.tokenizer).words
    random = np.random.default_rng(0)
    others = scorer.texts([SEPARATOR.join(random.choice(words, SETTINGS.words)) for _ in range(64)]) @ target
    assert found.similarity > others.mean() + 3 * others.std()
    assert found.similarity == pytest.approx(cosine(scorer, found.prompt, target), abs=1e-5)


def test_every_step_is_told_and_the_milestones_only_get_better(found):
    assert [step.number for step in found.steps] == list(range(SETTINGS.steps))
    shown = found.milestones(5)
    assert 2 <= len(shown) <= 5
    assert all(one.similarity < next_.similarity for one, next_ in itertools.pairwise(shown))
    assert shown[-1].similarity == max(step.similarity for step in found.steps)


def test_the_same_seed_finds_the_same_words_and_words_to_avoid_are_not_found(scorer, picture, found):
    target = target_of_pictures(scorer, [picture])
    assert find_prompt(scorer, target, SETTINGS) == found
    unwanted = found.prompt.split(SEPARATOR)
    assert not set(unwanted) & set(find_prompt(scorer, target, SETTINGS, unwanted).prompt.split(SEPARATOR))


def test_a_long_text_is_distilled_to_few_words(scorer):
    text = "a small dog runs over the green grass after a red ball while the sun shines " * 6
    target = target_of_text(scorer, text)
    made = find_prompt(scorer, target, SETTINGS)
    assert len(made.prompt.split(SEPARATOR)) <= SETTINGS.words
    assert made.similarity > 0.5


def test_what_cannot_be_searched_for_is_refused(scorer):
    with pytest.raises(DrawingError, match="empty"):
        target_of_text(scorer, " ")
    with pytest.raises(DrawingError, match="1 to 23"):
        find_prompt(scorer, target_of_text(scorer, "a dog"), PezSettings(words=47))


class Painter:
    """Paints a red picture for a cartoon, else a grey one."""

    def __init__(self):
        self.asked = []

    def __call__(self, prompts, seeds):
        self.asked.append((list(prompts), list(seeds)))
        return [Image.new("RGB", (128, 128), "red" if "cartoon" in prompt else "grey") for prompt in prompts]


class Eyes:
    """A CLIP that likes red, and says that red looks like "blood"."""

    def texts(self, texts):
        return np.array([[1.0, 0.0] if text != "blood" else [0.0, 1.0] for text in texts])

    def pictures(self, images):
        reds = [image.getpixel((0, 0)) == (255, 0, 0) for image in images]
        return np.array([[0.9, 0.8] if red else [0.6, 0.0] for red in reds])


def test_the_variant_whose_pictures_fit_best_is_kept_and_all_are_told():
    painter = Painter()
    made = search(painter, Eyes(), "a cup and a cake, blue background, flat illustration")
    assert made.tried[0].prompt == "a cup and a cake, blue background, flat illustration"
    assert "cartoon" in made.best.prompt
    assert made.best.picture.getpixel((0, 0)) == (255, 0, 0)
    assert len(painter.asked) == ROUNDS
    for prompts, seeds in painter.asked:
        assert len(prompts) == len(seeds) <= 10
        assert len(set(seeds)) == SEEDS
    assert not set(painter.asked[0][1]) & set(painter.asked[1][1]), "each round has seeds of its own"


def test_a_likeness_to_negative_words_costs(scorer):
    made = search(Painter(), Eyes(), "a cup and a cake, blue background", ["blood"])
    assert "cartoon" not in made.best.prompt


def test_variants_keep_the_first_thing_and_the_length():
    for one in variants("a cup of coffee and a croissant, brown background, warm colours, flat illustration"):
        assert "coffee" in one
        assert len(one.split()) <= 24
    assert variants("cake")
