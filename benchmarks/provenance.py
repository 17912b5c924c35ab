"""Measures whether content credentials verify in the very bytes that arrive at the local networks.

    python benchmarks/provenance.py [--posts 20] [--seed 1] [--json]

Each post has pictures of chance sizes and kinds (small, larger than a network takes, noise that only fits as JPEG) and
goes the publish path to X, to LinkedIn, and as a carousel to LinkedIn. Every upload that a post shows is read back.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFilter

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # benchmarks/moderation.py hides the room otherwise

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from playground.networks.process import LocalNetworks

SIDES = (64, 300, 1024, 1600, 2400)


def main() -> None:
    """Publish, read back, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["EASEL_HOME"] = home
        counts = measure(arguments.posts, arguments.seed)
    arrived = sum(counts.values())
    result = {"uploads": arrived, "verified": counts["trusted"] / arrived, "states": dict(counts), "bar": 1.0}
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=2))


def measure(posts: int, seed: int) -> Counter[str]:
    """The states of the credentials of everything that arrived."""
    from bot.pipeline.publish import publish
    from bot.pipeline.studio import Studio
    from bot.provenance import read_credentials
    from bot.settings import load_settings
    from playground.networks.process import running_networks

    chance = np.random.default_rng(seed)
    counts: Counter[str] = Counter()
    with running_networks() as networks:
        studio = Studio(load_settings())
        connect(studio, networks)
        for number in range(posts):
            images = [drawing(chance) for _ in range(1 + number % 3)]
            for row in approved(studio, f"post {number}", images, carousel=number % 2 == 1):
                if publish(studio, row.id).state != "published":
                    counts["not published"] += 1
        for entry in networks.journal("posted"):
            for upload in entry["uploads"]:
                counts[read_credentials(networks.media(upload), studio.signer.identity.anchor).state] += 1
        studio.records.engine.dispose()
    return counts


def drawing(chance: np.random.Generator) -> Image.Image:
    """Noise of a chance size, sharp or soft: sharp noise compresses worst, soft noise looks most like a picture."""
    width, height = (int(side) for side in chance.choice(SIDES, 2))
    noise = Image.fromarray(chance.integers(0, 256, (height, width, 3), dtype=np.uint8))
    return noise.filter(ImageFilter.GaussianBlur(3)) if chance.random() < 0.5 else noise


def approved(studio: Studio, text: str, images: Sequence[Image.Image], *, carousel: bool) -> list[Any]:
    """The publications of an approved post with these pictures."""
    from bot.pipeline.planning import plan
    from bot.records import PostState
    from bot.records.values import Drawn

    records = studio.records
    post = records.create_post("benchmark", text, ["x", "linkedin"], None, "UTC")
    records.move_post(post.id, PostState.PREPARING, "benchmark", "preparing", expected=PostState.DRAFTED)
    brief = records.add_brief(post.id, {"prompt": "noise", "alt_text": "Noise."}, [])
    drawn = [Drawn(seed, 0.5, "noise", "1", {}, studio.pictures.add(image), []) for seed, image in enumerate(images)]
    picks = records.add_candidates(post.id, brief.id, drawn)
    records.move_post(post.id, PostState.REVIEW, "benchmark", "ready", expected=PostState.PREPARING)
    plans = plan(studio, records.post(post.id), picks, carousel=carousel)
    return records.approve(post.id, plans, "benchmark", "yes")


def connect(studio: Studio, networks: LocalNetworks) -> None:
    """One account on each local network."""
    from bot.accounts import NewAccount
    from bot.accounts import connect as connect_account
    from bot.accounts.tokens import token_from

    for account in networks.accounts():
        if "person" in account["id"] or (account["network"] == "x" and studio.records.accounts("x")):
            continue
        oauth2 = {key: account["oauth2"][key] for key in ("access_token", "refresh_token", "client_id", "scopes")}
        if account["network"] == "x":
            settings = {"address": networks.x, "web_address": networks.x}
        else:
            settings = {"author": account["id"], "address": networks.linkedin, "login_address": networks.linkedin}
        new = NewAccount(account["network"], "main", "benchmark", settings)
        connect_account(studio.settings, studio.records, new, token_from(oauth2))


if __name__ == "__main__":
    main()
