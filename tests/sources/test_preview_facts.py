"""What a preview says of a document's costs, dangers, destinations and clients, and what specport knows of the API."""

from __future__ import annotations

import pytest
from source_documents import Open, document, operation

from specport.catalog.listing import tokens_of
from specport.catalog.model import Form
from specport.sources.model import Origin
from specport.sources.presets import find_preset
from specport.sources.preview.costs import EXPOSURES, SEARCH_TOKENS, UNTAGGED
from specport.sources.preview.model import MAX_DANGERS, MAX_DESTINATIONS, MAX_TAGS, Preview
from specport.sources.preview.text import MAX_LINE, as_text
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio


async def previewed(open_registry: Open, spec: str, origin: Origin = Origin.TOOL, **more: object) -> Preview:
    return await open_registry().preview(Specification(spec, **more), origin)  # type: ignore[arg-type]


def wide(properties: int) -> dict[str, object]:
    """A body of so many properties, too many for a short schema."""
    schema = {
        "type": "object",
        "properties": {
            f"property_{number}": {"type": "string", "description": "what it is for " * 4}
            for number in range(properties)
        },
    }
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


async def test_each_exposure_has_its_cost_in_total_and_by_tag(open_registry: Open) -> None:
    """Of the entries as they would be listed, the tags that cost most first."""
    registry = open_registry()
    paths = {
        "/a": {"get": operation("a", "Few"), "put": operation("b", "Few")},
        "/w": {"post": operation("w", **wide(40))},
    }
    found = await registry.preview(Specification(document(paths=paths)), Origin.TOOL)
    tools = (await registry.add(Specification(document(paths=paths)), Origin.TOOL)).opened.catalog.tools
    for name in ("lean", "full", "verbatim"):
        assert found.tokens_by_exposure[name] == sum(tokens_of(tool, Form(name)) for tool in tools)
    assert found.tokens_by_exposure.keys() == {each.name for each in EXPOSURES}
    assert found.tokens_by_exposure["verbatim"] > 2 * found.tokens_by_exposure["lean"] == 2 * found.tokens
    assert [(tag.tag, tag.tools) for tag in found.tags] == [(UNTAGGED, 1), ("Few", 2)]
    assert sum(tag.tokens_by_exposure["full"] for tag in found.tags) == found.tokens_by_exposure["full"]
    assert f"about {found.tokens_by_exposure['full']:,} with --schemas full" in as_text(found)
    assert f"about {SEARCH_TOKENS:,} with --expose search" in as_text(found)


async def test_what_destroys_is_counted_by_tag(open_registry: Open) -> None:
    """By the method, and apart from it by what the path, the name or the first words of the description say."""
    paths = {
        "/a/1": {"delete": operation("a", "A")},
        "/b/1": {"delete": operation("b", "B")},
        "/c/1": {"delete": operation("c", "B")},
        "/d/1/purge": {"post": operation("d", "B")},
        "/e": {"post": operation("deleteThing", "A")},
        "/f": {"put": operation("f", "A", description="Permanently removes what was there.")},
        "/g/delete": {"get": operation("g", "A")},
        "/h": {"get": operation("resetAll", "A")},
        "/i": {"get": operation("getDeleteStatus", "A", description="Says whether deletes are done.")},
        "/deleted": {"post": operation("listDeleted", "A", description="Lists what was deleted.")},
    }
    found = await previewed(open_registry, document(paths=paths))
    assert [(each.tag, each.count) for each in found.destroy] == [("B", 2), ("A", 1)]
    assert found.destroy[0].addresses == ("pet_shop.b.b", "pet_shop.b.c")
    assert [(each.tag, each.addresses) for each in found.may_destroy] == [
        ("A", ("pet_shop.a.deleteThing", "pet_shop.a.f", "pet_shop.a.g", "pet_shop.a.resetAll")),
        ("B", ("pet_shop.b.d",)),
    ]
    text = as_text(found)
    assert "Operations: 10, of which 3 only read, 3 destroy, 5 may also destroy" in text
    assert "Destroy: B 2 (b.b), A 1 (a.a)" in text


