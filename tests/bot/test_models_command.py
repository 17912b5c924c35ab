"""`easel models` as a person runs it: what is in use stays in use until a sound model takes its place."""

import json
import pickle
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from bot.errors import EaselError, Misuse
from bot.settings_file import set_setting
from generation.files.weights import read_weights, write_msgpack

ORACLE = Path(__file__).parents[1] / "data" / "oracle"


def names(easel_here):
    ran = easel_here("models", "list", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    return told["in_use"], [model["name"] for model in told["models"]]


def test_a_model_is_added_used_and_removed(easel_here, home, tmp_path, make_tiny_bundle):
    source = make_tiny_bundle(tmp_path / "source")
    assert "tiny is added" in easel_here("models", "add", str(source)).stdout
    assert names(easel_here) == ("doodle", ["doodle", "tiny"])
    assert "tiny draws from now on" in easel_here("models", "use", "tiny").stdout
    assert names(easel_here)[0] == "tiny"
    in_use = easel_here("models", "remove", "tiny")
    assert (in_use.returncode, "in use" in in_use.stderr) == (2, True)
    easel_here("models", "use", "doodle")
    assert easel_here("models", "remove", "tiny").returncode == 0
    assert names(easel_here) == ("doodle", ["doodle"])
    assert list((home / "models").iterdir()) == []


def test_a_damaged_model_is_refused_and_the_one_in_use_stays(easel_here, home, tmp_path, make_tiny_bundle):
    easel_here("models", "add", str(make_tiny_bundle(tmp_path / "source")))
    weights = home / "models" / "tiny" / "flax_model.msgpack"
    weights.write_bytes(weights.read_bytes()[:-1])
    refused = easel_here("models", "use", "tiny")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "flax_model.msgpack" in refused.stderr
    assert names(easel_here)[0] == "doodle"


def truncated(folder):
    file = folder / "flax_model.msgpack"
    file.write_bytes(file.read_bytes()[:-1000])


def not_a_number(folder):
    weights = {name: array.copy() for name, array in read_weights(folder / "vqgan" / "flax_model.msgpack").items()}
    weights["decoder/conv_in/bias"][0] = np.nan
    write_msgpack(folder / "vqgan" / "flax_model.msgpack", weights)


def a_thousand_million_layers(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"encoder_layers": 10**9}))


def a_pickle(folder):
    (folder / "flax_model.msgpack").write_bytes(pickle.dumps({"a": 1}))


def a_tokenizer_of_gigabytes(folder):
    with (folder / "tokenizer.json").open("wb") as file:
        file.write(b'{"model": "')
        file.truncate(20 << 30)  # sparse: it takes no disk


@pytest.mark.parametrize(
    ("spoil", "file", "field"),
    [
        (truncated, "flax_model.msgpack", "is no whole array"),
        (not_a_number, "vqgan/flax_model.msgpack", "decoder/conv_in/bias holds NaN"),
        (a_thousand_million_layers, "config.json", "encoder_layers is 1000000000"),
        (a_pickle, "flax_model.msgpack", "pickle"),
        (a_tokenizer_of_gigabytes, "tokenizer.json", "bytes"),
    ],
)
def test_what_is_refused_is_named_as_the_file_that_was_given(
    easel_here, home, tmp_path, make_tiny_bundle, spoil, file, field
):
    source = make_tiny_bundle(tmp_path / "source")
    (source / "model.toml").unlink()
    spoil(source)
    refused = easel_here("models", "add", str(source))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert refused.stderr.startswith(f"easel: {source / file}: ")
    assert field in refused.stderr
    checked = easel_here("models", "check", str(source), "--json")
    assert checked.returncode == 1
    told = [one["detail"] for one in json.loads(checked.stdout)["checks"] if one["outcome"] == "failed"]
    assert any(str(source / file) in detail and field in detail for detail in told)
    assert list((home / "models").iterdir()) == []
    assert names(easel_here) == ("doodle", ["doodle"])


