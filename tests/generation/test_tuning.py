"""Fine-tuning a tiny model: what learns and what does not, what comes out, and what is refused."""

import json
import shutil
import sys
import tomllib
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from PIL import Image, ImageDraw

from generation.clip.params import load_clip
from generation.dalle.params import load_dalle, published_weights
from generation.files.weights import (
    MSGPACK_NAME,
    SAFETENSORS_NAME,
    read_header,
    read_weights,
    weights_file,
    write_msgpack,
)
from generation.models import ModelRegistry
from generation.training.errors import TrainingError
from generation.training.teacher_forcing import Arithmetic
from generation.training.tuning.descent import averaged
from generation.training.tuning.keeping import Checkpoints
from generation.training.tuning.layers import Network, chosen, of_clip, of_transformer, of_vqgan
from generation.training.tuning.lock import alone_in
from generation.training.tuning.plan import Parts, Plan, Seq2seqCourse, VqganCourse
from generation.training.tuning.run import fine_tune
from generation.training.tuning.transformer_tasks import ClipTask, Seq2seqTask, row_nats
from generation.training.tuning.tuned import write_network
from generation.training.tuning.vqgan_task import VqganTask
from generation.vqgan.params import load_vqgan

ORACLE = Path(__file__).parents[1] / "data/oracle"
SHORT = "steps = 6\nbatch = 4\nwarm_up = 1\nvalidate_every = 3\npeak_rate = 0.003\n"


