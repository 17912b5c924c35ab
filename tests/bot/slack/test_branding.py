"""The brand set in Slack: by admins of the whole workspace, for it alone, and used wherever a brief is written."""

import asyncio

import pytest

from bot.errors import Misuse
from bot.pipeline.brand import brand_of
from bot.pipeline.understanding import understand
from bot.records.tables import RequestRow
from bot.records.values import short_id
from bot.slack.branding import read_brand, save_brand
from generation.errors import GenerationError

BRAND = {
    "style": "thick outlines",
    "palette": ["teal", "orange"],
    "avoid": ["beer"],
    "voice": "warm and short",
    "generator": "",
}


@pytest.fixture
def desk(desk_with):
    """A desk with an admin of everything and one of a channel."""
    return desk_with('[everywhere]\nadmins = ["UALL"]\n[channels.C1]\nadmins = ["UONE"]\n')


def save(desk, user, **changes):
    body = {"user": user, "channel": "C1", "brand": BRAND | changes}
    asyncio.run(save_brand(desk, RequestRow(person=f"slack:{user}", body=body)))


def new_post(studio, draft):
    return studio.records.create_post("ana", draft, ["x"], None, "UTC")


@pytest.mark.parametrize("user", ["UONE", "UOUT"])
def test_who_is_no_admin_of_the_whole_workspace_sets_no_brand(desk, told, user):
    with pytest.raises(Misuse, match="Only an admin"):
        save(desk, user)
    assert desk.records.brand() == {}


def test_what_an_admin_sets_is_kept_audited_and_in_the_next_brief(desk, told):
    studio = desk.studio
    before = understand(studio, new_post(studio, "pizza and beer tonight"))
    assert "beer" in before.prompt
    save(desk, "UALL")
    [row] = desk.records.audit(short_id("brand", ""))
    assert row.person == "slack:UALL"
    assert "style, palette, avoid, voice" in row.why
    brief = understand(studio, new_post(studio, "pizza and beer tonight"))
    assert "beer" not in brief.prompt
    assert brief.prompt.endswith("teal and orange colours, thick outlines")
    assert brief.negative[0] == "beer"


def test_it_holds_for_its_own_workspace_only_and_takes_hold_in_other_processes_at_once(desk, told):
    from bot.pipeline.studio import Studio

    worker = Studio(desk.settings)
    assert worker.rules.brand.style == ""
    save(desk, "UALL")
    assert worker.rules.brand.style == "thick outlines"
    assert worker.in_workspace("T2").rules.brand.style == ""
    worker.records.engine.dispose()


def test_what_is_as_in_the_file_follows_the_file(desk, told, tmp_path, monkeypatch):
    monkeypatch.setattr("bot.pipeline.brand.CONFIG", tmp_path)
    (tmp_path / "brand.toml").write_text('style = "thick outlines"\nvoice = "dry"\n')
    save(desk, "UALL", voice="")
    assert desk.records.brand() == {"palette": ["teal", "orange"], "avoid": ["beer"], "voice": ""}
    (tmp_path / "brand.toml").write_text('style = "watercolour"\nvoice = "dry"\n')
    assert (brand_of(desk.records).style, brand_of(desk.records).voice) == ("watercolour", "")
    save(desk, "UALL", style="watercolour", palette=[], avoid=[], voice="dry")
    assert desk.records.brand() == {}
    assert told[-1].endswith("palette, avoid, voice.")


def test_saving_what_holds_already_leaves_no_trace(desk, told):
    save(desk, "UALL")
    save(desk, "UALL")
    assert len(desk.records.audit(short_id("brand", ""))) == 1
    assert told[-1] == "Nothing changed."


def test_a_generator_that_cannot_draw_here_is_refused(desk, told, make_tiny_bundle):
    with pytest.raises(GenerationError, match="nowhere"):
        save(desk, "UALL", generator="nowhere")
    assert desk.records.brand() == {}
    make_tiny_bundle(desk.settings.models_dir / "tiny")
    save(desk, "UALL", generator="tiny")
    assert desk.studio.generator_for(None) == "tiny"
    assert desk.studio.generator_for("doodle") == "doodle"


def text(value):
    return {"element": {"type": "plain_text_input", "value": value}}


def test_a_form_is_read_into_words_and_told_its_faults_by_field():
    brand, errors = read_brand(
        {
            "style": text("  thick\noutlines "),
            "palette": text("teal, orange,, teal"),
            "avoid": text("beer\ncigarettes\u200b"),
            "voice": text(None),
            "generator": {"generator": {"type": "static_select", "selected_option": {"value": "-"}}},
        }
    )
    assert errors == {}
    assert brand == {
        "style": "thick outlines",
        "palette": ["teal", "orange"],
        "avoid": ["beer", "cigarettes"],
        "voice": "",
        "generator": "",
    }
    _, errors = read_brand({"style": text("a b c d e f g h i"), "palette": text("a,b,c,d,e")})
    assert set(errors) == {"style", "palette"}
    assert "more than 8 words" in errors["style"]