def test_info_names_licence_sources_and_revision(easel_here):
    told = json.loads(easel_here("models", "info", "doodle", "--json").stdout)
    assert told["licence"] == "Apache-2.0"
    assert len(told["revision"]) == 64
    assert {"MIT", "Apache-2.0", "public domain"} <= {source["licence"] for source in told["sources"]}
    assert "Noto emoji" in easel_here("models", "info", "doodle").stdout


def test_export_writes_the_other_format_beside_the_folder(easel_here, tmp_path, make_tiny_bundle):
    make_tiny_bundle(tmp_path / "source")
    ran = easel_here("models", "export", str(tmp_path / "source"), "--format", "safetensors")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "source-safetensors" / "vqgan" / "model.safetensors").exists()
    small = ("models", "export", str(tmp_path / "source"), "--bits", "8", "--to", str(tmp_path / "small"), "--format")
    wrong = easel_here(*small, "msgpack")
    assert (wrong.returncode, "choose safetensors" in wrong.stderr) == (1, True)
    assert easel_here(*small, "safetensors").returncode == 0
    wrong = easel_here("models", "export", str(tmp_path / "source"), "--format", "pickle")
    assert (wrong.returncode, "safetensors" in wrong.stderr) == (1, True)


def test_fetch_without_a_network_says_so_plainly(easel_here):
    ran = easel_here("models", "fetch", "mini", "--hub", "http://127.0.0.1:9")
    assert ran.returncode == 1
    assert "cannot be reached" in ran.stderr
    assert "Traceback" not in ran.stderr


class NoHub(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>a captive portal</html>")

    def log_message(self, *arguments):
        pass


def test_fetch_behind_a_captive_portal_says_that_it_is_no_hub(easel_here):
    with ThreadingHTTPServer(("127.0.0.1", 0), NoHub) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        ran = easel_here("models", "fetch", "mini", "--hub", f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
        thread.join()
    assert (ran.returncode, "does not answer as a hub" in ran.stderr) == (1, True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'model = "tiny"\n'),
        ('# mine\nmodel = "doodle"  # for now\ncount = 3\n', '# mine\nmodel = "tiny"\ncount = 3\n'),
        ('count = 3\n[x]\nmodel_of = "y"\n', 'model = "tiny"\ncount = 3\n[x]\nmodel_of = "y"\n'),
    ],
)
def test_a_setting_is_changed_and_the_rest_of_the_file_stays(tmp_path, before, after):
    file = tmp_path / "easel.toml"
    if before:
        file.write_text(before)
    set_setting(file, "model", "tiny")
    assert file.read_text() == after


def test_a_file_that_cannot_be_changed_safely_is_left_as_it_is(tmp_path):
    file = tmp_path / "easel.toml"
    text = '[other]\nmodel = "doodle"\n'
    file.write_text(text)
    with pytest.raises(EaselError, match="write this line"):
        set_setting(file, "model", "tiny")
    assert file.read_text() == text
    file.write_text("broken = ")
    with pytest.raises(Misuse, match="TOML"):
        set_setting(file, "model", "tiny")


def test_check_ends_with_status_1_if_a_golden_array_is_not_met(easel_here, tmp_path):
    clip = ORACLE / "clip-tiny"
    met = easel_here("models", "check", str(clip), "--golden", str(clip / "golden.npz"), "--json")
    assert met.returncode == 0
    told = json.loads(met.stdout)
    assert (told["kind"], told["passed"]) == ("CLIP", True)
    assert {one["key"] for one in told["golden"]} >= {"text_embeds", "image_embeds", "logits_per_image"}
    golden = dict(np.load(clip / "golden.npz"))
    golden["image_embeds"] = golden["image_embeds"] + 1e-3
    np.savez(tmp_path / "golden.npz", **golden)
    missed = easel_here("models", "check", str(clip), "--golden", str(tmp_path / "golden.npz"))
    assert missed.returncode == 1
    line = next(line for line in missed.stdout.splitlines() if line.startswith("image_embeds"))
    assert line.split()[1:] == ["0.001", "1e-05", "failed"]
