"""Which credentials a preview asks for: which are enough, in which variable, and with which option as it stands."""

from __future__ import annotations

import shlex

import pytest
from source_documents import Open, document, operation

from specport.sources.model import Origin
from specport.sources.preview.model import Needs, Preview
from specport.sources.preview.text import as_text
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

URL = "https://docs.example.com/openapi.json"
BEARER = {"type": "http", "scheme": "bearer"}
KEY = {"type": "apiKey", "in": "query", "name": "api_key"}


async def previewed(open_registry: Open, spec: str) -> Preview:
    return await open_registry().preview(Specification(spec), Origin.TOOL)


def secured(schemes: dict[str, object], *each: list[dict[str, object]] | None) -> str:
    """A document of these schemes, with an operation for each `security`."""
    paths = {
        f"/p{number}": {"get": operation(f"op{number}", **({} if security is None else {"security": security}))}
        for number, security in enumerate(each)
    }
    return document("Shop", paths=paths, components={"securitySchemes": schemes})


async def test_each_security_scheme_says_what_to_set(open_registry: Open) -> None:
    """A variable named after the source, and the option that takes it; what cannot be used is said."""
    schemes = {
        "token": BEARER,
        "login": {"type": "http", "scheme": "basic"},
        "key": KEY,
        "mutual": {"type": "mutualTLS"},
        "odd": {"type": "apiKey", "in": "moon", "name": "x"},
    }
    found = await previewed(open_registry, secured(schemes, None))
    told = {scheme.name: (scheme.kind, scheme.variable, scheme.set_with) for scheme in found.security}
    assert told["token"] == (
        "HTTP bearer", "SHOP_TOKEN", "put the token in SHOP_TOKEN and pass --credential token=env:SHOP_TOKEN",
    )  # fmt: skip
    assert told["login"][2].startswith("put user:password in SHOP_LOGIN and pass")
    assert told["key"] == (
        "API key in query api_key", "SHOP_KEY", "put the key in SHOP_KEY and pass --credential key=env:SHOP_KEY",
    )  # fmt: skip
    assert told["mutual"][1:] == ("", "it cannot be used: client certificates cannot be presented yet")
    assert told["odd"][1:] == ("", "it cannot be used: a key goes in header, query, cookie, not in moon")


async def test_two_schemes_never_share_a_variable(open_registry: Open) -> None:
    """Then both are named after their schemes."""
    found = await previewed(open_registry, secured({"user": BEARER, "admin-token": BEARER, "key": KEY}, None))
    variables = {scheme.name: scheme.variable for scheme in found.security}
    assert variables == {"user": "SHOP_USER", "admin-token": "SHOP_ADMIN_TOKEN", "key": "SHOP_KEY"}


async def test_what_is_enough_for_most_operations_comes_first(open_registry: Open) -> None:
    """Schemes that go together are counted together, and what needs none apart."""
    text = secured(
        {"one": KEY, "a": BEARER, "b": KEY}, [{"a": [], "b": []}], [{"b": [], "a": []}], [{"a": []}], [{"one": []}],
        [{}], [],
    )  # fmt: skip
    found = await previewed(open_registry, text)
    assert found.needs == Needs(("a", "b"), 3, 2)
    assert [scheme.name for scheme in found.security] == ["a", "b", "one"]
    assert [scheme.operations for scheme in found.security] == [1, 0, 1]
    assert "Credentials: a with b are enough for 3 of 6, 2 need none, 1 need another" in as_text(found)


async def test_a_scheme_that_cannot_be_used_is_enough_for_nothing(open_registry: Open) -> None:
    """Another one is named where there is one."""
    schemes = {"mutual": {"type": "mutualTLS"}, "token": BEARER}
    found = await previewed(open_registry, secured(schemes, [{"mutual": []}], [{"mutual": []}], [{"token": []}]))
    assert found.needs == Needs(("token",), 1, 0)
    assert "Credentials: token is enough for 1 of 3, 2 need another" in as_text(found)
    text = as_text(await previewed(open_registry, secured(schemes, [{"mutual": []}], [])))
    assert "Credentials: 1 need what cannot be given" in text


async def test_the_command_that_adds_it_has_the_credentials_that_are_enough(
    open_registry: Open, web: dict[str, str]
) -> None:
    """One line for a shell, whatever characters the document's names hold."""
    web[URL] = secured({"it's; $(me)": BEARER, "other": KEY}, [{"it's; $(me)": []}])
    line = as_text(await previewed(open_registry, URL)).splitlines()[-1]
    said, _, command = line.partition(" a person runs: ")
    assert said == "Add it: openapi.addSource, without a credential; with one"
    assert shlex.split(command) == ["specport", "add", URL, "--credential", "it's; $(me)=env:SHOP_TOKEN"]


@pytest.mark.parametrize("name", ["a=b", "me@work", "line\nfeed", "\x1b[31mred", "x" * 500])
async def test_a_name_that_no_option_can_hold_is_for_a_manifest(open_registry: Open, name: str) -> None:
    """`=` and `@` mean something there, and what is not seen cannot be copied."""
    found = await previewed(open_registry, secured({name: BEARER}, [{name: []}]))
    assert (found.security[0].option, found.security[0].set_with) == ("", "give it in [auth] of a source.toml")
    assert "--credential" not in as_text(found)


async def test_an_undeclared_scheme_is_named_too(open_registry: Open) -> None:
    """It can be given, and is sent as a bearer token."""
    found = await previewed(open_registry, secured({}, [{"ghost": []}]))
    assert [(scheme.name, scheme.kind) for scheme in found.security] == [("ghost", "HTTP bearer, not declared")]
    assert found.needs.enough == ("ghost",)


async def test_an_oauth_scheme_says_what_a_client_needs(open_registry: Open, web: dict[str, str]) -> None:
    """A token from elsewhere, or the table of a client; URLs of other origins must be named by the operator."""
    flows = {
        "implicit": {"authorizationUrl": "https://login.example.com/a", "scopes": {"read": ""}},
        "clientCredentials": {"tokenUrl": "https://login.example.com/token", "scopes": {"read": "", "write": ""}},
        "authorizationCode": {"tokenUrl": "/token", "authorizationUrl": "https://pets.example.com/login", "scopes": {}},
    }
    web[URL] = secured({"oauth": {"type": "oauth2", "flows": flows}}, [{"oauth": []}])
    scheme = (await previewed(open_registry, URL)).security[0]
    assert [(flow.kind, flow.scopes, flow.needs) for flow in scheme.flows] == [
        ("implicit", 1, ()),
        ("clientCredentials", 2, ("client_id", "client_secret", "token_url")),
        ("authorizationCode", 0, ("client_id", "client_secret")),
    ]
    assert scheme.set_with == (
        "put the token in SHOP_TOKEN and pass --credential oauth=env:SHOP_TOKEN, "
        "or --credential oauth=oauth:client.toml with a client.toml of "
        'flow = "client_credentials", client_id, client_secret, token_url'
    )


async def test_a_document_without_schemes_asks_for_nothing(open_registry: Open) -> None:
    """And then an assistant can add it as it is."""
    lines = as_text(await previewed(open_registry, document())).splitlines()
    assert "Credentials: the document asks for none" in lines
    assert lines[-1] == "Add it: openapi.addSource with the same arguments"
