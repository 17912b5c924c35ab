"""A page on this machine that a network sends the browser back to."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from bot.errors import EaselError

PORT = 8765
"""Unless another is chosen: networks send browsers only to addresses that were registered with them."""

CALLBACK = "/callback"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Easel</title><style>:root {{ color-scheme: light dark }} body {{ font: 1.1rem/1.5 system-ui, sans-serif;
display: grid; place-content: center; min-height: 90vh; text-align: center; padding: 0 1rem }}</style>
<p>{told}</p><p>You can close this page.</p></html>"""


class Loopback:
    """Listens on 127.0.0.1 from the moment it is made, so that the browser cannot be early."""

    def __init__(self, port: int) -> None:
        try:
            self._server = HTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler)
        except OSError as error:
            raise EaselError(
                f"Port {port} on this machine cannot be used ({error.strerror}): choose another with --port, and "
                "register its address at the network."
            ) from None

    @property
    def address(self) -> str:
        """What the network has to be told to send the browser to."""
        return f"http://127.0.0.1:{self._server.server_port}{CALLBACK}"

    def wait(self, state: str, finish: Callable[[Mapping[str, str]], str], seconds: float) -> str:
        """Wait for the browser, show it what `finish` says of its query, and return that; an error is shown and raised.

        Whoever else asks, for another page or with another state, is turned away.

        Raises:
            EaselError: if nobody comes in time.
        """
        outcome: list[str | Exception] = []

        class Callback(BaseHTTPRequestHandler):
            timeout = 10  # one who connects and says nothing must not keep the browser out

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query))
                if parts.path != CALLBACK or query.get("state") != state or outcome:
                    self.answer(404, "There is nothing here.")
                    return
                try:
                    outcome.append(finish(query))
                except Exception as error:  # noqa: BLE001 - shown in the browser, raised again in the terminal
                    outcome.append(error)
                    self.answer(400, str(error))
                else:
                    self.answer(200, str(outcome[0]))

            def answer(self, status: int, told: str) -> None:
                body = PAGE.format(told=html.escape(told)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the query holds a code."""

        self._server.RequestHandlerClass = Callback
        deadline = time.monotonic() + seconds
        with self._server as server:
            while not outcome and (left := deadline - time.monotonic()) > 0:
                server.timeout = left
                server.handle_request()
        if not outcome:
            raise EaselError("Nobody came back from the network in time. Nothing was changed; try again.")
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]
