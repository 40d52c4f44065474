"""What a model gets of an API's answer: decoded by its media type, failures in one line, never altered."""

from __future__ import annotations

import base64
import json

import orjson
import pytest

from specport.catalog.model import Route
from specport.executor.model import Exchange
from specport.results.asked import Asked, Inputs
from specport.results.build import MAX_BLOB, MAX_MESSAGE, build_result
from specport.results.model import Conventions, ToolResult

ROUTE = Route("test", "GET", "/v2/things/{id}")
ASKED = Asked(Inputs(ROUTE, lambda given: given, frozenset), {})
DIGITALOCEAN = Conventions("links.pages.next", "meta.total", "message", "id")


def answered(
    status: int,
    body: bytes | str | object,
    media_type: str = "application/json",
    *,
    authorized: bool = True,
    **headers: str,
) -> ToolResult:
    """The result of an exchange; a body that is neither bytes nor text is written as JSON."""
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    exchange = Exchange(status, {"content-type": media_type, **named} if media_type else named, data)
    return build_result(exchange, asked=ASKED, conventions=DIGITALOCEAN, has_credential=authorized)


def test_a_json_object_is_text_and_structure_alike() -> None:
    """`content` and `structuredContent` never differ: the text is exactly the object, without spare white space."""
    result = answered(200, b'{ "droplet": {"id": 1, "name": "\xc3\xbc"},\n "n": null }')
    assert result.text == '{"droplet":{"id":1,"name":"ü"},"n":null}'
    assert result.structured == json.loads(result.text)
    assert (result.is_error, result.notes, result.blobs) == (False, (), ())


@pytest.mark.parametrize("body", [b"[1, 2]", b'"text"', b"7", b"true", b"null"])
def test_json_that_is_no_object_is_text_only(body: bytes) -> None:
    """Structured content is an object or nothing (MCP 2025-11-25, `structuredContent`)."""
    result = answered(200, body)
    assert json.loads(result.text) == json.loads(body)
    assert result.structured is None


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "application/vnd.api+json", "text/plain", ""]
)
def test_json_is_known_by_its_type_or_by_its_looks(media_type: str) -> None:
    """Many APIs mislabel JSON; what parses as an object is one."""
    assert answered(200, b'{"a":1}', media_type).structured == {"a": 1}


@pytest.mark.parametrize("body", [b'{"a": ', b"{'a': 1}", b"{}{}", b'{"a": 1e400}', b'{"a": NaN}'])
def test_what_only_claims_to_be_json_is_passed_on_as_text(body: bytes) -> None:
    """A 2xx never fails because of its body."""
    result = answered(200, body)
    assert (result.text, result.structured, result.is_error) == (body.decode(), None, False)


def test_integers_beyond_64_bits_are_not_rounded() -> None:
    """An identifier that would become a float is passed on in the API's own words."""
    body = b'{"id": 340282366920938463463374607431768211456, "n": 1}'
    assert answered(200, body).text == body.decode()
    exact = answered(200, b'{"max": 18446744073709551615, "min": -9223372036854775808}')
    assert exact.structured == {"max": 2**64 - 1, "min": -(2**63)}


@pytest.mark.parametrize("depth", [100, 254, 255, 300, 1000, 1100, 100_000])
def test_nesting_of_any_depth_is_an_answer(depth: int) -> None:
    """Deep nesting comes through, as JSON or as text."""
    body = b"[" * depth + b"]" * depth
    assert answered(200, body).text == body.decode()


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    """JSON and text with a BOM read as those without."""
    assert answered(200, b"\xef\xbb\xbf" + b'{"a":1}').structured == {"a": 1}
    assert answered(200, b"\xef\xbb\xbfplain", "text/plain").text == "plain"


@pytest.mark.parametrize(
    ("status", "headers", "text"),
    [
        (204, {}, "204 No Content, no content"),
        (200, {}, "200 OK, no content"),
        (201, {"location": "/v2/things/7"}, "201 Created, no content; it is at /v2/things/7"),
        (299, {}, "299 status, no content"),
    ],
)
def test_an_empty_answer_says_its_status(status: int, headers: dict[str, str], text: str) -> None:
    """A DELETE that worked is told as such."""
    assert answered(status, b"", **headers).text == text


def test_text_and_csv_are_passed_on_as_they_are() -> None:
    """Anything textual stays text."""
    for media_type in ("text/plain", "text/csv; header=present", "application/xml", "application/yaml", "text/html"):
        assert answered(200, "a,b\n1,ü\n", media_type).text == "a,b\n1,ü\n"


