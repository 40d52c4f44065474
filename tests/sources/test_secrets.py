"""Secrets where a source is described: refused before anything is fetched or kept, and never repeated."""

from __future__ import annotations

import pytest
from source_documents import Open, document

from specport.app import App, Settings
from specport.errors import BadArguments, SourceError, SpecportError
from specport.sources.model import Origin
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

TOKENS = (
    "ghp_" + "a1" * 18, "github_pat_" + "b2" * 20, "sk_live_" + "c3" * 12, "sk-proj-" + "d4" * 20,
    "dop_v1_" + "e5" * 32,
    "xoxb-" + "123456789-abc", "AKIA" + "ABCDEFGH12345678", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
)  # fmt: skip
"""Made up, in the forms that tokens have."""


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(
    "given",
    [
        {"spec": "https://docs.example.com/{}/openapi.json"},
        {"spec": "https://docs.example.com/openapi.json?v={}"},
        {"base_url": "https://api.example.com/{}"},
        {"name": "{}"},
        {"credentials": (("key", "env:{}"),)},
        {"credentials": (("key", "file:/tmp/{}"),)},
    ],
)
async def test_a_token_is_refused_and_not_repeated(open_registry: Open, given: dict[str, object], token: str) -> None:
    """Whatever it stands in; nothing was fetched or kept, and the error says how credentials are given."""
    registry = open_registry()
    filled = {key: _filled(value, token) for key, value in given.items()}
    wanted = Specification(**{"spec": document(), **filled})  # type: ignore[arg-type]
    for doing in (registry.add, registry.preview):
        with pytest.raises(SourceError, match=r"look.*secret|password, key or token") as refused:
            await doing(wanted, Origin.OPERATOR)
        assert token not in str(refused.value)
    assert registry.opened == {}


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.example.com/openapi.json?access_token=s3cret",
        "https://docs.example.com/openapi.json?v=1&sig=s3cret",
        "https://ada:s3cret@docs.example.com/openapi.json",
    ],
)
async def test_what_a_url_calls_a_secret_is_refused(open_registry: Open, url: str) -> None:
    """User names and passwords, and parameters whose names say so: a kept source would have them in its file."""
    for wanted in (Specification(url), Specification(document(), base_url=url)):
        with pytest.raises(SourceError, match="would be kept and shown") as refused:
            await open_registry().add(wanted, Origin.TOOL)
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("reference", ["env:my secret", "env:a-b", "env:pass=word", "env:" + "A" * 101])
async def test_what_no_variable_is_called_is_no_reference(open_registry: Open, reference: str) -> None:
    """It is more likely the value."""
    registry = open_registry()
    wanted = Specification(document(), credentials=(("key", reference),))
    with pytest.raises(SourceError, match="looks like the secret itself") as refused:
        await registry.add(wanted, Origin.OPERATOR)
    await registry.add(Specification(document()), Origin.OPERATOR)
    with pytest.raises(SourceError, match="looks like the secret itself"):
        await registry.configure("pet_shop", {"key": reference}, ())
    assert reference.partition(":")[2] not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://raw.example.com/acme/api/0123456789abcdef0123456789abcdef01234567/openapi.json",
        "https://docs.example.com/openapi.json?version=2026-11-28&format=json",
    ],
)
async def test_ordinary_urls_are_none(open_registry: Open, web: dict[str, str], url: str) -> None:
    """A commit's hash is public."""
    web[url] = document()
    assert (await open_registry().add(Specification(url), Origin.TOOL)).is_new


async def test_a_document_may_have_examples_of_tokens(open_registry: Open) -> None:
    """It is text that anybody may read."""
    text = document(info={"title": "Pet Shop API", "version": "1", "description": f"Send Bearer {TOKENS[0]}"})
    assert (await open_registry().add(Specification(text), Origin.TOOL)).is_new


async def test_an_assistant_cannot_bring_a_credential(open_registry: Open) -> None:
    """There is no such argument, and what was given is not repeated."""
    async with App.open([], Settings()) as app:
        for extra in ({"token": TOKENS[0]}, {"credentials": {"key": TOKENS[0]}}):
            with pytest.raises(BadArguments) as refused:
                await app.call("openapi.addSource", {"spec": document(), **extra})
            assert TOKENS[0] not in str(refused.value)
            assert isinstance(refused.value, SpecportError)


def _filled(value: object, token: str) -> object:
    if isinstance(value, str):
        return value.replace("{}", token)
    return tuple((scheme, reference.replace("{}", token)) for scheme, reference in value)  # type: ignore[union-attr]