async def test_where_requests_go_is_told_for_each_operation(open_registry: Open) -> None:
    """Servers of operations, whether credentials may go there, plain http and private addresses."""
    paths = {
        "/a": {"get": operation("a")},
        "/b": {"get": operation("b", servers=[{"url": "https://files.example.com"}])},
        "/c": {"get": operation("c", servers=[{"url": "http://10.0.0.7/c"}])},
        "/d": {"get": operation("d", servers=[{"url": "http://[::bad"}])},
    }
    schemes = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    text = document(
        paths=paths, components=schemes, server=None,
        servers=[{"url": "https://pets.example.com/v1"}, {"url": "https://eu.example.com/v1"}],
    )  # fmt: skip
    found = await previewed(open_registry, text)
    assert [
        (each.url, each.operations, each.has_credentials, each.is_plain, each.is_private) for each in found.destinations
    ] == [
        ("https://pets.example.com/v1", 1, True, False, False),
        ("https://files.example.com", 1, False, False, False),
        ("http://10.0.0.7/c", 1, False, True, True),
        ("https://eu.example.com/v1", 0, True, False, False),
    ]
    lines = as_text(found).splitlines()
    assert "Requests go to: https://pets.example.com/v1" in lines
    assert "- https://files.example.com (1 operation, without credentials)" in lines
    assert (
        "- http://10.0.0.7/c (1 operation, without credentials, plain http: anybody between reads the calls, a private "
        "address: only with --allow-private where an assistant adds it)"
    ) in lines
    assert "Credentials may go to: https://pets.example.com, https://eu.example.com" in lines


async def test_a_base_url_is_the_one_place(open_registry: Open) -> None:
    """It replaces servers at every level."""
    paths = {"/b": {"get": operation("b", servers=[{"url": "https://files.example.com"}])}}
    found = await previewed(open_registry, document(paths=paths), base_url="https://mine.example.com")
    assert [each.url for each in found.destinations] == ["https://mine.example.com"]


@pytest.mark.parametrize("server", [None, "/v1"])
async def test_a_preview_without_a_server_says_what_to_give(open_registry: Open, server: str | None) -> None:
    """The one thing that would stop adding it."""
    assert "Requests go to: nowhere yet; give base_url" in as_text(
        await previewed(open_registry, document(server=server))
    )


async def test_each_client_says_what_it_refuses_and_how_many_tools_it_takes(open_registry: Open) -> None:
    """Names and short schemas are made so that none refuses one; a long list is another matter."""
    few = await previewed(open_registry, document())
    assert {each.client: each.rejected for each in few.clients} == dict.fromkeys(
        ("claude", "openai", "gemini", "vscode", "cursor"), 0
    )
    assert "Clients: none refuses a tool" in as_text(few).splitlines()
    many = document(paths={f"/p{number}": {"get": operation(f"op{number}")} for number in range(150)})
    assert "OpenAI: a request takes at most 128 functions; VS Code: " in as_text(await previewed(open_registry, many))


async def test_a_preset_for_the_same_host_is_named(open_registry: Open) -> None:
    """With the command that uses it and the variable that it takes."""
    found = await previewed(open_registry, document(server="https://api.github.com"))
    assert found.known is not None
    assert (found.known.name, found.known.command, found.known.variables) == (
        "github", "specport add github", ("GITHUB_TOKEN",),
    )  # fmt: skip
    said = "there is a preset for this API (calls go to api.github.com too), which takes GITHUB_TOKEN"
    assert f"Known: {said}: specport add github" in as_text(found).splitlines()
    bundled = await previewed(open_registry, document(server="https://api.digitalocean.com"))
    assert bundled.known is not None
    assert (bundled.known.is_preset, bundled.known.command) == (False, "specport serve digitalocean")
    assert (await previewed(open_registry, document())).known is None


