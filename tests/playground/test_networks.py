"""The local networks do what the real ones are known for, to whoever speaks HTTP to them."""

import http.client
import json
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from playground.networks.process import running_networks
from playground.networks.tokens import Account, Tokens, sign

X_TOKEN = {"Authorization": "Bearer x-1001-access"}
PERSON = {
    "Authorization": "Bearer linkedin-ada1815-access",
    "LinkedIn-Version": "202609",
    "X-Restli-Protocol-Version": "2.0.0",
}
ORGANIZATION = PERSON | {"Authorization": "Bearer linkedin-2001-access"}


@pytest.fixture
def networks(networks_process):
    networks_process.reset()
    return networks_process


def ask(address: str, method: str = "GET", body=None, headers=None) -> tuple[int, dict[str, str], str]:
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(address, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode()


def tweet(networks, text: str, **more):
    return ask(f"{networks.x}/2/tweets", "POST", {"text": text, **more}, X_TOKEN)


def linkedin_post(networks, commentary: str, headers=PERSON, author: str = "urn:li:person:ada1815", **more):
    body = {
        "author": author,
        "commentary": commentary,
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    return ask(f"{networks.linkedin}/rest/posts", "POST", body | more, headers)


def png(width: int = 8, height: int = 8) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(9)


def upload_to_x(networks, data: bytes, category: str = "tweet_image"):
    parts = f'--b\r\ncontent-disposition: form-data; name="media_category"\r\n\r\n{category}\r\n'
    parts += '--b\r\ncontent-disposition: form-data; name="media"; filename="p"\r\n\r\n'
    headers = X_TOKEN | {"Content-Type": "multipart/form-data; boundary=b"}
    return ask(f"{networks.x}/2/media/upload", "POST", parts.encode() + data + b"\r\n--b--\r\n", headers)


def test_the_signature_equals_that_of_the_rfcs_example():
    # RFC 5849, 1.2: the request for the photo.
    printer = Account("x", "1", "Jane", "dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")
    fields = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    address = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    assert sign(printer, "GET", address, fields) == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


def signed_header(account: Account, *, at: float, nonce: str = "n", address: str = "http://a/b?c=d") -> str:
    fields = {
        "oauth_consumer_key": account.consumer_key,
        "oauth_token": account.access_token,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(at)),
        "oauth_nonce": nonce,
    }
    fields["oauth_signature"] = sign(account, "POST", address, fields)
    return "OAuth " + ", ".join(f'{k}="{urllib.parse.quote(v, safe="")}"' for k, v in fields.items())


def test_a_signature_is_good_once_and_now_and_for_its_own_request():
    tokens = Tokens()
    account = tokens.add(Account("x", "1", "a", "key", "secret", "token", "token secret"))
    header = signed_header(account, at=time.time())
    assert tokens.signed(header, "POST", "http://a/b?c=d", {}) == account
    assert tokens.signed(header, "POST", "http://a/b?c=d", {}) is None  # the nonce was used
    fresh = signed_header(account, at=time.time(), nonce="m")
    assert tokens.signed(fresh, "GET", "http://a/b?c=d", {}) is None
    assert tokens.signed(fresh, "POST", "http://a/b?c=e", {}) is None
    assert tokens.signed(fresh, "POST", "http://a/b?c=d", {"more": "form"}) is None
    assert tokens.signed(fresh.replace("token", "other"), "POST", "http://a/b?c=d", {}) is None
    late = signed_header(account, at=time.time() - 600, nonce="l")
    assert tokens.signed(late, "POST", "http://a/b?c=d", {}) is None
    assert tokens.signed("OAuth nonsense", "POST", "http://a/b?c=d", {}) is None


def test_x_wants_a_token(networks):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer linkedin-ada1815-access"}):
        status, _, body = ask(f"{networks.x}/2/tweets", "POST", {"text": "hi"}, headers)
        assert status == 401
        assert json.loads(body)["title"] == "Unauthorized"


def test_x_shortens_links_and_hands_the_originals_over_beside_them(networks):
    status, _, body = tweet(networks, "see https://example.com/a_b & <b>")
    post = json.loads(body)["data"]
    assert status == 201
    assert post["text"].startswith("see https://t.co/")
    assert post["text"].endswith(" &amp; &lt;b&gt;")
    _, _, timeline = ask(f"{networks.x}/2/users/1001/tweets?max_results=5", headers=X_TOKEN)
    (listed,) = json.loads(timeline)["data"]
    assert listed["entities"]["urls"][0]["expanded_url"] == "https://example.com/a_b"


def test_x_refuses_a_repeated_text_in_its_own_words_and_without_an_id(networks):
    tweet(networks, "once")
    status, _, body = tweet(networks, "once")
    assert status == 403
    assert json.loads(body)["detail"] == "You are not allowed to create a Tweet with duplicate content."
    networks.change(refuse_duplicates=False)
    assert tweet(networks, "once")[0] == 201


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"text": 5},
        {"text": " "},
        {"text": "a", "surprise": 1},
        {"media": "m"},
        {"media": {"media_ids": []}},
        {"text": "a", "media": {"media_ids": ["1"] * 5}},
        {"text": "a", "media": {"media_ids": ["404"]}},
    ],
)
def test_x_refuses_what_it_does_not_know(networks, body):
    assert ask(f"{networks.x}/2/tweets", "POST", body, X_TOKEN)[0] == 400
    assert networks.journal() == []


