"""OAuth clients of a source: what the operator wrote, filled up from the document where that may be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from source_documents import document

from specport.catalog.model import Shape
from specport.errors import SourceError
from specport.executor.model import Flow, OAuthClient
from specport.sources.model import Origin, Source
from specport.sources.read import open_source

CLIENT = OAuthClient(Flow.CLIENT_CREDENTIALS, "me", "env:SECRET")
PERSON = OAuthClient(Flow.AUTHORIZATION_CODE, "me")
FILE, URL = "/home/me/openapi.json", "https://docs.example.com/openapi.json"


def completed(
    client: OAuthClient,
    token_url: str,
    *,
    uri: str = FILE,
    origin: Origin = Origin.OPERATOR,
    base_url: str = "",
    authorization_url: str = "https://login.test/authorize",
) -> OAuthClient:
    """The client as calls use it, for a document whose calls go to https://pets.example.com."""
    flow = {"tokenUrl": token_url, "authorizationUrl": authorization_url, "scopes": {"read": "", "write": ""}}
    scheme = {"type": "oauth2", "flows": {"clientCredentials": flow, "authorizationCode": flow}}
    text = document(components={"securitySchemes": {"o": scheme}}, security=[{"o": []}])
    source = Source("pets", uri, text.encode(), origin, base_url, clients={"o": client})
    found = open_source(source, Shape(), None).channel.credentials["o"].client
    assert found
    return found


def test_what_the_operator_leaves_out_is_the_documents() -> None:
    """URLs and scopes of the same flow; what the operator wrote stays."""
    found = completed(CLIENT, "https://login.test/token")
    assert (found.token_url, found.scopes, found.login) == ("https://login.test/token", ("read", "write"), "pets/o")
    own = OAuthClient(Flow.AUTHORIZATION_CODE, "me", token_url="https://own.test/t", scopes=())
    found = completed(own, "https://login.test/token")
    assert (found.token_url, found.scopes) == ("https://own.test/t", ())
    assert found.authorization_url == "https://login.test/authorize"


@pytest.mark.parametrize(
    ("written", "url"), [("/token", "https://pets.example.com/token"), ("t", "https://pets.example.com/v1/t")]
)
def test_a_relative_url_is_seen_from_where_calls_go(written: str, url: str) -> None:
    """OAS 3.2 lets them be relative."""
    assert completed(CLIENT, written).token_url == url


@pytest.mark.parametrize(("uri", "origin"), [(URL, Origin.OPERATOR), ("given as text", Origin.TOOL)])
def test_a_document_that_is_no_file_of_the_operators_cannot_send_secrets_elsewhere(uri: str, origin: Origin) -> None:
    """Its own servers may have the secret; any other token endpoint, or login page, the operator has to name."""
    assert completed(CLIENT, "https://pets.example.com/token", uri=uri, origin=origin)
    with pytest.raises(SourceError) as caught:
        completed(CLIENT, "https://evil.test/token", uri=uri, origin=origin)
    assert str(caught.value) == (
        "pets: the document sends what o needs to https://evil.test, where its calls do not go. "
        "Where that is right, name it: token_url = ... beside client_id"
    )
    with pytest.raises(SourceError, match="name it: authorization_url"):
        completed(PERSON, "/token", uri=uri, origin=origin)
    with pytest.raises(SourceError, match=r"to https://pets\.example\.com, where its calls do not go"):
        completed(CLIENT, "https://pets.example.com/t", uri=uri, origin=origin, base_url="https://mine.test")
    named = OAuthClient(Flow.CLIENT_CREDENTIALS, "me", token_url="https://evil.test/token")
    assert completed(named, "https://other.test", uri=uri, origin=origin).token_url == "https://evil.test/token"


def test_a_later_document_cannot_widen_where_secrets_go() -> None:
    """What was so when the source was added counts, be it the document's own new server."""
    scheme = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://new.test/token", "scopes": {}}}}
    text = document(server="https://new.test", components={"securitySchemes": {"o": scheme}})
    source = Source("pets", URL, text.encode(), Origin.OPERATOR, clients={"o": CLIENT})
    assert open_source(source, Shape(), None)
    with pytest.raises(SourceError, match=r"to https://new\.test, where its calls do not go"):
        open_source(replace(source, origins=("https://pets.example.com",)), Shape(), None)


def test_a_token_url_in_a_document_is_https() -> None:
    """Unless it is on this machine."""
    with pytest.raises(SourceError, match="the token_url of o in the document is not https"):
        completed(CLIENT, "http://login.test/token")
    assert completed(CLIENT, "http://127.0.0.1:9/token").token_url == "http://127.0.0.1:9/token"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file://localhost/etc/passwd", "//login.test", "https://["])
def test_no_document_opens_anything_but_a_web_page(url: str) -> None:
    """A login's URL is given to the browser."""
    if url.startswith("//"):
        assert completed(PERSON, "/t", authorization_url=url).authorization_url == "https://login.test"
        return
    with pytest.raises(SourceError, match="the authorization_url of o in the document is no http"):
        completed(PERSON, "/t", authorization_url=url)


def test_a_client_without_a_token_url_is_told() -> None:
    """At start, by source and scheme."""
    with pytest.raises(
        SourceError, match=r"pets: o has no token_url, and the document names none\. Give token_url there"
    ):
        completed(CLIENT, "")


@pytest.mark.parametrize("references", [{"m": "env:CERTIFICATE"}])
def test_a_client_certificate_is_refused_at_start(references: Mapping[str, str]) -> None:
    """mutualTLS cannot be had yet, and is not passed over in silence."""
    text = document(components={"securitySchemes": {"m": {"type": "mutualTLS"}}}, security=[{"m": []}])
    source = Source("pets", FILE, text.encode(), Origin.OPERATOR, references=references)
    with pytest.raises(
        SourceError, match=r"the scheme m wants a client certificate \(mutualTLS\), which cannot be presented"
    ):
        open_source(source, Shape(), None)


def test_a_file_describes_a_client(tmp_path: Path) -> None:
    """`oauth:PATH`, with every key of the table."""
    path = tmp_path / "client.toml"
    path.write_text(
        'flow = "client_credentials"\nclient_id = "env:ID"\nclient_secret = "keyring:a/b"\nclient_auth = "post"\n'
        'token_url = "https://t.test"\nscopes = ["x"]\nissuer = "https://i.test"\nparameters = {audience = "a"}\n'
    )
    source = Source("pets", FILE, document().encode(), Origin.OPERATOR, references={"o": f"oauth:{path}"})
    credential = open_source(source, Shape(), None).channel.credentials["o"]
    assert (credential.reference, credential.kind, credential.scheme) == ("oauth:o", "http", "bearer")
    assert credential.client == OAuthClient(
        Flow.CLIENT_CREDENTIALS, "env:ID", "keyring:a/b", "https://t.test", "", ("x",), True, "https://i.test",
        (("audience", "a"),), "pets/o",
    )  # fmt: skip
