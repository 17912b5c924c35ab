"""The brief of a post by the writer of the settings: limits, fallbacks, articles, and what people teach."""

import json
import time
from collections.abc import Iterator

import pytest

from bot.articles import Page
from bot.errors import Misuse
from bot.pipeline.learning import learn
from bot.pipeline.understanding import understand, understand_article
from bot.pipeline.wishes import with_prompt
from bot.pipeline.writing import refuse_unreachable_writer
from bot.records import PostState
from bot.records.options import PostOptions
from bot.records.tables import SpendingRow
from bot.settings import load_settings
from playground.openai import LocalOpenAI, running_openai

STORY = "Of rockets\n\n" + "The rocket stands on its pad, and the astronauts wave to the crowd below. " * 30


@pytest.fixture(scope="module")
def openai_process() -> Iterator[LocalOpenAI]:
    with running_openai() as running:
        yield running


@pytest.fixture
def server(openai_process, monkeypatch, home):
    """The local OpenAI, named by the settings."""
    openai_process.reset()
    monkeypatch.setenv("EASEL_WRITER", "llm")
    monkeypatch.setenv("EASEL_LLM_MODEL", "stand-in-chat")
    monkeypatch.setenv("EASEL_LLM_URL", openai_process.base_url)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    load_settings.cache_clear()
    return openai_process


def new_post(studio, draft="our bakery opens"):
    return studio.records.create_post("ana", draft, ["x"], None, "UTC")


def test_the_model_of_the_settings_writes_and_what_it_took_is_kept(server, studio):
    brief = understand(studio, new_post(studio))
    assert brief.writer == "stand-in-chat"
    tokens, cost = studio.records.spent_today()
    assert tokens == brief.usage.prompt_tokens + brief.usage.answer_tokens > 0
    assert cost == 0


def test_the_limit_of_a_day_holds_over_processes(server, home, monkeypatch):
    from bot.pipeline.studio import Studio

    monkeypatch.setenv("EASEL_LLM_TOKENS_A_DAY", "4000")
    load_settings.cache_clear()
    writers = []
    for _ in range(6):
        studio = Studio(load_settings())  # as another process would
        writers.append(understand(studio, new_post(studio)).writer)
        studio.records.engine.dispose()
    assert writers[0] == "stand-in-chat"
    assert writers[-1] == "rules"
    assert len(server.calls()) == writers.count("stand-in-chat")


def test_yesterdays_spending_and_another_workspaces_do_not_count(studio):
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    with studio.records.transaction() as session:
        for workspace, at in (("local", now - timedelta(days=1)), ("other", now)):
            row = SpendingRow(workspace=workspace, model="m", prompt_tokens=5, answer_tokens=5, cost=1.0, at=at)
            session.add(row)
    assert studio.records.spent_today() == (0, 0.0)
    studio.records.note("m", 3, 4, 0.5)
    assert studio.records.spent_today() == (7, 0.5)


def test_a_silent_model_leaves_it_to_the_rules_and_says_so(server, studio):
    server.arm(path="/chat/completions", do="status", status=503)
    brief = understand(studio, new_post(studio, "pizza party 🍕"))
    assert brief.writer == "rules"
    assert "503" in brief.notices[-1]


def test_a_brief_that_was_paid_for_is_not_asked_for_twice_until_the_words_change(server, studio):
    post = new_post(studio)
    studio.records.add_brief(post.id, understand(studio, post).to_dict(), [])
    assert understand(studio, post).writer == "stand-in-chat"
    assert len(server.calls()) == 1
    studio.records.edit_post(post.id, "ana", "edited", draft="our bakery closes")
    assert understand(studio, studio.records.post(post.id)).draft == "our bakery closes"
    assert len(server.calls()) == 2


def test_a_brief_of_the_rules_does_not_stand_in_the_way_of_the_model(server, studio):
    post = new_post(studio)
    server.arm(path="/chat/completions", do="status", status=503)
    studio.records.add_brief(post.id, understand(studio, post).to_dict(), [])
    assert understand(studio, post).writer == "stand-in-chat"


