"""MCP over stdin and stdout on asyncio pipes.

The SDK's own transport reads stdin in a thread, which keeps the process alive after SIGINT, and passes every message
through two tasks; here a message is read where it is wanted and written where it arises.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import anyio
import mcp_types as types
import orjson
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from specport.surfaces.mcp.refusing import MAX_MESSAGE, TOO_LONG, refusal
from specport.surfaces.mcp.server import McpServer

_STOPPING = (signal.SIGINT, signal.SIGTERM)


async def serve_stdio(server: McpServer) -> None:
    """Serve one client until it closes stdin, or until SIGINT or SIGTERM."""
    wire = _claim_stdout()
    reader = await _open_stdin()
    writer = await _open_stdout(wire)
    task = asyncio.ensure_future(
        server.lowlevel.run(_Incoming(reader, writer), _Outgoing(writer), server.options)  # type: ignore[arg-type]
    )
    loop = asyncio.get_running_loop()
    for name in _STOPPING:
        loop.add_signal_handler(name, task.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        for name in _STOPPING:
            loop.remove_signal_handler(name)
        writer.close()


def _claim_stdout() -> int:
    """A private copy of stdout for the wire; what anything else prints goes to stderr."""
    sys.stdout.flush()
    wire = os.dup(1)
    os.dup2(2, 1)
    return wire


async def _open_stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=MAX_MESSAGE)
    if _can_wait_for(sys.stdin.fileno()):
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    else:
        reader.feed_data(sys.stdin.buffer.read())
        reader.feed_eof()
    return reader


async def _open_stdout(wire: int) -> asyncio.StreamWriter | _FileWriter:
    if not _can_wait_for(wire):
        return _FileWriter(wire)
    loop = asyncio.get_running_loop()
    file = os.fdopen(wire, "wb", buffering=0)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, file)
    return asyncio.StreamWriter(transport, protocol, None, loop)


def _can_wait_for(descriptor: int) -> bool:
    """Whether the event loop can watch it: a pipe, a socket or a terminal, not a file or the null device."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


class _FileWriter:
    """The part of StreamWriter that is used here, for stdout redirected into a file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        os.write(self._descriptor, data)

    async def drain(self) -> None:
        return

    def close(self) -> None:
        return


class _Incoming:
    """Messages from stdin, one JSON value to a line; a line that is no message is answered here and passed over."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | _FileWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> SessionMessage:
        while True:
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as end:
                line = end.partial
                if not line.strip():
                    raise anyio.EndOfStream from None
            except asyncio.LimitOverrunError as overrun:
                await self._pass_over(overrun.consumed)
                await self._refuse(TOO_LONG)
                continue
            if line.strip():
                try:
                    return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
                except ValidationError as error:
                    await self._refuse(refusal(line, error))

    async def _refuse(self, answer: Mapping[str, object] | None) -> None:
        """Write an error, unless the line is one that none answers. What cannot be written has nobody to read it."""
        if answer is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                self._writer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))
                await self._writer.drain()

    async def _pass_over(self, size: int) -> None:
        """Read to the end of a line of which so many bytes are there."""
        while size:
            await self._reader.readexactly(size)
            size = 0
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as overrun:
                size = overrun.consumed
            except asyncio.IncompleteReadError:
                return

    async def aclose(self) -> None:
        return

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


class _Outgoing:
    """Messages to stdout, written where they arise."""

    def __init__(self, writer: asyncio.StreamWriter | _FileWriter) -> None:
        self._writer = writer

    async def send(self, item: SessionMessage, /) -> None:
        try:
            self._writer.write(_line(item.message))
            await self._writer.drain()
        except (ConnectionError, RuntimeError) as error:
            raise anyio.BrokenResourceError from error

    async def aclose(self) -> None:
        return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


def _line(message: types.JSONRPCMessage) -> bytes:
    if isinstance(message, types.JSONRPCResponse):
        try:
            answer = {"jsonrpc": "2.0", "id": message.id, "result": message.result}
            return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # an integer over 64 bits, which only pydantic writes
            pass
    return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