def test_the_charset_of_an_answer_is_respected() -> None:
    """Latin-1 text is read as Latin-1, an unknown charset as UTF-8."""
    assert answered(200, "Zürich".encode("latin-1"), "text/csv; charset=ISO-8859-1").text == "Zürich"
    assert answered(200, "Zürich".encode(), 'text/plain; charset="none-such"').text == "Zürich"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/pdf", b"%PDF-1.7\n\xff\xfe"),
        ("image/png", b"\x89PNG\r\n\x1a\n\0"),
        ("application/octet-stream", b"[\x00\x01"),
        ("application/zip", b"{PK\x03\x04\xff"),
        ("", b"\xff\xfe\x00"),
    ],
)
def test_bytes_are_passed_on_as_bytes(media_type: str, body: bytes) -> None:
    """A PDF or an image is not decoded as text; its type and size are said in words."""
    result = answered(200, body, media_type)
    kind = media_type or "application/octet-stream"
    [blob] = result.blobs
    assert (blob.media_type, base64.b64decode(blob.base64)) == (kind, body)
    assert result.text == f"{kind}, {len(body)} bytes"


def test_bytes_without_a_type_that_read_as_text_are_text() -> None:
    """No Content-Type: what is UTF-8 is shown."""
    assert answered(200, "grüße", "").text == "grüße"


def test_a_large_file_is_described_instead() -> None:
    """A binary answer over its bound would only fill the context."""
    result = answered(200, bytes(MAX_BLOB + 1), "application/pdf")
    assert result.blobs == ()
    assert result.text == "application/pdf, 1,000,001 bytes; too large to pass on (limit 1,000,000)"


def test_a_failure_is_one_line_with_the_message_and_the_identifiers() -> None:
    """The call, the status, the API's message, its own short identifier and the request's."""
    result = answered(
        404, {"id": "not_found", "message": "The resource\nyou requested was not found."}, x_request_id="r-1"
    )
    assert result.is_error
    assert result.text == (
        "GET /v2/things/{id} answered 404 Not Found: The resource you requested was not found. "
        "(not_found, request id r-1)"
    )
    assert result.structured is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"code": 7, "message": "deep"}}, "deep"),
        ({"error": "invalid_grant", "error_description": "expired"}, "expired"),
        ({"errors": [{"detail": "first"}, {"detail": "second"}]}, "first; second"),
        ({"type": "about:blank", "title": "Bad", "detail": "no such color"}, "no such color"),
        ("just words", "just words"),
        ({"unusual": 1}, '{"unusual":1}'),
        ([], ""),
        (12, ""),
    ],
)
def test_the_message_is_found_in_any_usual_shape(body: object, message: str) -> None:
    """Errors look different at every API (RFC 9457, OAuth, JSON:API)."""
    result = answered(400, orjson.dumps(body))
    assert result.text.startswith("GET /v2/things/{id} answered 400 Bad Request")
    assert (f": {message}" in result.text) == bool(message)


def test_an_html_error_page_is_its_title() -> None:
    """A gateway's page does not fill the context."""
    page = "<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head><body>" + "<p>x</p>" * 5000
    result = answered(500, page, "text/html")
    assert result.text == "GET /v2/things/{id} answered 500 Internal Server Error: 502 Bad Gateway"
    untitled = answered(500, "<html><body>Oops</body></html>", "text/html")
    assert untitled.text.endswith("500 Internal Server Error: the answer is a web page")


def test_a_long_error_message_is_bounded() -> None:
    """A stack trace of megabytes is not passed on whole."""
    assert len(answered(500, {"message": "m" * 100_000}).text) < MAX_MESSAGE + 200
    assert len(answered(500, "t" * 100_000, "text/plain").text) < MAX_MESSAGE + 200


def test_control_characters_of_an_error_message_are_taken_out() -> None:
    """A message cannot move the cursor of a terminal."""
    assert "\x1b" not in answered(400, {"message": "\x1b[2Jgone"}).text


def test_unauthorized_says_what_to_do() -> None:
    """Without a credential: how to give one. With one: that it was refused."""
    body = {"id": "Unauthorized", "message": "Unable to authenticate you"}
    assert "No credential was sent" in answered(401, body, authorized=False).text
    assert "--credential SCHEME=env:NAME" in answered(401, body, authorized=False).text
    assert "The credential was sent and refused" in answered(401, body).text
    assert "may lack the right scope" in answered(403, body).text


def test_too_many_requests_says_when_to_come_back() -> None:
    """429 keeps its Retry-After, in seconds."""
    result = answered(429, {"id": "too_many_requests", "message": "API rate limit exceeded"}, retry_after="42")
    assert (
        "answered 429 Too Many Requests: API rate limit exceeded (too_many_requests, Retry-After 42 s)" in result.text
    )


def test_repeated_attempts_are_told() -> None:
    """A caller that sees a 503 should know that it was not a single stroke of bad luck."""
    exchange = Exchange(503, {}, b"", attempts=4)
    result = build_result(exchange, asked=ASKED, conventions=Conventions(), has_credential=True)
    assert result.text == "GET /v2/things/{id} answered 503 Service Unavailable (4 attempts)"
