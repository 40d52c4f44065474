"""An App with a credential, among hostile servers; and the check that every attack ends with."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from attacks.hostile import Hostile
from specport.app import NOBODY, App
from specport.errors import SpecportError
from specport.executor.model import Bounds
from specport.policy.model import Caller
from specport.results.model import ToolResult
from specport.settings import Settings
from specport.sources.model import Origin, Source

VARIABLE = "ATTACKED_TOKEN"
SECRET = 'sk-live/7f+"q"=&~%41;<end>'
"""Every kind of character that an encoding changes."""

BEARER = {"type": "http", "scheme": "bearer"}
BASIC = {"type": "http", "scheme": "basic"}
HEADER_KEY = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
QUERY_KEY = {"type": "apiKey", "in": "query", "name": "key"}
COOKIE_KEY = {"type": "apiKey", "in": "cookie", "name": "sid"}
SCHEMES = {"bearer": BEARER, "basic": BASIC, "header": HEADER_KEY, "query": QUERY_KEY, "cookie": COOKIE_KEY}

QUICK = Bounds(total=20.0, attempts=1)


def forms_of(secret: str) -> set[str]:
    """How a secret may be spelled."""
    return {
        secret, json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("/", "\\/"), quote(secret, safe=""),
        quote_plus(secret), quote(secret), html.escape(secret), base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(), quote(secret, safe="").lower(),
    }  # fmt: skip


def operation(name: str, *parameters: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": name, "tags": ["api"], "parameters": list(parameters), "responses": {}, **more}


DEEP = {"get": operation("deep", {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})}


def document(paths: Mapping[str, Any] | None = None, scheme: Mapping[str, Any] = BEARER, **more: Any) -> str:
    """A document whose operations, `good`, `attacked` and `deep` beside those given, want the credential `token`."""
    paths = {"/good": {"get": operation("good")}, "/attacked": {"get": operation("attacked")}, **(paths or {})}
    return json.dumps({
        "openapi": "3.1.0", "info": {"title": "Api", "version": "1"},
        "paths": {"/attacked/{id}": DEEP, **paths},
        "components": {"securitySchemes": {"token": scheme}}, "security": [{"token": []}], **more,
    })  # fmt: skip


@dataclass(slots=True)
class Scene:
    """What an attack is run with, and everything that came of it."""

    app: App
    api: Hostile
    bait: Hostile
    folder: Path
    log: pytest.LogCaptureFixture
    told: list[str] = field(default_factory=list)

    async def call(self, tool: str = "api.attacked", arguments: Any = None, caller: Caller = NOBODY) -> str:
        """All that a caller is told, be it an answer or an error."""
        try:
            said = shown(await self.app.call(tool, {} if arguments is None else arguments, caller=caller))
        except SpecportError as error:
            said = f"{_kind(error).__name__}: {error}"
        self.told.append(said)
        return said

    async def check(self) -> None:
        """The server lives, the secret is nowhere, and the bait has not seen it."""
        assert await self.call("api.good") == '{"fine":true}'
        places: dict[str, str] = {f"answer {number}": told for number, told in enumerate(self.told)}
        places |= {f"log {number}": record.getMessage() for number, record in enumerate(self.log.records)}
        places |= {f"request {number} of the bait": _text(seen) for number, seen in enumerate(self.bait.received)}
        places |= {str(path): _text(path.read_bytes()) for path in self.folder.rglob("*") if path.is_file()}
        leaks = [(place, form) for place, text in places.items() for form in forms_of(SECRET) if form in text]
        assert leaks == [], leaks


def _kind(error: SpecportError) -> type[SpecportError]:
    """The class of the error that callers are promised."""
    return next(kind for kind in type(error).__mro__ if kind.__module__ == SpecportError.__module__)


def shown(result: ToolResult) -> str:
    """All that an answer holds, its bytes decoded too."""
    blobs = (_text(base64.b64decode(blob.base64)) + blob.name + blob.media_type for blob in result.blobs)
    structured = (
        [json.dumps(result.structured)] if result.structured and json.loads(result.text) != result.structured else []
    )
    return "\n".join([result.text, *result.notes, *structured, *blobs])


def _text(data: bytes) -> str:
    return data.decode("latin-1")


@asynccontextmanager
async def scene(
    tmp_path: Path,
    log: pytest.LogCaptureFixture,
    patch: pytest.MonkeyPatch,
    *,
    text: str = "",
    base_url: str | None = None,
    api: Hostile | None = None,
    more: Sequence[Source] = (),
    **settings: Any,
) -> AsyncGenerator[Scene]:
    """The App of an operator who gave a credential to the API at `base_url`, else at loopback. Ends with the check."""
    patch.setenv(VARIABLE, SECRET)
    log.set_level("INFO")
    log.set_level("DEBUG", logger="specport")
    async with Hostile() as server, Hostile() as bait:
        api = api or server
        source = Source(
            "api", "api.json", (text or document()).encode(), Origin.OPERATOR,
            api.url if base_url is None else base_url,
            {"token": f"env:{VARIABLE}"},
        )  # fmt: skip
        used = Settings(**{"state_dir": tmp_path, "audit": tmp_path / "audit.jsonl", "bounds": QUICK, **settings})
        async with App.open([source, *more], used) as app:
            run = Scene(app, api, bait, tmp_path, log)
            yield run
            await run.check()