def brand(folder, count=12):
    folder.mkdir()
    lines = []
    for index in range(count):
        image = Image.new("RGB", (40, 40), (20, 30, 80))
        ImageDraw.Draw(image).ellipse((4, 4, 12 + 2 * index, 36), fill=(240, 90, 20 * index))
        image.save(folder / f"{index}.png")
        lines.append(json.dumps({"caption": f"shape number {index}", "picture": f"{index}.png"}))
    (folder / "captions.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def plan_of(folder, text):
    path = folder / "brand.toml"
    path.write_text(f'name = "brand"\nparent = "tiny"\ndata = "data"\nlicence = "ours"\n{text}', "utf-8")
    return Plan.read(path)


@pytest.fixture
def place(tmp_path, make_tiny_bundle):
    make_tiny_bundle(tmp_path / "models/tiny")
    brand(tmp_path / "data")
    return tmp_path


def test_a_plan_becomes_a_bundle_that_says_how_it_was_made(place):
    registry = ModelRegistry(place / "models")
    plan = plan_of(place, f"[parts]\ndecoder = 1\nvqgan = 2\n[seq2seq]\n{SHORT}[vqgan]\n{SHORT}")
    said, seen = [], []
    ended = fine_tune(plan, registry, place / "work", said.append, seen.append)

    bundle = registry.find("brand")
    bundle.verify()
    assert bundle.revision == ended.bundle.revision
    told = tomllib.loads((bundle.folder / "model.toml").read_text("utf-8"))
    parent = registry.find("tiny")
    assert told["provenance"]["parent"] == f"tiny {parent.revision}"
    assert told["licence"] == "Apache-2.0 (weights); ours (pictures learned from)"
    assert told["training"]["data_sha256"]
    assert told["training"]["plan"]["seq2seq"]["steps"] == 6
    assert str(place) not in (bundle.folder / "model.toml").read_text("utf-8")
    assert len(told["training"]["curves"]["seq2seq"]["loss"]) == 6
    for part in ("seq2seq", "vqgan"):
        assert told["training"]["test"][part]["after"] == ended.outcomes[part].after
    with Image.open(bundle.folder / "before-after.png") as sheet:
        assert sheet.width > 4 * 160

    before, after = (read_weights(weights_file(one.folder)) for one in (parent, bundle))
    changed = {name for name in before if not np.allclose(before[name], after[name], atol=1e-6)}
    assert changed
    assert not any("encoder" in name or "embed" in name for name in changed)
    first_layers = before["model/decoder/layers/FlaxBartDecoderLayers/FlaxBartAttention_0/q_proj/kernel"]
    trained = after["model/decoder/layers/FlaxBartDecoderLayers/FlaxBartAttention_0/q_proj/kernel"]
    np.testing.assert_array_equal(first_layers[:-1], trained[:-1])
    assert [progress.step for progress in seen if progress.part == "seq2seq"] == [1, 2, 3, 4, 5, 6]
    assert any("seq2seq" in line and "test split" in line for line in said)

    with pytest.raises(Exception, match="already"):
        fine_tune(plan, registry, place / "work", said.append)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_network_is_written_in_the_type_that_its_folder_had(tmp_path, dtype):
    model = load_dalle(ORACLE / "dalle-mini-scan")
    write_msgpack(tmp_path / MSGPACK_NAME, published_weights(model, dtype=jnp.dtype(dtype)))
    write_network(tmp_path, model, published_weights)
    assert {leaf.dtype.name for leaf in read_header(weights_file(tmp_path)).values()} == {dtype}
    assert [path.name for path in tmp_path.iterdir()] == [SAFETENSORS_NAME]


def test_a_plan_that_asks_for_layers_that_do_not_exist_is_refused_and_nothing_appears(place):
    registry = ModelRegistry(place / "models")
    plan = plan_of(place, "[parts]\ndecoder = 9\n")
    with pytest.raises(TrainingError, match=r"parts\.decoder asks for 9 top layers; this model's decoder has \d"):
        fine_tune(plan, registry, place / "work", str)
    assert registry.names() == ["doodle", "tiny"]


def test_two_trainings_in_one_folder_are_refused(place):
    plan = plan_of(place, "[parts]\ndecoder = 1\n")
    with alone_in(place / "work"), pytest.raises(TrainingError, match="another training is at work there"):
        fine_tune(plan, ModelRegistry(place / "models"), place / "work", str)


def test_without_the_systems_locks_training_says_where_it_can_run(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    with pytest.raises(TrainingError, match="Windows Subsystem for Linux"), alone_in(tmp_path):
        pass


def test_a_training_whose_best_parameters_were_deleted_says_so_before_it_goes_on(place):
    plan, registry = plan_of(place, f"[parts]\ndecoder = 1\n[seq2seq]\n{SHORT}"), ModelRegistry(place / "models")

    def stop(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune(plan, registry, place / "work", str, stop)
    [best] = (place / "work").glob("**/best")
    shutil.rmtree(best)
    with pytest.raises(TrainingError, match="best: what validated best is not there any more"):
        fine_tune(plan, registry, place / "work", str)
    assert registry.names() == ["doodle", "tiny"]


def test_a_loss_that_is_no_number_stops_training_names_the_rows_and_keeps_the_checkpoint(place):
    registry = ModelRegistry(place / "models")
    plan = plan_of(place, f"[parts]\ndecoder = 1\n[seq2seq]\n{SHORT.replace('0.003', '1e38')}warm_up = 1\n".replace(
        "warm_up = 1\nvalidate", "validate"))  # fmt: skip
    with pytest.raises(TrainingError, match=r"is (nan|inf) at step \d+\. Its batch began with row \d+ \('shape number"):
        fine_tune(plan, registry, place / "work", str)
    assert registry.names() == ["doodle", "tiny"]


def test_another_plan_does_not_go_on_from_a_checkpoint(tmp_path):
    state = {"a": jnp.arange(3.0)}
    Checkpoints(tmp_path / "kept", "one plan").save(1, state, {"total": 5})
    with pytest.raises(TrainingError, match="another plan"):
        Checkpoints(tmp_path / "kept", "another").newest(state)
    assert Checkpoints(tmp_path / "kept", "one plan").newest(state).notes["total"] == 5


def test_what_decides_how_training_goes_makes_another_plan(tmp_path):
    parts = "[parts]\ndecoder = 1\n"
    plain = plan_of(tmp_path, parts).digest()
    assert plan_of(tmp_path, f"{parts}[seq2seq]\nweight_decay = 0.5\n").digest() != plain
    assert plan_of(tmp_path, f'prompts = ["a rocket"]\n{parts}').digest() == plain
    (tmp_path / "moved").mkdir()
    assert plan_of(tmp_path / "moved", parts).digest() == plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[parts]\n", "names nothing to train"),
        ("[parts]\ndecoder = -1\n", "parts.decoder"),
        ("[parts]\ndecoder = 1\n[seq2seq]\nspeed = 3\n", "seq2seq.speed: is no setting of a training"),
        ("[parts]\ndecoder = 1\n[seq2seq]\nbatch = 6\naccumulate = 4\n", "no multiple of accumulate"),
        ("[parts]\nvqgan = 1\n[vqgan]\nreconstruction = 0.0\n", "nothing would keep the pictures"),
        ("[parts\n", "is no TOML"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_by_field(tmp_path, text, message):
    with pytest.raises(TrainingError, match=message):
        plan_of(tmp_path, text)


# --- gradients -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["dalle-mini-scan", "dalle-preln-rms", "dalle-ffn-bias-headscale"])
def test_the_loss_is_the_references_for_every_shape_of_model(folder):
    with np.load(ORACLE / folder / "golden.npz") as stored:
        arrays = [jnp.asarray(stored[name]) for name in ("input_ids", "attention_mask", "labels")]
        graph, state = nnx.split(load_dalle(ORACLE / folder))
        loss = jax.jit(lambda state: row_nats(nnx.merge(graph, state), *arrays, Arithmetic()).mean())(state)
        np.testing.assert_allclose(loss, stored["loss"], rtol=2e-4)


def seq2seq_batch(config, rows=4):
    random = np.random.default_rng(0)
    return {
        "ids": jnp.asarray(random.integers(3, config.encoder_vocab_size, (rows, config.max_text_length))),
        "lengths": jnp.full(rows, 5),
        "codes": jnp.asarray(random.integers(0, 8, (rows, config.image_length))),
    }


def test_gradients_over_pieces_of_a_batch_are_those_of_the_batch():
    task = Seq2seqTask(load_dalle(ORACLE / "dalle-mini-scan"), Parts(decoder=1), Seq2seqCourse(), 0)
    batch = seq2seq_batch(load_dalle(ORACLE / "dalle-mini-scan").config)
    trained = task.begin()["trained"]

    def of_piece(piece):
        return jax.grad(lambda t: task.losses(task._model(t, task.frozen), piece).mean())(trained)

    whole, pieces = (jax.jit(lambda batch, n=n: averaged(of_piece, batch, n))(batch) for n in (1, 2))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6), whole, pieces)


def test_lora_begins_with_the_parents_numbers_and_trains_thin_matrices_only():
    model = load_dalle(ORACLE / "dalle-mini-scan")
    course = Seq2seqCourse(lora_rank=2, steps=5, warm_up=1, peak_rate=0.02)
    task, plain = (Seq2seqTask(model, Parts(decoder=1), c, 0) for c in (course, Seq2seqCourse()))
    batch = {**seq2seq_batch(model.config), "weight": jnp.ones(4)}
    state = task.begin()
    assert all(min(x.shape) == 2 for x in state["trained"].values())
    evaluate, step = jax.jit(task.evaluate), jax.jit(task.step)
    first = evaluate(state["trained"], task.frozen, batch)[0]
    without = jax.jit(plain.evaluate)(plain.begin()["trained"], plain.frozen, batch)[0]
    np.testing.assert_allclose(first, without, rtol=1e-6)
    for _ in range(5):
        state, _ = step(state, task.frozen, {k: v for k, v in batch.items() if k != "weight"}, jnp.int32(5))
    assert evaluate(state["trained"], task.frozen, batch)[0] < first
    whole = task.whole(state["trained"])
    assert whole.keys() == Network.of(model).parameters.keys()


# --- layers ----------------------------------------------------------------------------------------------------------


def test_top_layers_are_those_next_to_the_output():
    model = load_dalle(ORACLE / "dalle-mini-scan")
    parameters = Network.of(model).parameters
    names = chosen(parameters, "decoder", of_transformer(model.config, "decoder"), 1)
    last = model.config.decoder_layers - 1
    assert {name.split("/")[0] for name in names} == {"decoder", "head"}
    assert not any("tokens" in name or "/layers/0/" in name for name in names)
    assert any(f"/layers/{last}/" in name for name in names)
    assert chosen(parameters, "encoder", of_transformer(model.config, "encoder"), 0) == set()
    every = chosen(parameters, "decoder", of_transformer(model.config, "decoder"), "all")
    assert "decoder/tokens/embedding" in every


def test_the_vqgans_layers_are_a_pictures_way_and_all_of_them_are_all_of_it():
    vqgan = load_vqgan(ORACLE / "vqgan-f4")
    parameters = Network.of(vqgan).parameters
    layers = of_vqgan(vqgan.config)
    assert chosen(parameters, "vqgan", layers, len(layers)) == set(parameters)
    assert "codebook" not in chosen(parameters, "vqgan", layers, len(vqgan.config.channels) + 1)
    assert "codebook" in chosen(parameters, "vqgan", layers, len(vqgan.config.channels) + 2)


def test_clips_top_layers_are_of_both_towers():
    clip = load_clip(ORACLE / "clip-tiny")
    names = chosen(Network.of(clip).parameters, "clip", of_clip(clip.config), 1)
    assert {name.split("/")[0] for name in names} == {"text", "vision", "logit_scale"}


# --- VQGAN and CLIP --------------------------------------------------------------------------------------------------


def pictures(rows=4, size=32):
    random = np.random.default_rng(1)
    return {"pixels": jnp.asarray(random.integers(0, 256, (rows, size, size, 3)), jnp.uint8)}


def codes_of(vqgan, batch):
    graph, state = nnx.split(vqgan)
    read = jax.jit(lambda state, pixels: nnx.merge(graph, state)(pixels / 255.0)[1])
    return np.asarray(read(state, batch["pixels"]))


def test_codes_that_nobody_uses_are_put_where_pictures_are():
    vqgan = load_vqgan(ORACLE / "vqgan-f4")
    course = VqganCourse(steps=4, batch=4, revive_after=1, peak_rate=1e-6)
    task = VqganTask(vqgan, None, Parts(vqgan="all"), course, 0)
    step, batch, state = jax.jit(task.step), pictures(), task.begin()
    used = set(codes_of(vqgan, batch).ravel().tolist())
    idle = sorted(set(range(vqgan.config.n_embed)) - used)
    assert idle
    before = np.asarray(state["trained"]["codebook"])
    for _ in range(2):
        state, figures = step(state, task.frozen, batch, jnp.int32(4))
    moved = np.abs(np.asarray(state["trained"]["codebook"]) - before).max(1)
    assert (moved[idle] > 1e-3).all()
    assert (moved[sorted(used)] < 1e-3).all()
    assert {"loss", "gradient", "codebook"} == set(figures)


def test_a_switched_off_loss_pulls_nothing_and_each_one_can_be_on():
    vqgan, clip = load_vqgan(ORACLE / "vqgan-f4"), load_clip(ORACLE / "clip-tiny")
    course = VqganCourse(steps=9, perceptual=0.1, adversarial=0.5, critic_alone=1, accumulate=2)
    figures = {}
    for name, changed in (("all", {}), ("plain", {"adversarial": 0.0, "perceptual": 0.0})):
        task = VqganTask(vqgan, clip, Parts(vqgan=1), course.model_copy(update=changed), 0)
        state, step = task.begin(), jax.jit(task.step)
        for _ in range(3):
            state, figures[name] = step(state, task.frozen, pictures(), jnp.int32(9))
        assert ("critic" in state) == (name == "all")
        assert all(np.isfinite(float(x)) for x in figures[name].values())
    assert float(figures["all"]["gradient"]) != float(figures["plain"]["gradient"])
    assert float(figures["plain"]["loss"]) < float(figures["all"]["loss"])


def test_only_the_decoder_learning_leaves_codes_their_meaning():
    vqgan = load_vqgan(ORACLE / "vqgan-f4")
    task = VqganTask(vqgan, None, Parts(vqgan=2), VqganCourse(steps=8, warm_up=1, peak_rate=0.01), 0)
    step, state, batch = jax.jit(task.step), task.begin(), pictures()
    assert "idle" not in state
    losses = []
    for _ in range(8):
        state, figures = step(state, task.frozen, batch, jnp.int32(8))
        losses.append(float(figures["loss"]))
    assert losses[-1] < losses[0]
    trained = Network.of(vqgan).build(task.whole(state["average"]))
    np.testing.assert_array_equal(codes_of(trained, batch), codes_of(vqgan, batch))


def test_clip_learns_which_caption_belongs_to_which_picture():
    clip = load_clip(ORACLE / "clip-tiny")
    size = clip.config.image_size
    task = ClipTask(clip, Parts(clip="all"), Seq2seqCourse(steps=20, batch=4, warm_up=1, peak_rate=3e-3), 0)
    ids = np.full((4, 8), clip.config.vocab_size - 1, np.int32)
    ids[:, 0] = clip.config.vocab_size - 2  # the start; a text is read at its first end
    ids[:, 1] = range(4)
    batch = {"ids": jnp.asarray(ids), "mask": jnp.ones_like(ids), **pictures(4, size)}
    state, step = task.begin(), jax.jit(task.step)
    for _ in range(20):
        state, figures = step(state, task.frozen, batch, jnp.int32(20))
    assert float(figures["loss"]) < np.log(4) / 2
    padded = {name: jnp.concatenate([x, x]) for name, x in batch.items()}
    padded["weight"] = jnp.array([1.0] * 4 + [0.0] * 4)
    evaluate = jax.jit(task.evaluate)
    alone = evaluate(state["trained"], task.frozen, {**batch, "weight": jnp.ones(4)})
    np.testing.assert_allclose(evaluate(state["trained"], task.frozen, padded), alone, atol=1e-4)


def test_a_network_comes_back_together_as_it_was():
    model = load_clip(ORACLE / "clip-tiny")
    network = Network.of(model)
    again = network.build(network.parameters)
    jax.tree.map(np.testing.assert_array_equal, nnx.state(model), nnx.state(again))
