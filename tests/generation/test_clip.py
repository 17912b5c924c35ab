"""CLIP against the oracle, from either kind of published file."""

import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx
from PIL import Image

from generation.clip.config import ClipConfig
from generation.clip.params import load_clip
from generation.clip.scoring import ClipScorer, prepare
from generation.errors import ModelFileError
from generation.files.weights import read_weights, write_safetensors

TINY = Path(__file__).parents[1] / "data" / "oracle" / "clip-tiny"


@pytest.fixture(scope="module")
def golden():
    return np.load(TINY / "golden.npz")


def torch_layout(name: str, array: np.ndarray) -> tuple[str, np.ndarray]:
    """A leaf as PyTorch's checkpoints of the same network name and store it."""
    if "patch_embedding" in name:
        array = array.transpose(3, 2, 0, 1)
    elif name.endswith("kernel"):
        array = array.T
    for ours in ("/kernel", "/scale", "/embedding"):
        name = name.removesuffix(ours) + "/weight" if name.endswith(ours) else name
    return name.replace("/", "."), np.array(array, order="C")


@pytest.fixture(scope="module", params=["flax", "torch"])
def folder(request, tmp_path_factory):
    if request.param == "flax":
        return TINY
    folder = tmp_path_factory.mktemp("clip")
    shutil.copy(TINY / "config.json", folder)
    weights = dict(torch_layout(*item) for item in read_weights(TINY / "flax_model.msgpack").items())
    weights["text_model.embeddings.position_ids"] = np.arange(20)[None]
    write_safetensors(folder / "model.safetensors", weights)
    return folder


def test_vectors_and_scores_are_the_references(folder, golden):
    graph, state = nnx.split(load_clip(folder))

    @jax.jit
    def vectors_and_scores(state, pixels, ids, mask):
        clip = nnx.merge(graph, state)
        images, texts = clip.vision(pixels), clip.text(ids, mask)
        return images, texts, clip.fit(images, texts)

    pixels = golden["pixel_values"].transpose(0, 2, 3, 1)
    images, texts, scores = vectors_and_scores(state, pixels, golden["input_ids"], golden["attention_mask"])
    np.testing.assert_allclose(images, golden["image_embeds"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(texts, golden["text_embeds"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(scores, golden["logits_per_image"], rtol=0, atol=1e-4)


def test_pictures_are_prepared_as_the_reference_does(golden):
    pictures = [Image.fromarray(pixels) for pixels in golden["images_uint8"]]
    expected = golden["pixel_values"].transpose(0, 2, 3, 1)
    np.testing.assert_allclose(prepare(pictures, 32), expected, rtol=0, atol=1e-6)


def test_a_picture_is_scored_with_its_own_prompt(tmp_path, golden):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = shutil.copytree(TINY, tmp_path / "clip")
    vocabulary = {f"w{index}": index for index in range(118)} | {"<|startoftext|>": 118, "<|endoftext|>": 119}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.RobertaProcessing(("<|endoftext|>", 119), ("<|startoftext|>", 118))
    tokenizer.save(str(folder / "tokenizer.json"))
    prompts = [" ".join(f"w{index}" for index in row if index < 118) for row in golden["input_ids"]]
    pictures = [Image.fromarray(pixels) for pixels in golden["images_uint8"]]
    scores = ClipScorer.load(folder).score(pictures, prompts)
    np.testing.assert_allclose(scores, np.diag(golden["logits_per_image"]), rtol=0, atol=1e-3)


def test_a_clip_without_its_tokenizer_is_refused_by_name():
    with pytest.raises(ModelFileError, match=r"tokenizer\.json"):
        ClipScorer.load(TINY)


@pytest.mark.parametrize(
    ("tower", "field", "value"),
    [
        ("text_config", "num_hidden_layers", 10**9),
        ("vision_config", "hidden_act", "relu6"),
        ("text_config", "hidden_size", 33),
    ],
)
def test_a_hostile_configuration_is_refused_by_field(tower, field, value):
    values = json.loads((TINY / "config.json").read_text())
    values[tower][field] = value
    with pytest.raises(ModelFileError, match=field):
        ClipConfig.from_dict(values)
