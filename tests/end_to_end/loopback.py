"""A recording HTTP server on a loopback port, and the specport command as a process: what end-to-end tests run on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

SPECPORT = str(Path(sys.executable).with_name("specport"))
"""The command of the environment that runs the tests."""

PATIENCE = 30.0
"""Seconds after which a process that should have ended or answered counts as hanging."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived: the raw target, header names in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The raw path."""
        return urlsplit(self.target).path

    def header(self, name: str) -> str | None:
        """The value of a header that stands at most once."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, (name, values)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers; `hangs` answers nothing until the server ends, `goes_on` never ends the body."""

    status: int = 200
    body: bytes = b'{"ok":true}'
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    goes_on: bool = False


class Upstream:
    """The server, in a thread of its own. `replies` by path, everything else gets a small JSON object.

    `first` are given before them, one each time. `given_up`: a client closed its connection while it had no answer.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: dict[str, Reply] = {}
        self.first: dict[str, list[Reply]] = {}
        self.given_up = threading.Event()
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._started = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(PATIENCE)
        self._loop.close()

    def take(self) -> list[Request]:
        """The requests since the last time this was asked."""
        taken, self.requests = self.requests, []
        return taken

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        await self._ending.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while request := await _read(reader):
                self.requests.append(request)
                first = self.first.get(request.path)
                reply = first.pop(0) if first else self.replies.get(request.path, Reply())
                if reply.hangs:
                    await reader.read()
                    self.given_up.set()
                    break
                writer.write(_written(request, reply))
                await writer.drain()
                if reply.goes_on:
                    await self._ending.wait()
                    break
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    length = int(dict(headers).get("content-length", "0"))
    return Request(method, target, headers, await reader.readexactly(length))


def _written(request: Request, reply: Reply) -> bytes:
    length = {} if reply.goes_on else {"content-length": str(len(reply.body))}
    headers = {"content-type": reply.media_type, **length, **reply.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = b"" if request.method == "HEAD" else reply.body
    return f"HTTP/1.1 {reply.status} Reason\r\n{head}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Cli:
    """The specport command with a home of its own and nothing of the tester's environment."""

    home: Path

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """What the command sees."""
        plain = {"PATH": os.defpath, "HOME": str(self.home), "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
        return {**plain, **variables}

    def run(self, *arguments: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Done:
        """Run it to its end."""
        done = subprocess.run(
            [SPECPORT, *arguments],
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            cwd=self.home,
            env=self.environment(env or {}),
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        done = self.run(*arguments)
        assert done.code == 0, done.err
        return json.loads(done.out)

    @contextlib.contextmanager
    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Run it for as long as the block lasts."""
        process = subprocess.Popen(
            [SPECPORT, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=self.environment(env or {}),
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(PATIENCE)
            for stream in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(BrokenPipeError):
                    assert stream is not None
                    stream.close()

    @contextlib.contextmanager
    def listening(self, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
        """`serve` over HTTP on a free port; the URL that it announces."""
        with self.start("serve", *arguments, "--port", "0", env=env) as process:
            yield announced(process)


def announced(process: subprocess.Popen[bytes]) -> str:
    """The URL in the line that a server prints once it listens."""
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    [url] = [word for word in line.split() if word.startswith("http://")] or [line]
    assert url.startswith("http://"), line + process.stderr.read().decode()
    return url


def document(paths: Mapping[str, object], *, title: str = "Small API", **more: object) -> str:
    """An OpenAPI document as text."""
    return json.dumps({"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "paths": paths, **more})


def operation(operation_id: str, *tags: str, **more: object) -> dict[str, object]:
    """An operation that answers 200 with JSON."""
    answers = {"200": {"description": "fine", "content": {"application/json": {"schema": {"type": "object"}}}}}
    return {"operationId": operation_id, "tags": list(tags), "responses": answers, **more}


def parameter(name: str, location: str, schema: Mapping[str, object], *, required: bool = False) -> dict[str, object]:
    """One parameter."""
    return {"name": name, "in": location, "required": required or location == "path", "schema": schema}


def json_body(schema: Mapping[str, object]) -> dict[str, object]:
    """A required JSON body."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def things(count: int = 0) -> str:
    """A document of one operation of every method that matters, and `count` more."""
    paths: dict[str, object] = {
        "/things": {
            "get": operation("listThings", "Things", parameters=[parameter("page", "query", {"type": "integer"})]),
            "post": operation(
                "createThing",
                "Things",
                requestBody=json_body(
                    {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
                ),
            ),
        },
        "/things/{id}": {
            "parameters": [parameter("id", "path", {"type": "integer"})],
            "get": operation("getThing", "Things"),
            "put": operation("replaceThing", "Things"),
            "delete": operation("deleteThing", "Things"),
        },
    }
    for number in range(count):
        paths[f"/more/{number}"] = {"get": operation(f"more{number:04}", "More")}
    security: Sequence[object] = [{"token": []}]
    schemes = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    return document(paths, title="Things", security=security, components=schemes)
