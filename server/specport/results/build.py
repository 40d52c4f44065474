"""Exchange -> ToolResult: decoded by its media type, failures explained, large answers cut, next page named."""

from __future__ import annotations

import base64
import codecs
import email.message
import http
import json
import math
import re
from collections.abc import Mapping
from typing import cast

import orjson

from specport.catalog.model import Route
from specport.documents.text import clean
from specport.executor.model import Exchange
from specport.executor.send import retry_after
from specport.requests.body import is_json
from specport.results.model import Blob, Conventions, ToolResult
from specport.results.pages import at_path, next_page
from specport.results.shape import MAX_TEXT, shape

MAX_MESSAGE = 2_000
"""Characters of an API's error message that are passed on."""

MAX_BLOB = 1_000_000
"""Bytes of a binary answer that are passed on."""

_MESSAGE_KEYS = ("message", "error_description", "detail", "error", "title", "reason", "description", "errors")
_ID_KEYS = ("id", "code", "type", "status")
_TEXT_ENDINGS = (
    "/json", "+json", "xml", "yaml", "csv", "javascript", "x-www-form-urlencoded", "graphql", "ndjson", "jsonl",
    "json-seq", "jsonlines",
)  # fmt: skip
_LONG_INTEGER = re.compile(rb"[0-9]{19}")
_REQUEST_ID = ("x-request-id", "request-id", "x-amzn-requestid", "x-correlation-id", "cf-ray")


def build_result(
    exchange: Exchange, *, route: Route, arguments: Mapping[str, object], conventions: Conventions, has_credential: bool
) -> ToolResult:
    """What the model gets of an answer. A status of 400 or more is an error result, whatever its body."""
    if exchange.status >= 400:
        return _failure(exchange, route, conventions, has_credential)
    if not exchange.body:
        return ToolResult(text=f"{exchange.status} {_phrase(exchange.status)}, no content{_moved(exchange)}")
    media_type = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if is_json(media_type) or exchange.body[:1] in (b"{", b"["):
        try:
            answer = decoded(exchange.body)
        except ValueError:
            return _text(exchange) if _is_text(exchange, media_type) else _binary(exchange, media_type)
        note = next_page(answer, exchange, route=route, arguments=arguments, conventions=conventions)
        return _json(answer, note)
    return _text(exchange) if _is_text(exchange, media_type) else _binary(exchange, media_type)


