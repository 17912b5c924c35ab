"""Drawing for several people with one model: together, fairly, and the same pictures as alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.pipeline.drawing import draw_post
from bot.pipeline.prepare import prepare
from bot.pipeline.sharing import InUse, Job, SharedModel, SharingStudio, fair_batch
from bot.records import PostState
from bot.settings_file import set_setting
from generation.models import ModelRegistry


@pytest.fixture
def home(home, monkeypatch):
    monkeypatch.setenv("EASEL_UPSCALE", "1")
    return home


def job(person, count):
    return Job(person, [None] * count, 0)


def test_a_batch_goes_round_the_people_and_keeps_the_oldest_first():
    pile = [job("ana", 4), job("ana", 4), job("ana", 4), job("ben", 4), job("cat", 2)]
    assert fair_batch(pile, 10) == [pile[0], pile[3], pile[4]]


def test_what_does_not_fit_waits_and_what_fits_nowhere_goes_alone():
    large, small = job("ana", 12), job("ben", 4)
    assert fair_batch([large, small], 10) == [large]
    assert fair_batch([job("ana", 8), job("ben", 4), job("ana", 2)], 10)[1].person == "ana"


class Counting:
    """A model that says what it was asked for."""

    def __init__(self):
        self.asked = []

    def stream(self, requests, *, previews):
        self.asked.append(list(requests))
        if "broken" in requests:
            raise ValueError("cannot draw this")
        yield [f"picture of {request}" for request in requests]


def test_each_gets_their_own_pictures_from_a_shared_decode():
    model = Counting()
    shared = SharedModel(lambda: model, 10)
    with ThreadPoolExecutor(3) as pool:
        drawn = list(pool.map(lambda name: list(shared.stream([name, name * 2])), ["a", "b", "c"]))
    assert drawn == [[[f"picture of {name}", f"picture of {name * 2}"]] for name in "abc"]
    assert len(model.asked) < 3


def test_an_error_reaches_those_who_wait_and_the_model_goes_on():
    shared = SharedModel(Counting, 10)
    with pytest.raises(ValueError, match="cannot draw this"):
        list(shared.stream(["broken"]))
    assert list(shared.stream(["a"])) == [["picture of a"]]


def test_two_posts_drawn_together_have_the_pictures_that_each_has_alone(studio):
    records = studio.records

    def new():
        return [records.create_post(person, f"pizza party {n}", ["x"], None, "UTC").id for n, person in enumerate("ab")]

    alone = new()
    for number, post_id in enumerate(alone):
        list(prepare(studio, records.post(post_id), seeds=[number], person="ana"))
    together = new()
    sharing = SharingStudio(studio.settings)
    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(lambda n: draw_post(sharing, together[n], [n], "ab"[n]), range(2)))
    assert states == ["review", "review"]
    sharing.records.engine.dispose()
    pictures = [[row.picture for post in posts for row in records.candidates(post)] for posts in (alone, together)]
    assert pictures[0] == pictures[1]


def test_a_post_that_a_killed_worker_left_is_drawn_again(studio):
    post = studio.records.create_post("ana", "pizza party", ["x"], None, "UTC")
    studio.records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
    assert draw_post(studio, post.id, [1], "ana") == "review"
    assert "it is drawn again" in [row.why for row in studio.records.audit(post.id)][2]
    assert draw_post(studio, post.id, [1], "ana") == "review"


def test_a_running_worker_draws_with_the_model_that_is_put_in_use_and_stays_with_it_where_the_next_is_broken(
    studio, home, capsys, tmp_path, make_tiny_bundle
):
    registry = ModelRegistry(studio.settings.models_dir)
    registry.add(make_tiny_bundle(tmp_path / "tiny"))
    registry.add(tmp_path / "tiny", name="broken")
    (studio.settings.models_dir / "broken" / "config.json").write_text("{}")
    in_use = InUse(studio.settings)
    assert in_use.model().name == "doodle"
    set_setting(home / "easel.toml", "model", "tiny")
    assert in_use.model().name == "tiny"
    set_setting(home / "easel.toml", "model", "broken")
    assert in_use.model().name == "tiny"
    assert "broken/config.json" in capsys.readouterr().out
    in_use.model()
    assert capsys.readouterr().out == ""
