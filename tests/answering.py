"""A test's own HTTP server on a loopback port, in a thread, whose handler knows the world that it answers for."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs


class Answering:
    """Answers for as long as the block lasts, each request by `handler`, in which this is `world`."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"world": self}))
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class JsonHandler(BaseHTTPRequestHandler):
    """Reads what was sent, and answers with JSON."""

    def sent(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def answer(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing to stderr."""


def form_of(query: str) -> dict[str, str]:
    """The first value of each field."""
    return {name: values[0] for name, values in parse_qs(query).items()}
