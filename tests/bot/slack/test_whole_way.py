"""From a slash command to a published post, as people in Slack see it; the bot and its worker are real processes."""

PATIENCE = 60


def buttons(message):
    """The buttons of a message by their text: the element."""
    found = {}
    for block in message.get("blocks", ()):
        elements = list(block.get("elements", ()))
        elements += [action for card in elements for action in card.get("actions", ())] + [block.get("accessory")]
        for element in elements:
            if element and element.get("type") == "button":
                found[element["text"]["text"]] = element
    return found


def find_message(slack, who, channel, text):
    """The newest message with a button of this text."""
    return next((m for m in reversed(slack.messages(who, channel)) if text in buttons(m)), None)


def click(slack, who, channel, text):
    message = slack.wait(lambda: find_message(slack, who, channel, text), PATIENCE, f"the button {text}")
    element = buttons(message)[text]
    done = slack.do(
        "click", who=who, channel=channel, ts=message["ts"], action_id=element["action_id"], value=element["value"]
    )
    assert done["ok"], done
    return done


def compose(slack, text, **values):
    done = slack.do("command", who="requester", channel="launches", command="/easel", text=text)
    assert done["ok"], done
    slack.wait(lambda: slack.modal("requester"), PATIENCE, "the form")
    done = slack.do("submit", who="requester", values=values)
    assert done["ok"], done


def test_a_draft_becomes_a_published_post(office, slack, bot, workers):
    compose(slack, "big launch today 🚀🔥 no cap")
    click(slack, "approver", "launches", "Approve 1")
    slack.wait(lambda: slack.modal("approver"), PATIENCE, "the preview")
    assert slack.do("submit", who="approver", values={})["ok"]
    slack.wait(lambda: find_message(slack, "requester", "launches", "Take down"), PATIENCE, "the published post")
    [post_id] = {row.post_id for row in office.records.planned(("published",))}
    assert {row.network for row in office.records.publications(post_id)} == {"x", "linkedin"}
    decisions = [(row.person, row.to_state) for row in office.records.audit(post_id)]
    assert ("slack:U0REQUESTER", "drafted") in decisions
    assert ("slack:U0APPROVER", "approved") in decisions
