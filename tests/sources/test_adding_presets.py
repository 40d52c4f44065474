"""Adding an API by the name of its preset: what is kept, what is taken anew, and what wins."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from source_documents import Open, document

from specport.errors import SourceError
from specport.executor.model import Limit
from specport.sources import presets
from specport.sources.codec import decode_source, encode_source
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin, Source
from specport.sources.presets import find_preset
from specport.sources.read import may_have_credentials
from specport.sources.registry import Registry
from specport.sources.specification import Specification, read_specification
from specport.sources.sqlite_store import SqliteStore

pytestmark = pytest.mark.anyio

SCHEMES = {"securitySchemes": {"BotToken": {"type": "apiKey", "in": "header", "name": "Authorization"}}}
DISCORD = document("Discord", server="https://elsewhere.example.com", components=SCHEMES)
URL = "https://raw.githubusercontent.com/discord/discord-api-spec/main/specs/openapi.json"


@pytest.fixture
async def registry(web: dict[str, str], open_registry: Open) -> Registry:
    """One where the network has Discord's document, as small as may be."""
    web[URL] = DISCORD
    return open_registry()


async def test_a_preset_is_added_by_its_name(registry: Registry) -> None:
    """Document, base URL, credential, limits and overlay are its own; the document's server gets nothing."""
    added = await registry.add(Specification("discord"), Origin.OPERATOR)
    opened = added.opened
    assert (opened.source.name, opened.source.uri, opened.base_url) == ("discord", URL, "https://discord.com/api/v10")
    credential = opened.channel.credentials["BotToken"]
    assert (credential.reference, credential.kind, credential.scheme) == ("env:DISCORD_TOKEN", "http", "bot")
    assert opened.channel.limits == (Limit("requests per second", 50, 1.0),)
    assert opened.source.conventions.error_message == "message"
    assert opened.source.origins == ("https://discord.com",)
    assert [facts.preset for facts in registry.facts()] == ["discord"]
    assert (await registry.add(Specification("discord"), Origin.OPERATOR)).is_new is False


async def test_only_its_name_is_kept(registry: Registry, open_registry: Open, tmp_path: Path) -> None:
    """What the manifest says is not in the store, and there again after a restart."""
    added = await registry.add(Specification("discord"), Origin.OPERATOR)
    found = await SqliteStore(tmp_path).get("discord")
    assert found is not None
    kept = found.source
    assert (kept.preset, kept.base_url, kept.references, kept.overlays) == ("discord", "", {}, ())
    again = open_registry()
    await again.sync()
    assert again.opened["discord"].source == added.opened.source


async def test_what_the_operator_gives_wins(registry: Registry, open_registry: Open) -> None:
    """Base URL, credential, limits and name, after a restart too."""
    limit = Limit("5/60s", 5, 60.0)
    given = Specification(
        "discord", "chat", "https://proxy.example.com", credentials=(("BotToken", "env:MINE"),), limits=(limit,)
    )
    await registry.add(given, Origin.OPERATOR)
    again = open_registry()
    await again.sync()
    opened = again.opened["chat"]
    assert opened.base_url == "https://proxy.example.com"
    assert opened.source.origins == ("https://proxy.example.com",)
    assert opened.source.references == {"BotToken": "env:MINE"}
    assert opened.channel.limits == (limit,)
    assert opened.source.conventions.error_id == "code"


async def test_a_newer_manifest_reaches_what_was_added_but_credentials_stay_where_they_were(
    registry: Registry, open_registry: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts are taken anew whenever it is opened; where credentials may go was decided when it was added."""
    await registry.add(Specification("discord"), Origin.OPERATOR)
    newer = find_preset("discord")
    assert newer is not None
    newer = newer.model_copy(update={"base_url": "https://new.example.com", "title": "New"})
    monkeypatch.setattr(presets, "find_preset", lambda _: newer)
    again = open_registry()
    await again.sync()
    opened = again.opened["discord"]
    assert (opened.base_url, opened.source.title) == ("https://new.example.com", "New")
    assert not may_have_credentials(opened, opened.base_url)
    assert may_have_credentials(opened, "https://discord.com/api/v10")


async def test_a_preset_that_is_gone_is_a_warning(
    open_registry: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The source still opens, with what its document says."""
    source = Source("old", URL, DISCORD.encode(), Origin.OPERATOR, preset="nonesuch")
    await SqliteStore(tmp_path).add(source)
    registry = open_registry()
    with caplog.at_level(logging.WARNING, "specport"):
        await registry.sync()
    assert registry.opened["old"].base_url == "https://elsewhere.example.com"
    assert "this release has no preset 'nonesuch'" in caplog.text


async def test_an_account_has_no_credential_of_the_presets(registry: Registry) -> None:
    """What is meant for one account is not sent for another."""
    with pytest.raises(SourceError, match="no account 'work'"):
        await registry.add(Specification("discord", "discord@work"), Origin.OPERATOR)
    given = Specification("discord", "discord@work", credentials=(("BotToken", "env:WORK"),))
    added = await registry.add(given, Origin.OPERATOR)
    assert added.opened.source.references == {"BotToken": "env:WORK"}


async def test_a_tool_call_cannot_name_one(registry: Registry) -> None:
    """It would bring credentials with it."""
    with pytest.raises(SourceError, match="neither an http"):
        await registry.add(Specification("discord"), Origin.TOOL)
    added = await registry.add(Specification(DISCORD, preset="discord"), Origin.TOOL)
    assert (added.opened.source.preset, added.opened.source.references) == ("", {})


async def test_a_document_that_cannot_be_fetched_is_one_clear_error(web: dict[str, str], open_registry: Open) -> None:
    """The URL, what happened, and what else to try."""
    with pytest.raises(SourceError) as caught:
        await open_registry().add(Specification("discord"), Origin.OPERATOR)
    assert URL in str(caught.value)
    assert "`specport add FILE --preset discord`" in str(caught.value)


async def test_a_preset_that_does_not_exist_is_told(open_registry: Open) -> None:
    """With the command that lists them."""
    with pytest.raises(SourceError, match=r"no preset 'nonesuch'.*specport presets"):
        await open_registry().add(Specification(DISCORD, preset="nonesuch"), Origin.OPERATOR)


async def test_what_an_older_release_kept_has_no_preset(tmp_path: Path) -> None:
    """Its facts lack the member; a tool call's source that has one is not read."""
    source = Source("shop", URL, DISCORD.encode(), Origin.OPERATOR)
    facts, _, rest = encode_source(source).partition(b"\n")
    older = {key: value for key, value in orjson.loads(facts).items() if key != "preset"}
    assert decode_source(orjson.dumps(older) + b"\n" + rest, "shop") == source
    forged = encode_source(replace(source, origin=Origin.TOOL, preset="discord"))
    with pytest.raises(SourceError, match="cannot be read"):
        decode_source(forged, "shop")


async def test_one_named_at_start_is_the_one_that_was_added(registry: Registry, open_registry: Open) -> None:
    """`serve discord` beside an added discord is no conflict; beside another document of that name it is."""
    await registry.add(Specification("discord"), Origin.OPERATOR)
    again = open_registry()
    again.open(await read_specification(Specification("discord"), FetchPolicy()))
    assert (await again.sync()).failed == {}
    assert list(again.opened) == ["discord"]