def test_x_refuses_a_long_text_but_counts_a_link_as_23(networks):
    assert tweet(networks, "a" * 281)[0] == 403
    assert tweet(networks, "a" * 256 + " https://example.com/" + "b" * 200)[0] == 201


def test_x_counts_its_limits_and_tells_when_they_begin_anew(networks):
    networks.change(x_posts_per_window=1)
    tweet(networks, "one")
    status, headers, _ = tweet(networks, "two")
    assert status == 429
    assert headers["x-rate-limit-limit"] == "1"
    assert headers["x-rate-limit-remaining"] == "0"
    assert 0 < int(headers["x-rate-limit-reset"]) - time.time() <= 900


def test_x_takes_pictures_of_its_sizes_only(networks):
    assert upload_to_x(networks, png())[0] == 200
    assert upload_to_x(networks, png(3, 8))[0] == 400
    assert upload_to_x(networks, png(8_193, 8))[0] == 400
    assert upload_to_x(networks, b"no picture")[0] == 400
    assert upload_to_x(networks, png() + bytes(6_000_000))[0] == 400
    assert upload_to_x(networks, png(), "tweet_video")[0] == 400


def test_a_picture_cannot_be_posted_while_x_works_on_it(networks):
    networks.change(processing_seconds=1.0)
    made = json.loads(upload_to_x(networks, png())[2])["data"]
    assert made["processing_info"]["state"] == "in_progress"
    assert tweet(networks, "early", media={"media_ids": [made["id"]]})[0] == 400
    address = f"{networks.x}/2/media/upload?command=STATUS&media_id={made['id']}"

    def state():
        return json.loads(ask(address, headers=X_TOKEN)[2])["data"]["processing_info"]["state"]

    deadline = time.monotonic() + 60
    while state() == "in_progress" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert state() == "succeeded"
    assert tweet(networks, "late", media={"media_ids": [made["id"]]})[0] == 201


def test_a_refresh_token_of_x_works_once(networks):
    form = b"grant_type=refresh_token&refresh_token=x-1001-refresh&client_id=playground"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = ask(f"{networks.x}/2/oauth2/token", "POST", form, headers)
    assert status == 200
    assert ask(f"{networks.x}/2/oauth2/token", "POST", form, headers)[0] == 400
    assert tweet(networks, "old token")[0] == 401
    fresh = {"Authorization": f"Bearer {json.loads(body)['access_token']}"}
    assert ask(f"{networks.x}/2/users/me", headers=fresh)[0] == 200


