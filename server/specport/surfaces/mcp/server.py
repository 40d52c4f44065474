"""App -> lowlevel MCP server: both protocol eras, cached list pages, errors as results.

A failed call is a tool result with `isError`, so that the model can act on it; only an unknown tool and a broken
request are JSON-RPC errors.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import quote

import mcp_types as types
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.server import NotificationOptions
from mcp.server.models import InitializationOptions
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourcesListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError

from specport import __version__
from specport.app import App
from specport.errors import SpecportError, UnknownTool, UpstreamFailed
from specport.exposure.model import Expose
from specport.results.model import Blob, ToolResult
from specport.results.paging import Progress
from specport.surfaces.mcp import prompting, reading
from specport.surfaces.mcp.approving import Approvals, InputRequired
from specport.surfaces.mcp.callers import caller_of
from specport.surfaces.mcp.lists import ListPages, Place
from specport.surfaces.mcp.logs import ClientLog
from specport.surfaces.mcp.telling import Telling
from specport.threads import in_thread

log = logging.getLogger("specport")

LIST_TTL_MS = 0
"""How long a modern client may keep a list without asking: not at all, since its own addSource may change it."""

MAX_NAMED_FOLDERS = 5
"""Most folders named to clients."""

ATTEMPTS, WAITED = "specport/attempts", "specport/waited"
"""Keys of a result's `_meta`: requests sent, and seconds waited for limits and between them."""

_LISTS: tuple[CacheableMethod, ...] = (
    "tools/list", "resources/list", "resources/templates/list", "prompts/list",
)  # fmt: skip

_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""The images that models look at: of any other kind they fail the request that shows it to them."""

Context = ServerRequestContext[Any, Any]  # the SDK's own default for both parameters

_STRUCTURED: ContextVar[Mapping[str, object] | None] = ContextVar("structured", default=None)
"""Structured content of the call that is being answered, on its way past the SDK, which would walk it three times."""

_PLACE: ContextVar[Place] = ContextVar("place")
"""The page that is being listed, on its way through the SDK."""

_BRINGING = "openapi.previewSpec and openapi.addSource bring in further APIs; tools they add are callable at once."
_INSTRUCTIONS: Mapping[Expose, str] = {
    Expose.ALL: (
        "Each tool is one operation of an HTTP API, titled by its address. Large bodies are listed in outline, such as "
        "`{name*, size: integer, kind: a|b, git{branch}, tags[], a, b} with a or b` (* required, [] array, no "
        "type: text, ...: more); arguments are checked against the full schema, errors say what is missing, and "
        f"specport://tools/<address> is one tool in full, with every description. {_BRINGING}"
    ),
    Expose.SEARCH: (
        "Operations of HTTP APIs, found with tools.search and called by their address through tools.callRead, "
        "tools.callWrite or tools.callDestructive, whichever the result names. Where a signature has `...`, "
        f"tools.describe shows all of it. {_BRINGING}"
    ),
    Expose.CODE: (
        "Operations of HTTP APIs, found with tools.search and called by Python in code.run, as many in one run as a "
        f"task takes. Where a signature has `...`, tools.describe shows all of it. {_BRINGING}"
    ),
}


def _about_files(folders: Sequence[Path]) -> str:
    """A sentence that names the folders, as the URLs that theirs start with."""
    if not folders:
        return ""
    named = ", ".join(f"{folder.resolve().as_uri()}/" for folder in folders[:MAX_NAMED_FOLDERS])
    more = f" and {len(folders) - MAX_NAMED_FOLDERS} more folders" if len(folders) > MAX_NAMED_FOLDERS else ""
    return f" Where an argument takes binary content, the file: URL of a file below {named}{more} sends that file."


class _Server(Server[Any]):
    """The SDK's server, which says on every transport that its lists change."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """What a legacy client is told when it connects."""
        changing = notification_options or NotificationOptions(tools_changed=True, resources_changed=True)
        return super().create_initialization_options(changing, experimental_capabilities, extensions)