def test_a_model_improves_the_brief_of_an_article_whose_stages_stay(server, studio, tmp_path):
    story = tmp_path / "story.txt"
    story.write_text(STORY, encoding="utf-8")
    brief = understand_article(studio, str(story), "come and see 🚀")
    assert (brief.draft, brief.writer) == ("come and see 🚀", "stand-in-chat")
    assert brief.article["topics"][0]["picture"] == "a rocket"
    asked = server.calls()[0]["body"]["messages"][-1]["content"]
    assert "Of rockets" in asked
    assert "astronauts wave" in asked


def test_a_writer_that_cannot_be_reached_is_refused_before_anything_is_kept(easel, home):
    result = easel("post", "hello", environment={"EASEL_WRITER": "llm", "OPENAI_API_KEY": ""})
    assert result.returncode == 2
    assert "llm_model" in result.stderr.decode()
    with pytest.raises(Misuse, match="OPENAI_API_KEY"):
        refuse_unreachable_writer(load_settings().model_copy(update={"writer": "llm", "llm_model": "gpt"}))


def test_an_edit_in_review_is_kept_offered_back_and_exported(server, studio, capsys):
    from bot.cli.examples import examples

    post = new_post(studio, "the vinyl fair is back 🎶")
    before = understand(studio, post)
    after = with_prompt(before, "a stack of vinyl records, blue background", "ana")
    learn(studio.records, post.id, "ana", before, after)
    learn(studio.records, post.id, "ana", before, with_prompt(before, "one vinyl record, red background", "ana"))
    (row,) = studio.records.examples()
    assert (row.person, row.body["prompt"]) == ("ana", "one vinyl record, red background")

    server.reset()
    studio.writer.write("vinyl fair again 🎶")
    shown = server.calls()[0]["body"]["messages"]
    assert "the vinyl fair is back" in shown[-3]["content"]
    assert json.loads(shown[-2]["content"])["prompt"] == "one vinyl record, red background"

    examples(json=True, forget="")
    exported = json.loads(capsys.readouterr().out)
    assert exported["draft"] == post.draft
    assert exported["was"] == before.prompt
    examples(json=False, forget=row.id)
    assert studio.records.examples() == []
    with pytest.raises(Misuse, match="no example"):
        studio.records.forget_example(row.id)


def test_what_a_model_may_not_answer_is_no_example(studio):
    post = new_post(studio)
    before = understand(studio, post)
    for prompt in ("cake", "see https://evil.example now", "a cake for @ana"):
        learn(studio.records, post.id, "ana", before, with_prompt(before, prompt, "ana"))
    assert studio.records.examples() == []


def test_a_prompt_too_long_is_cut_at_its_end_and_said(studio):
    before = understand(studio, new_post(studio))
    brief = with_prompt(before, "a red rocket on a hill, " + "with many small trees, " * 9, "ana")
    assert len(brief.prompt.split()) <= 24
    assert brief.prompt.startswith("a red rocket on a hill, with many small trees")
    assert "too long" in brief.notices[-1]


def test_the_prompt_that_a_person_wrote_is_drawn_again_too(studio):
    post = new_post(studio)
    before = understand(studio, post)
    studio.records.add_brief(post.id, with_prompt(before, "a red cake", "ana").to_dict(), [])
    assert understand(studio, post).prompt == "a red cake"


@pytest.mark.parametrize("draft", ["", "read this 🚀"])
def test_an_article_goes_the_whole_way(easel, tmp_path, draft):
    story = tmp_path / "story.txt"
    story.write_text(STORY, encoding="utf-8")
    given = ("post", *filter(None, (draft,)), "--article", str(story))
    result = easel(*given, "--yes", "--count", "1", "--seed", "1", "--json")
    assert result.returncode == 0, result.stderr.decode()
    told = json.loads(result.stdout.decode().splitlines()[-1])
    assert told["state"] == PostState.APPROVED
    assert told["brief"]["draft"] == (draft or "Of rockets")
    assert told["brief"]["article"]["title"] == "Of rockets"
    assert told["brief"]["prompt"].startswith("a rocket")


