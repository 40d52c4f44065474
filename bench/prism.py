"""Stoplight Prism as a second judge of what leaves specport; `prism.sh` installs and starts it, then runs this.

    python bench/prism.py PRISM_URL [DOCUMENT]

Every operation of the document, with what is required and with everything, goes through specport to a small proxy in
front of Prism, which keeps what Prism says of each request in its `sl-violations` header. Exit code 1 when it finds
fault with any that `docs/fidelity.md` does not explain.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from fidelity.calling import addresses, argument_names, arguments_of, listed, specport  # noqa: E402
from fidelity.cases import EVERYTHING, REQUIRED, Oracle  # noqa: E402
from fidelity.references import Documents  # noqa: E402
from measuring import default_document  # noqa: E402

KNOWN = (
    ("POST /v2/droplets/actions", "match exactly one schema in oneOf"),
    ("POST /v2/load_balancers/{lb_id}/droplets", "must have required property 'droplet_ids'"),
    ("DELETE /v2/load_balancers/{lb_id}/droplets", "must have required property 'droplet_ids'"),
)
"""Objections that are no matter of the request; `docs/fidelity.md` says why of each."""

ANSWER_SECONDS = 60
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(slots=True)
class Verdict:
    """What Prism said of the last request: status, and its violations of the request."""

    status: int = 0
    violations: list[str] = field(default_factory=list[str])


@contextmanager
def proxy_to(prism: str, verdict: Verdict) -> Iterator[str]:
    """A proxy in front of Prism that notes each verdict; its URL."""
    host, port = urlsplit(prism).hostname, urlsplit(prism).port

    class Forwarding(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            connection = http.client.HTTPConnection(host or "", port, timeout=ANSWER_SECONDS)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() != "connection":
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            data = answer.read()
            verdict.status = answer.status
            verdict.violations = _of_request(answer.getheader("sl-violations"))
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)
            connection.close()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = forward  # noqa: N815 - their names

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forwarding)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _of_request(header: str | None) -> list[str]:
    found = json.loads(header) if header else []
    return [each["message"] for each in found if each.get("location", ["request"])[0] == "request"]


def _is_known(label: str, violations: Sequence[str]) -> bool:
    known = [text for place, text in KNOWN if place == label]
    return bool(violations) and all(any(text in said for text in known) for said in violations)


async def judge(prism: str, document: Path) -> int:
    """Call everything, print what Prism objects to; how many new objections there are."""
    oracle = Oracle(Documents(document))
    verdict = Verdict()
    asked = refused = known = unsent = unauthorized = 0
    with tempfile.TemporaryDirectory(prefix="specport-prism-") as folder, proxy_to(prism, verdict) as url:
        home = Path(folder)
        by_route = addresses(document, home)
        async with specport(document, url, oracle, home) as client:
            properties = await listed(client)
            for operation in oracle.operations:
                address = by_route[operation.method, operation.path]
                names = argument_names(operation, oracle.owned, properties[address])
                for case in oracle.cases(operation):
                    if case.variant not in {REQUIRED.name, EVERYTHING.name}:
                        continue
                    verdict.status, verdict.violations = 0, []
                    result = await client.call_tool(address, arguments_of(case, names))
                    asked += 1
                    unauthorized += verdict.status == 401
                    objected = bool(verdict.violations) or verdict.status == 422
                    refused += objected
                    known += objected and _is_known(operation.label, verdict.violations)
                    unsent += verdict.status == 0
                    if verdict.violations or verdict.status in {0, 422}:
                        said = verdict.violations or str(result.content)[:300]
                        print(f"{operation.label} ({case.variant}): {verdict.status} {said}")
    print(
        f"{len(oracle.operations)} operations, {asked} requests: {refused} objected to ({known} of them known, see "
        f"docs/fidelity.md), {unauthorized} unauthorized, {unsent} not sent"
    )
    return refused - known + unsent


def main() -> None:
    """The command line."""
    document = Path(sys.argv[2]) if len(sys.argv) > 2 else default_document()
    sys.exit(1 if asyncio.run(judge(sys.argv[1], document.resolve())) else 0)


if __name__ == "__main__":
    main()
