"""An API within a company: https, with a certificate from an authority that only its own machines know."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from end_to_end.loopback import Cli, document, operation

DOCUMENT = document({"/a": {"get": operation("read", "things")}}).encode()


class Answering(BaseHTTPRequestHandler):
    """The document at `/openapi.json`, an answer anywhere else."""

    def do_GET(self) -> None:
        body = DOCUMENT if self.path == "/openapi.json" else b'{"fine": true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        if os.environ.get("CI"):
            pytest.fail("there is no openssl to make a certificate with")
        pytest.skip("there is no openssl to make a certificate with")
    held = tmp_path_factory.mktemp("tls") / "authority.pem"
    key = held.with_name("key.pem")
    named = ("-subj", "/CN=inside", "-addext", "subjectAltName=IP:127.0.0.1")
    command = (openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", held)
    subprocess.run([*command, *named], check=True, capture_output=True)
    return held


@pytest.fixture(scope="module")
def inside(certificate: Path) -> Iterator[str]:
    """The URL of the API."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_authority_of_ones_own_is_named_in_the_environment(tmp_path: Path, certificate: Path, inside: str) -> None:
    """For the document and for calls, by the variable that other tools know as well."""
    cli = Cli(tmp_path)
    spec = ("--spec", f"{inside}/openapi.json", "--base-url", inside, "--allow-private", "--no-state")
    done = cli.run("call", "things.read", "{}", *spec, env={"SSL_CERT_FILE": str(certificate)})
    assert (done.code, json.loads(done.out)) == (0, {"fine": True}), done.err


def test_a_certificate_that_nobody_vouches_for_is_one_line_that_says_what_to_do(tmp_path: Path, inside: str) -> None:
    """When the document is fetched, and when a call is made."""
    cli = Cli(tmp_path)
    (tmp_path / "openapi.json").write_bytes(DOCUMENT)
    told = "certificate is not good: self-signed certificate. Does an authority of your own vouch for it? Name "
    for spec in (f"{inside}/openapi.json", "openapi.json"):
        rest = ("--spec", spec, "--base-url", inside, "--allow-private", "--no-state")
        done = cli.run("call", "things.read", "{}", *rest)
        assert (done.code, done.out) == (1, "")
        assert told in done.err
        assert done.err.endswith("SSL_CERT_FILE\n")


@pytest.mark.parametrize(("held", "reason"), [(None, "No such file or directory"), (b"nothing", "no certificate")])
def test_a_file_of_certificates_that_is_none_is_told(
    tmp_path: Path, inside: str, held: bytes | None, reason: str
) -> None:
    """By the name of the variable."""
    named = tmp_path / "authority.pem"
    if held is not None:
        named.write_bytes(held)
    rest = ("--spec", f"{inside}/openapi.json", "--allow-private", "--no-state")
    done = Cli(tmp_path).run("tools", *rest, env={"SSL_CERT_FILE": str(named)})
    assert done.code == 1
    assert f"the file of SSL_CERT_FILE cannot be used: {reason}" in done.err.replace("it holds ", "")