@pytest.mark.parametrize(
    ("little", "shown"),
    [
        ("hello (world) and more", "hello "),
        ("hello \\(world\\) and more", "hello (world) and more"),
        ("a {hashtag|\\#|JAX} b", "a #JAX b"),
        ("plain #tag stays", "plain #tag stays"),
        ("hi @[Acme](urn:li:organization:1)!", "hi Acme!"),
        ("snake_case", "snake"),
        ("ends with \\", "ends with "),
    ],
)
def test_linkedin_cuts_at_an_unescaped_character_without_a_word(networks, little, shown):
    status, headers, _ = linkedin_post(networks, little)
    assert status == 201
    assert headers["x-restli-id"].startswith("urn:li:share:")
    assert networks.journal("posted")[0]["text"] == shown


def test_linkedin_names_the_post_that_a_repeated_one_repeats(networks):
    first = linkedin_post(networks, "again")[1]["x-restli-id"]
    status, _, body = linkedin_post(networks, "again")
    assert status == 422
    assert json.loads(body)["code"] == "DUPLICATE_POST"
    assert json.loads(body)["message"] == f"Content is a duplicate of {first}"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"LinkedIn-Version": ""}, 400, "VERSION_MISSING"),
        ({"LinkedIn-Version": "202401"}, 426, "NONEXISTENT_VERSION"),
        ({"X-Restli-Protocol-Version": "1.0"}, 400, "PROTOCOL_VERSION"),
        ({"Authorization": "Bearer wrong"}, 401, "EXPIRED_ACCESS_TOKEN"),
    ],
)
def test_linkedin_wants_its_headers(networks, headers, status, code):
    answer = linkedin_post(networks, "hi", PERSON | headers)
    assert (answer[0], json.loads(answer[2])["code"]) == (status, code)


def test_a_person_may_not_read_on_linkedin_and_an_organisation_may(networks):
    finder = f"{networks.linkedin}/rest/posts?q=author&author="
    method = {"X-RestLi-Method": "FINDER"}
    assert ask(finder + "urn%3Ali%3Aperson%3Aada1815", headers=PERSON | method)[0] == 403
    linkedin_post(networks, "ours", ORGANIZATION, "urn:li:organization:2001")
    status, _, body = ask(finder + "urn%3Ali%3Aorganization%3A2001", headers=ORGANIZATION | method)
    assert status == 200
    assert [post["commentary"] for post in json.loads(body)["elements"]] == ["ours"]


def test_nobody_posts_for_another(networks):
    assert linkedin_post(networks, "x", PERSON, "urn:li:organization:2001")[0] == 422


@pytest.mark.parametrize("do", ["drop", "half"])
def test_a_connection_that_is_dropped_after_acting_leaves_the_post(networks, do):
    networks.arm(network="x", method="POST", path="/2/tweets", do=do, acted=True)
    with pytest.raises((OSError, http.client.HTTPException)):
        tweet(networks, "acted")
    assert [entry["written"] for entry in networks.journal("posted")] == ["acted"]
    assert tweet(networks, "next")[0] == 201  # a fault is used up


def test_faults_hit_only_what_they_are_meant_for_and_as_often_as_asked(networks):
    networks.arm(network="linkedin", do="status", status=503)
    networks.arm(network="x", method="POST", path="/2/tw*", do="status", status=500, times=2)
    assert ask(f"{networks.x}/2/users/me", headers=X_TOKEN)[0] == 200
    assert [tweet(networks, f"{number}")[0] for number in range(3)] == [500, 500, 201]
    networks.disarm()
    assert linkedin_post(networks, "hi")[0] == 201


def test_faults_by_chance_are_the_same_for_the_same_seed():
    def hits(seed: int) -> list[int]:
        with running_networks(seed=seed) as networks:
            networks.arm(path="/2/users/me", do="status", status=503, times=100, chance=0.5)
            return [ask(f"{networks.x}/2/users/me", headers=X_TOKEN)[0] for _ in range(20)]

    first = hits(3)
    assert set(first) == {200, 503}
    assert hits(3) == first


