"""npm `emulate`: a Web API, files and OAuth. It delivers no commands and no clicks: the tests sign and send those."""

import json
import re
import subprocess
import time
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from bot.slack.manifest import bot_scopes
from playground.slack.credentials import Credentials
from tests.peers.wire import json_of, wire_to

SCRIPT = Path(__file__).with_name("emulate.mjs")
APP = "A0EASEL"
TEST_TOKEN = "xoxb-test"
ROLES = ("requester", "approver", "outsider")
FORM = "application/x-www-form-urlencoded"


class Emulated:
    """The stand-in, and Slack's own side of the conversation with the app, played by the test."""

    token = ""

    def __init__(self, address, wire, calls, door):
        self.address, self.calls, self.door = address, calls, door
        self.closed = set()
        self.people = {user["name"]: user["id"] for user in self.call("users.list")["members"] if user["name"] in ROLES}
        channels = self.call("conversations.list")["channels"]
        self.channel = next(channel["id"] for channel in channels if channel["name"] == "launches")
        self.team = self.call("auth.test")["team_id"]
        credentials = Credentials()
        self.settings = {
            "SLACK_API_URL": f"{wire}/api/",
            "SLACK_SIGNING_SECRET": credentials.signing_secret,
            "SLACK_CLIENT_ID": credentials.client_id,
            "SLACK_CLIENT_SECRET": credentials.client_secret,
            "SLACK_PORT": str(urlsplit(door).port),
            "PUBLIC_URL": door,
        }

    def call(self, method, **arguments):
        headers = {"Authorization": f"Bearer {TEST_TOKEN}", "Content-Type": "application/json"}
        request = Request(f"{self.address}/api/{method}", json.dumps(arguments).encode(), headers)
        with urlopen(request, timeout=30) as answer:
            told = json.load(answer)
        assert told["ok"], (method, told)
        return told

    def records(self, studio):
        """The records of the workspace that installed the app."""
        return studio.records.in_workspace(self.team)

    def connected(self):
        try:
            return ask("GET", f"{self.door}/slack/install")[0] == 200
        except OSError:
            return False

    def install(self, who):
        """Install the app as a person does in a browser."""
        _, headers, page = ask("GET", f"{self.door}/slack/install")
        cookie = headers["Set-Cookie"].partition(";")[0]
        link = unescape(re.search(r'href="([^"]*oauth/v2/authorize[^"]*)"', page)[1])
        _, _, page = ask("GET", link)
        form = next(form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if self.people[who] in form)
        fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', unescape(form)))
        _, headers, _ = ask("POST", f"{self.address}/oauth/v2/authorize/callback", urlencode(fields))
        status, _, page = ask("GET", headers["location"], headers={"Cookie": cookie})
        assert status == 200, page
        self.token = next(call.answer for call in self.calls if call.method == "oauth.v2.access")["access_token"]

    def command(self, who, text):
        told = {"command": "/easel", "text": text, "team_id": self.team, "channel_id": self.channel}
        self.deliver(urlencode({**told, "user_id": self.people[who], "trigger_id": self.trigger(who)}))

    def click(self, who, message, button):
        action = {**button, "action_ts": str(time.time())}
        self.interact(
            who,
            type="block_actions",
            container={"type": "message", "message_ts": message["ts"], "channel_id": self.channel},
            channel={"id": self.channel},
            message=message,
            actions=[action],
            trigger_id=self.trigger(who),
        )

    def submit(self, who, view, values):
        """Send a form off: what is wrong, by field."""
        told = self.interact(who, type="view_submission", view={**view, "state": {"values": values}})
        return told.get("errors", {})

    def open_home(self, who):
        event = {"type": "app_home_opened", "user": self.people[who], "tab": "home", "channel": "D0HOME"}
        told = {"type": "event_callback", "team_id": self.team, "api_app_id": APP, "event": event}
        self.deliver(json.dumps({**told, "event_id": f"Ev{time.time_ns()}"}), "application/json")

    def trigger(self, who):
        """A trigger id. Whoever needs one has closed what was open, so that the next form in front is a new one."""
        self.closed = {view["id"] for view in self.views()}
        return self.call("views.generateTriggerId", user_id=self.people[who])["trigger_id"]

    def interact(self, who, **payload):
        payload |= {"user": {"id": self.people[who], "team_id": self.team}, "team": {"id": self.team}}
        return self.deliver(urlencode({"payload": json.dumps({**payload, "api_app_id": APP})}))

    def deliver(self, body, kind=FORM):
        """Send what Slack would send, signed as Slack signs it: what the app answers."""
        headers = {"Content-Type": kind, **Credentials().signature(body.encode())}
        status, _, told = ask("POST", f"{self.door}/slack/events", body, headers)
        assert status == 200, told
        return json_of(told)

    def form(self, callback):
        """The form in front, if it is of this kind."""
        opened = [view for view in self.views() if view["id"] not in self.closed]
        return opened[-1] if opened and opened[-1]["callback_id"] == callback else None

    def views(self):
        """All forms so far, each time as the app was told that it stands."""
        answers = [call.answer for call in self.calls if call.method in ("views.open", "views.update")]
        return [answer["view"] for answer in answers if answer["ok"]]

    def home(self, who):
        published = [call for call in self.calls if call.method == "views.publish" and call.answer["ok"]]
        mine = [call.answer["view"] for call in published if call.sent["user_id"] == self.people[who]]
        return mine[-1] if mine else None

    def whispers(self, who):
        said = [call.sent for call in self.calls if call.method == "chat.postEphemeral" and call.answer["ok"]]
        return [message for message in said if message["user"] == self.people[who]]

    def messages(self):
        """Everything in the channel: the newest first, each before its replies."""
        found = []
        for message in self.call("conversations.history", channel=self.channel)["messages"]:
            replies = self.call("conversations.replies", channel=self.channel, ts=message["ts"])["messages"]
            found += [message, *(reply for reply in replies if reply["ts"] != message["ts"])]
        return found


@contextmanager
def running_emulate(node, door):
    credentials = Credentials()
    app = {
        "app_id": APP,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "name": "Easel",
        "redirect_uris": [f"{door}/slack/oauth_redirect"],
        "scopes": bot_scopes(),
    }
    scopes = bot_scopes()
    seed = {
        "users": [{"name": name} for name in ROLES],
        "channels": [{"name": "launches"}],
        "oauth_apps": [app],
        "tokens": [{"token": TEST_TOKEN, "user": "approver", "app_id": APP, "scopes": scopes}],
        "strict_scopes": True,
    }
    command = [node, str(SCRIPT), json.dumps({"slack": seed})]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip()
            assert address, "emulate did not start; its own message says why"
            with wire_to(address) as (wire, calls):
                yield Emulated(address, wire, calls, door)
        finally:
            process.terminate()


def ask(method, address, body=None, headers=None):
    """Ask as a browser does, redirects not followed: status, headers, text."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=30)
    headers = {"Content-Type": FORM, **(headers or {})} if body else headers or {}
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body and body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()
