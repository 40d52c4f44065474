"""A line that is no JSON-RPC message -> the error that answers it, so that no client waits for one in vain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import mcp_types as types
from pydantic import ValidationError

MAX_MESSAGE = 32 * 1024 * 1024
"""Bytes of one JSON-RPC message; a document may be given as text, which JSON writes longer than it is."""

_NO_MESSAGE = (
    "this is no JSON-RPC message of MCP. A request is an object with jsonrpc: '2.0', an id (text or integer), "
    "a method and, where it has any, params as an object; several in an array are not taken"
)


def _error(request: str | int | None, code: int, message: str) -> Mapping[str, object]:
    return {"jsonrpc": "2.0", "id": request, "error": {"code": code, "message": message}}


TOO_LONG = _error(
    None,  # its id stands in what was not read
    types.INVALID_REQUEST,
    f"a message has over {MAX_MESSAGE:,} bytes (MAX_MESSAGE) and was not read. "
    "Give a document by its URL, or have the operator add it: specport add",
)


def refusal(line: bytes, error: ValidationError) -> Mapping[str, object] | None:
    """The error for a line that could not be read as a message, with the request's id where that can be told.

    Null stands for the id where it cannot (JSON-RPC 2.0 section 5). None where nothing may be answered: a notification,
    and a broken answer to a request of the server's, whose id would be taken for one of the client's own.
    """
    held = _members(line)
    if {"result", "error"} & held.keys() or ("method" in held and "id" not in held):
        return None
    why = error.errors()[0]
    if why["type"] == "json_invalid":
        return _error(_id_of(held), types.PARSE_ERROR, f"this is not JSON: {why.get('ctx', {}).get('error')}")
    return _error(_id_of(held), types.INVALID_REQUEST, _NO_MESSAGE)


def _members(line: bytes) -> dict[str, object]:
    """The members of a line for a reader that takes what JSON has not, such as half a surrogate pair; else none."""
    try:
        held: object = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", held) if isinstance(held, dict) else {}


def _id_of(held: Mapping[str, object]) -> str | int | None:
    """The id of a request; None where it is none or has none that MCP allows."""
    told = held.get("id") if "method" in held else None
    return told if isinstance(told, str | int) and not isinstance(told, bool) else None
