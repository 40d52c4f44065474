"""Hostile documents, each previewed, added, listed and called in a server of its own, within seconds and megabytes.

    python bench/hostile.py [WORDS ...] [--seconds 5] [--megabytes 300]

Each document of `hostile_documents` (those whose name has one of the words) is served on loopback to a fresh
`specport serve --allow-private`, whose client asks for `openapi.previewSpec`, `openapi.addSource`, every page of
`tools/list`, and the call of one of its tools. A `ping` goes beside each, again and again, and shows for how long the
server could answer nothing. Printed: the document's bytes, the longest of the answers in seconds, the longest ping, the
processor time of the server, the peak memory of it and the process that reads for it, and what was said. Ends with 1
where something took more than it may.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hostile_documents import CASES, Hostile
from measuring import environment
from wire import ServerGone, StdioServer

SPECPORT = str(Path(sys.executable).with_name("specport"))
MAX_PAGES = 300
"""Most list pages followed."""

PING_SECONDS = 0.05
"""Time between an answered ping and the next."""

MAX_SHOWN = 110
"""Characters of a sentence in the table."""


@dataclass(slots=True)
class Row:
    """What came of one document."""

    name: str
    size: int = 0
    seconds: float = 0.0
    ping: float = 0.0
    processor: float = 0.0
    megabytes: float = 0.0
    said: str = ""


class _Documents(BaseHTTPRequestHandler):
    """Serves the document of the moment at /openapi, and an answer of an API everywhere else."""

    protocol_version = "HTTP/1.1"
    document = b""
    encoding = ""

    def do_GET(self) -> None:
        """The document, or an answer."""
        is_document = self.path.startswith("/openapi")
        data = type(self).document if is_document else b'{"fine":true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if is_document and type(self).encoding:
            self.send_header("Content-Encoding", type(self).encoding)
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    """One whose clients may hang up."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing."""


class _Client:
    """One server, asked for one thing at a time beside pings."""

    def __init__(self, server: StdioServer, row: Row) -> None:
        self._server = server
        self._row = row

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The answer; the row has its time and that of the pings beside it."""
        waiting: dict[int, float] = {}
        began = time.perf_counter()
        wanted = self._send(method, params)
        row, next_ping = self._row, time.perf_counter()
        while True:
            row.megabytes = max(row.megabytes, self._server.peak_of_all())
            if not waiting and time.perf_counter() >= next_ping:
                waiting[self._send("ping", {})] = time.perf_counter()
            line = self._server.answer_within(PING_SECONDS)
            if line is None:
                continue
            message = json.loads(line)
            if message["id"] in (wanted, None):  # None: the request was too long to be read
                row.seconds = max(row.seconds, time.perf_counter() - began)
                for sent in waiting.values():
                    self._server.answer()
                    row.ping = max(row.ping, time.perf_counter() - sent)
                return message
            row.ping = max(row.ping, time.perf_counter() - waiting.pop(message["id"]))
            next_ping = time.perf_counter() + PING_SECONDS

    def tool(self, name: str, arguments: dict[str, Any]) -> str:
        """What a tool says."""
        message = self.ask("tools/call", {"name": name, "arguments": arguments})
        if "error" in message:
            return f"error: {message['error']['message']}"
        return "".join(block.get("text", "") for block in message["result"]["content"])

    def pages(self) -> list[dict[str, Any]]:
        """Every listed tool."""
        tools: list[dict[str, Any]] = []
        params: dict[str, Any] = {}
        for _ in range(MAX_PAGES):
            page = self.ask("tools/list", params)["result"]
            tools += page["tools"]
            if "nextCursor" not in page:
                break
            params = {"cursor": page["nextCursor"]}
        return tools

    def _send(self, method: str, params: dict[str, Any]) -> int:
        return self._server.ask(method, params)


def run(name: str, case: Hostile, url: str, work: Path) -> Row:
    """One document in a server of its own."""
    row = Row(name)
    data = case.make()
    row.size = len(data)
    _Documents.document, _Documents.encoding = data, case.encoding
    spec = data.decode() if case.as_text else f"{url}/openapi"
    state = Path(tempfile.mkdtemp(dir=work))
    command = [SPECPORT, "serve", "--allow-private", "--state-dir", str(state)]
    with StdioServer(command, environment(work), work / "stderr.log") as server:
        server.initialize()
        used = server.processor_seconds()
        client = _Client(server, row)
        try:
            row.said = _all(client, spec, url)
            row.processor = server.processor_seconds() - used
            row.megabytes = max(row.megabytes, server.peak_of_all())
        except (ServerGone, OSError) as error:
            row.said, row.seconds = f"THE SERVER IS GONE: {error}", float("inf")
    return row


def _all(client: _Client, spec: str, url: str) -> str:
    given = {"spec": spec, "base_url": url}
    previewed = client.tool("openapi_previewSpec", given)
    added = client.tool("openapi_addSource", {**given, "name": "hostile"})
    if not added.startswith("{"):
        return added if added == previewed else f"{added} | preview: {previewed}"
    tools = [tool for tool in client.pages() if tool["title"].startswith("hostile.")]
    facts = json.loads(added)
    told = f"{len(tools)} tools, {facts['problems']} problems"
    for line in facts.get("first_problems", ())[:1]:
        told += f": {line}"
    if tools:
        largest = max(tools, key=lambda tool: len(json.dumps(tool["inputSchema"])))
        told += f" | call: {client.tool(largest['name'], {'body': {}})}"
    return told


def main() -> None:
    """Run them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of the documents' names")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--megabytes", type=float, default=300.0)
    options = parser.parse_args()
    server = _Server(("127.0.0.1", 0), _Documents)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    over = 0
    print(f"{'document':<50} {'bytes':>12} {'s':>6} {'ping':>6} {'cpu':>6} {'MB':>6}  said")
    with tempfile.TemporaryDirectory(prefix="specport-hostile-") as work:
        for name, case in CASES.items():
            if options.words and not any(word in name for word in options.words):
                continue
            row = run(name, case, url, Path(work))
            is_over = row.seconds > options.seconds or row.megabytes > options.megabytes or row.ping > options.seconds
            over += is_over
            said = " ".join(row.said.split())
            print(
                f"{name:<50} {row.size:>12,} {row.seconds:>6.2f} {row.ping:>6.2f} {row.processor:>6.2f}"
                f" {row.megabytes:>6.0f} {'!' if is_over else ' '} {ascii(said[:MAX_SHOWN])[1:-1]}",
                flush=True,
            )
    server.shutdown()
    print(f"{over} over {options.seconds:g} s or {options.megabytes:g} MB")
    if over:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
