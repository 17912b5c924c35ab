"""A local Slack, and a bolt app that is connected to it by a real WebSocket."""

import asyncio
import threading
import time

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.credentials import Credentials
from playground.slack.process import running_slack
from playground.slack.settings import Settings

SLACK = Credentials()


class App:
    """A bolt app on a thread of its own. `handle` takes a decorator's name and argument: ("command", "/x", f)."""

    def __init__(self, slack):
        self.slack = slack
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = AsyncWebClient(token=SLACK.bot_token, base_url=slack.api)
        self.bolt = self.run(self._make())
        self._handler = self._runner = None

    async def _make(self):
        return AsyncApp(client=self.client, signing_secret=SLACK.signing_secret)

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def call(self, method, **arguments):
        """What a method of the Web API answers, refusals too."""

        async def call():
            from slack_sdk.errors import SlackApiError

            try:
                return dict((await self.client.api_call(method, json=arguments)).data)
            except SlackApiError as error:
                return dict(error.response.data) | {"status": error.response.status_code}

        return self.run(call())

    def handle(self, decorator, what, function):
        getattr(self.bolt, decorator)(what)(function)

    def connect(self):
        async def connect():
            self._handler = AsyncSocketModeHandler(self.bolt, SLACK.app_token, ping_interval=1)
            await self._handler.connect_async()

        self.run(connect())
        self.slack.wait(lambda: self.slack.connections() == 1, what="the connection")
        return self

    def serve(self):
        """Take signed HTTP on a free port: the request URL."""

        async def serve():
            async def take(request):
                return await to_aiohttp_response(await self.bolt.async_dispatch(await to_bolt_request(request)))

            site = web.Application()
            site.router.add_post("/slack/events", take)
            self._runner = web.AppRunner(site)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            return self._runner.addresses[0][1]

        return f"http://127.0.0.1:{self.run(serve())}/slack/events"

    def stop(self):
        async def stop():
            if self._runner:
                await self._runner.cleanup()
            if self._handler:
                await self._handler.close_async()
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        self.run(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def slack_process():
    with running_slack() as slack:
        yield slack


@pytest.fixture
def slack(slack_process):
    slack_process.disarm()
    slack_process.change(**vars(Settings()) | {"processing_seconds": 0.0, "limits": False})
    deadline = time.monotonic() + 10
    while slack_process.connections() and time.monotonic() < deadline:
        time.sleep(0.02)  # an app that a test before had has gone by then
    slack_process.reset()
    return slack_process


@pytest.fixture
def start_app():
    """Start an app for a local Slack; all are stopped at the end."""
    started = []

    def start_app(slack):
        started.append(App(slack))
        return started[-1]

    yield start_app
    for app in started:
        app.stop()


@pytest.fixture
def app(start_app, slack):
    return start_app(slack)