def test_a_missing_article_is_misuse_and_leaves_no_post(easel, home):
    result = easel("post", "--article", "/nowhere/story.txt", "--yes")
    assert result.returncode == 2
    assert "cannot be read" in result.stderr.decode()
    assert not list(home.rglob("*.png"))


def test_the_brands_own_generator_draws_unless_another_is_chosen(studio, tmp_path, monkeypatch):
    (tmp_path / "brand.toml").write_text('generator = "mini"\n', encoding="utf-8")
    monkeypatch.setattr("bot.pipeline.brand.CONFIG", tmp_path)
    assert studio.generator_for(None) == studio.generator_for("") == "mini"
    assert studio.generator_for("openai") == "openai"


def test_a_worker_has_drafts_read_through_the_queue_of_language_models(server, home, make_tiny_bundle, monkeypatch):
    from bot.pipeline.durable import Workshop, ask_to_draw, queues
    from bot.pipeline.sharing import SharingStudio

    make_tiny_bundle(home / "models" / "tiny")
    for name, value in {"MODEL": "tiny", "UPSCALE": "1"}.items():
        monkeypatch.setenv(f"EASEL_{name}", value)
    load_settings.cache_clear()
    studio = SharingStudio(load_settings())
    team = studio.in_workspace("T1")
    workshop = Workshop(studio, "draw-test", ["draw"])
    workshop.open()
    try:
        post = new_post(team)
        ask_to_draw(studio.settings, post.id, [1], "ana")
        deadline = time.monotonic() + 120
        while team.records.post(post.id).state not in ("review", "failed"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert team.records.post(post.id).state == "review", team.records.audit(post.id)[-1].why
        assert team.records.latest_brief(post.id).body["writer"] == "stand-in-chat"
        assert team.records.spent_today()[0] > 0
        assert studio.records.spent_today() == (0, 0)
        with queues(studio.settings) as client:
            [asked] = client.list_workflows(name="llm")
            assert asked.workflow_id.startswith(f"draw:{post.id}:")  # so that what forgets the post forgets it too
    finally:
        workshop.close(5)
        studio.records.engine.dispose()


def test_what_is_no_draft_is_refused_in_the_same_words_by_way_of_the_queue(studio):
    from bot.errors import EaselError
    from bot.pipeline.asking import QueuedWriter, write_brief

    writer = QueuedWriter("local", lambda workspace, text, by_rules: write_brief(studio.open_writer(), text, by_rules))
    assert writer.write("our bakery opens").writer == "rules"
    with pytest.raises(EaselError, match="draft"):
        writer.write("x" * 50_000)


def test_a_post_with_an_article_reads_web_addresses_and_no_files(studio, tmp_path, monkeypatch):
    def page(self, url):
        return Page(url, STORY, is_html=False)

    def post_with(article):
        options = PostOptions(article=article)
        return studio.records.create_post("ana", "come and see", ["x"], None, "UTC", options=options)

    for refused in (str(tmp_path), "file:///etc/passwd", "http://169.254.169.254/"):
        with pytest.raises(Misuse):
            understand(studio, post_with(refused))
    monkeypatch.setattr("bot.articles.Fetcher.fetch", page)
    post = post_with("https://example.org/story")
    brief = understand(studio, post)
    assert (brief.draft, brief.article["source"]) == ("come and see", "https://example.org/story")
    monkeypatch.undo()
    studio.records.add_brief(post.id, brief.to_dict(), [])
    assert understand(studio, post) == brief, "what was read once is not fetched again"


def test_an_article_is_improved_by_way_of_the_queue_too(server, studio, tmp_path):
    from bot.pipeline.asking import write_brief

    story = tmp_path / "story.txt"
    story.write_text(STORY, encoding="utf-8")
    studio.ask = lambda workspace, text, by_rules: json.loads(
        json.dumps(write_brief(studio.open_writer(), text, by_rules))
    )
    brief = understand_article(studio, str(story))
    assert (brief.draft, brief.writer) == ("Of rockets", "stand-in-chat")
    assert brief.article["topics"][0]["picture"] == "a rocket"
