"""`easel moderate`: verdicts for people and for scripts."""

import json

from PIL import Image

from moderation.policy import DEFAULT_POLICY


def test_texts_are_judged_one_json_object_each(easel_here):
    ran = easel_here("moderate", "--json", "Come to our party!", "Kill yourself.")
    assert ran.returncode == 0, ran.stderr
    good, bad = map(json.loads, ran.stdout.splitlines())
    assert (good["text"], good["decision"]) == ("Come to our party!", "allow")
    assert bad["decision"] == "block"
    assert {"moderator", "scores", "reason", "span", "seconds"} <= bad["verdicts"][0].keys()


def test_a_file_gives_one_object_a_line_empty_lines_too(easel_here, tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("hello\n\nyou worthless idiot\n", encoding="utf-8")
    ran = easel_here("moderate", "--file", str(lines))
    assert [json.loads(line)["decision"] for line in ran.stdout.splitlines()] == ["allow", "allow", "review"]


def test_pictures_are_judged_and_broken_ones_blocked(easel_here, tmp_path):
    Image.linear_gradient("L").convert("RGB").save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    ran = easel_here("moderate", "--json", str(tmp_path / "good.png"), str(tmp_path / "bad.png"))
    good, bad = map(json.loads, ran.stdout.splitlines())
    assert (good["file"], good["decision"]) == (str(tmp_path / "good.png"), "allow")
    assert bad["decision"] == "block"


def test_people_get_a_table(easel_here):
    ran = easel_here("moderate", "you worthless idiot")
    assert ran.returncode == 0
    assert "review" in ran.stdout
    assert "rules" in ran.stdout


def test_a_draft_with_slashes_in_it_is_a_text(easel_here):
    drafts = ["and/or, either/or", "/shrug we open tomorrow", "come to https://example.org/"]
    ran = easel_here("moderate", "--json", *drafts)
    assert ran.returncode == 0, ran.stderr
    assert [json.loads(line)["text"] for line in ran.stdout.splitlines()] == drafts


def test_misuse_is_one_clear_line(easel_here, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    (tmp_path / "policy.toml").write_text("[thresholds]\nspam = 1\n")
    shipped = DEFAULT_POLICY.read_text(encoding="utf-8")
    (tmp_path / "brand.toml").write_text(shipped.replace("\nexpressions = []", "\nexpressions = ['((']"))
    for arguments, status, told in (
        ([], 2, "Say what to judge"),
        (["missing.png"], 2, "no such picture"),
        (["  "], 2, "neither a text nor"),
        ([f"{tmp_path}/"], 2, ": a folder"),
        ([str(tmp_path)], 2, f"{tmp_path}: a folder"),
        (["--file", str(tmp_path / "none.txt")], 2, "cannot be read"),
        (["--file", str(tmp_path / "latin.txt")], 2, "not UTF-8"),
        (["x" * 100_001], 2, "100,001 characters"),
        (["--policy", str(tmp_path / "policy.toml"), "hello"], 1, "policy.toml, line"),
        (["--policy", str(tmp_path / "brand.toml"), "hello"], 1, "brand.toml, line"),
    ):
        ran = easel_here("moderate", *arguments)
        assert (ran.returncode, told in ran.stderr) == (status, True), ran.stderr
        assert "Traceback" not in ran.stderr
        assert len(ran.stderr.strip().splitlines()) == 1
