"""Where calls go and how: to the servers of their source, or to a fake of its API."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Protocol

from specport.catalog.model import Route
from specport.errors import SourceError
from specport.executor.model import Channel
from specport.sources.read import Opened, credential_for, may_have_credentials, read_document, server_of

_MADE_UP = "sandbox:token"


class Targets(Protocol):
    """Knows where the calls of each operation go."""

    async def of(self, opened: Opened, route: Route) -> tuple[str, Channel]:
        """The base URL of an operation of an open source, and how its calls are sent."""
        ...


class Servers:
    """The servers that the operator or the document names."""

    async def of(self, opened: Opened, route: Route) -> tuple[str, Channel]:
        """A server that only the operation names, elsewhere, gets no credential."""
        url = server_of(opened, route)
        if not url.startswith(("http://", "https://")):
            raise SourceError(f"{opened.source.name} has no absolute server URL", hint="Give it one with --base-url")
        if may_have_credentials(opened, url):
            return url, opened.channel
        return url, replace(opened.channel, credentials={})


class Sandboxes:
    """A fake of each source's API, started at its first call; a source added anew gets a new one."""

    def __init__(self, stack: contextlib.AsyncExitStack) -> None:
        """They run until `stack` is closed."""
        self._stack = stack
        self._running: dict[str, tuple[Opened, str]] = {}
        self._starting = asyncio.Lock()

    async def of(self, opened: Opened, route: Route) -> tuple[str, Channel]:
        """Every scheme has a made-up credential, and no real one is ever read."""
        del route
        schemes = opened.catalog.schemes
        credentials = {name: credential_for(name, _MADE_UP, schemes) for name in schemes}
        async with self._starting:
            known = self._running.get(opened.source.name)
            if known is None or known[0] is not opened:
                known = self._running[opened.source.name] = (opened, await self._start(opened))
        return known[1], replace(opened.channel, credentials=credentials)

    async def _start(self, opened: Opened) -> str:
        from specport.sandbox.app import sandbox_app  # only where the sandbox is used
        from specport.sandbox.serve import serve_sandbox

        document, operations, references = read_document(opened.source)
        app = sandbox_app(operations, references, document.dialect, opened.channel.limits)
        return await self._stack.enter_async_context(serve_sandbox(app))
