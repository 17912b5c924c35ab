import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from moderation import Decision, Moderators, Policy, Verdict
from moderation.openai_moderation import CATEGORIES

KEY_VARIABLE = "EASEL_TEST_MODERATION_KEY"


class Server(ThreadingHTTPServer):
    """Answers as OpenAI's moderation endpoint does, with the scores that a test sets."""

    scores: dict[str, Any]
    status = 200
    requests: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append({"path": self.path, "key": self.headers["Authorization"], **asked})
        scores = dict.fromkeys(CATEGORIES, 0.001) | self.server.scores
        result = {"flagged": False, "categories": dict.fromkeys(CATEGORIES, False), "category_scores": scores}
        body = json.dumps({"id": "modr-1", "model": asked["model"], "results": [result]}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    with Server(("127.0.0.1", 0), Handler) as running:
        running.scores, running.requests = {}, []
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def policy(server: Server) -> Policy:
    options = {"base_url": f"http://127.0.0.1:{server.server_port}/v1", "key_variable": KEY_VARIABLE}
    return replace(Policy.load(), text=("openai",), pictures=("openai",), options={"openai": options})


def judged(server: Server, subject: str | Image.Image) -> Verdict:
    moderators = Moderators(policy(server))
    (verdict,) = moderators.judge_text(subject) if isinstance(subject, str) else moderators.judge_picture(subject)
    return verdict


def test_a_text_is_judged_by_the_servers_scores_in_the_policys_categories(server: Server) -> None:
    server.scores = {"harassment/threatening": 0.97, "hate": 0.2}
    verdict = judged(server, "some text")
    assert (verdict.decision, verdict.category) == (Decision.BLOCK, "threat")
    assert verdict.scores["hate"] == 0.2
    assert server.requests[0]["input"] == "some text"
    assert server.requests[0]["key"] == "Bearer secret"


def test_a_picture_is_sent_small_and_judged(server: Server) -> None:
    server.scores = {"violence/graphic": 0.7}
    verdict = judged(server, Image.effect_noise((2000, 1500), 90))
    assert (verdict.decision, verdict.category) == (Decision.REVIEW, "violence")
    url = server.requests[0]["input"][0]["image_url"]["url"]
    assert url.startswith("data:image/jpeg;base64,")
    assert len(url) < 1_000_000


def test_a_harmless_text_passes(server: Server) -> None:
    assert judged(server, "hello").decision is Decision.ALLOW


@pytest.mark.parametrize("scores", [{"hate": 7}, {"hate": -1}, {"hate": "very"}])
def test_an_answer_that_is_no_score_counts_as_review(server: Server, scores: dict[str, Any]) -> None:
    server.scores = scores
    assert judged(server, "hello").decision is Decision.REVIEW


def test_a_refusal_counts_as_review_and_does_not_show_the_key(server: Server) -> None:
    server.status = 401
    verdict = judged(server, "hello")
    assert verdict.decision is Decision.REVIEW
    assert "secret" not in verdict.reason


def test_no_key_counts_as_review_and_says_which_variable(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    verdict = judged(server, "hello")
    assert verdict.decision is Decision.REVIEW
    assert KEY_VARIABLE in verdict.reason
    assert not server.requests
