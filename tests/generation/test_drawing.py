"""Drawing pictures from a bundle: exact, independent of what is drawn beside, stoppable."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flax import nnx

from generation.errors import DrawingCancelled, DrawingError, ModelFileError
from generation.generators import Candidate, DalleMini, DrawRequest, Preview, SamplingSettings
from generation.vqgan.mosaic import code_colours
from generation.vqgan.params import load_vqgan

ORACLE = Path(__file__).parents[1] / "data" / "oracle"
END_TO_END = ORACLE / "end-to-end"


def bundle(folder: Path, dalle: str, vqgan: str) -> Path:
    """A bundle without a manifest, put together from the oracle's checkpoints."""
    shutil.copytree(ORACLE / dalle, folder)
    shutil.copytree(ORACLE / vqgan, folder / "vqgan")
    shutil.copy(ORACLE / "text" / "words-frequency.txt", folder / "enwiki-words-frequency.txt")
    return folder


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return DalleMini.load(bundle(tmp_path_factory.mktemp("bundle") / "mini", "dalle-mini-scan", "vqgan-f4"))


@pytest.fixture(scope="module")
def candidates(mini):
    """Four pictures of one prompt, drawn together."""
    return mini.draw([DrawRequest("a red fox", seed) for seed in range(4)])


def codes(drawn: list[Candidate]) -> list[tuple[int, ...]]:
    return [candidate.codes for candidate in drawn]


def test_raw_prompts_become_the_references_pictures(mini):
    case = json.loads((END_TO_END / "case.json").read_text(encoding="utf-8"))
    golden = np.load(END_TO_END / "golden.npz")
    best = SamplingSettings(guidance_scale=case["condition_scale"], top_k=1)
    drawn = mini.draw([DrawRequest(prompt, 7, settings=best) for prompt in case["prompts"]])
    np.testing.assert_array_equal(codes(drawn), golden["codes"])
    pixels = np.stack([np.asarray(candidate.image, int) for candidate in drawn])
    assert np.abs(pixels - golden["images_uint8"]).max() <= 1


def test_the_picture_of_a_seed_is_the_same_alone_and_in_company(mini, candidates):
    assert len(set(codes(candidates))) == 4
    for candidate in candidates:
        (alone,) = mini.draw([DrawRequest("a red fox", candidate.seed)])
        assert alone.codes == candidate.codes
        assert np.array_equal(alone.image, candidate.image)


def test_prompts_and_settings_of_neighbours_and_padding_change_nothing(mini, candidates):
    other = SamplingSettings(guidance_scale=3.0, temperature=1.5, top_k=20, top_p=0.5)
    drawn = mini.draw(
        [
            DrawRequest("a blue whale", 11, settings=other),
            DrawRequest("a red fox", 2),
            DrawRequest("a tree", 0, negative_prompt="night", settings=replace(other, guidance_scale=1.0)),
        ]
    )
    assert drawn[1].codes == candidates[2].codes
    assert drawn[1].score == pytest.approx(candidates[2].score, abs=1e-4)


def test_a_candidate_says_how_it_was_drawn(mini, candidates):
    candidate = candidates[3]
    assert (candidate.seed, candidate.model, candidate.settings) == (3, "mini", mini.sampling)
    assert candidate.image.size == (32, 32)
    assert candidate.score < 0
    again = mini.draw([DrawRequest("a red fox", candidate.seed, settings=candidate.settings)])
    assert codes(again) == [candidate.codes]


def test_the_negative_prompt_steers(mini):
    plain, steered, _ = mini.draw([DrawRequest("a red fox", 5, negative_prompt=text) for text in ("", "red", "blue")])
    assert plain.codes != steered.codes


def test_top_k_one_draws_the_best_whatever_the_seed(mini):
    best = SamplingSettings(top_k=1)
    seeds = [("a red fox", 1), ("a red fox", 2**63 - 1), ("a blue whale", 1)]
    first, second, other = mini.draw([DrawRequest(prompt, seed, settings=best) for prompt, seed in seeds])
    assert first.codes == second.codes != other.codes


def test_a_large_seed_is_no_small_one(mini, candidates):
    (drawn,) = mini.draw([DrawRequest("a red fox", 2**32)])
    assert drawn.codes != candidates[0].codes


@pytest.mark.parametrize("decoded", [False, True], ids=["mosaic", "decoded"])
def test_previews_grow_to_the_finished_picture(mini, candidates, decoded):
    requests = [DrawRequest("a red fox", seed) for seed in range(4)]
    events = list(mini.stream(requests, previews=7, decoded=decoded))
    previews, finished = events[:-1], events[-1]
    assert [preview.step for preview in previews] == [8, 16, 24, 32, 40, 48, 56]
    assert all(isinstance(preview, Preview) and len(preview.images) == 4 for preview in previews)
    blank = [np.all(np.asarray(preview.images[0])[-4:] == 235) for preview in previews]
    assert all(blank)
    assert not np.all(np.asarray(previews[0].images[0])[:4] == 235)
    assert codes(finished) == codes(candidates)
    if decoded:
        last, picture = (np.asarray(image, int) for image in (previews[-1].images[0], finished[0].image))
        assert np.abs(last[:16] - picture[:16]).mean() < 20


