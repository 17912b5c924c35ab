"""A wire between the bot and a stand-in that does not tell what it was told: it passes calls on, and keeps them.

Slack's SDK sends the arguments of some methods in the address, by GET or POST, and Slack takes them there. The stand-in
does not, or not of all methods, so the wire puts them into the body.
"""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FORM = "application/x-www-form-urlencoded"
KEPT_BY_THE_WIRE = ("connection", "content-length", "host", "keep-alive", "transfer-encoding")


@dataclass(frozen=True)
class Call:
    """What the app sent to a method, and what the stand-in answered."""

    method: str
    sent: dict
    answer: dict


@contextmanager
def wire_to(address):
    """The address of the wire, and the calls so far."""
    calls = []

    class Wire(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = passed_on(self.headers.items())
            method, _, query = self.path.partition("?")
            if method.startswith("/api/") and query and not body:
                self.pass_on("POST", method, query.encode(), headers | {"Content-Type": FORM})
            else:
                self.pass_on(self.command, self.path, body, headers)

        do_GET = do_POST  # noqa: N815 - the name is http.server's

        def pass_on(self, verb, path, body, headers):
            beyond = HTTPConnection(urlsplit(address).netloc, timeout=30)
            try:
                beyond.request(verb, path, body, headers)
                answer = beyond.getresponse()
                told = answer.read()
            finally:
                beyond.close()
            if path.startswith("/api/"):
                calls.append(Call(path.removeprefix("/api/"), json_of(body), json_of(told)))
            self.send_response(answer.status)
            for name, value in passed_on(answer.getheaders()).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_):
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Wire)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def passed_on(headers):
    return {name: value for name, value in headers if name.lower() not in KEPT_BY_THE_WIRE}


def json_of(body):
    """A body that is a JSON object; empty for one that is not."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