@pytest.mark.parametrize(
    "fault", [{"do": "explode"}, {}, {"do": "drop", "surprise": 1}, {"do": "status", "status": 9}, "drop", 5]
)
def test_a_fault_that_is_none_is_refused(networks, fault):
    assert ask(f"{networks.address}/_faults", "POST", fault)[0] == 400


@pytest.mark.parametrize("settings", [{"surprise": 1}, {"refuse_duplicates": "no"}, {"x_posts_per_window": 1.5}, [1]])
def test_a_setting_that_is_none_is_refused_and_changes_nothing(networks, settings):
    before = ask(f"{networks.address}/_settings")[2]
    assert ask(f"{networks.address}/_settings", "POST", settings)[0] == 400
    assert ask(f"{networks.address}/_settings")[2] == before


def test_the_feeds_show_posts_as_text_and_never_as_markup(networks):
    made = json.loads(upload_to_x(networks, png())[2])["data"]["id"]
    alt = {"id": made, "metadata": {"alt_text": {"text": '"><script>alert(1)</script>'}}}
    ask(f"{networks.x}/2/media/metadata", "POST", alt, X_TOKEN)
    tweet(networks, "<script>alert(2)</script> & https://example.com/x", media={"media_ids": [made]}, made_with_ai=True)
    linkedin_post(networks, "\\<img src=x onerror=alert\\(3\\)\\>")
    status, _, page = ask(f"{networks.x}/")
    assert status == 200
    assert "&lt;script&gt;alert(2)&lt;/script&gt; &amp; " in page
    assert '<a href="https://example.com/x"' in page
    assert "made with AI" in page
    assert "<script>alert" not in page
    assert f'src="/_media/{made}"' in page
    page = ask(f"{networks.linkedin}/")[2]
    assert "&lt;img src=x onerror=alert(3)&gt;" in page
    assert "<img src=x" not in page


def test_each_post_has_an_address_of_its_own(networks):
    urn = linkedin_post(networks, "here")[1]["x-restli-id"]
    assert "here" in ask(f"{networks.linkedin}/feed/update/{urn}")[2]
    assert ask(f"{networks.linkedin}/feed/update/urn:li:share:404")[0] == 404


def test_the_journal_file_holds_what_happened_in_order(tmp_path):
    file = tmp_path / "journal.jsonl"
    for text in ("first", "second"):
        with running_networks(journal=file) as networks:
            tweet(networks, text)
            assert [entry["written"] for entry in networks.journal("posted")] == [text]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["written"] for line in lines] == ["first", "second"]


def test_the_journal_can_be_read_whatever_was_posted(networks):
    text = "lines\u2028apart\x85and \ud83e\udd8a".encode("utf-16", "surrogatepass").decode("utf-16")
    tweet(networks, text)
    assert [entry["written"] for entry in networks.journal("posted")] == [text]


def test_many_posts_at_once_are_each_kept_once(networks):
    networks.change(x_posts_per_window=1_000)
    threads = [threading.Thread(target=tweet, args=(networks, f"post {number}")) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    posted = networks.journal("posted")
    assert sorted(entry["written"] for entry in posted) == sorted(f"post {number}" for number in range(40))
    assert len({entry["id"] for entry in posted}) == 40


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--settings", '{"surprise": 1}'], 2, "There is no setting 'surprise'"),
        (["--settings", "{"], 2, "cannot start"),
        (["--journal", "/no/such/folder/j"], 2, "No such file"),
        (["--port", "x"], 2, "invalid int"),
    ],
)
def test_misuse_is_told_in_a_line(arguments, status, said):
    command = [sys.executable, "-m", "playground.networks", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert run.returncode == status
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_a_port_that_is_taken_is_told(networks):
    port = networks.address.rpartition(":")[2]
    command = [sys.executable, "-m", "playground.networks", "--port", port]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert "in use" in run.stderr
