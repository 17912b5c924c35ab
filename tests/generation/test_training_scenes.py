"""Scenes follow from a seed and an index, say what they show, and never show a held-out pair."""

from pathlib import Path

import numpy as np
import pytest

from generation.training.captions import plural, with_article
from generation.training.clip_tokenizer import write_clip_tokenizer
from generation.training.concepts import concept_of_emoji, everyday_names
from generation.training.contrastive import ClipShape, clip_ids, save_clip, top_k_retrieval
from generation.training.errors import TrainingError
from generation.training.palette import dominant_tint
from generation.training.render import render_uint8
from generation.training.scenes import HELD_OUT_SEED, TRAINING_SEED, Composer, is_held_out_pair
from generation.training.sprites import SPRITE_SIZE, Atlas, Sprite


def disc(red, green, blue):
    y, x = np.mgrid[:SPRITE_SIZE, :SPRITE_SIZE]
    picture = np.zeros((SPRITE_SIZE, SPRITE_SIZE, 4), np.uint8)
    picture[..., :3] = (red, green, blue)
    picture[..., 3] = 255 * ((y - 71.5) ** 2 + (x - 71.5) ** 2 < 72**2)
    return picture


@pytest.fixture(scope="module")
def atlas():
    names = [
        "rocket",
        "taco",
        "fire",
        "trophy",
        "key",
        "gear",
        "crown",
        "guitar",
        "laptop",
        "seedling",
        "package",
        "sun",
    ]
    colours = [(230, 40, 40), (60, 120, 220), (90, 180, 60)]
    sprites = tuple(
        Sprite("noto", f"{name}-{style}", style, name, ("tag",), 1.0) for name in names for style in ("flat", "cartoon")
    )
    pixels = np.stack([disc(*colours[index % 3]) for index in range(len(sprites))])
    return Atlas(sprites, pixels)


@pytest.fixture(scope="module")
def composer(atlas):
    return Composer(atlas)


def test_a_scene_is_the_same_every_time_and_differs_between_seeds(composer):
    first, again = composer.scene(TRAINING_SEED, 5), composer.scene(TRAINING_SEED, 5)
    assert first.caption == again.caption
    np.testing.assert_array_equal(first.layout, again.layout)
    assert not np.array_equal(first.layout, composer.scene(HELD_OUT_SEED, 5).layout)


def test_training_never_shows_a_held_out_pair_and_the_held_out_set_shows_nothing_else(composer):
    for index in range(400):
        concepts = composer.scene(TRAINING_SEED, index).concepts
        assert not any(is_held_out_pair(a, b) for a in concepts for b in concepts if a != b)
    for index in range(20):
        assert is_held_out_pair(*composer.held_out_pair_scene(index).concepts)


def test_captions_name_what_is_shown_and_the_colour_behind_it(composer):
    for index in range(200):
        scene = composer.scene(TRAINING_SEED, index)
        for concept in scene.concepts:
            known = {concept, plural(concept), *everyday_names(concept), *map(plural, everyday_names(concept))}
            assert any(name in scene.caption for name in known), scene.caption
        assert scene.caption == scene.caption.lower()


def test_a_rendered_scene_has_its_ground_in_the_corner_and_its_thing_in_the_box(composer, atlas):
    scene = next(
        scene for index in range(200)
        if (scene := composer.scene(1, index)).ground.kind == "white" and len(scene.concepts) == 1
        and scene.layout[6] == -1 and scene.layout[5] == 0
    )  # fmt: skip
    picture = render_uint8(scene.layout[None], atlas.pixels)[0]
    assert picture.shape == (128, 128, 3)
    assert (picture[0, 0] == 255).all()
    sprite, left, top, width, height = scene.layout[:5]
    centre = picture[int(top + height / 2), int(left + abs(width) / 2)]
    np.testing.assert_allclose(centre, atlas.pixels[int(sprite), 72, 72, :3], atol=2)


def test_a_thing_can_be_dyed(composer, atlas):
    layout = np.array([composer.scene(1, 0).layout])
    layout[0, :18] = 0
    layout[0, [6, 12]] = -1
    layout[0, :6] = (0, 14, 14, 100, 100, 2 * np.pi / 3)
    red, green, _ = render_uint8(layout, atlas.pixels)[0, 64, 64]
    assert green > 2 * red  # a red disc turned by a third of the circle


def test_an_atlas_survives_its_archive_and_anything_else_is_refused(atlas, tmp_path):
    atlas.save(tmp_path / "atlas.zip")
    back = Atlas.load(tmp_path / "atlas.zip")
    assert back.sprites == atlas.sprites
    assert np.abs(back.pixels[0, 72, 72].astype(int) - atlas.pixels[0, 72, 72]).max() < 12
    (tmp_path / "other.zip").write_bytes(b"PK")
    with pytest.raises(TrainingError, match="stage data"):
        Atlas.load(tmp_path / "other.zip")


def test_flags_are_left_out_and_animals_lose_their_face():
    assert concept_of_emoji({"label": "flag: France", "group": 9}) is None
    concept, tags, weight = concept_of_emoji({"label": "dog face", "group": 3, "tags": ["dog", "pet"]})
    assert (concept, weight) == ("dog", 1.0)
    assert "pet" in tags


def test_small_grammar():
    assert with_article("apple") == "an apple"
    assert with_article("scissors") == "scissors"
    assert plural("cherry") == "cherries"


def test_a_thing_of_one_colour_is_called_by_it_and_a_grey_one_is_not():
    assert dominant_tint(disc(230, 30, 30)).name == "red"
    assert dominant_tint(disc(128, 128, 128)) is None


def test_the_tiny_clip_reads_back_through_the_engines_own_reader_with_the_same_ids(tmp_path):
    from flax import nnx

    from generation.clip.modeling import Clip
    from generation.clip.scoring import ClipScorer
    from generation.files.weights import read_weights

    doodle = Path(__file__).parents[2] / "generation/models/doodle/tokenizer.json"
    shape = ClipShape()
    save_clip(tmp_path, Clip(shape.config(), rngs=nnx.Rngs(0)), shape)
    write_clip_tokenizer(doodle, tmp_path, shape)
    assert ClipScorer.load(tmp_path) is not None
    assert "text_model/final_layer_norm/scale" in read_weights(tmp_path / "model.safetensors")
    ids = np.asarray(clip_ids(np.array([[0, 261, 2, 1, 1]]), shape))
    np.testing.assert_array_equal(ids, [[4096, 261, 4097, 4097, 4097]])


def test_retrieval_counts_a_caption_among_the_best():
    texts = np.eye(4)
    assert top_k_retrieval(texts, np.eye(4), 1) == 1.0
    assert top_k_retrieval(texts, np.roll(np.eye(4), 1, 0), 1) == 0.0
