"""Where credentials may go: what was so when a source was added, whatever its document says later."""

from __future__ import annotations

from dataclasses import replace

import pytest
from source_documents import Open, add, document, operation, started

from end_to_end.loopback import Upstream
from end_to_end.loopback import document as written
from specport.app import App, Settings
from specport.sources.model import Origin, Source
from specport.sources.preview.text import as_text
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

SCHEMES = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
SERVERS = [{"url": "https://pets.example.com/v1"}, {"url": "https://PETS.example.com"}, {"url": "https://eu.pets.test"}]


async def test_adding_fixes_the_origins_and_a_restart_keeps_them(open_registry: Open) -> None:
    """Those of the document's servers, or of the base URL that replaces them."""
    first = open_registry()
    await add(first, document(server=None, servers=SERVERS))
    await add(first, document("Other", server=None, servers=SERVERS), base_url="https://mirror.example.com/pets")
    second = await started(open_registry)
    assert second.opened["pet_shop"].source.origins == ("https://pets.example.com", "https://eu.pets.test")
    assert second.opened["other"].source.origins == ("https://mirror.example.com",)


async def test_another_document_cannot_have_the_credential_sent_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A later version that names another server is called there without the credential."""
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-token")
    with Upstream() as known, Upstream() as new:

        def source(server: str, *more: str) -> Source:
            security = {"security": [{"token": []}], "components": SCHEMES}
            servers = [{"url": url} for url in (server, *more)]
            text = written({"/a": {"get": operation("a", "a")}}, servers=servers, **security)
            return Source("shop", "shop.json", text.encode(), Origin.OPERATOR, references={"token": "env:SHOP_TOKEN"})

        for added, sent in ((source(known.url), "Bearer s3cret-token"), (source(new.url, known.url), None)):
            async with App.open([replace(added, origins=(known.url,))], Settings()) as app:
                await app.call("a.a", {})
            [seen] = (new if sent is None else known).take()
            assert seen.header("authorization") == sent
        assert known.take() == new.take() == []


async def test_a_preview_names_every_origin_that_would_get_credentials(open_registry: Open) -> None:
    """A person sees them before giving one."""
    text = document(server=None, servers=SERVERS, components=SCHEMES)
    preview = await open_registry().preview(Specification(text), Origin.TOOL)
    assert preview.origins == ("https://pets.example.com", "https://eu.pets.test")
    assert "Credentials may go to: https://pets.example.com, https://eu.pets.test" in as_text(preview)
