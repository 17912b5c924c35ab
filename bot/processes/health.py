"""How a worker is doing, over HTTP on this machine: /healthz, /readyz and Prometheus metrics."""

from __future__ import annotations

import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.errors import EaselError
from bot.metrics import measure_queue
from bot.records import Records


def serve_health(records: Records, name: str, port: int) -> ThreadingHTTPServer:
    """Answer on 127.0.0.1:`port` in a thread of its own.

    /healthz says that the process lives, /readyz that it reaches its database, /metrics what it did.
    """

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self.answer(HTTPStatus.OK, f"{name} is alive\n")
            elif self.path == "/readyz":
                try:
                    measure_queue(records)
                except EaselError as error:
                    self.answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error}\n")
                else:
                    self.answer(HTTPStatus.OK, f"{name} is ready\n")
            elif self.path == "/metrics":
                with suppress(EaselError):  # without the database the gauges stay; /readyz tells of it
                    measure_queue(records)
                self.answer(HTTPStatus.OK, generate_latest().decode(), CONTENT_TYPE_LATEST)
            else:
                self.answer(HTTPStatus.NOT_FOUND, "There are /healthz, /readyz and /metrics.\n")

        def answer(self, status: HTTPStatus, text: str, kind: str = "text/plain; charset=utf-8") -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a prober asks every few seconds."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Health)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
