"""A rival draws its share of the candidates, repeatably, and a lead is only told when it is one."""

import pytest

from bot.pipeline.rivals import Comparison, Rate, drawn_by_rival, shares
from bot.settings import load_settings


def test_about_the_share_is_drawn_by_the_rival_and_the_same_again():
    drawn = [is_theirs for post in range(500) for is_theirs in drawn_by_rival(f"post_{post}", range(4), 0.2)]
    assert 0.17 < sum(drawn) / len(drawn) < 0.23
    assert drawn_by_rival("post_1", range(9), 0.5) == drawn_by_rival("post_1", range(9), 0.5)


def test_a_post_with_a_model_of_its_own_is_not_shared(home, monkeypatch):
    seeds = list(range(40))
    assert shares(load_settings(), "post_1", seeds, "") == {"": seeds}
    monkeypatch.setenv("EASEL_RIVAL", "brand")
    load_settings.cache_clear()
    assert shares(load_settings(), "post_1", seeds, "mini") == {"mini": seeds}
    both = shares(load_settings(), "post_1", seeds, "")
    assert sorted(both[""] + both["brand"]) == seeds
    assert both["brand"]


@pytest.mark.parametrize(
    ("shown", "picked", "low", "high"),
    [(0, 0, 0.0, 1.0), (10, 0, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (100, 50, 0.4038, 0.5962)],
)
def test_the_interval_is_wilsons(shown, picked, low, high):
    assert Rate("a", shown, picked).interval == pytest.approx((low, high), abs=5e-4)


def test_a_few_picks_prove_nothing_and_many_do():
    assert Comparison(Rate("a", 10, 3), Rate("b", 4, 2)).verdict.startswith("Too early")
    assert Comparison(Rate("a", 400, 80), Rate("b", 100, 40)).verdict == "b is picked more often."
    assert Comparison(Rate("a", 400, 160), Rate("b", 100, 10)).verdict == "a is picked more often."