@pytest.mark.parametrize("with_kernels", [False, True])
def test_several_codes_a_step_draw_the_same_pictures_and_previews(tmp_path, mini, candidates, with_kernels):
    folder = bundle(tmp_path / "mini", "dalle-mini-scan", "vqgan-f4")
    guessing = DalleMini.load(folder, codes_a_step=8, cache_dir=tmp_path / "cache" if with_kernels else None)
    requests = [DrawRequest("a red fox", seed) for seed in range(4)]
    plain, guessed = (list(model.stream(requests, previews=3)) for model in (mini, guessing))
    assert codes(guessed[-1]) == codes(plain[-1]) == codes(candidates)
    assert [one.score for one in guessed[-1]] == pytest.approx([one.score for one in plain[-1]], abs=1e-4)
    for ours, theirs in zip(guessed[:-1], plain[:-1], strict=True):
        assert ours.step == theirs.step
        assert all(np.array_equal(*pair) for pair in zip(ours.images, theirs.images, strict=True))


def test_colours_of_a_mosaic_are_near_those_of_the_picture():
    vqgan = load_vqgan(ORACLE / "vqgan-f4")
    graph, state = nnx.split(vqgan)
    colours = code_colours(graph, state).astype(int)
    uniform = np.repeat(np.arange(0, 128, 16)[:, None], 4, axis=1)
    painted = np.asarray(nnx.jit(lambda vqgan, codes: vqgan.decode_codes(codes))(vqgan, uniform))
    expected = (painted.clip(0, 1).mean((1, 2)) * 255).astype(int)
    assert np.abs(colours[uniform[:, 0]] - expected).mean() < 10


def test_cancelling_from_another_thread_ends_the_drawing(mini):
    stream = mini.stream([DrawRequest("a red fox", 0)], previews=7)
    next(stream)
    canceller = threading.Thread(target=mini.cancel)
    canceller.start()
    canceller.join()
    with pytest.raises(DrawingCancelled):
        next(stream)
    assert mini.draw([DrawRequest("a red fox", 0)])


def test_ids_that_are_no_codes_are_never_drawn(tmp_path):
    model = DalleMini.load(bundle(tmp_path / "mega", "dalle-mega-scan-fp16", "vqgan-f2"))
    hot = SamplingSettings(temperature=10.0, top_k=0, guidance_scale=0.0)
    drawn = model.draw([DrawRequest("anything", seed, settings=hot) for seed in range(4)])
    assert max(max(row) for row in codes(drawn)) < 64
    assert all(np.asarray(candidate.image).std() > 0 for candidate in drawn)


def test_a_vqgan_of_another_model_is_refused_by_name(tmp_path):
    folder = bundle(tmp_path / "mixed", "dalle-preln-rms", "vqgan-f4")
    with pytest.raises(ModelFileError, match=r"n_embed is 128"):
        DalleMini.load(folder)


def test_a_model_may_take_no_negative_prompt(mini):
    def draw(negative, use_negative):
        settings = SamplingSettings(guidance_scale=3.0, use_negative=use_negative)
        return codes(mini.draw([DrawRequest("a red fox", 0, negative_prompt=negative, settings=settings)]))

    assert draw("text, blurry", False) == draw("", False) == draw("", True) != draw("text, blurry", True)


@pytest.mark.parametrize("count", [0, 11])
def test_none_and_too_many_pictures_are_refused(mini, count):
    with pytest.raises(DrawingError, match="1 to 10"):
        mini.draw([DrawRequest("a red fox", 0)] * count)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "1"])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(DrawingError, match="seed"):
        DrawRequest("a red fox", seed)


@pytest.mark.parametrize(
    "field",
    [
        {"guidance_scale": 101},
        {"temperature": 0},
        {"top_k": -1},
        {"top_k": 1.5},
        {"top_p": 0},
        {"top_p": float("nan")},
        {"use_negative": 1},
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused_by_name(field):
    with pytest.raises(DrawingError, match=next(iter(field))):
        SamplingSettings(**field)


def test_drawing_with_a_cache_folder_gives_the_same_codes(mini, candidates, tmp_path):
    """There the products are those of `generation/kernels`, where there is a compiler to build them."""
    folder = bundle(tmp_path / "mini", "dalle-mini-scan", "vqgan-f4")
    cached = DalleMini.load(folder, cache_dir=tmp_path / "cache")
    requests = [DrawRequest("a red fox", seed) for seed in range(4)]
    assert codes(cached.draw(requests)) == codes(candidates)
    (alone,) = cached.draw(requests[2:3])
    assert alone.codes == candidates[2].codes


@pytest.mark.parametrize("weights", ["bfloat16", "int8"])
def test_narrower_weights_still_draw(tmp_path, weights):
    folder = bundle(tmp_path / "mini", "dalle-mini-scan", "vqgan-f4")
    model = DalleMini.load(folder, cache_dir=tmp_path / "cache", weights=weights)
    (candidate,) = model.draw([DrawRequest("a red fox", 0)])
    assert np.isfinite(candidate.score)
    assert len(set(candidate.codes)) > 1