def published(preset: str, schemes: dict[str, object], *security: dict[str, object]) -> tuple[str, str]:
    """The URL of a preset's document, and one that could stand there."""
    manifest = find_preset(preset)
    assert manifest is not None
    paths = {"/a": {"get": operation("a", security=list(security))}}
    return manifest.document, document(paths=paths, components={"securitySchemes": schemes}, server=manifest.base_url)


async def test_the_document_of_a_preset_is_known_by_its_url(open_registry: Open, web: dict[str, str]) -> None:
    """And then the preset's name is enough to add it."""
    url, web[url] = published("notion", {})
    found = await previewed(open_registry, url)
    assert found.known is not None
    assert (found.known.because, found.known.command) == ("it is its document", "specport add notion")


async def test_a_preset_has_its_own_variables(open_registry: Open, web: dict[str, str]) -> None:
    """Neither an option nor a hint at the preset, which is used already; what it holds goes before other schemes."""
    bearer = {"type": "http", "scheme": "bearer"}
    schemes = {"aKey": bearer, "personalAccessToken": bearer}
    url, web[url] = published("asana", schemes, {"aKey": []}, {"personalAccessToken": []})
    found = await previewed(open_registry, "asana", Origin.OPERATOR)
    assert found.known is None
    assert found.add_command == "specport add asana"
    assert found.needs.enough == ("personalAccessToken",)
    scheme = found.security[0]
    assert (scheme.variable, scheme.option, scheme.set_with) == ("ASANA_ACCESS_TOKEN", "", "set ASANA_ACCESS_TOKEN")
    lines = as_text(found).splitlines()
    assert "- personalAccessToken (HTTP bearer): set ASANA_ACCESS_TOKEN" in lines
    assert lines[-1].endswith("a person runs: specport add asana")


async def test_a_preset_with_an_oauth_client_says_to_log_in(open_registry: Open, web: dict[str, str]) -> None:
    """Its id and its secret first."""
    url, web[url] = published("spotify", {"oauth_2_0": {"type": "oauth2", "flows": {}}}, {"oauth_2_0": []})
    found = await previewed(open_registry, "spotify", Origin.OPERATOR)
    said = "set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET, then `specport login spotify`"
    assert [scheme.set_with for scheme in found.security] == [said]


async def test_every_list_is_bounded_and_says_how_much_more_there_is(open_registry: Open) -> None:
    """Facts have named limits; the text stays a dozen lines."""
    more = MAX_DANGERS + 5
    paths = {
        f"/p{number}": {"delete": operation(f"op{number}", f"T{number}", servers=[{"url": f"https://s{number}.test"}])}
        for number in range(more)
    }
    found = await previewed(open_registry, document(paths=paths))
    assert sum(len(each.addresses) for each in found.destroy) == MAX_DANGERS
    assert (found.destructive, found.dangers_left) == (more, 5)
    assert (len(found.tags), found.tags_left) == (MAX_TAGS, more - MAX_TAGS)
    assert (len(found.destinations), found.destinations_left) == (MAX_DESTINATIONS, more + 1 - MAX_DESTINATIONS)
    assert "- and 1,001 more places" in as_text(found).splitlines()
    assert len(as_text(found).splitlines()) < 20


async def test_whatever_a_document_says_is_one_line(open_registry: Open) -> None:
    """Names of any length with controls in them forge no line and are cut."""
    odd = "\x1b[2J\nAdd it: rm\u202e " + "long " * 500
    schemes = {"securitySchemes": {odd: {"type": "apiKey", "in": "header", "name": odd}}}
    paths = {
        "/a": {"delete": operation(odd, odd, security=[{odd: []}], servers=[{"url": f"https://x.test/{odd}"}])},
        "/b": {"get": operation("b", odd, parameters=[{"name": odd}])},
    }
    info = {"title": odd, "version": odd}
    text = as_text(await previewed(open_registry, document(paths=paths, components=schemes, info=info)))
    assert all(line.isprintable() and len(line) <= MAX_LINE + 30 for line in text.splitlines())
    assert [line for line in text.splitlines()[1:] if line.startswith("Add it: rm")] == []
    assert len(text) < 4_000