def decoded(body: bytes) -> object:
    """The JSON value of a body. Raises ValueError where passing it on as JSON would alter or fail it.

    That is for text that is not JSON, for integers over 64 bits, which would become floats, and for nesting deeper
    than can be written again; the text itself is then the answer.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    value = orjson.loads(body)
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise ValueError("nested too deep") from error
    if _LONG_INTEGER.search(body):
        json.loads(body, parse_int=_within_64_bits)
    return value


def _within_64_bits(digits: str) -> int:
    value = int(digits)
    if not -(2**63) <= value < 2**64:
        raise ValueError("an integer over 64 bits")
    return value


def _json(answer: object, note: str) -> ToolResult:
    shaped = shape(answer)
    notes = [f"Cut to fit: {cut}." for cut in shaped.cuts]
    if shaped.cuts:
        notes.append("Ask for less, with a filter or a smaller page, to see the rest.")
    if note:
        notes.append(note)
    if isinstance(shaped.value, str) and shaped.cuts:
        return ToolResult(text=shaped.value, notes=tuple(notes))
    text = orjson.dumps(shaped.value).decode()
    structured = cast("Mapping[str, object]", answer) if isinstance(answer, dict) and not notes else None
    return ToolResult(text=text, structured=structured, notes=tuple(notes))


def _text(exchange: Exchange) -> ToolResult:
    """Text as it is; a long one ends at a line."""
    text = exchange.body.decode(_charset(exchange), "replace").removeprefix("\ufeff")
    if len(text) <= MAX_TEXT:
        return ToolResult(text=text)
    kept = text[:MAX_TEXT].rpartition("\n")[0] or text[:MAX_TEXT]
    return ToolResult(text=kept, notes=(f"Cut to fit: {len(kept):,} of {len(text):,} characters are shown.",))


def _binary(exchange: Exchange, media_type: str) -> ToolResult:
    size = len(exchange.body)
    kind = media_type or "application/octet-stream"
    if size > MAX_BLOB:
        return ToolResult(text=f"{kind}, {size:,} bytes; too large to pass on (limit {MAX_BLOB:,})")
    return ToolResult(text=f"{kind}, {size:,} bytes", blobs=(Blob(kind, base64.b64encode(exchange.body).decode()),))


def _is_text(exchange: Exchange, media_type: str) -> bool:
    """Whether to show it as text: by its media type, and without one by whether it reads as text."""
    if media_type:
        return media_type.startswith("text/") or media_type.endswith(_TEXT_ENDINGS)
    try:
        return "\0" not in exchange.body.decode()
    except UnicodeDecodeError:
        return False


def _charset(exchange: Exchange) -> str:
    """The `charset` that Content-Type names, where Python knows it, else UTF-8."""
    message = email.message.Message()
    message["content-type"] = exchange.headers.get("content-type", "")
    try:
        return codecs.lookup(message.get_content_charset("utf-8")).name
    except (LookupError, ValueError):
        return "utf-8"


def _failure(exchange: Exchange, route: Route, conventions: Conventions, has_credential: bool) -> ToolResult:
    """One line: the call, the status, the API's own message, its ids, and what to do where that is known."""
    message, identity = _said(exchange, conventions)
    message = " ".join(message.split())
    line = f"{route.method} {route.path} answered {exchange.status} {_phrase(exchange.status)}"
    line += f": {message}" if message else ""
    facts = [identity] if identity else []
    facts += [f"request id {exchange.headers[name]}" for name in _REQUEST_ID if name in exchange.headers][:1]
    wait = retry_after(exchange.headers)
    if wait is not None:
        facts.append(f"Retry-After {math.ceil(wait)} s")
    if exchange.attempts > 1:
        facts.append(f"{exchange.attempts} attempts")
    line += f" ({', '.join(facts)})" if facts else ""
    return ToolResult(text=line + _advice(exchange.status, has_credential), is_error=True)


def _advice(status: int, has_credential: bool) -> str:
    if status == 401 and not has_credential:
        return ". No credential is configured for this source; give one with --credential SCHEME=env:NAME"
    if status == 401:
        return ". The credential was sent and refused: is it valid and not expired?"
    if status == 403:
        return ". The credential may lack the right scope"
    return ""


def _said(exchange: Exchange, conventions: Conventions) -> tuple[str, str]:
    """The API's message and short identifier: where the source says, else of any usual shape, else text or title."""
    try:
        answer: object = orjson.loads(exchange.body)
    except orjson.JSONDecodeError:
        text = exchange.body[:20_000].decode("utf-8", "replace")
        title = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
        is_html = text.lstrip()[:1] == "<"
        said = title[1] if title else "the answer is a web page" if is_html else clean(text)
        return " ".join(said.split())[:MAX_MESSAGE], ""
    message = _message(at_path(answer, conventions.error_message), depth=3) or _message(answer, depth=3)
    keys = (conventions.error_id, *_ID_KEYS)
    found = (at_path(answer, key) for key in keys if key)
    identity = next((str(value) for value in found if isinstance(value, str | int)), "")
    return clean(message)[:MAX_MESSAGE], clean(identity)[:100]


def _message(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value
    if depth == 0:
        return ""
    if isinstance(value, list):
        parts = [_message(item, depth - 1) for item in cast("list[object]", value)[:5]]
        return "; ".join(part for part in parts if part)
    if isinstance(value, dict):
        held = cast("Mapping[str, object]", value)
        for key in _MESSAGE_KEYS:
            text = _message(held.get(key), depth - 1)
            if text:
                return text
        return orjson.dumps(held).decode()[:500] if held else ""
    return ""


def _moved(exchange: Exchange) -> str:
    location = exchange.headers.get("location", "")
    return f"; it is at {location}" if location else ""


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "status"
