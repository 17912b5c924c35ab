"""The page in a real browser: what an app shows is there, and what people do on it reaches the app."""

import json
import random
import re
import struct
import zlib
from contextlib import suppress

import pytest

from playground.slack.credentials import Credentials
from playground.slack.manifest import Manifest
from playground.slack.page.screen import Screen, UnknownPart
from playground.slack.settings import Settings
from playground.slack.workspace import File

CHANNEL = "C0LAUNCHES"
PATIENCE = 30_000
CLICK_AT_ONCE = """() => new MutationObserver((_, watching) => {
  const soon = document.querySelector("[data-action=soon]");
  if (soon) { watching.disconnect(); soon.click(); }
}).observe(document.body, { childList: true, subtree: true })"""


def picture(colour=(200, 90, 60)):
    rows = (b"\0" + bytes(colour) * 32) * 32
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.fixture
def look(browser, slack):
    """A page as somebody sees it; errors of its scripts and failed requests fail the test."""
    contexts, wrong = [], []

    def look(who="ana", place=CHANNEL, **options):
        context = browser.new_context(timezone_id="Europe/Madrid", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
        page.goto(f"{slack.address}/as/{who}/{place}")
        page.wait_for_selector(".messages, .home .block, .home .empty")
        return page

    yield look
    for context in contexts:
        context.close()
    assert wrong == []


def plain(text):
    return {"type": "plain_text", "text": text}


def mrkdwn(text):
    return {"type": "mrkdwn", "text": text}


def options(*names):
    return [{"text": plain(name), "value": name.lower()} for name in names]


def button(action_id, **more):
    return {"type": "button", "action_id": action_id, "text": plain(action_id.capitalize()), **more}


def field(action_id, kind, **more):
    optional = more.pop("optional", False)
    element = {"type": kind, "action_id": action_id, **more}
    label = plain(action_id.capitalize())
    return {"type": "input", "block_id": f"b {action_id}", "label": label, "element": element, "optional": optional}


def modal(*blocks):
    return {"type": "modal", "callback_id": "m", "title": plain("New post"), "submit": plain("Paint"), "blocks": blocks}


def say(page, text, composer="#composer"):
    page.fill(f"{composer} textarea", text)
    page.press(f"{composer} textarea", "Enter")


def test_every_input_of_a_modal_reaches_the_app(app, slack, look):
    submitted = []

    async def command(ack, body, client):
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"],
            view=modal(
                field("draft", "plain_text_input", multiline=True, initial_value=body["text"]),
                field("mail", "email_text_input", optional=True),
                field("link", "url_text_input", optional=True),
                field("count", "number_input", is_decimal_allowed=False, max_value="10"),
                field("model", "static_select", options=options("Doodle", "Mini")),
                field("networks", "multi_static_select", options=options("X", "LinkedIn", "Outbox")),
                field("person", "users_select"),
                field("place", "conversations_select"),
                field("extras", "checkboxes", options=options("Upscale", "Label")),
                field("when", "radio_buttons", options=options("Now", "Later")),
                field("day", "datepicker"),
                field("hour", "timepicker"),
                field("at", "datetimepicker"),
                field("own", "file_input", max_files=2),
            ),
        )

    async def view(ack, view):
        await ack()
        submitted.append({a: v for block in view["state"]["values"].values() for a, v in block.items()})

    app.handle("command", "/easel", command)
    app.handle("view", "m", view)
    app.connect()
    page = look()
    say(page, "/easel big launch 🚀")
    page.wait_for_selector(".modal")
    assert page.input_value("[data-action=draft]") == "big launch 🚀"
    page.fill("[data-action=draft]", "two\nlines “quoted” & <b>")
    page.fill("[data-action=mail]", "ana@example.com")
    page.fill("[data-action=link]", "https://example.com/a?b=c&d=%22")
    page.fill("[data-action=count]", "4")
    page.select_option("[data-action=model]", "mini")
    page.click("[data-action=networks] summary")
    page.check("[data-action=networks] input[value=x]")
    page.check("[data-action=networks] input[value=outbox]")
    page.select_option("[data-action=person]", "U0APPROVER")
    page.select_option("[data-action=place]", CHANNEL)
    page.check("[data-action=extras] input[value=label]")
    page.check("[data-action=when] input[value=later]")
    page.fill("[data-action=day]", "2027-02-03")
    page.fill("[data-action=hour]", "09:30")
    page.fill("[data-action=at]", "2027-02-03T09:30")
    page.set_input_files("[data-action=own]", [{"name": "own.png", "mimeType": "image/png", "buffer": picture()}])
    page.click(".modal .primary")
    page.wait_for_selector(".modal", state="detached")
    [values] = submitted
    told = {name: value for name, value in values.items() if name not in ("model", "networks", "extras", "when", "own")}
    assert {name: next(part for key, part in value.items() if key != "type") for name, value in told.items()} == {
        "draft": "two\nlines “quoted” & <b>",
        "mail": "ana@example.com",
        "link": "https://example.com/a?b=c&d=%22",
        "count": "4",
        "person": "U0APPROVER",
        "place": CHANNEL,
        "day": "2027-02-03",
        "hour": "09:30",
        "at": 1_801_643_400,  # 09:30 in Ana's zone
    }
    assert values["model"]["selected_option"]["value"] == "mini"
    assert [option["value"] for option in values["networks"]["selected_options"]] == ["x", "outbox"]
    assert [option["value"] for option in values["extras"]["selected_options"]] == ["label"]
    assert values["when"]["selected_option"]["value"] == "later"
    [file] = values["own"]["files"]
    assert app.call("files.info", file=file["id"])["file"]["size"] == len(picture())