class McpServer:
    """The MCP face of an App. `lowlevel` is what transports run; `close` ends open listen streams."""

    def __init__(self, app: App, *, folders: Sequence[Path] = (), approvals: Approvals | None = None) -> None:
        """`folders`: those whose files may be sent, which clients are told. `approvals`: who asks people, and how."""
        self._app = app
        self._approvals = approvals or Approvals()
        self._pages = ListPages()
        self._bus = InMemorySubscriptionBus()
        self._listening = ListenHandler(self._bus)
        self._telling = Telling()
        self._client_log = ClientLog()
        log.addHandler(self._client_log)
        self.lowlevel: Server[Any] = _Server(
            "specport",
            version=__version__,
            title="specport",
            instructions=_INSTRUCTIONS[app.expose] + _about_files(folders),
            cache_hints={method: CacheHint(ttl_ms=LIST_TTL_MS, scope="private") for method in _LISTS},
            get_tool_input_schema=self._input_schema,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_subscriptions_listen=self._listening,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_resource_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_completion=self._complete,
        )
        self.lowlevel.add_request_handler("logging/setLevel", types.SetLevelRequestParams, self._set_level)
        self.lowlevel.middleware[:] = [self._answered]
        self.lowlevel.add_notification_handler("notifications/initialized", types.NotificationParams, self._initialized)
        app.on_change.append(self._announce)

    @property
    def options(self) -> InitializationOptions:
        """What a legacy client is told when it connects."""
        return self.lowlevel.create_initialization_options()

    def close(self) -> None:
        """End every open listen stream, so that a server can stop without waiting for clients."""
        log.removeHandler(self._client_log)
        self._listening.close()
        self._telling.close()

    def _input_schema(self, name: str) -> Mapping[str, Any] | None:
        tool = self._app.known(name)
        return tool.input_schema if tool else None

    async def _list_tools(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        del ctx, params
        place = _PLACE.get()
        tools = await in_thread(place.tools)  # calls go on while schemas are made
        return types.ListToolsResult(tools=tools, next_cursor=place.next_cursor)

    async def _answered(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Take list pages and structured content past the SDK, which makes and looks through them at every request."""
        if ctx.method == "tools/list":
            return await self._cached_page(ctx, call_next)
        result = await call_next(ctx)
        structured = _STRUCTURED.get()
        if structured is None or not isinstance(result, dict):
            return result
        _STRUCTURED.set(None)
        return {**result, "structuredContent": structured}

    async def _cached_page(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """A list page as the wire dict made the first time it was asked for."""
        await self._app.sync()
        cursor = (ctx.params or {}).get("cursor")
        place = self._pages.place(self._app.listing, cursor if isinstance(cursor, str) else None)
        page = self._pages.made(ctx.protocol_version, place)
        if page is None:
            _PLACE.set(place)
            page = await call_next(ctx)
            if not isinstance(page, dict):
                return page
            self._pages.keep(ctx.protocol_version, place, page)
        return dict(page)

    async def _call_tool(
        self, ctx: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        caller = caller_of(ctx)
        ask = self._approvals.asker(ctx, params, caller)
        try:
            result = await self._app.call(
                params.name,
                params.arguments or {},
                caller=caller,
                ask=ask,
                answers=params.request_state is not None,
                progress=_progress(ctx),
            )
            _STRUCTURED.set(result.structured)
            return _as_mcp(result)
        except InputRequired as asked:
            return asked.result
        except UnknownTool as error:
            raise MCPError(code=types.INVALID_PARAMS, message=str(error)) from error
        except UpstreamFailed as error:
            failed = ToolResult(text=str(error), is_error=True, attempts=error.attempts, waited=error.waited)
            return _as_mcp(failed)
        except SpecportError as error:
            return _as_mcp(ToolResult(text=str(error), is_error=True))
        except Exception:
            log.exception("calling %s failed", params.name)
            return _as_mcp(ToolResult(text="specport failed inside; its log says why", is_error=True))

    async def _list_resources(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        del ctx, params
        await self._app.sync()
        return types.ListResourcesResult(resources=reading.resources(self._app))

    async def _list_resource_templates(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        del ctx, params
        return types.ListResourceTemplatesResult(resource_templates=reading.resource_templates())

    async def _read_resource(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        if uri.startswith(reading.RESULTS):
            answer = await self._app.kept(reading.handle_of(uri), caller_of(ctx))
            contents = await in_thread(reading.read_result, answer, uri)
        else:
            contents = await in_thread(reading.read, self._app, uri)
        return types.ReadResourceResult(contents=contents)

    async def _list_prompts(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
        del ctx, params
        return types.ListPromptsResult(prompts=prompting.prompts())

    async def _get_prompt(self, ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        del ctx
        return prompting.prompt(self._app, params.name, params.arguments or {})

    async def _complete(self, ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        del ctx
        known = (params.context.arguments if params.context else None) or {}
        found = prompting.complete(self._app, params.argument.name, params.argument.value, known)
        return types.CompleteResult(completion=found)

    async def _set_level(self, ctx: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
        """Send this older client the server's log from a level up, as long as it is connected."""
        self._client_log.follow(ctx.session, params.level)
        _when_gone(ctx.session, self._client_log.forget)
        return types.EmptyResult()

    async def _initialized(self, ctx: Context, params: types.NotificationParams) -> None:
        """Remember a legacy connection, which is told of list changes directly."""
        del params
        self._telling.add(ctx.session)
        _when_gone(ctx.session, self._telling.forget)

    async def _announce(self) -> None:
        """Tell modern subscribers and legacy connections that tools and sources changed."""
        self._pages.change()
        await self._bus.publish(ToolsListChanged())
        await self._bus.publish(ResourcesListChanged())
        self._telling.tell()


def _progress(ctx: Context) -> Progress:
    """Tells a client that asked for it how far a call is (MCP 2025-11-25, progress)."""

    async def tell(items: int, total: int | None, message: str) -> None:
        await ctx.session.report_progress(items, total, message)

    return tell


def _when_gone(session: ServerSession, forget: Callable[[ServerSession], None]) -> None:
    """Forget a session once its connection ends."""
    connection = session._connection  # pyright: ignore[reportPrivateUsage]  # the SDK offers no other way
    connection.exit_stack.callback(forget, session)


def _as_mcp(result: ToolResult) -> types.CallToolResult:
    """All of a result but its structured content."""
    content: list[types.ContentBlock] = [types.TextContent(text=result.text)]
    content += [types.TextContent(text=note) for note in result.notes]
    content += [_blob(blob) for blob in result.blobs]
    return types.CallToolResult(content=content, is_error=result.is_error, _meta=_meta(result))


def _meta(result: ToolResult) -> dict[str, object] | None:
    """What was done for a call, under keys with our own prefix (MCP 2025-11-25, `_meta`)."""
    if not result.attempts:
        return None
    return {ATTEMPTS: result.attempts, WAITED: round(result.waited, 3)}


def _blob(blob: Blob) -> types.ContentBlock:
    """The block of a file's kind; images that models do not take (all but four kinds) are files like any other."""
    if blob.media_type in _IMAGES:
        return types.ImageContent(data=blob.base64, mime_type=blob.media_type)
    if blob.media_type.startswith("audio/"):
        return types.AudioContent(data=blob.base64, mime_type=blob.media_type)
    digest = hashlib.sha256(blob.base64.encode()).hexdigest()[:16]
    uri = f"specport://answers/{digest}/{quote(blob.name, safe='')}"
    contents = types.BlobResourceContents(uri=uri, mime_type=blob.media_type, blob=blob.base64)
    return types.EmbeddedResource(resource=contents)
