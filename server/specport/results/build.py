"""Exchange -> ToolResult: decoded by its media type, failures explained, the next page named. All of it."""

from __future__ import annotations

import base64
import http
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import orjson

from specport.catalog.model import Route
from specport.documents.text import clean, one_line
from specport.executor.learning import retry_after
from specport.executor.model import Exchange
from specport.executor.streaming import is_event_stream, is_sequence
from specport.operations.media_types import is_json
from specport.results.asked import Asked
from specport.results.media import actual_type, file_name, in_utf8, text_of
from specport.results.model import Answer, Blob, Conventions, ToolResult
from specport.results.pages import at_path, next_page
from specport.results.streams import events_of, items_of
from specport.results.values import MAX_STRUCTURED_LEVELS, decoded, written

MAX_MESSAGE = 2_000
"""Characters of an API's error message that are passed on."""

MAX_BLOB = 1_000_000
"""Bytes of a binary answer that are passed on."""

_MESSAGE_KEYS = ("message", "error_description", "detail", "error", "title", "reason", "description", "errors")
_ID_KEYS = ("id", "code", "type", "status")
_REQUEST_ID = ("x-request-id", "request-id", "x-amzn-requestid", "x-correlation-id", "cf-ray")


def build_result(exchange: Exchange, *, asked: Asked, conventions: Conventions, has_credential: bool) -> ToolResult:
    """What the model gets of an answer. A status of 400 or more is an error result, whatever its body."""
    result = _result(exchange, asked, conventions, has_credential)
    if exchange.redirect:
        result = replace(result, structured=None, notes=(*result.notes, f"{exchange.redirect}."))
    return replace(result, body=exchange.body, attempts=exchange.attempts, waited=exchange.waited)


def _result(exchange: Exchange, asked: Asked, conventions: Conventions, has_credential: bool) -> ToolResult:
    if exchange.status >= 400:
        return _failure(exchange, asked.route, conventions, has_credential)
    if asked.route.method == "HEAD":
        return _headers(exchange)
    if not exchange.body.strip():
        return _nothing(exchange)
    media_type = actual_type(exchange.headers, exchange.body)
    try:
        answer = _value(exchange, media_type)
        result = _json(answer)
    except ValueError:
        text = text_of(exchange.headers, media_type, exchange.body)
        if text is None:
            return _binary(exchange, media_type)
        return _text(text, _left(exchange)) if text.strip() else _nothing(exchange)
    following = next_page(answer, exchange, asked=asked, conventions=conventions)
    if notes := tuple(filter(None, (_left(exchange), str(following or "")))):
        result = replace(result, structured=None, notes=notes)
    return replace(result, next_arguments=following.arguments, total=following.total) if following else result


def _value(exchange: Exchange, media_type: str) -> object:
    """The JSON value of an answer, a list for a sequence of them. ValueError where it is none."""
    body, is_whole = exchange.body, not exchange.left
    if is_event_stream(media_type):
        events = events_of(body, is_whole=is_whole)
        if events or not is_whole:
            return events
    if is_sequence(media_type):
        return items_of(in_utf8(exchange.headers, body), is_whole=is_whole)
    if not is_json(media_type) and not _looks_like_json(body):
        raise ValueError("not meant as JSON")
    body = in_utf8(exchange.headers, body)
    try:
        return decoded(body)
    except ValueError:
        if b"\n" not in body.strip():
            raise
        return items_of(body, is_whole=is_whole)  # labelled as one value, which many streams are


def _looks_like_json(body: bytes) -> bool:
    return body[:100].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def _left(exchange: Exchange) -> str:
    """A sentence for a stream of which only the start was read."""
    return f"This is the start of a stream that was left after {exchange.left}." if exchange.left else ""


def _nothing(exchange: Exchange) -> ToolResult:
    left = _left(exchange)
    said = f"{exchange.status} {_phrase(exchange.status)}, no content{_moved(exchange)}"
    return ToolResult(text=said, notes=(left,) if left else ())


def _headers(exchange: Exchange) -> ToolResult:
    """The answer to HEAD, which is all headers (RFC 9110 section 9.3.2)."""
    shown = {name: value for name, value in exchange.headers.items() if name != "set-cookie"}
    text = "\n".join((f"{exchange.status} {_phrase(exchange.status)}", *(f"{n}: {v}" for n, v in shown.items())))
    return _text(text, "")


def _json(value: object) -> ToolResult:
    """A JSON value, an object as structure too. ValueError where it is nested too deep to be written."""
    try:
        text = written(value, MAX_STRUCTURED_LEVELS)
    except ValueError:
        return ToolResult(text=written(value), answer=Answer(value))
    structured = cast("Mapping[str, object]", value) if isinstance(value, dict) else None
    return ToolResult(text=text, structured=structured, answer=Answer(cast("object", value)))


def _text(text: str, left: str) -> ToolResult:
    answer = Answer(text, is_json=False, media_type="text/plain")
    return ToolResult(text=text, notes=(left,) if left else (), answer=answer)


def _binary(exchange: Exchange, media_type: str) -> ToolResult:
    size = len(exchange.body)
    kind = media_type or "application/octet-stream"
    name = file_name(exchange.headers, kind)
    said = f"{kind}, {size:,} bytes" + (f", {name}" if "content-disposition" in exchange.headers else "")
    answer = Answer(exchange.body, is_json=False, is_text=False, media_type=kind)
    if size > MAX_BLOB:
        return ToolResult(text=f"{said}; too large to pass on (limit {MAX_BLOB:,})", is_text=False, answer=answer)
    blob = Blob(kind, base64.b64encode(exchange.body).decode(), name)
    return ToolResult(text=said, is_text=False, blobs=(blob,), answer=answer)


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
    return ToolResult(text=line + _advice(exchange, has_credential), is_error=True)


def _advice(exchange: Exchange, has_credential: bool) -> str:
    status = exchange.status
    if exchange.redirect:  # which says what was sent to whom
        return ""
    if status == 401 and not has_credential:
        return ". No credential was sent; give one with --credential SCHEME=env:NAME"
    if status == 401:
        return ". The credential was sent and refused: is it valid and not expired?"
    if status == 403:
        return ". The credential may lack the right scope"
    return ""


def _said(exchange: Exchange, conventions: Conventions) -> tuple[str, str]:
    """The API's message and short identifier: where the source says, else of any usual shape, else text or title."""
    try:
        answer: object = orjson.loads(in_utf8(exchange.headers, exchange.body))
    except orjson.JSONDecodeError:
        start = exchange.body[:20_000]
        text = text_of(exchange.headers, actual_type(exchange.headers, start) or "text/plain", start) or ""
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
    location = one_line(exchange.headers.get("location", ""), MAX_MESSAGE)
    return f"; it is at {location}" if location else ""


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "status"
