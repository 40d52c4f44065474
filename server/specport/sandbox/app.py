"""The ASGI application of a sandbox: route, authenticate, count against the limits, check, answer."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import cast

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from specport.documents.model import Dialect, JsonObject
from specport.documents.refs import References
from specport.errors import SpecportError
from specport.executor.model import Limit
from specport.operations.model import Operation, Operations
from specport.sandbox.answering import Answering, dumped
from specport.sandbox.checking import RequestCheck
from specport.sandbox.checks import Checks
from specport.sandbox.generate import Generator
from specport.sandbox.life import Life
from specport.sandbox.limits import Limiter
from specport.sandbox.making import Making
from specport.sandbox.model import Asked, Match, Refusal, Reply, Seen
from specport.sandbox.overlay import Overlay
from specport.sandbox.paging import PageMarks
from specport.sandbox.resources import Collections
from specport.sandbox.routing import Router, split_path
from specport.sandbox.shapes import Shapes
from specport.sandbox.vocabulary import Vocabulary
from specport.schemas.model import Direction

MAX_BODY = 8 * 1024 * 1024
"""Largest request body read, in bytes."""

MAX_RECENT = 1_000
"""How many of the last requests are remembered."""

_LOG = logging.getLogger(__name__)
_FAILURES = (SpecportError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)


class Sandbox:
    """One sandbox at work, and what tests and demonstrations ask of it.

    `requests` counts all that were answered, `refused` those answered 429, `failed` those that a document's fault
    left with the smallest answer; `recent` holds the last MAX_RECENT.
    """

    def __init__(
        self,
        operations: Operations,
        references: References,
        dialect: Dialect,
        *,
        limits: tuple[Limit, ...],
        clock: Callable[[], float],
    ) -> None:
        self.requests = 0
        self.refused = 0
        self.failed = 0
        self.recent: deque[Seen] = deque(maxlen=MAX_RECENT)
        shapes = Shapes(references, dialect)
        answers = Checks(references, dialect, Direction.RESPONSE)
        generator = Generator(shapes, answers, Direction.RESPONSE)
        overlay = Overlay(shapes, answers, generator)
        self._router = Router(operations.operations)
        self._limiter = Limiter(limits, clock)
        self._check = RequestCheck(operations, shapes, Checks(references, dialect, Direction.REQUEST))
        self._answering = Answering(references, answers, generator)
        self._collections = Collections(operations.operations, shapes)
        root = cast("JsonObject", references.resolve("#").value)
        making = Making(shapes, answers, generator, overlay=overlay, vocabulary=Vocabulary(root), clock=clock)
        marks = PageMarks(shapes, answers)
        self._life = Life(self._collections, self._answering, making, overlay=overlay, marks=marks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        try:
            reply = await self._reply(Request(scope, receive))
        except ClientDisconnect:
            return
        headers = dict(reply.headers)
        if reply.content_type is not None:
            headers["content-type"] = reply.content_type
        body = b"" if scope["method"] == "HEAD" else reply.body
        await Response(body, reply.status, headers)(scope, receive, send)
        self.requests += 1
        self.refused += reply.status == 429
        self.recent.append(Seen(scope["method"], scope["path"], reply.status))

    async def _reply(self, request: Request) -> Reply:
        headers: dict[str, str] = {}
        try:
            asked = await _asked(request)
            match = self._router.match(asked)
            key = match.operation.key
            credential = self._check.credential(match.operation, asked)
            headers = self._limiter.take(credential, key.method, key.path, asked.body)
            reply = self._answer(match, asked)
        except Refusal as refusal:
            reply = _error(refusal)
        return Reply(reply.status, reply.body, reply.content_type, {**headers, **reply.headers})

    def _answer(self, match: Match, asked: Asked) -> Reply:
        """The answer; the smallest one, with a line in the log, when a document defeats the making of it."""
        try:
            checked = self._check.check(match, asked)
            path = self._life.locate(match, asked)
            role = self._collections.roles.get(match.operation.key)
            if role is None:
                return self._answering.example(match.operation, asked)
            return self._life.answer(role, match, asked, checked=checked, path=path)
        except _FAILURES:
            self.failed += 1
            _LOG.exception("the sandbox could not answer %s %s", asked.method, asked.path)
            return self._smallest(match.operation)

    def _smallest(self, operation: Operation) -> Reply:
        try:
            return self._answering.smallest(operation)
        except _FAILURES:
            return Reply(200, b"{}", "application/json")


def sandbox_app(
    operations: Operations,
    references: References,
    dialect: Dialect,
    limits: tuple[Limit, ...],
    *,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The ASGI application that answers every operation of the document; `app.state.sandbox` is its Sandbox.

    Paths start at the root, whatever base path the document's servers have. `clock` gives seconds since the epoch.
    """
    sandbox = Sandbox(operations, references, dialect, limits=limits, clock=clock)
    app = Starlette(routes=[Route("/{path:path}", endpoint=sandbox)])
    app.state.sandbox = sandbox
    return app


async def _asked(request: Request) -> Asked:
    """The request with its body; Refusal 413 for one over MAX_BODY."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refusal(413, "request_entity_too_large", f"/body: is larger than {MAX_BODY:,} bytes")
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return Asked(
        method=request.method,
        segments=split_path(path),
        query=tuple((name, value) for name, _, value in pairs),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=bytes(body),
        origin=f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}",
        path=path,
    )


def _error(refusal: Refusal) -> Reply:
    body = dumped({"id": refusal.name, "message": refusal.message})
    return Reply(refusal.status, body, "application/json", refusal.headers)