def test_errors_stand_at_their_fields_and_what_was_typed_stays_when_the_view_changes(app, slack, look):
    async def shortcut(ack, body, client):
        await ack()
        view = modal(field("draft", "plain_text_input"), {"type": "actions", "elements": [button("more")]})
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def more(ack, body, client):
        await ack()
        seen.append(body["view"]["state"]["values"]["b draft"]["draft"]["value"])
        view = modal(field("draft", "plain_text_input"), field("second", "plain_text_input"))
        await client.views_update(view_id=body["view"]["id"], view=view)

    async def view(ack, view):
        await ack(response_action="errors", errors={"b second": "Too quiet"})

    seen = []
    app.handle("shortcut", "s", shortcut)
    app.handle("action", "more", more)
    app.handle("view", "m", view)
    app.connect()
    page = look()
    slack.do("shortcut", who="requester", callback_id="s")
    page.fill("[data-action=draft]", "typed")
    page.click("[data-action=more]")
    page.wait_for_selector("[data-action=second]")
    assert seen == ["typed"]
    assert page.input_value("[data-action=draft]") == "typed"
    page.click(".modal .primary")
    assert page.text_content(".error") == "Please complete this required field."
    page.fill("[data-action=second]", "psst")
    page.click(".modal .primary")
    page.locator(".error", has_text="Too quiet").wait_for()
    assert page.input_value("[data-action=second]") == "psst"
    page.click(".modal header button")
    page.wait_for_selector(".modal", state="detached")


