"""A checked call -> the question to a person, sealed with everything that the call would do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from specport.catalog.model import Tool
from specport.documents.pointers import children
from specport.errors import BadArguments
from specport.policy.model import Decision, Question
from specport.requests.model import PreparedRequest
from specport.requests.shown_urls import without_userinfo

MAX_DEPTH = 100
"""Levels of objects and arrays that a person is shown."""


def question_about(
    tool: Tool,
    arguments: Mapping[str, object],
    decision: Decision,
    request: PreparedRequest | None,
    inbound: Sequence[str] = (),
) -> Question:
    """What a person is asked before the request is sent; None for a tool that the server answers itself.

    `inbound` are the credentials that the caller brought for the request. Raises BadArguments for arguments that are
    nested too deep to be shown.
    """
    _check_depth(arguments)
    return Question(
        address=tool.address,
        arguments=arguments,
        decision=decision,
        seal=_seal(tool, arguments, request, inbound),
        method=request.method if request else "",
        url=without_userinfo(request.url) if request else "",
    )


def _check_depth(arguments: Mapping[str, object]) -> None:
    level: list[object] = [arguments]
    for _ in range(MAX_DEPTH):
        level = [child for value in level for child in children(value)]
        if not level:
            return
    raise BadArguments(f"arguments of over {MAX_DEPTH} levels (MAX_DEPTH) cannot be shown to who is to approve them")


def _seal(tool: Tool, arguments: Mapping[str, object], request: PreparedRequest | None, inbound: Sequence[str]) -> str:
    """A digest of the tool, its arguments and the whole request, so that no other call has the same."""
    facts: list[object] = [tool.address, arguments]
    if request is not None:
        facts += [request.source, request.method, request.url, request.headers, inbound]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    digest.update((request.content if request else None) or b"")
    return digest.hexdigest()
