"""What people do in Slack, said the way a person would: press the button of this name, fill this in."""

import time

PATIENCE = 120


def buttons(message):
    """The buttons of a message or a view, by their text."""
    found = {}
    for block in message.get("blocks", ()):
        elements = list(block.get("elements", ()))
        elements += [action for card in elements for action in card.get("actions", ())] + [block.get("accessory")]
        for element in elements:
            if element and element.get("type") == "button":
                found[element["text"]["text"]] = element
    return found


def elements(message, text):
    """All buttons with this text, in their order: a message may have one for each place."""
    blocks = message.get("blocks", ())
    return [e for block in blocks for e in block.get("elements", ()) if e.get("text", {}) and label_of(e) == text]


def label_of(element):
    """What stands on a button."""
    told = element.get("text")
    return told.get("text") if isinstance(told, dict) else told


def words(thing):
    """Every text in a message or a view, joined."""
    if isinstance(thing, dict):
        return " ".join([thing["text"]] if isinstance(thing.get("text"), str) else []) + " ".join(
            words(value) for value in thing.values() if isinstance(value, dict | list)
        )
    return " ".join(words(item) for item in thing) if isinstance(thing, list) else ""


class People:
    """The people of the local Slack."""

    def __init__(self, slack, channel="launches"):
        self.slack = slack
        self.channel = channel
        self.since = time.time()

    def messages(self, who, channel=None):
        """What a person sees of what was written since the test began."""
        seen = self.slack.messages(who, channel or self.channel)
        return [message for message in seen if float(message["ts"]) >= self.since]

    def find(self, who, text, channel=None):
        """The newest message with a button of this text; None while there is none."""
        seen = reversed(self.messages(who, channel))
        return next((message for message in seen if text in buttons(message)), None)

    def direct(self, who):
        """The channel of a person's direct messages with the app."""
        return next(channel["id"] for channel in self.slack.see(who)["channels"] if channel.get("is_im"))

    def wait_for(self, who, text, channel=None):
        return self.slack.wait(lambda: self.find(who, text, channel), PATIENCE, f"the button {text}")

    def press(self, who, text, channel=None, message=None):
        message = message or self.wait_for(who, text, channel)
        element = buttons(message)[text]
        done = self.slack.do(
            "click",
            who=who,
            channel=channel or self.channel,
            ts=message["ts"],
            action_id=element["action_id"],
            value=element["value"],
        )
        assert done["ok"], done
        return message

    def press_home(self, who, text):
        element = buttons(self.slack.see(who)["home"])[text]
        done = self.slack.do("click_view", who=who, home=True, action_id=element["action_id"], value=element["value"])
        assert done["ok"], done

    def modal(self, who, callback):
        """The modal in front of a person, once it is this one."""

        def front():
            modal = self.slack.modal(who)
            return modal if modal and modal["callback_id"] == callback else None

        return self.slack.wait(front, PATIENCE, f"the form {callback}")

    def submit(self, who, **values):
        return self.slack.do("submit", who=who, values=values)

    def send(self, who, **values):
        done = self.submit(who, **values)
        assert done["ok"], done

    def compose(self, text, who="requester", **values):
        done = self.slack.do("command", who=who, channel=self.channel, command="/easel", text=text)
        assert done["ok"], done
        self.modal(who, "compose")
        self.send(who, **values)

    def whispers(self, who, channel=None):
        """What only this person sees."""
        return [m for m in self.messages(who, channel) if m.get("is_ephemeral")]

    def wait_whisper(self, who, text, channel=None):
        def heard():
            return next((m for m in self.whispers(who, channel) if text in m["text"] or text in words(m)), None)

        return self.slack.wait(heard, PATIENCE, f"the whisper {text!r}")
