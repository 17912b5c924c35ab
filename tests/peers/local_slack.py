"""npm `local-slack`: Socket Mode, commands, buttons and forms, and a page whose WebSocket these tests speak."""

import json
import re
import subprocess
from contextlib import contextmanager
from urllib.request import Request, urlopen

from websockets.sync.client import connect

from playground.slack.credentials import Credentials

PEOPLE = {"requester": "U0REQUESTER", "approver": "U0APPROVER", "outsider": "U0OUTSIDER"}
CHANNEL, BOT = "C0LAUNCHES", "U0EASEL"
SECONDS = 30


class LocalSlack:
    """The stand-in, as its page and its control API show it."""

    people, channel, token = PEOPLE, CHANNEL, Credentials().bot_token

    def __init__(self, address):
        self.address = address
        self.settings = {
            "SLACK_API_URL": f"{address}/api/",
            "SLACK_BOT_TOKEN": Credentials().bot_token,
            "SLACK_APP_TOKEN": Credentials().app_token,
        }

    def records(self, studio):
        """The records of the one workspace."""
        return studio.records

    def connected(self):
        return self.seen()["apps"][0]["connected"]

    def install(self, who):
        """Nothing: the app is in the workspace from the start."""

    def command(self, who, text):
        self.close_forms(who)
        self.control("command", channel=CHANNEL, user=PEOPLE[who], command="/easel", text=text)

    def click(self, who, message, button):
        self.close_forms(who)
        self.control("interact", channel=CHANNEL, user=PEOPLE[who], messageTs=message["ts"], action=button)

    def submit(self, who, view, values):
        """Send the form in front off, filled in as its page cannot: what is wrong, by field."""
        return self.on_page(t="view_submit", user=PEOPLE[who], values=values).get("errors", {})

    def close_forms(self, who):
        """Close what was left open, so that the next form in front is a new one."""
        self.on_page(t="view_close", user=PEOPLE[who])

    def open_home(self, who):
        self.control("open-home", user=PEOPLE[who])

    def form(self, callback):
        """The form in front, if it is of this kind."""
        stack = self.seen()["modalStack"]
        return stack[-1] if stack and stack[-1]["callback_id"] == callback else None

    def home(self, who):
        return next(iter(self.seen()["homeViews"].get(PEOPLE[who], {}).values()), None)

    def whispers(self, who):
        return [message for message in self.messages() if message.get("ephemeral_to") == PEOPLE[who]]

    def messages(self):
        """Everything in the channel, the newest first."""
        return self.seen()["messages"][CHANNEL][::-1]

    def control(self, what, **wish):
        """Do something through the control API, which answers once the app has acknowledged it."""
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.address}/_control/{what}", json.dumps(wish).encode(), headers)
        with urlopen(request, timeout=SECONDS) as answer:
            assert json.load(answer)["ok"]

    def on_page(self, **wish):
        """Do something with the form in front: what the page is told of it."""
        with self.page() as page:
            page.send(json.dumps(wish))
            while True:
                told = json.loads(page.recv(SECONDS))
                if told["t"] in ("view", "view_errors"):
                    return told

    def seen(self):
        """All that the page shows: it is told when it opens."""
        with self.page() as page:
            return json.loads(page.recv(SECONDS))["state"]

    def page(self):
        """The WebSocket of the page."""
        return connect(f"{self.address.replace('http', 'ws', 1)}/ui", max_size=None, proxy=None)


@contextmanager
def running_local_slack(binary, folder):
    credentials = Credentials()
    app = {"botUserId": BOT, "botName": "easel", "botToken": credentials.bot_token, "appToken": credentials.app_token}
    users = [{"id": user, "name": name, "tz": "Europe/Madrid"} for name, user in PEOPLE.items()]
    channel = {"id": CHANNEL, "name": "launches", "members": [BOT, *PEOPLE.values()]}
    config = folder / "workspace.json"
    config.write_text(json.dumps({"apps": [app], "users": users, "channels": [channel]}))
    command = [binary, "--config", str(config), "--port", "0", "--base-host", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stdout.readline, "")
            address = next((found[1] for line in lines if (found := re.search(r"Web UI:\s+(http://\S+)", line))), None)
            assert address, "local-slack did not start; its own message says why"
            yield LocalSlack(address)
        finally:
            process.terminate()
