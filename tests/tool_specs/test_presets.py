"""Presets: every manifest reads, and fits the document of its API in the public corpus, all offline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from specport.app import App
from specport.catalog.model import Shape
from specport.documents.refs import References
from specport.operations.model import Location, Media, Operation
from specport.settings import Settings
from specport.sources.fetch import FetchPolicy
from specport.sources.manifest import bundled, bundled_names
from specport.sources.presets import find_preset, presets
from specport.sources.read import open_source, read_document
from specport.sources.specification import Specification, read_specification

pytestmark = pytest.mark.anyio

NAMES = [preset.name for preset in presets()]

CORPUS = {
    "asana": ("asana.com.json", "Authorization: Bearer $ASANA_ACCESS_TOKEN"),
    "bitbucket": ("bitbucket.org.json", "Authorization: Bearer $BITBUCKET_TOKEN"),
    "github": ("github.com/api.github.com.json", "Authorization: Bearer $GITHUB_TOKEN"),
    "kubernetes": ("kubernetes.io.json", "Authorization: Bearer $KUBERNETES_TOKEN"),
    "netlify": ("netlify.com.json", "Authorization: Bearer $NETLIFY_AUTH_TOKEN"),
    "plaid": ("plaid.com.json", "PLAID-CLIENT-ID: $PLAID_CLIENT_ID"),
    "sendgrid": ("sendgrid.com.json", "Authorization: Bearer $SENDGRID_API_KEY"),
    "slack": ("slack.com.json", "Authorization: Bearer $SLACK_TOKEN"),
    "spotify": ("spotify.com.json", "Authorization: Bearer $"),
    "stripe": ("stripe.com.json", "Authorization: Bearer $STRIPE_API_KEY"),
    "twilio": ("twilio.com/api.json", 'Authorization: Basic $(printf %s "$TWILIO_CREDENTIALS" | base64'),
    "vercel": ("vercel.com.json", "Authorization: Bearer $VERCEL_TOKEN"),
}
"""The document of the corpus that is the published one, or was, and what a call of it carries."""

IN_GUIDES = {"asana": "next_page.offset"}
"""What only the guide of an API says of its pages, and no schema of its document."""

BEARER = {"type": "http", "scheme": "bearer"}
OLDER = {"hetzner": "hetzner.cloud.json", "openai": "openai.com.json"}
"""Documents of the corpus from before the published one declared credentials, errors and pages."""


KEY = {"type": "apiKey", "in": "header", "name": "Authorization"}
SHAPES: Mapping[str, dict[str, Any]] = {
    "cloudflare": {
        "components": {"securitySchemes": {"api_token": BEARER, "api_email": KEY, "api_key": KEY}},
        "paths": {"/zones": {"get": {"security": [{"api_email": [], "api_key": []}], "responses": {}}}},
    },
    "discord": {"components": {"securitySchemes": {"BotToken": KEY}}, "security": [{"BotToken": []}]},
    "gitlab": {"components": {"securitySchemes": {"http": BEARER}}, "security": [{"http": []}]},
    "hetzner": {"components": {"securitySchemes": {"APIToken": BEARER}}, "security": [{"APIToken": []}]},
    "kubernetes": {
        "swagger": "2.0",
        "securityDefinitions": {"BearerToken": {**KEY, "name": "authorization"}},
        "security": [{"BearerToken": []}],
    },
    "notion": {
        "components": {
            "securitySchemes": {"bearerAuth": BEARER},
            "parameters": {"notionVersion": {"name": "Notion-Version", "in": "header", "schema": {"type": "string"}}},
        },
        "security": [{"bearerAuth": []}],
        "paths": {"/v1/users": {"get": {"security": [], "responses": {}}}},
    },
    "openai": {"components": {"securitySchemes": {"ApiKeyAuth": BEARER, "AdminApiKeyAuth": BEARER}}},
    "sendgrid": {
        "swagger": "2.0",
        "securityDefinitions": {"Authorization": KEY},
        "security": [{"Authorization": []}],
    },
    "tmdb": {"components": {"securitySchemes": {"sec0": KEY}}, "security": [{"sec0": []}]},
}
"""What the published documents that the corpus lacks, or has older or converted, declare of credentials."""


async def source_of(name: str, corpus: Path) -> Any:
    """The preset with the corpus document as a copy of the published one, as `specport add FILE --preset` takes it."""
    file = CORPUS[name][0] if name in CORPUS else OLDER[name]
    return await read_specification(Specification(str(corpus / file), name=name, preset=name), FetchPolicy())


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_where_its_document_is_and_where_calls_go(name: str) -> None:
    """Both by https, but for the proxy on this machine; credentials are variables of the environment."""
    manifest = find_preset(name)
    assert manifest is not None
    assert (manifest.name, bool(manifest.title), bool(manifest.about)) == (name, True, True)
    assert manifest.document.startswith("https://")
    assert manifest.base_url.startswith("https://") or manifest.base_url == "http://127.0.0.1:8001"
    [listed] = [preset for preset in presets() if preset.name == name]
    assert all(reference.startswith("env:") for reference in listed.credentials.values())


def test_there_are_many_and_none_is_served_unless_it_is_named() -> None:
    """What comes with its document stays what it was."""
    assert len(NAMES) >= 14
    assert bundled_names() == ("digitalocean",)
    assert sorted(set(bundled()) - {"digitalocean"}) == NAMES


@pytest.mark.parametrize("name", sorted([*CORPUS, *OLDER]))
async def test_a_preset_fits_its_document(name: str, corpus: Path) -> None:
    """Every action of its overlay has an effect, every limit covers an operation, calls go to its base URL."""
    opened = open_source(await source_of(name, corpus), Shape(), None)
    assert opened.catalog.tools
    assert opened.base_url == find_preset(name).base_url
    assert [each.message for each in opened.catalog.problems if "overlay" in each.message] == []
    routes = [tool.route for tool in opened.catalog.tools]
    for limit in opened.channel.limits:
        assert any(limit.covers(route.method, route.path) for route in routes), limit
    if name not in OLDER:
        assert set(opened.channel.credentials) <= set(opened.catalog.schemes)


@pytest.mark.parametrize("name", sorted(CORPUS))
async def test_pages_and_errors_are_where_a_preset_says(name: str, corpus: Path) -> None:
    """Each path leads to a property of some answer that the document describes."""
    source = open_source(await source_of(name, corpus), Shape(), None).source
    _, operations, references = read_document(source)
    told = source.conventions
    paths = {told.next_page, told.more, told.pages, told.items, told.total}
    for path in filter(None, paths - {IN_GUIDES.get(name, "")}):
        assert leads(path, answers(operations.operations, "2"), references), path
    if told.argument:
        assert any(takes(operation, told.argument, references) for operation in operations.operations)
    for path in filter(None, (told.error_message, told.error_id)):
        assert leads(path, answers(operations.operations, "45d2"), references), path


@pytest.mark.parametrize("name", sorted(CORPUS))
async def test_a_call_carries_the_credential_where_the_api_wants_it(name: str, corpus: Path) -> None:
    """As curl, with the variable instead of its value."""
    source = await source_of(name, corpus)
    arguments = {"body": {"access_token": "access-1"}} if name == "plaid" else {}
    async with App.open([source], Settings(dry_run=True)) as app:
        tool = next(
            tool
            for tool in app.listing.tools
            if tool.route and any(tool.route.security) and tool.input_schema.get("required", []) == list(arguments)
        )
        shown = (await app.call(tool.address, arguments)).text
    assert CORPUS[name][1] in shown
    assert f"{find_preset(name).base_url}/" in shown


@pytest.mark.parametrize("name", sorted(SHAPES))
async def test_an_overlay_fits_what_the_published_document_declares(name: str) -> None:
    """Where the corpus has another document: every action has an effect, every credential is sent as a token."""
    root = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"get": {"responses": {}}}}}
    if "swagger" in SHAPES[name]:
        del root["openapi"]
    document = json.dumps({**root, **SHAPES[name]})
    opened = open_source(
        await read_specification(Specification(document, name=name, preset=name), FetchPolicy()), Shape(), None
    )
    assert [each.message for each in opened.catalog.problems if "overlay" in each.message] == []
    assert set(opened.channel.credentials) <= set(opened.catalog.schemes)
    assert {credential.kind for credential in opened.channel.credentials.values()} == {"http"}
    [tool] = opened.catalog.tools
    assert tool.route is not None
    if name != "openai":
        assert set(opened.channel.credentials) & set(tool.route.security[0])


def answers(operations: tuple[Operation, ...], first: str) -> Iterator[Media]:
    """What operations answer with a status that begins with one of these characters."""
    for operation in operations:
        for response in operation.responses:
            if response.status[0] in first:
                yield from response.media


def takes(operation: Operation, argument: str, references: References) -> bool:
    """Whether an operation has a query parameter of that name, or a member of its body."""
    if any((each.name, each.location) == (argument, Location.QUERY) for each in operation.parameters):
        return True
    media = operation.body.media if operation.body else ()
    return any(has(each.schema, each.pointer, [argument], references, 0) for each in media)


def leads(path: str, found: Iterator[Media], references: References) -> bool:
    """Whether a dotted path leads to a property of one of the schemas."""
    return any(has(media.schema, media.pointer, path.split("."), references, 0) for media in found)


def has(schema: object, pointer: str, names: list[str], references: References, depth: int) -> bool:
    """Whether a schema, or one that it is put together from, has the properties."""
    target = references.follow(schema, pointer)
    held: Any = target.value
    if not names:
        return True
    if not isinstance(held, Mapping) or depth > 12:
        return False
    if names[0] == "-1" and "items" in held:
        return has(held["items"], f"{target.pointer}/items", names[1:], references, depth + 1)
    properties = held.get("properties")
    if isinstance(properties, Mapping) and names[0] in properties:
        below = f"{target.pointer}/properties/{names[0]}"
        if has(properties[names[0]], below, names[1:], references, depth + 1):
            return True
    parts = [(key, index, part) for key in ("allOf", "anyOf", "oneOf") for index, part in enumerate(held.get(key, ()))]
    return any(has(part, f"{target.pointer}/{key}/{i}", names, references, depth + 1) for key, i, part in parts)