def test_every_block_is_shown_and_every_element_of_a_message_tells_the_app(app, slack, look):
    used = []

    async def action(ack, body):
        await ack()
        [done] = body["actions"]
        value = done.get("value") or done.get("selected_option") or done.get("selected_options")
        chosen = [one["value"] for one in value] if isinstance(value, list) else value
        used.append((done["action_id"], chosen["value"] if isinstance(chosen, dict) else chosen, body["user"]["id"]))

    app.handle("action", re.compile(".*"), action)
    app.connect()
    ts = app.call("chat.postMessage", channel=CHANNEL, text="first")["ts"]
    file = slack.upload("requester", "p.png", picture(), for_app=True)
    image = {"type": "image", "slack_file": {"id": file}, "alt_text": "an orange square"}
    sure = {"title": plain("Sure?"), "text": mrkdwn("Goes to *X*"), "confirm": plain("Yes"), "deny": plain("No")}
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "rich", "style": {"bold": True}}]}
    blocks = [
        {"type": "header", "text": plain("A header :art:")},
        {"type": "section", "text": mrkdwn("*strong* <script>window.hacked = 1</script>"), "accessory": image},
        {"type": "section", "fields": [mrkdwn("left"), mrkdwn("right")]},
        {"type": "context", "elements": [image, mrkdwn("a word beside")]},
        {"type": "divider"},
        image,
        {"type": "image", "image_url": "https://example.com/p.png", "alt_text": "from elsewhere"},
        {
            "type": "rich_text",
            "elements": [section, {"type": "rich_text_list", "style": "bullet", "elements": [section]}],
        },
        {"type": "markdown", "text": "## Two\n- **one** <b>raw</b>"},
        {
            "type": "carousel",
            "elements": [
                {"type": "card", "hero_image": image, "title": mrkdwn("Card"), "actions": [button("pick", value="7")]}
            ],
        },
        {
            "type": "actions",
            "elements": [
                button("approve", value="yes", style="primary", confirm=sure),
                {"type": "static_select", "action_id": "pace", "options": options("Slow", "Fast")},
                {"type": "overflow", "action_id": "more", "options": options("Audit", "Erase")},
                {"type": "checkboxes", "action_id": "boxes", "options": options("One", "Two")},
            ],
        },
    ]
    assert app.call("chat.postMessage", channel=CHANNEL, thread_ts=ts, text="t", blocks=blocks)["ok"]
    page = look("ben", f"{CHANNEL}?thread={ts}")
    thread = page.locator(".thread")
    thread.locator(".carousel").wait_for()
    for said in ("A header 🎨", "left", "a word beside", "from elsewhere", "rich", "Two", "<b>raw</b>", "Card"):
        assert said in thread.inner_text(), said
    assert page.evaluate("window.hacked") is None
    assert thread.locator(".image img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 32
    thread.locator("[data-action=pick]").click()
    thread.locator("[data-action=approve]").click()
    assert page.inner_html("#sure p") == "Goes to <strong>X</strong>"
    page.click("#sure [value=no]")
    thread.locator("[data-action=pace]").select_option("fast")
    thread.locator("[data-action=more] summary").click()
    assert app.call("chat.postMessage", channel=CHANNEL, thread_ts=ts, text="meanwhile")["ok"]
    thread.get_by_text("meanwhile").wait_for()  # the menu stays open beside what comes
    thread.locator("[data-action=more] button", has_text="Erase").click()
    thread.locator("[data-action=boxes] input[value=two]").check()
    thread.locator("[data-action=approve]").click()
    page.click("#sure [value=yes]")
    with suppress(TimeoutError):  # what did not come is told by what did
        slack.wait(lambda: len(used) == 5)
    assert used == [
        ("pick", "7", "U0APPROVER"),
        ("pace", "fast", "U0APPROVER"),
        ("more", "erase", "U0APPROVER"),
        ("boxes", ["two"], "U0APPROVER"),
        ("approve", "yes", "U0APPROVER"),
    ]


def test_a_click_reaches_the_app_whatever_comes_at_that_moment(app, slack, look):
    used = []

    async def action(ack, body):
        await ack()
        used.append(body["actions"][0]["action_id"])

    app.handle("action", re.compile(".*"), action)
    app.connect()
    sure = {"title": plain("Sure?"), "text": plain("Really"), "confirm": plain("Yes"), "deny": plain("No")}
    page = look("ben")
    page.evaluate(CLICK_AT_ONCE)
    actions = {"type": "actions", "block_id": "b", "elements": [button("soon"), button("asked", confirm=sure)]}
    ts = app.call("chat.postMessage", channel=CHANNEL, text="t", blocks=[actions])["ts"]
    slack.wait(lambda: used == ["soon"])
    page.click("[data-action=asked]")
    changed = {"type": "section", "text": plain("changed")}
    with page.expect_response(re.compile("/messages$")):
        assert app.call("chat.update", channel=CHANNEL, ts=ts, text="t", blocks=[actions, changed])["ok"]
    page.click("#sure [value=yes]")
    page.get_by_text("changed").wait_for()
    slack.wait(lambda: used == ["soon", "asked"])


def test_each_person_sees_what_is_theirs_and_it_comes_by_itself(app, slack, look):
    async def opened(event, client):
        blocks = [{"type": "section", "text": mrkdwn(f"Hello <@{event['user']}>")}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    app.handle("event", "app_home_opened", opened)
    app.connect()
    ana, mira = look("ana"), look("mira")
    say(ana, "good morning @ben")
    app.call("chat.postEphemeral", channel=CHANNEL, user="U0OUTSIDER", text="only for Mira")
    mira.wait_for_selector(".whisper")
    assert "good morning @Ben Okafor" in mira.inner_text("#messages")
    assert "only for Mira" not in ana.inner_text("#messages")
    app.call("chat.postMessage", channel="U0REQUESTER", text="psst")
    ana.wait_for_selector(".sidebar a.new")
    ana.click("text=Ben Okafor >> visible=true")
    ana.click(".sidebar nav a:has-text('Home')")
    ana.wait_for_selector("text=Hello @Ben Okafor")


def test_threads_and_files_are_at_hand(app, slack, look):
    page = look()
    page.set_input_files(
        "#composer input[type=file]", [{"name": "a.png", "mimeType": "image/png", "buffer": picture()}]
    )
    say(page, "paint this")
    page.wait_for_selector(".shared img")
    page.hover(".message")
    page.click("[aria-label='Reply in thread']")
    page.wait_for_selector(".thread .message")
    say(page, "a reply", "#thread-composer")
    page.wait_for_selector(".thread .message:has-text('a reply')")
    assert "1 reply" in page.inner_text(".replies")
    [message, reply] = slack.messages("approver", CHANNEL)
    assert reply["thread_ts"] == message["ts"]
    assert message["files"][0]["name"] == "a.png"


def test_on_a_phone_the_conversations_slide_in_and_nothing_is_wider_than_the_window(app, slack, look):
    blocks = [{"type": "section", "text": mrkdwn("long" * 200)}]
    app.call("chat.postMessage", channel=CHANNEL, text="t", blocks=blocks)
    page = look("ana", viewport={"width": 390, "height": 800}, color_scheme="dark")
    page.wait_for_selector(".message")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelector('.message').scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 21, 27)"
    page.click(".back")
    page.click(".sidebar nav a:has-text('random')")
    page.wait_for_url("**/C0RANDOM")


def test_a_part_that_the_page_does_not_know_fails_loudly():
    from playground.journal import Journal
    from playground.slack.slack import Slack

    slack = Slack(manifest=Manifest(), credentials=Credentials(), settings=Settings(), journal=Journal())
    ana = slack.workspace.person("requester")
    slack.post(slack.workspace.channels[CHANNEL], ana.id, "t", [{"type": "hologram", "block_id": "b"}])
    with pytest.raises(UnknownPart, match="hologram"):
        Screen(slack, "").messages(ana, CHANNEL)


def test_blocks_with_junk_in_them_are_refused_or_can_be_shown():
    from playground.journal import Journal
    from playground.slack.errors import SlackError
    from playground.slack.slack import Slack

    slack = Slack(manifest=Manifest(), credentials=Credentials(), settings=Settings(), journal=Journal())
    ana, screen, chance = slack.workspace.person("requester"), Screen(slack, ""), random.Random(4)
    file = slack.workspace.files["F1"] = File("F1", ana.id, "p.png", data=picture(), ready_at=0.0, given_to_app=True)
    refused = 0
    for _ in range(600):
        blocks = json.loads(json.dumps(SAMPLE))
        spoil(blocks, chance)
        slack.workspace.channels[CHANNEL].messages.clear()
        try:
            checked = slack.checked_blocks(blocks)
        except SlackError:
            refused += 1
            continue
        slack.post(slack.workspace.channels[CHANNEL], "U0EASELBOT", "t", checked)
        assert 'class="blocks"' in screen.messages(ana, CHANNEL)
    assert 300 < refused < 600
    assert file.is_ready


def spoil(blocks, chance):
    """Put junk somewhere, or take something away."""
    junk = [None, 0, -1, True, "", "x" * 4_000, [], {}, [[]], [{}], [None], {"type": None}, {"type": []}, "\ud800"]
    holder = blocks
    while True:
        inner = [
            v for v in (holder.values() if isinstance(holder, dict) else holder) if isinstance(v, dict | list) and v
        ]
        if not inner or (holder is not blocks and chance.random() < 0.3):
            break
        holder = chance.choice(inner)
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if chance.random() < 0.2:
        del holder[key]
    else:
        holder[key] = chance.choice(junk)


IMAGE = {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a square"}
SURE = {"title": plain("Sure?"), "text": mrkdwn("x"), "confirm": plain("Yes"), "deny": plain("No")}
SECTION = {"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}, {"type": "user", "user_id": "U1"}]}
CARD = {"type": "card", "hero_image": IMAGE, "title": mrkdwn("t"), "actions": [button("b")]}
SAMPLE = [
    {"type": "header", "text": plain("h")},
    {"type": "section", "text": mrkdwn("x"), "accessory": button("a", confirm=SURE), "fields": [mrkdwn("a")]},
    {"type": "context", "elements": [IMAGE, mrkdwn("x")]},
    IMAGE,
    {"type": "rich_text", "elements": [SECTION, {"type": "rich_text_list", "style": "bullet", "elements": [SECTION]}]},
    {"type": "markdown", "text": "x"},
    {
        "type": "carousel",
        "elements": [{"type": "card", "hero_image": IMAGE, "title": mrkdwn("t"), "actions": [button("b")]}],
    },
    {
        "type": "actions",
        "elements": [
            {"type": "static_select", "action_id": "s", "options": options("A", "B"), "placeholder": plain("p")},
            {"type": "overflow", "action_id": "o", "options": options("A", "B")},
            {"type": "datetimepicker", "action_id": "d", "initial_date_time": 1_628_633_820},
        ],
    },
    field("n", "number_input", is_decimal_allowed=True, min_value="1"),
    field("m", "multi_static_select", option_groups=[{"label": plain("g"), "options": options("A")}]),
]
